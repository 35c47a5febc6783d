"""What an attempt used: CPU time of the process and its children, and the peak of its memory."""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Callable
from contextlib import suppress

from dtscheduler.running.perform import Measured

_PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")
_RESET_PEAK = b"5"


class Meter:
    """Measures one attempt after the other in this process.

    On Linux the kernel's peak of the resident memory is reset before each attempt, so that it is the attempt's own;
    elsewhere it is the process's peak so far.
    """

    def __init__(self) -> None:
        self._status = _open("/proc/self/status", os.O_RDONLY)
        self._reset = _open("/proc/self/clear_refs", os.O_WRONLY)

    def __call__(self) -> Callable[[], Measured]:
        """Begin to measure; what is returned ends it and says what was used."""
        if self._reset is not None:
            with suppress(OSError):
                os.pwrite(self._reset, _RESET_PEAK, 0)
        before = _cpu_seconds()
        return lambda: Measured(cpu_seconds=_cpu_seconds() - before, peak_memory_mb=self._peak_memory_mb())

    def close(self) -> None:
        """Give the files of the kernel back."""
        for descriptor in (self._status, self._reset):
            if descriptor is not None:
                os.close(descriptor)
        self._status = self._reset = None

    def _peak_memory_mb(self) -> float | None:
        if self._status is not None:
            found = _PEAK.search(os.pread(self._status, 8192, 0))
            if found:
                return int(found.group(1)) / 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _open(path: str, flags: int) -> int | None:
    try:
        return os.open(path, flags | os.O_CLOEXEC)
    except OSError:
        return None
