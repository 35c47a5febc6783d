"""The commands; what is heavy is imported inside them, so that ``--help`` is quick."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dtscheduler.cli.exits import FAILED
from dtscheduler.version import __version__

if TYPE_CHECKING:
    from dtscheduler.api.handle import Run

FOLLOW_SECONDS = 0.3

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dtscheduler")
@click.option("--workspace", metavar="FOLDER|URL", help="Use this workspace instead of that of the settings.")
def commands(workspace: str | None) -> None:
    """Run suites of batch jobs on this machine, and see what happened."""
    if workspace is not None:
        from dtscheduler.api.place import use

        use(workspace)


@commands.command(short_help="Run the flight-delay suite and write its report.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="flight_delays.csv", show_default=True)
def demo(out: Path) -> int:
    """Run the flight-delay suite on all flights that left New York in 2013, and write its report as CSV."""
    from dtscheduler.cli.demo import run_demo

    return exit_code_of(run_demo(out))


@commands.command("run")
@click.argument("target", metavar="FILE|JOB")
@click.option("--rundate", metavar="YYYY-MM-DD", help="The date to run for. Default: today, on the schedule's clock.")
@click.option("--executor", type=click.Choice(["processes", "inline"]), help="Where tasks execute.")
@click.option("--detach", is_flag=True, help="Leave the run to the service, and return at once.")
def run_command(target: str, rundate: str | None, executor: str | None, detach: bool) -> int:
    """Run a saved job by its name or uuid, or the DAGs that a Python file makes."""
    from dtscheduler.cli.targets import run_target, submit_target

    if detach and executor:
        raise click.UsageError("--executor is for runs here; a run that is left to the service uses worker processes")
    if detach:
        for run in submit_target(target, rundate=rundate):
            click.echo(f"run {run.id} of {run.record.job_name!r} is submitted; see it with: dtscheduler show {run.id}")
        tell_if_unserved()
        return 0
    runs = run_target(target, rundate=rundate, executor=executor)
    return max(exit_code_of(run) for run in runs)


@commands.command("jobs")
@click.option("--label")
@click.option("--tag")
@click.option("--owner")
@as_json
def jobs_command(label: str | None, tag: str | None, owner: str | None, as_json: bool) -> None:
    """List the saved jobs."""
    from dtscheduler.api.saved import jobs
    from dtscheduler.cli.rows import job_row
    from dtscheduler.cli.show import show_rows

    rows = [job_row(job.record) for job in jobs(label=label, tag=tag, owner=owner)]
    show_rows(rows, as_json=as_json, empty="No jobs are saved here. Save one from Python with dag.save().")


@commands.command("runs")
@click.option("--job", help="Only runs of this job.")
@click.option("--label")
@click.option("--tag")
@click.option("--status", multiple=True, help="Only runs in this status; may be repeated.")
@click.option("--owner")
@click.option("--since", help="Submitted since: '2026-11-20', '2026-11-20 18:00', or '7d' for seven days ago.")
@click.option("--until", help="Submitted before, written like --since.")
@click.option("-n", "--limit", type=click.IntRange(1), default=50, show_default=True)
@as_json
def runs_command(as_json: bool, status: tuple[str, ...], **filters: Any) -> None:
    """List runs, newest first."""
    from dtscheduler.api.place import workspace
    from dtscheduler.api.queries import run_query
    from dtscheduler.cli.rows import run_row
    from dtscheduler.cli.show import show_rows

    place = workspace()
    found = place.runs(run_query(place, status=status or None, **filters))
    empty = "No runs match. Run something with: dtscheduler demo"
    show_rows([run_row(record) for record in found], as_json=as_json, empty=empty)


@commands.command(short_help="Show how a run ended and where its time went.")
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--html", metavar="PATH", help="Write all about the run into one HTML file; '-' is standard output.")
@as_json
def show(run_id: int, html: str | None, as_json: bool) -> None:
    """Show a run: how it ended, its tasks and where the time went, and what did not complete."""
    from dtscheduler.api.failures import said
    from dtscheduler.api.place import workspace
    from dtscheduler.cli import rows
    from dtscheduler.cli.show import show_facts, show_rows

    place = workspace()
    if html is not None:
        from dtscheduler.cli.page import write_page

        write_page(place, run_id, html)
        return
    record, task_runs = place.run(run_id), place.task_runs(run_id)
    if as_json:
        show_facts({**rows.run_facts(record), "task_runs": [rows.task_run_row(t) for t in task_runs]}, as_json=True)
        return
    show_facts(
        {name: value for name, value in rows.run_facts(record).items() if value not in (None, "", [])}, as_json=False
    )
    click.echo()
    show_rows(rows.task_rows(task_runs), as_json=False, empty="")
    unusual = rows.part_rows(task_runs)
    if unusual:
        show_rows(unusual, as_json=False, empty="")
        for group in place.failures(run_id):
            click.echo(said(group))
        click.echo(f"A task's log: dtscheduler logs {run_id} TASK [PART]")


@commands.command(short_help="Print the log of a task in a run.")
@click.argument("run_id", metavar="RUN", type=int)
@click.argument("task")
@click.argument("part", default="0")
@click.option("--attempt", type=click.IntRange(1), help="Which attempt. Default: the latest.")
@click.option("-f", "--follow", is_flag=True, help="Go on printing until the attempt has ended.")
def logs(run_id: int, task: str, part: str, attempt: int | None, follow: bool) -> None:
    """Print the log of TASK in RUN; of a fan-out that of PART, given by name or number."""
    from dtscheduler.api.listing import run

    found = run(run_id)
    shown = found.log(task, part, attempt)
    click.echo(shown, nl=False)
    while follow and not found.part(task, part).status.final:
        time.sleep(FOLLOW_SECONDS)
        text = found.log(task, part, attempt)
        click.echo(text[len(shown) :] if text.startswith(shown) else text, nl=False)
        shown = text


@commands.command()
@click.argument("run_id", metavar="RUN", type=int)
def stop(run_id: int) -> None:
    """Stop a run; results that are there stay."""
    from dtscheduler.api.listing import run

    found = run(run_id)
    if found.status.final:
        click.echo(f"run {run_id} has ended already: {found.status}")
        return
    found.stop()
    click.echo(f"run {run_id}: {found.wait(30)}")


@commands.command()
@click.argument("run_id", metavar="RUN", type=int)
def resume(run_id: int) -> int:
    """Finish a run here whose process has died, or that waits for a service."""
    from dtscheduler.api.driving import resume as resume_run

    return exit_code_of(resume_run(run_id))


@commands.group()
def image() -> None:
    """Register the folders that hold the code of jobs."""


@image.command("add")
@click.argument("name")
@click.option("--path", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--tag", type=click.Choice(["dev", "pre", "prod"]), default="dev", show_default=True)
@click.option("--python", default=sys.executable, help="Interpreter that runs the code. Default: this one.")
def image_add(name: str, path: Path, tag: str, python: str) -> None:
    """Register the folder PATH and an interpreter as image NAME; an image of that name and tag is replaced."""
    from dtscheduler.api.images import add_image

    record = add_image(name, path=path, tag=tag, python=python)
    click.echo(f"image {record.name!r} ({record.tag}) is {record.path} with {record.python}")


@image.command("list")
@as_json
def image_list(as_json: bool) -> None:
    """List the registered images."""
    from dtscheduler.api.place import workspace
    from dtscheduler.cli.rows import image_row
    from dtscheduler.cli.show import show_rows

    empty = "No images are registered. Register one with: dtscheduler image add NAME --path FOLDER"
    show_rows([image_row(record) for record in workspace().images()], as_json=as_json, empty=empty)


@image.command("show")
@click.argument("name")
@click.option("--tag", type=click.Choice(["dev", "pre", "prod"]), default="dev", show_default=True)
@as_json
def image_show(name: str, tag: str, as_json: bool) -> None:
    """List the entrypoints of an image with their signatures; its code is imported in a process of its own."""
    from dtscheduler.api.images import image_entrypoints
    from dtscheduler.cli.rows import entrypoint_row
    from dtscheduler.cli.show import show_rows

    rows = [entrypoint_row(found, entrypoint) for entrypoint, found in image_entrypoints(name, tag)]
    empty = "No entrypoints: mark functions with @batch(), or define __batch_main__ in a file."
    show_rows(rows, as_json=as_json, empty=empty)


@commands.command(short_help="Say what is installed, and whether the workspace is sound.")
@as_json
def doctor(as_json: bool) -> int:
    """Say what is installed, where the workspace is, and whether it is sound."""
    from dtscheduler.cli.doctor import examine
    from dtscheduler.cli.show import show_facts

    facts, problems = examine()
    show_facts({**facts, "problems": problems or "none"}, as_json=as_json)
    return FAILED if problems else 0


def tell_if_unserved() -> None:
    """Say that what was submitted waits, where no service is alive."""
    from dtscheduler.api.handle import NO_SERVICE
    from dtscheduler.api.place import workspace

    if not workspace().served():
        click.echo(NO_SERVICE, err=True)


def exit_code_of(run: Run) -> int:
    """0 if a run has completed."""
    from dtscheduler.model.status import RunStatus

    return 0 if run.status is RunStatus.COMPLETED else FAILED
