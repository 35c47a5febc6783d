"""With which code a command exits, and how errors are told."""

from __future__ import annotations

import os
import sys

import click

from dtscheduler.errors import SchedulerError

FAILED = 1
WRONG_USE = 2


def exit_code(command: click.Command, arguments: list[str] | None) -> int:
    """Run a command; its exit code: 0 completed, 1 a run that did not complete, 2 wrong use."""
    try:
        result = command.main(args=arguments, prog_name="dtscheduler", standalone_mode=False)
    except click.exceptions.Abort:
        return _told("interrupted", FAILED)
    except click.ClickException as error:
        error.show()
        return WRONG_USE
    except KeyboardInterrupt:
        return _told("interrupted", FAILED)
    except SchedulerError as error:
        return _told(str(error), WRONG_USE)
    except BrokenPipeError:  # the reader of our output, a pager perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def _told(message: str, code: int) -> int:
    click.echo(f"dtscheduler: {message}", err=True)
    return code
