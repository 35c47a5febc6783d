"""Who drives a run: how a process names itself as holder of a lease, and whether such a holder is gone."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # workers ask for the age of processes, and need no runs for that
    from dtscheduler.model.run import RunRecord


def holder() -> str:
    """This process, as holder of leases: host, process id and the time at which the process started."""
    return f"{socket.gethostname()}:{os.getpid()}:{process_started(os.getpid())}"


def abandoned(run: RunRecord, now: datetime) -> bool:
    """Whether nobody drives a run that has begun: its lease has expired, or its holder on this host has ended."""
    if run.status.final or run.lease_holder is None or run.lease_until is None:
        return not run.status.final and run.lease_epoch > 0
    return run.lease_until < now or holder_gone(run.lease_holder)


def holder_gone(name: str) -> bool:
    """Whether a holder was a process of this host that has ended. What cannot be known is taken as alive."""
    host, pid, started = name.rsplit(":", 2)
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return process_started(int(pid)) != started


def process_started(pid: int) -> str:
    """When a process started, as text to compare; empty where no such process lives."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    import psutil

    try:
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""
