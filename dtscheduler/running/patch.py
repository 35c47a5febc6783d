"""Results that a person gives in the place of those that a task could not give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.ports import Clock, ResultCache
from dtscheduler.running import values
from dtscheduler.running.rerun import PartKey, part_key
from dtscheduler.running.runner import result_key


@dataclass(frozen=True, slots=True)
class Patch:
    """A value in the place of the result of a task, or of one of its parts, given by number or name."""

    task: str
    part: int | str | None
    value: object


def patch_of(
    patch: Patch | None, cache: ResultCache, user: str, clock: Clock
) -> Callable[[RunRecord, JobSpec], Mapping[PartKey, TaskRunRecord]]:
    """What keeps the value of a patch for a run, and gives the task run that has it as its result.

    It raises ``ResultError`` where the value cannot be kept, ``InvalidJobError`` where there is no such task or part.
    """

    def patched(run: RunRecord, spec: JobSpec) -> Mapping[PartKey, TaskRunRecord]:
        if patch is None:
            return {}
        task, part = part_key(spec, patch.task, patch.part)
        spill, now = values.dump(patch.value), clock.now()
        record = TaskRunRecord(
            task=task,
            part=part,
            task_name=spec.tasks[task].name,
            part_name=spec.tasks[task].parts[part].name,
            status=TaskStatus.COMPLETED,
            reason=f"given by hand by {user} on {now:%Y-%m-%d %H:%M:%S} UTC",
            result_key=cache.put(result_key(run, task, part, 0, 0), spill.payload()),
            result_bytes=spill.size,
            preview=values.preview(patch.value),
            digest=spill.digest,
            patched_by=user,
            submitted=now,
            ended=now,
        )
        return {(task, part): record}

    return patched
