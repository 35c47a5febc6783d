"""In which ways a run can be run again, in words, and the plan of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dtscheduler.api.handle import Run
from dtscheduler.model.run import JobQuery, RunRecord
from dtscheduler.reports.page.wording import name

if TYPE_CHECKING:
    from dtscheduler.api.plan import Plan
    from dtscheduler.workspace import Workspace

Chosen = tuple[str, str]


class Scope(StrEnum):
    """What is run again."""

    FAILED = "What did not complete, and all after it"
    CHOSEN = "From chosen tasks on"
    FULL = "Everything"


class Version(StrEnum):
    """Which version of the job is run."""

    SAME = "As it ran"
    LATEST = "Latest version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One way to run a run again.

    Args:
        scope: What.
        chosen: From which tasks on, as pairs of a task and a part; an empty part means all of them.
        version: Which version of the job.
    """

    scope: Scope = Scope.FAILED
    chosen: tuple[Chosen, ...] = ()
    version: Version = Version.SAME

    @property
    def complete(self) -> bool:
        """Whether it says enough to be planned."""
        return self.scope is not Scope.CHOSEN or bool(self.chosen)


def plan_again(place: Workspace, run: RunRecord, repeat: Repeat) -> Plan:
    """What it would do. Raises ``SchedulerError`` where there is nothing to do, or it cannot be done."""
    full = repeat.scope is Scope.FULL
    tasks = [(task, part) if part else task for task, part in repeat.chosen] if repeat.scope is Scope.CHOSEN else None
    version = "latest" if repeat.version is Version.LATEST else None
    return Run(run.id, place).plan(full=full, tasks=tasks, version=version)


def has_other_version(place: Workspace, run: RunRecord) -> bool:
    """Whether the job has been saved in another version since."""
    if run.job_id is None:
        return False
    jobs = place.jobs(JobQuery(id=run.job_id))
    return bool(jobs) and jobs[0].version != run.job_version


def said_chosen(chosen: Chosen) -> str:
    """``cells / FR-10``, or ``cells``."""
    task, part = chosen
    return f"{name(task)} / {name(part)}" if part else name(task)


def about(run: RunRecord) -> str:
    """What a rerun is."""
    return f"For the same rundate, {run.rundate}, as a run of its own; run {run.id} stays as it is."
