"""Which fires the calendar lists, and how it explains them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from jobs_saved import NOW, door, run_of, saved

from dtscheduler import Schedule
from dtscheduler.errors import NotFoundError
from dtscheduler.model.schedule import AfterSchedule
from dtscheduler.timing.calendar import fires_between
from dtscheduler.ui.views import calendar
from dtscheduler.ui.views.calendar import answer, clock_of, coming, some_names, without_times
from dtscheduler.ui.views.jobs import JobFilters

PARIS = ZoneInfo("Europe/Paris")
EVENING = Schedule(at_hours=[18], timezone="Europe/Paris").spec
EVERY_MINUTE = Schedule(every_minute=1).spec
ALL = JobFilters()


@pytest.fixture
def place(tmp_path):
    opened = door(tmp_path)
    yield opened
    opened.close()


def listed(found):
    return [(f"{day.day:%d}", row.job, f"{row.first:%H:%M}", row.count) for day in found.days for row in day.rows]


def test_fires_are_listed_by_the_days_of_the_viewer(place):
    saved(place, "Evening", EVENING)
    saved(place, "Night", Schedule(at_hours=[23], at_minutes=[30]).spec)
    assert listed(coming(place, ALL, 2, PARIS)) == [
        ("20", "Evening", "17:00", 1),
        ("21", "Night", "23:30", 1),  # half past midnight in Paris
        ("21", "Evening", "17:00", 1),
    ]


def test_a_dense_schedule_is_one_row_a_day(place):
    saved(place, "Heartbeat", EVERY_MINUTE)
    today, tomorrow = coming(place, ALL, 2, UTC).days
    assert [row.words for row in today.rows] == ["719 times: every minute, UTC"]
    assert [(row.words, f"{row.last:%H:%M}") for row in tomorrow.rows] == [("1,440 times: every minute, UTC", "23:59")]
    assert tomorrow.title == "Tomorrow, Saturday 21 November 2026 · 1,440 fires of 1 job"


def test_a_paused_job_is_listed_with_a_note(place):
    place.pause(saved(place, "Evening", EVENING).uuid)
    (day,) = coming(place, ALL, 1, UTC).days
    assert [row.note for row in day.rows] == ["paused by ada"]


def test_a_broken_job_hides_no_other(place):
    place.store.mark_broken(saved(place, "Broken", EVENING), "there is no such zone")
    saved(place, "Evening", EVENING)
    assert [job for _, job, _, _ in listed(coming(place, ALL, 1, UTC))] == ["Evening"]
    assert [(other.job.name, "broken" in other.why) for other in without_times(place, ALL)] == [("Broken", True)]


def test_filters_choose_whose_fires_are_listed(place):
    saved(place, "Evening", EVENING, labels=("eod",))
    saved(place, "Other", EVENING)
    found = coming(place, JobFilters(label="eod"), 1, UTC)
    assert (found.caption, [row[1] for row in listed(found)]) == ("1 fire of 1 job", ["Evening"])


def test_what_lies_beyond_the_jobs_looked_at_is_left_out_and_said(place, monkeypatch):
    monkeypatch.setattr(calendar, "MOST_JOBS", 2)
    for hour in (13, 14, 15):
        saved(place, f"at {hour}", Schedule(at_hours=[hour]).spec, at=NOW - timedelta(hours=1))
    found = coming(place, ALL, 7, UTC)
    assert [row[1] for row in listed(found)] == ["at 13", "at 14"]
    assert "2 jobs fire until 2026-11-20 15:00:00 UTC; later fires are left out" in found.left_out


def test_without_a_service_for_days_the_calendar_is_not_empty(place, monkeypatch):
    monkeypatch.setattr(calendar, "MOST_JOBS", 2)
    for hour in (13, 14, 15):
        saved(place, f"at {hour}", Schedule(at_hours=[hour]).spec, at=NOW - timedelta(days=3))
    found = coming(place, ALL, 1, UTC)
    assert len(listed(found)) == 2
    assert "Only 2 of these jobs are looked at" in found.left_out


def test_days_with_too_many_fires_end_the_list(place, monkeypatch):
    monkeypatch.setattr(calendar, "MOST_FIRES", 1_000)
    saved(place, "Heartbeat", EVERY_MINUTE)
    found = coming(place, ALL, 30, UTC)
    assert [f"{day.day:%d}" for day in found.days] == ["20", "21"]
    assert found.left_out.startswith("Fires from Sunday 22 November 2026 on are left out")


def test_more_rows_than_a_day_shows_are_counted(place, monkeypatch):
    monkeypatch.setattr(calendar, "MOST_ROWS_A_DAY", 3)
    for number in range(5):
        saved(place, f"job {number}", EVENING)
    (day,) = coming(place, ALL, 1, UTC).days
    assert (len(day.rows), day.left_out.split(". ")[0]) == (3, "2 more fires of this day are left out")
    assert "5 fires of 5 jobs" in day.title


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(step=some.integers(1, 59), hour=some.integers(0, 23), days=some.sampled_from([1, 7, 30]))
def test_as_many_fires_are_counted_as_the_schedule_has(place, step, hour, days):
    schedule = Schedule(every_minute=step, at_hours=[hour], timezone="Europe/Paris").spec
    name = saved(place, uuid4().hex, schedule).name
    end = datetime(2026, 11, 20, tzinfo=PARIS) + timedelta(days=days) - timedelta(microseconds=1)
    assert coming(place, JobFilters(text=name), days, PARIS).fires == len(fires_between(schedule, NOW, end))


def test_jobs_without_times_say_when_they_run(place):
    saved(place, "Evening", EVENING)
    saved(place, "Report", AfterSchedule(job_name="Evening"))
    saved(place, "Archive")
    assert {other.job.name: other.why for other in without_times(place, ALL)} == {
        "Archive": "runs by hand only",
        "Report": "runs after 'Evening' (on success)",
    }


def test_an_instant_that_fires_is_explained_level_by_level(place):
    saved(place, "Evening", EVENING)
    found = answer(place, "Evening", datetime(2026, 11, 20, 18), UTC)
    assert (found.fires, found.verdict, found.reason) == (True, "fires", "Because every level matches.")
    assert found.when == "2026-11-20 18:00 CET (2026-11-20 17:00:00 UTC)"
    assert [level.matches for level in found.levels] == [True] * 4
    assert found.outcome == "It will run in 5h 00m, if a service is there."


def test_an_instant_that_does_not_fire_says_which_level_is_against_it(place):
    saved(place, "Evening", EVENING)
    found = answer(place, "Evening", datetime(2026, 11, 20, 19), UTC)
    assert (found.verdict, found.reason) == ("does not fire", "Because the hour does not match.")
    assert [level.level for level in found.levels if not level.matches] == ["hour"]


def test_the_run_of_an_instant_is_named(place):
    job = saved(place, "Evening", EVENING)
    at = datetime(2026, 11, 19, 17, tzinfo=UTC)
    number = run_of(place, job, scheduled=at)
    assert answer(place, "Evening", at, UTC).run == number


def test_a_job_that_is_not_there_is_said(place):
    with pytest.raises(NotFoundError):
        answer(place, "Evening", NOW, UTC)
    with pytest.raises(NotFoundError):
        clock_of(place, "Evening")


def test_names_on_offer_begin_with_what_fires_first(place):
    saved(place, "A", Schedule(at_hours=[15]).spec, at=NOW - timedelta(hours=1))
    saved(place, "B", Schedule(at_hours=[13]).spec, at=NOW - timedelta(hours=1))
    assert some_names(place, ALL) == ["B", "A"]
