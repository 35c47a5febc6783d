"""A bare pool of two processes: the least that parallel work can cost; it stores nothing."""

from concurrent.futures import ProcessPoolExecutor
from typing import Any

from benchmarks.work import BURNS, CHAIN, GROUPS, PARTS, burn, burned_facts, merge, noop, play, step


def fan_out() -> dict[str, Any]:
    with ProcessPoolExecutor(2) as pool:
        parts = [pool.submit(noop, i) for i in range(PARTS)]
        return {"answer": pool.submit(sum, [part.result() for part in parts]).result()}


def chain() -> dict[str, Any]:
    value = 0
    with ProcessPoolExecutor(2) as pool:
        for _ in range(CHAIN):
            value = pool.submit(step, value).result()
    return {"answer": value}


def first_result() -> dict[str, Any]:
    with ProcessPoolExecutor(2) as pool:
        return {"answer": pool.submit(step, 0).result()}


def arrays() -> dict[str, Any]:
    with ProcessPoolExecutor(2) as pool:
        burned = [part.result() for part in [pool.submit(burn, i) for i in range(BURNS)]]
        groups = [pool.submit(merge, burned[k::GROUPS]) for k in range(GROUPS)]
        return burned_facts(pool.submit(merge, [group.result() for group in groups]).result())


if __name__ == "__main__":
    play({"W1": fan_out, "W2": chain, "W5": first_result, "W6": arrays})
