"""Records as pandas DataFrames."""

from __future__ import annotations

from dtscheduler.reports.frames import records_frame as task_runs_frame

__all__ = ["task_runs_frame"]
