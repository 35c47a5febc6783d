"""Who gets what is free on a machine that several runs share."""

import select
import threading

import pytest

from dtscheduler.executors.capacity import Capacity
from dtscheduler.executors.machine import RECENT_SECONDS, Machine
from dtscheduler.model.job import Resources

CORE = Resources(cpu_mhz=4000, memory_mb=100)
ALL = Resources(cpu_mhz=8000, memory_mb=1000)
OLDER, YOUNGER, LATER_BUT_HIGH = (1, 1), (1, 2), (0, 3)


class Time:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def machine(time):
    """Two cores and 1000 MB."""
    return Machine(Capacity(cpu_mhz=8000, memory_mb=1000, workers=2), time)


def rings(seat):
    """Whether a seat's bell has been rung since it was last heard."""
    poll = select.poll()
    poll.register(seat.bell.fileno(), select.POLLIN)
    rung = bool(poll.poll(0))
    seat.hear()
    return rung


def test_two_runs_together_get_no_more_than_there_is(machine):
    one, two = machine.join(OLDER), machine.join(YOUNGER)
    assert one.take(CORE)
    assert two.take(CORE)
    assert not one.take(CORE)
    assert not two.take(CORE)
    two.give(CORE)
    assert one.take(CORE)


def test_memory_counts_like_cpu(machine):
    one, two = machine.join(OLDER), machine.join(YOUNGER)
    assert one.take(Resources(cpu_mhz=100, memory_mb=600))
    assert not two.take(Resources(cpu_mhz=100, memory_mb=401))
    assert two.take(Resources(cpu_mhz=100, memory_mb=400))


@pytest.mark.parametrize("urgent", [OLDER, LATER_BUT_HIGH])
def test_what_is_free_goes_to_the_run_that_is_more_urgent(machine, urgent):
    running, younger, urgent = machine.join((1, 0)), machine.join(YOUNGER), machine.join(urgent)
    assert running.take(ALL)
    assert not younger.take(CORE)
    assert not urgent.take(CORE)
    running.give(ALL)
    assert not younger.take(CORE)
    assert urgent.take(CORE)
    urgent.settle()
    urgent.settle()
    assert younger.take(CORE)


def test_a_part_that_needs_the_whole_machine_gets_it_before_younger_runs_get_more(machine):
    older, younger = machine.join(OLDER), machine.join(YOUNGER)
    assert younger.take(CORE)
    assert not older.take(ALL)
    assert not younger.take(CORE)
    younger.give(CORE)
    assert not younger.take(CORE)
    assert older.take(ALL)


def test_a_run_that_waits_for_its_own_parts_holds_nobody_back(machine):
    older, younger = machine.join(OLDER), machine.join(YOUNGER)
    assert older.take(CORE)
    assert not older.take(ALL)
    assert younger.take(CORE)
    older.give(CORE)
    assert not younger.take(CORE)
    younger.give(CORE)
    assert older.take(ALL)


def test_a_run_keeps_its_short_parts_back_while_a_more_urgent_one_waits(machine):
    older, younger = machine.join(OLDER), machine.join(YOUNGER)
    assert younger.take(ALL)
    assert not younger.outranked
    assert not older.take(CORE)
    assert younger.outranked
    assert not older.outranked


@pytest.mark.parametrize("end", ["leave", "withdraw", "settle twice", "silence"])
def test_one_that_waits_no_more_holds_nobody_back(machine, time, end):
    running, older, younger = machine.join((1, 0)), machine.join(OLDER), machine.join(YOUNGER)
    assert running.take(CORE)
    assert not older.take(ALL)
    assert not younger.take(CORE)
    if end == "silence":
        time.now += RECENT_SECONDS + 0.1
    elif end == "settle twice":
        older.settle()
        assert not rings(younger)
        older.settle()
    else:
        getattr(older, end)()
    assert end == "silence" or rings(younger)
    assert younger.take(CORE)


def test_the_bell_rings_for_whom_there_is_room_and_who_is_next(machine):
    running, older, younger = machine.join((1, 0)), machine.join(OLDER), machine.join(YOUNGER)
    assert running.take(CORE)
    assert running.take(CORE)
    assert not older.take(ALL)
    assert not younger.take(CORE)
    running.give(CORE)
    assert not rings(older)
    assert not rings(younger)
    running.give(CORE)
    assert rings(older)
    assert not rings(younger)


def test_what_a_run_leaves_is_free(machine):
    one, two = machine.join(OLDER), machine.join(YOUNGER)
    assert one.take(CORE)
    one.hire()
    one.leave()
    one.leave()
    assert two.take(ALL)
    assert not two.others_work


def test_workers_are_numbered_across_runs(machine):
    one, two = machine.join(OLDER), machine.join(YOUNGER)
    assert [one.hire(), two.hire(), one.hire()] == [0, 1, 2]
    two.dismiss(1)
    assert one.hire() == 1


def test_a_run_has_workers_for_the_cores_on_which_nothing_more_urgent_runs_and_one_in_any_case(machine):
    older, younger = machine.join(OLDER), machine.join(YOUNGER)
    older.hire()
    assert older.take(CORE)
    younger.hire()
    assert younger.may_hire is False
    assert older.may_hire
    older.give(CORE)
    assert younger.may_hire
    younger.hire()
    assert younger.take(CORE)
    assert younger.may_hire is False
    assert older.may_hire


def test_what_the_worker_of_an_urgent_run_gives_back_is_for_its_next_part(machine):
    older, younger = machine.join(OLDER), machine.join(YOUNGER)
    older.hire()
    assert older.take(CORE)
    older.postpone(CORE)
    assert younger.take(CORE)
    assert not younger.take(CORE)
    older.give(CORE)
    assert not rings(younger)
    assert not younger.take(CORE)
    assert older.take(CORE)
    assert not rings(younger)
    younger.give(CORE)
    assert younger.take(CORE)


def test_nothing_is_lost_or_taken_twice_by_many_threads():
    machine = Machine(Capacity(cpu_mhz=12_000, memory_mb=1000, workers=3))
    made = []

    def run(number):
        seat, poll = machine.join((1, number)), select.poll()
        poll.register(seat.bell.fileno(), select.POLLIN)
        for turn in range(200):
            needs = Resources(cpu_mhz=12_000 if turn % 50 == number else 4000 * (1 + turn % 2), memory_mb=1)
            while not seat.take(needs):
                seat.settle()
                poll.poll(10_000)
                seat.hear()
            assert machine.free_mhz >= 0
            seat.give(needs)
            seat.settle()
            made.append(turn)
        seat.leave()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 6 * 200
    assert (machine.free_mhz, machine.free_mb, machine.seats) == (12_000, 1000, [])
