"""The command that opens the studio."""

from __future__ import annotations

import click

from dtscheduler.cli.commands import commands

__all__ = ["commands"]


@commands.command(short_help="Open the studio: build, plan, run and watch jobs in the browser.")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: 8501, or the next one that is free.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def ui(folders: tuple[str, ...], host: str, port: int | None, no_browser: bool) -> int:
    """Open the studio on this workspace, and start a service unless one is alive.

    FOLDERS hold the suites that it offers besides those in images; default: the current folder.
    """
    from dtscheduler.api.place import workspace
    from dtscheduler.ui.studio_process import Studio

    studio = Studio(workspace(), host=host, port=port, folders=folders)
    return studio.serve(open_browser=not no_browser, say=click.echo)
