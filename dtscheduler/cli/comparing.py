"""The command that compares two runs."""

from __future__ import annotations

import click

from dtscheduler.cli.commands import as_json, commands
from dtscheduler.cli.exits import FAILED


@commands.command("compare", short_help="Find the first task whose result differs between two runs.")
@click.argument("run_a", metavar="RUN_A", type=int)
@click.argument("run_b", metavar="RUN_B", type=int)
@click.option("--tol", type=click.FloatRange(0), default=0.0, help="Up to which difference floats count as equal.")
@as_json
def compare_command(run_a: int, run_b: int, tol: float, as_json: bool) -> int:
    """Compare the results of RUN_A and RUN_B task by task; the exit code is 0 where they are the same, 1 otherwise."""
    from dtscheduler.api.comparing import COLUMNS, compare
    from dtscheduler.cli.show import show_facts, show_rows

    found = compare(run_a, run_b, tol=tol)
    rows = [{name: getattr(row, name) for name in COLUMNS} for row in found.rows()]
    if as_json:
        first = found.first.task if found.first else None
        show_facts({"same": found.same, "first": first, "sentence": repr(found), "tasks": rows}, as_json=True)
    else:
        click.echo(repr(found))
        show_rows(rows, as_json=False, empty="")
    return 0 if found.same else FAILED
