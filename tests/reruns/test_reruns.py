"""A run that is done again: what it keeps, what it runs, and how the new run is linked to the old one."""

import pytest

import dtscheduler
from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.errors import InvalidJobError, NotFoundError, RunError
from dtscheduler.model.run import Trigger


@pytest.fixture
def failed(steps):
    """A run in which ``clean`` failed."""
    steps.edit("return sorted(load)", "raise ValueError('bad data')")
    run = steps.run()
    steps.edit("raise ValueError('bad data')", "return sorted(load)")
    assert run.status == "failed"
    steps.ran()
    return run


def statuses(run):
    return [str(record.status) for record in run.records()]


def test_what_completed_is_kept_and_the_rest_runs(failed, steps):
    again = failed.rerun()
    assert (again.status, steps.ran()) == ("completed", ["clean", "total"])
    assert statuses(again) == ["reused", "completed", "completed"]
    assert again.result("total") == (3, "2026-11-20")
    assert again.records()[0].reason == "kept from run 1"


def test_the_run_that_is_repeated_stays_as_it_was(failed):
    before = failed.record, failed.records()
    failed.rerun()
    assert (failed.record, failed.records()) == before


def test_reruns_of_reruns_are_grouped_under_the_first(failed):
    second = failed.rerun()
    third = second.rerun(full=True)
    links = [(run.record.rerun_of, run.record.lineage, run.record.trigger) for run in (second, third)]
    assert links == [(1, 1, Trigger.RERUN), (2, 1, Trigger.RERUN)]


def test_a_rerun_is_for_the_same_rundate_and_tells_tasks_the_same_time(steps):
    steps.edit("def total(clean, rundate)", "def total(clean, rundate, scheduled_time)")
    steps.edit("rundate.isoformat()", "(rundate.isoformat(), scheduled_time)")
    first = steps.run()
    again = first.rerun(full=True)
    assert again.rundate == first.rundate
    assert again.record.custom_rundate
    assert again.result("total") == first.result("total")


def test_a_full_rerun_runs_everything(steps):
    first = steps.run()
    steps.ran()
    assert statuses(first.rerun(full=True)) == ["completed"] * 3
    assert steps.ran() == ["load", "clean", "total"]


def test_chosen_tasks_run_with_all_that_depends_on_them(steps):
    first = steps.run()
    steps.ran()
    assert statuses(first.rerun(tasks=["clean"])) == ["reused", "completed", "completed"]
    assert steps.ran() == ["clean", "total"]


def test_other_configuration_runs_what_it_concerns(steps):
    first = steps.run({"limit": 2})
    steps.ran()
    again = first.rerun(config={"load": {"limit": 4}})
    assert again.result("total") == (10, "2026-11-20")
    assert first.result("total") == (3, "2026-11-20")


def test_a_kept_result_that_was_lost_is_computed_again_and_nothing_else(failed, steps, workspace):
    key = failed.records()[0].result_key
    workspace.cache._shard_of(key).delete(key)
    again = failed.rerun()
    assert statuses(again) == ["completed"] * 3
    assert again.status == "completed"


def test_a_rerun_of_a_rerun_keeps_what_either_has_computed(failed, steps):
    steps.edit("return sum(clean)", "return 1 // 0")
    second = failed.rerun()
    steps.edit("return 1 // 0", "return sum(clean)")
    steps.ran()
    third = second.rerun()
    assert (third.status, steps.ran()) == ("completed", ["total"])
    assert [record.from_run for record in third.records()] == [1, 2, None]


def test_the_log_of_a_kept_task_is_that_of_the_run_that_computed_it(steps):
    steps.edit('mark("load")', 'mark("load"); print("loading")')
    first = steps.run()
    assert first.rerun(tasks=["total"]).log("load") == "loading\n"


