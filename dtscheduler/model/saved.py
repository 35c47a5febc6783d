"""What a workspace keeps under a name: saved jobs with their versions, and registered images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dtscheduler.model.priority import Priority
from dtscheduler.model.schedule import AS_USUAL, NEVER, FiringPolicy, ScheduleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A saved job: its identity, its latest version, and how far its schedule has been followed.

    What firing it needs is here beside the spec, which may be large. ``settled`` is the instant up to which all fires
    are on record, ``next_fire`` when to look again, ``schedule_since`` when the schedule took effect. ``run_as`` is the
    account its tasks run under. ``broken`` says why the schedule cannot be followed any more.
    """

    id: int
    uuid: str
    name: str
    version: int
    spec_hash: str
    tag: str
    labels: tuple[str, ...]
    owner: str
    group: str
    created: datetime
    saved: datetime
    saved_by: str
    permissions: str
    run_as: str
    priority: Priority = Priority.NORMAL
    schedule: ScheduleSpec = NEVER
    firing: FiringPolicy = AS_USUAL
    schedule_since: datetime
    settled: datetime
    next_fire: datetime | None = None
    paused: datetime | None = None
    paused_by: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobVersion:
    """One version of a saved job, counted from 1."""

    job_id: int
    version: int
    spec_hash: str
    saved: datetime
    saved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """A registered image: the work dir that holds the code and the interpreter that runs it, under a tag."""

    name: str
    tag: str
    path: str
    python: str
    added: datetime
    added_by: str
