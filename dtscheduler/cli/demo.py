"""``dtscheduler demo``: a whole suite on real data, and where its time went."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dtscheduler.cli.rows import task_rows
from dtscheduler.cli.show import show_rows
from dtscheduler.model.status import RunStatus

if TYPE_CHECKING:
    from dtscheduler.api.handle import Run

_SHOWN = ["airline", "flights", "late_share", "mean_delay", "mean_delay_rain"]


def run_demo(out: Path) -> Run:
    """Run the flight-delay suite; write its report to ``out`` and show it."""
    from dtscheduler.api.place import workspace
    from dtscheduler.examples.flight_delays import flight_delays

    run = flight_delays().run()
    if run.status is not RunStatus.COMPLETED:
        return run
    report = run.result("report")
    report.to_csv(out, index=False)
    click.echo()
    click.echo("Airlines that kept New York waiting, 2013 (delays at departure, minutes):")
    click.echo(report[_SHOWN].to_string(index=False, na_rep="", float_format=lambda number: f"{number:.2f}"))
    click.echo()
    click.echo("Where the time went:")
    show_rows(task_rows(workspace().task_runs(run.id)), as_json=False, empty="")
    click.echo(f"The whole report is in {out}. More: dtscheduler show {run.id}")
    return run
