"""The names of dtscheduler, for scripts that import them from ``dt.scheduler.api``."""

from dtscheduler.api import DAG, ParallelTask, Priority, Schedule, Task, batch

__all__ = ["DAG", "ParallelTask", "Priority", "Schedule", "Task", "batch"]
