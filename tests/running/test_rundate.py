"""The rundate: the date on the schedule's own calendar, moved by the offset."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler import Schedule
from dtscheduler.timing.rundate import rundate_of


@pytest.mark.parametrize(
    ("zone", "offset", "expected"),
    [
        ("UTC", 0, date(2026, 3, 1)),
        ("Asia/Tokyo", 0, date(2026, 3, 2)),
        ("America/New_York", 0, date(2026, 3, 1)),
        ("UTC", -1, date(2026, 2, 28)),
        ("Asia/Tokyo", -2, date(2026, 2, 28)),
        ("UTC", 31, date(2026, 4, 1)),
    ],
)
def test_the_rundate_is_the_local_date_plus_the_offset(zone, offset, expected):
    schedule = Schedule(at_hours=[18], timezone=zone, rundate_offset=offset)
    assert rundate_of(schedule.spec, datetime(2026, 3, 1, 18, tzinfo=UTC)) == expected


def test_the_day_before_the_first_of_march_of_a_leap_year_is_the_29th():
    schedule = Schedule(weekdays=["Mon"], rundate_offset=-1)
    assert rundate_of(schedule.spec, datetime(2028, 3, 1, tzinfo=UTC)) == date(2028, 2, 29)


def test_a_job_without_a_schedule_has_a_rundate_too():
    assert rundate_of(Schedule().spec, datetime(2026, 3, 1, 23, 59, tzinfo=UTC)) == date(2026, 3, 1)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(-400, 400))
def test_the_offset_moves_the_rundate_by_whole_days(instant, offset):
    at = instant.replace(tzinfo=UTC)
    plain, moved = (Schedule(timezone="Europe/Paris", rundate_offset=days).spec for days in (0, offset))
    assert rundate_of(moved, at) - rundate_of(plain, at) == timedelta(days=offset)
