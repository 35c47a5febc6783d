"""What the jobs page shows: a page of saved jobs, and of one job its fires, runs and versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice, pairwise

from dtscheduler.drawing.looks import look_of
from dtscheduler.errors import AccessError, SchedulerError
from dtscheduler.model.access import Right
from dtscheduler.model.differences import job_changes
from dtscheduler.model.durations import show_duration
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import AfterSchedule, TimeSchedule
from dtscheduler.model.text import one_line
from dtscheduler.reports.page.wording import counted, name
from dtscheduler.timing.calendar import next_fire
from dtscheduler.timing.preview import Preview, preview
from dtscheduler.timing.rundate import rundate_of
from dtscheduler.timing.words import describe
from dtscheduler.ui.views.runs import took
from dtscheduler.workspace import Workspace

A_PAGE = 20
MOST_VERSIONS = 10
MOST_CHANGES = 10
LATEST_RUNS = 10
NEXT_FIRES = 8
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilters:
    """Which jobs are asked for; what is empty does not constrain. ``text`` is a part of the name."""

    text: str = ""
    tag: str | None = None
    label: str | None = None
    owner: str | None = None
    paused: bool | None = None

    def query(self) -> JobQuery:
        """The same as a query, without a page."""
        return JobQuery(
            text=self.text.strip(),
            tag=self.tag or None,
            label=self.label or None,
            owner=self.owner or None,
            paused=self.paused,
        )

    @property
    def asks(self) -> bool:
        """Whether anything is constrained."""
        return self != JobFilters()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One saved job. Texts but ``exact``, its name as it is, are one line each, with secrets masked; never markup.

    ``state`` is empty, or says with a sign that the job is paused or broken. ``last`` has the glyph and the word of the
    latest run's status; ``last_run`` is its number.
    """

    uuid: str
    exact: str
    name: str
    tag: str
    labels: tuple[str, ...]
    schedule: str
    next_fire: datetime | None
    last: str
    last_run: int | None
    state: str
    owner: str
    group: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPage:
    """One page of jobs, of ``pages``; ``found`` counts those on all pages."""

    rows: tuple[JobRow, ...]
    number: int
    pages: int
    found: int

    @property
    def caption(self) -> str:
        """``41-60 of 10,000 jobs``."""
        if not self.found:
            return "no jobs"
        first = (self.number - 1) * A_PAGE + 1
        if self.pages == 1:
            return counted(self.found, "job")
        return f"{first:,}–{first + len(self.rows) - 1:,} of {counted(self.found, 'job')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of a job, and what it changed against the one before."""

    version: int
    saved: datetime
    saved_by: str
    changes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestRun:
    """A recent run of a job."""

    run: int
    status: str
    rundate: date
    submitted: datetime
    took: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job. ``broken`` says why its schedule cannot be followed, ``denied`` why it may not be changed; or are empty.

    ``rundate`` is what a run gets that is started now without one.
    """

    uuid: str
    exact_name: str
    row: JobRow
    facts: str
    saved: str
    next_fire: datetime | None
    now: datetime
    rundate: date
    paused: bool
    broken: str
    denied: str


def count_found(place: Workspace, filters: JobFilters) -> int:
    """How many jobs there are on all pages."""
    return place.count_jobs(filters.query())


def any_jobs(place: Workspace) -> bool:
    """Whether there is any job that may be read."""
    return bool(place.jobs(JobQuery(limit=1)))


def jobs_page(place: Workspace, filters: JobFilters, number: int, found: int) -> JobsPage:
    """A page of jobs in order of their names; page 1 is the first, one that is not there the last.

    Args:
        place: the workspace.
        filters: which jobs.
        number: of the page.
        found: how many jobs there are on all pages.
    """
    pages = max(1, -(-found // A_PAGE))
    number = min(max(number, 1), pages)
    jobs = place.jobs(replace(filters.query(), offset=(number - 1) * A_PAGE, limit=A_PAGE))
    return JobsPage(rows=tuple(_rows(place, jobs)), number=number, pages=pages, found=found)


def job_view(place: Workspace, name_or_uuid: str) -> JobView:
    """Look at one job. Raises ``NotFoundError``."""
    job, now = place.job(name_or_uuid), place.clock.now()
    row = _rows(place, [job])[0]
    denied = ""
    try:
        place.gate.require(Right.WRITE, job, f"job {job.name!r}")
    except AccessError as refusal:
        denied = str(refusal)
    return JobView(
        uuid=job.uuid,
        exact_name=job.name,
        row=row,
        facts=_facts(row),
        saved=f"version {job.version}, saved by {name(job.saved_by)}",
        next_fire=row.next_fire,
        now=now,
        rundate=rundate_of(job.schedule, now),
        paused=job.paused is not None,
        broken=one_line(job.broken, LONGEST_REASON),
        denied=denied,
    )


def next_fires(place: Workspace, uuid: str) -> Preview:
    """The next fires of a job; none for one without times, or whose schedule cannot be followed."""
    job, now = place.job(uuid), place.clock.now()
    try:
        return preview(job.schedule, max(now, job.settled), NEXT_FIRES)
    except (SchedulerError, ValueError, OverflowError, OSError):  # the page says why the job is broken
        return Preview(description="", rows=())


def no_fires(place: Workspace, uuid: str) -> str:
    """Why a job has no fires to come, in words."""
    job = place.job(uuid)
    if job.broken:
        return "No fires: the schedule cannot be followed."
    if isinstance(job.schedule, AfterSchedule):
        return f"No times: it runs {describe(job.schedule)}."
    return "It has no schedule: it runs by hand only. Open it in Build to give it one."


def latest_runs(place: Workspace, uuid: str) -> list[LatestRun]:
    """The latest runs of a job, the newest first."""
    job, now = place.job(uuid), place.clock.now()
    return [_latest(run, now) for run in place.runs(RunQuery(job_id=job.id, limit=LATEST_RUNS))]


def versions(place: Workspace, uuid: str) -> list[VersionRow]:
    """The latest versions of a job, the newest first, with what each of them changed."""
    known = place.versions(place.job(uuid).id)[::-1][: MOST_VERSIONS + 1]
    rows = [
        VersionRow(
            version=after.version,
            saved=after.saved,
            saved_by=name(after.saved_by),
            changes=_changes(place, before.spec_hash, after.spec_hash),
        )
        for after, before in islice(pairwise(known), MOST_VERSIONS)
    ]
    if known and len(known) <= MOST_VERSIONS:
        first = known[-1]
        rows.append(VersionRow(version=first.version, saved=first.saved, saved_by=name(first.saved_by), changes="new"))
    return rows


def distance(instant: datetime, now: datetime) -> str:
    """``'in 3h 05m'``, ``'2m 10s ago'`` or ``'now'``."""
    seconds = (instant - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"in {show_duration(seconds)}" if seconds > 0 else f"{show_duration(-seconds)} ago"


def schedule_words(job: JobRecord) -> str:
    """A job's schedule as a sentence, also where it cannot be followed any more."""
    try:
        return describe(job.schedule)
    except Exception as error:  # whatever is wrong with one schedule, the others are listed
        return f"cannot be read ({type(error).__name__})"


