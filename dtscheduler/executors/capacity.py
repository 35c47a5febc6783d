"""How much may be used at a time."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What may be used at a time: CPU in MHz (4000 = one core), memory in MB, and workers to start at once."""

    cpu_mhz: int
    memory_mb: int
    workers: int


def machine_capacity(cpu_mhz: int = 0, memory_mb: int = 0) -> Capacity:
    """The capacity of this machine, where 0 is given."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cpu = cpu_mhz or cores * 4000
    memory = memory_mb or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return Capacity(cpu_mhz=cpu, memory_mb=memory, workers=max(1, cpu // 4000))
