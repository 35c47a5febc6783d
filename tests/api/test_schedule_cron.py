"""Cron expressions read as Schedules, and Schedules written as cron expressions."""

import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler import Schedule
from dtscheduler.errors import InvalidScheduleError

WORKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def last(weekday):
    return {"Weekday": weekday, "Which": "Last"}


@pytest.mark.parametrize(
    ("expression", "parameters"),
    [
        ("0 18 * * *", {"at_minutes": [0], "at_hours": [18]}),
        ("* * * * *", {"every_minute": 1}),
        ("30 * * * *", {"at_minutes": [30]}),
        ("*/5 9-17 * * mon-fri", {"every_minute": 5, "at_hours": range(9, 18), "weekdays": WORKDAYS}),
        ("0 */2 * * *", {"at_minutes": [0], "every_hour": 2}),
        ("5/15 * * * *", {"at_minutes": [5, 20, 35, 50]}),
        (
            "0 22-3 * * FRI-MON",
            {"at_minutes": [0], "at_hours": [22, 23, 0, 1, 2, 3], "weekdays": ["Fri", "Sat", "Sun", "Mon"]},
        ),
        ("5-5 * * Jan-Jan *", {"at_minutes": [5], "in_months": [1]}),
        ("0 0 29 feb *", {"at_minutes": [0], "at_hours": [0], "day_of_month": 29, "in_months": [2]}),
        ("0 0 ? * 7", {"at_minutes": [0], "at_hours": [0], "weekdays": ["Sun"]}),
        ("0 0 15 * 1", {"at_minutes": [0], "at_hours": [0], "day_of_month": 15, "weekdays": ["Mon"]}),
        ("0 0 1 */3 *", {"at_minutes": [0], "at_hours": [0], "day_of_month": 1, "every_month": 3}),
        ("0 0 * */3 *", {"at_minutes": [0], "at_hours": [0], "in_months": [1, 4, 7, 10]}),
        ("0 0 1-31 * 1", {"at_minutes": [0], "at_hours": [0]}),
        ("0 0 * * 5L", {"at_minutes": [0], "at_hours": [0], "first_last": last("Fri")}),
        ("0 0 * * L5", {"at_minutes": [0], "at_hours": [0], "first_last": last("Fri")}),
        ("0 0 * * friL", {"at_minutes": [0], "at_hours": [0], "first_last": last("Fri")}),
        ("0 0 * * 0#3", {"at_minutes": [0], "at_hours": [0], "first_last": {"Weekday": "Sun", "Which": "Third"}}),
        (
            "30 10,16 * * 1,3,5L",
            {"at_minutes": [30], "at_hours": [10, 16], "weekdays": ["Mon", "Wed"], "first_last": last("Fri")},
        ),
        ("@hourly", {"at_minutes": [0]}),
        ("@daily", {"at_minutes": [0], "at_hours": [0]}),
        ("@midnight", {"at_minutes": [0], "at_hours": [0]}),
        ("@weekly", {"at_minutes": [0], "at_hours": [0], "weekdays": ["Sun"]}),
        ("@Monthly", {"at_minutes": [0], "at_hours": [0], "day_of_month": 1}),
        ("@yearly", {"at_minutes": [0], "at_hours": [0], "day_of_month": 1, "in_months": [1]}),
    ],
)
def test_a_cron_expression_is_read_as_the_schedule_that_fires_like_it(expression, parameters):
    assert Schedule.from_cron(f" {expression} ") == Schedule(**parameters)


