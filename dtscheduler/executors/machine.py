"""One machine, shared by all executors of a process: how much is free, and whose turn it is to take it."""

from __future__ import annotations

import os
import sys
import time
from bisect import insort
from collections.abc import Callable, Iterator
from itertools import takewhile
from threading import Lock

from dtscheduler.executors.capacity import Capacity
from dtscheduler.model.job import Resources

USUAL_URGENCY = (1, 0)
RECENT_SECONDS = 2.0


class Machine:
    """Counts what all executors of a process have reserved.

    What is free goes to the most urgent run that waits for it; runs that are less urgent are refused meanwhile, so that
    a part that needs the whole machine gets it. A run holds nobody back that waits only for its own parts to end, or that
    has not asked for a while.

    Args:
        capacity: what may be used at a time.
        monotonic: the time in seconds.
    """

    def __init__(self, capacity: Capacity, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.capacity = capacity
        self.monotonic = monotonic
        self.lock = Lock()
        self.free_mhz, self.free_mb = capacity.cpu_mhz, capacity.memory_mb
        self.seats: list[Seat] = []
        self.slots: set[int] = set()
        self._joined = 0

    def join(self, urgency: tuple[int, int] = USUAL_URGENCY) -> Seat:
        """A place for one more executor.

        Args:
            urgency: of its run: rank of the priority and place in the order of runs; the smallest goes first.
        """
        with self.lock:
            self._joined += 1
            seat = Seat(self, (*urgency, self._joined))
            insort(self.seats, seat, key=lambda one: one.ticket)
        return seat

    # under the lock

    def fits(self, needs: Resources) -> bool:
        """Whether so much is free."""
        return needs.cpu_mhz <= self.free_mhz and needs.memory_mb <= self.free_mb

    def before(self, seat: Seat) -> Iterator[Seat]:
        """The seats that are more urgent."""
        return takewhile(lambda one: one is not seat, self.seats)

    def call_next(self, besides: Seat) -> None:
        """Wake those who wait for what is free now and whose turn it is, besides who changed that."""
        now = self.monotonic()
        for seat in self.seats:
            if seat is not besides and seat.could_take():
                seat.bell.ring()
            if seat.holds_back(now):
                return


class Seat:
    """An executor's place at the machine. Its bell rings when it should ask again for what it was refused."""

    def __init__(self, machine: Machine, ticket: tuple[int, int, int]) -> None:
        self.ticket = ticket
        self.bell = Bell()
        self.slots: set[int] = set()
        self.busy = 0
        self._machine = machine
        self._mhz = self._mb = 0
        self._wishes: dict[Resources, bool] = {}  # whether they lack a worker
        self._renewed: dict[Resources, bool] = {}
        self._asked = 0.0

    @property
    def capacity(self) -> Capacity:
        """What the whole machine has."""
        return self._machine.capacity

    @property
    def waits(self) -> bool:
        """Whether it was refused something that it still wants."""
        return bool(self._wishes)

    @property
    def others_work(self) -> bool:
        """Whether other executors have workers."""
        return len(self._machine.slots) > len(self.slots)

    @property
    def may_hire(self) -> bool:
        """Whether one more worker would have a core on which nothing more urgent runs; one there may always be."""
        if self._machine.seats[0] is self:
            return not self.slots or len(self.slots) < self.capacity.workers
        with self._machine.lock:
            more_urgent = sum(seat.busy for seat in self._machine.before(self))
        return not self.slots or len(self.slots) + more_urgent < self.capacity.workers

    @property
    def outranked(self) -> bool:
        """Whether a more urgent run waits for what this one has or could take."""
        if self._machine.seats[0] is self:
            return False
        with self._machine.lock:
            return self._outranked(self._machine.monotonic())

    def take(self, needs: Resources) -> bool:
        """Reserve CPU and memory for a worker, if they are free and nobody more urgent waits for them."""
        machine = self._machine
        with machine.lock:
            now = machine.monotonic()
            if not machine.fits(needs) or self._outranked(now):
                self._wish(needs, now, lacks_worker=False)
                return False
            self._count(needs, 1)
            if self._wishes:  # it may hold nobody back any more
                machine.call_next(self)
            return True

    def give(self, needs: Resources) -> None:
        """Give back what was reserved for a worker."""
        with self._machine.lock:
            self._count(needs, -1)
            self._machine.call_next(self)

    def postpone(self, needs: Resources) -> None:
        """Wait for one of its own workers: what that gives back is not for those who are less urgent."""
        if len(self._machine.seats) > 1:
            with self._machine.lock:
                self._wish(needs, self._machine.monotonic(), lacks_worker=True)

    def settle(self) -> None:
        """End a round of asking: what was not asked for again is not waited for any more."""
        if not self._wishes:
            return
        with self._machine.lock:
            changed = self._renewed != self._wishes
            self._wishes, self._renewed = self._renewed, {}
            if changed:
                self._machine.call_next(self)

    def withdraw(self) -> None:
        """Wait for nothing any more."""
        self._renewed = {}
        self.settle()

    def hear(self) -> None:
        """Take notice of the bell."""
        with self._machine.lock:
            self.bell.silence()

    def hire(self) -> int:
        """A number for a new worker that no other living worker has."""
        with self._machine.lock:
            taken = self._machine.slots
            slot = next(number for number in range(len(taken) + 1) if number not in taken)
            taken.add(slot)
            self.slots.add(slot)
        return slot

    def dismiss(self, slot: int) -> None:
        """Take back the number of a worker that has ended."""
        with self._machine.lock:
            self._machine.slots.discard(slot)
            self.slots.discard(slot)

    def leave(self) -> None:
        """Give everything back and wait for nothing."""
        machine = self._machine
        with machine.lock:
            if self not in machine.seats:
                return
            machine.seats.remove(self)
            machine.slots -= self.slots
            machine.free_mhz += self._mhz
            machine.free_mb += self._mb
            self.bell.close()
            machine.call_next(self)

    # under the lock

    def could_take(self) -> bool:
        """Whether there is room for something that it was refused."""
        return any(self._machine.fits(needs) for needs, lacks_worker in self._wishes.items() if not lacks_worker)

    def holds_back(self, now: float) -> bool:
        """Whether those who are less urgent must wait for this one."""
        if not self._wishes or now - self._asked > RECENT_SECONDS:
            return False
        mhz, mb = self.capacity.cpu_mhz - self._mhz, self.capacity.memory_mb - self._mb
        return any(
            needs.cpu_mhz <= mhz and needs.memory_mb <= mb and not (lacks_worker and self.busy >= len(self.slots))
            for needs, lacks_worker in self._wishes.items()
        )

    def _outranked(self, now: float) -> bool:
        return any(seat.holds_back(now) for seat in self._machine.before(self))

    def _wish(self, needs: Resources, now: float, *, lacks_worker: bool) -> None:
        self._asked = now
        self._wishes[needs] = self._renewed[needs] = lacks_worker

    def _count(self, needs: Resources, sign: int) -> None:
        self.busy += sign
        self._mhz += sign * needs.cpu_mhz
        self._mb += sign * needs.memory_mb
        self._machine.free_mhz -= sign * needs.cpu_mhz
        self._machine.free_mb -= sign * needs.memory_mb


class Bell:
    """A descriptor that becomes readable when it is rung."""

    def __init__(self) -> None:
        if hasattr(os, "eventfd"):
            self._reads = self._writes = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        else:
            self._reads, self._writes = os.pipe()
            os.set_blocking(self._reads, False)
        self._rung = False

    def fileno(self) -> int:
        return self._reads

    def ring(self) -> None:
        if not self._rung:
            self._rung = True
            os.write(self._writes, _ONE)

    def silence(self) -> None:
        if self._rung:
            self._rung = False
            os.read(self._reads, len(_ONE))

    def close(self) -> None:
        for descriptor in {self._reads, self._writes}:
            os.close(descriptor)


_ONE = (1).to_bytes(8, sys.byteorder)
