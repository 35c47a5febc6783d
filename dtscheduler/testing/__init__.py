"""A workspace with a clock of its own, to test what schedules do without waiting for it.

    def test_month_end(tmp_path):
        with dtscheduler.testing.workspace(tmp_path, now="2026-01-29") as ws:
            dag.save()
            ws.step(days=5)
            assert [run.rundate.day for run in ws.runs("Country risk")] == [28, 29, 30, 31, 1]

The calendar, the store and the binding of arguments are the real ones; tasks execute in the test's own process, one
after the other. Nothing is sent to anybody: see ``ws.alerts()``.
"""

from __future__ import annotations

from dtscheduler.testing.clock import Clock
from dtscheduler.testing.place import TestWorkspace, workspace

__all__ = ["Clock", "TestWorkspace", "workspace"]
