"""dtscheduler: every result and status stored, worker processes kept, everything else at its defaults."""

import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dtscheduler
from benchmarks.work import BURNS, CHAIN, GROUPS, LAYERS, PARTS, WIDTH, burned_facts, layered_parents, play
from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.api.place import workspace

WORK_DIR = Path(__file__).resolve().parent.parent / "workdir"

if TYPE_CHECKING:
    from benchmarks.workdir import tasks
else:
    sys.path.insert(0, str(WORK_DIR))  # a user's script lies beside its tasks
    import tasks


def dev_run(name: str, **more: Any) -> DAG:
    return DAG(Name=name, DevRun=True, WorkDir=WORK_DIR, **more)


def answer(dag: DAG, task: str) -> Any:
    run = dag.last_run
    if run.status != "completed":
        raise RuntimeError(f"run {run.status}: {run.reason}")
    return run.result(task)


def fan_out(reuse: str) -> dict[str, Any]:
    with dev_run("fan-out", Reuse=reuse) as dag:
        parts: Any = [{"i": i, "Name": f"part-{i}", "Description": ""} for i in range(PARTS)]
        noops = ParallelTask(Name="noop", Entrypoint="tasks.noop", ConfigurationJson=parts)
        noops >> Task(Name="total", Entrypoint="tasks.total")
    return {"answer": answer(dag, "total")}


def fan_out_of_tasks() -> dict[str, Any]:
    with dev_run("fan-out") as dag:
        tasks.total([tasks.noop(i) for i in range(PARTS)])
    return {"answer": answer(dag, "total")}


def chain(length: int) -> dict[str, Any]:
    with dev_run("chain") as dag:
        before: Any = 0
        for _ in range(length):
            before = tasks.step(before)
    return {"answer": answer(dag, before.name)}


def arrays() -> dict[str, Any]:
    with dev_run("arrays") as dag:
        burned = [tasks.burn(i) for i in range(BURNS)]
        tasks.merge([tasks.merge(burned[k::GROUPS]) for k in range(GROUPS)]).alias("final")  # type: ignore[attr-defined]
    return burned_facts(answer(dag, "final"))


def layered(layers: int) -> DAG:
    dag = dev_run("layered")
    made: dict[tuple[int, int], Task] = {}
    for layer in range(layers):
        for place in range(WIDTH):
            config = {"i": place}
            task = Task(Name=f"task-{layer}-{place}", Entrypoint="tasks.noop", ConfigurationJson=config, dag=dag)
            if layer:
                [made[parent] for parent in layered_parents(layer, place)] >> task
            made[layer, place] = task
    return dag


def build(layers: int) -> dict[str, Any]:
    start = time.perf_counter()
    spec = layered(layers).spec()
    return {"seconds": time.perf_counter() - start, "answer": len(spec.tasks)}


def save_and_reload() -> dict[str, Any]:
    dag = layered(LAYERS)
    dtscheduler.jobs()  # opens the store: imports are not part of this
    start = time.perf_counter()
    job = dag.save()
    saved = time.perf_counter()
    [reloaded] = dtscheduler.jobs()
    spec = workspace().spec(reloaded.record.spec_hash)
    end = time.perf_counter()
    return {"seconds": end - start, "save": saved - start, "answer": len(spec.tasks), "version": job.version}


if __name__ == "__main__":
    play(
        {
            "W1": partial(fan_out, "lineage"),
            "W1-tasks": fan_out_of_tasks,
            "W2": partial(chain, CHAIN),
            "W3": partial(fan_out, "content"),
            "W4": partial(build, LAYERS),
            "W4-100k": partial(build, 10 * LAYERS),
            "W4-save": save_and_reload,
            "W5": partial(chain, 1),
            "W6": arrays,
        }
    )
