"""``%dts_runs`` and ``%dts_log``: what they show, and what they say where they are used wrongly."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import TryNext, UsageError
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from runs_given import NASTY, spec_of, written
from traitlets.config import Config

from dtscheduler import DAG, Task
from dtscheduler.cli.targets import run_saved
from dtscheduler.errors import WorkspaceError
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.notebook import magics
from dtscheduler.ui.notebook.log_stream import LogReader, followed, has_ended


@pytest.fixture
def shell(tmp_path, monkeypatch, workspace):
    """An IPython with the magics."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    found = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    magics.load(found)
    return found


def refused(shell, line):
    """What is said where a magic is used wrongly."""
    with pytest.raises(UsageError) as found:
        shell.run_line_magic(*line.split(" ", 1))
    return str(found.value)


def runs(shell, line=""):
    return shell.run_line_magic("dts_runs", line)


@pytest.fixture
def talked(workspace, work_dir, capsys):
    """A run whose task has printed: ``talked("one", "two")``."""
    folder = work_dir(
        {"talks.py": "from dtscheduler import batch\n@batch\ndef talk(lines):\n    print(*lines, sep='\\n')\n"}
    )

    def run(*lines):
        with DAG("Talks", DevRun=True, WorkDir=str(folder)) as dag:
            Task(Entrypoint="talks.talk", Name="talk", ConfigurationJson={"lines": lines})
        made = dag.run(executor="inline")
        capsys.readouterr()
        return made

    return run


def test_runs_are_a_table_newest_first(shell, workspace):
    written(workspace)
    written(workspace, spec_of(name="Country risk"), status=RunStatus.FAILED)
    text = repr(runs(shell)).splitlines()
    assert text[0] == "2 runs, newest first"
    assert text[2].split()[:5] == ["2", "Country", "risk", "✕", "failed"]


def test_the_table_is_one_on_the_page_too_and_nothing_in_it_is_markup(shell, workspace):
    written(workspace, spec_of(name=NASTY))
    bundle, _ = shell.display_formatter.format(runs(shell))
    assert set(bundle) == {"text/plain", "text/html"}
    assert "<script" not in bundle["text/html"] and "&lt;script&gt;" in bundle["text/html"]


def test_runs_are_those_of_a_job_in_a_status_since_then(shell, workspace):
    written(workspace, spec_of(name="Country risk"), now=datetime.now(UTC) - timedelta(days=30))
    written(workspace, spec_of(name="Country risk"), status=RunStatus.FAILED)
    written(workspace)
    assert list(runs(shell, "Country risk").frame()["run"]) == [2, 1]
    assert list(runs(shell, '"Country risk" --since 7d').frame()["run"]) == [2]
    assert list(runs(shell, "--status failed --status stopped").frame()["run"]) == [2]


def test_of_many_runs_the_newest_are_listed_and_all_are_counted(shell, workspace):
    for _ in range(30):
        written(workspace)
    assert repr(runs(shell)).startswith("25 of 30 runs, newest first")
    found = runs(shell, "--limit 3")
    written(workspace)
    assert list(found.frame()["run"]) == [30, 29, 28] and len(found) == 3


def test_where_there_is_no_run_the_next_step_is_said(shell):
    assert "dag.run()" in repr(runs(shell))
    assert repr(runs(shell, "risk")) == "No run of a job 'risk' is like that."


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dts_runs --limit x", "invalid int value: 'x'"),
        ("dts_runs --limit 0", "--limit is 0"),
        ("dts_runs --status done", "status 'done' is not one of"),
        ("dts_runs --since yesterday", "'7d' for seven days ago"),
        ("dts_runs --colour red", "unrecognized arguments"),
        ("dts_log one load", "invalid int value: 'one'"),
        ("dts_log 7 load", "there is no run 7"),
        ("dts_log 7", "required: task"),
        ("dts_log 7 load --attempt 0", "counted from 1"),
    ],
)
def test_wrong_use_is_said_in_a_line(shell, line, said):
    found = refused(shell, line)
    assert said in found and "\n" not in found


def test_a_store_that_is_away_is_said_in_a_line(shell, workspace, monkeypatch):
    def away(*arguments):
        raise WorkspaceError("the store cannot be opened: disk full")

    monkeypatch.setattr(type(workspace), "newest_run", away)
    assert refused(shell, "dts_runs ") == "the store cannot be opened: disk full"


def completed(line):
    """What Tab offers behind a line."""
    return magics._complete_runs(None, SimpleNamespace(text_until_cursor=line, symbol=line.split(" ")[-1]))


def test_tab_goes_on_with_the_names_of_jobs(shell, workspace):
    written(workspace, spec_of(name="Country risk"))
    written(workspace)
    assert completed("%dts_runs ") == ["Country risk", "Flight delays"]
    assert completed("%dts_runs Country r") == ["risk"]
    assert completed("%dts_runs nothing") == []
    assert "failed" in completed("%dts_runs Country risk --status ")
    with pytest.raises(TryNext):
        completed("%dts_runs --since ")


def test_what_is_taken_away_is_gone(shell):
    magics.unload(shell)
    assert shell.find_line_magic("dts_runs") is None and shell.find_cell_magic("dts_task") is None
    magics.unload(shell)


def test_a_log_is_printed_without_its_secrets(shell, talked, capsys):
    run = talked("began", "password=hush", "\x1b[31mred\x1b[0m")
    shell.run_line_magic("dts_log", f"{run.id} talk")
    assert capsys.readouterr().out == "began\npassword=***\nred\n"


