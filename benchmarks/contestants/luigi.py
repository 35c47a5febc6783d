"""luigi: a class a task, a file a result, its local scheduler."""

# mypy: disable-error-code="import-not-found, import-untyped, misc, no-untyped-call"
# The peer is installed in its own environment, where mypy does not look; so its classes are Any there.

import pickle
import time
from functools import partial
from typing import Any

import luigi

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


class Kept(luigi.Task):
    """A task whose result is kept in a file named after it."""

    def output(self) -> Any:
        return luigi.LocalTarget(f"{self.task_id}.pickle", format=luigi.format.Nop)

    def inputs(self) -> list[Any]:
        return [load(target) for target in luigi.task.flatten(self.input())]

    def keep(self, value: Any) -> None:
        with self.output().open("w") as file:
            pickle.dump(value, file)


class Noop(Kept):
    i = luigi.IntParameter()

    def run(self) -> None:
        self.keep(noop(self.i))


class Total(Kept):
    def requires(self) -> list[Any]:
        return [Noop(i) for i in range(PARTS)]

    def run(self) -> None:
        self.keep(sum(self.inputs()))


class Step(Kept):
    i = luigi.IntParameter()

    def requires(self) -> list[Any]:
        return [Step(self.i - 1)] if self.i > 1 else []

    def run(self) -> None:
        self.keep(step(self.inputs()[0] if self.i > 1 else 0))


class Burn(Kept):
    i = luigi.IntParameter()

    def run(self) -> None:
        self.keep(burn(self.i))


class Group(Kept):
    k = luigi.IntParameter()

    def requires(self) -> list[Any]:
        return [Burn(i) for i in range(self.k, BURNS, GROUPS)]

    def run(self) -> None:
        self.keep(merge(self.inputs()))


class Final(Kept):
    def requires(self) -> list[Any]:
        return [Group(k) for k in range(GROUPS)]

    def run(self) -> None:
        self.keep(merge(self.inputs()))


class Layered(luigi.Task):
    layer = luigi.IntParameter()
    place = luigi.IntParameter()

    def requires(self) -> list[Any]:
        return [Layered(a, b) for a, b in layered_parents(self.layer, self.place)]


def load(target: Any) -> Any:
    with target.open("r") as file:
        return pickle.load(file)


def kept(task: Any, workers: int = 1) -> Any:
    if not luigi.build([task], local_scheduler=True, workers=workers, log_level="WARNING"):
        raise RuntimeError("luigi says that a task failed")
    return load(task.output())


def fan_out(workers: int) -> dict[str, Any]:
    return {"answer": kept(Total(), workers)}


def chain(length: int) -> dict[str, Any]:
    return {"answer": kept(Step(length))}


def arrays() -> dict[str, Any]:
    return burned_facts(kept(Final(), 2))


def build() -> dict[str, Any]:
    start = time.perf_counter()
    tasks = [Layered(layer, place) for layer in range(LAYERS) for place in range(WIDTH)]
    edges = sum(len(task.deps()) for task in tasks)
    return {"seconds": time.perf_counter() - start, "answer": len(tasks), "edges": edges}


if __name__ == "__main__":
    play(
        {
            "W1": partial(fan_out, 1),
            "W1-n2": partial(fan_out, 2),
            "W2": partial(chain, CHAIN),
            "W3": partial(fan_out, 1),
            "W4": build,
            "W5": partial(chain, 1),
            "W6": arrays,
        }
    )
