"""The graph: it refuses exactly the edges that close a cycle, in any order of edges and at any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler import DAG, Task
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.graph import Graph, downstream_of, topological_order

SIZE = 8
edges = st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=40)


def graph_of(size):
    graph = Graph()
    for _ in range(size):
        graph.add_task()
    return graph


def reaches(downstream, start, goal):
    """Whether there is a way from start to goal, by looking everywhere."""
    todo, seen = [start], set()
    while todo:
        task = todo.pop()
        if task == goal:
            return True
        if task not in seen:
            seen.add(task)
            todo.extend(downstream[task])
    return False


@given(edges)
def test_an_edge_is_refused_exactly_when_it_closes_a_cycle(edges):
    graph, downstream = graph_of(SIZE), {task: set() for task in range(SIZE)}
    for left, right in edges:
        closes = reaches(downstream, right, left)
        assert (graph.add_edge(left, right) is not None) == closes
        if not closes:
            downstream[left].add(right)
    assert graph.edges() == tuple(tuple(graph.upstream(task)) for task in range(SIZE))
    assert {(left, right) for right in range(SIZE) for left in graph.upstream(right)} == {
        (left, right) for left in downstream for right in downstream[left]
    }


@given(edges)
def test_a_refused_edge_comes_with_a_path_that_is_there(edges):
    graph = graph_of(SIZE)
    for left, right in edges:
        if cycle := graph.add_edge(left, right):
            assert (cycle[0], cycle[-2], cycle[-1]) == (right, left, right)
            assert all(a in graph.upstream(b) for a, b in zip(cycle[:-2], cycle[1:-1], strict=True))


@given(edges)
def test_in_topological_order_every_task_comes_after_those_it_waits_for(edges):
    graph = graph_of(SIZE)
    for left, right in edges:
        graph.add_edge(left, right)
    order = topological_order(graph.edges())
    place = {task: number for number, task in enumerate(order)}
    assert sorted(order) == list(range(SIZE))
    assert all(place[left] < place[right] for right in range(SIZE) for left in graph.upstream(right))


def test_tasks_without_edges_stay_in_their_order():
    assert topological_order([(), (), ()]) == [0, 1, 2]


def test_a_task_that_is_waited_for_twice_is_named_once():
    assert downstream_of([(), (0, 0), (0,)]) == [[1, 2], [], []]


# Large graphs: seconds at most, and no RecursionError. The limits are wide, for slow machines.


def named(dag, name):
    return Task(Name=name, Entrypoint="some.where", dag=dag)


def test_a_chain_of_ten_thousand_tasks_is_built():
    dag = DAG(Name="Chain", Image="Any image")
    tasks = [named(dag, f"t{number}") for number in range(10_000)]
    for left, right in zip(tasks, tasks[1:], strict=False):
        left >> right
    order = topological_order(dag.spec().upstream)
    assert order == list(range(10_000))


def test_a_chain_that_is_drawn_from_its_end_is_built():
    dag = DAG(Name="Chain", Image="Any image")
    tasks = [named(dag, f"t{number}") for number in range(10_000)]
    for right, left in zip(tasks, tasks[1:], strict=False):
        left >> right
    order = topological_order(dag.spec().upstream)
    assert order == list(range(9_999, -1, -1))


def test_a_chain_whose_edges_are_drawn_from_the_last_to_the_first_is_built():
    graph = graph_of(10_000)
    for task in range(9_998, -1, -1):
        assert graph.add_edge(task + 1, task) is None


def test_a_cycle_through_ten_thousand_tasks_is_found():
    dag = DAG(Name="Chain", Image="Any image")
    tasks = [named(dag, f"t{number}") for number in range(10_000)]
    for left, right in zip(tasks, tasks[1:], strict=False):
        left >> right
    with pytest.raises(InvalidJobError, match="'t0' would wait for itself: t0 >> t1 >> t2"):
        tasks[-1] >> tasks[0]


def test_a_fan_out_of_ten_thousand_tasks_is_built():
    dag = DAG(Name="Fan", Image="Any image")
    first, *middle, last = [named(dag, f"t{number}") for number in range(10_000)]
    first >> middle >> last
    assert len(dag.spec().upstream[9_999]) == 9_998


def test_a_hundred_layers_of_a_hundred_fully_connected_tasks_are_built():
    dag = DAG(Name="Layers", Image="Any image")
    layers = [[named(dag, f"{layer}/{number}") for number in range(100)] for layer in range(100)]
    for layer, following in zip(layers, layers[1:], strict=False):
        for task in following:
            layer >> task
    order = topological_order(dag.spec().upstream)
    assert len(order) == 10_000
