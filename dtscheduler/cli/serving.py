"""The commands about the service: to be it, to see it, and to see what it tells people."""

from __future__ import annotations

import signal
import sys
import threading
from shlex import quote
from typing import TYPE_CHECKING

import click

from dtscheduler.cli.commands import as_json, commands, tell_if_unserved
from dtscheduler.cli.exits import FAILED
from dtscheduler.model.shown import printable

if TYPE_CHECKING:
    from dtscheduler.service.loop import Service

__all__ = ["commands"]


@commands.command(short_help="Be the service: fire schedules, drive runs, send alerts.")
@click.option("--once", is_flag=True, help="Do what is due and what follows from it, then end.")
@click.option("--idle-exit", metavar="TIME", help="End after nothing was done for so long: '10m'.")
@click.option(
    "--until-eof", is_flag=True, help="End when the standard input does, for whoever starts a service to end with it."
)
@click.option("-q", "--quiet", is_flag=True, help="Log warnings only.")
def serve(once: bool, idle_exit: str | None, until_eof: bool, quiet: bool) -> int:
    """Be the service: fire schedules, drive submitted runs, take over runs left behind, send the outbox."""
    import logging

    from dtscheduler.api.place import workspace
    from dtscheduler.model.durations import parse_duration
    from dtscheduler.service.loop import Service

    idle = parse_duration(idle_exit)
    if idle_exit is not None and idle is None:
        raise click.BadParameter(
            f"{idle_exit!r} is no length of time such as '10m' or '1h 30m'", param_hint="--idle-exit"
        )
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING if quiet else logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        force=True,
    )
    service = Service(workspace())

    def end(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # the second time it is meant
        service.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if until_eof:
        threading.Thread(target=_stop_at_eof, args=[service], daemon=True).start()
    service.run(once=once, idle_exit=idle)
    return 0


def _stop_at_eof(service: Service) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    service.stop()


@commands.command(short_help="Is a service alive, and what is it doing?")
@as_json
def status(as_json: bool) -> int:
    """Show whether a service is alive, what it drives, what comes next and what could not be sent."""
    from dtscheduler.api.place import workspace
    from dtscheduler.cli.serving_rows import overview, service_rows
    from dtscheduler.cli.show import show_facts, show_rows

    place = workspace()
    services = service_rows(place)
    facts = overview(place)
    if as_json:
        show_facts({**facts, "services": services}, as_json=True)
    else:
        show_facts(facts, as_json=False)
        click.echo()
        show_rows(services, as_json=False, empty="No service is running. Start one with: dtscheduler serve")
    return 0 if any(row["alive"] for row in services) else 1


@commands.command("next")
@click.argument("job", required=False)
@click.option("-n", "--count", type=click.IntRange(1, 10_000), default=20, show_default=True)
@as_json
def next_command(job: str | None, count: int, as_json: bool) -> None:
    """List the next fires of JOB, or of all jobs."""
    from dtscheduler.api.place import workspace
    from dtscheduler.api.upcoming import not_timed, upcoming
    from dtscheduler.cli.serving_rows import not_timed_row, upcoming_row
    from dtscheduler.cli.show import show_rows
    from dtscheduler.model.run import JobQuery

    place = workspace()
    jobs = [place.job(job)] if job else place.jobs(JobQuery())
    rows = [upcoming_row(fire, as_json=as_json) for fire in upcoming(place, jobs, count)]
    others = not_timed(place, jobs)
    if as_json:
        show_rows([*rows, *map(not_timed_row, others)], as_json=True, empty="")
        return
    if rows or not jobs:
        show_rows(rows, as_json=False, empty="No jobs are saved here. Save one from Python with dag.save().")
    for found in others:
        click.echo(printable(f"{found.job.name!r} {found.why}"))


@commands.command(short_help="Say why JOB ran, or did not run, at INSTANT.")
@click.argument("job")
@click.argument("instant")
def why(job: str, instant: str) -> None:
    """Say why JOB ran, runs or does not run at INSTANT ('2026-11-20 18:00', on the clock of its schedule)."""
    from dtscheduler.api.saved import job as find

    click.echo(find(job).why(instant))


@commands.command()
@click.argument("job")
def pause(job: str) -> None:
    """Let the schedule of JOB start nothing until it is unpaused."""
    from dtscheduler.api.saved import job as find

    found = find(job)
    found.pause()
    click.echo(
        f"{found.name!r} is paused; its instants are recorded as expired until: dtscheduler unpause {printable(quote(job))}"
    )


@commands.command()
@click.argument("job")
def unpause(job: str) -> None:
    """Let the schedule of a paused JOB go on."""
    from dtscheduler.api.place import workspace
    from dtscheduler.api.saved import job as find

    found = find(job)
    found.unpause()
    fires = found.schedule.next_fires(after=workspace().clock.now(), n=1)
    click.echo(f"{found.name!r} goes on" + (f"; next: {fires[0]:%Y-%m-%d %H:%M} UTC" if fires else ""))


@commands.command()
@click.argument("job")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(job: str, yes: bool) -> int:
    """Take JOB off the list: nothing starts it any more. Its runs stay in the store."""
    from dtscheduler.api.saved import job as find

    found = find(job)
    if not (yes or click.confirm(f"Delete job {found.name!r}, version {found.version}?")):
        click.echo("nothing was deleted")
        return FAILED
    found.delete()
    click.echo(f"{found.name!r} is deleted")
    return 0


@commands.command()
@click.argument("job")
@click.option("--from", "start", metavar="YYYY-MM-DD", required=True, help="First rundate.")
@click.option("--to", "end", metavar="YYYY-MM-DD", required=True, help="Last rundate.")
@click.option(
    "--missing",
    "which",
    flag_value="missing",
    default=True,
    help="Rundates that no run has completed, and none goes on or waits for. The default.",
)
@click.option("--failed", "which", flag_value="failed", help="Rundates whose latest run did not complete.")
@click.option("--all", "which", flag_value="all", help="All rundates.")
@click.option("--reverse", is_flag=True, help="Begin with the last rundate.")
@click.option("--max-active", type=click.IntRange(1, 1000), default=1, show_default=True, help="Runs active at a time.")
@click.option("--dry-run", is_flag=True, help="Show the rundates and start nothing.")
def backfill(job: str, start: str, end: str, which: str, reverse: bool, max_active: int, dry_run: bool) -> None:
    """Leave runs of JOB for a range of rundates to the service."""
    from dtscheduler.api.saved import job as find

    name = find(job).name
    found = find(job).backfill(start, end, which, reverse=reverse, max_active=max_active, dry_run=dry_run)
    if dry_run:
        click.echo("\n".join(map(str, found)) or "no rundates")
        click.echo(f"{len(found)} runs would be submitted", err=True)
        return
    count = f"{len(found)} run{'' if len(found) == 1 else 's'} submitted"
    click.echo(f"{count}; see them with: dtscheduler runs --job {printable(quote(name))}" if found else count)
    tell_if_unserved()


@commands.command(short_help="List what people were told, or are to be told.")
@click.option("--pending", is_flag=True, help="Only what is still to be sent.")
@click.option("--send", is_flag=True, help="Send what is due now, without a service.")
@click.option("-n", "--limit", type=click.IntRange(1), default=50, show_default=True)
@as_json
def outbox(pending: bool, send: bool, limit: int, as_json: bool) -> int:
    """List what people were told, or are to be told, about runs, newest first."""
    from dtscheduler.api.place import workspace
    from dtscheduler.cli.serving_rows import alert_row
    from dtscheduler.cli.show import show_rows

    place = workspace()
    if send:
        from dtscheduler.service.postman import Postman

        Postman(lambda: place.store, place.alerter, place.clock, link=place.settings.web_url).send_due()
    rows = [alert_row(alert) for alert in place.alerts(pending=pending, limit=limit)]
    show_rows(rows, as_json=as_json, empty="The outbox is empty.")
    failed = [alert for alert in place.alerts(pending=True) if alert.error]
    if send and failed:
        click.echo(f"{len(failed)} could not be sent; they are tried again", err=True)
    return FAILED if send and failed else 0
