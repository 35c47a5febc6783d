"""Jobs and runs for the tests of the pictures."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def task(name: str, parts: int = 0, entrypoint: str = "flights.batch.load", **more: object) -> TaskSpec:
    """A plain task, or a fan-out of so many parts."""
    names = [f"{name} #{number}" for number in range(parts)] or [name]
    return TaskSpec(
        name=name,
        entrypoint=entrypoint,
        parts=tuple(PartSpec(part) for part in names),
        parallel=parts > 0,
        **more,  # type: ignore[arg-type]
    )


def job(*tasks: TaskSpec | str, edges: Iterable[str] = ()) -> JobSpec:
    """A job of these tasks; an edge is written ``"load > clean"``."""
    specs = tuple(one if isinstance(one, TaskSpec) else task(one) for one in tasks)
    index = {spec.name: number for number, spec in enumerate(specs)}
    upstream: list[list[int]] = [[] for _ in specs]
    for edge in edges:
        names = [name.strip() for name in edge.split(">")]
        for source, target in zip(names, names[1:], strict=False):
            upstream[index[target]].append(index[source])
    return JobSpec(name="a job", tasks=specs, upstream=tuple(map(tuple, upstream)), access=AccessSpec(owner="ana"))


def task_run(
    spec: JobSpec,
    number: int,
    part: int = 0,
    status: TaskStatus = TaskStatus.COMPLETED,
    *,
    start: float | None = None,
    end: float | None = None,
    submitted: float | None = None,
    attempt: int = 1,
    reason: str = "",
) -> TaskRunRecord:
    """One task run; times are seconds after midnight."""
    return TaskRunRecord(
        task=number,
        part=part,
        task_name=spec.tasks[number].name,
        part_name=spec.tasks[number].parts[part].name,
        status=status,
        reason=reason,
        attempt=attempt,
        submitted=moment(start if submitted is None else submitted),
        started=moment(start),
        ended=moment(end),
    )


def all_completed(spec: JobSpec) -> list[TaskRunRecord]:
    """Every part of task 0 runs in the first second, of task 1 in the second one, and so on."""
    return [
        task_run(spec, number, part, start=number, end=number + 1)
        for number, one in enumerate(spec.tasks)
        for part in range(len(one.parts))
    ]


def but(task_runs: list[TaskRunRecord], number: int, part: int = 0, **changes: object) -> list[TaskRunRecord]:
    """The same, with one task run changed."""
    return [
        replace(one, **changes) if (one.task, one.part) == (number, part) else one  # type: ignore[arg-type]
        for one in task_runs
    ]


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else MIDNIGHT + timedelta(seconds=seconds)
