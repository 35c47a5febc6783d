"""The service: looks at the clock and at the store, and lets happen what is due."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from dtscheduler.errors import WorkspaceError
from dtscheduler.executors.capacity import machine_capacity
from dtscheduler.model.durations import show_duration
from dtscheduler.model.job import Resources
from dtscheduler.model.service import ServiceRecord
from dtscheduler.running.lease import holder
from dtscheduler.service.drivers import Drivers
from dtscheduler.service.postman import Postman
from dtscheduler.version import __version__
from dtscheduler.workspace import Workspace

LOOK_SECONDS = 0.5
BEAT_SECONDS = 5.0
FINISH = timedelta(seconds=2)
GRACE = timedelta(seconds=5)
MOST_FAILURES = 10
STEP_BACK = timedelta(seconds=30)

logger = logging.getLogger("dtscheduler")


class Service:
    """Fires schedules, drives submitted runs, takes over runs left behind, sends the outbox.

    Several services may work on one store: what each instant and each run becomes is settled there.

    Args:
        place: the workspace; the service acts for all its users.
        look_seconds: how often to look for what others have submitted. Fires are not late for this.
    """

    def __init__(self, place: Workspace, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._place, self._look = place, look_seconds
        self._clock = place.clock
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._most = place.settings.runs_at_a_time or _as_many_as_fit(place)
        self.drivers = Drivers(place.host, most=self._most, wake=self._wake.set)
        self.postman = Postman(lambda: place.store, place.alerter, self._clock, link=place.settings.web_url)
        self._watch = ClockWatch(self._clock.now(), self._clock.monotonic())
        self._since = self._clock.now()
        self._beaten: float | None = None
        self._due: datetime | None = None
        self._failures = 0

    def stop(self) -> None:
        """Ask the service to end, from any thread or a signal handler."""
        self._stopping.set()
        self._wake.set()

    def run(self, *, once: bool = False, idle_exit: timedelta | None = None) -> None:
        """Serve until asked to stop.

        Args:
            once: do what is due, and what follows from it, then end.
            idle_exit: end after nothing was done for so long.
        """
        self._sign_on()
        self.postman.start()
        idle_since = self._clock.monotonic()
        try:
            while not self._stopping.is_set():
                if self._look_safely(patient=not once) or self.drivers.active:
                    idle_since = self._clock.monotonic()
                elif once:
                    self.postman.send_due()
                    break
                elif idle_exit and self._clock.monotonic() - idle_since >= idle_exit.total_seconds():
                    logger.info("nothing to do for %s", show_duration(idle_exit))
                    break
                self._wake.wait(self._patience())
        finally:
            self._leave()

    def tick(self) -> int:
        """Do all that is due now; how much that was."""
        self._wake.clear()
        now, firing = self._clock.now(), self._place.firing
        if self._watch.stepped_back(now, self._clock.monotonic()):
            logger.warning("the clock was set back; schedules are followed from %s on", now)
            firing.after_clock_change(now)
        done = firing.fire(now, meanwhile=self.drivers.tend) + firing.follow(now) + firing.admit()
        done += self.drivers.tend()
        self._beat(now)
        return done

    def _look_safely(self, *, patient: bool) -> bool:
        """Whether there was something to do, or could be: a look that failed says nothing."""
        try:
            done, self._due = self.tick(), self._place.store.next_due()
        except Exception:  # the store is away, its disk is full, a row is damaged: the service goes on
            self._failures += 1
            if not patient and self._failures == MOST_FAILURES:
                raise
            logger.exception("a look at the store failed; the next one follows")
            self._due = None
            return True
        self._failures = 0
        return done > 0

    def _patience(self) -> float:
        """How long to sleep: until the next fire, at the latest until the next look."""
        left = (self._due - self._clock.now()).total_seconds() if self._due else self._look
        return max(0.0, min(left, self._look))

    def _sign_on(self) -> None:
        now, store = self._clock.now(), self._place.store
        for other in store.services():
            if now - other.beat > timedelta(days=1):
                store.sign_off(other.holder)
        if self._place.firing.after_clock_change(now, tolerance=timedelta(minutes=1)):
            logger.warning("schedules were followed beyond %s by a clock that was ahead; they start anew", now)
        logger.info("serving %s as %s, up to %s runs at a time", self._place.home, self._place.user, self._most)
        self._beat(now)

    def _beat(self, now: datetime) -> None:
        monotonic = self._clock.monotonic()
        if self._beaten is not None and monotonic - self._beaten < BEAT_SECONDS:
            return
        self._beaten = monotonic
        self._place.store.beat(
            ServiceRecord(
                holder=holder(),
                user=self._place.user,
                since=self._since,
                beat=now,
                driving=self.drivers.active,
                capacity=self._most,
                version=__version__,
            )
        )

    def _leave(self) -> None:
        self.drivers.leave(finish=FINISH, grace=min(GRACE, timedelta(seconds=self._place.settings.stop_grace_seconds)))
        self.postman.stop(0.5)
        with suppress(WorkspaceError):  # a store that is away will see that this service is silent
            self._place.store.sign_off(holder())


@dataclass
class ClockWatch:
    """Notices when the wall clock was set back, by comparing it with one that only advances."""

    wall: datetime
    monotonic: float

    def stepped_back(self, wall: datetime, monotonic: float) -> bool:
        """Whether the wall clock went back since the last question."""
        expected = self.wall + timedelta(seconds=monotonic - self.monotonic)
        self.wall, self.monotonic = wall, monotonic
        return expected - wall > STEP_BACK


def _as_many_as_fit(place: Workspace) -> int:
    capacity = machine_capacity(place.settings.cpu_mhz, place.settings.memory_mb)
    return max(1, min(capacity.cpu_mhz // Resources().cpu_mhz, capacity.memory_mb // Resources().memory_mb))
