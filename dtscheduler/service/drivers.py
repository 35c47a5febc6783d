"""The runs that a service drives at the moment, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from dtscheduler.api.people import current_user
from dtscheduler.caches.account import privileged
from dtscheduler.errors import LeaseLostError, WorkspaceError
from dtscheduler.hosting import Drive, Host
from dtscheduler.model.run import RunRecord

logger = logging.getLogger("dtscheduler")

MOST_FAILURES = 5
AGAIN_SECONDS = 2.0


class Drivers:
    """Claims runs and drives them.

    Args:
        host: drives runs in this process.
        most: how many at a time.
        wake: called when a run has ended.
    """

    def __init__(self, host: Host, *, most: int, wake: Callable[[], None]) -> None:
        self._host, self._most, self._wake = host, most, wake
        self._threads: dict[int, threading.Thread] = {}
        self._drives: dict[int, Drive] = {}
        self._failures: Counter[int] = Counter()
        self._later: dict[int, float] = {}
        self._leaving = threading.Event()
        self._grace: float | None = None

    @property
    def active(self) -> tuple[int, ...]:
        """The runs that are driven, about to be, or to be tried again."""
        now = self._host.clock.monotonic()
        again = [run_id for run_id, later in self._later.items() if later > now]
        return tuple(sorted({*self._threads, *again}))

    def tend(self) -> int:
        """Start driving what is there to be driven, as far as there is room; how many runs that was, or have ended."""
        ended = [run_id for run_id, thread in self._threads.items() if not thread.is_alive()]
        for run_id in ended:
            self._threads.pop(run_id).join()
        found = [run for run in self._left_behind() if run.id not in self._threads]
        room = max(0, self._most - len(self._threads) - len(found))
        if room:  # those that were started and have not yet taken their lease are still claimable
            now, waits = self._host.clock.monotonic(), len(self._threads) + len(self._later)
            submitted = self._host.store.claimable(room + waits, accounts())
            ours = [run for run in submitted if run.id not in self._threads and self._later.get(run.id, 0.0) <= now]
            found += ours[:room]
        for run in found:
            self._start(run)
        return len(found) + len(ended)

    def leave(self, *, finish: timedelta, grace: timedelta) -> None:
        """Wait a little for runs to end, then leave the others to another service."""
        deadline = self._host.clock.monotonic() + finish.total_seconds()
        self._join(deadline)
        self._grace = grace.total_seconds()
        self._leaving.set()
        for drive in list(self._drives.values()):
            drive.runner.request_leave(grace_seconds=self._grace)
        self._join(self._host.clock.monotonic() + self._grace + 1.0)

    def _left_behind(self) -> list[RunRecord]:
        """Runs that have begun and that nobody drives; one that failed here has to wait before it is tried again."""
        now, may = self._host.clock.monotonic(), accounts()
        mine = [run for run in self._host.store.begun() if may is None or run.run_as in may]
        ready = [run for run in mine if self._later.get(run.id, 0.0) <= now]
        return [run for run in ready if self._host.abandoned(run)][: max(0, self._most - len(self._threads))]

    def _start(self, run: RunRecord) -> None:
        name = f"dtscheduler-run-{run.id}"
        thread = threading.Thread(target=self._drive, args=(run,), name=name, daemon=True)
        self._threads[run.id] = thread
        thread.start()

    def _drive(self, run: RunRecord) -> None:
        try:
            if self._failures[run.id] >= MOST_FAILURES:
                reason = f"it could not be driven, {MOST_FAILURES} times; the service's log says why"
                self._host.give_up(run, reason)
                return
            self._claim_and_drive(run)
        except LeaseLostError as error:
            logger.info("%s", error)
        except (WorkspaceError, OSError):  # the store, or this machine, cannot now: that is no fault of the run
            self._later[run.id] = self._host.clock.monotonic() + AGAIN_SECONDS
            logger.exception("run %s could not be driven now; it is tried again", run.id)
        except Exception:  # whatever happens to one run, the service and its other runs go on
            self._failures[run.id] += 1
            self._later[run.id] = self._host.clock.monotonic() + 2.0 ** self._failures[run.id]
            logger.exception("run %s could not be driven; it is tried again", run.id)
        finally:
            self._drives.pop(run.id, None)
            self._wake()

    def _claim_and_drive(self, run: RunRecord) -> None:
        drive = self._host.claim(run, executor="processes")
        if drive is None:
            return
        logger.info("run %s of %r %s", run.id, run.job_name, "is taken over" if drive.taken_over else "begins")
        self._drives[run.id] = drive
        if self._leaving.is_set():
            drive.runner.request_leave(grace_seconds=self._grace)
        drive.drive()
        self._failures.pop(run.id, None)
        self._later.pop(run.id, None)

    def _join(self, deadline: float) -> None:
        for thread in list(self._threads.values()):
            thread.join(max(0.0, deadline - self._host.clock.monotonic()))


def accounts() -> tuple[str, ...] | None:
    """The accounts whose runs this process may drive; None for all."""
    return None if privileged() else (current_user(), "")
