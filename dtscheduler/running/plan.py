"""What a run will do, decided before it starts: how each function is called, and what need not be computed again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from dtscheduler.model.call import Argument, EntrypointInfo, Environment
from dtscheduler.model.graph import levels
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.running.binding import bind
from dtscheduler.running.fingerprint import content_of, task_fingerprints
from dtscheduler.running.sources.facts import CodeFacts

PartKey = tuple[int, int]
FindEarlier = Callable[[Collection[str]], Mapping[str, TaskRunRecord]]
"""Finds earlier task runs by their fingerprints, of those whose results are still there."""


@dataclass(frozen=True, slots=True)
class TaskCode:
    """Where a task's function is, what it takes, and what it consists of, with the fingerprint of that."""

    environment: Environment
    info: EntrypointInfo
    facts: CodeFacts
    fingerprint: str


@dataclass(frozen=True)
class Plan:
    """A job made ready to run: for every task its code and its arguments, for every part its first record.

    A record is reused or completed already, or it is pending: then its fingerprint is known, if all that it waits for
    has results, or empty.
    """

    spec: JobSpec
    code: tuple[TaskCode, ...]
    arguments: tuple[tuple[Argument, ...], ...]
    records: tuple[TaskRunRecord, ...]
    rundate: date
    run_uuid: str

    def of_task(self, task: int) -> Sequence[TaskRunRecord]:
        """The records of a task's parts, in order."""
        return self._by_task[task]

    @cached_property
    def _by_task(self) -> list[list[TaskRunRecord]]:
        found: list[list[TaskRunRecord]] = [[] for _ in self.spec.tasks]
        for record in self.records:
            found[record.task].append(record)
        return found

    def fingerprints(self, task: int, contents: Sequence[str]) -> list[str]:
        """Fingerprint every part of a task.

        Args:
            task: number of the task.
            contents: what the results of each task it waits for are; see ``content_of``.
        """
        code = self.code[task]
        return task_fingerprints(
            self.spec.tasks[task],
            self.arguments[task],
            code=code.fingerprint,
            main=code.info.main,
            rundate=self.rundate,
            upstream=contents,
            run_uuid=self.run_uuid,
        )


def make_plan(
    spec: JobSpec,
    code: Sequence[TaskCode],
    *,
    rundate: date,
    run_uuid: str,
    kept: Mapping[PartKey, TaskRunRecord] | None = None,
    recall: FindEarlier | None = None,
) -> Plan:
    """Decide how every function of a job is called, and which parts have results already.

    Args:
        spec: the job.
        code: of every task.
        rundate: date that the run is for.
        run_uuid: the run.
        kept: parts whose results are taken over from the run that is repeated.
        recall: where results of other runs are looked up; None leaves that.

    Raises:
        BindingError: a parameter that nothing fills, or that two upstream tasks would fill.
    """
    arguments = bind_all(spec, [found.info for found in code])
    plan = Plan(spec, tuple(code), arguments, (), rundate, run_uuid)
    decided = _Decisions(plan, kept or {}, recall)
    for level in levels(spec.upstream):
        decided.decide(level)
    records = [record for task in range(len(spec.tasks)) for record in decided.records[task]]
    return replace(plan, records=tuple(records))


def bind_all(spec: JobSpec, infos: Sequence[EntrypointInfo]) -> tuple[tuple[Argument, ...], ...]:
    """How the function of every task is called. Raises ``BindingError``."""
    return tuple(
        bind(task, [spec.tasks[preceding] for preceding in spec.upstream[number]], infos[number])
        for number, task in enumerate(spec.tasks)
    )


def reused(record: TaskRunRecord, earlier: TaskRunRecord) -> TaskRunRecord:
    """A part that takes the result of an earlier task run."""
    return replace(
        record,
        status=TaskStatus.REUSED,
        reason=f"computed in run {earlier.from_run} with the same code, arguments and configuration",
        result_key=earlier.result_key,
        result_bytes=earlier.result_bytes,
        preview=earlier.preview,
        digest=earlier.digest,
        from_run=earlier.from_run,
    )


class _Decisions:
    """The records of tasks, decided level by level: what a task gets is known when all before it have results."""

    def __init__(self, plan: Plan, kept: Mapping[PartKey, TaskRunRecord], recall: FindEarlier | None) -> None:
        self._plan, self._kept, self._recall = plan, kept, recall
        self.records: dict[int, list[TaskRunRecord]] = {}
        self._contents: dict[int, str | None] = {}

    def decide(self, level: Sequence[int]) -> None:
        for task in level:
            self.records[task] = self._first_records(task)
        if self._recall is None:
            return
        open_parts = [r for task in level for r in self.records[task] if r.fingerprint and not r.status.succeeded]
        if not open_parts:
            return
        found = self._recall([record.fingerprint for record in open_parts])
        for record in open_parts:
            if earlier := found.get(record.fingerprint):
                self.records[record.task][record.part] = reused(record, earlier)

    def _first_records(self, task: int) -> list[TaskRunRecord]:
        spec, prints = self._plan.spec.tasks[task], self._fingerprints(task)
        return [
            self._kept.get((task, number))
            or TaskRunRecord(
                task=task,
                part=number,
                task_name=spec.name,
                part_name=part.name,
                fingerprint=prints[number] if prints else "",
            )
            for number, part in enumerate(spec.parts)
        ]

    def _fingerprints(self, task: int) -> list[str] | None:
        contents = [content for preceding in self._plan.spec.upstream[task] if (content := self._content(preceding))]
        if len(contents) < len(self._plan.spec.upstream[task]):
            return None
        return self._plan.fingerprints(task, contents)

    def _content(self, task: int) -> str | None:
        """What the results of a task are; None while they are not all known."""
        if task not in self._contents:
            records = self.records[task]
            known = all(record.status.succeeded for record in records)
            parallel = self._plan.spec.tasks[task].parallel
            self._contents[task] = content_of(records, parallel=parallel) if known else None
        return self._contents[task]
