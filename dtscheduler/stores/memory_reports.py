"""Runs and task runs in memory as plain tuples, as a database gives them."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Lock
from typing import Any

from dtscheduler.model.run import AttemptRecord, RunQuery, RunRecord, TaskRunQuery, TaskRunRecord
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.stores.matching import page_of, run_matches

Row = tuple[Any, ...]
_CHUNK = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAILED = (TaskStatus.FAILED, TaskStatus.FAILED_AFTER, TaskStatus.OUT_OF_MEMORY)


class MemoryReports:
    """The report part of a store in memory."""

    _lock: Lock
    _jobs: dict[str, JobRecord]
    _runs: dict[int, RunRecord]
    _task_runs: dict[int, dict[tuple[int, int], TaskRunRecord]]
    _attempts: dict[int, dict[tuple[int, int, int], AttemptRecord]]

    def run_rows(self, query: RunQuery, columns: Sequence[str]) -> Iterator[list[Row]]:
        """Runs as tuples, newest first."""
        with self._lock:
            found = [(run, list(self._task_runs[run.id].values())) for run in self._newest(query)]
        yield from _chunks(tuple(_run_cell(name, run, parts) for name in columns) for run, parts in found)

    def task_run_rows(self, query: TaskRunQuery, columns: Sequence[str]) -> Iterator[list[Row]]:
        """Task runs as tuples, those of the newest run first, then in order of task and part."""
        with self._lock:
            found = [row for run in self._newest(query.runs) for row in self._parts(run, query)]
        yield from _chunks(
            tuple(_part_cell(name, run, part, record) for name in columns) for run, part, record in found[: query.limit]
        )

    def _newest(self, query: RunQuery) -> list[RunRecord]:
        saved = {job.id: job for job in self._jobs.values()}
        found = [run for run in self._runs.values() if run_matches(run, query, saved)]
        return page_of(sorted(found, key=lambda run: (run.submitted, run.id), reverse=True), query)

    def _parts(
        self, run: RunRecord, query: TaskRunQuery
    ) -> Iterator[tuple[RunRecord, TaskRunRecord, TaskRunRecord | AttemptRecord]]:
        parts = self._task_runs[run.id]
        records: list[TaskRunRecord | AttemptRecord] = list(parts.values())
        if query.earlier:
            records += self._attempts[run.id].values()
        for record in sorted(records, key=lambda record: (record.task, record.part, record.attempt)):
            part = parts[record.task, record.part]
            named = query.task is None or part.task_name in spellings(query.task)
            if named and (query.statuses is None or record.status in query.statuses):
                yield run, part, record


def spellings(name: str) -> Collection[str]:
    """A name as it was typed, and the two ways in which its letters can be spelled."""
    return {name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))}


def task_run_row(columns: Sequence[str], record: TaskRunRecord) -> Row:
    """A task run as ``task_run_rows`` gives it, in columns that are not its run's."""
    return tuple(_record_cell(name, record, record) for name in columns)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


def _run_cell(name: str, run: RunRecord, parts: Sequence[TaskRunRecord]) -> Any:
    if name in _TOTALS:
        return _TOTALS[name](parts)
    return _plain(_RUN_NAMES[name](run) if name in _RUN_NAMES else getattr(run, name))


def _part_cell(name: str, run: RunRecord, part: TaskRunRecord, record: TaskRunRecord | AttemptRecord) -> Any:
    return _plain(_OF_RUN[name](run)) if name in _OF_RUN else _record_cell(name, part, record)


def _record_cell(name: str, part: TaskRunRecord, record: TaskRunRecord | AttemptRecord) -> Any:
    if name in _OF_PART:
        return _OF_PART[name](part)
    if name in _LENGTHS:
        return _plain(_LENGTHS[name](record))
    if isinstance(record, AttemptRecord) and name in _OF_LATEST:
        return _OF_LATEST[name]
    return _plain(getattr(record, name))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    return getattr(value, "value", value)


def _between(first: datetime | None, last: datetime | None) -> timedelta | None:
    return last - first if first and last else None


def _count(*statuses: TaskStatus) -> Callable[[Sequence[TaskRunRecord]], int]:
    return lambda parts: sum(map(Counter(part.status for part in parts).__getitem__, statuses))


def _measured(parts: Sequence[TaskRunRecord], name: str) -> list[float]:
    return [value for part in parts if (value := getattr(part, name)) is not None]


_LENGTHS: Mapping[str, Callable[[Any], Any]] = {
    "waited": lambda record: _between(record.submitted, record.started),
    "duration": lambda record: _between(record.started, record.ended),
}
_OF_RUN: Mapping[str, Callable[[RunRecord], Any]] = {
    "run": lambda run: run.id,
    "job": lambda run: run.job_name,
    "rundate": lambda run: run.rundate.isoformat(),
}
_RUN_NAMES: Mapping[str, Callable[[RunRecord], Any]] = {
    **_OF_RUN,
    **_LENGTHS,
    "version": lambda run: run.job_version,
    "labels": lambda run: json.dumps(run.labels),
}
_OF_PART: Mapping[str, Callable[[TaskRunRecord], Any]] = {
    "task": lambda part: part.task_name,
    "part": lambda part: part.part,
    "part_name": lambda part: part.part_name,
}
_OF_LATEST = {"result_bytes": None, "from_run": None, "patched_by": ""}
_TOTALS: Mapping[str, Callable[[Sequence[TaskRunRecord]], Any]] = {
    "n_tasks": len,
    "completed": _count(TaskStatus.COMPLETED),
    "reused": _count(TaskStatus.REUSED),
    "failed": _count(*_FAILED),
    "did_not_run": _count(TaskStatus.DID_NOT_RUN),
    "cpu_seconds": lambda parts: sum(found) if (found := _measured(parts, "cpu_seconds")) else None,
    "peak_memory_mb": lambda parts: max(_measured(parts, "peak_memory_mb"), default=None),
}