def state_of(job: JobRecord) -> str:
    """``✕ broken: ...``, ``‖ paused by ada`` or nothing."""
    if job.broken:
        return f"✕ broken: {one_line(job.broken, LONGEST_REASON)}"
    return f"‖ paused by {name(job.paused_by)}" if job.paused else ""


def _rows(place: Workspace, jobs: Sequence[JobRecord]) -> list[JobRow]:
    last, now = place.latest_runs([job.id for job in jobs]), place.clock.now()
    return [_row(job, last.get(job.id), now) for job in jobs]


def _row(job: JobRecord, last: RunRecord | None, now: datetime) -> JobRow:
    look = look_of(last.status) if last else None
    return JobRow(
        uuid=job.uuid,
        exact=job.name,
        name=name(job.name),
        tag=name(job.tag),
        labels=tuple(map(name, job.labels)),
        schedule=schedule_words(job),
        next_fire=_next_fire(job, now),
        last=f"{look.glyph} {look.word}" if look else "",
        last_run=last.id if last else None,
        state=state_of(job),
        owner=name(job.owner),
        group=name(job.group),
        version=job.version,
    )


def _next_fire(job: JobRecord, now: datetime) -> datetime | None:
    """When a job fires next: what was due while no service was there is past."""
    if job.paused or job.broken or job.next_fire is None or not isinstance(job.schedule, TimeSchedule):
        return None
    return job.next_fire if job.next_fire > now else next_fire(job.schedule, now)


def _facts(row: JobRow) -> str:
    labels = f" · labels {', '.join(row.labels)}" if row.labels else ""
    group = f", group {row.group}" if row.group else ""
    schedule = row.schedule[:1].upper() + row.schedule[1:]
    return f"{schedule} · {row.tag}{labels} · of {row.owner}{group}"


def _latest(run: RunRecord, now: datetime) -> LatestRun:
    look = look_of(run.status)
    return LatestRun(
        run=run.id,
        status=f"{look.glyph} {look.word}",
        rundate=run.rundate,
        submitted=run.submitted,
        took=took(run, now),
        reason=one_line(run.reason, LONGEST_REASON),
    )


def _changes(place: Workspace, before: str, after: str) -> str:
    try:
        found = job_changes(place.spec(before), place.spec(after))
    except SchedulerError as error:  # what is damaged of one version hides no other
        return one_line(str(error), LONGEST_REASON)
    more = f"; and {len(found) - MOST_CHANGES} more" if len(found) > MOST_CHANGES else ""
    return "; ".join(one_line(change, 200) for change in found[:MOST_CHANGES]) + more or "nothing"
