"""Jobs that run after other jobs: conditions, chains, the rundate that goes down the chain, and what FailAfter does."""

from datetime import date, timedelta

import pytest
from small_jobs import dag, jobs_of, utc

from dtscheduler import DAG, Schedule, Task
from dtscheduler.model.status import RunStatus

OUTCOMES = {"completed": "fetch", "failed": "fail"}
AT_ONCE = timedelta(microseconds=1)


def after(name, condition="on success", **parameters):
    return Schedule(run_after_job_name=name, run_after_job_condition=condition, **parameters)


def followers(*names):
    """One job for every condition after each of these."""
    for name in names:
        for condition in ("on success", "on failure", "always"):
            dag(condition, after(name, condition)).save()


@pytest.mark.parametrize(
    ("outcome", "started"), [("completed", ["on success", "always"]), ("failed", ["on failure", "always"])]
)
def test_the_condition_says_after_which_outcome_a_job_runs(ws, outcome, started):
    first = dag("First", does=OUTCOMES[outcome]).save()
    followers("First")
    first.run()
    ws.step()
    assert sorted(jobs_of(ws.runs()[1:])) == sorted(started)


def test_after_a_run_that_was_stopped_only_those_run_that_always_do(ws):
    first = dag("First").save()
    followers("First")
    first.run().stop()
    ws.step()
    assert jobs_of(ws.runs()) == ["First", "always"]


def test_nothing_runs_after_an_instant_that_expired(ws):
    dag("First", Schedule(at_hours=[18]), CatchUp="none").save()
    followers("First")
    assert jobs_of(ws.absent(days=2)) == ["First", "First"]


def test_a_chain_runs_to_its_end_at_one_instant(ws):
    dag("Load", Schedule(at_hours=[18])).save()
    for job, before in (("Clean", "Load"), ("Risk", "Clean"), ("Report", "Risk")):
        dag(job, after(before)).save()
    runs = ws.step(days=2)
    assert jobs_of(runs) == ["Load", "Clean", "Risk", "Report"] * 2
    assert [run.record.ended for run in runs] == [utc("2026-01-29 18:00")] * 4 + [utc("2026-01-30 18:00")] * 4


def test_a_chain_that_breaks_starts_those_that_wait_for_the_failure(ws):
    dag("Load", Schedule(at_hours=[18])).save()
    dag("Clean", after("Load"), does="fail").save()
    dag("Risk", after("Clean")).save()
    dag("Tell", after("Clean", "on failure")).save()
    dag("Tidy", after("Tell", "always")).save()
    assert jobs_of(ws.step(days=1)) == ["Load", "Clean", "Tell", "Tidy"]


def test_each_run_has_one_run_after_it_and_names_it(ws):
    dag("Load", Schedule(every_hour=6)).save()
    dag("Clean", after("Load")).save()
    ws.step(days=1)
    assert [run.record.after_run for run in ws.runs("Clean")] == [run.id for run in ws.runs("Load")]


def test_two_jobs_may_run_after_the_same_one(ws):
    first = dag("First").save()
    dag("One", after("First")).save()
    dag("Two", after("First")).save()
    first.run()
    ws.step()
    assert jobs_of(ws.runs()) == ["First", "One", "Two"]


def test_a_job_of_two_tasks_follows_as_a_whole(ws):
    first = DAG(Name="First", Image="Risk")
    Task(Name="fetch", Entrypoint="risk.batch.fetch", dag=first) >> Task(
        Name="total", Entrypoint="risk.batch.total", dag=first
    )
    job = first.save()
    dag("After", after("First")).save()
    job.run()
    ws.step()
    assert jobs_of(ws.runs()) == ["First", "After"]


def test_a_job_saved_after_the_other_one_ended_does_not_run_after_that_run(ws):
    first = dag("First").save()
    first.run()
    ws.step(hours=1)
    dag("After", after("First")).save()
    assert ws.step(hours=1) == []
    first.run()
    ws.step()
    assert jobs_of(ws.runs()) == ["First", "First", "After"]


def test_a_job_runs_after_one_that_did_not_exist_when_it_was_saved(ws):
    dag("After", after("First")).save()
    ws.step(days=1)
    dag("First", Schedule(at_hours=[18])).save()
    assert jobs_of(ws.step(days=1)) == ["First", "After"]


