"""When schedules fire, told in examples: levels, selectors, steps, the ends of the calendar."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest

from dtscheduler import Schedule
from dtscheduler.timing.calendar import fires, fires_between, next_fire

START = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(minutes=1)


def first_fires(count, after=START, **parameters):
    """The first fires after an instant, as the wall clock of UTC shows them."""
    found = islice(fires(Schedule(**parameters).spec, after), count)
    return [f"{fire:%Y-%m-%d %H:%M}" for fire in found]


# Levels


def test_an_hour_alone_is_once_a_day():
    assert first_fires(2, at_hours=[18]) == ["2026-01-01 18:00", "2026-01-02 18:00"]


def test_a_minute_alone_is_every_hour():
    assert first_fires(2, at_minutes=[30]) == ["2026-01-01 00:30", "2026-01-01 01:30"]


def test_a_weekday_alone_is_its_midnight():
    assert first_fires(2, weekdays=["Mon"]) == ["2026-01-05 00:00", "2026-01-12 00:00"]


def test_a_month_alone_is_its_first_midnight():
    assert first_fires(2, in_months=["Jan"]) == ["2026-01-01 00:00", "2027-01-01 00:00"]


def test_every_level_must_match():
    found = first_fires(2, at_minutes=[15], at_hours=[6], weekdays=["Mon"], in_months=[2])
    assert found == ["2026-02-02 06:15", "2026-02-09 06:15"]


def test_a_level_between_two_that_are_set_is_open():
    assert first_fires(2, at_minutes=[59], weekdays=["Mon"]) == ["2026-01-05 00:59", "2026-01-05 01:59"]


def test_an_hour_in_a_month_is_every_day_of_it():
    assert first_fires(2, at_hours=[6], in_months=[3]) == ["2026-03-01 06:00", "2026-03-02 06:00"]


def test_a_step_of_months_without_a_day_is_the_first_of_the_month_whatever_the_hour():
    assert first_fires(2, every_month=3, at_hours=[6]) == ["2026-01-01 06:00", "2026-04-01 06:00"]
    assert first_fires(2, every_month=1, at_minutes=[5]) == ["2026-01-01 00:05", "2026-01-01 01:05"]


# Selectors of the day


def test_selectors_of_the_day_add_up():
    found = first_fires(3, weekdays=["Mon"], day_of_month=6, first_last={"Weekday": "Fri", "Which": "First"})
    assert found == ["2026-01-02 00:00", "2026-01-05 00:00", "2026-01-06 00:00"]


def test_a_day_that_two_selectors_choose_is_one_fire():
    assert first_fires(2, weekdays=["Mon"], day_of_month=5) == ["2026-01-05 00:00", "2026-01-12 00:00"]


def test_months_without_the_day_are_left_out():
    assert first_fires(3, day_of_month=31) == ["2026-01-31 00:00", "2026-03-31 00:00", "2026-05-31 00:00"]


def test_months_without_a_fifth_friday_are_left_out():
    found = first_fires(2, first_last={"Weekday": "Fri", "Which": "Fifth"})
    assert found == ["2026-01-30 00:00", "2026-05-29 00:00"]


def test_the_last_friday_is_the_fourth_or_the_fifth():
    found = first_fires(2, first_last={"Weekday": "Fri", "Which": "Last"})
    assert found == ["2026-01-30 00:00", "2026-02-27 00:00"]


# Steps


def test_steps_start_anew():
    assert first_fires(3, after=START + timedelta(minutes=50), every_minute=7) == [
        "2026-01-01 00:56", "2026-01-01 01:00", "2026-01-01 01:07"]  # fmt: skip
    assert first_fires(3, after=START + timedelta(hours=16), every_hour=5) == [
        "2026-01-01 20:00", "2026-01-02 00:00", "2026-01-02 05:00"]  # fmt: skip
    assert first_fires(4, every_month=5) == [
        "2026-01-01 00:00", "2026-06-01 00:00", "2026-11-01 00:00", "2027-01-01 00:00"]  # fmt: skip


# Rare days


def test_the_29th_of_february_comes_in_leap_years():
    found = first_fires(2, after=datetime(2096, 1, 1, tzinfo=UTC), day_of_month=29, in_months=[2])
    assert found == ["2096-02-29 00:00", "2104-02-29 00:00"]


def test_a_fifth_sunday_in_february_is_found_decades_ahead():
    fifth = {"first_last": {"Weekday": "Sun", "Which": "Fifth"}, "in_months": [2]}
    found = first_fires(3, after=datetime(2050, 1, 1, tzinfo=UTC), **fifth)
    assert found == ["2060-02-29 00:00", "2088-02-29 00:00", "2128-02-29 00:00"]


# What is asked


def test_fires_are_strictly_after_the_instant_asked_about():
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    noons = Schedule(at_hours=[12]).spec
    assert next_fire(noons, noon) == noon + timedelta(days=1)
    assert next_fire(noons, noon - timedelta(microseconds=1)) == noon
    assert next_fire(noons, noon + timedelta(microseconds=1)) == noon + timedelta(days=1)


def test_the_instant_may_be_told_in_any_zone():
    tokyo = timezone(timedelta(hours=9))
    assert first_fires(1, after=datetime(2026, 1, 1, 20, 59, tzinfo=tokyo), at_hours=[12]) == ["2026-01-01 12:00"]


def test_fires_between_leave_out_the_start_and_include_the_end():
    hourly = Schedule(every_hour=1).spec
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert fires_between(hourly, start, start + timedelta(hours=2)) == [start + timedelta(hours=n) for n in (1, 2)]
    assert fires_between(hourly, start, start) == []


# The ends of the calendar


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("parameters", [{"every_minute": 1}, {"at_hours": [0, 12, 23]}, {"weekdays": ["Mon"]}])
def test_the_calendar_begins_and_ends_without_complaint(zone, parameters):
    schedule = Schedule(**parameters, timezone=zone).spec
    for hours in (-14, 0, 14):
        first, last = (end.replace(tzinfo=timezone(timedelta(hours=hours))) for end in (datetime.min, datetime.max))
        assert next_fire(schedule, first) is not None
        assert next_fire(schedule, last) in (None, *fires(schedule, datetime(9999, 12, 31, tzinfo=UTC)))
        assert list(fires(schedule, last.replace(tzinfo=timezone(timedelta(hours=-14))))) == []


def test_the_last_minute_of_the_calendar_fires():
    assert first_fires(9, after=datetime(9999, 12, 31, 23, 58, tzinfo=UTC), every_minute=1) == ["9999-12-31 23:59"]
