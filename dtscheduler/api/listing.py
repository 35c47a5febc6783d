"""Finding runs of the workspace."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.api.when import as_instant
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.model.status import RunStatus

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace


def run(run_id: int) -> Run:
    """Find a run by its number. Raises ``NotFoundError``."""
    place = workspace()
    return Run(place.run(run_id).id, place)


def runs(
    job: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    status: str | RunStatus | Iterable[str] | None = None,
    owner: str | None = None,
    since: str | date | datetime | None = None,
    until: str | date | datetime | None = None,
    limit: int | None = 100,
) -> list[Run]:
    """List runs of the workspace, newest first.

    Args:
        job: Only runs of the job of this name.
        label: Only runs with this label.
        tag: Only runs with this tag.
        status: Only runs in this status, or in one of these.
        owner: Only runs of jobs of this user.
        since: Only runs submitted at or after this: a date, an instant, or ``'7d'`` for seven days ago.
        until: Only runs submitted before this.
        limit: At most so many; None for all.
    """
    place = workspace()
    return [Run(record.id, place) for record in run_records(place, job, label, tag, status, owner, since, until, limit)]


def run_records(
    place: Workspace,
    job: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    status: str | RunStatus | Iterable[str] | None = None,
    owner: str | None = None,
    since: str | date | datetime | None = None,
    until: str | date | datetime | None = None,
    limit: int | None = 100,
) -> list[RunRecord]:
    """The records of the runs that ``runs`` lists."""
    now = place.clock.now()
    query = RunQuery(
        job_name=job,
        label=label,
        tag=tag,
        owner=owner,
        statuses=_statuses(status),
        since=as_instant(since, "since", now),
        until=as_instant(until, "until", now),
        limit=limit,
    )
    return place.runs(query)


def _statuses(status: str | RunStatus | Iterable[str] | None) -> list[RunStatus] | None:
    if status is None:
        return None
    wanted = [status] if isinstance(status, str) else list(status)
    try:
        return [RunStatus(item) for item in wanted]
    except ValueError:
        raise InvalidJobError(f"status {status!r} is not one of {', '.join(RunStatus)}") from None
