"""Schedules that change while they are followed: saved again, paused, deleted, and clocks that are set back."""

from datetime import timedelta

import pytest
from small_jobs import dag, statuses, utc

import dtscheduler
from dtscheduler import Schedule
from dtscheduler.errors import NotFoundError
from dtscheduler.model.status import RunStatus


def at(hour, **parameters):
    return Schedule(at_hours=[hour], **parameters)


def instants(runs):
    return [f"{run.record.scheduled:%m-%d %H:%M}" for run in runs]


# -- saved again


def test_a_job_that_is_not_saved_fires_nothing(ws):
    dag("Daily", at(18))
    assert ws.step(days=3) == []


def test_a_job_without_a_schedule_fires_nothing(ws):
    dag("By hand").save()
    dag("By hand too", Schedule(timezone="Europe/Paris", rundate_offset=-1)).save()
    assert ws.step(days=3) == []


def test_an_instant_that_had_passed_when_the_job_was_saved_is_no_fire(ws):
    ws.step(hours=18)
    dag("Daily", at(18)).save()
    assert ws.step() == []
    assert instants(ws.step(days=1)) == ["01-30 18:00"]


def test_an_edit_counts_from_when_it_is_saved(ws):
    dag("Daily", at(18)).save()
    ws.step(days=1)
    edited = dag("Daily", at(7))
    ws.step(days=1)
    edited.save()
    assert instants(ws.step(days=1)) == ["01-31 07:00"]
    assert [run.record.job_version for run in ws.runs()] == [1, 1, 2]


def test_an_edit_before_the_fire_that_moves_it_into_the_past_leaves_the_day_without(ws):
    dag("Daily", at(18)).save()
    ws.step(hours=17, minutes=59)
    dag("Daily", at(17)).save()
    assert instants(ws.step(days=1)) == ["01-30 17:00"]


def test_an_edit_after_the_fire_that_moves_it_forward_gives_the_day_two(ws):
    dag("Daily", at(18)).save()
    ws.step(hours=18, minutes=30)
    dag("Daily", at(19)).save()
    ws.step(hours=5)
    assert instants(ws.runs()) == ["01-29 18:00", "01-29 19:00"]
    assert [run.record.job_version for run in ws.runs()] == [1, 2]


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_around_an_instant_an_edit_neither_loses_nor_doubles_it(ws, seconds):
    """The instant is of the version in force then: up to and with the moment of the edit it is the one before."""
    dag("Daily", at(18)).save()
    ws.step(hours=18, seconds=seconds)
    dag("Daily", at(18, rundate_offset=-1)).save()
    ws.step(hours=1)
    [run] = ws.runs()
    assert run.record.job_version == (2 if seconds < 0 else 1)


def test_what_an_absent_service_missed_is_of_the_schedule_in_force_then(ws):
    dag("Daily", at(18)).save()
    ws.clock.step(timedelta(hours=20))
    dag("Daily", at(23)).save()
    ws.step(hours=4)
    assert [(f"{r.record.scheduled:%H:%M}", r.record.job_version, str(r.status)) for r in ws.runs()] == [
        ("18:00", 1, "completed"),
        ("23:00", 2, "completed"),
    ]


def test_saving_an_unchanged_job_again_and_again_fires_nothing_more(ws):
    for _ in range(3):
        dag("Daily", at(18)).save()
        ws.step(hours=18)
        dag("Daily", at(18)).save()
        ws.step(hours=6)
    assert instants(ws.runs()) == ["01-29 18:00", "01-30 18:00", "01-31 18:00"]
    assert len(dtscheduler.job("Daily").versions()) == 1


def test_a_job_whose_schedule_is_taken_away_stops(ws):
    dag("Daily", at(18)).save()
    ws.step(days=1)
    dag("Daily").save()
    assert ws.step(days=3) == []


def test_a_run_by_hand_is_of_the_latest_version(ws):
    job = dag("Daily", at(18)).save()
    dag("Daily", at(19)).save()
    assert job.run().record.job_version == 2


# -- paused


def test_a_paused_job_expires_its_instants_and_says_who_paused_it(ws):
    job = dag("Daily", at(18)).save()
    job.pause()
    runs = ws.step(days=2)
    assert statuses(runs) == {"01-29 18:00": "expired", "01-30 18:00": "expired"}
    assert {run.reason for run in runs} == {f"the job was paused by {ws.place.user}"}


def test_a_job_that_goes_on_does_not_catch_up_what_was_due_while_it_was_paused(ws):
    job = dag("Daily", at(18), CatchUp="all", CatchUpWindow="7d").save()
    job.pause()
    ws.step(days=2)
    job.unpause()
    ws.step(days=1)
    assert statuses(ws.runs()) == {"01-29 18:00": "expired", "01-30 18:00": "expired", "01-31 18:00": "completed"}


def test_a_pause_starts_nothing_also_where_no_service_was_there_before(ws):
    job = dag("Daily", at(18)).save()
    ws.clock.step(timedelta(hours=20))
    job.pause()
    ws.clock.step(timedelta(days=1))
    job.unpause()
    ws.step(days=1)
    assert statuses(ws.runs()) == {"01-29 18:00": "expired", "01-30 18:00": "expired", "01-31 18:00": "completed"}


