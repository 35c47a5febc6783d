"""Which states a run and a task run can be in, and which moves between them are legal."""

from __future__ import annotations

from enum import StrEnum


class TaskStatus(StrEnum):
    """State of one part of one task in one run."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    COMPLETED = "completed"
    REUSED = "reused"
    FAILED = "failed"
    FAILED_AFTER = "failed_after"
    OUT_OF_MEMORY = "out_of_memory"
    STOPPED = "stopped"
    DID_NOT_RUN = "did_not_run"

    @property
    def final(self) -> bool:
        return self in FINAL_TASK

    @property
    def succeeded(self) -> bool:
        return self in SUCCEEDED_TASK


class RunStatus(StrEnum):
    """State of one run of one job."""

    SCHEDULED = "scheduled"
    READY = "ready"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    FAILED_AFTER = "failed_after"
    OUT_OF_MEMORY = "out_of_memory"
    STOPPED = "stopped"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        return self in FINAL_RUN


SUCCEEDED_TASK = frozenset({TaskStatus.COMPLETED, TaskStatus.REUSED})
FINAL_TASK = frozenset(set(TaskStatus) - {TaskStatus.PENDING, TaskStatus.READY, TaskStatus.RUNNING})
FINAL_RUN = frozenset(set(RunStatus) - {RunStatus.SCHEDULED, RunStatus.READY, RunStatus.RUNNING})

TASK_MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.PENDING: frozenset({TaskStatus.READY, TaskStatus.REUSED, TaskStatus.DID_NOT_RUN}),
    TaskStatus.READY: frozenset({TaskStatus.RUNNING, TaskStatus.DID_NOT_RUN, TaskStatus.COMPLETED, TaskStatus.REUSED}),
    TaskStatus.RUNNING: frozenset(
        {
            TaskStatus.READY,
            TaskStatus.COMPLETED,
            TaskStatus.FAILED,
            TaskStatus.FAILED_AFTER,
            TaskStatus.OUT_OF_MEMORY,
            TaskStatus.STOPPED,
        }
    ),
    # A result that turns out to be lost is computed again, as long as its run goes on.
    TaskStatus.COMPLETED: frozenset({TaskStatus.READY}),
    TaskStatus.REUSED: frozenset({TaskStatus.READY}),
}

RUN_MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.SCHEDULED: frozenset({RunStatus.READY, RunStatus.EXPIRED, RunStatus.STOPPED}),
    RunStatus.READY: frozenset({RunStatus.RUNNING, RunStatus.EXPIRED, RunStatus.STOPPED}),
    RunStatus.RUNNING: frozenset(
        {
            RunStatus.COMPLETED,
            RunStatus.FAILED,
            RunStatus.FAILED_AFTER,
            RunStatus.OUT_OF_MEMORY,
            RunStatus.STOPPED,
        }
    ),
}


def may_move(old: TaskStatus | RunStatus, new: TaskStatus | RunStatus) -> bool:
    """Whether a task run or a run in state ``old`` may go to ``new``."""
    if isinstance(old, TaskStatus):
        return new in TASK_MOVES.get(old, frozenset())
    return new in RUN_MOVES.get(old, frozenset())
