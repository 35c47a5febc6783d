"""How records become rows of the tables, and rows become records."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.names import name_key
from dtscheduler.model.priority import Priority
from dtscheduler.model.run import AttemptRecord, RunRecord, TaskRunRecord, Trigger
from dtscheduler.model.saved import ImageRecord, JobRecord, JobVersion
from dtscheduler.model.schedule import AfterSchedule
from dtscheduler.model.service import ServiceRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.stores.legible import legible
from dtscheduler.stores.specs import read_policy, read_schedule, write_policy, write_schedule

Row = tuple[Any, ...]
logger = logging.getLogger("dtscheduler")

UNREADABLE = (KeyError, TypeError, ValueError, OverflowError)
"""What reading a damaged row may raise."""

RUN = tuple(field.name for field in fields(RunRecord))
TASK_RUN = tuple(field.name for field in fields(TaskRunRecord))
ATTEMPT = tuple(field.name for field in fields(AttemptRecord))
JOB = tuple(field.name for field in fields(JobRecord))
VERSION = tuple(field.name for field in fields(JobVersion))
IMAGE = tuple(field.name for field in fields(ImageRecord))
ALERT = tuple(field.name for field in fields(AlertRecord))
SERVICE = tuple(field.name for field in fields(ServiceRecord))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RUN_STATUS = {status.value: status for status in RunStatus}
_TASK_STATUS = {status.value: status for status in TaskStatus}
_TRIGGER = {trigger.value: trigger for trigger in Trigger}
_PRIORITY = {priority.value: priority for priority in Priority}
_RUN_TIMES = ("submitted", "scheduled", "started", "ended", "lease_until", "told_time")
_JOB_TIMES = ("created", "saved", "schedule_since", "settled", "next_fire", "paused")


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
    """The columns of a run, by name, without its id."""
    values = {name: getattr(run, name) for name in RUN if name != "id"}
    for name in _RUN_TIMES:
        values[name] = micros(values[name])
    return values | {
        "job_name_key": name_key(run.job_name),
        "status": run.status.value,
        "trigger": run.trigger.value,
        "priority": run.priority.value,
        "rundate": run.rundate.isoformat(),
        "labels": labels_text(run.labels),
        "reason": legible(run.reason),
        "followed": run.job_id is None or run.status is RunStatus.EXPIRED,  # nothing runs after what did not run
    }


def run_record(row: Row) -> RunRecord:
    """Read a row of the columns ``RUN``."""
    values = dict(zip(RUN, row, strict=True))
    values["status"] = _RUN_STATUS[values["status"]]
    values["trigger"] = _TRIGGER[values["trigger"]]
    values["priority"] = _PRIORITY[values["priority"]]
    values["rundate"] = date.fromisoformat(values["rundate"])
    values["labels"] = _labels(values["labels"])
    for name in _RUN_TIMES:
        values[name] = moment(values[name])
    return RunRecord(**values)


def run_records(found: Iterable[Row], damaged: dict[int, str] | None = None) -> list[RunRecord]:
    """Read rows of the columns ``RUN``; those that cannot be read are left out, and named in ``damaged`` or warned of."""
    records = []
    for row in found:
        try:
            records.append(run_record(row))
        except UNREADABLE as error:
            reason = f"what was kept of it cannot be read ({type(error).__name__}: {error})".splitlines()[0]
            if damaged is None:
                logger.warning("run %s is left out: %s", row[0], reason)
            else:
                damaged[row[0]] = reason
    return records


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
        r.digest,
        r.from_run,
        r.patched_by,
    )


def task_run_record(row: Row) -> TaskRunRecord:
    """Read a row of the columns ``TASK_RUN``."""
    task, part, task_name, part_name, status, reason, attempt, fingerprint, result_key, result_bytes, preview = row[:11]
    submitted, started, ended, cpu_seconds, peak_memory_mb, worker, host, traceback = row[11:19]
    digest, from_run, patched_by = row[19:]
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
        digest=digest,
        from_run=from_run,
        patched_by=patched_by,
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


def job_values(job: JobRecord) -> dict[str, Any]:
    """The columns of a job, by name, without its id."""
    values = {name: getattr(job, name) for name in JOB if name != "id"}
    for name in _JOB_TIMES:
        values[name] = micros(values[name])
    after = job.schedule if isinstance(job.schedule, AfterSchedule) else None
    return values | {
        "name_key": name_key(job.name),
        "labels": labels_text(job.labels),
        "priority": job.priority.value,
        "schedule": write_schedule(job.schedule),
        "firing": write_policy(job.firing),
        "broken": legible(job.broken),
        "after_key": name_key(after.job_name) if after and after.job_name else None,
        "after_uuid": after.job_uuid if after else None,
    }


def job_record(row: Row) -> JobRecord:
    """Read a row of the columns ``JOB``; one that is damaged must not keep all the others from running."""
    values = dict(zip(JOB, row, strict=True))
    try:
        return _job(values)
    except UNREADABLE as error:
        reason = f"what was kept of it cannot be read ({type(error).__name__}: {error})".splitlines()[0]
        return _job({**values, **_HARMLESS, "broken": f"{reason}; save the job again"})


def _job(values: dict[str, Any]) -> JobRecord:
    read = {
        "labels": _labels(values["labels"]),
        "priority": _PRIORITY[values["priority"]],
        "schedule": read_schedule(values["schedule"]),
        "firing": read_policy(values["firing"]),
    }
    return JobRecord(**_with_moments({**values, **read}, *_JOB_TIMES))


_HARMLESS: dict[str, Any] = {
    "labels": "[]",
    "priority": Priority.NORMAL.value,
    "schedule": '{"never":{}}',
    "firing": "{}",
    **dict.fromkeys(_JOB_TIMES, 0),
    "paused": None,
}


def alert_values(alert: AlertRecord) -> dict[str, Any]:
    """The columns of an alert, by name, without its id."""
    values = {name: getattr(alert, name) for name in ALERT if name != "id"}
    for name in ("created", "next_try", "sent"):
        values[name] = micros(values[name])
    texts = {name: legible(values[name]) for name in ("text", "error")}
    return values | texts | {"kind": alert.kind.value, "channel": alert.channel.value}


def alert_record(row: Row) -> AlertRecord:
    """Read a row of the columns ``ALERT``."""
    values = dict(zip(ALERT, row, strict=True))
    values |= {"kind": AlertKind(values["kind"]), "channel": Channel(values["channel"])}
    return AlertRecord(**_with_moments(values, "created", "next_try", "sent"))


def alert_records(found: Iterable[Row]) -> list[AlertRecord]:
    """Read rows of the columns ``ALERT``; one that is damaged is left out, with a warning."""
    records = []
    for row in found:
        try:
            records.append(alert_record(row))
        except UNREADABLE as error:
            logger.warning("alert %s cannot be read and is left out: %s", row[0], error)
    return records


def service_values(service: ServiceRecord) -> dict[str, Any]:
    """The columns of a service, by name."""
    values = {name: getattr(service, name) for name in SERVICE}
    times = {name: micros(values[name]) for name in ("since", "beat")}
    return values | times | {"driving": json.dumps(service.driving)}


def service_record(row: Row) -> ServiceRecord:
    """Read a row of the columns ``SERVICE``."""
    values = dict(zip(SERVICE, row, strict=True))
    values["driving"] = tuple(json.loads(values["driving"]))
    return ServiceRecord(**_with_moments(values, "since", "beat"))


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
