"""Reports on the runs of the workspace, as DataFrames and files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dtscheduler.api.place import workspace
from dtscheduler.api.queries import When, run_query, task_run_query
from dtscheduler.api.when import as_instant
from dtscheduler.model.status import RunStatus, TaskStatus

if TYPE_CHECKING:
    import os

    import pandas as pd

    from dtscheduler.reports.files import Target


def runs_report(
    job: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    status: str | RunStatus | Iterable[str] | None = None,
    owner: str | None = None,
    since: When = None,
    until: When = None,
    reruns: bool = True,
    limit: int | None = None,
) -> pd.DataFrame:
    """Runs of the workspace as a table: one row a run, newest first; only what you may read.

    Args:
        job: Only runs of the job of this name.
        label: Only runs with this label.
        tag: Only runs with this tag.
        status: Only runs in this status, or in one of these.
        owner: Only runs of jobs of this user.
        since: Only runs submitted at or after this: a date, an instant, or ``'7d'`` for seven days ago.
        until: Only runs submitted before this.
        reruns: False leaves reruns out.
        limit: At most so many; None for all.

    Returns:
        A DataFrame with the columns ``run`` (int64), ``job`` (str), ``version`` (Int64; missing where the job was not
        saved), ``status`` (category of all statuses), ``reason`` (str, secrets masked), ``rundate`` (datetime64[s], at
        midnight), ``trigger`` (category), ``submitted, scheduled, started, ended`` (datetime64[us, UTC]), ``waited`` from
        submission to start, ``duration`` (timedelta64[us]); of its task runs together ``n_tasks`` (all of them),
        ``completed, reused, failed`` (for whatever reason), ``did_not_run`` (Int64), ``cpu_seconds`` (float64, sum) and
        ``peak_memory_mb`` (float64, highest); ``owner, group, tag, labels`` (str; labels as ``x, y``), ``priority``
        (category), ``submitted_by`` (str), ``rerun_of, lineage`` (Int64: the run it repeats, and the first of them all).
    """
    from dtscheduler.reports.frames import runs_frame

    place = workspace()
    return runs_frame(place, run_query(place, job, label, tag, status, owner, since, until, reruns, limit))


def tasks_report(
    run: int | None = None,
    job: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    status: str | TaskStatus | Iterable[str] | None = None,
    owner: str | None = None,
    since: When = None,
    until: When = None,
    task: str | None = None,
    reruns: bool = True,
    attempts: bool = False,
    limit: int | None = None,
) -> pd.DataFrame:
    """Task runs of the workspace as a table: one row a part, the newest run first; only what you may read.

    Args:
        run: Only this run, by its number.
        job: Only runs of the job of this name.
        label: Only runs with this label.
        tag: Only runs with this tag.
        status: Only task runs in this status, or in one of these.
        owner: Only runs of jobs of this user.
        since: Only runs submitted at or after this: a date, an instant, or ``'7d'`` for seven days ago.
        until: Only runs submitted before this.
        task: Only task runs of the task of this name.
        reruns: False leaves reruns out.
        attempts: Also the attempts before the one that decided, each as a row of its own.
        limit: At most so many; None for all.

    Returns:
        A DataFrame with the columns ``run`` (int64), ``job`` (str), ``rundate`` (datetime64[s], at midnight), ``task``
        (str), ``part`` (int64, from 0), ``part_name`` (str), ``status`` (category of all statuses), ``reason`` (str,
        secrets masked), ``attempt`` (int64, from 1; 0 before the first), ``submitted, started, ended``
        (datetime64[us, UTC]), ``waited`` from when it could start to its start, ``duration`` (timedelta64[us]),
        ``cpu_seconds, peak_memory_mb`` (float64, as measured), ``result_bytes`` (Int64), ``worker, host`` (str),
        ``from_run`` (Int64, the run that a reused result is from), ``patched_by`` (str, who gave a result by hand).

    Raises:
        NotFoundError: There is no such run.
    """
    from dtscheduler.reports.frames import tasks_frame

    place = workspace()
    query = task_run_query(
        place,
        run,
        job,
        label,
        tag,
        status,
        owner,
        since,
        until,
        task=task,
        reruns=reruns,
        attempts=attempts,
        limit=limit,
    )
    return tasks_frame(place, query)


def durations(job: str, since: When = "90d") -> pd.DataFrame:
    """How long the runs of a job take, and each of its tasks: of what completed, over all parts of a fan-out.

    Args:
        job: Name of the job, saved or not.
        since: Of runs submitted at or after this: a date, an instant, ``'7d'`` for seven days ago, or None for all.

    Returns:
        A DataFrame with a row for the whole runs, then one a task, with the columns ``of`` (str, ``run`` or ``task``),
        ``task`` (str, empty for the whole runs), ``count`` (int64, how many were measured), ``median, p90, p95, max``
        (timedelta64[us]) and ``trend`` (float64): by which part the median of the latest quarter is longer than that of
        the others, 0.25 for a quarter longer; NaN for fewer than 8.
    """
    from dtscheduler.reports.durations import durations_frame

    place = workspace()
    return durations_frame(place, job, as_instant(since, "since", place.clock.now()))


def slowest(run: int, n: int = 20) -> pd.DataFrame:
    """The task runs of a run that took longest, the longest first; of those under way, what they have taken so far.

    Args:
        run: Number of the run.
        n: At most so many.

    Returns:
        A DataFrame with the columns ``task`` (str), ``part`` (int64), ``part_name`` (str), ``status`` (category),
        ``attempt`` (int64), ``started, ended`` (datetime64[us, UTC]), ``duration`` (timedelta64[us]), ``share`` (float64,
        of the time from the run's start to its end), ``cpu_seconds, peak_memory_mb`` (float64), ``host`` (str).

    Raises:
        NotFoundError: There is no such run.
    """
    from dtscheduler.reports.durations import slowest_frame

    return slowest_frame(workspace(), run, n)


def sizing(job: str, runs: int = 20) -> pd.DataFrame:
    """What each task of a job asks for beside what it used, and what it should ask for.

    Measured on the latest runs, over all parts, of task runs that completed or ran out of memory. CPU is time of CPU by
    time, 4000 MHz for a core, of those that took 0.1 s or more.

    Args:
        job: Name of the job, saved or not.
        runs: How many of its latest runs count.

    Returns:
        A DataFrame with one row a task and the columns ``task`` (str), ``parts`` (int64), ``cpu_mhz`` (int64, asked),
        ``cpu_mhz_used`` (float64, 95 of 100 use no more), ``cpu_mhz_suggested`` (Int64), ``memory_mb`` (int64, asked),
        ``memory_mb_p95, memory_mb_max`` (float64, of the peaks), ``memory_mb_suggested`` (Int64), ``measurements``
        (int64), ``sure`` (str: ``high`` from 20 measurements on, ``fair`` from 5 on, ``low``, ``none``), ``advice`` (str, in
        words).

    Raises:
        NotFoundError: There is no such job, and no run of one.
    """
    from dtscheduler.reports.sizing import sizing_frame

    return sizing_frame(workspace(), job, runs)


def to_csv(frame: pd.DataFrame, path_or_buffer: Target, *, raw: bool = False) -> None:
    r"""Write a table as CSV that a spreadsheet shows, and does not execute.

    Texts (cells, names of columns, index, categories) that a spreadsheet would take for a formula, because they start
    with ``= + - @``, a tab or a line break, also after spaces or quotes, get a leading ``'``; so does what starts like
    that after ``;``, a tab or a line break inside a text. Numbers stay numbers, also negative ones; times are
    ISO 8601 (``Z`` for UTC), lengths of time seconds, missing values empty. Values of columns whose names look secret
    (``db_password``, ``api key``) are masked. An index of numbers without a name is not written; the levels of a name are
    joined with ``" / "``. UTF-8, commas, ``\n`` after each line; what UTF-8 does not have, and NUL, is written as
    ``\ud800`` and ``\x00``.

    Args:
        frame: Any DataFrame.
        path_or_buffer: A path, or a text or binary file that stays open. A file takes the place of an earlier one only
            when it is complete.
        raw: Leave formulas as they are, for programs that read text as text.

    Raises:
        SchedulerError: The file cannot be written; what stood there before is untouched.
    """
    from dtscheduler.reports.export import to_csv as write

    write(frame, path_or_buffer, raw=raw)


def to_parquet(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table as a Parquet file. Columns of mixed values become text, names of columns text, each once.

    Args:
        frame: Any DataFrame.
        path: The file; it takes the place of an earlier one only when it is complete.

    Raises:
        SchedulerError: pyarrow is not installed, or the file cannot be written.
    """
    from dtscheduler.reports.export import to_parquet as write

    write(frame, path)