def test_a_saved_jobs_latest_version_is_run_when_asked_for(steps):
    job = steps.dag({"limit": 2}).save()
    first = dtscheduler.run(job._workspace.submit_job("steps", rundate=None).id)
    from dtscheduler.api.driving import resume

    resume(first.id)
    steps.dag({"limit": 3}).save()
    steps.ran()
    plan = first.plan(version="latest")
    assert plan.differences == ("task 'load': configuration changed: limit",)
    again = first.rerun(version="latest")
    assert (again.record.job_version, again.result("total")[0]) == (2, 6)
    assert first.rerun(version=1, full=True).record.job_version == 1


def test_what_a_fan_out_failed_in_is_run_again_part_by_part(steps, tmp_path):
    (steps.folder / "fan.py").write_text(FAN.format(marks=str(tmp_path / "fan.txt")))
    parts = [{"Name": f"p{n}", "Description": "", "n": n} for n in range(4)]
    with DAG(Name="fan", WorkDir=steps.folder, DevRun=True) as dag:
        ParallelTask(Name="size", Entrypoint="fan.size", ConfigurationJson=parts) >> Task(
            Name="all", Entrypoint="fan.total"
        )
    first = dag.last_run
    assert statuses(first) == ["completed", "completed", "failed", "completed", "did_not_run"]
    (steps.folder / "fan.py").write_text(FAN.format(marks=str(tmp_path / "fan.txt")).replace("1 // (n - 2)", "n"))
    again = first.rerun()
    assert statuses(again) == ["reused", "reused", "completed", "reused", "completed"]
    assert sorted((tmp_path / "fan.txt").read_text().split()) == ["0", "1", "2", "2", "3"]
    assert statuses(again.rerun(tasks=[("size", "p1")])) == ["reused", "completed", "reused", "reused", "completed"]


FAN = """
from dtscheduler import batch

@batch()
def size(n):
    with open({marks!r}, "a") as file:
        file.write(f"{{n}}\\n")
    return 1 // (n - 2)

@batch()
def total(size):
    return sum(size)
"""


# What is refused


def test_a_run_of_which_nothing_is_left_to_do_says_how_to_repeat_it(steps):
    with pytest.raises(RunError, match=r"run 1 has completed.*full=True.*tasks="):
        steps.run().rerun()


def test_a_run_that_goes_on_is_not_run_again(steps, workspace):
    run = steps.dag().run(detach=True)
    with pytest.raises(RunError, match=r"run 1 is ready; wait for it or stop it"):
        run.rerun()


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"tasks": ["loda"]}, InvalidJobError, "job 'steps' has no task 'loda'; it has 'load', 'clean', 'total'"),
        ({"tasks": [("load", "x")]}, InvalidJobError, "task 'load' has no part 'x'"),
        ({"tasks": [3]}, InvalidJobError, "give the name of a task, or"),
        ({"tasks": []}, InvalidJobError, "tasks is empty"),
        ({"tasks": 5}, InvalidJobError, "tasks must be a list of names, not int"),
        ({"config": {"load": {"arg_translation_table": {}}}}, InvalidJobError, "is part of the job"),
        ({"tasks": ["load"], "full": True}, InvalidJobError, "not both"),
        ({"full": "yes"}, InvalidJobError, "full"),
        ({"config": {"loda": {}}}, InvalidJobError, "no task 'loda'"),
        ({"config": {"load": 3}}, InvalidJobError, "must be a dict of configuration keys"),
        ({"config": {"load": {"limit": print}}}, InvalidJobError, r"config\['load'\]"),
        ({"version": "latest"}, NotFoundError, "run 1 is not of a saved job"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_what_cannot_be_done_again_is_named(steps, asked, error, message):
    run = steps.run()
    with pytest.raises(error, match=message):
        run.rerun(**asked)
    assert len(dtscheduler.runs()) == 1


def test_an_unknown_run_is_not_found(workspace):
    with pytest.raises(NotFoundError, match="there is no run 7"):
        dtscheduler.run(7).rerun()


def test_a_run_whose_job_cannot_be_read_any_more_says_so(failed, workspace):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(workspace.home / "dtscheduler.db")) as database:
        database.execute("update specs set body = 'garbage'")
        database.commit()
    with pytest.raises(dtscheduler.SchedulerError, match="damaged|cannot be read"):
        failed.rerun()
