"""CatchUp, CatchUpWindow and Overlap as parameters of a DAG: what becomes of instants that were missed, or that meet."""

from datetime import timedelta

import pytest
from small_jobs import dag, jobs_of, statuses, utc

from dtscheduler import Schedule
from dtscheduler.model.run import RunQuery
from dtscheduler.model.status import RunStatus

EVENING = Schedule(at_hours=[18])
MISSED = "missed: no service was there to start it, and it was "


def reasons(runs):
    return {f"{run.record.scheduled:%m-%d}": run.reason for run in runs if run.status is RunStatus.EXPIRED}


# -- no service is there


def test_after_an_absence_the_latest_instant_runs_and_the_others_expire(ws):
    dag("Daily", EVENING).save()
    assert statuses(ws.absent(days=4)) == {
        "01-29 18:00": "expired",
        "01-30 18:00": "expired",
        "01-31 18:00": "expired",
        "02-01 18:00": "completed",
    }


def test_what_was_missed_comes_in_the_order_of_its_instants(ws):
    dag("Daily", EVENING).save()
    instants = [run.record.scheduled for run in ws.absent(days=4)]
    assert instants == sorted(instants)


def test_the_rundate_of_a_run_that_is_caught_up_is_that_of_its_instant(ws):
    dag("Daily", Schedule(at_hours=[18], rundate_offset=-1)).save()
    assert {f"{run.record.scheduled:%m-%d}": run.rundate.day for run in ws.absent(days=4)} == {
        "01-29": 28,
        "01-30": 29,
        "01-31": 30,
        "02-01": 31,
    }


def test_after_an_absence_the_schedule_goes_on(ws):
    dag("Daily", EVENING).save()
    ws.absent(days=4)
    assert statuses(ws.step(days=2)) == {"02-02 18:00": "completed", "02-03 18:00": "completed"}


@pytest.mark.parametrize(
    ("policy", "became"),
    [
        ({"CatchUp": "latest"}, ["expired", "expired", "expired", "completed"]),
        ({"CatchUp": "latest", "CatchUpWindow": "5h"}, ["expired"] * 4),
        ({"CatchUp": "latest", "CatchUpWindow": "6h"}, ["expired", "expired", "expired", "completed"]),
        ({"CatchUp": "all"}, ["expired", "expired", "expired", "completed"]),
        ({"CatchUp": "all", "CatchUpWindow": "30h"}, ["expired", "expired", "completed", "completed"]),
        ({"CatchUp": "all", "CatchUpWindow": "7d"}, ["completed"] * 4),
        ({"CatchUp": "none"}, ["expired"] * 4),
        ({"CatchUp": "none", "CatchUpWindow": "7d"}, ["expired"] * 4),
    ],
)
def test_catch_up_and_its_window_say_which_missed_instants_run(ws, policy, became):
    dag("Daily", EVENING, **policy).save()
    assert list(dict(sorted(statuses(ws.absent(days=4)).items())).values()) == became


@pytest.mark.parametrize("seconds", [1, 59, 60])
@pytest.mark.parametrize("policy", [{"CatchUp": "none"}, {"CatchUpWindow": "1s"}])
def test_an_instant_that_is_seen_within_a_minute_was_not_missed(ws, policy, seconds):
    dag("Daily", EVENING, **policy).save()
    ws.step(hours=18, seconds=-1)
    assert statuses(ws.absent(minutes=(seconds + 1) / 60)) == {"01-29 18:00": "completed"}


def test_each_missed_instant_says_why_it_did_not_run(ws):
    dag("Daily", EVENING, CatchUpWindow="36h").save()
    assert reasons(ws.absent(days=4)) == {
        "01-29": f"{MISSED}3d 6h late when one was, more than CatchUpWindow allows (36h 00m)",
        "01-30": f"{MISSED}2d 6h late when one was, more than CatchUpWindow allows (36h 00m)",
        "01-31": f"{MISSED}30h 00m late when one was; the latest missed instant, 2026-02-01 18:00 UTC, runs instead "
        "(CatchUp='latest')",
    }


def test_a_job_that_catches_up_nothing_says_so(ws):
    dag("Daily", EVENING, CatchUp="none").save()
    assert reasons(ws.absent(days=1)) == {"01-29": f"{MISSED}6h 00m late when one was; CatchUp='none'"}


def test_all_that_is_caught_up_runs_in_order_one_after_the_other(ws):
    dag("Hourly", Schedule(every_hour=1), CatchUp="all").save()
    runs = ws.absent(hours=20)
    assert [run.record.scheduled.hour for run in runs] == list(range(1, 21))
    assert {run.status for run in runs} == {RunStatus.COMPLETED}


def test_every_minute_of_three_days_away_is_on_record(ws):
    dag("Every minute", Schedule(every_minute=1)).save()
    assert len(ws.absent(days=3)) == 3 * 24 * 60
    [caught_up] = ws.place.runs(RunQuery(statuses=[RunStatus.COMPLETED]))
    assert caught_up.scheduled == utc("2026-02-01")


@pytest.fixture
def most_are_100(monkeypatch):
    """So many missed instants are on record one by one; really they are thousands."""
    monkeypatch.setattr("dtscheduler.timing.due.MOST_SKIPPED", 100)


