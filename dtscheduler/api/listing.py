"""Finding runs of the workspace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.api.queries import When, run_query
from dtscheduler.model.status import RunStatus

if TYPE_CHECKING:
    pass


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
    since: When = None,
    until: When = None,
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
    query = run_query(place, job, label, tag, status, owner, since, until, limit=limit)
    return [Run(record.id, place) for record in place.runs(query)]
