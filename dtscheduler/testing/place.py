"""The workspace of a test: its clock steps from fire to fire, and all that is due happens at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from dtscheduler.api.context import writing
from dtscheduler.api.handle import Run
from dtscheduler.api.images import add_image
from dtscheduler.api.people import current_identity, identity_of
from dtscheduler.api.place import in_use
from dtscheduler.api.when import as_instant
from dtscheduler.connect import connect
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.alert import AlertRecord
from dtscheduler.model.run import RunQuery
from dtscheduler.settings import read_settings
from dtscheduler.testing.clock import Clock
from dtscheduler.workspace import Workspace

ROUNDS = 10_000


@contextmanager
def workspace(path: str | Path, now: str | date | datetime | None = None) -> Iterator[TestWorkspace]:
    """Use a workspace of its own, with a clock of its own, until the block ends.

    Args:
        path: A folder for it, pytest's ``tmp_path`` for instance.
        now: The time at the beginning: ``'2026-01-29'``, ``'2026-01-29 08:30'`` or a datetime; without a zone in UTC.
            Default: the time it is.
    """
    settings = read_settings({}, home=Path(path) / "workspace")
    clock = Clock(_begins(now))
    place = connect(
        settings,
        identity=current_identity(settings.admins),
        identity_of=lambda account: identity_of(account, settings.admins),
        clock=clock,
        only_executor="inline",
    )
    with in_use(place):
        yield TestWorkspace(place, clock)


class TestWorkspace:
    """A workspace under test.

    Args:
        place: the workspace.
        clock: its clock.
    """

    __test__ = False  # pytest: this is no test, whatever its name

    def __init__(self, place: Workspace, clock: Clock) -> None:
        self.place, self.clock = place, clock
        self._seen = clock.now()

    def step(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> list[Run]:
        """Let time pass, and let everything happen that is due meanwhile, at its instant.

        Returns:
            The runs that were submitted in that time, in their order, those that expired included.
        """
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._until(self.clock.now() + _forward(length, "step"))

    def absent(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> list[Run]:
        """Let time pass as if no service were there, and one come back at its end: what was missed is caught up.

        Returns:
            The runs that were submitted, in their order, those that expired included.
        """
        known = self._newest()
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        self.clock.step(_forward(length, "absent"))
        self._settle()
        return self._since(known)

    def runs(self, job: str | None = None) -> list[Run]:
        """The runs of a job, or all, the earliest first."""
        found = self.place.runs(RunQuery(job_name=job))
        return [Run(run.id, self.place) for run in sorted(found, key=lambda run: run.id)]

    def alerts(self) -> list[AlertRecord]:
        """What people would have been told, the earliest first."""
        return self.place.alerts()[::-1]

    def image(self, name: str, path: str | Path, tag: str = "dev") -> None:
        """Register a folder with code as an image."""
        add_image(name, path=Path(path), tag=tag, python=sys.executable)

    def _until(self, end: datetime) -> list[Run]:
        known = self._newest()
        self._settle()
        while (due := self.place.store.next_due()) is not None and due <= end:
            self.clock.set(max(due, self.clock.now()))
            self._settle()
        self.clock.set(end)
        self._settle()
        return self._since(known)

    def _settle(self) -> None:
        """Do what is due now, until nothing is."""
        host, firing, store = self.place.host, self.place.firing, self.place.store
        if self.clock.now() < self._seen:
            firing.after_clock_change(self.clock.now())
        self._seen = self.clock.now()
        for _ in range(ROUNDS):
            now = self.clock.now()
            moved = firing.fire(now) + firing.follow(now) + firing.admit()
            ready = store.claimable(100, None)
            outside = writing.set(())  # functions that are executed here are called, not written into a DAG
            try:
                for run in ready:
                    drive = host.claim(run, executor="inline")
                    if drive is not None:
                        drive.drive()
            finally:
                writing.reset(outside)
            if not (moved or ready):
                return
        raise InvalidJobError(f"{ROUNDS} rounds of runs at one instant and no end: do jobs run after each other?")

    def _newest(self) -> int:
        return max((run.id for run in self.place.runs(RunQuery())), default=0)

    def _since(self, known: int) -> list[Run]:
        return [run for run in self.runs() if run.id > known]


def _forward(length: timedelta, action: str) -> timedelta:
    if length < timedelta(0):
        raise InvalidJobError(f"{action}: time goes forward; set ws.clock to go back")
    return length


def _begins(now: str | date | datetime | None) -> datetime:
    real = datetime.now().astimezone()
    return as_instant(now, "now", real, zone="UTC") or real