@pytest.mark.usefixtures("most_are_100")
def test_the_earliest_of_very_many_missed_instants_are_on_record_together(ws):
    dag("Every minute", Schedule(every_minute=1)).save()
    together, *others = [run.record for run in ws.absent(hours=5)]
    assert together.reason == (
        "all instants from 2026-01-29 00:01 to 2026-01-29 03:20 UTC were missed; this stands for them"
    )
    assert [run.scheduled for run in others] == [utc("2026-01-29 03:21") + timedelta(minutes=n) for n in range(100)]


@pytest.mark.usefixtures("most_are_100")
def test_why_of_an_instant_that_is_on_record_with_others_says_that_it_was_missed(ws):
    job = dag("Every minute", Schedule(every_minute=1)).save()
    ws.absent(hours=5)
    for minute in ("00:01", "00:02", "03:20"):
        assert "missed" in str(job.why(f"2026-01-29 {minute}")).splitlines()[-1]


def test_several_jobs_catch_up_each_in_its_own_way(ws):
    dag("All", EVENING, CatchUp="all", CatchUpWindow="7d").save()
    dag("None", EVENING, CatchUp="none").save()
    runs = ws.absent(days=2)
    assert statuses(run for run in runs if run.record.job_name == "All") == {
        "01-29 18:00": "completed",
        "01-30 18:00": "completed",
    }
    assert {run.status for run in runs if run.record.job_name == "None"} == {RunStatus.EXPIRED}


def test_being_away_without_a_fire_changes_nothing(ws):
    dag("Daily", EVENING).save()
    assert ws.absent(hours=17) == []
    assert statuses(ws.step(hours=2)) == {"01-29 18:00": "completed"}


# -- a run of the job is active


@pytest.fixture
def begun(ws):
    """Saves a job and begins a run of it, which goes on until ``drive.drive()``."""

    def begin(**policy):
        job = dag("Daily", EVENING, **policy).save()
        return ws.place.host.claim(job.run().record, executor="inline")

    return begin


def test_a_fire_waits_while_a_run_of_the_job_is_active(ws, begun):
    drive = begun()
    assert statuses(ws.step(days=1)) == {"01-29 18:00": "scheduled"}
    drive.drive()
    ws.step()
    assert statuses(ws.runs()) == {"01-29 18:00": "completed"}


def test_of_fires_that_wait_the_latest_takes_the_place_of_the_others(ws, begun):
    drive = begun()
    runs = ws.step(days=3)
    drive.drive()
    ws.step()
    assert statuses(runs) == {"01-29 18:00": "expired", "01-30 18:00": "expired", "01-31 18:00": "completed"}
    reason = "a later fire took its place while run 1 of the job was active (Overlap='wait')"
    assert reasons(runs) == {"01-29": reason, "01-30": reason}


def test_a_job_that_catches_up_all_lets_every_fire_wait_its_turn(ws, begun):
    drive = begun(CatchUp="all")
    runs = ws.step(days=3)
    assert {str(run.status) for run in runs} == {"scheduled"}
    drive.drive()
    ws.step()
    assert list(statuses(runs).values()) == ["completed"] * 3


def test_a_fire_is_skipped_while_a_run_of_the_job_is_active(ws, begun):
    drive = begun(Overlap="skip")
    runs = ws.step(days=2)
    assert reasons(runs) == dict.fromkeys(("01-29", "01-30"), "run 1 of the job was still active (Overlap='skip')")
    drive.drive()
    assert statuses(ws.step(days=1)) == {"01-31 18:00": "completed"}


def test_fires_run_beside_an_active_run_where_they_may(ws, begun):
    begun(Overlap="allow")
    assert statuses(ws.step(days=2)) == {"01-29 18:00": "completed", "01-30 18:00": "completed"}


def test_a_run_by_hand_is_never_refused_for_an_active_one(ws, begun):
    begun(Overlap="skip")
    by_hand = dag("Daily", EVENING, Overlap="skip").save().run()
    ws.step()
    assert by_hand.status is RunStatus.COMPLETED


def test_a_job_waits_for_itself_only(ws, begun):
    begun()
    dag("Another", EVENING).save()
    assert [run.record.job_name for run in ws.step(days=1) if run.status is RunStatus.COMPLETED] == ["Another"]


def test_a_run_that_waits_can_be_stopped(ws, begun):
    begun()
    [waiting] = ws.step(days=1)
    waiting.stop()
    assert (waiting.status, waiting.reason) == (RunStatus.STOPPED, f"stopped by {ws.place.user} before it began")


def test_a_run_after_another_waits_like_a_fire(ws, begun):
    after = dag("After", Schedule(run_after_job_name="First")).save()
    first = dag("First").save()
    drive = ws.place.host.claim(after.run().record, executor="inline")
    first.run()
    ws.step()
    assert [str(run.status) for run in ws.runs("After")] == ["ready", "scheduled"]
    drive.drive()
    ws.step()
    assert jobs_of(ws.runs()) == ["After", "First", "After"]
    assert {str(run.status) for run in ws.runs()} == {"completed"}
