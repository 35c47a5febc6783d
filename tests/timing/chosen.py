"""Schedules and instants as hypothesis draws them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from oracle import days_of_clock_changes

from dtscheduler import Schedule
from dtscheduler.errors import InvalidScheduleError
from dtscheduler.model.schedule import Weekday, Which

ZONES = [
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Nuuk",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Antarctica/Troll",
    "Asia/Tehran",
    "Pacific/Chatham",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Havana",
    "Pacific/Apia",
]
weekday_names = st.sampled_from([day.value for day in Weekday])
minutes = st.fixed_dictionaries({"at_minutes": st.lists(st.integers(0, 59), min_size=1, max_size=5)}) | (
    st.fixed_dictionaries({"every_minute": st.integers(1, 59)})
)
hours = st.fixed_dictionaries({"at_hours": st.lists(st.integers(0, 23), min_size=1, max_size=5)}) | (
    st.fixed_dictionaries({"every_hour": st.integers(1, 23)})
)
days = st.fixed_dictionaries(
    {},
    optional={
        "weekdays": st.lists(weekday_names, min_size=1, max_size=3),
        "day_of_month": st.integers(1, 31),
        "first_last": st.fixed_dictionaries(
            {"Weekday": weekday_names, "Which": st.sampled_from([which.value for which in Which])}
        ),
    },
)
months = st.fixed_dictionaries({"in_months": st.lists(st.integers(1, 12), min_size=1, max_size=8)}) | (
    st.fixed_dictionaries({"every_month": st.integers(1, 12)})
)
unset = st.just({})


@st.composite
def timed(draw, zones=ZONES, levels=(minutes | unset, hours | unset, days | unset, months | unset | unset)):
    """A Schedule that fires at times."""
    parameters = {}
    for level in levels:
        parameters |= draw(level)
    if not parameters:
        parameters = {"at_hours": [18]}
    try:
        return Schedule(**parameters, timezone=draw(st.sampled_from(zones)))
    except InvalidScheduleError:  # no day of that number in those months
        return Schedule(**{**parameters, "day_of_month": 28}, timezone=draw(st.sampled_from(zones)))


@st.composite
def instants_near_a_clock_change(draw, zone):
    """A full minute within two days of a change of the clock, or any one where there are none."""
    changes = days_of_clock_changes(zone, 2005, 2030) or [datetime(2026, 1, 1, tzinfo=UTC)]
    return draw(st.sampled_from(changes)) + timedelta(minutes=draw(st.integers(-2880, 2880)))


instants = st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))
