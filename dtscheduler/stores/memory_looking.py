"""Counts, figures and pages of what is kept in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, timedelta
from threading import Lock
from typing import Any

from dtscheduler.errors import NotFoundError
from dtscheduler.model.access import Identity
from dtscheduler.model.figures import FAILURES, DayFigures, TaskCount
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord, TaskRunPage, TaskRunRecord
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.stores.matching import job_matches, page_of, run_matches, task_run_matches


class MemoryLooking:
    """The part of a store in memory that screens ask."""

    _lock: Lock
    _jobs: dict[str, JobRecord]
    _runs: dict[int, RunRecord]
    _task_runs: dict[int, dict[tuple[int, int], TaskRunRecord]]

    def count_jobs(self, query: JobQuery) -> int:
        """How many saved jobs a query finds on all its pages."""
        with self._lock:
            return sum(job_matches(job, query) for job in self._jobs.values())

    def count_runs(self, query: RunQuery) -> int:
        """How many runs a query finds on all its pages."""
        with self._lock:
            return len(self._matching(query))

    def newest_run(self) -> int:
        """The number of the newest run; 0 where there is none."""
        with self._lock:
            return max(self._runs, default=0)

    def latest_runs(self, job_ids: Collection[int], reader: Identity | None = None) -> dict[int, RunRecord]:
        """The run of each of these jobs that was submitted last."""
        with self._lock:
            found = [run for run in self._matching(RunQuery(reader=reader)) if run.job_id in job_ids]
        return {run.job_id: run for run in sorted(found, key=_age) if run.job_id is not None}

    def reruns_of(self, run_ids: Collection[int], reader: Identity | None = None) -> dict[int, list[RunRecord]]:
        """For each of these runs: its reruns and theirs, newest first."""
        with self._lock:
            found = sorted(self._matching(RunQuery(reader=reader)), key=_age, reverse=True)
        return {run_id: [run for run in found if run.lineage == run_id] for run_id in run_ids}

    def run_figures(self, query: RunQuery, first: date, last: date) -> list[DayFigures]:
        """What the runs of a query amount to, for each day from the first to the last one."""
        with self._lock:
            found = self._matching(query)
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [_figures(day, [run for run in found if run.submitted.astimezone(UTC).date() == day]) for day in days]

    def task_counts(self, run_id: int) -> list[TaskCount]:
        """How many parts of each task of a run have which status, in order of tasks."""
        with self._lock:
            counted = Counter((r.task, r.task_name, r.status) for r in self._parts_of(run_id))
        return [
            TaskCount(task=task, task_name=name, status=status, count=count)
            for (task, name, status), count in sorted(counted.items())
        ]

    def part_states(self, run_id: int) -> list[tuple[int, int, str]]:
        """Task, part and status of all task runs of a run, in order of task and part."""
        with self._lock:
            return sorted((r.task, r.part, r.status.value) for r in self._parts_of(run_id))

    def task_run_page(self, run_id: int, page: TaskRunPage) -> list[TaskRunRecord]:
        """A page of the task runs of a run."""
        with self._lock:
            found = [record for record in self._parts_of(run_id) if task_run_matches(record, page)]
        return page_of(sorted(found, key=_MEASURES[page.order]), page)

    def count_task_runs(self, run_id: int, page: TaskRunPage) -> int:
        """How many task runs of a run there are on all pages."""
        with self._lock:
            return sum(task_run_matches(record, page) for record in self._parts_of(run_id))

    def _matching(self, query: RunQuery) -> list[RunRecord]:
        saved = {job.id: job for job in self._jobs.values()}
        return [run for run in self._runs.values() if run_matches(run, query, saved)]

    def _parts_of(self, run_id: int) -> Iterator[TaskRunRecord]:
        if run_id not in self._runs:
            raise NotFoundError(f"there is no run {run_id}")
        return iter(self._task_runs[run_id].values())


def _age(run: RunRecord) -> tuple[Any, int]:
    return run.submitted, run.id


def _figures(day: date, runs: Collection[RunRecord]) -> DayFigures:
    completed = sum(run.status is RunStatus.COMPLETED for run in runs)
    failed = sum(run.status in FAILURES for run in runs)
    taken = ((run.ended - run.started).total_seconds() for run in runs if run.started and run.ended)
    other = len(runs) - completed - failed
    return DayFigures(day=day, completed=completed, failed=failed, other=other, seconds=sum(taken))


def _largest_first(measure: Callable[[TaskRunRecord], float | None]) -> Callable[[TaskRunRecord], tuple[Any, ...]]:
    def place(record: TaskRunRecord) -> tuple[Any, ...]:
        value = measure(record)
        return value is None, -(value or 0), record.task, record.part

    return place


_MEASURES: Mapping[str, Callable[[TaskRunRecord], tuple[Any, ...]]] = {
    "part": lambda record: (record.task, record.part),
    "duration": _largest_first(lambda r: (r.ended - r.started).total_seconds() if r.started and r.ended else None),
    "memory": _largest_first(lambda record: record.peak_memory_mb),
    "started": _largest_first(lambda record: record.started.timestamp() if record.started else None),
}
