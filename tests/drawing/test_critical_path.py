"""The path that decided when a run ended, on random runs that keep the order of their graph."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from pictured import all_completed, but, job, moment, task, task_run

from dtscheduler.drawing.critical import critical_path
from dtscheduler.model.status import TaskStatus


@st.composite
def runs(draw):
    """A random job, and a run of it in which every part starts after all that its task waits for."""
    count = draw(st.integers(1, 10))
    names = [f"t{number}" for number in range(count)]
    pairs = [(a, b) for b in range(count) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    sizes = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    tasks = [task(name, size) for name, size in zip(names, sizes, strict=True)]
    spec = job(*tasks, edges=[f"t{a} > t{b}" for a, b in edges])
    ends, found = [0.0] * count, []
    for number, one in enumerate(spec.tasks):
        ready = max((ends[before] for before in spec.upstream[number]), default=0.0)
        for part in range(len(one.parts)):
            start = ready + draw(st.integers(0, 5))
            end = start + draw(st.integers(0, 9))
            ends[number] = max(ends[number], end)
            found.append(task_run(spec, number, part, start=start, end=end))
    return spec, draw(st.permutations(found))


@settings(deadline=None)
@given(runs())
def test_it_ends_with_a_part_that_ended_last_and_begins_with_one_that_waited_for_nothing(run):
    spec, task_runs = run
    path = critical_path(spec.upstream, task_runs)
    assert path[-1].ended == max(one.ended for one in task_runs)
    assert spec.upstream[path[0].task] == ()


@settings(deadline=None)
@given(runs())
def test_parts_on_it_follow_each_other_in_the_graph_and_in_time(run):
    spec, task_runs = run
    for before, after in pairwise(critical_path(spec.upstream, task_runs)):
        assert before.task in spec.upstream[after.task]
        assert before.ended <= after.started


@settings(deadline=None)
@given(runs())
def test_of_all_that_a_part_on_it_waited_for_the_one_before_ended_last(run):
    spec, task_runs = run
    for before, after in pairwise(critical_path(spec.upstream, task_runs)):
        waited = [one.ended for one in task_runs if one.task in spec.upstream[after.task]]
        assert before.ended == max(waited)


def test_what_never_started_decides_nothing():
    spec = job("load", "clean", edges=["load > clean"])
    not_run = but(all_completed(spec), 1, status=TaskStatus.DID_NOT_RUN, started=None, ended=None)
    assert [one.task for one in critical_path(spec.upstream, not_run)] == [0]
    assert critical_path(spec.upstream, []) == []


def test_what_is_running_counts_once_the_time_is_told():
    spec = job("load", "clean", edges=["load > clean"])
    running = but(all_completed(spec), 1, status=TaskStatus.RUNNING, ended=None)
    assert [one.task for one in critical_path(spec.upstream, running)] == [0]
    assert [one.task for one in critical_path(spec.upstream, running, moment(60))] == [0, 1]


def test_a_chain_of_ten_thousand_tasks_is_a_path_of_as_many():
    upstream = [()] + [(number,) for number in range(9_999)]
    spec = job("one")
    chain = [task_run(spec, 0, start=number, end=number + 1) for number in range(10_000)]
    numbered = [changed for number, one in enumerate(chain) for changed in but([one], 0, task=number)]
    assert len(critical_path(upstream, numbered)) == 10_000
