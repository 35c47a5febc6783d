"""All commands: importing this adds each to the group."""

from __future__ import annotations

from dtscheduler.cli import comparing, pages, planning, pruning, reporting, serving, suites
from dtscheduler.cli.commands import commands

__all__ = ["commands", "comparing", "pages", "planning", "pruning", "reporting", "serving", "suites"]
