"""A run that is looked at again and again until it has ended: how it stands, how long it still takes, what failed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.triage.grouping import FAILED
from dtscheduler.ui.views.run import spec_of
from dtscheduler.ui.views.watching import Watched, seconds_left, waiting, watched

if TYPE_CHECKING:
    from dtscheduler.model.figures import TaskCount
    from dtscheduler.model.job import JobSpec
    from dtscheduler.triage.grouping import FailureGroup
    from dtscheduler.workspace import Workspace

RUNS_TIMED = 20
LEAST_BETWEEN = 3.0
TIMES_ITS_COST = 100

ByTask = Mapping[int, Mapping[TaskStatus, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A run at one moment.

    Args:
        run: The run.
        by_task: How many task runs of each task, by its number, have which status.
        watched: The same in words.
        failures: What failed, alike errors together; of a run that goes on as it was a few seconds ago.
    """

    run: RunRecord
    by_task: ByTask
    watched: Watched
    failures: Sequence[FailureGroup]


class Following:
    """Looks at one run, and keeps between two looks what is dear to find out.

    Args:
        run_id: The run.
    """

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self._spec: JobSpec | None = None
        self._spec_hash = ""
        self._history: Mapping[str, Sequence[float]] | None = None
        self._left: tuple[ByTask, float | None] | None = None
        self._groups: Sequence[FailureGroup] = ()
        self._failed, self._again = 0, 0.0

    def look(self, place: Workspace) -> Look:
        """How the run stands now.

        Raises:
            NotFoundError: It is not there, or not the user's to see.
            SchedulerError: The store is away.
        """
        run = place.run(self.run_id)
        by_task = counted_by_task(place.store.task_counts(self.run_id))  # it may be read: that was just asked
        return Look(
            run=run,
            by_task=by_task,
            watched=self._watched(place, run, by_task),
            failures=self._failures(place, run, by_task),
        )

    def spec(self, place: Workspace, run: RunRecord) -> JobSpec | None:
        """The job of the run; None where it cannot be read any more."""
        if self._spec is None or self._spec_hash != run.spec_hash:
            self._spec, self._spec_hash = spec_of(place.spec, run), run.spec_hash
        return self._spec

    def _watched(self, place: Workspace, run: RunRecord, by_task: ByTask) -> Watched:
        now = place.clock.now()
        if run.status.final:
            return watched(run, by_task, now)
        if not run.lease_epoch:
            return watched(run, by_task, now, waits_for=waiting(run, served=place.served()))
        return watched(run, by_task, now, left=self._seconds_left(place, run, by_task) if by_task else None)

    def _seconds_left(self, place: Workspace, run: RunRecord, by_task: ByTask) -> float | None:
        """Estimated anew only when something has moved, so that what is said does not waver."""
        if self._left is None or self._left[0] != by_task:
            self._left = by_task, self._estimated(place, run, by_task)
        return self._left[1]

    def _estimated(self, place: Workspace, run: RunRecord, by_task: ByTask) -> float | None:
        from dtscheduler.executors.capacity import machine_capacity

        spec = self.spec(place, run)
        if spec is None:
            return None
        elapsed = (place.clock.now() - run.started).total_seconds() if run.started else None
        found = machine_capacity(place.settings.cpu_mhz, place.settings.memory_mb)
        if self._history is None:
            self._history = _history(place, run)
        return seconds_left(spec, by_task, self._history, elapsed=elapsed, capacity=(found.cpu_mhz, found.memory_mb))

    def _failures(self, place: Workspace, run: RunRecord, by_task: ByTask) -> Sequence[FailureGroup]:
        """The failures, looked for only when there are others, and so seldom that this costs little."""
        failed = sum(count for counts in by_task.values() for status, count in counts.items() if status in FAILED)
        now = time.monotonic()
        if self._failed == failed or (now < self._again and not run.status.final):
            return self._groups
        self._groups = tuple(place.failures(run.id))
        ended = time.monotonic()
        self._failed, self._again = failed, ended + max(LEAST_BETWEEN, TIMES_ITS_COST * (ended - now))
        return self._groups


def counted_by_task(counts: Sequence[TaskCount]) -> ByTask:
    """The counts of the tasks of a run by the number of the task."""
    by_task: dict[int, dict[TaskStatus, int]] = defaultdict(dict)
    for one in counts:
        by_task[one.task][one.status] = one.count
    return by_task


def _history(place: Workspace, run: RunRecord) -> Mapping[str, Sequence[float]]:
    """What the tasks of the job took in its latest runs, as far as these may be read."""
    latest = place.runs(RunQuery(job_name=run.job_name, limit=RUNS_TIMED))
    return place.store.seconds_taken([found.id for found in latest if found.id != run.id])
