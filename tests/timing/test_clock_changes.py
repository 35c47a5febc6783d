"""What clock changes do to schedules: some nights by hand, and every change of two decades against the rules."""

from datetime import UTC, datetime, timedelta

import pytest
from chosen import ZONES
from oracle import days_of_clock_changes, expected_fires

from dtscheduler import Schedule
from dtscheduler.timing.calendar import fires_between

PARIS = "Europe/Paris"


def fires_on(day, zone, **parameters):
    """The fires of a day of UTC, as UTC shows them."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    found = fires_between(
        Schedule(**parameters, timezone=zone).spec, start - timedelta(seconds=1), start.replace(hour=23)
    )
    return [f"{fire:%H:%M:%S}".removesuffix(":00") for fire in found]


def test_a_time_that_the_clock_skips_fires_right_after_the_gap():
    assert fires_on("2026-03-29", PARIS, at_hours=[2], at_minutes=[30]) == ["01:00"]


def test_a_time_that_comes_twice_fires_the_first_time():
    assert fires_on("2026-10-25", PARIS, at_hours=[2], at_minutes=[30]) == ["00:30"]


def test_18h_paris_on_the_days_clocks_change_runs_once():
    assert fires_on("2026-03-29", PARIS, at_hours=[18]) == ["16:00"]
    assert fires_on("2026-10-25", PARIS, at_hours=[18]) == ["17:00"]


def test_several_times_that_land_on_one_instant_are_one_fire():
    assert fires_on("2026-03-29", PARIS, at_hours=[2, 3], at_minutes=[0, 30]) == ["01:00", "01:30"]


def test_hourly_stays_hourly():
    every_hour = [f"{hour:02}:00" for hour in range(24)]
    assert fires_on("2026-03-29", PARIS, every_hour=1) == every_hour
    assert fires_on("2026-10-25", PARIS, at_minutes=[0]) == every_hour


def test_all_24_hours_by_name_are_as_good_as_a_step_of_one():
    assert fires_on("2026-10-25", PARIS, at_hours=range(24)) == fires_on("2026-10-25", PARIS, every_hour=1)


def test_23_hours_of_24_fire_once_a_label():
    found = fires_on("2026-10-25", PARIS, at_hours=range(23))
    assert found[:3] == ["00:00", "02:00", "03:00"]


def test_half_an_hour_skipped_on_lord_howe_leaves_its_minutes_out_of_the_hours():
    every_half_hour = fires_on("2026-10-03", "Australia/Lord_Howe", every_minute=30)
    assert every_half_hour == [f"{number // 2:02}:{number % 2 * 30:02}" for number in range(47)]
    assert fires_on("2026-10-03", "Australia/Lord_Howe", at_hours=[2], at_minutes=[0, 15, 29]) == ["15:30"]


def test_troll_skips_two_hours_at_once():
    assert fires_on("2026-03-29", "Antarctica/Troll", at_hours=[1, 2], at_minutes=[30]) == ["01:00"]


def test_midnight_fires_when_the_day_begins_an_hour_late():
    assert fires_on("2018-11-04", "America/Sao_Paulo", at_hours=[0], weekdays=["Sun"]) == ["03:00"]


def test_midnight_fires_once_when_the_clock_goes_back_to_the_day_before():
    assert fires_on("2018-02-18", "America/Sao_Paulo", at_hours=[0]) == ["03:00"]
    assert fires_on("2018-02-18", "America/Sao_Paulo", at_hours=[23], at_minutes=[30]) == ["01:30"]


def test_a_day_that_does_not_exist_fires_when_the_next_begins():
    assert fires_on("2011-12-30", "Pacific/Apia", at_hours=[0, 12], day_of_month=30) == ["10:00"]
    assert fires_on("2011-12-30", "Pacific/Apia", at_hours=[0, 12]) == ["10:00", "22:00"]


def test_an_hourly_schedule_of_a_day_that_does_not_exist_does_not_fire():
    assert fires_on("2011-12-30", "Pacific/Apia", every_hour=1, day_of_month=30, at_minutes=[0]) == []


def test_a_change_of_odd_seconds_is_met_to_the_second():
    assert fires_on("1972-01-07", "Africa/Monrovia", at_hours=[0], at_minutes=[15]) == ["00:44:30"]
    quarters = fires_on("1972-01-07", "Africa/Monrovia", every_minute=15)
    assert quarters[:4] == ["00:14:30", "00:29:30", "00:45", "01:00"]


def test_a_gap_that_begins_at_an_odd_second_takes_the_full_minutes_in_it():
    schedule = Schedule(at_hours=[23], at_minutes=[45, 50], timezone="Europe/Madrid")
    shown, skipped = schedule.preview(n=2, after=datetime(1900, 12, 31, 23, tzinfo=UTC))
    assert (f"{shown.utc:%H:%M:%S}", shown.rule, shown.clock_change) == (
        "23:59:44",
        "minute 45, hour 23, every day",
        "",
    )
    assert (f"{skipped.utc:%H:%M:%S}", skipped.rule) == ("00:00:00", "minute 50, hour 23, every day")
    assert skipped.clock_change == "clocks skip this time; fires right after"


def test_clocks_that_were_odd_seconds_ahead_fired_at_their_own_full_minutes():
    assert fires_on("1910-01-01", PARIS, at_hours=[12]) == ["11:50:39"]
    assert fires_on("1910-01-01", PARIS, every_hour=1)[:2] == ["00:50:39", "01:50:39"]


SCHEDULES = [
    {"every_minute": 30},
    {"every_hour": 1, "weekdays": ["Sun"]},
    {"at_hours": [0, 1, 2, 3, 4]},
    {"at_hours": [23, 0, 2], "at_minutes": [0, 30, 45]},
    {"every_minute": 7, "at_hours": list(range(23))},
    {"weekdays": ["Sat", "Sun", "Mon"]},
    {"every_hour": 2, "first_last": {"Weekday": "Sun", "Which": "Last"}, "at_minutes": [15]},
]


@pytest.mark.parametrize("zone", ZONES)
def test_every_clock_change_of_two_decades_goes_by_the_rules(zone):
    for day in days_of_clock_changes(zone, 2020, 2040):
        start, end = day - timedelta(hours=10, minutes=1), day + timedelta(hours=34)
        for parameters in SCHEDULES:
            schedule = Schedule(**parameters, timezone=zone).spec
            assert fires_between(schedule, start, end) == expected_fires(schedule, start, end), (day, parameters)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Pacific/Apia", "2011-12-30"), ("Pacific/Kwajalein", "1993-08-21"), ("Pacific/Enderbury", "1994-12-31")],
)
def test_days_that_the_date_line_took_go_by_the_rules(zone, day):
    middle = datetime.fromisoformat(day).replace(tzinfo=UTC)
    start, end = middle - timedelta(days=2), middle + timedelta(days=2)
    for parameters in SCHEDULES:
        schedule = Schedule(**parameters, timezone=zone).spec
        assert fires_between(schedule, start, end) == expected_fires(schedule, start, end), parameters