def test_a_run_that_is_driven_right_here_is_followed_too(ws):
    first = dag("First")
    first.save()
    dag("After", after("First")).save()
    first.run()
    ws.step()
    assert jobs_of(ws.runs()) == ["First", "After"]


def test_a_run_of_a_job_that_is_not_saved_is_followed_by_nothing(ws):
    dag("After", after("First")).save()
    dag("First").run()
    ws.step()
    assert jobs_of(ws.runs()) == ["First"]


def test_a_condition_that_is_edited_holds_for_runs_that_end_later(ws):
    first = dag("First").save()
    dag("After", after("First", "on failure")).save()
    first.run()
    ws.step(hours=1)
    dag("After", after("First", "on success")).save()
    ws.step(hours=1)
    assert jobs_of(ws.runs()) == ["First"]
    first.run()
    ws.step()
    assert jobs_of(ws.runs()) == ["First", "First", "After"]


def test_what_follows_is_found_after_an_absence(ws):
    first = dag("First").save()
    dag("After", after("First")).save()
    run = first.run()
    ws.place.host.claim(run.record, executor="inline").drive()
    assert jobs_of(ws.runs()) == ["First"]
    ws.absent(days=3)
    assert jobs_of(ws.runs()) == ["First", "After"]
    assert ws.runs("After")[0].rundate == date(2026, 1, 29)


# -- the rundate


def test_the_rundate_is_the_day_on_which_the_run_before_ended_in_the_zone_of_its_own(ws):
    dag("Load", Schedule(at_hours=[23])).save()
    dag("UTC", after("Load")).save()
    dag("Tokyo", after("Load", timezone="Asia/Tokyo")).save()
    dag("Before", after("Load", rundate_offset=-1)).save()
    ws.step(days=1)
    assert {run.record.job_name: run.rundate.day for run in ws.runs()} == {
        "Load": 29,
        "UTC": 29,
        "Tokyo": 30,
        "Before": 28,
    }


def test_a_custom_rundate_goes_down_the_chain(ws):
    first = dag("First").save()
    for job, before in (("Second", "First"), ("Third", "Second")):
        dag(job, after(before)).save()
    first.run(rundate="2025-12-24")
    ws.step()
    assert [run.rundate for run in ws.runs()] == [date(2025, 12, 24)] * 3
    assert [run.record.custom_rundate for run in ws.runs()] == [True] * 3


def test_a_custom_rundate_is_for_the_same_day_each_with_its_own_offset(ws):
    first = dag("First", Schedule(at_hours=[18], rundate_offset=-1)).save()
    dag("Same", after("First", rundate_offset=-1)).save()
    dag("Next", after("First")).save()
    first.run(rundate="2025-12-24")
    ws.step()
    assert {run.record.job_name: run.rundate.day for run in ws.runs()} == {"First": 24, "Same": 24, "Next": 25}


def test_a_backfill_takes_the_jobs_that_run_after_along(ws):
    first = dag("First").save()
    dag("After", after("First")).save()
    first.backfill("2026-01-01", "2026-01-03")
    ws.step()
    assert [run.rundate.day for run in ws.runs("After")] == [1, 2, 3]


def test_a_run_by_hand_without_a_rundate_gives_what_follows_the_day_itself(ws):
    first = dag("First", Schedule(at_hours=[18], rundate_offset=-1)).save()
    dag("After", after("First")).save()
    first.run()
    ws.step()
    assert [(run.rundate.day, run.record.custom_rundate) for run in ws.runs()] == [(28, False), (29, False)]


# -- a run that FailAfter ends


@pytest.mark.parametrize(
    ("children", "started"),
    [
        ("on success", ["always", "on failure"]),
        ("on failure", ["always", "on failure"]),
        ("always", ["always", "on failure", "on success"]),
    ],
)
def test_fail_after_run_children_says_who_follows_a_run_that_took_too_long(ws, children, started):
    first = dag("First", FailAfter=AT_ONCE, FailAfterRunChildren=children).save()
    followers("First")
    run = first.run()
    ws.step()
    assert run.status is RunStatus.FAILED_AFTER
    assert sorted(jobs_of(ws.runs()[1:])) == started


def test_fail_after_run_children_counts_for_fail_after_only(ws):
    first = dag("First", does="fail", FailAfter="2h", FailAfterRunChildren="always").save()
    followers("First")
    first.run()
    ws.step()
    assert sorted(jobs_of(ws.runs()[1:])) == ["always", "on failure"]
