"""Where a run stands: the state of every part, and which parts could start now. Owned by the runner."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dtscheduler.model.graph import downstream_of
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus, may_move


class Progress:
    """The task runs of a run while it is driven.

    Args:
        spec: the job.
        records: a record for every part, in order of task and part; final ones stay as they are.
        now: when parts that could start at once became ready.
    """

    def __init__(self, spec: JobSpec, records: Sequence[TaskRunRecord], now: datetime) -> None:
        self.spec = spec
        self.changed: dict[tuple[int, int], TaskRunRecord] = {}
        self._downstream = downstream_of(spec.upstream)
        self._records: list[list[TaskRunRecord]] = [[] for _ in spec.tasks]
        for record in records:
            self._records[record.task].append(record)
        self.counts = [Counter(record.status for record in of_task) for of_task in self._records]
        self._waits_for = [sum(not self.succeeded(u) for u in upstream) for upstream in spec.upstream]
        self._queues: list[deque[int]] = [deque() for _ in spec.tasks]
        self._startable: list[tuple[int, int]] = []
        self._in_heap = [False] * len(spec.tasks)
        self._unfinished = sum(not record.status.final for record in records)
        for task in range(len(spec.tasks)):
            if self._waits_for[task] == 0:
                self._release(task, now)
            elif any(self._blocked(preceding) for preceding in spec.upstream[task]):
                self._give_up(task, now)

    @property
    def done(self) -> bool:
        """Whether every part has ended."""
        return self._unfinished == 0

    def record(self, task: int, part: int) -> TaskRunRecord:
        return self._records[task][part]

    def records(self) -> Iterator[TaskRunRecord]:
        """All records in order of task and part."""
        for of_task in self._records:
            yield from of_task

    def succeeded(self, task: int) -> bool:
        """Whether all parts of a task have results."""
        counts = self.counts[task]
        return counts[TaskStatus.COMPLETED] + counts[TaskStatus.REUSED] == len(self._records[task])

    def result_keys(self, task: int) -> tuple[str, ...]:
        return tuple(record.result_key for record in self._records[task])

    def identify(self, task: int, fingerprints: Sequence[str]) -> None:
        """Note the fingerprints of a task's parts, now that all it waits for has results."""
        for part, fingerprint in enumerate(fingerprints):
            record = self._records[task][part]
            if record.fingerprint != fingerprint and not record.status.final:
                self._put(replace(record, fingerprint=fingerprint))

    def disown(self, task: int, part: int) -> None:
        """Let the result of a part serve no other run."""
        self._put(replace(self._records[task][part], fingerprint=""))

    def next_startable(self) -> int | None:
        """Take the most urgent task with parts that could start off the heap: by priority, then by age."""
        while self._startable:
            _, task = heapq.heappop(self._startable)
            self._in_heap[task] = False
            if self._queues[task] and self._waits_for[task] == 0:
                return task
        return None

    def startable_again(self, task: int) -> None:
        """Put a task back that has parts left."""
        if self._queues[task] and not self._in_heap[task]:
            self._in_heap[task] = True
            heapq.heappush(self._startable, (self.spec.tasks[task].priority.rank, task))

    def queue(self, task: int) -> deque[int]:
        """Parts of a task that could start, the next one first."""
        return self._queues[task]

    def move(self, task: int, part: int, status: TaskStatus, now: datetime, **facts: Any) -> TaskRunRecord:
        """Change the state of a part, and of what depends on it.

        Args:
            task: number of the task.
            part: number of the part.
            status: its new state.
            now: the time.
            facts: further fields of its record.
        """
        after = replace(self._records[task][part], status=status, **facts)
        self.put(after, now)
        return after

    def put(self, after: TaskRunRecord, now: datetime) -> None:
        """Put a record in the place of the one before, with what that means for what depends on it."""
        task, part, status = after.task, after.part, after.status
        before = self._records[task][part]
        if not may_move(before.status, status):
            raise AssertionError(f"{before.task_name}/{before.part_name}: {before.status} → {status}")
        succeeded_before = self.succeeded(task)
        self._put(after)
        self._unfinished += before.status.final - status.final
        if status is TaskStatus.READY:
            self._enqueue(task, part)
        if self.succeeded(task) != succeeded_before:
            self._tell_downstream(task, -1 if status.succeeded else 1, now)
        elif status.final and not status.succeeded:
            for following in self._downstream[task]:
                self._give_up(following, now)

    def give_up_all(self, now: datetime, reason: str) -> None:
        """Let everything that has not started end without having run."""
        for record in list(self.records()):
            if record.status in (TaskStatus.PENDING, TaskStatus.READY):
                self._put(replace(record, status=TaskStatus.DID_NOT_RUN, reason=reason, ended=now))
                self._unfinished -= 1
        for queue in self._queues:
            queue.clear()

    def _put(self, record: TaskRunRecord) -> None:
        before = self._records[record.task][record.part]
        counts = self.counts[record.task]
        counts[before.status] -= 1
        counts[record.status] += 1
        self._records[record.task][record.part] = record
        self.changed[record.task, record.part] = record

    def _release(self, task: int, now: datetime) -> None:
        for record in self._records[task]:
            if record.status is TaskStatus.PENDING:
                self._put(replace(record, status=TaskStatus.READY, submitted=now))
                self._enqueue(task, record.part)
        self.startable_again(task)

    def _enqueue(self, task: int, part: int) -> None:
        self._queues[task].append(part)
        if self._waits_for[task] == 0:
            self.startable_again(task)

    def _tell_downstream(self, task: int, change: int, now: datetime) -> None:
        for following in self._downstream[task]:
            self._waits_for[following] += change
            if self._waits_for[following] == 0:
                self._release(following, now)

    def _blocked(self, task: int) -> bool:
        counts = self.counts[task]
        succeeded = counts[TaskStatus.COMPLETED] + counts[TaskStatus.REUSED]
        unfinished = counts[TaskStatus.PENDING] + counts[TaskStatus.READY] + counts[TaskStatus.RUNNING]
        return len(self._records[task]) > succeeded + unfinished

    def _give_up(self, task: int, now: datetime) -> None:
        """End what can never start, because something upstream did not complete."""
        todo = [task]
        while todo:
            current = todo.pop()
            pending = [r for r in self._records[current] if r.status in (TaskStatus.PENDING, TaskStatus.READY)]
            if not pending:
                continue
            failed = next(preceding for preceding in self.spec.upstream[current] if self._blocked(preceding))
            reason = f"{self.spec.tasks[failed].name!r}, which it waits for, did not complete"
            for record in pending:
                self._put(replace(record, status=TaskStatus.DID_NOT_RUN, reason=reason, ended=now))
                self._unfinished -= 1
            self._queues[current].clear()
            todo.extend(self._downstream[current])


