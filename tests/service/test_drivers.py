"""Which runs a service drives, how many at a time, and what it does with those that it cannot."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from given import HOURLY, NOON

from dtscheduler.model.run import RunChange, RunQuery
from dtscheduler.model.status import RunStatus
from dtscheduler.service.drivers import Drivers

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def drivers(ws):
    """Makes the drivers of a service."""
    made = []

    def make(most=2):
        made.append(Drivers(ws.place.host, most=most, wake=lambda: None))
        return made[-1]

    yield make
    for one in made:
        one.leave(finish=timedelta(seconds=20), grace=timedelta(0))


@pytest.fixture
def busy_store(ws):
    """Somebody else writes to the file of the store until the block ends: all may look, nobody may change."""
    with closing(sqlite3.connect(ws.place.settings.store_place, isolation_level=None)) as connection:
        yield connection


def driven(tended, ws):
    """Tend until nothing is driven any more."""
    while tended.tend() or tended.active:
        pass
    return [run.status for run in ws.place.store.runs(RunQuery())]


def test_no_more_runs_than_fit_are_driven_at_a_time_and_in_the_end_all_are(save, ws, drivers, busy_store):
    saved = save()
    for _ in range(5):
        saved.run()
    three = drivers(most=3)
    busy_store.execute("BEGIN IMMEDIATE")  # holds every driver up at its very beginning
    assert [three.tend() for _ in range(4)] == [3, 0, 0, 0]
    assert three.active == (1, 2, 3)
    busy_store.execute("ROLLBACK")
    assert driven(three, ws) == ["completed"] * 5


def test_the_most_urgent_and_of_these_the_oldest_begin(save, ws, drivers, busy_store):
    for name, priority in [("low", "LOW"), ("first", "NORMAL"), ("second", "NORMAL"), ("high", "HIGH")]:
        save(name, Priority=priority).run()
        ws.clock.step(MINUTE)
    three = drivers(most=3)
    busy_store.execute("BEGIN IMMEDIATE")
    three.tend()
    names = [run.job_name for run in ws.place.store.runs(RunQuery()) if run.id in three.active]
    busy_store.execute("ROLLBACK")
    assert sorted(names) == ["first", "high", "second"]


def test_of_two_services_one_drives_a_run(save, ws, drivers):
    saved = save()
    for _ in range(10):
        saved.run()
    first, second = drivers(), drivers()
    while first.tend() + second.tend() or first.active or second.active:
        pass
    found = ws.place.store.runs(RunQuery())
    assert {(run.status, run.lease_epoch) for run in found} == {("completed", 1)}


def test_a_run_that_was_stopped_before_it_began_is_not_driven(save, ws, drivers):
    run = save().run()
    run.stop()
    assert drivers().tend() == 0
    assert (run.status, run.reason) == ("stopped", f"stopped by {ws.place.user} before it began")


def test_a_run_whose_driver_is_gone_is_taken_over(save, ws, drivers):
    run = save().run()
    ws.place.store.take_lease(run.id, holder="elsewhere:1:1", until=ws.clock.now() + MINUTE, from_epoch=0)
    one = drivers()
    assert one.tend() == 0  # it may be alive
    ws.clock.step(2 * MINUTE)
    assert driven(one, ws) == ["completed"]


def test_a_run_that_another_service_has_left_is_taken_over_at_once(save, ws, drivers):
    run = save().run()
    ws.place.store.take_lease(run.id, holder="elsewhere:1:1", until=ws.clock.now() + HOUR, from_epoch=0)
    ws.place.store.record(run.id, 1, lease_until=None, change=RunChange(status=RunStatus.RUNNING))
    assert driven(drivers(), ws) == ["completed"]


def test_many_runs_that_others_have_left_leave_room_for_no_more_than_fit(save, ws, drivers, busy_store):
    saved = save()
    for _ in range(6):
        run = saved.run()
        ws.place.store.take_lease(run.id, holder="elsewhere:1:1", until=ws.clock.now() - HOUR, from_epoch=0)
    saved.run()
    two = drivers(most=2)
    busy_store.execute("BEGIN IMMEDIATE")
    assert [two.tend() for _ in range(3)] == [2, 0, 0]
    busy_store.execute("ROLLBACK")
    assert driven(two, ws) == ["completed"] * 7


def test_a_run_that_cannot_begin_keeps_nobody_from_running(save, ws, once, work_dir):
    save("gone").run()
    save("well", Schedule=HOURLY)
    work_dir({"steps.py": "def well(): return 1"})  # no @batch function any more
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    assert {run.status for run in ws.place.store.runs(RunQuery())} == {"failed"}
    work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef well(): return 1"})
    ws.clock.set(NOON + 2 * HOUR)
    once(ws.place)
    assert ws.runs()[-1].status == "completed"
