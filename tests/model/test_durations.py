"""Lengths of time: how they may be written, and how they are shown."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.model.durations import parse_duration, show_duration


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("1h 30m", timedelta(hours=1, minutes=30)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("45m", timedelta(minutes=45)),
        ("10s", timedelta(seconds=10)),
        ("2d", timedelta(days=2)),
        ("2D 3H", timedelta(days=2, hours=3)),
        ("  90 m ", timedelta(minutes=90)),
        ("01:30:00", timedelta(hours=1, minutes=30)),
        ("100:00:01", timedelta(hours=100, seconds=1)),
        (timedelta(milliseconds=1), timedelta(milliseconds=1)),
        ("3660d", timedelta(days=3660)),
    ],
)
def test_a_length_of_time_is_read(written, length):
    assert parse_duration(written) == length


@pytest.mark.parametrize(
    "written",
    ["", " ", "0s", "0h 0m", "00:00:00", "-1h", "1.5h", "1,5h", "90", 90, 1.5, True, None, "30m 1h", "1h 1h", "1w",
     "1:30", "1:60:00", "00:00:60", "1h 30", "h", "١h", "1h\0", "3661d", "9" * 41, timedelta(0), timedelta(-1),
     timedelta.max, ["1h"]]
)  # fmt: skip
def test_what_is_not_a_positive_length_of_time_is_none(written):
    assert parse_duration(written) is None


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(1, 99))
def test_days_hours_minutes_and_seconds_add_up(days, hours, minutes, seconds):
    expected = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert parse_duration(f"{days}d {hours}h {minutes}m {seconds}s") == expected


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (0.0123, "12 ms"),
        (0.0996, "0.1 s"),
        (3.44, "3.4 s"),
        (59.94, "59.9 s"),
        (59.96, "1m 00s"),
        (125, "2m 05s"),
        (timedelta(hours=1, minutes=30), "1h 30m"),
        (3599.6, "1h 00m"),
        (timedelta(hours=47, minutes=59), "47h 59m"),
        (timedelta(days=2, hours=4), "2d 4h"),
    ],
)
def test_a_length_of_time_is_shown_as_a_person_would_write_it(length, shown):
    assert show_duration(length) == shown


@given(st.floats(0.1, 1e7))
def test_a_shown_length_is_never_sixty_of_anything(seconds):
    assert "60" not in show_duration(seconds).replace(".", " ").split("d")[-1].split()[-1]
