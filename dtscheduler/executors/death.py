"""What the end of a worker means for the attempt that it was making."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from dtscheduler.model.status import TaskStatus


@dataclass(frozen=True, slots=True)
class Death:
    """What the death of a worker means for the attempt it was making."""

    status: TaskStatus
    reason: str
    memory_mb: float | None = None

    @classmethod
    def by_code(cls, code: int) -> Death:
        """A death that nobody had asked for."""
        return cls(TaskStatus.FAILED, reason_of_death(code))


def reason_of_death(code: int) -> str:
    """Say in words how a process ended: by exit code, or by minus the number of a signal."""
    if code >= 0:
        return f"the task ended its process with exit code {code} (os._exit, or an extension that exits)"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    hint = "; the system kills processes when memory runs out" if -code == signal.SIGKILL else ""
    return f"the task's process was ended by {name}{hint}"


STOPPED = Death(TaskStatus.STOPPED, "stopped while it was running")
GARBLED = Death(TaskStatus.FAILED, "the task's process sent what no worker sends, and was ended")
