"""What every contestant computes: the same functions, sizes and answers for all of them."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

PARTS = 1_000
CHAIN = 200
LAYERS = 100
WIDTH = 100
PARENTS = 3
BURNS = 64
GROUPS = 8
BURN_CPU_SECONDS = 0.05
ARRAY_BYTES = 1_000_000

ANSWERS = {
    "W1": sum(range(PARTS)),
    "W2": CHAIN,
    "W3": sum(range(PARTS)),
    "W4": LAYERS * WIDTH,
    "W5": 1,
    "W6": sum(range(BURNS)),
}

ALL_KNOWN = "BENCHMARKS_ALL_KNOWN"  # set while nothing may be computed, because an earlier process did it all

Burned = tuple[Any, float]  # an array of 1 MB, and the CPU seconds spent to get here


def noop(i: int) -> int:
    """Do nothing, and fail where the result should have been reused."""
    if ALL_KNOWN in os.environ:
        raise RuntimeError(f"part {i} was computed again")
    return i


def step(before: int) -> int:
    return before + 1


def burn(i: int) -> Burned:
    """Keep one core busy, then return a large array; importing numpy counts, because it is the user's doing."""
    start = time.process_time()
    import numpy as np

    imported = time.process_time()
    array = np.full(ARRAY_BYTES // 8, float(i))
    while time.process_time() - imported < BURN_CPU_SECONDS:
        pass
    return array, time.process_time() - start


def merge(burned: Iterable[Burned]) -> Burned:
    start = time.process_time()
    arrays, cpu_seconds = zip(*burned, strict=True)
    array = sum(arrays[1:], start=arrays[0])
    return array, sum(cpu_seconds) + time.process_time() - start


def layered_parents(layer: int, place: int) -> list[tuple[int, int]]:
    """Return the (layer, place) of the tasks that one task of the layered graph waits for."""
    return [] if layer == 0 else [(layer - 1, (place + k) % WIDTH) for k in range(PARENTS)]


def play(workloads: dict[str, Callable[[], dict[str, Any]]]) -> None:
    """Run the workload named on the command line and print its facts as one line of JSON."""
    start = time.perf_counter()
    facts = workloads[sys.argv[1]]()
    print(json.dumps({"inside": time.perf_counter() - start, "answered_at": time.monotonic(), **facts}))


def burned_facts(burned: Burned) -> dict[str, Any]:
    array, useful_cpu = burned
    return {"answer": int(array[0]), "useful_cpu": useful_cpu}
