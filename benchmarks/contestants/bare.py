"""A bare pool of two processes: the least that parallel work can cost.

By itself it stores nothing; as ``stored`` every result is a file of its own before what depends on it starts.
"""

import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
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


def keep(name: str, value: object) -> None:
    """Keep a result in a file that is whole or not there."""
    draft = Path(f"{name}.draft")
    draft.write_bytes(pickle.dumps(value))
    draft.rename(f"{name}.pickle")


def kept(name: str) -> Any:
    return pickle.loads(Path(f"{name}.pickle").read_bytes())


def stored_noop(i: int) -> None:
    keep(f"noop-{i}", noop(i))


def stored_sum(parts: int) -> None:
    keep("sum", sum(kept(f"noop-{i}") for i in range(parts)))


def stored_step(i: int) -> None:
    keep(f"step-{i}", step(kept(f"step-{i - 1}") if i else 0))


def fan_out_stored() -> dict[str, Any]:
    with ProcessPoolExecutor(2) as pool:
        for part in [pool.submit(stored_noop, i) for i in range(PARTS)]:
            part.result()
        pool.submit(stored_sum, PARTS).result()
    return {"answer": kept("sum")}


def chain_stored() -> dict[str, Any]:
    with ProcessPoolExecutor(2) as pool:
        for i in range(CHAIN):
            pool.submit(stored_step, i).result()
    return {"answer": kept(f"step-{CHAIN - 1}")}


def first_result() -> dict[str, Any]:
    with ProcessPoolExecutor(2) as pool:
        return {"answer": pool.submit(step, 0).result()}


def arrays() -> dict[str, Any]:
    with ProcessPoolExecutor(2) as pool:
        burned = [part.result() for part in [pool.submit(burn, i) for i in range(BURNS)]]
        groups = [pool.submit(merge, burned[k::GROUPS]) for k in range(GROUPS)]
        return burned_facts(pool.submit(merge, [group.result() for group in groups]).result())


if __name__ == "__main__":
    play(
        {
            "W1": fan_out,
            "W1-stored": fan_out_stored,
            "W2": chain,
            "W2-stored": chain_stored,
            "W5": first_result,
            "W6": arrays,
        }
    )
