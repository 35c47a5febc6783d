"""Follows schedules: starts what is due, what runs after something, and what has waited for its turn."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from dtscheduler.crash import crash_point
from dtscheduler.errors import DamagedError, SchedulerError
from dtscheduler.model.access import Identity, Right, may
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel, recipients
from dtscheduler.model.firing import FireStep
from dtscheduler.model.names import name_key
from dtscheduler.model.run import JobQuery, RunChange, RunQuery, RunRecord, Trigger
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import AfterCondition, AfterSchedule, ScheduleSpec
from dtscheduler.model.status import RunStatus
from dtscheduler.ports import Clock, Store
from dtscheduler.timing.due import admitted, due, following, follows

AT_ONCE = 500
MOST_ROWS = 5_000

logger = logging.getLogger("dtscheduler")


@dataclass(frozen=True, slots=True)
class Before:
    """What Run-After jobs have to know of the job whose run has ended."""

    job: JobRecord
    fail_after_children: AfterCondition
    rundate_offset: int


class Firing:
    """Acts on what ``timing.due`` decides. Several processes may do so on one store: each instant is written once.

    Args:
        store: where jobs and runs are kept.
        clock: what time it is.
        identity_of: who an account is.
        chat: whether there is a chat that is told what goes wrong.
    """

    def __init__(
        self, store: Store, clock: Clock, identity_of: Callable[[str], Identity], *, chat: bool = False
    ) -> None:
        self._store, self._clock, self._identity_of, self._chat = store, clock, identity_of, chat
        self._pulse: object = None

    def fire(self, now: datetime, *, meanwhile: Callable[[], object] = bool) -> int:
        """Write the runs of all instants up to ``now``; how many jobs were due.

        Args:
            now: the time.
            meanwhile: called between long pieces of work, so that the runs can begin.
        """
        count = 0
        while jobs := self._store.due_jobs(now, AT_ONCE):
            crash_point("due")
            count += len(self._advance(jobs, now, meanwhile))
            if len(jobs) < AT_ONCE:
                break
        return count

    def settle(self, job: JobRecord, now: datetime) -> None:
        """Write the runs of one job's instants up to ``now``, before its schedule or its pause changes."""
        if job.next_fire is not None and job.next_fire <= now:
            self._advance([job], now, bool)

    def follow(self, now: datetime) -> int:
        """Write the runs that come after runs which have ended; how many had."""
        count = 0
        while ended := self._store.unfollowed(AT_ONCE):
            by_job = _by_job(ended)
            after = [run for job_id, runs in by_job.items() for run in self._after(job_id, runs, now)]
            self._store.follow([run.id for run in ended], sorted(after, key=lambda run: run.after_run or 0))
            count += len(ended)
            if len(ended) < AT_ONCE:
                break
        return count

    def admit(self) -> int:
        """Let runs that waited become ready, or expire; how many did."""
        pulse: object = self._store.pulse()
        if pulse == self._pulse:
            return 0
        waiting = _by_job(self._store.runs(RunQuery(statuses=[RunStatus.SCHEDULED])))
        under_way = [RunStatus.READY, RunStatus.RUNNING]
        active = _by_job(self._store.runs(RunQuery(statuses=under_way)) if waiting else [])
        moved = 0
        for job_id, runs in waiting.items():
            job = self._job(job_id)
            if job is None:
                moved += self._expire(runs, "the job was deleted")
                continue
            if job.paused:
                fired = [run for run in runs if run.trigger is not Trigger.BACKFILL]
                moved += self._expire(fired, f"the job was paused by {job.paused_by} while it waited")
                runs = [run for run in runs if run.trigger is Trigger.BACKFILL]
            for admission in admitted(job.firing, runs, active.get(job_id, [])):
                if not self._move(admission.run, admission.status, admission.reason):
                    pulse = None  # another service has decided meanwhile: what follows is decided anew
                    break
                moved += 1
        self._pulse = pulse if not moved else None
        return moved

    def after_clock_change(self, now: datetime, *, tolerance: timedelta = timedelta(0)) -> int:
        """Follow schedules from ``now`` on, where the clock was ahead before; how many jobs that concerns."""
        return self._store.look_again(now, tolerance)

    # -- within

    def _advance(self, jobs: Sequence[JobRecord], now: datetime, meanwhile: Callable[[], object]) -> list[int]:
        busy = self._store.busy_jobs()
        steps = [step for job in jobs if (step := self._step(job, now, job.id in busy))]
        if (
            sum(len(step.skipped) for step in steps) > MOST_ROWS
        ):  # long absent: what runs comes first, then what does not
            with suppress(DamagedError):  # which of them is damaged will be seen when they are written one by one
                self._store.start([run for step in steps for run in step.runs])
            meanwhile()
        done = list[int]()
        for part in _sliced(steps, MOST_ROWS):
            done += self._written(part, now)
            meanwhile()
        crash_point("row-written")
        return done

    def _written(self, steps: Sequence[FireStep], now: datetime) -> list[int]:
        """Write steps together; where one cannot be written, in halves, so that one job's damage stops no other."""
        try:
            return self._store.advance(steps)
        except DamagedError as error:
            if len(steps) == 1:
                self._break(steps[0].job, f"its fires cannot be written ({error}); save the job again", now)
                return []
        middle = len(steps) // 2
        return self._written(steps[:middle], now) + self._written(steps[middle:], now)

    def _step(self, job: JobRecord, now: datetime, busy: bool) -> FireStep | None:
        reason = job.broken
        if not reason:
            try:
                return due(job, now, busy=busy)
            except Exception as error:  # one job's schedule, whatever is wrong with it, must not stop the others
                logger.exception("the schedule of job %r cannot be followed", job.name)
                reason = f"its schedule cannot be followed ({type(error).__name__}: {error}); save the job again"
        self._break(job, reason, now)
        return None

    def _break(self, job: JobRecord, reason: str, now: datetime) -> None:
        """Take a job out of the schedule, and tell those who would be told of its failures."""
        self._store.mark_broken(job, reason)
        try:
            alerts = self._store.spec(job.spec_hash).alerts
        except SchedulerError:
            return
        told = recipients(alerts, self._chat)
        self._store.add_alerts([_broken(job, channel, to, reason, now) for channel, to in told])

    def _after(self, job_id: int, ended: Sequence[RunRecord], now: datetime) -> Iterator[RunRecord]:
        """What comes after runs of one job."""
        job = self._job(job_id)
        followers = self._store.run_after_jobs(job) if job else []
        if job is None or not followers:
            return
        for before in ended:
            known = self._known(job, before)
            yield from (run for follower in followers if (run := self._run_after(follower, before, known, now)))

    def _known(self, job: JobRecord, before: RunRecord) -> Before:
        try:
            spec = self._store.spec(before.spec_hash)
        except DamagedError:
            logger.warning("the spec of run %s cannot be read; what runs after it starts as usual", before.id)
            return Before(job, AfterCondition.SUCCESS, job.schedule.rundate_offset)
        return Before(job, spec.fail_after_run_children, spec.schedule.rundate_offset)

    def _run_after(self, job: JobRecord, before: RunRecord, known: Before, now: datetime) -> RunRecord | None:
        after = job.schedule
        if not isinstance(after, AfterSchedule) or job.schedule_since > (before.ended or now):
            return None
        if not follows(after.condition, before.status, known.fail_after_children):
            return None
        if not may(self._identity_of(job.saved_by), Right.READ, known.job):
            return None
        if cycle := cycle_of(self._store, job.name, job.uuid, job.schedule):
            self._break(job, f"it runs after itself: {cycle}", now)
            return None
        return following(job, before, offset_before=known.rundate_offset, now=now)

    def _expire(self, runs: Sequence[RunRecord], reason: str) -> int:
        return sum(self._move(run, RunStatus.EXPIRED, reason) for run in runs)

    def _move(self, run: RunRecord, status: RunStatus, reason: str) -> bool:
        ended = self._clock.now() if status.final else None
        return self._store.move(run.id, RunStatus.SCHEDULED, RunChange(status=status, reason=reason, ended=ended))

    def _job(self, job_id: int) -> JobRecord | None:
        found = self._store.jobs(JobQuery(id=job_id))
        return found[0] if found else None


