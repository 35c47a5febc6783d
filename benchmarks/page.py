"""How long the report of a run takes, and how large it is: ``python -m benchmarks.page [--parts N]``."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from dtscheduler import DAG, ParallelTask, Task, use
from dtscheduler.reports.page.whole import page
from dtscheduler.workspace import Workspace

CODE = """
from dtscheduler import batch

@batch()
def load():
    return 1

@batch()
def size(load, n):
    print(f"sizing {n}")
    if n % 10 == 3:
        raise ValueError(f"cannot size {n}")
    return {"n": n, "values": [n * step for step in range(20)]}

@batch()
def total(size):
    return sum(found["n"] for found in size)
"""


def ran(place: Workspace, folder: Path, parts: int) -> int:
    """Run ``load >> size >> total`` with so many parts, of which a tenth fail; the number of the run."""
    folder.mkdir()
    Path(folder, "steps.py").write_text(CODE)
    dag = DAG(Name=f"{parts} parts", DevRun=True, WorkDir=folder)
    load = Task(Name="load", Entrypoint="steps.load", dag=dag)
    config = [{"Name": f"EUR {n}", "Description": "one of many", "n": n} for n in range(parts)]
    size = ParallelTask(Name="size", Entrypoint="steps.size", ConfigurationJson=config, dag=dag)
    load >> size >> Task(Name="total", Entrypoint="steps.total", dag=dag)
    return dag.run(progress=False).id


def main() -> None:
    """Run the job once, then write its report several times from the workspace, which stays open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        place = use(Path(root, "workspace"))
        run = ran(place, Path(root, "code"), chosen.parts)
        taken, written = [], ""
        for _ in range(chosen.rounds):
            start = time.perf_counter()
            written = page(place, run)
            taken.append(time.perf_counter() - start)
        print(
            f"{chosen.parts:,} parts: {len(written.encode()) / 1e6:.2f} MB (target 2 MB); first {taken[0]:.2f} s, "
            f"median {sorted(taken)[len(taken) // 2]:.2f} s (target 2 s)"
        )


if __name__ == "__main__":
    main()
