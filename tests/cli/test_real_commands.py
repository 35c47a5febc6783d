"""The installed commands in processes of their own: a schedule that was missed, a run left to the service, exit codes."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dtscheduler import DAG, Schedule, Task
from dtscheduler.model.status import RunStatus

pytestmark = pytest.mark.slow
COMMAND = str(Path(sys.executable).with_name("dtscheduler"))


@pytest.fixture
def dtscheduler(workspace):
    """Runs the command on the workspace of the test."""
    environment = os.environ | {"DTSCHEDULER_HOME": str(workspace.home), "TZ": "UTC"}

    def run(*arguments, command=(COMMAND,), **options):
        return subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True, timeout=60, **options
        )

    return run


@pytest.fixture
def job(workspace, work_dir):
    """A job whose schedule fired within the last hour, as if saved two hours ago."""
    folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): return 1\n"})
    written = DAG(Name="Hourly", DevRun=True, WorkDir=folder, Schedule=Schedule(every_hour=1))
    Task(Name="one", Entrypoint="steps.one", dag=written)
    saved = written.save()
    earlier = datetime.now(UTC) - timedelta(hours=2)
    workspace.store.look_again(earlier, timedelta(0))
    return saved


def test_serve_once_does_all_that_is_due_and_what_was_left_to_it_then_ends(workspace, dtscheduler, job):
    assert dtscheduler("run", "Hourly", "--detach", "--rundate", "2026-01-05").returncode == 0
    done = dtscheduler("serve", "--once")
    assert done.returncode == 0, done.stderr
    rows = json.loads(dtscheduler("runs", "--json").stdout)
    assert {row["status"] for row in rows} <= {"completed", "expired"}
    assert "2026-01-05" in {row["rundate"] for row in rows if row["status"] == "completed"}
    assert len([row for row in rows if row["status"] == "completed"]) >= 2
    assert dtscheduler("status").returncode == 1  # it has signed off


def test_serve_ends_by_itself_when_it_was_idle_for_long_enough(dtscheduler, job):
    run = job.run(rundate="2026-01-05")
    done = dtscheduler("serve", "--idle-exit", "1s")
    assert done.returncode == 0, done.stderr
    assert run.status is RunStatus.COMPLETED
    assert f"run {run.id} of 'Hourly' begins" in done.stderr


def test_a_quiet_service_says_nothing(dtscheduler, workspace):
    done = dtscheduler("serve", "--once", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_run_whose_job_fails_is_no_failure_of_the_service(dtscheduler, workspace, work_dir):
    folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): raise ValueError('no data')\n"})
    written = DAG(Name="Fails", DevRun=True, WorkDir=folder)
    Task(Name="one", Entrypoint="steps.one", dag=written)
    run = written.save().run()
    assert dtscheduler("serve", "--once").returncode == 0
    assert (run.status, "no data" in run.reason) == (RunStatus.FAILED, True)


@pytest.mark.parametrize(
    "command", [(COMMAND,), (str(Path(COMMAND).with_name("dts")),), (sys.executable, "-m", "dtscheduler")]
)
def test_exit_codes_are_those_of_the_process(dtscheduler, workspace, command):
    assert dtscheduler("status", command=command).returncode == 1
    assert dtscheduler("outbox", command=command).returncode == 0
    wrong = dtscheduler("why", "Nope", "2026-01-29", command=command)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == f"dtscheduler: there is no job 'Nope' in this workspace ({workspace.home})\n"


def test_another_workspace_is_named_before_the_command(dtscheduler, tmp_path):
    done = dtscheduler("--workspace", str(tmp_path / "other"), "status", "--json")
    assert json.loads(done.stdout)["workspace"] == str(tmp_path / "other")


def test_deleting_without_an_answer_deletes_nothing(dtscheduler, job):
    done = dtscheduler("delete", "Hourly", stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert "Hourly" in dtscheduler("jobs").stdout
