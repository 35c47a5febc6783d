"""The commands that report on runs: as a table, or as a CSV, Parquet, HTML or JSON file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from dtscheduler.cli.serving import commands

if TYPE_CHECKING:
    import pandas as pd

    from dtscheduler.reports.columns import Kind
    from dtscheduler.reports.files import Target

__all__ = ["commands"]

SHOWN = 50
_RUN_SHOWN = (
    "run", "job", "status", "rundate", "started", "duration", "n_tasks", "failed", "cpu_seconds", "peak_memory_mb",
    "reason",
)  # fmt: skip
_TASK_SHOWN = (
    "run", "job", "rundate", "task", "part_name", "status", "attempt", "started", "duration", "cpu_seconds",
    "peak_memory_mb", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a report goes; at most one of them, or the terminal."""

    csv: str | None
    parquet: str | None
    html: str | None
    as_json: bool

    @property
    def to_terminal(self) -> bool:
        return not (self.csv or self.parquet or self.html or self.as_json)


def _with_output(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say where a report goes, given to the command as its argument ``output``."""

    def called(csv: str | None, parquet: str | None, html: str | None, as_json: bool, **others: Any) -> Any:
        if sum(map(bool, (csv, parquet, html, as_json))) > 1:
            raise click.UsageError("--csv, --parquet, --html and --json exclude each other; give one of them")
        return command(output=Output(csv=csv, parquet=parquet, html=html, as_json=as_json), **others)

    called.__name__, called.__doc__ = command.__name__, command.__doc__
    options = [
        click.option("--csv", metavar="PATH", help="Write a CSV file; '-' is standard output."),
        click.option("--parquet", metavar="PATH", help="Write a Parquet file."),
        click.option("--html", metavar="PATH", help="Write an HTML page; '-' is standard output."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
    ]
    for option in reversed(options):
        called = option(called)
    return called


def _with_filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that choose runs, as ``dtscheduler runs`` has them."""
    options = [
        click.option("--job", help="Only runs of this job."),
        click.option("--label"),
        click.option("--tag"),
        click.option("--status", multiple=True, help="Only what is in this status; may be repeated."),
        click.option("--owner"),
        click.option("--since", help="Submitted since: '2026-11-20', '2026-11-20 18:00', or '7d' for seven days ago."),
        click.option("--until", help="Submitted before, written like --since."),
        click.option("--reruns/--no-reruns", default=True, help="With reruns, or without. Default: with."),
        click.option(
            "-n", "--limit", type=click.IntRange(1), help=f"At most so many. Default: {SHOWN} on a terminal, else all."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@commands.group()
def report() -> None:
    """Report on runs and task runs: tables, CSV, Parquet, HTML, JSON."""


@report.command("runs")
@_with_filters
@_with_output
def runs_command(output: Output, status: tuple[str, ...], limit: int | None, **filters: Any) -> None:
    """One row a run, newest first."""
    from dtscheduler.api.place import workspace
    from dtscheduler.api.queries import run_query
    from dtscheduler.reports.columns import RUN_COLUMNS

    place = workspace()
    query = run_query(place, status=status or None, limit=_limit(output, limit), **filters)
    chunks = place.run_rows(query, list(RUN_COLUMNS))
    _give(output, "Runs", chunks, RUN_COLUMNS, shown=_RUN_SHOWN, cut=limit is None)


@report.command("tasks")
@click.option("--run", type=click.IntRange(1), help="Only this run.")
@click.option("--task", help="Only this task.")
@click.option("--attempts", is_flag=True, help="Also attempts before the one that decided.")
@_with_filters
@_with_output
def tasks_command(output: Output, status: tuple[str, ...], limit: int | None, **filters: Any) -> None:
    """One row a task run, the newest run first."""
    from dtscheduler.api.place import workspace
    from dtscheduler.api.queries import task_run_query
    from dtscheduler.reports.columns import TASK_RUN_COLUMNS

    place = workspace()
    query = task_run_query(place, status=status or None, limit=_limit(output, limit), **filters)
    chunks = place.task_run_rows(query, list(TASK_RUN_COLUMNS))
    _give(output, "Task runs", chunks, TASK_RUN_COLUMNS, shown=_TASK_SHOWN, cut=limit is None)


@report.command("durations")
@click.argument("job")
@click.option("--since", default="90d", show_default=True, help="Of runs submitted since: '2026-11-20' or '7d'.")
@_with_output
def durations_command(output: Output, job: str, since: str) -> None:
    """How long JOB takes and each of its tasks, and whether that changes."""
    from dtscheduler.api.reporting import durations

    _give_frame(output, f"Durations of {job}", durations(job, since))


@report.command("slowest")
@click.argument("run", metavar="RUN", type=int)
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True)
@_with_output
def slowest_command(output: Output, run: int, limit: int) -> None:
    """Which task runs of RUN took longest."""
    from dtscheduler.api.reporting import slowest

    _give_frame(output, f"Slowest task runs of run {run}", slowest(run, limit))


@report.command("sizing")
@click.argument("job")
@click.option(
    "--runs", type=click.IntRange(1), default=20, show_default=True, help="How many of its latest runs count."
)
@_with_output
def sizing_command(output: Output, job: str, runs: int) -> None:
    """What the tasks of JOB ask for beside what they use, and what they should ask for."""
    from dtscheduler.api.reporting import sizing

    _give_frame(output, f"CPU and memory of {job}", sizing(job, runs))


@report.command("results")
@click.argument("run", metavar="RUN", type=int)
@click.option("--task", help="Only the parts of this task. Default: those of all fan-outs.")
@_with_output
def results_command(output: Output, run: int, task: str | None) -> None:
    """What the parts of RUN gave, beside their parameters."""
    from dtscheduler.api.place import workspace
    from dtscheduler.reports.results import results_frame

    _give_frame(output, f"Results of run {run}", results_frame(workspace(), run, task))


def _limit(output: Output, limit: int | None) -> int | None:
    return SHOWN if limit is None and output.to_terminal else limit


def _give(
    output: Output,
    title: str,
    chunks: Iterator[list[tuple[Any, ...]]],
    kinds: Mapping[str, Kind],
    *,
    shown: Sequence[str],
    cut: bool,
) -> None:
    """Write rows of a store where they are to go, without holding all of them."""
    from dtscheduler.reports.plain import plain_rows

    if output.csv:
        from dtscheduler.reports.export import write_rows

        _told(output.csv, write_rows(chunks, kinds, _target(output.csv)))
    elif output.parquet:
        from dtscheduler.reports.frames import frame_of

        _write_parquet(frame_of(chunks, kinds), output.parquet)
    elif output.html:
        _write_page(title, list(kinds), plain_rows(chunks, kinds), output.html)
    else:
        rows = list(plain_rows(chunks, kinds))
        _show(rows if output.as_json else [{name: row[name] for name in shown} for row in rows], output.as_json)
        if cut and output.to_terminal and len(rows) == SHOWN:
            click.echo(f"These are the newest {SHOWN}; choose how many with -n.", err=True)


def _give_frame(output: Output, title: str, frame: pd.DataFrame) -> None:
    from dtscheduler.reports.plain import rows_of_frame

    if output.csv:
        from dtscheduler.reports.export import to_csv

        to_csv(frame, _target(output.csv))
        _told(output.csv, len(frame))
    elif output.parquet:
        _write_parquet(frame, output.parquet)
    elif output.html:
        _write_page(title, list(frame.columns), rows_of_frame(frame), output.html)
    else:
        _show(rows_of_frame(frame), output.as_json)


def _show(rows: Iterable[Mapping[str, Any]], as_json: bool) -> None:
    from datetime import timedelta

    from dtscheduler.cli.show import Seconds, show_rows

    def seconds(value: object) -> object:
        return Seconds(value.total_seconds()) if isinstance(value, timedelta) else value

    given = [{name: seconds(value) for name, value in row.items()} for row in rows]
    show_rows(given, as_json=as_json, empty="Nothing matches. Run something with: dtscheduler demo")


def _write_parquet(frame: pd.DataFrame, path: str) -> None:
    from dtscheduler.reports.export import to_parquet

    to_parquet(frame, path)
    _told(path, len(frame))


def _write_page(title: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], path: str) -> None:
    from dtscheduler.reports.table_page import write_table_page

    _told(path, write_table_page(title, columns, rows, _target(path)))


def _target(path: str) -> Target:
    if path != "-":
        return path
    sys.stdout.flush()
    return sys.stdout.buffer


def _told(path: str, count: int) -> None:
    if path != "-":
        click.echo(f"{count:,} row{'' if count == 1 else 's'} in {path}", err=True)
