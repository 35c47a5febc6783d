"""Which facts of a record the command line shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dtscheduler.api.progress import count_text
from dtscheduler.api.schedule import Schedule
from dtscheduler.cli.show import Seconds
from dtscheduler.model.call import EntrypointInfo
from dtscheduler.model.run import RunRecord, TaskRunRecord, Trigger
from dtscheduler.model.saved import ImageRecord, JobRecord
from dtscheduler.model.status import TaskStatus

_UNUSUAL = frozenset(set(TaskStatus) - {TaskStatus.COMPLETED, TaskStatus.REUSED})


def job_row(job: JobRecord) -> dict[str, Any]:
    return {
        "name": job.name,
        "version": job.version,
        "tag": job.tag,
        "labels": list(job.labels),
        "owner": job.owner,
        "group": job.group,
        "schedule": Schedule.from_spec(job.schedule).describe(),
        "state": "broken: " + job.broken if job.broken else f"paused by {job.paused_by}" if job.paused else "",
        "saved": job.saved,
        "id": job.uuid,
    }


def run_row(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.id,
        "job": run.job_name,
        "status": run.status,
        "rundate": run.rundate,
        "started": run.started,
        "took": _took(run),
        "reason": run.reason,
    }


def run_facts(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.id,
        "job": run.job_name,
        "version": run.job_version,
        "status": run.status,
        "reason": run.reason,
        "rundate": run.rundate,
        "came_by": _came_by(run),
        "rerun_of": run.rerun_of,
        "submitted": run.submitted,
        "started": run.started,
        "ended": run.ended,
        "took": _took(run),
        "owner": run.owner,
        "tag": run.tag,
        "labels": list(run.labels),
        "executor": run.executor,
        "host": run.host,
    }


def task_rows(records: Sequence[TaskRunRecord]) -> list[dict[str, Any]]:
    """A row a task: parts counted by status, the time and CPU of all of them, the highest peak of memory."""
    by_task: dict[int, list[TaskRunRecord]] = {}
    for record in records:
        by_task.setdefault(record.task, []).append(record)
    return [_task_row(of_task) for of_task in by_task.values()]


def part_rows(records: Sequence[TaskRunRecord]) -> list[dict[str, Any]]:
    """A row for every part that did not simply complete."""
    return [
        {
            "task": record.task_name,
            "part": record.part_name,
            "status": record.status,
            "attempt": record.attempt,
            "reason": record.reason,
        }
        for record in records
        if record.status in _UNUSUAL
    ]


def task_run_row(record: TaskRunRecord) -> dict[str, Any]:
    """All facts of one task run."""
    return {
        "task": record.task_name,
        "part": record.part,
        "part_name": record.part_name,
        "status": record.status,
        "attempt": record.attempt,
        "submitted": record.submitted,
        "started": record.started,
        "ended": record.ended,
        "cpu_seconds": record.cpu_seconds,
        "peak_memory_mb": record.peak_memory_mb,
        "result_bytes": record.result_bytes,
        "worker": record.worker,
        "host": record.host,
        "reason": record.reason,
    }


def image_row(image: ImageRecord) -> dict[str, Any]:
    return {
        "name": image.name,
        "tag": image.tag,
        "path": image.path,
        "python": image.python,
        "added": image.added,
        "added_by": image.added_by,
    }


def entrypoint_row(found: EntrypointInfo | str, entrypoint: str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"entrypoint": entrypoint, "signature": "", "doc": f"cannot be used: {found}"}
    return {"entrypoint": entrypoint, "signature": found.signature, "doc": found.doc.partition("\n")[0]}


def _task_row(records: Sequence[TaskRunRecord]) -> dict[str, Any]:
    counts = Counter(record.status for record in records)
    cpu = [record.cpu_seconds for record in records if record.cpu_seconds is not None]
    peaks = [record.peak_memory_mb for record in records if record.peak_memory_mb is not None]
    spent = [(r.ended - r.started).total_seconds() for r in records if r.started and r.ended]
    starts, ends = [r.started for r in records if r.started], [r.ended for r in records if r.ended]
    return {
        "task": records[0].task_name,
        "parts": len(records),
        "status": count_text(counts) if len(records) > 1 else records[0].status,
        "took": Seconds((max(ends) - min(starts)).total_seconds()) if starts and ends else None,
        "slowest_part": Seconds(max(spent)) if spent else None,
        "cpu_seconds": sum(cpu) if cpu else None,
        "peak_memory_mb": max(peaks) if peaks else None,
    }


def _came_by(run: RunRecord) -> str:
    match run.trigger:
        case Trigger.SCHEDULE:
            return f"its schedule, {run.scheduled:%Y-%m-%d %H:%M} UTC"
        case Trigger.AFTER:
            return f"the end of run {run.after_run}"
        case Trigger.RERUN:
            return f"{run.submitted_by}, rerun of run {run.rerun_of}"
        case _:
            return f"{run.submitted_by or 'hand'}{', backfill' if run.backfill else ''}"


def _took(run: RunRecord) -> Seconds | None:
    if run.started is None or run.ended is None:
        return None
    return Seconds((run.ended - run.started).total_seconds())
