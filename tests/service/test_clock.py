"""Clocks that step, stop and lie: each instant comes once, nothing storms, nothing stalls."""

from collections import Counter
from datetime import timedelta

import pytest
from given import HOURLY, NOON

from dtscheduler import Schedule
from dtscheduler.model.run import RunQuery
from dtscheduler.service.loop import Service
from dtscheduler.stores.sql.rows import micros
from dtscheduler.timing.calendar import fires_between

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
MINUTELY = Schedule(every_minute=1)
YEARS = timedelta(days=3653)


@pytest.fixture
def at(ws):
    """Let a service look at the clock at instants; how much it found to do."""
    service = Service(ws.place)

    def look(*instants):
        done = 0
        for instant in instants:
            ws.clock.set(instant)
            done = service.tick()
        return done

    yield look
    service.drivers.leave(finish=20 * timedelta(seconds=1), grace=timedelta(0))


def instants(ws, **query):
    return Counter(run.scheduled for run in ws.place.store.runs(RunQuery(**query)))


def test_each_look_finds_what_has_become_due_and_the_next_one_nothing(save, at, ws):
    save(Schedule=HOURLY)
    assert at(NOON + HOUR) > 0
    assert instants(ws) == Counter([NOON + HOUR])
    at(NOON + HOUR + MINUTE)
    assert instants(ws) == Counter([NOON + HOUR])


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(seconds=29), 40 * MINUTE, 30 * HOUR, YEARS])
def test_a_clock_that_is_set_back_fires_no_instant_twice_and_misses_none_that_comes(save, at, ws, back):
    save(Schedule=HOURLY)
    start = NOON + 2 * HOUR
    at(start, start - back)
    hours = [start - back + n * HOUR for n in range(1, 40)]
    at(*hours)
    kept = [NOON + HOUR] if start - back >= NOON + HOUR else []  # what has expired after now is taken back
    expected = [*kept, *fires_between(HOURLY.spec, start - back, hours[-1]), start]
    assert instants(ws) == Counter(dict.fromkeys(expected, 1))


def test_ten_years_ahead_and_back_again_the_schedule_goes_on(save, at, rows):
    save(Schedule=MINUTELY)
    at(NOON + MINUTE, NOON + YEARS, NOON + 2 * MINUTE, NOON + 3 * MINUTE, NOON + 4 * MINUTE)
    known = dict(rows("select scheduled, count(*) from runs group by scheduled"))
    assert [known[micros(NOON + n * MINUTE)] for n in (1, 3, 4)] == [1, 1, 1]
    assert [instant for instant in known if instant > micros(NOON + 4 * MINUTE)] == [micros(NOON + YEARS)]  # has run


def test_ten_years_later_there_is_one_run_and_the_next_look_is_at_peace(save, at, ws, rows):
    save(Schedule=MINUTELY)
    at(NOON + YEARS)
    assert rows("select scheduled from runs where status <> 'expired'") == [(micros(NOON + YEARS),)]
    at(NOON + YEARS)
    assert at(NOON + YEARS) == 0
    assert ws.place.store.next_due() == NOON + YEARS + MINUTE


def test_a_computer_that_slept_for_ten_minutes_runs_the_latest(save, at, runs):
    save(Schedule=MINUTELY)
    at(NOON + MINUTE, NOON + 11 * MINUTE + timedelta(seconds=7))
    assert runs("scheduled", status="expired") == [NOON + n * MINUTE for n in range(2, 11)]
    assert sorted({*runs("scheduled")} - {*runs("scheduled", status="expired")}) == [NOON + MINUTE, NOON + 11 * MINUTE]


def test_a_service_that_starts_where_the_clock_was_ahead_before_starts_schedules_anew(save, ws, once, runs):
    save(Schedule=HOURLY)
    ws.clock.set(NOON + 1000 * HOUR)
    once(ws.place)
    ws.clock.set(NOON + 3 * HOUR)
    once(ws.place)
    assert ws.place.store.next_due() == NOON + 4 * HOUR
    ws.clock.set(NOON + 4 * HOUR)
    once(ws.place)
    assert NOON + 4 * HOUR in runs("scheduled", status="completed")


def test_two_services_whose_clocks_differ_fire_each_instant_once(save, ws):
    save(Schedule=HOURLY)
    first, second = Service(ws.place), Service(ws.place)
    for hours in range(1, 6):
        ws.clock.set(NOON + hours * HOUR)
        first.tick()
        ws.clock.set(NOON + hours * HOUR - timedelta(seconds=20))
        second.tick()
    assert instants(ws) == Counter(NOON + n * HOUR for n in range(1, 6))
    for service in (first, second):
        service.drivers.leave(finish=20 * timedelta(seconds=1), grace=timedelta(0))


def test_three_weeks_without_a_service_are_one_run_and_the_records_of_the_others(save, ws, once, rows):
    save(Schedule=MINUTELY)
    ws.clock.set(NOON + 21 * DAY)
    once(ws.place)
    assert rows("select scheduled, status from runs where status <> 'expired'") == [
        (micros(NOON + 21 * DAY), "completed")
    ]
    assert rows("select min(scheduled), max(scheduled) from runs") == [(micros(NOON + MINUTE), micros(NOON + 21 * DAY))]


def test_what_is_to_be_told_is_told_also_after_the_clock_was_set_back(save, at, ws):
    ws.clock.set(NOON + YEARS)
    save(task="badly", Schedule=HOURLY, AlertEmail="ada@bank.example")
    ws.step(hours=1)
    ws.clock.set(NOON)
    assert [alert.recipient for alert in ws.place.store.claim_alerts(NOON, NOON + HOUR)] == ["ada@bank.example"]