def _broken(job: JobRecord, channel: Channel, recipient: str, reason: str, now: datetime) -> AlertRecord:
    return AlertRecord(
        id=0,
        kind=AlertKind.BROKEN,
        channel=channel,
        recipient=recipient,
        job_name=job.name,
        created=now,
        text=reason,
        next_try=now,
    )


def cycle_of(store: Store, name: str, job_uuid: str, schedule: ScheduleSpec, *, reader: Identity | None = None) -> str:
    """The path on which a job, saved or not yet, would come after itself, in words; empty where it does not.

    What ``reader`` may not read is not named.
    """
    path, seen = [name], set[str]()
    while isinstance(schedule, AfterSchedule):
        by_name = bool(schedule.job_name) and name_key(schedule.job_name or "") == name_key(name)
        if by_name or (schedule.job_uuid and schedule.job_uuid == job_uuid):
            return " after ".join([*path, name])
        found = store.jobs(JobQuery(uuid=schedule.job_uuid) if schedule.job_uuid else JobQuery(name=schedule.job_name))
        if not found or found[0].uuid in seen:  # the end, or a circle that this job only leads to
            return ""
        seen.add(found[0].uuid)
        path.append(_title(found[0], reader))
        schedule = found[0].schedule
    return ""


def _title(job: JobRecord, reader: Identity | None) -> str:
    return job.name if reader is None or may(reader, Right.READ, job) else "(a job that you may not see)"


def _sliced(steps: Sequence[FireStep], rows: int) -> Iterator[list[FireStep]]:
    """Steps in slices that write about so many rows each, so that others can write in between."""
    part: list[FireStep] = []
    for step in steps:
        part.append(step)
        if sum(len(each.skipped) for each in part) > rows:
            yield part
            part = []
    if part:
        yield part


def _by_job(runs: Sequence[RunRecord]) -> dict[int, list[RunRecord]]:
    found: dict[int, list[RunRecord]] = defaultdict(list)
    for run in runs:
        if run.job_id is not None:
            found[run.job_id].append(run)
    return found
