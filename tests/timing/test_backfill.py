"""Which rundates a backfill runs: those the schedule gives, and of them the ones that were asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from chosen import timed
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler.model.run import RunRecord, Trigger
from dtscheduler.model.schedule import NEVER, AfterSchedule, TimeSchedule, Weekday
from dtscheduler.model.status import RunStatus
from dtscheduler.timing.backfill import Which, chosen, rundates
from dtscheduler.timing.calendar import fires_between
from dtscheduler.timing.rundate import rundate_of

DAY = timedelta(days=1)
FIRST = date(2026, 3, 1)
COMPLETED, FAILED, RUNNING, EXPIRED = RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.RUNNING, RunStatus.EXPIRED


def a_run(day, status):
    return RunRecord(id=0, uuid="u", job_name="j", spec_hash="h", status=status, rundate=day, owner="ada",
                     submitted=datetime(2026, 11, 20, tzinfo=UTC), trigger=Trigger.SCHEDULE)  # fmt: skip


def test_the_rundates_are_those_of_the_fires():
    mondays = TimeSchedule(weekdays=(Weekday.MON,), at_hours=(18,))
    assert rundates(mondays, FIRST, date(2026, 3, 16)) == [date(2026, 3, day) for day in (2, 9, 16)]


def test_the_offset_moves_the_rundates():
    mondays = TimeSchedule(weekdays=(Weekday.MON,), rundate_offset=-3)
    assert rundates(mondays, FIRST, date(2026, 3, 15)) == [date(2026, 3, 6), date(2026, 3, 13)]


@pytest.mark.parametrize("schedule", [NEVER, AfterSchedule(job_name="other", rundate_offset=-1)])
def test_a_schedule_without_times_gives_every_day(schedule):
    assert rundates(schedule, FIRST, FIRST + 2 * DAY) == [FIRST, FIRST + DAY, FIRST + 2 * DAY]


def test_a_day_that_was_left_out_of_the_calendar_is_no_rundate():
    daily = TimeSchedule(at_hours=(18,), timezone="Pacific/Apia")  # which had no 30 December 2011
    assert rundates(daily, date(2011, 12, 29), date(2011, 12, 31)) == [date(2011, 12, 29), date(2011, 12, 31)]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
@pytest.mark.parametrize("offset", [0, 400])
def test_the_ends_of_the_calendar_are_days_like_others(zone, offset):
    daily = TimeSchedule(at_hours=(12,), timezone=zone, rundate_offset=offset)
    assert date(2, 6, 1) in rundates(daily, date.min, date(2, 6, 1))
    assert date(9998, 6, 1) in rundates(daily, date(9998, 6, 1), date.max)


@settings(deadline=None)
@given(timed(), st.dates(date(2005, 1, 1), date(2035, 1, 1)), st.integers(0, 60))
def test_a_rundate_is_one_exactly_if_a_fire_gives_it(schedule, first, days):
    last, spec = first + days * DAY, schedule.spec
    begin = datetime.combine(first, datetime.min.time(), UTC)
    fires = fires_between(spec, begin - 3 * DAY, begin + (days + 3) * DAY)
    expected = {rundate_of(spec, fire) for fire in fires}
    assert rundates(spec, first, last) == sorted(day for day in expected if first <= day <= last)


@pytest.mark.parametrize(
    ("newest_first", "missing", "failed"),
    [
        ([], True, False),
        ([COMPLETED], False, False),
        ([FAILED], True, True),
        ([RunStatus.STOPPED], True, True),
        ([RunStatus.OUT_OF_MEMORY], True, True),
        ([RunStatus.FAILED_AFTER, COMPLETED], False, True),
        ([COMPLETED, FAILED], False, False),
        ([RUNNING, FAILED], False, False),
        ([FAILED, RUNNING], False, False),
        ([RunStatus.READY], False, False),
        ([RunStatus.SCHEDULED], False, False),
        ([EXPIRED], True, False),
        ([EXPIRED, COMPLETED], False, False),
        ([EXPIRED, FAILED], True, True),
    ],
)
def test_what_the_runs_of_a_rundate_say_about_it(newest_first, missing, failed):
    runs = [a_run(FIRST, status) for status in newest_first]
    assert chosen([FIRST], runs, Which.MISSING) == [FIRST] * missing
    assert chosen([FIRST], runs, Which.FAILED) == [FIRST] * failed
    assert chosen([FIRST], runs, Which.ALL) == [FIRST]


statuses = st.sampled_from(RunStatus)


@given(st.lists(st.tuples(st.integers(0, 5), statuses), max_size=20), st.sampled_from(Which))
def test_rundates_do_not_mind_the_runs_of_others_and_keep_their_order(facts, which):
    runs = [a_run(FIRST + number * DAY, status) for number, status in facts]
    dates = [FIRST + number * DAY for number in range(5, -1, -1)]
    alone = [day for day in dates if chosen([day], [run for run in runs if run.rundate == day], which)]
    assert chosen(dates, runs, which) == alone
