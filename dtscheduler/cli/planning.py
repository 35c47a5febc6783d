"""The commands that look before a run, and that do one again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dtscheduler.cli.commands import as_json, commands, exit_code_of, tell_if_unserved
from dtscheduler.model.shown import printable

if TYPE_CHECKING:
    from dtscheduler.api.plan import Plan


@commands.command("plan", short_help="Show what a run would do, and why.")
@click.argument("target", metavar="FILE|JOB")
@click.option("--rundate", metavar="YYYY-MM-DD", help="The date to run for. Default: today, on the schedule's clock.")
@click.option("--reuse", type=click.Choice(["lineage", "content"]), help="In the place of the job's own Reuse.")
@as_json
def plan_command(target: str, rundate: str | None, reuse: str | None, as_json: bool) -> None:
    """Show what a run of a saved job, or of the DAGs that a Python file makes, would do now; nothing is run."""
    from dtscheduler.cli.targets import plan_target

    for plan in plan_target(target, rundate=rundate, reuse=reuse):
        _show(plan, as_json=as_json)


@commands.command(short_help="Do a run again: what did not complete, or more.")
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--full", is_flag=True, help="Everything, not only what did not complete.")
@click.option("--from", "tasks", metavar="TASK", multiple=True, help="This task and all after it; may be repeated.")
@click.option("--latest", is_flag=True, help="Run the latest version of the saved job, not the one that ran.")
@click.option("--version", type=click.IntRange(1), help="Run this version of the saved job.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--executor", type=click.Choice(["processes", "inline"]), help="Where tasks execute.")
@click.option("--detach", is_flag=True, help="Leave the run to the service, and return at once.")
def rerun(
    run_id: int,
    full: bool,
    tasks: tuple[str, ...],
    latest: bool,
    version: int | None,
    dry_run: bool,
    executor: str | None,
    detach: bool,
) -> int:
    """Do RUN again as a new run: by default what did not complete and all that depends on it."""
    from dtscheduler.api.listing import run

    if latest and version is not None:
        raise click.UsageError("give --latest or --version, not both")
    if detach and executor:
        raise click.UsageError("--executor is for runs here; a run that is left to the service uses worker processes")
    asked: dict[str, Any] = {"full": full, "tasks": tasks or None, "version": "latest" if latest else version}
    found = run(run_id)
    plan = found.plan(**asked)
    for difference in plan.differences:
        click.echo(f"the version that runs differs: {printable(difference)}", err=True)
    if dry_run:
        _show(plan, as_json=False)
        return 0
    click.echo(plan.summary, err=True)
    again = found.rerun(plan=plan, executor=executor, detach=detach)
    if detach:
        click.echo(f"run {again.id} is submitted; see it with: dtscheduler show {again.id}")
        tell_if_unserved()
        return 0
    return exit_code_of(again)


def _show(plan: Plan, *, as_json: bool) -> None:
    from dtscheduler.cli.show import show_facts

    if not as_json:
        click.echo(str(plan))
        return
    estimate = plan.estimate
    facts: dict[str, Any] = {
        "rundate": plan.rundate,
        "compared_with": plan.compared_with,
        "reused": plan.reused,
        "to_run": plan.to_run,
        "unknown": plan.unknown,
        "median_seconds": estimate.median_seconds,
        "p90_seconds": estimate.p90_seconds,
        "differences": list(plan.differences),
        "tasks": [
            {"task": row.task, "parts": list(row.parts), "fate": row.fate, "reason": row.reason} for row in plan.rows()
        ],
    }
    show_facts(facts, as_json=True)
