"""What the jobs page says of saved jobs."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from jobs_saved import EVE, NOW, door, run_of, saved

from dtscheduler import Schedule
from dtscheduler.errors import NotFoundError
from dtscheduler.model.schedule import AfterSchedule
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.views.jobs import (
    A_PAGE,
    JobFilters,
    any_jobs,
    count_found,
    distance,
    job_view,
    jobs_page,
    latest_runs,
    next_fires,
    no_fires,
    versions,
)

EVENING = Schedule(at_hours=[18], timezone="Europe/Paris").spec


@pytest.fixture
def place(tmp_path):
    with_clock = door(tmp_path)
    yield with_clock
    with_clock.close()


def page(place, number=1, **filters):
    asked = JobFilters(**filters)
    return jobs_page(place, asked, number, count_found(place, asked))


def names(shown):
    return [row.name for row in shown.rows]


def test_a_job_says_its_schedule_its_next_fire_and_how_it_ran_last(place):
    job = saved(place, "Rates risk", EVENING, labels=("eod",), tag="prod")
    number = run_of(place, job, RunStatus.FAILED)
    (row,) = page(place).rows
    assert (row.schedule, f"{row.next_fire:%d %H:%M}") == ("at 18:00 Europe/Paris every day", "20 17:00")
    assert (row.last, row.last_run, row.tag, row.labels) == ("✕ failed", number, "prod", ("eod",))
    assert (row.owner, row.group, row.version, row.state) == ("ada", "risk", 1, "")


def test_the_next_fire_lies_ahead_though_no_service_has_looked_since(place):
    saved(place, "Hourly", Schedule(every_hour=1).spec, at=NOW - timedelta(days=3))
    assert page(place).rows[0].next_fire == NOW + timedelta(hours=1)


def test_a_paused_job_has_no_next_fire_and_says_who_paused_it(place):
    job = saved(place, "Rates risk", EVENING)
    place.pause(job.uuid)
    (row,) = page(place).rows
    assert (row.next_fire, row.state) == (None, "‖ paused by ada")


def test_a_broken_job_says_why(place):
    job = saved(place, "Rates risk", EVENING)
    place.store.mark_broken(job, "there is no zone Mars, password=hunter2")
    assert page(place).rows[0].state == "✕ broken: there is no zone Mars, password=***"
    assert job_view(place, job.uuid).broken.startswith("there is no zone Mars")
    assert not next_fires(place, job.uuid) or job_view(place, job.uuid).next_fire is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Country risk", "Rates risk", "Vol surface"]),
        ({"text": "RISK"}, ["Country risk", "Rates risk"]),
        ({"tag": "prod"}, ["Vol surface"]),
        ({"label": "eod"}, ["Rates risk"]),
        ({"owner": "bob"}, []),
        ({"paused": True}, ["Rates risk"]),
        ({"paused": False, "text": "risk"}, ["Country risk"]),
    ],
)
def test_filters_choose_jobs(place, asked, found):
    saved(place, "Country risk")
    place.pause(saved(place, "Rates risk", EVENING, labels=("eod",)).uuid)
    saved(place, "Vol surface", tag="prod")
    assert names(page(place, **asked)) == found
    assert JobFilters(**asked).asks is bool(asked)


def test_jobs_come_a_page_at_a_time_and_a_page_beyond_the_last_is_the_last(place):
    for number in range(A_PAGE + 3):
        saved(place, f"job {number:03}")
    assert page(place).caption == f"1–{A_PAGE} of {A_PAGE + 3} jobs"
    assert names(page(place, 2)) == names(page(place, 9)) == [f"job {A_PAGE + n:03}" for n in range(3)]


def test_a_job_that_may_not_be_read_is_not_there(place, tmp_path):
    job = saved(place, "Rates risk", permissions="rw----")
    eve = door(tmp_path, EVE)
    assert not page(eve).rows
    assert not any_jobs(eve)
    with pytest.raises(NotFoundError):
        job_view(eve, job.uuid)
    eve.close()


def test_who_may_only_read_is_told_in_the_words_of_the_core(place, tmp_path):
    job = saved(place, "Rates risk")
    eve = door(tmp_path, EVE)
    assert job_view(eve, job.name).denied.startswith("eve may not change job 'Rates risk': it belongs to ada")
    assert job_view(place, job.name).denied == ""
    eve.close()


def test_versions_say_what_each_of_them_changed(place):
    saved(place, "Rates risk", at=NOW - timedelta(days=3))
    saved(place, "Rates risk", EVENING, at=NOW - timedelta(days=2))
    job = saved(place, "Rates risk", EVENING, tag="prod", at=NOW - timedelta(days=1))
    assert [(row.version, row.changes) for row in versions(place, job.uuid)] == [
        (3, "tag: dev → prod"),
        (2, "schedule changed"),
        (1, "new"),
    ]


def test_a_version_that_is_damaged_hides_no_other(place, tmp_path):
    first = saved(place, "Rates risk", at=NOW - timedelta(days=3))
    saved(place, "Rates risk", tag="pre", at=NOW - timedelta(days=2))
    saved(place, "Rates risk", tag="prod", at=NOW - timedelta(days=1))
    with closing(sqlite3.connect(place.settings.store_place)) as store, store:
        store.execute("UPDATE specs SET body = '{}' WHERE hash = ?", [first.spec_hash])
    again = door(tmp_path)
    latest, second, _ = versions(again, "Rates risk")
    assert latest.changes == "tag: pre → prod"
    assert "cannot be read any more" in second.changes
    again.close()


def test_the_latest_runs_come_newest_first_with_how_long_they_took(place):
    job = saved(place, "Rates risk")
    first, second = run_of(place, job, ago=timedelta(hours=2)), run_of(place, job, RunStatus.FAILED, reason="key=abc")
    found = latest_runs(place, job.uuid)
    assert [(run.run, run.status, run.took) for run in found] == [
        (second, "✕ failed", "40.0 s"),
        (first, "✓ completed", "40.0 s"),
    ]
    assert found[0].reason == "key=***"


def test_a_job_without_times_says_when_it_runs(place):
    saved(place, "Rates risk")
    after = saved(place, "Report", AfterSchedule(job_name="Rates risk"))
    assert no_fires(place, after.uuid) == "No times: it runs after 'Rates risk' completes."
    assert "by hand only" in no_fires(place, "Rates risk")
    assert len(next_fires(place, after.uuid)) == 0


def test_a_run_that_starts_now_gets_the_rundate_of_the_schedules_clock(place, tmp_path):
    tokyo = Schedule(at_hours=[9], timezone="Asia/Tokyo", rundate_offset=-1).spec
    late = door(tmp_path, now=NOW.replace(hour=20))
    job = saved(place, "Rates risk", tokyo)
    assert f"{job_view(late, job.uuid).rundate}" == "2026-11-20"  # the 21st in Tokyo, less a day
    late.close()


@pytest.mark.parametrize(("seconds", "said"), [(0, "now"), (3900, "in 1h 05m"), (-130, "2m 10s ago")])
def test_distances_are_said_in_words(seconds, said):
    assert distance(NOW + timedelta(seconds=seconds), NOW) == said
