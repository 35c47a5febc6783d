"""What the reports page shows: how long runs and tasks take, how often they fail, what they ask for and use.

Every table is made of a limited number of rows of the store, the latest ones, however much there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dtscheduler.model.durations import show_duration
from dtscheduler.model.run import RunQuery, TaskRunPage, TaskRunQuery
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.reports.columns import RUN_COLUMNS, TASK_RUN_COLUMNS
from dtscheduler.reports.page.wording import counted
from dtscheduler.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

SPANS = (7, 30, 90)
MOST_RUNS = 1_000
MOST_TASK_RUNS = 20_000
MOST_PARTS = 20
MOST_SIZED = 20
_OF_RUNS = ("run", "job", "status", "rundate", "submitted", "started", "ended", "duration", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilters:
    """Which runs are reported on: those of the last days, of one job, or with a label; what is empty does not constrain."""

    days: int = 30
    job: str | None = None
    label: str | None = None

    def query(self, now: datetime, *, limit: int | None = None) -> RunQuery:
        """The same as a query."""
        return RunQuery(job_name=self.job, label=self.label, since=now - timedelta(days=self.days), limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure: its label, its value in words, and what the value is of."""

    label: str
    value: str
    note: str


def recent_runs(place: Workspace, filters: ReportFilters) -> pd.DataFrame:
    """The latest runs, at most ``MOST_RUNS``; the columns are those of ``runs_report`` without sums over task runs."""
    from dtscheduler.reports.frames import frame_of

    query = filters.query(place.clock.now(), limit=MOST_RUNS)
    return frame_of(place.run_rows(query, _OF_RUNS), {name: RUN_COLUMNS[name] for name in _OF_RUNS})


def outcomes(place: Workspace, filters: ReportFilters) -> pd.DataFrame:
    """How the runs of each day (UTC) ended: ``day, completed, failed, other, success_rate`` (0 to 1, or missing)."""
    import pandas as pd

    days = place.run_figures(filters.query(place.clock.now()), filters.days)
    ended = pd.Series([day.completed + day.failed for day in days], dtype="float64")
    completed = pd.Series([day.completed for day in days], dtype="int64")
    return pd.DataFrame(
        {
            "day": pd.Series([day.day for day in days], dtype="datetime64[s]"),
            "completed": completed,
            "failed": pd.Series([day.failed for day in days], dtype="int64"),
            "other": pd.Series([day.other for day in days], dtype="int64"),
            "success_rate": completed / ended.where(ended > 0),
        }
    )


def facts(runs: pd.DataFrame, daily: pd.DataFrame) -> tuple[Fact, ...]:
    """The figures at the head of the page.

    Args:
        runs: as ``recent_runs`` gives them.
        daily: as ``outcomes`` gives them.
    """
    completed, failed = int(daily["completed"].sum()), int(daily["failed"].sum())
    total, ended = completed + failed + int(daily["other"].sum()), completed + failed
    taken = runs.loc[runs["status"] == RunStatus.COMPLETED.value, "duration"].dropna().dt.total_seconds()
    of = f"of {counted(len(taken), 'run')} that completed"
    return (
        Fact(label="Runs", value=f"{total:,}", note=f"submitted in the last {len(daily)} days"),
        Fact(
            label="Success rate",
            value=_percent(completed, ended),
            note=f"{completed:,} of {counted(ended, 'run')} that completed or failed",
        ),
        Fact(label="Median duration", value=_quantile(taken, 0.5), note=of),
        Fact(label="95 % take at most", value=_quantile(taken, 0.95), note=of),
    )


def is_cut(runs: pd.DataFrame) -> str:
    """What is said where there are more runs than are looked at; else empty."""
    return f"Durations are those of the latest {MOST_RUNS:,} runs." if len(runs) >= MOST_RUNS else ""


def job_names(runs: pd.DataFrame) -> list[str]:
    """The jobs of these runs, those with most of them first."""
    return [str(job) for job in runs["job"].value_counts().index]


def task_durations(place: Workspace, filters: ReportFilters) -> pd.DataFrame:
    """How long the task runs of a job take that completed, the slowest task first.

    Returns:
        ``task, count, median, p95, max`` (lengths of time), of the latest ``MOST_TASK_RUNS``.
    """
    from dtscheduler.reports.frames import frame_of

    query = TaskRunQuery(runs=filters.query(place.clock.now()), statuses=[TaskStatus.COMPLETED], limit=MOST_TASK_RUNS)
    kinds = {name: TASK_RUN_COLUMNS[name] for name in ("task", "duration")}
    taken = frame_of(place.task_run_rows(query, list(kinds)), kinds)
    by_task = taken.groupby("task", sort=False)["duration"]
    summary = by_task.agg(["count", "median", "max"])
    summary.insert(2, "p95", by_task.quantile(0.95))
    return summary.sort_values("p95", ascending=False).reset_index()


def slowest_parts(place: Workspace, filters: ReportFilters) -> tuple[int | None, pd.DataFrame]:
    """The task runs that took longest in the latest run of a job that has ended: its number, and the task runs."""
    from dtscheduler.reports.frames import records_frame

    ended = [status for status in RunStatus if status.final and status is not RunStatus.EXPIRED]
    runs = place.runs(RunQuery(job_name=filters.job, label=filters.label, statuses=ended, limit=1))
    page = TaskRunPage(order="duration", limit=MOST_PARTS)
    found = records_frame(place.task_run_page(runs[0].id, page) if runs else ())
    return (runs[0].id if runs else None), found[["task", "part_name", "status", "duration", "peak_memory_mb", "host"]]


def needs(place: Workspace, job: str) -> pd.DataFrame:
    """What each task of a job asks for beside what it used lately; see ``dtscheduler.sizing``.

    Raises:
        NotFoundError: there is no such job, and no run of one.
    """
    from dtscheduler.reports.sizing import sizing_frame

    latest = place.runs(RunQuery(job_name=job, limit=1))
    parts = place.count_task_runs(latest[0].id, TaskRunPage()) if latest else 0
    return sizing_frame(place, job, min(MOST_SIZED, max(1, MOST_TASK_RUNS // max(1, parts))))


def advised(sizes: pd.DataFrame) -> list[str]:
    """What to change, a sentence a task that does not fit."""
    told = sizes[~sizes["advice"].isin(["fits", "nothing was measured yet"])]
    return [f"{task}: {advice}" for task, advice in zip(told["task"], told["advice"], strict=True)]


def _percent(part: int, whole: int) -> str:
    if not whole:
        return "–"
    share = 100 * part / whole
    return f"{share:.0f} %" if share in (0, 100) or 1 <= share <= 99 else "< 1 %" if share < 1 else "> 99 %"


def _quantile(seconds: pd.Series[float], share: float) -> str:
    return show_duration(float(seconds.quantile(share))) if len(seconds) else "–"
