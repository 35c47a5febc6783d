"""What a run will do, decided before it starts: how each function is called, and what need not be computed again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dtscheduler.model.call import Argument, EntrypointInfo, Environment
from dtscheduler.model.graph import topological_order
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.running.binding import bind
from dtscheduler.running.fingerprint import combined, task_fingerprints


@dataclass(frozen=True, slots=True)
class TaskCode:
    """Where a task's function is, what it takes, and the fingerprint of its code."""

    environment: Environment
    info: EntrypointInfo
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A job made ready to run: for every task its code and its arguments, for every part its first record."""

    spec: JobSpec
    code: tuple[TaskCode, ...]
    arguments: tuple[tuple[Argument, ...], ...]
    records: tuple[TaskRunRecord, ...]

    @property
    def fingerprints(self) -> list[str]:
        """Fingerprints of all parts, in order of task and part."""
        return [record.fingerprint for record in self.records]

    def reusing(self, earlier: Mapping[str, TaskRunRecord], lost: Collection[str]) -> Plan:
        """The same plan with results of earlier runs taken over.

        Args:
            earlier: for fingerprints that were computed before, such a task run.
            lost: keys of results that are not there any more.
        """
        records = tuple(_reusing(record, earlier.get(record.fingerprint), lost) for record in self.records)
        return replace(self, records=records)


def make_plan(spec: JobSpec, code: Sequence[TaskCode], *, rundate: date, run_uuid: str) -> Plan:
    """Decide how every function of a job is called, and fingerprint every part.

    Raises:
        BindingError: a parameter that nothing fills, or that two upstream tasks would fill.
    """
    arguments = bind_all(spec, [found.info for found in code])
    fingerprints: dict[int, list[str]] = {}
    for number in topological_order(spec.upstream):
        fingerprints[number] = task_fingerprints(
            spec.tasks[number],
            arguments[number],
            code=code[number].fingerprint,
            main=code[number].info.main,
            rundate=rundate,
            upstream=[combined(fingerprints[preceding]) for preceding in spec.upstream[number]],
            run_uuid=run_uuid,
        )
    records = [
        TaskRunRecord(
            task=number,
            part=place,
            task_name=task.name,
            part_name=part.name,
            fingerprint=fingerprints[number][place],
        )
        for number, task in enumerate(spec.tasks)
        for place, part in enumerate(task.parts)
    ]
    return Plan(spec, tuple(code), arguments, tuple(records))


def bind_all(spec: JobSpec, infos: Sequence[EntrypointInfo]) -> tuple[tuple[Argument, ...], ...]:
    """How the function of every task is called. Raises ``BindingError``."""
    return tuple(
        bind(task, [spec.tasks[preceding] for preceding in spec.upstream[number]], infos[number])
        for number, task in enumerate(spec.tasks)
    )


def _reusing(record: TaskRunRecord, earlier: TaskRunRecord | None, lost: Collection[str]) -> TaskRunRecord:
    if earlier is None or earlier.result_key in lost:
        return record
    return replace(
        record,
        status=TaskStatus.REUSED,
        reason="computed before with the same code, arguments and configuration",
        result_key=earlier.result_key,
        result_bytes=earlier.result_bytes,
        preview=earlier.preview,
    )
