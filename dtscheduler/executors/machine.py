"""One machine, shared by all executors of a process: how much is free, and whose turn it is to take it."""

from __future__ import annotations

import os
import sys
import time
from bisect import insort
from collections.abc import Callable
from threading import Lock

from dtscheduler.executors.capacity import Capacity
from dtscheduler.model.job import Resources

USUAL_URGENCY = (1, 0)
RECENT_SECONDS = 2.0


class Machine:
    """Counts what all executors of a process have reserved.

    What is free goes to the most urgent run that waits for it; runs that are less urgent are refused meanwhile, so that
    a part that needs the whole machine gets it. A run that waits only for its own parts to end holds nobody back, nor does
    one that has not asked for a while.

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

    def fits(self, needs: Resources) -> bool:
        """Whether so much is free; under the lock."""
        return needs.cpu_mhz <= self.free_mhz and needs.memory_mb <= self.free_mb

    def call_next(self, besides: Seat) -> None:
        """Wake those who wait for what is free now and whose turn it is, besides who changed that; under the lock."""
        now = self.monotonic()
        for seat in self.seats:
            if seat is not besides and any(map(self.fits, seat.waits_for)):
                seat.bell.ring()
            if seat.holds_back(now):
                return


class Seat:
    """An executor's place at the machine. Its bell rings when it should ask again for what it was refused."""

    def __init__(self, machine: Machine, ticket: tuple[int, int, int]) -> None:
        self.ticket = ticket
        self.bell = Bell()
        self.slots: set[int] = set()
        self.waits_for: set[Resources] = set()
        self._machine = machine
        self._refused: set[Resources] = set()
        self._asked = 0.0
        self._mhz = self._mb = 0

    @property
    def capacity(self) -> Capacity:
        """What the whole machine has."""
        return self._machine.capacity

    @property
    def others_work(self) -> bool:
        """Whether other executors have workers."""
        return len(self._machine.slots) > len(self.slots)

    @property
    def outranked(self) -> bool:
        """Whether a more urgent run waits for what this one has or could take."""
        if self._machine.seats[0] is self:
            return False
        with self._machine.lock:
            return self._outranked(self._machine.monotonic())

    @property
    def may_hire(self) -> bool:
        """Whether one more worker is within what the machine should have."""
        return not self.slots or len(self._machine.slots) < self.capacity.workers

    def take(self, needs: Resources) -> bool:
        """Reserve CPU and memory if they are free and nobody more urgent waits for them."""
        machine = self._machine
        with machine.lock:
            now = machine.monotonic()
            if machine.fits(needs) and not self._outranked(now):
                self._count(needs, 1)
                if self.waits_for:  # it may hold nobody back any more
                    machine.call_next(self)
                return True
            self._asked = now
            self._refused.add(needs)
            self.waits_for.add(needs)
            return False

    def give(self, needs: Resources) -> None:
        """Give back what was reserved."""
        with self._machine.lock:
            self._count(needs, -1)
            self._machine.call_next(self)

    def settle(self) -> None:
        """End a round of asking: what was not asked for again is not waited for any more."""
        if not self.waits_for:
            return
        with self._machine.lock:
            fewer = self._refused < self.waits_for
            self.waits_for, self._refused = self._refused, set()
            if fewer:
                self._machine.call_next(self)

    def withdraw(self) -> None:
        """Wait for nothing any more."""
        self._refused = set()
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

    def holds_back(self, now: float) -> bool:
        """Whether those who are less urgent must wait for this one; under the lock."""
        if not self.waits_for or now - self._asked > RECENT_SECONDS:
            return False
        mhz, mb = self.capacity.cpu_mhz - self._mhz, self.capacity.memory_mb - self._mb
        return any(needs.cpu_mhz <= mhz and needs.memory_mb <= mb for needs in self.waits_for)

    def _outranked(self, now: float) -> bool:
        for seat in self._machine.seats:
            if seat is self:
                return False
            if seat.holds_back(now):
                return True
        return False

    def _count(self, needs: Resources, sign: int) -> None:
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
