"""joblib: Memory keeps results on disk, Parallel spreads calls; it knows no graph."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The peer is installed in its own environment, where mypy does not look.

from typing import Any

from joblib import Memory, Parallel, delayed

from benchmarks.work import BURNS, CHAIN, GROUPS, PARTS, burn, burned_facts, merge, noop, play, step

memory = Memory("results", verbose=0)
cached_noop, cached_step = memory.cache(noop), memory.cache(step)
cached_burn, cached_merge = memory.cache(burn), memory.cache(merge)
cached_sum = memory.cache(lambda values: sum(values))


def fan_out() -> dict[str, Any]:
    return {"answer": cached_sum(Parallel(n_jobs=2)(delayed(cached_noop)(i) for i in range(PARTS)))}


def chain() -> dict[str, Any]:
    value = 0
    for _ in range(CHAIN):
        value = cached_step(value)
    return {"answer": value}


def first_result() -> dict[str, Any]:
    return {"answer": cached_step(0)}


def arrays() -> dict[str, Any]:
    with Parallel(n_jobs=2) as parallel:
        burned = parallel(delayed(cached_burn)(i) for i in range(BURNS))
        groups = parallel(delayed(cached_merge)(burned[k::GROUPS]) for k in range(GROUPS))
    return burned_facts(cached_merge(groups))


if __name__ == "__main__":
    play({"W1": fan_out, "W2": chain, "W3": fan_out, "W5": first_result, "W6": arrays})
