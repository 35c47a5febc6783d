"""Suites that run under another account than root, for whom they are called."""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from dtscheduler.caches.account import other_account
from dtscheduler.errors import WorkerError
from dtscheduler.suites.listing import SuitePlace, suites_in
from dtscheduler.suites.remote import RemoteSuite

ROOT = Path(__file__).parents[2]

TEXT = """
import os
from dtscheduler import DAG, Task, batch, suite

@suite
def flights(kept: bool = False) -> DAG:
    @batch()
    def nearby(): ...

    with DAG(Name="Flights", DevRun=True, WorkDir=".") as dag:
        nearby() if kept else Task(Name=f"{os.getuid()}", Entrypoint="a.b", Description=str(sorted(os.environ)))
    return dag
"""


@pytest.fixture
def nobody():
    try:
        return other_account("nobody") or pytest.skip("the tests run as nobody")
    except WorkerError as error:
        return pytest.skip(str(error))


@pytest.fixture
def python(nobody, monkeypatch):
    """An interpreter of the same version that the account can start."""
    found = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{sysconfig.get_path('purelib')}")
    try:
        command = [found or "", "-P", "-c", "import dtscheduler.suites.worker"]
        subprocess.run(command, check=True, capture_output=True, **nobody.process_options({}))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no interpreter that nobody can start: {error}")
    return found


@pytest.fixture
def of_nobody(python, monkeypatch):
    """A suite that runs as nobody."""
    monkeypatch.setenv("DTSCHEDULER_SMTP_PASSWORD", "secret")
    folder = Path(tempfile.mkdtemp(prefix="dts-suites-"))
    folder.chmod(0o755)
    (folder / "delays.py").write_text(TEXT)
    (ref,) = suites_in(SuitePlace(folder=str(folder), python=python))
    with RemoteSuite(ref, account="nobody", patience_seconds=30) as suite:
        yield suite
    shutil.rmtree(folder)


def test_a_suite_runs_as_the_account_without_the_environment_of_root(of_nobody, nobody):
    task = of_nobody.construct({}).value.tasks[0]
    assert task.name == str(nobody.uid)
    assert "DTSCHEDULER" not in task.spec.description.replace("DTSCHEDULER_WORKER", "")


def test_functions_that_no_file_holds_are_refused_under_another_account(of_nobody):
    (problem,) = of_nobody.construct({"kept": True}).problems
    assert "the DAG has functions that no file holds" in problem.message


def test_a_suite_of_an_unknown_account_says_so(of_nobody):
    with RemoteSuite(of_nobody.ref, account="nobody-of-that-name") as suite:
        assert "this machine has no such account" in suite.construct({}).problems[0].message
