"""The commands about suites: what they ask for become options."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dtscheduler.cli.commands import commands, exit_code_of, tell_if_unserved
from dtscheduler.model.shown import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from dtscheduler.api.dag import DAG
    from dtscheduler.api.suites import Suite

__all__ = ["commands"]

RUNDATE = click.Option(["--rundate"], metavar="YYYY-MM-DD", help="The date to run for. Default: today.")
EXECUTOR = click.Option(["--executor"], type=click.Choice(["processes", "inline"]), help="Where tasks execute.")
DETACH = click.Option(["--detach"], is_flag=True, help="Leave the runs to the service, and return at once.")

OWN = (RUNDATE, EXECUTOR, DETACH)


@commands.group(short_help="Run, save or plan a suite, a function that makes DAGs of parameters.")
def suite() -> None:
    """Run, save or plan a suite: a function marked with @suite, named as MODULE:NAME.

    Its parameters are options: dtscheduler suite run delays:flight_delays --origins JFK --worst 5. See them all with
    dtscheduler suite run delays:flight_delays --help.
    """


class SuiteCommand(click.Group):
    """A command whose first argument is a suite, and whose further options are what the suite asks for."""

    def __init__(self, *, does: Callable[..., int | None], own: list[click.Option], **about: Any) -> None:
        super().__init__(subcommand_metavar="MODULE:NAME [OPTIONS]", **about)
        self._does, self._own = does, own

    def list_commands(self, ctx: click.Context) -> list[str]:
        return []

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command for one suite. Raises ``UsageError`` with the suites that there are."""
        from dtscheduler.forms.options import chosen_values, options_of, plain_values

        found = find_suite(cmd_name)
        own = {flag.removeprefix("--") for option in OWN for flag in option.opts} | {"help"}  # alike in all commands
        options = options_of(found.fields, own)
        by_key = {f"option_{number}": option for number, option in enumerate(options)}

        def call(**texts: Any) -> int | None:
            given = [(by_key[key], text) for key, text in texts.items() if key in by_key and text not in (None, ())]
            plain = chosen_values(found.fields, plain_values(found.fields, given), found.choices)
            dags = built(found, plain)
            return self._does(dags, **{key: value for key, value in texts.items() if key not in by_key})

        shown = [_click_option(key, option) for key, option in by_key.items()]
        return click.Command(
            cmd_name, params=[*shown, *self._own], callback=call, help=printable(found.doc or found.title)
        )


def _click_option(key: str, option: Any) -> click.Option:
    from dtscheduler.forms.fields import Kind

    if option.field.kind is Kind.FLAG and not option.field.optional:
        return click.Option([f"--{option.name}/--no-{option.name}", key], default=None, help=printable(option.help))
    return click.Option(
        [f"--{option.name}", key],
        multiple=option.field.kind is Kind.LIST,
        metavar=printable(option.metavar),
        help=printable(option.help),
    )


def find_suite(reference: str) -> Suite[..., Any]:
    """Import ``MODULE:NAME``, from the current folder first.

    Raises:
        UsageError: there is no such module or suite; with the suites that there are.
    """
    from dtscheduler.api.suites import Suite

    module_name, _, name = reference.partition(":")
    module = _imported(module_name)
    suites = {key: value for key, value in vars(module).items() if isinstance(value, Suite)}
    if not name and len(suites) == 1:
        return next(iter(suites.values()))
    if name not in suites:
        there = (
            ", ".join(f"{module_name}:{key}" for key in suites) or "none: mark a function that makes DAGs with @suite"
        )
        raise click.UsageError(f"there is no suite {printable(name)!r} in {printable(module_name)}; there is {there}")
    return suites[name]


def _imported(name: str) -> Any:
    from dtscheduler.api.suites import told_with_line
    from dtscheduler.running.importing import quiet_import

    name = name.removesuffix(".py").replace("/", ".")
    if not all(step.isidentifier() for step in name.split(".")):
        raise click.UsageError(
            f"{printable(name)!r} is no module; name a suite as MODULE:NAME, such as delays:flight_delays"
        )
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        with quiet_import():
            return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # the border to the user's code
        if isinstance(error, ModuleNotFoundError) and error.name and (name + ".").startswith(error.name + "."):
            raise click.UsageError(
                f"there is no module {printable(name)!r} in this folder, nor among what is installed"
            ) from error
        raise click.UsageError(f"{printable(name)} cannot be imported: {told_with_line(error)}") from error


def built(found: Suite[..., Any], plain: dict[str, Any]) -> list[DAG]:
    """The DAGs of plain values. Raises ``InvalidJobError`` with all that is wrong."""
    from dtscheduler.errors import InvalidJobError

    made = found.construct(plain)
    if made.problems:
        raise InvalidJobError("; ".join(found.told(problem) for problem in made.problems))
    return list(made.dags)


def _run(dags: list[DAG], rundate: str | None, executor: str | None, detach: bool) -> int:
    if detach and executor:
        raise click.UsageError("--executor is for runs here; a run that is left to the service uses worker processes")
    runs = [dag.run(rundate=rundate, executor=executor, detach=detach) for dag in dags]
    if not detach:
        return max(exit_code_of(run) for run in runs)
    for run in runs:
        click.echo(
            printable(f"run {run.id} of {run.record.job_name!r} is submitted; see it with: dtscheduler show {run.id}")
        )
    tell_if_unserved()
    return 0


def _save(dags: list[DAG]) -> None:
    for dag in dags:
        job = dag.save()
        click.echo(printable(f"job {job.name!r} is saved: version {job.version}, {job.schedule.describe()}"))


def _plan(dags: list[DAG], rundate: str | None) -> None:
    for dag in dags:
        click.echo(str(dag.plan(rundate=rundate)))


for _name, _does, _own, _about in (
    ("run", _run, [RUNDATE, EXECUTOR, DETACH], "Make the DAGs of a suite, and run them."),
    ("save", _save, [], "Make the DAGs of a suite, and save them as jobs."),
    ("plan", _plan, [RUNDATE], "Make the DAGs of a suite, and show what running them would do, and why."),
):
    suite.add_command(SuiteCommand(name=_name, does=_does, own=_own, help=_about))


@suite.command("list")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
def list_command(folder: str) -> None:
    """List the suites in the files of FOLDER, without importing them; default: the current folder."""
    from dtscheduler.suites.listing import find_suites

    found = find_suites(work_dirs=[folder])
    width = max((len(ref.entrypoint) for ref in found), default=0)
    for ref in found:
        click.echo(printable(f"{ref.entrypoint:<{width}}  {ref.doc or ref.title}"))
    if not found:
        click.echo("No suites are here. Mark a function that makes DAGs with @suite.", err=True)
