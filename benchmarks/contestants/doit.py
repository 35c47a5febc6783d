"""doit: tasks as dicts, values kept in a file that is written when the run ends; arrays travel as files."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The peer is installed in its own environment, where mypy does not look.

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from doit.cmd_base import ModuleTaskLoader
from doit.control import TaskControl
from doit.doit_cmd import DoitMain
from doit.loader import generate_tasks
from doit.tools import config_changed

from benchmarks.work import (
    BURNS,
    CHAIN,
    GROUPS,
    LAYERS,
    PARTS,
    WIDTH,
    burn,
    burned_facts,
    layered_parents,
    merge,
    noop,
    play,
    step,
)

Tasks = Iterator[dict[str, Any]]


def run(tasks: Callable[[], Tasks], processes: int = 0) -> None:
    """Run doit as its command does, in this process (its default) or in so many others."""
    command = ["run", "-v", "0", "--reporter", "zero", "-n", str(processes)]
    if DoitMain(ModuleTaskLoader({"task_all": tasks})).run(command):
        raise RuntimeError("doit says that a task failed")


def keep_sum(noop: dict[str, int]) -> dict[str, int]:
    total = sum(noop.values())
    Path("answer.json").write_text(json.dumps(total))
    return {"value": total}


def keep_step(before: int, last: bool) -> dict[str, int]:
    value = step(before)
    if last:
        Path("answer.json").write_text(json.dumps(value))
    return {"value": value}


def fan_out_tasks() -> Tasks:
    for i in range(PARTS):
        yield {
            "basename": "noop",
            "name": str(i),
            "actions": [(value_of_noop, [i])],
            "uptodate": [config_changed({"i": i})],
        }
    yield {
        "basename": "total",
        "actions": [keep_sum],
        "getargs": {"noop": ("noop", "value")},
        "targets": ["answer.json"],
    }


def value_of_noop(i: int) -> dict[str, int]:
    return {"value": noop(i)}


def chain_tasks(length: int) -> Tasks:
    for i in range(length):
        last = {"last": i == length - 1}
        yield {
            "basename": f"step-{i}",
            "actions": [(keep_step, [], last) if i else (keep_step, [0], last)],
            "getargs": {"before": (f"step-{i - 1}", "value")} if i else {},
        }


def burn_file(i: int) -> None:
    save(f"burn-{i}", burn(i))


def merge_files(names: list[str], into: str) -> None:
    save(into, merge(load(name) for name in names))


def save(name: str, burned: Any) -> None:
    import numpy as np

    array, cpu_seconds = burned
    with Path(f"{name}.npz").open("wb") as file:
        np.savez(file, array=array, cpu_seconds=cpu_seconds)


def load(name: str) -> Any:
    import numpy as np

    with np.load(f"{name}.npz") as kept:
        return kept["array"], float(kept["cpu_seconds"])


def array_tasks() -> Tasks:
    for i in range(BURNS):
        yield {"basename": f"burn-{i}", "actions": [(burn_file, [i])], "targets": [f"burn-{i}.npz"]}
    for k in range(GROUPS):
        yield merge_task([f"burn-{i}" for i in range(k, BURNS, GROUPS)], f"group-{k}")
    yield merge_task([f"group-{k}" for k in range(GROUPS)], "final")


def merge_task(names: list[str], into: str) -> dict[str, Any]:
    files = [f"{name}.npz" for name in names]
    return {"basename": into, "actions": [(merge_files, [names, into])], "file_dep": files, "targets": [f"{into}.npz"]}


def answer() -> dict[str, Any]:
    return {"answer": json.loads(Path("answer.json").read_text())}


def fan_out(processes: int) -> dict[str, Any]:
    run(fan_out_tasks, processes)
    return answer()


def chain(length: int) -> dict[str, Any]:
    run(lambda: chain_tasks(length))
    return answer()


def arrays() -> dict[str, Any]:
    run(array_tasks, 2)
    return burned_facts(load("final"))


def layered_tasks() -> Tasks:
    for layer in range(LAYERS):
        for place in range(WIDTH):
            yield {
                "basename": f"task-{layer}-{place}",
                "actions": [(noop, [place])],
                "task_dep": [f"task-{a}-{b}" for a, b in layered_parents(layer, place)],
            }


def build() -> dict[str, Any]:
    start = time.perf_counter()
    control = TaskControl(generate_tasks("all", layered_tasks()))
    control.process(None)
    return {"seconds": time.perf_counter() - start, "answer": len(control.tasks)}


if __name__ == "__main__":
    play(
        {
            "W1": partial(fan_out, 0),
            "W1-n2": partial(fan_out, 2),
            "W2": partial(chain, CHAIN),
            "W3": partial(fan_out, 0),
            "W4": build,
            "W5": partial(chain, 1),
            "W6": arrays,
        }
    )
