"""Saved jobs, as users hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dtscheduler.api.code import settled
from dtscheduler.api.place import workspace
from dtscheduler.api.schedule import Schedule
from dtscheduler.model.run import JobQuery
from dtscheduler.model.saved import JobRecord, JobVersion

if TYPE_CHECKING:
    from dtscheduler.api.dag import DAG
    from dtscheduler.workspace import Workspace


class Job:
    """A job that is saved in a workspace.

    It stands for the version that was the latest when it was obtained; ``versions()`` always asks anew.
    """

    def __init__(self, record: JobRecord, place: Workspace) -> None:
        self._record, self._workspace = record, place

    @property
    def id(self) -> str:
        """The job's uuid, as ``Schedule(run_after_job_uuid=...)`` takes it."""
        return self._record.uuid

    @property
    def name(self) -> str:
        return self._record.name

    @property
    def version(self) -> int:
        """The version, counted from 1."""
        return self._record.version

    @property
    def schedule(self) -> Schedule:
        """When the job runs by itself."""
        return Schedule.from_spec(self._workspace.spec(self._record.spec_hash).schedule)

    @property
    def record(self) -> JobRecord:
        """All that is known of the job, as a plain value."""
        return self._record

    def versions(self) -> list[JobVersion]:
        """All versions that were saved, oldest first: number, when and by whom."""
        return self._workspace.versions(self._record.id)

    def __eq__(self, other: object) -> bool:
        return self._record == other._record if isinstance(other, Job) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._record.uuid, self._record.version))

    def __repr__(self) -> str:
        return f"<Job {self.name!r} version {self.version}>"


def save(dag: DAG) -> Job:
    """Save a DAG; see ``DAG.save``."""
    place = workspace()
    spec, known = settled(dag, place)
    return Job(place.save(spec, known), place)


def jobs(label: str | None = None, tag: str | None = None, owner: str | None = None) -> list[Job]:
    """List the jobs saved in the workspace, in order of their names.

    Args:
        label: Only jobs with this label.
        tag: Only jobs with this tag: ``'dev'``, ``'pre'`` or ``'prod'``.
        owner: Only jobs of this user.
    """
    place = workspace()
    return [Job(record, place) for record in place.jobs(JobQuery(label=label, tag=tag, owner=owner))]
