"""hamilton: functions as nodes, with its cache; in this process, or as a Parallelizable block in two others."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator"
# The peer is installed in its own environment, where mypy does not look.

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from hamilton import driver
from hamilton.ad_hoc_utils import create_temporary_module
from hamilton.execution.executors import MultiProcessingExecutor
from hamilton.function_modifiers import group, inject, parameterize, source, value
from hamilton.htypes import Collect, Parallelizable

from benchmarks import work
from benchmarks.work import BURNS, CHAIN, GROUPS, LAYERS, PARTS, WIDTH, burned_facts, layered_parents, play


def part() -> Parallelizable[int]:
    yield from range(PARTS)


def noop(part: int) -> int:
    return work.noop(part)


def total(noop: Collect[int]) -> int:
    return sum(noop)


def seed() -> Parallelizable[int]:
    yield from range(BURNS)


def burn(seed: int) -> tuple:  # type: ignore[type-arg]  # hamilton wants a plain class
    return work.burn(seed)


def burned(burn: Collect[tuple]) -> list:  # type: ignore[type-arg]  # hamilton wants a plain class
    return list(burn)


def grouped(burned: list) -> Parallelizable[list]:  # type: ignore[type-arg]  # hamilton wants a plain class
    yield from (burned[k::GROUPS] for k in range(GROUPS))


def merged(grouped: list) -> tuple:  # type: ignore[type-arg]  # hamilton wants a plain class
    return work.merge(grouped)


def final(merged: Collect[tuple]) -> tuple:  # type: ignore[type-arg]  # hamilton wants a plain class
    return work.merge(merged)


def one_by_one(*functions: Callable[..., Any]) -> Any:
    """Return a driver that runs nodes in this process: hamilton's default."""
    return driver.Builder().with_modules(create_temporary_module(*functions)).with_cache().build()


def in_two_processes(*functions: Callable[..., Any]) -> Any:
    """Return a driver that runs Parallelizable blocks in two processes."""
    return (
        driver.Builder()
        .with_modules(create_temporary_module(*functions))
        .enable_dynamic_execution(allow_experimental_mode=True)
        .with_remote_executor(MultiProcessingExecutor(max_tasks=2))
        .with_cache()
        .build()
    )


def fan_out() -> dict[str, Any]:
    @parameterize(**{f"noop_{i}": {"i": value(i)} for i in range(PARTS)})
    def noop(i: int) -> int:
        return work.noop(i)

    @inject(parts=group(*[source(f"noop_{i}") for i in range(PARTS)]))
    def total(parts: list[int]) -> int:
        return sum(parts)

    return {"answer": one_by_one(noop, total).execute(["total"])["total"]}


def fan_out_n2() -> dict[str, Any]:
    return {"answer": in_two_processes(part, noop, total).execute(["total"])["total"]}


def chain(length: int) -> dict[str, Any]:
    befores = {f"step_{i}": {"before": source(f"step_{i - 1}") if i > 1 else value(0)} for i in range(1, length + 1)}

    @parameterize(**befores)
    def step(before: int) -> int:
        return work.step(before)

    name = f"step_{length}"
    return {"answer": one_by_one(step).execute([name])[name]}


def arrays() -> dict[str, Any]:
    dataflow = in_two_processes(seed, burn, burned, grouped, merged, final)
    return burned_facts(dataflow.execute(["final"])["final"])


def build() -> dict[str, Any]:
    start = time.perf_counter()

    @parameterize(**{f"task_0_{place}": {"i": value(place)} for place in range(WIDTH)})
    def first(i: int) -> int:
        return i

    @parameterize(
        **{
            f"task_{layer}_{place}": {
                name: source(f"task_{a}_{b}") for name, (a, b) in zip("abc", layered_parents(layer, place), strict=True)
            }
            for layer in range(1, LAYERS)
            for place in range(WIDTH)
        }
    )
    def later(a: int, b: int, c: int) -> int:
        return a

    dataflow = driver.Builder().with_modules(create_temporary_module(first, later)).build()
    return {"seconds": time.perf_counter() - start, "answer": len(dataflow.list_available_variables())}


if __name__ == "__main__":
    play(
        {
            "W1": fan_out,
            "W1-n2": fan_out_n2,
            "W2": partial(chain, CHAIN),
            "W3": fan_out,
            "W4": build,
            "W5": partial(chain, 1),
            "W6": arrays,
        }
    )
