"""What the calendar page shows: the fires of the next days, and why a job fires at an instant, or does not."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial

from dtscheduler.api.schedule import Schedule
from dtscheduler.api.upcoming import NotTimed, not_timed
from dtscheduler.api.why import why
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.model.text import one_line
from dtscheduler.reports.page.wording import counted, name
from dtscheduler.timing.calendar import fires
from dtscheduler.timing.explain import LevelCheck
from dtscheduler.timing.rundate import rundate_of
from dtscheduler.timing.words import describe
from dtscheduler.ui.views.jobs import JobFilters, schedule_words
from dtscheduler.ui.views.moments import in_utc, local, start_of
from dtscheduler.workspace import Workspace

SPANS = (1, 7, 30)
MOST_JOBS = 2_000
MOST_FIRES = 60_000
MOST_ROWS_A_DAY = 100
MOST_SEPARATE = 4
MOST_OTHERS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FireRow:
    """A fire of a job, or all of its fires on one day if they are many: then ``last`` is the last of ``count``."""

    first: datetime
    last: datetime
    count: int
    job: str
    exact: str
    rundate: date
    words: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day on the clock of the viewer; ``rows`` may be fewer than there are, then ``left_out`` says so."""

    day: date
    title: str
    rows: tuple[FireRow, ...]
    left_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """The days that have fires; ``fires`` of ``jobs`` jobs in all. ``left_out`` says what is not among them, or is empty."""

    days: tuple[CalendarDay, ...]
    fires: int
    jobs: int
    left_out: str

    @property
    def caption(self) -> str:
        """``1,452 fires of 12 jobs``."""
        return f"{counted(self.fires, 'fire')} of {counted(self.jobs, 'job')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Why a job fires at an instant, or does not, and what became or will become of that."""

    job: str
    verdict: str
    fires: bool
    when: str
    schedule: str
    reason: str
    levels: tuple[LevelCheck, ...]
    outcome: str
    run: int | None


@dataclass(frozen=True, slots=True)
class _Daily:
    """The fires of one schedule on one day."""

    first: datetime
    last: datetime
    count: int
    some: tuple[datetime, ...]


def coming(place: Workspace, filters: JobFilters, days: int, zone: tzinfo) -> Coming:
    """The fires of the next days on the clock of a zone, today included.

    At most ``MOST_JOBS`` jobs are looked at, those that fire first, and about ``MOST_FIRES`` of their fires.
    """
    now = place.clock.now()
    jobs = place.jobs(replace(filters.query(), order="next_fire", limit=MOST_JOBS + 1))
    horizon, left_out = _horizon(jobs, now, zone)
    walks: dict[tuple[TimeSchedule, datetime], _Walk | None] = {}
    walked = [(job, walk) for job in jobs[:MOST_JOBS] if (walk := _walk(walks, job, now))]
    shown: list[CalendarDay] = []
    total, today = 0, now.astimezone(zone).date()
    seen: set[int] = set()
    for day in (today + timedelta(days=number) for number in range(days)):
        if horizon is not None and start_of(day, zone) > horizon:
            break
        if sum(walk.spent for walk in walks.values() if walk) > MOST_FIRES:
            left_out = f"Fires from {_titled(day, today)} on are left out, because they are too many. {_NARROW}"
            break
        end = start_of(day + timedelta(days=1), zone)
        until = end if horizon is None else min(end, horizon + timedelta(microseconds=1))
        found = [(job, daily) for job, walk in walked if (daily := walk.until(until))]
        seen.update(job.id for job, _ in found)
        count = sum(daily.count for _, daily in found)
        total += count
        if found:
            shown.append(_day(day, today, found, count))
    return Coming(days=tuple(shown), fires=total, jobs=len(seen), left_out=left_out)


def without_times(place: Workspace, filters: JobFilters) -> list[NotTimed]:
    """Jobs that do not fire at times: they run after another one, by hand, or not at all; the first of them."""
    jobs = place.jobs(replace(filters.query(), order="next_fire", limit=MOST_JOBS))
    untimed = [job for job in jobs if job.broken or not isinstance(job.schedule, TimeSchedule)]
    return not_timed(place, untimed[:MOST_OTHERS])


def some_names(place: Workspace, filters: JobFilters) -> list[str]:
    """The names of jobs that can be asked about, those first that fire first."""
    return [job.name for job in place.jobs(replace(filters.query(), order="next_fire", limit=MOST_OTHERS))]


