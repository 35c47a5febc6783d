"""``dtscheduler plan`` and ``dtscheduler rerun``."""

import json

import pytest

import dtscheduler
from dtscheduler import DAG, Task

CODE = """
from pathlib import Path
from dtscheduler import DAG, Task, batch

@batch()
def load(n=1):
    return n

@batch()
def double(load):
    return 2 * load

dag = DAG(Name="small", DevRun=True, WorkDir=str(Path(__file__).parent))
Task(Name="load", Entrypoint="small.load", dag=dag) >> Task(Name="double", Entrypoint="small.double", dag=dag)
"""


@pytest.fixture
def small(work_dir, one_core, workspace):
    folder = work_dir({"small.py": CODE})
    return folder / "small.py"


@pytest.fixture
def failed(small):
    good = small.read_text()
    small.write_text(good.replace("return 2 * load", "raise ValueError(load)"))
    dag = DAG(Name="small", DevRun=True, WorkDir=small.parent)
    Task(Name="load", Entrypoint="small.load", dag=dag) >> Task(Name="double", Entrypoint="small.double", dag=dag)
    assert dag.run().status == "failed"
    small.write_text(good)


def test_the_plan_of_a_file_is_shown_and_nothing_runs(cli, small):
    result = cli("plan", str(small), "--rundate", "2026-11-20")
    assert result.out.splitlines()[0].startswith("small for 2026-11-20: 2 to run (new), no estimate")
    assert dtscheduler.runs() == []


def test_the_plan_as_json(cli, small):
    (plan,) = [json.loads(cli("plan", str(small), "--json").out)]
    assert (plan["to_run"], plan["tasks"][0]) == (
        2,
        {"task": "load", "parts": [], "fate": "to run", "reason": "new"},
    )


def test_a_rerun_says_what_it_does_and_does_it(cli, failed):
    result = cli("rerun", "1")
    assert result.code == 0
    assert "1 reused, 1 to run (code changed: function double in small.py" in result.err
    assert dtscheduler.run(2).result("double") == 2
    assert "rerun of run 1" in cli("show", "2").out


def test_a_dry_run_does_nothing(cli, failed):
    assert "kept from run 1" in cli("rerun", "1", "--dry-run").out
    assert len(dtscheduler.runs()) == 1


def test_from_a_task_on(cli, failed):
    assert cli("rerun", "1", "--from", "load").code == 0
    assert [str(r.status) for r in dtscheduler.run(2).records()] == ["completed"] * 2


def test_left_to_the_service(cli, failed):
    result = cli("rerun", "1", "--detach")
    assert "run 2 is submitted" in result.out
    assert "no service is running" in result.err
    assert dtscheduler.run(2).status == "ready"


def test_the_latest_version_is_shown_first_and_run(cli, small):
    def dag(n):
        made = DAG(Name="small", DevRun=True, WorkDir=small.parent)
        Task(Name="load", Entrypoint="small.load", ConfigurationJson={"n": n}, dag=made) >> Task(
            Name="double", Entrypoint="small.double", dag=made
        )
        return made

    dag(1).save()
    assert cli("run", "small").code == 0
    dag(5).save()
    result = cli("rerun", "1", "--latest")
    assert result.err.splitlines()[0] == "the version that runs differs: task 'load': configuration changed: n"
    assert dtscheduler.run(2).result("double") == 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rerun", "9"], "there is no run 9"),
        (["rerun", "1", "--from", "lod"], "no task 'lod'"),
        (["rerun", "1", "--latest"], "not of a saved job"),
        (["rerun", "1", "--latest", "--version", "2"], "not both"),
        (["rerun", "1", "--full", "--from", "load"], "not both"),
        (["plan", "nothing"], "there is no job 'nothing'"),
    ],
)
def test_what_cannot_be_done_is_said_with_code_2(cli, failed, arguments, said):
    result = cli(*arguments)
    assert (result.code, said in result.err) == (2, True)
