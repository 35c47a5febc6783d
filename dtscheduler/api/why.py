"""Why a job ran, or did not run, at an instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dtscheduler.api.schedule import Schedule
from dtscheduler.api.when import as_instant
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.durations import show_duration
from dtscheduler.model.run import RunRecord
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import AfterSchedule, TimeSchedule
from dtscheduler.model.shown import printable
from dtscheduler.timing.due import ON_TIME

if TYPE_CHECKING:
    from dtscheduler.looking import Instant
    from dtscheduler.timing.explain import Explanation
    from dtscheduler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Why:
    """What became of an instant of a job.

    ``fires`` tells whether the schedule in force then has the instant, ``rule`` what it says, ``outcome`` what became
    of it, ``run`` the run it has, if any, and ``explanation`` the rule level by level.
    """

    job: str
    instant: datetime
    version: int | None
    fires: bool
    rule: str
    outcome: str
    run: RunRecord | None = None
    explanation: Explanation | None = field(default=None, compare=False)

    def __str__(self) -> str:
        lines = self._title, self.rule, printable(self.outcome)
        return "\n".join(line for line in lines if line)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from dtscheduler.model.secrets import masked_text
        from dtscheduler.model.tables import html_table

        told = html_table([self._title, masked_text(self.outcome)])
        return told + (self.explanation._repr_html_() if self.explanation else "")

    @property
    def _title(self) -> str:
        version = f", version {self.version}" if self.version else ""
        return f"{self.job!r}{version}, {self.instant:%Y-%m-%d %H:%M} UTC"


def why(place: Workspace, job: JobRecord, instant: datetime | str) -> Why:
    """What became, or will become, of an instant; see ``Job.why``."""
    now = place.clock.now()
    at = as_instant(instant, "instant", now, zone=None if job.broken else job.schedule.timezone)
    if at is None:
        raise InvalidJobError(f"why {job.name!r}: give an instant such as '2026-11-20 18:00'")
    found = place.instant(job.uuid, at)
    if job.broken:
        broken = f"There is no run: the job is broken: {job.broken}."
        told = _told(found.run, at) if found.run else broken
        return Why(job=job.name, instant=at, version=None, fires=False, rule="", outcome=told, run=found.run)
    version = found.version
    schedule = Schedule.from_spec(place.spec(version.spec_hash).schedule if version else job.schedule)
    explained = schedule.explain(at)
    return Why(
        job=job.name,
        instant=at,
        version=version.version if version else None,
        fires=explained.fires,
        rule=str(explained),
        outcome=_outcome(found, schedule, explained.fires, at, now),
        run=found.run,
        explanation=explained,
    )


def _outcome(found: Instant, schedule: Schedule, fires: bool, at: datetime, now: datetime) -> str:
    job, run = found.job, found.run
    if run is not None:
        return _told(run, at)
    if isinstance(schedule.spec, AfterSchedule):
        return "It runs after another job, not at instants."
    if not isinstance(schedule.spec, TimeSchedule) or not fires:
        return "There is no run: the schedule does not have this instant."
    if found.version is None:
        return f"There is no run: the job was saved later, at {job.created:%Y-%m-%d %H:%M} UTC."
    if at > now:
        paused = f", unless the job is still paused then (by {job.paused_by})" if job.paused else ""
        return f"It will run in {show_duration(at - now)}, if a service is there{paused}."
    if at > job.settled:
        return "There is no run yet: no service has looked at the job since. Start one: dtscheduler serve"
    if at > job.schedule_since:
        return "There is no run of its own: it was missed in a long absence, which is on record as one expired run."
    return "There is no run: the schedule was changed around this instant."


def _told(run: RunRecord, at: datetime) -> str:
    reason = f" ({run.reason})" if run.reason else ""
    delay = run.started - at if run.started else timedelta(0)
    late = f", started {show_duration(delay)} after the instant" if delay > ON_TIME else ""
    return f"Run {run.id}, for {run.rundate}: {run.status}{late}{reason}"
