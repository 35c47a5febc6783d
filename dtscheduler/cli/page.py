"""What ``dtscheduler show RUN --html PATH`` does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dtscheduler.model.shown import printable

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace


def write_page(place: Workspace, run_id: int, path: str) -> None:
    """Write the report of a run to a file, or to standard output where the path is ``-``."""
    from dtscheduler.api.page import write_report
    from dtscheduler.reports.page.whole import page

    if path == "-":
        sys.stdout.buffer.write(page(place, run_id).encode())
        return
    written = write_report(place, run_id, path)
    click.echo(f"the report of run {run_id} is in {printable(str(written))}", err=True)
