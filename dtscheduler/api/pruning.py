"""Removing what is old: how users say what stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dtscheduler.api.place import workspace
from dtscheduler.errors import InvalidJobError, NotFoundError
from dtscheduler.model.run import RunQuery
from dtscheduler.running.retention import Keep

if TYPE_CHECKING:
    from dtscheduler.model.pruning import Pruned
    from dtscheduler.workspace import Workspace


def prune(keep_days: float, keep_last: int = 0, job: str | None = None, dry_run: bool = False) -> Pruned:
    """Remove runs that ended long ago, with their logs and the results that nothing else needs.

    Runs that have not ended stay, and so does a run that another one repeats which stays. Results that a kept run took
    from a removed one stay. Saved jobs and their versions are never removed. What was removed cannot be brought back;
    a backfill of what is missing sees rundates whose runs were removed as missing, and a clock that is set back by more
    than ``keep_days`` lets instants have a second run whose first is not on record any more.

    Args:
        keep_days: Runs stay that ended less than so many days ago; parts of a day are allowed.
        keep_last: Of every job the latest so many runs stay, whenever they ended; instants that expired do not count.
        job: Only runs of the job of this name or uuid; what belongs to no run any more stays then.
        dry_run: Say what would be removed, and remove nothing.

    Returns:
        What was or would be removed, in numbers and bytes, and what could not be.

    Raises:
        InvalidJobError: A number that is none, or negative.
        NotFoundError: There is no such job, and no run of one.
    """
    place = workspace()
    return place.prune(_keep(place, keep_days, keep_last, job), dry_run=dry_run)


def _keep(place: Workspace, keep_days: object, keep_last: object, job: str | None) -> Keep:
    if isinstance(keep_days, bool) or not isinstance(keep_days, int | float) or not keep_days >= 0:
        raise InvalidJobError(f"keep_days is {keep_days!r:.40}; it is a number of days, 0 or more")
    if isinstance(keep_last, bool) or not isinstance(keep_last, int) or keep_last < 0:
        raise InvalidJobError(f"keep_last is {keep_last!r:.40}; it is a number of runs, 0 or more")
    try:
        since = place.clock.now() - timedelta(days=keep_days)
    except OverflowError:
        raise InvalidJobError(f"keep_days is {keep_days!r:.40}; that is before the year 1") from None
    return Keep(since=since, last=keep_last, job=None if job is None else _job_name(place, job))


def _job_name(place: Workspace, job: str) -> str:
    found = place.find(job)
    if found is None and not place.runs(RunQuery(job_name=job, limit=1)):
        raise NotFoundError(f"there is no job {job!r} in this workspace ({place.home}), and no run of one")
    return found.name if found else job
