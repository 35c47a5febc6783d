"""``ws.alerts()``: what people would have been told."""

import sqlite3

import pytest
from small_jobs import dag

from dtscheduler import Schedule, job
from dtscheduler.model.alert import AlertKind, Channel

EVENING = Schedule(at_hours=[18])
DESK = {"AlertEmail": "desk@example.com"}


def told(ws):
    return [(alert.kind.value, alert.recipient, alert.run_id) for alert in ws.alerts()]


def test_every_end_is_told(ws):
    dag("Daily", EVENING, **DESK).save()
    ws.step(days=2)
    assert told(ws) == [("completed", "desk@example.com", 1), ("completed", "desk@example.com", 2)]


def test_a_failure_and_the_recovery_from_it_are_told(ws):
    dag("Daily", EVENING, "fail_on_the_29th", **DESK, AlertOnlyFailures=True).save()
    ws.step(days=3)
    assert told(ws) == [("failed", "desk@example.com", 1), ("recovered", "desk@example.com", 2)]


def test_only_failures_means_that_success_is_silent(ws):
    dag("Daily", EVENING, **DESK, AlertOnlyFailures=True).save()
    ws.step(days=2)
    assert told(ws) == []


def test_a_failure_every_day_is_told_every_day(ws):
    dag("Daily", EVENING, "fail", **DESK, AlertOnlyFailures=True).save()
    ws.step(days=3)
    assert [kind for kind, _, _ in told(ws)] == ["failed"] * 3


def test_two_recipients_and_a_phone_are_each_told_once(ws):
    dag("Daily", EVENING, AlertEmail="desk@example.com, head@example.com", AlertSMS="+33 6 12 34 56 78").save()
    ws.step(days=1)
    assert [(alert.channel, alert.recipient) for alert in ws.alerts()] == [
        (Channel.EMAIL, "desk@example.com"),
        (Channel.EMAIL, "head@example.com"),
        (Channel.SMS, "+33 6 12 34 56 78"),
    ]


def test_a_job_without_recipients_tells_nobody(ws):
    dag("Daily", EVENING, "fail").save()
    ws.step(days=2)
    assert ws.alerts() == []


def test_an_instant_that_expired_is_not_told(ws):
    dag("Daily", EVENING, **DESK, CatchUp="none").save()
    ws.absent(days=3)
    assert ws.alerts() == []


def test_a_run_that_was_stopped_is_told_and_is_no_failure(ws):
    run = dag("Daily", EVENING, **DESK).save().run()
    drive = ws.place.host.claim(run.record, executor="inline")
    drive.runner.request_stop()
    drive.drive()
    assert [alert.kind for alert in ws.alerts()] == [AlertKind.COMPLETED]


def test_a_run_that_was_stopped_between_a_failure_and_a_success_does_not_hide_the_recovery(ws):
    saved = dag("Daily", EVENING, "fail_on_the_29th", **DESK, AlertOnlyFailures=True).save()
    ws.step(days=1)
    saved.run().stop()
    ws.step(days=1)
    assert [alert.kind.value for alert in ws.alerts()] == ["failed", "recovered"]


def test_a_run_that_could_not_begin_is_told(ws, image_folder):
    dag("Daily", EVENING, **DESK).save()
    (image_folder / "risk" / "batch.py").unlink()
    ws.step(days=1)
    assert told(ws) == [("failed", "desk@example.com", 1)]


def test_alerts_wait_and_are_never_sent(ws):
    dag("Daily", EVENING, **DESK).save()
    ws.step(days=1)
    [alert] = ws.alerts()
    assert (alert.created, alert.sent, alert.tries, alert.job_name) == (ws.runs()[0].record.ended, None, 0, "Daily")


def test_a_job_does_not_recover_from_the_failure_of_an_earlier_one_of_its_name(ws):
    first = dag("Daily", EVENING, "fail", **DESK, AlertOnlyFailures=True).save()
    ws.step(days=1)
    first.delete()
    dag("Daily", EVENING, **DESK, AlertOnlyFailures=True).save()
    ws.step(days=1)
    assert [alert.kind.value for alert in ws.alerts()] == ["failed"]


# -- a job whose schedule cannot be followed any more


@pytest.fixture
def broken(ws):
    """A job in whose row somebody has put a zone that does not exist, beside one that is sound."""
    job = dag("Broken", Schedule(at_hours=[18], timezone="Europe/Paris"), **DESK).save()
    dag("Sound", EVENING).save()
    with sqlite3.connect(ws.place.settings.store_place) as database:
        database.execute("UPDATE jobs SET schedule = replace(schedule, 'Paris', 'Atlantis') WHERE name = 'Broken'")
    ws.step(days=2)
    return job


def test_a_schedule_that_cannot_be_followed_stops_its_own_job_only(ws, broken):
    assert [run.record.job_name for run in ws.runs()] == ["Sound", "Sound"]
    assert "Europe/Atlantis" in job("Broken").record.broken


def test_a_schedule_that_cannot_be_followed_is_told_once(ws, broken):
    [alert] = ws.alerts()
    assert (alert.kind, alert.recipient, alert.run_id) == (AlertKind.BROKEN, "desk@example.com", None)
    assert "Europe/Atlantis" in alert.text


def test_a_job_that_is_broken_says_so_when_it_is_asked_why(ws, broken):
    assert "the job is broken" in str(job("Broken").why("2026-01-30 18:00"))


def test_saving_a_broken_job_again_mends_it(ws, broken):
    dag("Broken", EVENING, **DESK).save()
    assert job("Broken").record.broken == ""
    assert [run.record.job_name for run in ws.step(days=1)] == ["Broken", "Sound"]