def run_outcome(records: Sequence[TaskRunRecord]) -> tuple[RunStatus, str]:
    """The final status of a run whose task runs have all ended by themselves, with the reason in words."""
    counts = Counter(record.status for record in records)
    failed = [
        record for record in records if not record.status.succeeded and record.status is not TaskStatus.DID_NOT_RUN
    ]
    failed = failed or [record for record in records if not record.status.succeeded]
    if not failed:
        reused = f", {counts[TaskStatus.REUSED]} reused" if counts[TaskStatus.REUSED] else ""
        return RunStatus.COMPLETED, f"{_task_runs(counts[TaskStatus.COMPLETED])} completed{reused}"
    first = failed[0]
    part = f"/{first.part_name}" if first.part_name != first.task_name else ""
    skipped = f"; {counts[TaskStatus.DID_NOT_RUN]} did not run" if counts[TaskStatus.DID_NOT_RUN] else ""
    reason = f"{len(failed)} of {_task_runs(len(records))} failed: {first.task_name}{part}: {first.reason}{skipped}"
    memory = all(record.status is TaskStatus.OUT_OF_MEMORY for record in failed)
    return (RunStatus.OUT_OF_MEMORY if memory else RunStatus.FAILED), reason


def _task_runs(count: int) -> str:
    return f"{count} task run{'' if count == 1 else 's'}"
