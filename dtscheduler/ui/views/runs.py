"""What a list of runs shows: which of them are asked for, a row each, and figures of the last days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from dtscheduler.drawing.looks import look_of
from dtscheduler.model.durations import show_duration
from dtscheduler.model.figures import DayFigures
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.model.text import one_line
from dtscheduler.reports.page.wording import made_by, name
from dtscheduler.ui.views.moments import end_of, start_of

DAYS = 7
LONGEST_REASON = 300
ACTIVE = (RunStatus.SCHEDULED, RunStatus.READY, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which runs are asked for; what is empty does not constrain. The days are those of the viewer's clock, inclusive.

    ``text`` is a part of the job's name, ``job`` the whole of it.
    """

    text: str = ""
    job: str | None = None
    label: str | None = None
    tag: str | None = None
    statuses: tuple[RunStatus, ...] = ()
    owner: str | None = None
    since: date | None = None
    until: date | None = None

    def query(self, zone: tzinfo) -> RunQuery:
        """The same as a query; ``zone`` is that of the viewer."""
        return RunQuery(
            job_text=self.text,
            job_name=self.job,
            label=self.label,
            tag=self.tag,
            owner=self.owner,
            statuses=self.statuses or None,
            since=start_of(self.since, zone) if self.since else None,
            until=end_of(self.until, zone) if self.until else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run in a list. Texts are one line each, with secrets masked; they are text, never markup.

    ``depth`` is 0, or 1 for a rerun under the run that it repeats; ``took`` is empty before it starts.
    """

    run: int
    depth: int
    job: str
    status: RunStatus
    rundate: date
    submitted: datetime
    started: datetime | None
    took: str
    made_by: str
    tag: str
    labels: tuple[str, ...]
    owner: str
    reason: str

    @property
    def number(self) -> str:
        """``12``, or ``↳ 14`` for a rerun under its original."""
        return f"↳ {self.run}" if self.depth else f"{self.run}"

    @property
    def sign(self) -> str:
        """Glyph and word of the status."""
        look = look_of(self.status)
        return f"{look.glyph} {look.word}"


def nests(query: RunQuery) -> bool:
    """Whether reruns stand under the run they repeat, on its page: not where only some of them are asked for."""
    return query.statuses is None and query.since is None and query.until is None


def nested(runs: Sequence[RunRecord], reruns: Mapping[int, Iterable[RunRecord]]) -> list[tuple[int, RunRecord]]:
    """The runs of a page with their depths: each original is followed by its reruns, the newest first.

    Args:
        runs: of the page, newest first; reruns among them stand under their original where that is on the page too.
        reruns: further ones, by the number of their original.
    """
    under: dict[int, dict[int, RunRecord]] = {run.id: {} for run in runs if run.lineage is None}
    for run in [*runs, *(again for several in reruns.values() for again in several)]:
        if run.lineage in under:
            under[run.lineage][run.id] = run
    placed = {number for found in under.values() for number in found}
    listed = []
    for run in runs:
        if run.id not in placed:
            listed.append((0, run))
            again = under.get(run.id, {})
            listed += [(1, again[number]) for number in sorted(again, reverse=True)]
    return listed


def rows(listed: Iterable[tuple[int, RunRecord]], zone: tzinfo, now: datetime) -> list[RunRow]:
    """The rows of runs that are listed with their depths."""
    return [_row(depth, run, zone, now) for depth, run in listed]


def took(run: RunRecord, now: datetime) -> str:
    """How long a run took, or has taken so far; empty before it starts."""
    end = run.ended or (None if run.status.final else now)
    if run.started is None or end is None:
        return ""
    length = show_duration(max(0.0, (end - run.started).total_seconds()))
    return length if run.status.final else f"{length} so far"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the last days: its label, its value in words, what the value is of, and a number for each day.

    ``trend`` has the oldest day first; days that have no number are left out.
    """

    label: str
    value: str
    note: str
    trend: tuple[float, ...] = ()


def figures(days: Sequence[DayFigures], running: int, waiting: int) -> list[Figure]:
    """The figures of the last days, the oldest day first, the last one today; days are those of UTC.

    Args:
        days: what the runs of each day amount to.
        running: how many runs go on now.
        waiting: how many have not begun.
    """
    counts = [day.completed + day.failed + day.other for day in days]
    completed, failed = sum(day.completed for day in days), sum(day.failed for day in days)
    ended = completed + failed
    decided = [day for day in days if day.completed + day.failed]
    return [
        Figure(label="Going on now", value=f"{running:,}", note=f"{waiting:,} waiting"),
        Figure(
            label="Runs today",
            value=f"{counts[-1]:,}" if counts else "0",
            note=f"{sum(counts):,} in {len(days)} days",
            trend=tuple(map(float, counts)),
        ),
        Figure(
            label="Success rate",
            value=_percent(completed, ended),
            note=f"{completed:,} of {ended:,} in {len(days)} days",
            trend=tuple(100 * day.completed / (day.completed + day.failed) for day in decided),
        ),
        Figure(
            label="Mean duration",
            value=show_duration(sum(day.seconds for day in days) / ended) if ended else "–",
            note=f"of {ended:,} in {len(days)} days",
            trend=tuple(day.seconds / (day.completed + day.failed) for day in decided),
        ),
    ]


def _percent(part: int, whole: int) -> str:
    if not whole:
        return "–"
    share = 100 * part / whole
    return f"{share:.0f} %" if share in (0, 100) or 1 <= share <= 99 else "< 1 %" if share < 1 else "> 99 %"


def _row(depth: int, run: RunRecord, zone: tzinfo, now: datetime) -> RunRow:
    return RunRow(
        run=run.id,
        depth=depth,
        job=name(run.job_name),
        status=run.status,
        rundate=run.rundate,
        submitted=run.submitted,
        started=run.started,
        took=took(run, now),
        made_by=made_by(run, zone),
        tag=name(run.tag),
        labels=tuple(map(name, run.labels)),
        owner=name(run.owner),
        reason=one_line(run.reason, LONGEST_REASON),
    )