def test_a_log_is_that_of_the_part_and_attempt_that_are_named(shell, talked):
    run = talked("x")
    assert "has no part 'JFK'" in refused(shell, f"dts_log {run.id} talk JFK")
    assert "has no attempt 2; it made 1" in refused(shell, f"dts_log {run.id} talk --attempt 2")
    assert "has no task 'no such'" in refused(shell, f"dts_log {run.id} 'no such'")


@pytest.mark.parametrize("option", ["", " -f"])
def test_a_task_that_printed_nothing_is_told_from_one_that_did_not_begin(shell, workspace, capsys, option):
    shell.run_line_magic("dts_log", f"{written(workspace)} load{option}")
    assert capsys.readouterr().out == "It printed nothing.\n"
    waits = written(workspace, statuses=[TaskStatus.PENDING], status=RunStatus.RUNNING)
    shell.run_line_magic("dts_log", f"{waits} load")
    assert capsys.readouterr().out == "It has not begun.\n"


def test_following_a_log_that_is_there_prints_it_and_ends(shell, talked, capsys):
    shell.run_line_magic("dts_log", f"{talked('one', '', 'three').id} talk -f")
    assert capsys.readouterr().out == "one\n\nthree\n"


def test_an_interrupt_ends_the_following_and_not_the_run(shell, workspace, monkeypatch, capsys):
    def interrupted(seconds):
        raise KeyboardInterrupt

    run = written(workspace, statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    monkeypatch.setattr("dtscheduler.ui.notebook.log_stream.time.sleep", interrupted)
    shell.run_line_magic("dts_log", f"{run} load -f")
    assert "the run goes on" in capsys.readouterr().out
    assert workspace.run(run).status is RunStatus.RUNNING


@pytest.mark.slow
def test_a_log_is_followed_from_the_first_line_to_the_last(workspace, work_dir, one_core):
    code = """
        import time
        from dtscheduler import batch
        @batch
        def count():
            for n in range(6):
                print("line", n, flush=True)
                time.sleep(0.3)
        """
    with DAG("Slow", DevRun=True, WorkDir=str(work_dir({"slow.py": code}))) as dag:
        Task(Entrypoint="slow.count", Name="count")
    run = dag.run(wait=False)
    while not run.records():
        run.wait(0.05)
    pieces = [piece for piece in followed(workspace, run.record, run.part("count"), None) if piece]
    assert "".join(pieces) == "".join(f"line {n}\n" for n in range(6)) and len(pieces) > 1
    run.wait()


def record(status, attempt=1):
    return TaskRunRecord(task=0, part=0, task_name="t", part_name="t", status=status, attempt=attempt)


def test_an_attempt_has_ended_when_the_next_one_waits():
    assert has_ended(record(TaskStatus.READY), 1) and has_ended(record(TaskStatus.RUNNING, 2), 1)
    assert not has_ended(record(TaskStatus.RUNNING), 1) and not has_ended(record(TaskStatus.READY), 2)
    assert not has_ended(record(TaskStatus.PENDING, 0), None) and has_ended(record(TaskStatus.DID_NOT_RUN, 0), None)


WORDS = st.text("ab \n", max_size=30)


@given(WORDS, st.lists(st.integers(0, 30), max_size=5))
def test_every_line_is_printed_once_whenever_the_log_is_looked_at(text, looks):
    reader, printed = LogReader(), ""
    for length in sorted(looks):
        printed += reader.more(text[:length], ended=False)
    printed += reader.more(text, ended=True)
    assert [line.rstrip() for line in printed.rstrip().split("\n")] == [
        line.rstrip() for line in text.rstrip().split("\n")
    ]


def test_half_a_line_and_half_a_private_key_wait():
    reader = LogReader()
    assert reader.more("one\npassw", ended=False) == "one\n"
    key = "one\npassword=hush\n-----BEGIN PRIVATE KEY-----\nabc\n"
    assert reader.more(key, ended=False) == "password=***\n"
    assert reader.more(key + "def\n-----END PRIVATE KEY-----\nend\n", ended=False) == "***\nend\n"


def test_a_log_whose_middle_was_taken_out_says_so():
    reader = LogReader()
    reader.more("a\n" * 500, ended=False)
    assert reader.more("b\nc\n", ended=True).endswith("its middle is gone\nb\nc\n")


def test_they_work_in_a_notebook_and_its_jobs_run_when_the_kernel_is_gone(workspace, monkeypatch):
    written(workspace)
    monkeypatch.setenv("DTSCHEDULER_HOME", str(workspace.home))
    cells = [
        "from dtscheduler.ui.notebook.magics import load; load(get_ipython())",
        "%dts_runs",
        "%%dts_task\ndef hello():\n    return 1",
        "hello()",
        "%dts_runs --limit x",
        "from dtscheduler import DAG\nwith DAG('Hello', Image='notebook') as dag:\n    hello()\ndag.save()",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, kernel_name="python3", allow_errors=True).execute()
    outputs = [cell.outputs for cell in book.cells]
    assert "<table" in outputs[1][0].data["text/html"] and "1 run, newest first" in outputs[1][0].data["text/plain"]
    assert outputs[2][0].text == "hello() is an entrypoint of image 'notebook' (dev): hello.hello\n"
    assert outputs[3][0].data["text/plain"] == "1"
    assert "Traceback" not in str(outputs[4]) and "invalid int value" in str(outputs[4])
    assert run_saved("Hello", None, "inline").result("hello") == 1
