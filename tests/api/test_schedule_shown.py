"""How a Schedule tells what it does: in words, as a table of fires, and why it fires or not."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dtscheduler import Schedule
from dtscheduler.errors import InvalidScheduleError

PARIS = "Europe/Paris"
FRIDAY = {"Weekday": "Fri", "Which": "Last"}
A_UUID = "0b0a7d5e-7b1b-4f0a-9d4f-0d6c1c9f6b1a"
REFERENCE = Schedule(
    at_minutes=[30], at_hours=[10, 16], weekdays=["Mon", "Wed"], first_last=FRIDAY, timezone=PARIS, rundate_offset=-1
)
BEFORE_SPRING = datetime(2026, 3, 28, tzinfo=UTC)
BEFORE_AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)
NIGHTLY = Schedule(at_hours=[2], at_minutes=[30], timezone=PARIS, rundate_offset=-1)


# In words


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (
            {"at_hours": [18], "timezone": PARIS, "rundate_offset": -1},
            "at 18:00 Europe/Paris every day, for the day before",
        ),
        ({"at_hours": [18]}, "at 18:00 UTC every day"),
        ({"at_hours": [8], "in_months": [1, 6]}, "at 08:00 UTC every day in January and June"),
        ({"every_minute": 1}, "every minute, UTC"),
        ({"every_minute": 7}, "every 7 minutes (the last gap before the hour is 4 minutes), UTC"),
        ({"every_minute": 59}, "every 59 minutes (the last gap before the hour is 1 minute), UTC"),
        ({"every_minute": 30}, "every 30 minutes, UTC"),
        ({"every_hour": 1}, "every hour, UTC"),
        ({"at_minutes": [0, 30]}, "every hour at :00 and :30, UTC"),
        ({"every_hour": 5}, "every 5 hours (the last gap before midnight is 4 hours), UTC"),
        ({"every_minute": 10, "every_hour": 2}, "every 10 minutes in every 2nd hour from 00:00, UTC"),
        (
            {"every_minute": 5, "at_hours": range(9, 18), "timezone": PARIS},
            "every 5 minutes from 09:00 to 17:55 Europe/Paris every day",
        ),
        (
            {"every_minute": 7, "at_hours": [9, 12]},
            "every 7 minutes of the hours 9 and 12 (the last gap before the hour is 4 minutes) UTC every day",
        ),
        ({"every_minute": 7, "at_hours": [9]}, "every 7 minutes from 09:00 to 09:56 UTC every day"),
        ({"at_hours": range(9, 18)}, "every hour from 09:00 to 17:00 UTC every day"),
        (
            {"at_hours": range(9, 18), "at_minutes": [0, 30]},
            "at :00 and :30 of every hour from 09:00 to 17:30 UTC every day",
        ),
        (
            {"at_hours": range(0, 24, 3), "at_minutes": [15]},
            "at :15 of the hours 0, 3, 6, 9, 12, 15, 18 and 21 UTC every day",
        ),
        ({"weekdays": ["Mon", "Wed"]}, "at 00:00 UTC on Mondays and Wednesdays"),
        (
            {"weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri"], "in_months": [3]},
            "at 00:00 UTC from Monday to Friday in March",
        ),
        ({"weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]}, "at 00:00 UTC every day"),
        ({"day_of_month": 22}, "at 00:00 UTC on the 22nd of every month"),
        ({"day_of_month": 31}, "at 00:00 UTC on the 31st of every month (where there is one)"),
        ({"day_of_month": 30, "in_months": [1, 4]}, "at 00:00 UTC on the 30th of January and April"),
        ({"day_of_month": 29, "in_months": [2]}, "at 00:00 UTC on the 29th of February (where there is one)"),
        (
            {"first_last": {"Weekday": "Mon", "Which": "Fifth"}},
            "at 00:00 UTC on the fifth Monday of every month (where there is one)",
        ),
        (
            {"weekdays": ["Mon"], "day_of_month": 11, "in_months": [1]},
            "at 00:00 UTC on Mondays and the 11th of the month in January",
        ),
        ({"in_months": [1]}, "at 00:00 UTC on the 1st of January"),
        ({"every_month": 3}, "at 00:00 UTC on the 1st of every 3rd month: January, April, July and October"),
        (
            {"every_month": 7},
            "at 00:00 UTC on the 1st of every 7th month: January and August (the last gap before January is 5 months)",
        ),
        ({"run_after_job_name": "My other Batch Job"}, "after 'My other Batch Job' completes"),
        ({"run_after_job_name": "Load", "run_after_job_condition": "on failure"}, "after 'Load' fails"),
        (
            {"run_after_job_name": "Load", "run_after_job_condition": "always", "rundate_offset": 1},
            "after 'Load' ends, for the day after",
        ),
        ({"run_after_job_uuid": A_UUID}, f"after the job {A_UUID} completes"),
        ({}, "only by hand"),
        ({"timezone": PARIS, "rundate_offset": -3}, "only by hand, on the calendar of Europe/Paris, for 3 days before"),
    ],
)
def test_a_schedule_says_in_a_sentence_when_it_runs(parameters, sentence):
    assert Schedule(**parameters).describe() == sentence


def test_the_example_of_the_reference_reads_like_its_comment():
    assert REFERENCE.describe() == (
        "at 10:30 and 16:30 Europe/Paris on Mondays, Wednesdays and the last Friday of the month, for the day before"
    )


# The next fires


def test_the_next_fires_are_in_utc_and_strictly_after():
    found = Schedule(at_hours=[18], timezone=PARIS).next_fires(datetime(2026, 1, 1, 17, tzinfo=UTC), n=2)
    assert found == [datetime(2026, 1, day, 17, tzinfo=UTC) for day in (2, 3)]


def test_the_next_fires_are_after_now_unless_told_otherwise():
    before = datetime.now(UTC)
    found = Schedule(every_minute=1).next_fires()
    assert len(found) == 5
    assert before < found[0] <= datetime.now(UTC) + timedelta(minutes=1)


@pytest.mark.parametrize("schedule", [Schedule(), Schedule(run_after_job_name="Load")])
def test_a_schedule_without_times_has_no_next_fires(schedule):
    assert schedule.next_fires() == []
    assert len(schedule.preview()) == 0
    assert "no fires ahead" in repr(schedule.preview())
    assert "no fires ahead" in schedule.preview()._repr_html_()


@pytest.mark.parametrize("method", ["next_fires", "preview"])
@pytest.mark.parametrize(("n", "complaint"), [(-1, "n is -1; allowed"), ("5", "n must be an int")])
def test_a_count_that_is_none_is_refused(method, n, complaint):
    with pytest.raises(InvalidScheduleError, match=complaint):
        getattr(NIGHTLY, method)(n=n)


@pytest.mark.parametrize(
    ("method", "parameter"),
    [("next_fires", "after"), ("preview", "after"), ("explain", "instant"), ("rundate_for", "instant")],
)
@pytest.mark.parametrize(
    ("value", "complaint"),
    [(datetime(2026, 1, 1), "has no time zone; write datetime"), ("now", "must be a datetime, not str")],
)
def test_an_instant_without_a_zone_is_refused(method, parameter, value, complaint):
    with pytest.raises(InvalidScheduleError, match=f"Schedule: {parameter} .*{complaint}"):
        getattr(NIGHTLY, method)(**{parameter: value})


# The rundate


def test_the_rundate_is_the_date_in_the_zone_of_the_schedule_moved_by_the_offset():
    schedule = Schedule(at_hours=[0], timezone="Asia/Tokyo", rundate_offset=-1)
    assert schedule.rundate_for(datetime(2026, 1, 1, 15, tzinfo=UTC)) == date(2026, 1, 1)


def test_a_rundate_outside_the_calendar_is_refused():
    with pytest.raises(InvalidScheduleError, match="outside the years 1 to 9999"):
        Schedule(rundate_offset=-1).rundate_for(datetime(1, 1, 1, tzinfo=UTC))


# The preview


def test_a_preview_shows_local_time_utc_rundate_and_what_matched():
    shown = repr(REFERENCE.preview(n=3, after=datetime(2026, 1, 28, 12, tzinfo=UTC)))
    assert shown.splitlines()[1:] == [
        "local                 utc               rundate     rule",
        "2026-01-28 16:30 CET  2026-01-28 15:30  2026-01-27  minute 30, hour 16, Wed",
        "2026-01-30 10:30 CET  2026-01-30 09:30  2026-01-29  minute 30, hour 10, last Fri",
        "2026-01-30 16:30 CET  2026-01-30 15:30  2026-01-29  minute 30, hour 16, last Fri",
    ]


def test_a_preview_names_all_selectors_that_chose_a_day():
    schedule = Schedule(weekdays=["Fri"], day_of_month=30, first_last=FRIDAY, in_months=[1])
    row = schedule.preview(n=3, after=datetime(2026, 1, 24, tzinfo=UTC)).rows[0]
    assert row.rule == "minute 0, hour 0, Fri, day 30 and last Fri, January"


def test_a_preview_tells_of_a_time_that_the_clocks_skip():
    rows = NIGHTLY.preview(n=3, after=BEFORE_SPRING).rows
    assert [row.clock_change for row in rows] == ["", "clocks skip this time; fires right after", ""]
    assert (rows[1].local, rows[1].rule) == ("2026-03-29 03:00 CEST", "minute 30, hour 2, every day")


def test_a_preview_tells_of_a_skipped_time_that_falls_on_another_fire():
    rows = Schedule(at_hours=[2, 3], timezone=PARIS).preview(n=3, after=BEFORE_SPRING + timedelta(hours=12)).rows
    assert rows[0].clock_change == "clocks skip an earlier time; both are one fire"


def test_a_preview_tells_of_a_time_that_comes_twice():
    (row,) = NIGHTLY.preview(n=1, after=BEFORE_AUTUMN).rows
    assert (row.local, row.clock_change) == ("2026-10-25 02:30 CEST", "this time comes twice; fires the first time")


def test_a_preview_of_an_hourly_schedule_tells_that_both_times_fire():
    rows = Schedule(every_hour=1, timezone=PARIS).preview(n=2, after=BEFORE_AUTUMN - timedelta(minutes=1)).rows
    assert [row.local for row in rows] == ["2026-10-25 02:00 CEST", "2026-10-25 02:00 CET"]
    assert {row.clock_change for row in rows} == {"this time comes twice; fires both times"}


def test_a_preview_is_a_frame_with_or_without_rows():
    frame = NIGHTLY.preview(n=2, after=BEFORE_SPRING).to_frame()
    assert list(frame.columns) == ["local", "utc", "rundate", "rule", "clock_change"]
    assert frame["utc"].tolist() == [pd.Timestamp("2026-03-28 01:30Z"), pd.Timestamp("2026-03-29 01:00Z")]
    assert frame["rundate"].tolist() == [date(2026, 3, 27), date(2026, 3, 28)]
    assert Schedule().preview().to_frame().dtypes.equals(frame.dtypes)


def test_a_preview_on_a_page_escapes_names():
    shown = Schedule(run_after_job_name="<script>").preview()._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


def test_a_preview_on_a_page_has_a_row_for_every_fire():
    assert NIGHTLY.preview(n=4, after=BEFORE_SPRING)._repr_html_().count("<tr>") == 5


def test_a_preview_is_a_list_of_rows_too():
    preview = NIGHTLY.preview(n=4, after=BEFORE_SPRING)
    assert list(preview) == list(preview.rows)
    assert [row.utc for row in preview] == NIGHTLY.next_fires(after=BEFORE_SPRING, n=4)


# Why it fires, or not


def why(schedule, instant):
    explanation = schedule.explain(instant)
    return explanation.fires, explanation.reason


def in_paris(*parts):
    return datetime(*parts, tzinfo=ZoneInfo(PARIS))


def test_an_instant_fires_when_every_level_matches():
    assert why(REFERENCE, in_paris(2026, 3, 27, 10, 30)) == (True, "every level matches")


def test_levels_that_do_not_match_are_named():
    explanation = REFERENCE.explain(in_paris(2026, 3, 26, 11, 30))
    assert (explanation.fires, explanation.reason) == (False, "the hour and the day do not match")
    assert [check.matches for check in explanation.levels] == [True, False, False, True]


def test_an_explanation_shows_what_is_required_and_what_the_instant_has():
    schedule = Schedule(every_minute=4, weekdays=["Mon", "Tue"], in_months=[1, 2], timezone=PARIS)
    assert repr(schedule.explain(datetime(2026, 3, 27, tzinfo=UTC))).splitlines() == [
        "every 4 minutes on Mondays and Tuesdays in January and February, Europe/Paris",
        "2026-03-27 01:00 CET: does not fire, because the day and the month do not match",
        "level   required             has",
        "minute  0, 4, 8, ... or 56   0                                   matches",
        "hour    any                  1                                   matches",
        "day     Mon or Tue           Friday 27, the 4th and last Friday  does not match",
        "month   January or February  March                               does not match",
    ]


def test_seconds_past_a_minute_do_not_fire():
    explanation = NIGHTLY.explain(in_paris(2026, 1, 1, 2, 30, 1))
    assert explanation.reason == "the minute does not match"
    assert explanation.levels[0].has == "30, not a full minute"
    assert not NIGHTLY.explain(in_paris(2026, 1, 1, 2, 30, 0, 1)).fires


def test_a_skipped_time_is_why_the_first_instant_after_the_gap_fires():
    gap_ends = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert why(NIGHTLY, gap_ends) == (True, "the clocks skip 02:30, and this is the first instant after")
    assert why(NIGHTLY, gap_ends + timedelta(minutes=30)) == (False, "the hour does not match")


def test_a_skipped_time_that_falls_on_another_fire_is_told():
    fires, reason = why(Schedule(at_hours=[2, 3], timezone=PARIS), datetime(2026, 3, 29, 1, tzinfo=UTC))
    assert (fires, reason) == (True, "every level matches; 02:00, which the clocks skip, is the same fire")


def test_a_time_that_comes_twice_has_fired_the_first_time():
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert why(NIGHTLY, first) == (True, "every level matches; 02:30 comes twice, and this is the first time")
    assert why(NIGHTLY, second) == (False, "02:30 comes twice, and it has fired the first time")


def test_a_time_that_comes_twice_fires_twice_when_all_hours_do():
    fires, reason = why(Schedule(every_hour=1, timezone=PARIS), datetime(2026, 10, 25, 1, tzinfo=UTC))
    assert fires
    assert reason == "every level matches; 02:00 comes twice, and a schedule of all 24 hours fires both times"


@pytest.mark.parametrize("schedule", [Schedule(), Schedule(run_after_job_name="Load")])
def test_a_schedule_without_times_fires_at_none(schedule):
    assert why(schedule, BEFORE_SPRING) == (False, "it has no times")


def test_an_explanation_on_a_page_escapes_names():
    shown = Schedule(run_after_job_name="<b>").explain(BEFORE_SPRING)._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
