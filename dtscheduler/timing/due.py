"""What becomes of the instants of a schedule that have passed, and of runs that wait. Told everything, asks nobody."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from dtscheduler.model.durations import show_duration
from dtscheduler.model.firing import FireStep, Skipped
from dtscheduler.model.run import RunRecord, Trigger
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import AfterCondition, CatchUp, FiringPolicy, Overlap, TimeSchedule
from dtscheduler.model.status import RunStatus
from dtscheduler.timing.calendar import fires_between, next_fire
from dtscheduler.timing.rundate import rundate_of

ON_TIME = timedelta(seconds=60)
"""An instant that is seen within this time was not missed."""

MOST_SKIPPED = 50_000
"""So many skipped instants of a job are recorded one by one; still earlier ones are recorded together."""

_FIRST_LOOK = timedelta(days=1)
_FAILURES = frozenset({RunStatus.FAILED, RunStatus.FAILED_AFTER, RunStatus.OUT_OF_MEMORY})


def new_run(job: JobRecord, now: datetime, *, trigger: Trigger, rundate: date) -> RunRecord:
    """A run of the latest version of a saved job that waits to be driven."""
    return RunRecord(
        id=0,
        uuid=uuid.uuid4().hex,
        job_name=job.name,
        job_id=job.id,
        job_version=job.version,
        spec_hash=job.spec_hash,
        status=RunStatus.READY,
        rundate=rundate,
        submitted=now,
        owner=job.owner,
        group=job.group,
        permissions=job.permissions,
        tag=job.tag,
        labels=job.labels,
        priority=job.priority,
        trigger=trigger,
        run_as=job.run_as,
    )


# -- time


def due(job: JobRecord, now: datetime, *, busy: bool) -> FireStep:
    """What becomes of the instants after ``job.settled`` up to ``now``.

    Args:
        job: a saved job; one whose schedule is not timed has no instants.
        now: the time.
        busy: whether a run of the job is active or waits already; a new one waits then for what ``admitted`` says.
    """
    schedule = job.schedule
    if not isinstance(schedule, TimeSchedule):
        return FireStep(job=job, settled=now, next_fire=None)
    since = _kept_since(schedule, job.settled, now)
    instants = fires_between(schedule, since, now)
    if len(instants) > MOST_SKIPPED:
        since, instants = instants[-MOST_SKIPPED - 1], instants[-MOST_SKIPPED:]
    chosen = set() if job.paused else _caught_up(instants, job.firing, now)
    template = replace(
        new_run(job, now, trigger=Trigger.SCHEDULE, rundate=now.date()), status=RunStatus.EXPIRED, ended=now
    )
    skipped = [
        Skipped(instant, rundate_of(schedule, instant), _why_skipped(job, instant, now, chosen))
        for instant in instants
        if instant not in chosen
    ]
    started = [
        replace(
            template,
            uuid=uuid.uuid4().hex,
            scheduled=instant,
            rundate=rundate_of(schedule, instant),
            ended=None,
            status=RunStatus.SCHEDULED if busy or len(chosen) > 1 else RunStatus.READY,
        )
        for instant in sorted(chosen)
    ]
    return FireStep(
        job=job,
        settled=max(now, job.settled),
        next_fire=next_fire(schedule, max(now, job.settled)),
        runs=tuple(started),
        skipped=(*_together(schedule, job.settled, since), *skipped),
        template=template,
    )


def _kept_since(schedule: TimeSchedule, settled: datetime, now: datetime) -> datetime:
    """Since when instants are recorded one by one: since ``settled``, unless they are too many."""
    length = _FIRST_LOOK
    while now - settled > length:
        if len(fires_between(schedule, now - length, now)) >= MOST_SKIPPED:
            return now - length
        length *= 4
    return settled


def _together(schedule: TimeSchedule, settled: datetime, since: datetime) -> list[Skipped]:
    """One record for all instants that are too many to be recorded one by one."""
    first = next_fire(schedule, settled) if since > settled else None
    if first is None or first > since:
        return []
    reason = f"all instants from {first:%Y-%m-%d %H:%M} to {since:%Y-%m-%d %H:%M} UTC were missed; this stands for them"
    return [Skipped(first, rundate_of(schedule, first), reason)]


def _caught_up(instants: Sequence[datetime], policy: FiringPolicy, now: datetime) -> set[datetime]:
    window = ON_TIME if policy.catch_up is CatchUp.NONE else max(ON_TIME, policy.catch_up_window)
    recent = [instant for instant in instants if now - instant <= window]
    return set(recent[-1:] if policy.catch_up is CatchUp.LATEST else recent)


def _why_skipped(job: JobRecord, instant: datetime, now: datetime, chosen: set[datetime]) -> str:
    if job.paused:
        return f"the job was paused by {job.paused_by}"
    late = f"missed: no service was there to start it, and it was {show_duration(now - instant)} late when one was"
    if job.firing.catch_up is CatchUp.NONE:
        return f"{late}; CatchUp='none'"
    if now - instant > job.firing.catch_up_window:
        return f"{late}, more than CatchUpWindow allows ({show_duration(job.firing.catch_up_window)})"
    latest = max(chosen, default=now)
    return f"{late}; the latest missed instant, {latest:%Y-%m-%d %H:%M} UTC, runs instead (CatchUp='latest')"


# -- after another job


def follows(condition: AfterCondition, outcome: RunStatus, fail_after_children: AfterCondition) -> bool:
    """Whether a run's outcome starts the jobs that run after it under a condition.

    A run that was stopped by hand is neither a success nor a failure; one that expired has not run at all.

    Args:
        condition: of the job that runs after.
        outcome: how the run before ended.
        fail_after_children: what the job before says about runs that FailAfter has ended.
    """
    if outcome is RunStatus.EXPIRED or not outcome.final:
        return False
    if outcome is RunStatus.FAILED_AFTER and fail_after_children is AfterCondition.ALWAYS:
        return True
    if condition is AfterCondition.SUCCESS:
        return outcome is RunStatus.COMPLETED
    return condition is AfterCondition.ALWAYS or outcome in _FAILURES


def following(job: JobRecord, before: RunRecord, *, offset_before: int, now: datetime) -> RunRecord:
    """The run of a Run-After job that comes after a run.

    Its rundate is the date on which that run ended, in the zone of its own schedule, with its own offset. Where the
    run before had a custom rundate, its own is custom too: the same day, each with its own offset.

    Args:
        job: the job that runs after.
        before: the run that has ended.
        offset_before: the ``rundate_offset`` of that run's job.
        now: the time.
    """
    schedule = job.schedule
    if before.custom_rundate:
        rundate = before.rundate + timedelta(days=schedule.rundate_offset - offset_before)
    else:
        rundate = rundate_of(schedule, before.ended or now)
    run = new_run(job, now, trigger=Trigger.AFTER, rundate=rundate)
    run = replace(run, after_run=before.id, custom_rundate=before.custom_rundate, status=RunStatus.SCHEDULED)
    if job.paused:
        return replace(run, status=RunStatus.EXPIRED, ended=now, reason=f"the job was paused by {job.paused_by}")
    return run


# -- waiting


@dataclass(frozen=True, slots=True)
class Admission:
    """What becomes of a run that waits: ready to be driven, or expired with a reason."""

    run: RunRecord
    status: RunStatus
    reason: str = ""


def admitted(policy: FiringPolicy, waiting: Sequence[RunRecord], active: Sequence[RunRecord]) -> list[Admission]:
    """Which runs of one job that wait may start now, and which will never.

    Runs made by hand never wait. Runs of a backfill wait for each other and for nobody else.

    Args:
        policy: of the job.
        waiting: its runs that are scheduled, in any order.
        active: its runs that are ready or running.
    """
    fired = sorted((run for run in waiting if run.trigger is not Trigger.BACKFILL), key=_age)
    ahead = [run for run in active if run.trigger is not Trigger.BACKFILL]
    backfills = sorted((run for run in waiting if run.trigger is Trigger.BACKFILL), key=lambda run: run.backfill or "")
    groups = groupby(backfills, key=lambda run: run.backfill)
    of_backfills = [a for group, runs in groups for a in _of_backfill(sorted(runs, key=_age), active, group)]
    return [*_of_fires(policy, fired, ahead), *of_backfills]


def _of_fires(policy: FiringPolicy, fired: list[RunRecord], ahead: Sequence[RunRecord]) -> list[Admission]:
    if policy.overlap is Overlap.ALLOW:
        return [Admission(run, RunStatus.READY) for run in fired]
    if policy.overlap is Overlap.SKIP:
        first, others = (fired[:1], fired[1:]) if not ahead else ([], fired)
        active = (ahead or first)[0] if fired else None
        reason = f"run {active.id} of the job was still active (Overlap='skip')" if active else ""
        return [*_ready(first), *(Admission(run, RunStatus.EXPIRED, reason) for run in others)]
    if policy.catch_up is CatchUp.ALL:
        return [] if ahead else _ready(fired[:1])
    reason = (
        f"a later fire took its place while run {ahead[0].id} of the job was active"
        if ahead
        else "a later fire took its place"
    )
    superseded = [Admission(run, RunStatus.EXPIRED, f"{reason} (Overlap='wait')") for run in fired[:-1]]
    return superseded + ([] if ahead else _ready(fired[-1:]))


def _of_backfill(runs: Sequence[RunRecord], active: Sequence[RunRecord], group: str | None) -> list[Admission]:
    under_way = sum(run.backfill == group for run in active)
    room = max(0, (runs[0].most_active or 1) - under_way)
    return _ready(runs[:room])


def _ready(runs: Iterable[RunRecord]) -> list[Admission]:
    return [Admission(run, RunStatus.READY) for run in runs]


def _age(run: RunRecord) -> tuple[datetime, int]:
    return run.scheduled or run.submitted, run.id
