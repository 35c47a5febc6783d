"""The command line on a workspace with a clock of its own."""

import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from dtscheduler import DAG, Task, testing
from dtscheduler.cli.complete import commands
from dtscheduler.cli.exits import exit_code
from dtscheduler.model.saved import ImageRecord

CODE = """
    from dtscheduler import batch

    @batch()
    def one():
        return 1

    @batch()
    def fail():
        raise ValueError("no data")

    @batch()
    def fail_strangely():
        raise ValueError("\\x1b]0;owned\\x07 \\x1b[2J \\x9b2J \\u202e <script>\\r\\nstatus  completed")
"""


@pytest.fixture
def ws(tmp_path, work_dir):
    """A workspace with an image, on 29 January 2026 at 00:00 UTC."""
    with testing.workspace(tmp_path / "ws", now="2026-01-29") as place:
        folder = str(work_dir({"steps.py": CODE}))
        place.place.put_image(
            ImageRecord(
                name="Risk", tag="dev", path=folder, python=sys.executable, added=place.clock.now(), added_by="ada"
            )
        )
        yield place


@pytest.fixture
def save(ws):
    """Saves a job of one task: ``save("Risk", Schedule(...), "fail")``."""

    def saved(name, schedule=None, does="one", **parameters):
        written = DAG(Name=name, Image="Risk", Schedule=schedule, **parameters)
        Task(Name="task", Entrypoint=f"steps.{does}", dag=written)
        return written.save()

    return saved


@pytest.fixture
def cli(capfd) -> Callable[..., SimpleNamespace]:
    """Runs a command: ``cli("next", "-n", "3")`` gives its ``code``, ``out`` and ``err``."""

    def command(*arguments):
        capfd.readouterr()
        code = exit_code(commands, list(arguments))
        printed = capfd.readouterr()
        return SimpleNamespace(code=code, out=printed.out, err=printed.err)

    return command
