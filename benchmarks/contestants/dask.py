"""dask.distributed: a local cluster of two processes; results live in the workers' memory."""

# mypy: disable-error-code="import-not-found, import-untyped, no-untyped-call"
# The peer is installed in its own environment, where mypy does not look.

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dask import delayed
from distributed import Client, LocalCluster

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


@contextmanager
def client() -> Iterator[Any]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as connected,
    ):
        yield connected


def fan_out() -> dict[str, Any]:
    with client() as dask:
        return {"answer": dask.submit(sum, dask.map(noop, range(PARTS))).result()}


def chain(length: int = CHAIN) -> dict[str, Any]:
    with client() as dask:
        value = 0
        for _ in range(length):
            value = dask.submit(step, value)
        return {"answer": value.result()}  # type: ignore[attr-defined]  # after one step it is a future


def first_result() -> dict[str, Any]:
    return chain(1)


def arrays() -> dict[str, Any]:
    with client() as dask:
        burned = dask.map(burn, range(BURNS))
        groups = [dask.submit(merge, burned[k::GROUPS]) for k in range(GROUPS)]
        return burned_facts(dask.submit(merge, groups).result())


def wait_for(i: int, *_parents: int) -> int:
    return i


def build() -> dict[str, Any]:
    start = time.perf_counter()
    task = delayed(wait_for, pure=False)
    tasks: dict[tuple[int, int], Any] = {}
    for layer in range(LAYERS):
        for place in range(WIDTH):
            tasks[layer, place] = task(place, *[tasks[parent] for parent in layered_parents(layer, place)])
    return {"seconds": time.perf_counter() - start, "answer": len(tasks)}


if __name__ == "__main__":
    play({"W1": fan_out, "W2": chain, "W4": build, "W5": first_result, "W6": arrays})
