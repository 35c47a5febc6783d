"""What a form for a schedule shows: the sentence, the next fires with their clock changes, and where an error belongs."""

from datetime import UTC, datetime

import pytest

from dtscheduler import Schedule
from dtscheduler.ui.views.schedule import Refused, parameters_of, read_schedule, schedule_view, zone_names


def test_fires_are_shown_on_the_schedules_clock_in_utc_and_with_their_rundate():
    view = schedule_view(
        Schedule(at_hours=[1], timezone="Asia/Tokyo", rundate_offset=-1), datetime(2026, 11, 20, tzinfo=UTC)
    )
    assert view.sentence == "At 01:00 Asia/Tokyo every day, for the day before"
    first = view.fires[0]
    assert (first.local, first.utc, first.rundate) == ("2026-11-21 01:00 JST", "2026-11-20 16:00", "2026-11-20")
    assert len(view.fires) == 5
    assert view.note == ""


def test_fires_that_a_clock_change_touches_say_so():
    nightly = Schedule(at_hours=[2], at_minutes=[30], timezone="Europe/Paris")
    spring = schedule_view(nightly, datetime(2027, 3, 27, 12, tzinfo=UTC)).fires
    autumn = schedule_view(nightly, datetime(2027, 10, 30, 12, tzinfo=UTC)).fires
    assert [row.clock_change for row in spring][:2] == ["clocks skip this time; fires right after", ""]
    assert [row.clock_change for row in autumn][:2] == ["this time comes twice; fires the first time", ""]


def test_a_schedule_without_times_says_why_there_is_nothing_to_show():
    assert "Nothing starts it" in schedule_view(Schedule()).note
    assert "other job" in schedule_view(Schedule(run_after_job_name="x")).note


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"at_minutes": [77]}, "at_minutes"),
        ({"at_hours": [1], "every_hour": 2}, "at_hours"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"day_of_month": 30, "in_months": [2]}, "day_of_month"),
        ({"run_after_job_uuid": "no"}, "run_after_job_uuid"),
        ({"run_after_job_name": "a\nb"}, "run_after_job_name"),
        ({"first_last": {"Which": "Last", "Weekday": "Someday"}}, "first_last"),
    ],
)
def test_an_error_of_the_core_belongs_to_the_parameter_it_names_first(parameters, parameter):
    found = read_schedule(parameters)
    assert isinstance(found, Refused)
    assert found.parameter == parameter
    assert not found.message.startswith("Schedule")


def test_parameters_make_the_schedule_they_were_taken_from():
    schedule = Schedule(every_minute=5, weekdays=["Mon"], timezone="Europe/Paris")
    assert read_schedule(parameters_of(schedule)) == schedule


def test_the_zones_begin_with_those_that_are_near():
    names = zone_names("Asia/Tokyo", None, "Europe/Paris")
    assert names[:3] == ["Asia/Tokyo", "Europe/Paris", "UTC"]
    assert len(names) == len(set(names))
