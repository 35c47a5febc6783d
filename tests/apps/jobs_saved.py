"""Saved jobs and their runs, as a store keeps them, at a time that stands still."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from dtscheduler.api.people import identity_of
from dtscheduler.connect import connect
from dtscheduler.model.access import Identity
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, Resources, TaskSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.schedule import NEVER, TimeSchedule
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.settings import Settings
from dtscheduler.testing import Clock
from dtscheduler.timing.calendar import next_fire

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
ADA = Identity(user="ada", group="risk", groups=frozenset({"risk"}))
EVE = Identity(user="eve", groups=frozenset({"staff"}))


def door(home, who=ADA, now=NOW, **settings):
    """The workspace of a folder for somebody, whose clock stands still."""
    given = Settings(home=home, admins=(), **settings)
    return connect(given, identity=who, identity_of=lambda account: identity_of(account, ()), clock=Clock(now))


def spec_of(name, schedule=NEVER, memory_mb=400, permissions="rwrwr-", **config):
    """A job of two tasks, of ada and the group risk."""
    tasks = (
        TaskSpec(name="load", entrypoint="risk.load", parts=(PartSpec("load"),), needs=Resources(memory_mb=memory_mb)),
        TaskSpec(name="size", entrypoint="risk.size", parts=(PartSpec("EUR"), PartSpec("USD")), parallel=True),
    )
    access = AccessSpec(owner="ada", group="risk", permissions=permissions)
    return JobSpec(name=name, tasks=tasks, upstream=((), (0,)), access=access, schedule=schedule, **config)


def saved(place, name, schedule=NEVER, at=NOW - timedelta(days=7), **changes):
    """Save a job and return its record."""
    due = next_fire(schedule, at) if isinstance(schedule, TimeSchedule) else None
    spec = spec_of(name, schedule, **changes)
    return place.store.save_job(spec, saved_by="ada", now=at, run_as="ada", next_fire=due)


def run_of(place, job, status=RunStatus.COMPLETED, ago=timedelta(hours=1), took=timedelta(seconds=40), **changes):
    """Write a run of a job with its three task runs, and return its number."""
    began = place.clock.now() - ago
    run = RunRecord(
        id=0, uuid=uuid4().hex, job_id=job.id, job_name=job.name, job_version=job.version, spec_hash="", status=status,
        submitted=began, started=began, ended=began + took if status.final else None, rundate=date(2026, 11, 20),
        owner=job.owner, group=job.group, permissions=job.permissions, labels=job.labels, tag=job.tag, lease_epoch=1,
        lease_holder="elsewhere:1:1", lease_until=began + timedelta(days=1), submitted_by="ada", run_as="ada",
    )  # fmt: skip
    spec = place.store.spec(job.spec_hash)
    task = TaskStatus.COMPLETED if status is RunStatus.COMPLETED else TaskStatus.RUNNING
    if status is RunStatus.FAILED:
        task = TaskStatus.FAILED
    parts = [
        TaskRunRecord(
            task=number, part=part, task_name=of.name, part_name=named.name, status=task, attempt=1, started=began,
            ended=began + took * (part + 1) if task.final else None, cpu_seconds=1.0 if task.final else None,
            peak_memory_mb=100.0 if task.final else None,
        )
        for number, of in enumerate(spec.tasks)
        for part, named in enumerate(of.parts)
    ]  # fmt: skip
    return place.store.add_run(replace(run, **changes), spec, parts).id