def test_a_cron_expression_is_read_on_the_clock_of_a_zone():
    assert Schedule.from_cron("0 18 * * *", timezone="Europe/Paris").spec.timezone == "Europe/Paris"


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("0 0 1,15 * *", "day of month '1,15': a Schedule has one day_of_month; make a Schedule for each day"),
        (
            "0 0 L * *",
            "day of month 'l': a Schedule has no last day of the month; day_of_month=1 with rundate_offset=-1",
        ),
        ("0 0 15W * *", "day of month '15w': a Schedule has no nearest working day"),
        ("0 0 * * 1#1,2#1", "day of week '1#1,2#1': a Schedule has one weekday of the month"),
        ("0 0 15 * */2", r"day of week '\*/2': programs disagree .* beside other days; write the values out"),
        (
            "* * * * * *",
            "has 6 fields; write five: minute, hour, day of month, month, day of week; a Schedule has no seconds",
        ),
        ("0 18 * *", "has 4 fields; write five"),
        ("", "has 0 fields; write five"),
        ("@reboot", "'@reboot' has no time; known are @yearly"),
        ("61 * * * *", "minute '61': allowed are .* 0-59"),
        ("* 24 * * *", "hour '24': allowed are .* 0-23"),
        ("* * 0 * *", "day of month '0': allowed are .* 1-31"),
        ("* * * juno *", "month 'juno': allowed are .* 1-12 or jan-dec"),
        ("* * * * 8", "day of week '8': allowed are .* sun-sat, 5L for the last Friday"),
        ("* * * * 5L,", "day of week '': allowed are"),
        ("* * * * abc#1", "day of week 'abc': allowed are"),
        ("* * * * 1#6", "day of week '1#6': allowed are"),
        ("*/0 * * * *", r"minute '\*/0': allowed are"),
        ("h * * * *", "minute 'h': allowed are"),
        ("r * * * *", "minute 'r': allowed are"),
        ("٣ * * * *", "minute '٣': allowed are"),
        ("0 0 30 2 *", "day_of_month=30 never comes in February"),
        (None, "a cron expression is a str, not NoneType"),
    ],
)
def test_what_a_schedule_cannot_say_is_refused_with_the_field_and_what_to_do(expression, complaint):
    with pytest.raises(InvalidScheduleError, match=f"Schedule: .*{complaint}"):
        Schedule.from_cron(expression)


field = st.text("0123456789*/-,?LlWw#abcdeimnstu", min_size=1, max_size=6)


@given(st.lists(field | st.just("*"), min_size=5, max_size=5).map(" ".join))
def test_whatever_is_written_is_read_or_refused(expression):
    with suppress(InvalidScheduleError):
        schedule = Schedule.from_cron(expression)
        assert schedule.next_fires(START, n=1) != []


@pytest.mark.parametrize(
    ("parameters", "expressions"),
    [
        ({"at_hours": [18]}, ["0 18 * * *"]),
        ({"every_minute": 7, "at_hours": range(9, 18), "weekdays": WORKDAYS}, ["*/7 9-17 * * 1-5"]),
        ({"at_minutes": [0, 1, 30]}, ["0,1,30 * * * *"]),
        ({"every_month": 5}, ["0 0 1 */5 *"]),
        ({"weekdays": ["Sat", "Sun"], "day_of_month": 15}, ["0 0 15 * 0,6"]),
        ({"weekdays": [*WORKDAYS, "Sat", "Sun"], "day_of_month": 15}, ["0 0 * * *"]),
        ({"weekdays": ["Mon"], "first_last": last("Fri")}, ["0 0 * * 1", "0 0 * * 5L"]),
    ],
)
def test_a_schedule_is_written_as_one_or_more_cron_expressions(parameters, expressions):
    assert Schedule(**parameters).to_cron() == expressions


@pytest.mark.parametrize("schedule", [Schedule(), Schedule(run_after_job_name="Load")])
def test_a_schedule_without_times_is_no_cron_expression(schedule):
    with pytest.raises(InvalidScheduleError, match="cron can only say times"):
        schedule.to_cron()


times = st.fixed_dictionaries(
    {},
    optional={
        "at_minutes": st.lists(st.integers(0, 59), min_size=1),
        "every_hour": st.integers(1, 23),
        "weekdays": st.lists(st.sampled_from(WORKDAYS), min_size=1),
        "day_of_month": st.integers(1, 28),
        "every_month": st.integers(1, 12),
    },
).filter(bool)


@given(times)
def test_a_schedule_fires_alike_after_a_trip_through_cron(parameters):
    schedule = Schedule(**parameters)
    (expression,) = schedule.to_cron()
    again = Schedule.from_cron(expression)
    assert again.next_fires(START, n=20) == schedule.next_fires(START, n=20)
    assert again.to_cron() == [expression]


def test_writing_a_schedule_imports_neither_the_calendar_nor_croniter():
    script = "import sys\nfrom dtscheduler import Schedule\nSchedule(at_hours=[18])\nprint(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"croniter", "pandas", "zoneinfo", "dtscheduler.timing.calendar"}.isdisjoint(modules)
