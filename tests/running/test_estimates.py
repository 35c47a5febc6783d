"""About how long a run takes: what parts took before, side by side as far as the machine allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, Resources, TaskSpec
from dtscheduler.running.estimate import estimate, laid_out


def job(parts, upstream=None, cpu=4000):
    """A job with so many parts of each task; a part reserves a core."""
    tasks = tuple(
        TaskSpec(
            name=f"t{n}",
            entrypoint="a.b",
            parts=tuple(PartSpec(f"p{p}") for p in range(count)),
            needs=Resources(cpu_mhz=cpu, memory_mb=100),
        )
        for n, count in enumerate(parts)
    )
    return JobSpec(name="job", tasks=tasks, upstream=upstream or tuple(() for _ in parts), access=AccessSpec())


def seconds(spec, each, cores=2):
    counts = {n: len(task.parts) for n, task in enumerate(spec.tasks)}
    return laid_out(spec, counts, dict(enumerate(each)), cpu_mhz=4000 * cores, memory_mb=10_000)


def test_parts_run_side_by_side_as_far_as_there_is_room():
    assert seconds(job([5]), [10]) == 30


def test_a_task_waits_for_all_before_it():
    assert seconds(job([1, 1, 1], ((), (0,), (0, 1))), [1, 2, 3]) == 6


def test_independent_tasks_share_the_machine():
    assert seconds(job([1, 1, 1]), [4, 2, 2]) == 4


def test_a_part_that_asks_for_more_than_there_is_runs_alone():
    assert seconds(job([2], cpu=400_000), [5]) == 10


def test_the_memory_that_parts_reserve_counts_too():
    assert seconds(job([10_000], cpu=1), [1], cores=1) == 100


def test_what_is_reused_takes_no_time():
    spec = job([3, 1], ((), (0,)))
    found = estimate(spec, {1: 1}, {"t0": [100.0], "t1": [2.0]}, cpu_mhz=4000, memory_mb=1000)
    assert (found.median_seconds, found.p90_seconds) == (2, 2)


@pytest.mark.parametrize(
    ("history", "text"),
    [
        ({}, "no estimate: these tasks have not completed before"),
        ({"t0": [40.0], "t1": [1.0]}, "about 41 s"),
        ({"t0": [40.0]}, "about 40 s, not counting 1 task without history"),
        ({"t0": [1.0] * 8 + [60.0] * 2, "t1": [1.0]}, "about 2.0 s, 1m 01s if it goes slowly"),
        ({"t0": [0.1], "t1": [0.1]}, "less than a second"),
    ],
)
def test_it_is_said_in_words(history, text):
    spec = job([1, 1], ((), (0,)))
    assert str(estimate(spec, {0: 1, 1: 1}, history, cpu_mhz=8000, memory_mb=1000)) == text


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 20)), min_size=1, max_size=8),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_it_lies_between_the_work_shared_by_all_cores_and_the_work_on_one(tasks, cores, random):
    upstream = tuple(tuple(u for u in range(n) if random.random() < 0.4) for n in range(len(tasks)))
    spec = job([count for count, _ in tasks], upstream)
    work = sum(count * each for count, each in tasks)
    assert work / cores <= seconds(spec, [each for _, each in tasks], cores) <= work
