"""The report of a run, as users ask for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dtscheduler.reports.files import text_for
from dtscheduler.reports.page.whole import page

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace


def write_report(place: Workspace, run_id: int, path: str | os.PathLike[str]) -> Path:
    """Write the report of a run to a file, whole or not at all; returns its path. Raises ``SchedulerError``."""
    written = page(place, run_id)
    with text_for(path) as file:
        file.write(written)
    return Path(path).expanduser()
