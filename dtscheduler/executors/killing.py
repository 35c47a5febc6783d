"""How a process is ended together with all it has started, wherever that has gone."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

MARK = "DTSCHEDULER_WORKER"
_ROUNDS = 10


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a whole process group; one that is gone already is no error."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def kill_tree(leader: int, mark: str) -> None:
    """Kill a worker's process group, and processes that left the group: they still carry the worker's mark."""
    signal_group(leader, signal.SIGKILL)
    for _ in range(_ROUNDS):  # a process that forks while we look is found in the next round
        marked = marked_processes(mark)
        if not marked:
            return
        for pid in marked:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def marked_processes(mark: str) -> list[int]:
    """Living processes whose environment carries the mark."""
    import psutil

    marked = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                marked.append(process.pid)
    return marked


def memory_mb(leader: int) -> float:
    """Resident memory of a process and its descendants, in MB."""
    import psutil

    total = 0
    with suppress(psutil.Error, OSError):
        process = psutil.Process(leader)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += each.memory_info().rss
    return total / 2**20
