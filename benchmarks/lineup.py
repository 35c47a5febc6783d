"""Who plays which workload, and what is timed."""

from dataclasses import dataclass
from typing import Literal

from benchmarks.work import ANSWERS

TITLES = {
    "W1": "1,000 tasks that do nothing and a sum, every result stored before the sum starts (whole process)",
    "W2": "a chain of 200 tasks (whole process)",
    "W3": "W1 again in a new process: every result is reused (whole process)",
    "W4": "building 10,000 tasks in 100 layers, 3 parents each (inside, without imports)",
    "W5": "import (whole process), and from process start to the first result",
    "W6": "64 tasks of 50 ms CPU and 1 MB each, 8 groups, 1 end (whole process)",
}
PLAYERS = {  # -n2: spread over two processes, where the peer's own default is one
    "W1": [
        "ours",
        "ours-tasks",
        "bare",
        "bare-stored",
        "joblib",
        "doit",
        "doit-n2",
        "dask",
        "luigi",
        "luigi-n2",
        "hamilton",
        "hamilton-n2",
    ],
    "W2": ["ours", "bare", "bare-stored", "joblib", "doit", "dask", "luigi", "hamilton"],
    "W3": ["ours", "joblib", "doit", "luigi", "hamilton"],
    "W4": ["ours", "ours-100k", "ours-save", "doit", "dask", "luigi", "hamilton"],
    "W5": ["ours", "bare", "joblib", "doit", "dask", "luigi", "hamilton"],
    "W6": ["ours", "bare", "joblib", "doit", "dask", "luigi", "hamilton"],
}
Timed = Literal["process", "answer", "inside"]
TIMED: dict[str, Timed] = {"W4": "inside", "W5": "answer"}
OUR_IMPORT = "from dtscheduler import DAG, Task, Schedule, batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A peer, or one way to use it, in one workload.

    Args:
        name: what the table calls it.
        peer: the environment it runs in, and what `--peers` selects by.
        arguments: what follows `python` on its command line.
        timed: the whole process, from its start to its answer, or the seconds it reports itself.
        answer: what it must print.
        reuses: whether it finds all results of an earlier run in its folder.
    """

    name: str
    peer: str
    arguments: tuple[str, ...]
    timed: Timed = "process"
    answer: int | None = None
    reuses: bool = False


def contestants(workload: str) -> list[Contestant]:
    """Return who plays this workload, ours first."""
    imports = _imports() if workload == "W5" else []
    return [*imports, *[_contestant(workload, name) for name in PLAYERS[workload]]]


def _contestant(workload: str, name: str) -> Contestant:
    peer, _, variant = name.partition("-")
    scene = f"{workload}-{variant}" if variant else workload
    tenfold = variant == "100k"
    return Contestant(
        name=name,
        peer=peer,
        arguments=("-m", f"benchmarks.contestants.{peer}", scene),
        timed=TIMED.get(workload, "process"),
        answer=ANSWERS[workload] * (10 if tenfold else 1),
        reuses=workload == "W3",
    )


def _imports() -> list[Contestant]:
    return [
        Contestant(name="import ours", peer="ours", arguments=("-c", OUR_IMPORT)),
        Contestant(name="import sqlite3", peer="bare", arguments=("-c", "import sqlite3")),
    ]
