"""Our fires beside those of two cron libraries, wherever cron can say the schedule."""

from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, islice, repeat
from zoneinfo import ZoneInfo

import pytest
from chosen import instants, timed
from croniter import croniter
from cronsim import CronSim
from hypothesis import given, settings
from oracle import days_of_clock_changes

from dtscheduler import Schedule
from dtscheduler.timing.calendar import fires, fires_between


def by_cronsim(expression, after):
    return (fire.astimezone(UTC) for fire in CronSim(expression, after))


def by_croniter(expression, after):
    cron = croniter(with_l_in_front(expression), after)
    return (cron.get_next(datetime).astimezone(UTC) for _ in repeat(None))


def with_l_in_front(expression):
    """The last weekday of the month as croniter writes it."""
    *others, weekday = expression.split()
    return " ".join([*others, f"L{weekday[0]}" if weekday.endswith("L") else weekday])


def union(peer, expressions, after):
    """The fires of several expressions together, each once."""
    return (fire for fire, _ in groupby(merge(*(peer(expression, after) for expression in expressions))))


@pytest.mark.parametrize("peer", [by_cronsim, by_croniter])
def test_a_schedule_fires_like_its_cron_expressions(peer):
    @settings(max_examples=150, deadline=None)
    @given(instants, timed(zones=["UTC"]))
    def agree(after, schedule):
        theirs = list(islice(union(peer, schedule.to_cron(), after), 6))
        assert list(islice(fires(schedule.spec, after), 6)) == theirs

    agree()


@pytest.mark.parametrize("peer", [by_cronsim, by_croniter])
@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"every_minute": 30, "at_hours": list(range(9, 18)), "weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri"]},
        {"at_hours": [2, 18]},
        {"at_hours": [0], "day_of_month": 15, "weekdays": ["Sun"]},
        {"first_last": {"Weekday": "Sun", "Which": "Last"}, "at_hours": [1], "at_minutes": [30]},
    ],
)
def test_two_years_in_a_zone_are_alike_away_from_clock_changes(peer, zone, parameters):
    """Around a change they are not: croniter and cronsim tell by the stars in an expression what follows the clock.

    We tell by the hours that are in effect, and a time that is skipped fires right after the gap.
    """
    schedule = Schedule(**parameters, timezone=zone)
    start, end = (datetime(year, 1, 1, tzinfo=ZoneInfo(zone)) for year in (2026, 2028))
    changes = days_of_clock_changes(zone, 2025, 2028)

    def far_from_changes(fire):
        return all(abs(fire - change) > timedelta(days=2) for change in changes)

    theirs = []
    for fire in union(peer, schedule.to_cron(), start):
        if fire > end:
            break
        theirs.append(fire)
    ours = fires_between(schedule.spec, start, end)
    assert list(filter(far_from_changes, ours)) == list(filter(far_from_changes, theirs))
