"""How long a plan takes: ``python -m benchmarks.plan [--tasks N]``."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from dtscheduler import DAG, ParallelTask, Task, use

CODE = """
from dtscheduler import batch

@batch()
def step(n=0, **before):
    return n
"""


def fan_out(folder: Path, count: int) -> DAG:
    """One task of so many parts."""
    dag = DAG(Name="fan-out", DevRun=True, WorkDir=folder, Reuse="content")
    parts = [{"Name": f"p{n}", "Description": "", "n": n} for n in range(count)]
    ParallelTask(Name="step", Entrypoint="steps.step", ConfigurationJson=parts, dag=dag)
    return dag


def chain(folder: Path, count: int) -> DAG:
    """So many tasks, one after the other."""
    dag = DAG(Name="chain", DevRun=True, WorkDir=folder, Reuse="content")
    tasks = [_task(dag, n) for n in range(count)]
    for before, after in pairwise(tasks):
        before >> after
    return dag


def wide(folder: Path, count: int) -> DAG:
    """So many tasks in ten layers, each of which waits for three of the layer before."""
    dag = DAG(Name="layers", DevRun=True, WorkDir=folder, Reuse="content")
    tasks = [_task(dag, n) for n in range(count)]
    size = count // 10
    for number in range(size, count):
        for step in (0, 1, 2):
            tasks[number - size - step if number - size - step >= 0 else 0] >> tasks[number]
    return dag


def _task(dag: DAG, number: int) -> Task:
    return Task(Name=f"t{number}", Entrypoint="steps.step", ConfigurationJson={"n": number}, dag=dag)


def main() -> None:
    """Run each job once, then plan it, with everything there to be reused and after its code has changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "code")
        folder.mkdir()
        code = folder / "steps.py"
        use(Path(root, "workspace"))
        for make in (fan_out, chain, wide):
            code.write_text(CODE)
            dag = make(folder, chosen.tasks)
            ran = _seconds(dag.run, progress=False)
            same = sorted(_seconds(dag.plan) for _ in range(chosen.rounds))
            assert dag.plan().reused == chosen.tasks
            code.write_text(CODE.replace("return n", "return n + 1"))
            changed = sorted(_seconds(dag.plan) for _ in range(chosen.rounds))
            print(
                f"{make.__name__:<8} {chosen.tasks:,} tasks: run {ran:5.1f} s; plan, all reusable: median "
                f"{same[len(same) // 2]:.2f} s, worst {same[-1]:.2f} s; all changed: {changed[len(changed) // 2]:.2f} s"
            )


def _seconds(call: Callable[..., object], **arguments: object) -> float:
    start = time.perf_counter()
    call(**arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
