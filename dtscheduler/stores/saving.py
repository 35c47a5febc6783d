"""What all stores share: how the record of a saved job follows from its spec, and what marks a time as impossible."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from dtscheduler.model.job import JobSpec
from dtscheduler.model.saved import JobRecord

LOOK_NOW = datetime(1970, 1, 1, tzinfo=UTC)
"""As the next fire of a job: it has to be computed."""

FARTHEST = timedelta(hours=2)
"""No try to tell somebody is planned later than this; one that is was planned by a clock that has been set back."""


def first_version(
    spec: JobSpec, digest: str, *, saved_by: str, run_as: str, now: datetime, next_fire: datetime | None
) -> JobRecord:
    """The record of a job that is saved for the first time."""
    return JobRecord(
        id=0,
        uuid=str(uuid4()),
        name=spec.name,
        version=1,
        spec_hash=digest,
        tag=spec.tag,
        labels=spec.labels,
        owner=spec.access.owner,
        group=spec.access.group,
        created=now,
        saved=now,
        saved_by=saved_by,
        permissions=spec.access.permissions,
        run_as=run_as,
        priority=spec.priority,
        schedule=spec.schedule,
        firing=spec.firing,
        schedule_since=now,
        settled=now,
        next_fire=next_fire,
    )


def next_version(latest: JobRecord, saved: JobRecord) -> JobRecord:
    """The record of a job that is saved again; ``saved`` is it as if for the first time.

    Where the fires are on record further than now, the next one has to be computed from there.
    """
    ahead = latest.settled > saved.settled and latest.version > 0
    same = latest.schedule == saved.schedule
    return replace(
        saved,
        id=latest.id,
        uuid=latest.uuid,
        version=latest.version + 1,
        created=latest.created,
        paused=latest.paused,
        paused_by=latest.paused_by,
        schedule_since=latest.schedule_since if same and latest.version else saved.saved,
        settled=latest.settled if ahead else saved.settled,
        next_fire=LOOK_NOW if ahead and saved.next_fire else saved.next_fire,
    )
