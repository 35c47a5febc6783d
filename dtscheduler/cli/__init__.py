"""The command ``dtscheduler``: the use cases of the workspace, on the command line."""

from __future__ import annotations

import gc
import sys


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 completed, 1 a run that failed, 2 wrong use."""
    from dtscheduler.cli.complete import commands
    from dtscheduler.cli.exits import exit_code

    code = exit_code(commands, arguments)
    gc.freeze()  # at its exit Python would look through all that was imported, for longer than many a command takes
    sys.exit(code)
