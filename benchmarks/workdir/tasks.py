"""The tasks of our own contestant, as a user's folder holds them."""

import os
import time
from pathlib import Path

from benchmarks import work
from dtscheduler import batch


@batch()
def noop(i: int) -> int:
    return work.noop(i)


@batch()
def total(noop: list[int]) -> int:
    return sum(noop)


@batch()
def step(before: int) -> int:
    return work.step(before)


@batch()
def burn(i: int) -> work.Burned:
    return work.burn(i)


@batch()
def merge(burned: list[work.Burned]) -> work.Burned:
    return work.merge(burned)


@batch()
def leave_mark(i: int, marks: str, seconds: float) -> int:
    """Write down that part i was begun, and by which process; then take a while."""
    with Path(marks).open("a") as file:
        file.write(f"{i} {os.getpid()}\n")
    time.sleep(seconds)
    return i
