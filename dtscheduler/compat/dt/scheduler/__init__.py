"""The names of dtscheduler, for scripts that import them from ``dt.scheduler``."""

from dtscheduler import DAG, ParallelTask, Priority, Schedule, Task, batch

__all__ = ["DAG", "ParallelTask", "Priority", "Schedule", "Task", "batch"]
