"""What the service page says of services, runs under way, capacity and the outbox."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from jobs_saved import EVE, NOW, door, run_of, saved

from dtscheduler import Schedule
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.service import ServiceRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.views import service
from dtscheduler.ui.views.service import SEND, SERVE, service_view


@pytest.fixture
def place(tmp_path):
    opened = door(tmp_path, cpu_mhz=8000, memory_mb=2000)
    yield opened
    opened.close()


def alive(place, ago=timedelta(0), driving=()):
    place.store.beat(
        ServiceRecord(
            holder="host:17:3", user="ada", since=NOW - timedelta(hours=2), beat=NOW - ago, driving=driving, capacity=8
        )
    )


def alert(place, job, run, **facts):
    usual = {"kind": AlertKind.FAILED, "channel": Channel.EMAIL, "recipient": "a@example.com", "next_try": NOW}
    place.store.add_alerts([AlertRecord(id=0, job_name=job.name, run_id=run, created=NOW, **(usual | facts))])


def test_without_a_service_the_page_says_what_starts_one(place):
    view = service_view(place)
    assert (view.alive, view.headline) == (False, "No service is alive")
    assert [(trouble.command, "schedules start nothing" in trouble.what) for trouble in view.troubles] == [
        (SERVE, True)
    ]


def test_a_service_that_went_silent_is_said_with_how_long_ago(place):
    alive(place, ago=timedelta(minutes=5))
    view = service_view(place)
    assert not view.alive
    assert "the last one was heard of 5m 00s ago" in view.troubles[0].what
    assert view.services[0].state == "✕ silent for 5m 00s"


def test_a_service_that_drives_says_what_and_how_far_it_is(place):
    job = saved(place, "Rates risk")
    run = run_of(place, job, RunStatus.RUNNING, ago=timedelta(minutes=2))
    alive(place, driving=(run,))
    view = service_view(place)
    assert (view.alive, view.headline, view.troubles) == (True, "A service is alive; 1 run is under way.", ())
    assert [(row.run, row.job, row.taken, row.progress, row.done) for row in view.driven] == [
        (run, "Rates risk", "2m 00s", "0 of 3", 0.0)
    ]
    assert (view.services[0].name, view.services[0].drives) == ("host:17", f"{run} (of at most 8)")


def test_capacity_is_what_executing_task_runs_ask_for(place):
    run_of(place, saved(place, "Rates risk", memory_mb=900), RunStatus.RUNNING)
    cpu, memory = service_view(place).capacity
    assert (cpu.words, cpu.part) == ("0.3 of 2 cores are reserved", 0.15)
    assert (memory.words, memory.part) == ("1,700 of 2,000 MB are reserved", 0.85)


def test_capacity_of_some_runs_only_says_so(place, monkeypatch):
    monkeypatch.setattr(service, "MOST_RUNS", 1)
    job = saved(place, "Rates risk")
    run_of(place, job, RunStatus.RUNNING)
    run_of(place, job, RunStatus.RUNNING)
    view = service_view(place)
    assert (len(view.driven), view.more_driven) == (1, 1)
    assert view.capacity[0].words == "at least 0.3 of 2 cores are reserved"


def test_a_run_whose_job_is_damaged_hides_nothing(place, tmp_path):
    run_of(place, saved(place, "Rates risk"), RunStatus.RUNNING)
    with closing(sqlite3.connect(place.settings.store_place)) as store, store:
        store.execute("UPDATE specs SET body = '{}'")
    again = door(tmp_path, cpu_mhz=8000)
    view = service_view(again)
    assert (len(view.driven), view.capacity[0].words) == (1, "0 of 2 cores are reserved")
    again.close()


def test_runs_are_counted_by_what_they_do(place):
    job = saved(place, "Rates risk")
    for status in (RunStatus.RUNNING, RunStatus.READY, RunStatus.READY, RunStatus.COMPLETED):
        run_of(place, job, status)
    assert service_view(place).counts == (("running", 1), ("ready", 2), ("waiting", 0))


def test_the_next_fires_are_the_first_of_each_job(place):
    saved(place, "Heartbeat", Schedule(every_minute=1).spec)
    saved(place, "Evening", Schedule(at_hours=[18]).spec)
    assert [(fire.job, fire.distance) for fire in service_view(place).next_fires] == [
        ("Heartbeat", "in 1m 00s"),
        ("Evening", "in 6h 00m"),
    ]


def test_what_could_not_be_sent_is_said_without_secrets_and_with_the_command(place):
    job = saved(place, "Rates risk")
    alert(place, job, run_of(place, job), tries=2, error="530 login failed, password=hunter2")
    view = service_view(place)
    assert (view.outbox.pending, view.outbox.failed) == (1, 1)
    assert [(row.state, row.error) for row in view.outbox.rows] == [
        ("◷ tried 2 times", "530 login failed, password=***")
    ]
    assert view.troubles[-1].command == SEND


def test_what_was_sent_and_given_up_is_told_apart(place):
    job = saved(place, "Rates risk")
    run = run_of(place, job)
    alert(place, job, run, sent=NOW, next_try=None)
    alert(place, job, run, next_try=None, tries=9, error="no such user")
    alert(place, job, run)
    view = service_view(place)
    assert sorted(row.state for row in view.outbox.rows) == ["○ to send", "✓ sent", "✕ given up"]
    assert (view.outbox.pending, view.outbox.last_sent) == (1, NOW)


def test_others_see_nothing_of_what_they_may_not_read(place, tmp_path):
    job = saved(place, "Rates risk", Schedule(every_minute=1).spec, permissions="rw----")
    alert(place, job, run_of(place, job, RunStatus.RUNNING))
    eve = door(tmp_path, EVE)
    view = service_view(eve)
    assert (view.counts[0], view.driven, view.next_fires) == (("running", 0), (), ())
    assert (view.outbox.pending, view.outbox.rows) == (0, ())
    eve.close()
