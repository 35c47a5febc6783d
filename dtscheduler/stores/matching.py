"""Whether a record is what a query asks for: what a database does with SQL, for a store in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from dtscheduler.model.access import Identity, Right, may
from dtscheduler.model.names import name_key
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import AfterSchedule


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


def job_matches(job: JobRecord, query: JobQuery) -> bool:
    """Whether a query asks for a job."""
    return (
        query.id in (None, job.id)
        and query.uuid in (None, job.uuid)
        and (query.name is None or name_key(query.name) == name_key(job.name))
        and (query.label is None or query.label in job.labels)
        and query.tag in (None, job.tag)
        and query.owner in (None, job.owner)
        and (query.reader is None or may(query.reader, Right.READ, job))
    )


def run_matches(run: RunRecord, query: RunQuery, saved: Mapping[int, JobRecord]) -> bool:
    """Whether a query asks for a run; ``saved`` are the jobs there are, by id."""
    return (
        query.id in (None, run.id)
        and query.uuid in (None, run.uuid)
        and query.job_id in (None, run.job_id)
        and (query.job_name is None or name_key(query.job_name) == name_key(run.job_name))
        and (query.label is None or query.label in run.labels)
        and query.tag in (None, run.tag)
        and query.owner in (None, run.owner)
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
