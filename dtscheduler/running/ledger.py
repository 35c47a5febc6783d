"""What a runner has yet to write to the store: collected, and written together every few milliseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

from dtscheduler.errors import WorkspaceError
from dtscheduler.model.alert import AlertRecord
from dtscheduler.model.run import AttemptRecord, RunChange, TaskRunRecord
from dtscheduler.ports import Clock, RunStore

FLUSH_SECONDS = 0.02
HEARTBEAT_SECONDS = 5.0
LEASE = timedelta(seconds=30)


class Ledger:
    """Writes changes of one run under its lease.

    Args:
        store: where runs are kept.
        run_id: the run.
        epoch: counts the lease; once another process has taken the run, writing raises ``LeaseLostError``.
        clock: for the lease and for how long changes may wait.
    """

    def __init__(self, store: RunStore, run_id: int, epoch: int, clock: Clock) -> None:
        self._store, self._run_id, self._epoch, self._clock = store, run_id, epoch, clock
        self._attempts: list[AttemptRecord] = []
        self._written = clock.monotonic()

    def add_attempt(self, attempt: AttemptRecord) -> None:
        self._attempts.append(attempt)

    def due(self, changed: Mapping[tuple[int, int], TaskRunRecord]) -> bool:
        """Whether it is time to write: changes have waited long enough, or the lease has to be prolonged."""
        waited = self._clock.monotonic() - self._written
        return waited > HEARTBEAT_SECONDS or (bool(changed) and waited > FLUSH_SECONDS)

    def write(
        self,
        changed: dict[tuple[int, int], TaskRunRecord],
        change: RunChange | None = None,
        *,
        alerts: Sequence[AlertRecord] = (),
        leave: bool = False,
    ) -> None:
        """Write all changes in one transaction and forget them.

        Args:
            changed: task runs.
            change: of the run itself; its end gives the lease up.
            alerts: what is to be told.
            leave: give the lease up although the run has not ended.
        """
        ends = change is not None and change.status is not None and change.status.final
        self._store.record(
            self._run_id,
            self._epoch,
            lease_until=None if ends or leave else self._lease_until(),
            change=change,
            task_runs=list(changed.values()),
            attempts=self._attempts,
            alerts=alerts,
        )
        changed.clear()
        self._attempts = []
        self._written = self._clock.monotonic()

    @contextmanager
    def kept_alive(self, while_blocked: bool) -> Iterator[None]:
        """Prolong the lease from a thread beside, for a runner that executes the tasks itself and cannot."""
        if not while_blocked:
            yield
            return
        over = Event()
        thread = Thread(target=self._beat, args=(over,), name="dtscheduler-heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self, over: Event) -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            try:
                self._store.record(self._run_id, self._epoch, lease_until=self._lease_until())
            except WorkspaceError:  # the runner finds out itself when it next writes
                return

    def _lease_until(self) -> datetime:
        return self._clock.now() + LEASE
