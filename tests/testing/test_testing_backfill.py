"""Backfills: which rundates they run, in which order, and how many at a time."""

from datetime import date

import pytest
from small_jobs import dag, utc

from dtscheduler import Schedule
from dtscheduler.model.run import Trigger
from dtscheduler.model.status import RunStatus

WORKDAYS = Schedule(at_hours=[18], weekdays=["Mon", "Tue", "Wed", "Thu", "Fri"])


def days(found):
    return [(day if isinstance(day, date) else day.rundate).day for day in found]


@pytest.fixture
def job(ws):
    """A job of every workday in January, of which the run for the 29th fails."""
    return dag("Daily", WORKDAYS, does="fail_on_the_29th").save()


def test_a_backfill_runs_the_rundates_that_the_schedule_gives(ws, job):
    runs = job.backfill("2026-01-01", "2026-01-11")
    assert {run.status for run in runs} == {RunStatus.SCHEDULED}
    ws.step()
    assert [(run.rundate.day, str(run.status)) for run in runs] == [(day, "completed") for day in (1, 2, 5, 6, 7, 8, 9)]


def test_the_offset_of_the_schedule_counts(ws):
    job = dag("Mondays", Schedule(weekdays=["Mon"], rundate_offset=-1)).save()
    assert days(job.backfill("2026-01-01", "2026-01-31", dry_run=True)) == [4, 11, 18, 25]


def test_of_a_job_without_times_every_day_is_run(ws):
    by_hand = dag("By hand").save()
    after = dag("After", Schedule(run_after_job_name="By hand")).save()
    for job in (by_hand, after):
        assert days(job.backfill("2026-01-30", "2026-02-02", dry_run=True)) == [30, 31, 1, 2]


def test_a_job_that_fires_often_is_run_once_a_day(ws):
    job = dag("Often", Schedule(every_minute=10)).save()
    assert days(job.backfill("2026-01-30", "2026-02-01", dry_run=True)) == [30, 31, 1]


def test_one_day_is_a_range(ws, job):
    assert days(job.backfill("2026-01-05", "2026-01-05", dry_run=True)) == [5]
    assert job.backfill("2026-01-04", "2026-01-04", dry_run=True) == []


def test_dates_and_text_are_both_taken(ws, job):
    assert days(job.backfill(date(2026, 1, 5), "2026-01-06", dry_run=True)) == [5, 6]


def test_a_dry_run_starts_nothing(ws, job):
    assert days(job.backfill("2026-01-05", "2026-01-06", dry_run=True)) == [5, 6]
    assert ws.step() == ws.runs() == []


def test_in_reverse_it_begins_with_the_last_rundate(ws, job):
    assert days(job.backfill("2026-01-05", "2026-01-07", reverse=True, dry_run=True)) == [7, 6, 5]
    runs = job.backfill("2026-01-05", "2026-01-07", reverse=True)
    ws.step()
    assert days(runs) == days(ws.runs()) == [7, 6, 5]


def test_every_run_of_a_backfill_has_a_custom_rundate_and_knows_where_it_comes_from(ws, job):
    records = [run.record for run in job.backfill("2026-01-05", "2026-01-06")]
    assert [(r.trigger, r.custom_rundate, r.submitted_by) for r in records] == [
        (Trigger.BACKFILL, True, ws.place.user)
    ] * 2
    assert len({r.backfill for r in records}) == 1
    assert {r.scheduled for r in records} == {None}


# -- which


@pytest.fixture
def history(ws, job):
    """27 and 28 completed, 29 failed, 30 never ran, as on Saturday 31 January."""
    job.backfill("2026-01-27", "2026-01-28")
    ws.step(days=1)
    job.pause()
    ws.step(days=1)
    job.unpause()
    return job


@pytest.mark.parametrize(("which", "chosen"), [("missing", [29, 30]), ("failed", [29]), ("all", [27, 28, 29, 30])])
def test_missing_failed_or_all_rundates_are_run(history, which, chosen):
    assert days(history.backfill("2026-01-27", "2026-01-31", which, dry_run=True)) == chosen


def test_a_rundate_that_waits_or_runs_is_not_missing(ws, history):
    history.backfill("2026-01-30", "2026-01-30")
    assert days(history.backfill("2026-01-27", "2026-01-31", dry_run=True)) == [29]


def test_a_rundate_that_failed_and_is_tried_again_is_not_failed_meanwhile(ws, history):
    assert len(history.backfill("2026-01-29", "2026-01-29", "failed")) == 1
    assert history.backfill("2026-01-29", "2026-01-29", "failed") == []
    ws.step()
    assert len(history.backfill("2026-01-29", "2026-01-29", "failed")) == 1


def test_a_rundate_that_was_mended_is_neither_missing_nor_failed(ws, history):
    dag("Daily", WORKDAYS).save()
    history.backfill("2026-01-29", "2026-01-30")
    ws.step()
    assert history.backfill("2026-01-27", "2026-01-31", "missing") == []
    assert history.backfill("2026-01-27", "2026-01-31", "failed") == []


def test_runs_by_hand_count_for_their_rundate(ws, job):
    job.run(rundate="2026-01-05")
    ws.step()
    assert days(job.backfill("2026-01-05", "2026-01-06", dry_run=True)) == [6]


def test_a_backfill_runs_the_latest_version(ws, job):
    dag("Daily", WORKDAYS).save()
    assert [run.record.job_version for run in job.backfill("2026-01-05", "2026-01-05")] == [2]


# -- how many at a time


@pytest.mark.parametrize("most", [1, 2, 5])
def test_at_most_so_many_of_its_runs_are_active_at_a_time(ws, job, most):
    runs = job.backfill("2026-01-05", "2026-01-09", max_active=most)
    ws.place.firing.admit()
    assert [str(run.status) for run in runs] == ["ready"] * most + ["scheduled"] * (5 - most)


def test_two_backfills_do_not_wait_for_each_other(ws, job):
    first, second = job.backfill("2026-01-05", "2026-01-06"), job.backfill("2026-01-07", "2026-01-08")
    ws.place.firing.admit()
    assert [str(run.status) for run in (*first, *second)] == ["ready", "scheduled"] * 2


def test_a_backfill_does_not_hold_up_the_schedule(ws, job):
    job.backfill("2026-01-05", "2026-01-09")
    ws.clock.set(utc("2026-01-30 18:00"))
    ws.place.firing.fire(ws.clock.now())
    ws.place.firing.admit()
    assert [str(run.status) for run in ws.runs() if run.record.scheduled and not run.status.final] == ["ready"]


def test_a_backfill_goes_on_although_one_of_its_runs_failed(ws, job):
    runs = job.backfill("2026-01-28", "2026-01-30")
    ws.step()
    assert [str(run.status) for run in runs] == ["completed", "failed", "completed"]


def test_a_backfill_is_run_although_the_job_is_paused(ws, job):
    job.pause()
    [run] = job.backfill("2026-01-05", "2026-01-05")
    ws.step()
    assert run.status is RunStatus.COMPLETED
