"""The command that removes what is old, after it has said what that is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dtscheduler.cli.commands import commands
from dtscheduler.cli.exits import FAILED, WRONG_USE

if TYPE_CHECKING:
    from dtscheduler.model.pruning import Pruned

MOST_JOBS = 20

__all__ = ["commands"]


@commands.command("prune", short_help="Remove old runs with their logs and results.")
@click.option("--keep-days", type=float, required=True, metavar="N", help="Keep runs that ended less than N days ago.")
@click.option("--keep-last", type=int, default=0, show_default=True, metavar="N", help="Keep each job's latest N runs.")
@click.option("--job", help="Only runs of this job.")
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune_command(keep_days: float, keep_last: int, job: str | None, dry_run: bool, yes: bool) -> int:
    """Remove runs that ended long ago, with their logs and the results that nothing needs any more."""
    from dtscheduler.api.pruning import prune

    if not yes or dry_run:
        planned = prune(keep_days, keep_last, job, dry_run=True)
        _show(planned)
        if dry_run or planned.nothing:
            return FAILED if planned.problems else 0
        if not _at_a_terminal():
            click.echo("dtscheduler: nothing was removed; add --yes to remove this", err=True)
            return WRONG_USE
        if not click.confirm("Remove this?"):
            click.echo("nothing was removed")
            return FAILED
    done = prune(keep_days, keep_last, job)
    _show(done)
    return FAILED if done.problems else 0


def _at_a_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _show(pruned: Pruned) -> None:
    from dtscheduler.cli.show import show_facts, show_rows
    from dtscheduler.model.shown import printable

    if pruned.by_job:
        title = "would_go" if pruned.dry_run else "removed"
        rows = [{"job": name, title: count} for name, count in pruned.by_job.items()]
        show_rows(rows[:MOST_JOBS], as_json=False, empty="")
        if len(rows) > MOST_JOBS:
            click.echo(f"and runs of {len(rows) - MOST_JOBS} other jobs")
    if pruned.nothing and not pruned.store_bytes:
        click.echo("There is nothing to remove.")
    else:
        show_facts({("would_go" if pruned.dry_run else "removed"): "", **_facts(pruned)}, as_json=False)
    for note in pruned.notes:
        click.echo(printable(note))
    for problem in pruned.problems:
        click.echo(f"dtscheduler: {printable(problem)}", err=True)


def _facts(pruned: Pruned) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "runs": f"{pruned.runs:,}",
        "ended_from": pruned.oldest,
        "ended_until": pruned.newest,
        "task_runs": f"{pruned.task_runs:,}",
        "results": f"{pruned.results:,} ({show_bytes(pruned.result_bytes)})",
        "logs": f"{pruned.logs:,} ({show_bytes(pruned.log_bytes)})",
        "alerts": f"{pruned.alerts:,}",
    }
    if pruned.dry_run:
        return facts
    freed = show_bytes(pruned.bytes_freed)
    return {**facts, "specs": f"{pruned.specs:,}", "freed": f"{freed}, {show_bytes(pruned.store_bytes)} of the store"}


def show_bytes(size: int) -> str:
    """A size as people read it: ``1.5 MB``."""
    number, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            break
        number /= 1000
    return f"{size} B" if unit == "B" else f"{number:,.0f} {unit}" if number >= 100 else f"{number:.3g} {unit}"