def answer(place: Workspace, job_name: str, at: datetime, zone: tzinfo) -> Answer:
    """Why a job fires at an instant or does not; what has no zone is read on the clock of the job's schedule.

    Raises:
        NotFoundError: there is no such job.
        InvalidJobError: the instant is outside the calendar.
    """
    job = place.job(job_name)
    told = why(place, job, at)
    version = place.instant(job.uuid, told.instant).version
    schedule = place.spec(version.spec_hash).schedule if version and not job.broken else job.schedule
    explained = None if job.broken else Schedule.from_spec(schedule).explain(told.instant)
    return Answer(
        job=name(job.name),
        verdict="fires" if told.fires else "does not fire",
        fires=told.fires,
        when=_when(told.instant, explained.local if explained else "", zone),
        schedule=schedule_words(job) if explained is None else describe(schedule),
        reason=f"Because {explained.reason}." if explained else "",
        levels=explained.levels if explained else (),
        outcome=one_line(told.outcome, 600),
        run=told.run.id if told.run else None,
    )


def clock_of(place: Workspace, job_name: str) -> str:
    """The zone of a job's schedule. Raises ``NotFoundError``."""
    return place.job(job_name).schedule.timezone


_NARROW = "Narrow the filters to see them."


class _Walk:
    """Goes through the fires of a schedule, one day after the other."""

    __slots__ = ("_ahead", "_days", "_fires", "spent")

    def __init__(self, schedule: TimeSchedule, after: datetime) -> None:
        self._fires: Iterator[datetime] = fires(schedule, after)
        self._ahead = next(self._fires, None)
        self._days: dict[datetime, _Daily | None] = {}
        self.spent = 1

    def until(self, end: datetime) -> _Daily | None:
        """The fires before an instant that no earlier call has given; the same for the same instant."""
        if end not in self._days:
            self._days[end] = self._next(end)
        return self._days[end]

    def _next(self, end: datetime) -> _Daily | None:
        first = last = self._ahead
        if first is None or last is None or first >= end:
            return None
        some, count = [first], 1
        for fire in self._fires:
            if fire >= end:
                self._ahead = fire
                break
            last, count = fire, count + 1
            if count <= MOST_SEPARATE:
                some.append(fire)
        else:
            self._ahead = None
        self.spent += count
        return _Daily(first, last, count, tuple(some) if count <= MOST_SEPARATE else ())


def _walk(walks: dict[tuple[TimeSchedule, datetime], _Walk | None], job: JobRecord, now: datetime) -> _Walk | None:
    """What goes through the fires of a job; jobs of one schedule share it. None for a job without times."""
    if job.broken or not isinstance(job.schedule, TimeSchedule):
        return None
    key = (job.schedule, max(now, job.settled))
    if key not in walks:
        try:
            walks[key] = _Walk(*key)
        except (ValueError, OverflowError, OSError):  # one schedule that cannot be followed hides no other
            walks[key] = None
    return walks[key]


def _horizon(jobs: Sequence[JobRecord], now: datetime, zone: tzinfo) -> tuple[datetime | None, str]:
    """Up to which instant the fires of all jobs are known, and what is therefore left out; None for all."""
    if len(jobs) <= MOST_JOBS:
        return None, ""
    known = jobs[MOST_JOBS].next_fire
    if jobs[MOST_JOBS].paused or known is None or known <= now:
        return None, f"Only {MOST_JOBS:,} of these jobs are looked at. {_NARROW}"
    return known, f"More than {MOST_JOBS:,} jobs fire until {local(known, zone)}; later fires are left out. {_NARROW}"


def _rows(job: JobRecord, found: _Daily) -> list[FireRow]:
    make = partial(
        FireRow,
        job=name(job.name),
        exact=job.name,
        note=f"paused by {name(job.paused_by)}" if job.paused else "",
    )
    schedule = job.schedule
    if found.some:
        return [
            make(first=fire, last=fire, count=1, rundate=rundate_of(schedule, fire), words="") for fire in found.some
        ]
    words = f"{found.count:,} times: {describe(schedule)}"
    rundate = rundate_of(schedule, found.first)
    return [make(first=found.first, last=found.last, count=found.count, rundate=rundate, words=words)]


def _day(day: date, today: date, found: list[tuple[JobRecord, _Daily]], count: int) -> CalendarDay:
    first = heapq.nsmallest(MOST_ROWS_A_DAY, found, key=lambda each: (each[1].first, each[0].name))
    rows = sorted((row for job, daily in first for row in _rows(job, daily)), key=lambda row: (row.first, row.job))
    kept = tuple(rows[:MOST_ROWS_A_DAY])
    more = count - sum(row.count for row in kept)
    return CalendarDay(
        day=day,
        title=f"{_titled(day, today)} · {counted(count, 'fire')} of {counted(len(found), 'job')}",
        rows=kept,
        left_out=f"{counted(more, 'more fire')} of this day are left out. {_NARROW}" if more else "",
    )


def _titled(day: date, today: date) -> str:
    near = {0: "Today, ", 1: "Tomorrow, "}.get((day - today).days, "")
    return f"{near}{day:%A %-d %B %Y}"


def _when(at: datetime, local_there: str, zone: tzinfo) -> str:
    there = f"{local_there}" if local_there else local(at, zone)
    return f"{there} ({in_utc(at.astimezone(UTC))})"
