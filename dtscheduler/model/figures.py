"""What runs and task runs amount to: figures for people who look at many of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dtscheduler.model.status import RunStatus, TaskStatus

FAILURES = frozenset({RunStatus.FAILED, RunStatus.FAILED_AFTER, RunStatus.OUT_OF_MEMORY})
"""The statuses of runs that count as failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """The runs submitted on one day, in UTC.

    ``failed`` counts the timed out and those out of memory too, ``other`` all that neither completed nor failed, or
    have not ended. ``seconds`` is how long those that have ended took together.
    """

    day: date
    completed: int = 0
    failed: int = 0
    other: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCount:
    """How many parts of a task of one run have a status; tasks count from 0."""

    task: int
    task_name: str
    status: TaskStatus
    count: int
