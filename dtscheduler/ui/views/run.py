"""What the page of a run shows: its facts, a row for each task run, and all about one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from dtscheduler.drawing.looks import MOST_TELLING, look_of
from dtscheduler.errors import SchedulerError
from dtscheduler.model.config import decode
from dtscheduler.model.durations import show_duration
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.secrets import masked
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.model.text import last_lines, one_line, shortened
from dtscheduler.reports.page.wording import counted, made_by, megabytes, name
from dtscheduler.ui.views.moments import in_utc, local
from dtscheduler.ui.views.runs import took

LONGEST_CONFIG = 20_000
LONGEST_PREVIEW = 20_000
LONGEST_REASON = 300
MOST_UPSTREAM = 50
MOST_TASKS = 1_000
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line about a run or a task run: text, never markup; ``about`` is for whoever points at it, often UTC."""

    label: str
    value: str
    about: str = ""


def facts(run: RunRecord, zone: tzinfo, now: datetime) -> list[Fact]:
    """What is known of a run besides its status; what is empty is left out."""
    return [fact for fact in _facts(run, zone, now) if fact.value]


def sign(status: TaskStatus | RunStatus) -> str:
    """Glyph and word of a status, ``✓ completed``."""
    look = look_of(status)
    return f"{look.glyph} {look.word}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunRow:
    """One task run in a table. Texts are one line each, with secrets masked; they are text, never markup.

    ``part`` is empty for a plain task. ``memory`` is the share of the memory asked for that was used, 1.0 for all of
    it; None where it was not measured.
    """

    place: tuple[int, int]
    task: str
    part: str
    status: TaskStatus
    attempts: int
    started: datetime | None
    wall: str
    cpu: str
    peak: str
    asked: str
    memory: float | None
    reason: str


def task_run_rows(records: Sequence[TaskRunRecord], spec: JobSpec | None, now: datetime) -> list[TaskRunRow]:
    """The rows of task runs; ``spec`` is None where the job cannot be read any more."""
    return [_row(record, spec, now) for record in records]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task of a run, as the table that says what the graph shows. Texts are one line each, never markup."""

    task: str
    waits_for: str
    parts: int
    status: TaskStatus | None
    said: str


def task_rows(spec: JobSpec, by_task: Mapping[int, Mapping[TaskStatus, int]]) -> list[TaskRow]:
    """The rows of the tasks of a run, at most 1,000; ``by_task`` says how many parts of each have which status."""
    return [_task_row(spec, number, by_task.get(number, {})) for number in range(min(len(spec.tasks), MOST_TASKS))]


def titled(record: TaskRunRecord) -> str:
    """``cells / FR-10``, or ``load`` for a plain task."""
    return (
        name(record.task_name)
        if record.part_name == record.task_name
        else f"{name(record.task_name)} / {_part(record)}"
    )


def task_run_facts(record: TaskRunRecord, spec: JobSpec | None, zone: tzinfo, now: datetime) -> list[Fact]:
    """What is known of a task run besides its status; what is empty is left out."""
    row = _row(record, spec, now)
    asked = f" of {row.asked} asked" if row.asked else ""
    every = (
        Fact(label="Attempt", value=f"{record.attempt}" if record.attempt else ""),
        Fact(label="Waited", value=_length(record.submitted, record.started)),
        Fact(label="Started", value=local(record.started, zone), about=in_utc(record.started)),
        Fact(label="Took", value=row.wall),
        Fact(label="CPU time", value=row.cpu),
        Fact(label="Peak memory", value=f"{row.peak}{asked}" if row.peak else ""),
        Fact(label="Result", value=_size(record.result_bytes)),
        Fact(label="Result from", value=f"run {record.from_run}" if record.from_run else ""),
        Fact(label="Given by hand by", value=name(record.patched_by)),
        Fact(label="Host", value=name(record.host)),
    )
    return [fact for fact in every if fact.value]


def preview(record: TaskRunRecord) -> str:
    """The result as the text that its worker wrote, with secrets masked; empty where there is none."""
    return last_lines(record.preview, 400, 2_000) if record.preview else ""


def configuration(spec: JobSpec | None, record: TaskRunRecord) -> str:
    """The configuration of a part and the arguments of a call as JSON, secrets masked; empty where there is none."""
    try:
        task = spec.tasks[record.task] if spec else None
        found: dict[str, Any] = decode(task.parts[record.part].config) if task else {}
        if task and task.call:
            found = found | decode(task.call.arguments, lambda tag, content: f"the result of {_named(spec, content)}")
    except (ValueError, LookupError, TypeError):  # of a job that was damaged
        return ""
    if not found:
        return ""
    return shortened(json.dumps(masked(found), indent=2, ensure_ascii=False, default=str), LONGEST_CONFIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A task whose result a task run gets: how many of its parts have one, and the result as text where it is one."""

    task: int
    title: str
    said: str
    preview: str = ""


