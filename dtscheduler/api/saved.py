"""Saved jobs, as users hold them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, overload

from dtscheduler.api import checks
from dtscheduler.api.code import settled
from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.api.schedule import Schedule
from dtscheduler.api.when import as_rundate
from dtscheduler.errors import InvalidJobError, NotFoundError
from dtscheduler.model.run import JobQuery
from dtscheduler.model.saved import JobRecord, JobVersion
from dtscheduler.timing.backfill import Which

if TYPE_CHECKING:
    from dtscheduler.api.dag import DAG
    from dtscheduler.api.plan import Plan
    from dtscheduler.api.why import Why
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
        with self._there():
            return self._workspace.versions(self._record.id)

    def run(self, rundate: date | str | None = None) -> Run:
        """Leave a run of the latest version of the job to the service (``dtscheduler serve``), and return at once.

        Args:
            rundate: The date to run for, a date or ``'YYYY-MM-DD'``. Default: today, on the schedule's clock.

        Returns:
            The run; ``run.wait()`` waits until the service has driven it to its end.

        Raises:
            AccessError: The job may only be read.
        """
        with self._there():
            return Run(self._workspace.submit_job(self.id, rundate=as_rundate(rundate)).id, self._workspace)

    def plan(self, rundate: date | str | None = None, reuse: str | None = None) -> Plan:
        """What a run of the latest version of the job would do now; see ``DAG.plan``."""
        from dtscheduler.api.plan import plan_spec

        with self._there():
            spec = self._workspace.spec(self._workspace.job(self.id).spec_hash)
        return plan_spec(self._workspace, spec, {}, rundate=rundate, reuse=reuse)

    @overload
    def backfill(
        self,
        start: date | str,
        end: date | str,
        which: str = "missing",
        *,
        reverse: bool = False,
        max_active: int = 1,
        dry_run: Literal[False] = False,
    ) -> list[Run]: ...
    @overload
    def backfill(
        self,
        start: date | str,
        end: date | str,
        which: str = "missing",
        *,
        reverse: bool = False,
        max_active: int = 1,
        dry_run: Literal[True],
    ) -> list[date]: ...
    @overload
    def backfill(
        self, start: date | str, end: date | str, which: str, *, reverse: bool, max_active: int, dry_run: bool
    ) -> list[Run] | list[date]: ...
    def backfill(
        self,
        start: date | str,
        end: date | str,
        which: str = "missing",
        *,
        reverse: bool = False,
        max_active: int = 1,
        dry_run: bool = False,
    ) -> list[Run] | list[date]:
        """Leave runs for a range of rundates to the service, one after the other.

        The rundates are those that the job's schedule gives; without times of the clock in it, every day.

        Args:
            start: First rundate.
            end: Last rundate.
            which: ``'missing'``: rundates without a run that completed, goes on or waits; ``'failed'``: whose latest
                run did not complete; ``'all'``.
            reverse: Begin with the last rundate.
            max_active: How many of these runs may be active at a time.
            dry_run: Give the rundates back and start nothing.

        Returns:
            The runs in the order in which they start; with ``dry_run`` their rundates.

        Raises:
            InvalidJobError: A parameter that is not one of these.
            AccessError: The job may only be read.
        """
        where = f"backfill of {self.name!r}"
        first, last = as_rundate(start, f"{where}: start"), as_rundate(end, f"{where}: end")
        if first is None or last is None:
            raise InvalidJobError(f"{where} needs a start and an end")
        kind = checks.member(which, where, "which", Which)
        most = checks.integer(max_active, where, "max_active", lowest=1, highest=1000)
        with self._there():
            dates = self._workspace.backfill_dates(self.id, first, last, kind)
        dates = dates[::-1] if checks.flag(reverse, where, "reverse") else dates
        if checks.flag(dry_run, where, "dry_run"):
            return dates
        runs = self._workspace.backfill(self.id, dates, most_active=most)
        return [Run(run.id, self._workspace) for run in runs]

    def pause(self) -> None:
        """Let the schedule start nothing until ``unpause()``; its instants meanwhile are recorded as expired."""
        with self._there():
            self._take(self._workspace.pause(self.id))

    def unpause(self) -> None:
        """Let the schedule go on; what was due while the job was paused is not caught up."""
        with self._there():
            self._take(self._workspace.unpause(self.id))

    def delete(self) -> None:
        """Take the job off the list: nothing starts it any more, and its name is free."""
        with self._there():
            self._workspace.delete(self.id)

    def why(self, instant: datetime | str) -> Why:
        """What became, or will become, of an instant, and why.

        Args:
            instant: A datetime or ``'2026-11-20 18:00'``; without a zone it is read on the clock of the job's schedule.
        """
        from dtscheduler.api.why import why

        with self._there():
            return why(self._workspace, self._record, instant)

    def _take(self, now: JobRecord) -> None:
        """Know that the job is paused, or goes on; the version it stands for stays."""
        self._record = replace(self._record, paused=now.paused, paused_by=now.paused_by)

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Say which job is gone, where the store knows only that there is none."""
        try:
            yield
        except NotFoundError:
            raise NotFoundError(f"job {self.name!r} is not in this workspace any more") from None

    def __eq__(self, other: object) -> bool:
        return (self.id, self.version) == (other.id, other.version) if isinstance(other, Job) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._record.uuid, self._record.version))

    def _repr_html_(self) -> str:
        from dtscheduler.model.tables import html_table

        record = self._record
        saved = f"saved {record.saved:%Y-%m-%d %H:%M} UTC by {record.saved_by}"
        caption = [f"{self.name!r}, version {self.version}, {record.tag}, {saved}"]
        if record.broken:
            return html_table([*caption, f"Its schedule cannot be followed: {record.broken}"])
        if record.paused:
            caption.append(
                f"paused {record.paused:%Y-%m-%d %H:%M} UTC by {record.paused_by}; nothing starts it by itself"
            )
        return html_table(caption) + str(Schedule.from_spec(record.schedule)._repr_mimebundle_()["text/html"])

    def __repr__(self) -> str:
        return f"<Job {self.name!r} version {self.version}>"


def save(dag: DAG) -> Job:
    """Save a DAG; see ``DAG.save``."""
    place = workspace()
    spec, known = settled(dag, place)
    return Job(place.save(spec, known), place)


def job(name_or_uuid: str) -> Job:
    """Find a saved job by its name or uuid. Raises ``NotFoundError``."""
    place = workspace()
    return Job(place.job(name_or_uuid), place)


def jobs(label: str | None = None, tag: str | None = None, owner: str | None = None) -> list[Job]:
    """List the jobs saved in the workspace, in order of their names.

    Args:
        label: Only jobs with this label.
        tag: Only jobs with this tag: ``'dev'``, ``'pre'`` or ``'prod'``.
        owner: Only jobs of this user.
    """
    place = workspace()
    return [Job(record, place) for record in place.jobs(JobQuery(label=label, tag=tag, owner=owner))]