def test_a_paused_job_runs_by_hand(ws):
    job = dag("Daily", at(18)).save()
    job.pause()
    run = job.run()
    ws.step()
    assert run.status is RunStatus.COMPLETED


def test_pausing_a_paused_job_keeps_the_first_pause(ws):
    job = dag("Daily", at(18)).save()
    job.pause()
    since = dtscheduler.job("Daily").record.paused
    ws.step(hours=1)
    job.pause()
    assert dtscheduler.job("Daily").record.paused == since == utc("2026-01-29 00:00")


def test_a_paused_job_stays_paused_when_it_is_saved_again(ws):
    dag("Daily", at(18)).save().pause()
    dag("Daily", at(19)).save()
    assert statuses(ws.step(days=1)) == {"01-29 19:00": "expired"}


def test_a_paused_job_that_runs_after_another_expires_with_the_same_reason(ws):
    dag("First", at(18)).save()
    dag("After", Schedule(run_after_job_name="First")).save().pause()
    ws.step(days=1)
    [expired] = ws.runs("After")
    assert (expired.status, expired.reason) == (RunStatus.EXPIRED, f"the job was paused by {ws.place.user}")


# -- deleted


def test_a_deleted_job_fires_nothing_and_is_not_listed(ws):
    job = dag("Daily", at(18)).save()
    ws.step(days=1)
    job.delete()
    assert ws.step(days=2) == []
    assert dtscheduler.jobs() == []
    with pytest.raises(NotFoundError, match="there is no job 'Daily'"):
        dtscheduler.job("Daily")


def test_a_deleted_job_is_not_run_after(ws):
    job = dag("First", at(18)).save()
    dag("After", Schedule(run_after_job_name="First")).save()
    run = job.run()
    ws.step()
    job.delete()
    ws.step(days=1)
    assert (run.status, len(ws.runs("After"))) == (RunStatus.COMPLETED, 1)


def test_the_name_of_a_deleted_job_is_free_and_the_new_job_starts_afresh(ws):
    first = dag("Daily", at(18)).save()
    ws.step(days=1)
    first.delete()
    second = dag("Daily", at(18)).save()
    assert (second.version, second == first, second.id == first.id) == (1, False, False)
    assert statuses(ws.step(days=1)) == {"01-30 18:00": "completed"}


def test_nothing_starts_a_deleted_job_not_even_what_waits(ws):
    job = dag("Daily").save()
    waiting = [job.run(), *job.backfill("2026-01-01", "2026-01-02")]
    job.delete()
    ws.step(days=1)
    assert [str(run.status) for run in waiting] == ["expired"] * 3
    assert all("the job was deleted" in run.reason for run in waiting)


def test_what_a_service_missed_before_a_job_was_deleted_is_on_record(ws):
    job = dag("Daily", at(18)).save()
    ws.clock.step(timedelta(days=2))
    job.delete()
    assert [f"{run.record.scheduled:%m-%d}" for run in sorted(ws.runs(), key=lambda r: r.record.scheduled)] == [
        "01-29",
        "01-30",
    ]


# -- clocks that are set


def test_a_clock_that_is_set_back_fires_no_instant_twice(ws):
    dag("Hourly", Schedule(every_hour=1)).save()
    ws.step(hours=12)
    ws.clock.step(timedelta(hours=-6))
    ws.step(hours=12)
    assert instants(ws.runs()) == [f"01-29 {hour:02}:00" for hour in range(1, 19)]


def test_a_clock_that_was_years_ahead_does_not_silence_schedules_for_years(ws):
    dag("Daily", at(18)).save()
    ws.clock.set(utc("2036-01-29"))
    ws.step()
    ws.clock.set(utc("2026-02-10"))
    assert statuses(ws.step(days=2)) == {"02-10 18:00": "completed", "02-11 18:00": "completed"}


def test_a_clock_that_jumps_forward_is_an_absence(ws):
    dag("Daily", at(18)).save()
    ws.clock.step(timedelta(days=3))
    ws.step()
    assert statuses(ws.runs()) == {"01-29 18:00": "expired", "01-30 18:00": "expired", "01-31 18:00": "completed"}


def test_a_job_that_is_saved_after_the_clock_was_set_back_fires_each_instant_once(ws):
    dag("Hourly", Schedule(every_hour=1)).save()
    ws.step(hours=6)
    ws.clock.step(timedelta(hours=-3))
    dag("Hourly", Schedule(every_hour=1), Labels=["changed"]).save()
    ws.step(hours=5)
    assert instants(ws.runs()) == [f"01-29 {hour:02}:00" for hour in range(1, 9)]


def test_a_job_that_runs_after_another_does_so_although_the_clock_was_set_back_to_before_it_was_saved(ws):
    dag("Daily", at(18)).save()
    dag("After", Schedule(run_after_job_name="Daily")).save()
    ws.clock.step(timedelta(days=-10))
    ws.step(days=1)
    assert [run.record.job_name for run in ws.runs()] == ["Daily", "After"]