def upstream_tasks(spec: JobSpec | None, record: TaskRunRecord) -> list[int]:
    """The numbers of the tasks that a task run waits for, at most 50."""
    return list(spec.upstream[record.task][:MOST_UPSTREAM]) if spec and record.task < len(spec.upstream) else []


def upstream(spec: JobSpec, task: int, counts: Mapping[TaskStatus, int], first: TaskRunRecord | None) -> Upstream:
    """What a task run gets from a task that it waits for.

    Args:
        spec: the job.
        task: number of that task.
        counts: how many of its parts have which status.
        first: its only task run, where it has one.
    """
    done, total = sum(n for status, n in counts.items() if status.succeeded), sum(counts.values())
    only = not spec.tasks[task].parallel and first is not None
    said = sign(first.status) if only and first else f"{done:,} of {counted(total, 'part')} have a result"
    text = preview(first) if only and first and first.status.succeeded else ""
    return Upstream(task=task, title=name(spec.tasks[task].name), said=said, preview=text)


def spec_of(read: Any, run: RunRecord) -> JobSpec | None:
    """The job of a run as ``read`` gives it by its hash; None where it cannot be read any more."""
    try:
        found: JobSpec = read(run.spec_hash)
    except (SchedulerError, ValueError):
        return None
    return found


def _facts(run: RunRecord, zone: tzinfo, now: datetime) -> Iterator[Fact]:
    yield Fact(label="Made by", value=made_by(run, zone))
    yield Fact(label="Rundate", value=run.rundate.isoformat(), about="chosen by hand" if run.custom_rundate else "")
    yield Fact(label="Submitted", value=local(run.submitted, zone), about=in_utc(run.submitted))
    yield Fact(label="Started", value=local(run.started, zone), about=in_utc(run.started))
    yield Fact(label="Ended", value=local(run.ended, zone), about=in_utc(run.ended))
    yield Fact(label="Took", value=took(run, now))
    yield Fact(label="Owner", value=name(run.owner) + (f", group {name(run.group)}" if run.group else ""))
    yield Fact(label="Ran as", value=name(run.run_as) if run.run_as not in ("", run.owner) else "")
    yield Fact(label="Tag", value=name(run.tag))
    yield Fact(label="Labels", value=", ".join(map(name, run.labels)))
    yield Fact(label="Version", value="" if run.job_version is None else f"{run.job_version}")
    yield Fact(label="Repeats", value=f"run {run.rerun_of}" if run.rerun_of else "")
    yield Fact(label="First of its lineage", value=f"run {run.lineage}" if run.lineage not in (None, run.id) else "")
    yield Fact(label="Stop asked for by", value=name(run.stop_requested_by or ""))
    yield Fact(label="Host", value=name(run.host))


def _row(record: TaskRunRecord, spec: JobSpec | None, now: datetime) -> TaskRunRow:
    known = spec is not None and record.task < len(spec.tasks)
    asked = spec.tasks[record.task].needs.memory_mb if spec and known else None
    peak = record.peak_memory_mb
    end = record.ended or (now if record.status is TaskStatus.RUNNING else None)
    return TaskRunRow(
        place=(record.task, record.part),
        task=name(record.task_name),
        part="" if record.part_name == record.task_name else _part(record),
        status=record.status,
        attempts=record.attempt,
        started=record.started,
        wall=_length(record.started, end),
        cpu="" if record.cpu_seconds is None else show_duration(record.cpu_seconds),
        peak=megabytes(peak),
        asked=megabytes(asked),
        memory=peak / asked if peak is not None and asked else None,
        reason=one_line(record.reason, LONGEST_REASON),
    )


def _task_row(spec: JobSpec, number: int, counts: Mapping[TaskStatus, int]) -> TaskRow:
    upstream = [name(spec.tasks[preceding].name) for preceding in spec.upstream[number][:MOST_NAMED]]
    more = len(spec.upstream[number]) - len(upstream)
    present = [(status, counts[status]) for status in MOST_TELLING if counts.get(status)]
    words = ", ".join(f"{count:,} {look_of(status).word}" for status, count in present)
    return TaskRow(
        task=name(spec.tasks[number].name),
        waits_for=", ".join(upstream) + (f" and {more:,} more" if more else ""),
        parts=len(spec.tasks[number].parts),
        status=present[0][0] if present else None,
        said=words if len(spec.tasks[number].parts) > 1 else "",
    )


def _part(record: TaskRunRecord) -> str:
    return name(record.part_name)


def _length(start: datetime | None, end: datetime | None) -> str:
    return show_duration(max(0.0, (end - start).total_seconds())) if start and end else ""


def _size(result_bytes: int | None) -> str:
    if result_bytes is None:
        return ""
    return f"{result_bytes:,} bytes" if result_bytes < 100_000 else megabytes(result_bytes / 1e6)


def _named(spec: JobSpec | None, task: Any) -> str:
    known = spec is not None and isinstance(task, int) and task < len(spec.tasks)
    return f"task {name(spec.tasks[task].name)}" if spec and known else f"task {task}"
