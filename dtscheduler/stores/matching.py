"""Whether a record is what a query asks for: what a database does with SQL, for a store in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from dtscheduler.model.access import Identity, Right, may
from dtscheduler.model.names import name_key
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord, TaskRunPage, TaskRunRecord
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import AfterSchedule

_Record = TypeVar("_Record")


class _Paged(Protocol):
    @property
    def offset(self) -> int: ...
    @property
    def limit(self) -> int | None: ...


def same_identity(run: RunRecord, other: RunRecord) -> bool:
    """Whether two runs are one: of the same uuid, or of one job for one instant, or after one run."""
    same_job = run.job_id is not None and run.job_id == other.job_id
    same_instant = run.scheduled is not None and run.scheduled == other.scheduled
    same_before = run.after_run is not None and run.after_run == other.after_run
    return run.uuid == other.uuid or (same_job and (same_instant or same_before))


def runs_after(job: JobRecord, other: JobRecord) -> bool:
    """Whether a job's schedule says that it runs after another one."""
    after = job.schedule
    if not isinstance(after, AfterSchedule):
        return False
    return after.job_uuid == other.uuid or (
        bool(after.job_name) and name_key(after.job_name or "") == name_key(other.name)
    )


def is_part(text: str, name: str) -> bool:
    """Whether a text is a part of a name, in capitals or not, and however its letters are spelled."""
    return name_key(text).lower() in name_key(name).lower()


def page_of(found: list[_Record], query: _Paged) -> list[_Record]:
    """The page of what was found that a query asks for."""
    return found[query.offset :][: query.limit]


def job_matches(job: JobRecord, query: JobQuery) -> bool:
    """Whether a query asks for a job."""
    return (
        query.id in (None, job.id)
        and query.uuid in (None, job.uuid)
        and (query.name is None or name_key(query.name) == name_key(job.name))
        and is_part(query.text, job.name)
        and (query.label is None or query.label in job.labels)
        and query.tag in (None, job.tag)
        and query.owner in (None, job.owner)
        and query.paused in (None, job.paused is not None)
        and (query.reader is None or may(query.reader, Right.READ, job))
    )


def run_matches(run: RunRecord, query: RunQuery, saved: Mapping[int, JobRecord]) -> bool:
    """Whether a query asks for a run; ``saved`` are the jobs there are, by id."""
    return (
        query.id in (None, run.id)
        and query.uuid in (None, run.uuid)
        and query.job_id in (None, run.job_id)
        and (query.job_name is None or name_key(query.job_name) == name_key(run.job_name))
        and is_part(query.job_text, run.job_name)
        and (query.label is None or query.label in run.labels)
        and query.tag in (None, run.tag)
        and query.owner in (None, run.owner)
        and (query.newest is None or run.id <= query.newest)
        and query.trigger in (None, run.trigger)
        and query.scheduled in (None, run.scheduled)
        and query.after_run in (None, run.after_run)
        and (query.rundates is None or query.rundates[0] <= run.rundate <= query.rundates[1])
        and query.lineage in (None, run.lineage)
        and (query.reruns or run.rerun_of is None)
        and (query.statuses is None or run.status in query.statuses)
        and (query.since is None or run.submitted >= query.since)
        and (query.until is None or run.submitted < query.until)
        and (query.reader is None or query.reader.admin or _run_readable(run, query.reader, saved))
    )


def in_order(job: JobRecord, query: JobQuery) -> tuple[object, ...]:
    """What puts a job where a query wants it."""
    if query.order == "name":
        return (job.name,)
    if job.next_fire is None or job.paused:
        return (1, job.name)
    return (0, job.next_fire, job.name)


def task_run_matches(record: TaskRunRecord, page: TaskRunPage) -> bool:
    """Whether a task run is on one of the pages."""
    return (
        page.task in (None, record.task)
        and page.part in (None, record.part)
        and (page.statuses is None or record.status in page.statuses)
        and is_part(page.text, record.part_name)
    )


def _run_readable(run: RunRecord, reader: Identity, saved: Mapping[int, JobRecord]) -> bool:
    job = saved.get(run.job_id) if run.job_id is not None else None
    return may(reader, Right.READ, job or run)


def without_needed(refers: Mapping[int, Sequence[int | None]], needed: Collection[int]) -> set[int]:
    """Those of some runs that may be removed together.

    Args:
        refers: for every run the runs that it repeats.
        needed: runs that something else needs: what they repeat is needed as well.
    """
    stay, more = set[int](), set(needed) & refers.keys()
    while more:
        stay |= more
        named = {number for run_id in more for number in refers[run_id] if number is not None}
        more = (named & refers.keys()) - stay
    return refers.keys() - stay
