"""How a process is ended together with all it has started, wherever that has gone."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress

MARK = "DTSCHEDULER_WORKER"
_ROUNDS = 10
_PR_SET_CHILD_SUBREAPER = 36


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a whole process group; one that is gone already is no error."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def kill_tree(leader: int, mark: str, *, reaped: bool = False) -> None:
    """Kill a worker, its process group and its descendants, and processes that only its mark tells.

    Of a worker that was reaped the number may be another process's by now, and its descendants are others' children.
    """
    descendants = [] if reaped else descendants_of(leader)
    signal_group(leader, signal.SIGKILL)
    _kill(descendants)
    _kill_marked(mark)


def _kill_marked(mark: str) -> None:
    for _ in range(_ROUNDS):  # a process that forks while we look is found in the next round
        marked = marked_processes(mark)
        if not marked:
            return
        _kill(marked)


def kill_descendants() -> None:
    """Kill everything that this process has started."""
    _kill(descendants_of(os.getpid()))


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none gets out of sight. Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants_of(pid: int) -> list[int]:
    """Living descendants of a process, itself not among them."""
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def marked_processes(mark: str) -> list[int]:
    """Living processes whose environment carries the mark."""
    import psutil

    marked = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                marked.append(process.pid)
    return marked


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


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
