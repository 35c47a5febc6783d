"""Two runs beside each other: which task's result differs first, where in it, and why."""

from dtscheduler.reports.comparing.rows import TaskComparison, Verdict, compared
from dtscheduler.reports.comparing.sides import Side

__all__ = ["Side", "TaskComparison", "Verdict", "compared"]
