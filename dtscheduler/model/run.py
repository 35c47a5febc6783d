"""What happened: one run of a job, its task runs, and their earlier attempts. Times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from dtscheduler.model.access import Identity
from dtscheduler.model.priority import Priority
from dtscheduler.model.status import RunStatus, TaskStatus


class Trigger(StrEnum):
    """What made a run: a person, the job's schedule, the end of another job's run, a backfill, or a rerun."""

    HAND = "hand"
    SCHEDULE = "schedule"
    AFTER = "after"
    BACKFILL = "backfill"
    RERUN = "rerun"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. ``custom_rundate`` tells whether the rundate was chosen by hand.

    ``lease_holder`` is the process that drives the run until ``lease_until``; ``lease_epoch`` counts who has.
    ``run_as`` is the account its tasks run under. ``scheduled`` is the instant of the schedule that it is for,
    ``after_run`` the run after which it comes, ``backfill`` the uuid of the backfill it belongs to, of which at most
    ``most_active`` runs are active at a time. A rerun knows the run it repeats (``rerun_of``), the first of them all
    (``lineage``), and the time that its tasks are told as ``scheduled_time``, which is that of the first
    (``told_time``). ``code`` is the hash of what is kept of the functions' code.
    """

    id: int
    uuid: str
    job_name: str
    spec_hash: str
    status: RunStatus
    rundate: date
    submitted: datetime
    owner: str
    group: str = ""
    permissions: str = "rwrwr-"
    tag: str = "dev"
    labels: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    trigger: Trigger = Trigger.HAND
    submitted_by: str = ""
    run_as: str = ""
    job_id: int | None = None
    job_version: int | None = None
    custom_rundate: bool = False
    scheduled: datetime | None = None
    after_run: int | None = None
    backfill: str | None = None
    most_active: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    executor: str = "processes"
    host: str = ""
    code: str = ""
    lease_holder: str | None = None
    lease_until: datetime | None = None
    lease_epoch: int = 0
    stop_requested_by: str | None = None
    rerun_of: int | None = None
    lineage: int | None = None
    told_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunRecord:
    """One part of one task in a run, with its latest attempt (counted from 1; 0 before the first).

    ``submitted`` is when it could first start. ``cpu_seconds`` and ``peak_memory_mb`` are measured on the attempt
    that counts. ``preview`` is the result as short text, ``result_key`` its place in the cache, ``digest`` a hash of its
    bytes. ``from_run`` is the run that computed a reused result; ``patched_by`` who gave a result by hand.
    """

    task: int
    part: int
    task_name: str
    part_name: str
    status: TaskStatus = TaskStatus.PENDING
    reason: str = ""
    attempt: int = 0
    fingerprint: str = ""
    result_key: str = ""
    result_bytes: int | None = None
    preview: str = ""
    submitted: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    cpu_seconds: float | None = None
    peak_memory_mb: float | None = None
    worker: str = ""
    host: str = ""
    traceback: str = ""
    digest: str = ""
    from_run: int | None = None
    patched_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """An attempt that did not decide its task run: it was tried again, or its runner was lost."""

    task: int
    part: int
    attempt: int
    status: TaskStatus
    reason: str
    submitted: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    cpu_seconds: float | None = None
    peak_memory_mb: float | None = None
    worker: str = ""
    host: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """What a runner writes about its run: only what is not None."""

    status: RunStatus | None = None
    reason: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which saved jobs to list; what is None does not constrain.

    ``text`` is a part of the name, in capitals or not, without wildcards. ``reader``: only what this identity may read.
    In the order ``next_fire`` the job that fires next comes first; those that are paused or have no fire to come are
    last, by name. ``offset`` and ``limit`` choose a page.
    """

    id: int | None = None
    uuid: str | None = None
    name: str | None = None
    text: str = ""
    label: str | None = None
    tag: str | None = None
    owner: str | None = None
    paused: bool | None = None
    reader: Identity | None = None
    order: Literal["name", "next_fire"] = "name"
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs to list, newest first; what is None does not constrain. ``since`` and ``until`` bound ``submitted``.

    ``job_text`` is a part of the job's name, in capitals or not, without wildcards. ``reader``: only what this identity
    may read. ``scheduled``: the run for this instant of a schedule. ``rundates``: the first and the last one.
    ``lineage``: reruns of this run, and of its reruns. ``reruns``: False leaves reruns out.

    ``offset`` and ``limit`` choose a page. ``newest`` is the number of the newest run when the first page was read: with
    it, runs that are added meanwhile do not move others from page to page.
    """

    id: int | None = None
    uuid: str | None = None
    job_id: int | None = None
    job_name: str | None = None
    job_text: str = ""
    label: str | None = None
    tag: str | None = None
    owner: str | None = None
    reader: Identity | None = None
    newest: int | None = None
    trigger: Trigger | None = None
    scheduled: datetime | None = None
    after_run: int | None = None
    rundates: tuple[date, date] | None = None
    lineage: int | None = None
    reruns: bool = True
    statuses: Collection[RunStatus] | None = None
    since: datetime | None = None
    until: datetime | None = None
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunQuery:
    """Which task runs to list: of the runs that ``runs`` asks for, the newest run first, then in order of task and part.

    ``task`` is a task's name; ``statuses`` are those of the task runs. ``earlier``: also the attempts before the one
    that decided, as rows of their own, in order of attempt.
    """

    runs: RunQuery = RunQuery()
    task: str | None = None
    statuses: Collection[TaskStatus] | None = None
    earlier: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunPage:
    """Which task runs of one run to list; what is None does not constrain.

    ``task`` and ``part`` are numbers, ``text`` is a part of the part's name, in capitals or not, without wildcards.
    The order ``part`` is that of task and part; in the others the longest, the largest or the latest started comes
    first, and what has not been measured yet is last. ``offset`` and ``limit`` choose a page.
    """

    task: int | None = None
    part: int | None = None
    statuses: Collection[TaskStatus] | None = None
    text: str = ""
    order: Literal["part", "duration", "memory", "started"] = "part"
    offset: int = 0
    limit: int | None = None
