"""How records become rows of the tables, and rows become records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dtscheduler.model.run import AttemptRecord, RunRecord, TaskRunRecord
from dtscheduler.model.saved import ImageRecord, JobRecord, JobVersion
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.stores.legible import legible

Row = tuple[Any, ...]

RUN = tuple(field.name for field in fields(RunRecord))
TASK_RUN = tuple(field.name for field in fields(TaskRunRecord))
ATTEMPT = tuple(field.name for field in fields(AttemptRecord))
JOB = tuple(field.name for field in fields(JobRecord))
VERSION = tuple(field.name for field in fields(JobVersion))
IMAGE = tuple(field.name for field in fields(ImageRecord))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RUN_STATUS = {status.value: status for status in RunStatus}
_TASK_STATUS = {status.value: status for status in TaskStatus}


def micros(time: datetime | None) -> int | None:
    """Microseconds since 1970 UTC."""
    return None if time is None else (time - _EPOCH) // _MICROSECOND


def moment(value: int | None) -> Any:
    """The time that ``micros`` wrote; typed Any because whether it may be None is the column's business."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def labels_text(labels: Iterable[str]) -> str:
    """Write labels as a JSON list in which the text of ``label_text`` is found for exactly the labels in it."""
    return f"[{','.join(map(label_text, labels))}]"


def label_text(label: str) -> str:
    """Write one label as JSON with neither quotes nor commas inside its quotes."""
    inside = json.dumps(label)[1:-1].replace(r"\\", r"\u005c").replace(r"\"", r"\u0022").replace(",", r"\u002c")
    return f'"{inside}"'


def run_values(run: RunRecord) -> dict[str, Any]:
    """The columns of a run, by name."""
    values = {name: getattr(run, name) for name in RUN}
    for name in ("submitted", "scheduled", "started", "ended", "lease_until"):
        values[name] = micros(values[name])
    return values | {
        "status": run.status.value,
        "rundate": run.rundate.isoformat(),
        "labels": labels_text(run.labels),
        "reason": legible(run.reason),
    }


def run_record(row: Row) -> RunRecord:
    """Read a row of the columns ``RUN``."""
    values = dict(zip(RUN, row, strict=True))
    values["status"] = _RUN_STATUS[values["status"]]
    values["rundate"] = date.fromisoformat(values["rundate"])
    values["labels"] = _labels(values["labels"])
    for name in ("submitted", "scheduled", "started", "ended", "lease_until"):
        values[name] = moment(values[name])
    return RunRecord(**values)


# A run has thousands of task runs: theirs are plain tuples, and ``_value_`` is ``value`` without
# the call that the property costs.


def task_run_row(r: TaskRunRecord) -> Row:
    """What changes in a task run: the columns ``TASK_RUN`` from ``status`` on."""
    return (
        r.status._value_,
        legible(r.reason),
        r.attempt,
        r.fingerprint,
        r.result_key,
        r.result_bytes,
        legible(r.preview),
        micros(r.submitted),
        micros(r.started),
        micros(r.ended),
        r.cpu_seconds,
        r.peak_memory_mb,
        r.worker,
        r.host,
        legible(r.traceback),
    )


def task_run_record(row: Row) -> TaskRunRecord:
    """Read a row of the columns ``TASK_RUN``."""
    task, part, task_name, part_name, status, reason, attempt, fingerprint, result_key, result_bytes, preview = row[:11]
    submitted, started, ended, cpu_seconds, peak_memory_mb, worker, host, traceback = row[11:]
    return TaskRunRecord(
        task=task,
        part=part,
        task_name=task_name,
        part_name=part_name,
        status=_TASK_STATUS[status],
        reason=reason,
        attempt=attempt,
        fingerprint=fingerprint,
        result_key=result_key,
        result_bytes=result_bytes,
        preview=preview,
        submitted=moment(submitted),
        started=moment(started),
        ended=moment(ended),
        cpu_seconds=cpu_seconds,
        peak_memory_mb=peak_memory_mb,
        worker=worker,
        host=host,
        traceback=traceback,
    )


def attempt_row(r: AttemptRecord) -> Row:
    """The columns ``ATTEMPT``."""
    return (
        r.task,
        r.part,
        r.attempt,
        r.status._value_,
        legible(r.reason),
        micros(r.submitted),
        micros(r.started),
        micros(r.ended),
        r.cpu_seconds,
        r.peak_memory_mb,
        r.worker,
        r.host,
        legible(r.traceback),
    )


def attempt_record(row: Row) -> AttemptRecord:
    """Read a row of the columns ``ATTEMPT``."""
    values = dict(zip(ATTEMPT, row, strict=True))
    values["status"] = _TASK_STATUS[values["status"]]
    return AttemptRecord(**_with_moments(values, "submitted", "started", "ended"))


def job_record(row: Row) -> JobRecord:
    """Read a row of the columns ``JOB``."""
    values = dict(zip(JOB, row, strict=True))
    values["labels"] = _labels(values["labels"])
    return JobRecord(**_with_moments(values, "created", "saved"))


def version_record(row: Row) -> JobVersion:
    """Read a row of the columns ``VERSION``."""
    return JobVersion(**_with_moments(dict(zip(VERSION, row, strict=True)), "saved"))


def image_record(row: Row) -> ImageRecord:
    """Read a row of the columns ``IMAGE``."""
    return ImageRecord(**_with_moments(dict(zip(IMAGE, row, strict=True)), "added"))


def _with_moments(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**values, **{name: moment(values[name]) for name in names}}


def _labels(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))
