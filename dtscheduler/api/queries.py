"""What users ask of runs and task runs, as queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from dtscheduler.api.when import as_instant
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.run import RunQuery, TaskRunQuery
from dtscheduler.model.status import RunStatus, TaskStatus

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace

When = str | date | datetime | None
_Status = TypeVar("_Status", RunStatus, TaskStatus)


def run_query(
    place: Workspace,
    job: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    status: str | RunStatus | Iterable[str] | None = None,
    owner: str | None = None,
    since: When = None,
    until: When = None,
    reruns: bool = True,
    limit: int | None = None,
) -> RunQuery:
    """The query for what ``runs_report`` lists."""
    now = place.clock.now()
    return RunQuery(
        job_name=job,
        label=label,
        tag=tag,
        owner=owner,
        statuses=_statuses(RunStatus, status),
        since=as_instant(since, "since", now),
        until=as_instant(until, "until", now),
        reruns=reruns,
        limit=limit,
    )


def task_run_query(
    place: Workspace,
    run: int | None = None,
    job: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    status: str | TaskStatus | Iterable[str] | None = None,
    owner: str | None = None,
    since: When = None,
    until: When = None,
    *,
    task: str | None = None,
    reruns: bool = True,
    attempts: bool = False,
    limit: int | None = None,
) -> TaskRunQuery:
    """The query for what ``tasks_report`` lists. Raises ``NotFoundError`` for a run that is not there."""
    of_runs = run_query(place, job, label, tag, None, owner, since, until, reruns)
    if run is not None:
        of_runs = replace(of_runs, id=place.run(run).id)
    return TaskRunQuery(runs=of_runs, task=task, statuses=_statuses(TaskStatus, status), earlier=attempts, limit=limit)


def _statuses(known: type[_Status], status: Any) -> Collection[_Status] | None:
    if status is None:
        return None
    wanted = [status] if isinstance(status, str) else list(status)
    try:
        return [known(item) for item in wanted]
    except ValueError:
        raise InvalidJobError(f"status {status!r} is not one of {', '.join(known)}") from None
