"""Named steps at which a test can end this process as a power cut would.

``DTSCHEDULER_CRASH_AT=point:k`` kills the process with SIGKILL when it reaches the point for the k-th time. It is
ignored unless ``DTSCHEDULER_TEST_MODE=1``.
"""

from __future__ import annotations

import os
import signal
from threading import Lock

POINTS = (
    "due",
    "row-written",
    "claimed",
    "parts-queued",
    "part-started",
    "result-written",
    "run-closed",
    "mail-sent",
    "runs-pruned",
)

_armed = os.environ.get("DTSCHEDULER_CRASH_AT", "") if os.environ.get("DTSCHEDULER_TEST_MODE") == "1" else ""
_point, _, _count = _armed.partition(":")
_lock = Lock()
_reached = 0


def crash_point(name: str) -> None:
    """End here, if a test has asked for it."""
    if name == _point:
        _reach()


def _reach() -> None:
    global _reached  # counts for the whole process, as documented
    with _lock:
        _reached += 1
        if _reached == int(_count or 1):
            os.kill(os.getpid(), signal.SIGKILL)
