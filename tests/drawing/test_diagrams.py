"""What a diagram says of a job or a run: what is folded, what is told about it, and what is left out."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictured import all_completed, but, job, task, task_run

from dtscheduler.drawing.diagram import MOST_UNFOLDED, NodeKind, diagram_of
from dtscheduler.drawing.folding import FEWEST_ALIKE, MOST_EDGES
from dtscheduler.drawing.looks import MOST_TELLING
from dtscheduler.drawing.svg import svg
from dtscheduler.model.status import TaskStatus

MANY = 10_000


def with_upstream(spec, upstream):
    """A job whose edges are given by number, because writing thousands of them by name takes long."""
    return replace(spec, upstream=tuple(map(tuple, upstream)))


def kinds(diagram):
    return [node.kind for node in diagram.nodes]


def test_a_job_that_has_not_run_shows_functions_and_numbers_of_parts():
    first, second = diagram_of(job("load", task("price", 12), edges=["load > price"])).nodes
    assert (first.label, first.detail, first.status, first.counts) == ("load", "flights.batch.load", None, ())
    assert (second.label, second.detail, second.kind) == ("price", "×12 parts", NodeKind.FAN_OUT)
    assert second.unfolds and not first.unfolds


def test_a_fan_out_of_one_part_is_still_a_fan_out():
    assert kinds(diagram_of(job(task("price", 1)))) == [NodeKind.FAN_OUT]


def test_all_unfolds_every_fan_out_and_a_name_only_its_own():
    spec = job(task("price", 3), task("stress", 4))
    assert len(diagram_of(spec, unfolded="all").nodes) == 7
    assert kinds(diagram_of(spec, unfolded=["stress"])) == [NodeKind.FAN_OUT] + 4 * [NodeKind.PART]
    assert len(diagram_of(spec, unfolded=["no such task"]).nodes) == 2


def test_a_task_that_is_named_all_does_not_unfold_the_others():
    assert len(diagram_of(job(task("all", 3), task("price", 4)), unfolded=["all"]).nodes) == 4


@pytest.mark.parametrize(("parts", "nodes"), [(200, 200), (201, 201), (5_000, 201)])
def test_at_most_two_hundred_parts_are_shown_and_the_rest_is_counted(parts, nodes):
    found = diagram_of(job(task("price", parts)), unfolded="all").nodes
    assert len(found) == nodes
    rest = [node for node in found if node.kind is NodeKind.MORE]
    assert [node.label for node in rest] == ([f"and {parts - 200:,} more"] if parts > 200 else [])
    assert sum(node.size for node in found) == parts


@settings(deadline=None)
@given(st.lists(st.sampled_from(TaskStatus), min_size=1, max_size=250), st.booleans())
def test_every_part_is_counted_once_and_the_worst_status_tells(statuses, unfold):
    spec = job(task("price", len(statuses)))
    task_runs = [task_run(spec, 0, part, status) for part, status in enumerate(statuses)]
    nodes = diagram_of(spec, task_runs, unfolded="all" if unfold else ()).nodes
    counted = [status for node in nodes for status, count in node.counts for _ in range(count)]
    assert sorted(counted) == sorted(statuses)
    for node in nodes:
        assert node.status is min((status for status, _ in node.counts), key=MOST_TELLING.index)
        assert sum(count for _, count in node.counts) == node.size


def test_a_part_without_a_record_is_pending():
    spec = job(task("price", 3))
    (node,) = diagram_of(spec, [task_run(spec, 0, 1)]).nodes
    assert dict(node.counts) == {TaskStatus.PENDING: 2, TaskStatus.COMPLETED: 1}


def test_failed_parts_are_shown_before_others_when_there_are_too_many():
    spec = job(task("price", 1_000))
    task_runs = all_completed(spec)
    failed = set(range(3, 1_000, 10))
    for part in failed:
        task_runs[part] = replace(task_runs[part], status=TaskStatus.FAILED)
    shown = {node.part for node in diagram_of(spec, task_runs, unfolded="all").nodes}
    assert failed < shown and len(shown - {None}) == MOST_UNFOLDED


@pytest.mark.parametrize("count", [FEWEST_ALIKE - 1, FEWEST_ALIKE])
def test_only_many_alike_tasks_are_one_node(count):
    names = [f"load {number}" for number in range(count)]
    spec = job("start", *names, "end", edges=[f"start > {name} > end" for name in names])
    folded = len(diagram_of(spec).nodes) == 3
    assert folded == (count == FEWEST_ALIKE)
    assert len(diagram_of(spec, unfolded="all").nodes) == count + 2


def test_tasks_of_other_functions_or_other_neighbours_are_not_alike():
    others = [task(f"load {number}", entrypoint=f"a.f{number % 2}") for number in range(60)]
    assert len(diagram_of(job(*others)).nodes) == 2
    chained = [task(f"load {number}") for number in range(40)]
    assert len(diagram_of(job(*chained, edges=["load 0 > load 1"])).nodes) == 3


def test_the_critical_path_is_marked_through_a_folded_and_an_unfolded_fan_out():
    spec = job("load", task("price", 3), "end", edges=["load > price > end"])
    task_runs = but(all_completed(spec), 1, 2, ended=all_completed(spec)[-1].started)
    assert all(node.critical for node in diagram_of(spec, task_runs).nodes)
    late = [replace(one, ended=one.started) if (one.task, one.part) in {(1, 0), (1, 1)} else one for one in task_runs]
    diagram = diagram_of(spec, late, unfolded="all")
    assert [node.part for node in diagram.nodes if node.critical] == [None, 2, None]
    assert {(edge.source, edge.target) for edge in diagram.edges if edge.critical} == {("n0", "n1p2"), ("n1p2", "n2")}


def test_ids_are_numbered_and_never_taken_from_names():
    spec = with_upstream(job(task("n1", 40), task('"><x', 300), "j0"), [(), (0,), (1,)])
    ids = [node.id for node in diagram_of(spec, unfolded="all").nodes]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"n\d+(p\d+|m)?|j\d+", one) for one in ids)


def test_edges_between_few_nodes_are_drawn_one_by_one():
    spec = job(task("map", 5), task("reduce", 6), edges=["map > reduce"])
    assert NodeKind.JUNCTION not in kinds(diagram_of(spec, unfolded="all"))
    more = diagram_of(job(task("map", 6), task("reduce", 6), edges=["map > reduce"]), unfolded="all")
    assert kinds(more).count(NodeKind.JUNCTION) == 1 and len(more.edges) == 12


def test_a_junction_joins_the_same_nodes_as_the_edges_it_stands_for():
    spec = job(task("map", 40), task("reduce", 50), edges=["map > reduce"])
    edges = diagram_of(spec, unfolded="all").edges
    assert {edge.source for edge in edges if edge.target == "j0"} == {f"n0p{part}" for part in range(40)}
    assert {edge.target for edge in edges if edge.source == "j0"} == {f"n1p{part}" for part in range(50)}


def test_of_far_too_many_edges_some_are_left_out_and_the_note_says_how_many():
    all_but_one = [[before for before in range(300) if before != one] for one in range(300)]
    spec = with_upstream(job(*plain(600)), [[] for _ in range(300)] + all_but_one)
    diagram = diagram_of(spec)
    assert 0 < len(diagram.edges) <= MOST_EDGES
    assert diagram.note == f"{89_700 - len(diagram.edges):,} of 89,700 edges are not drawn"


def test_texts_are_one_line_without_secrets():
    spec = job(task("load\npassword=hunter2", entrypoint="a.b\ttoken=abc", description="first\nsecret: x1y2"))
    task_runs = [task_run(spec, 0, status=TaskStatus.FAILED, reason="api_key=zzz9\nwas refused")]
    (node,) = diagram_of(spec, task_runs).nodes
    texts = [node.label, node.detail, *node.about]
    assert not any(secret in text for text in texts for secret in ("hunter2", "abc", "x1y2", "zzz9", "\n", "\t"))
    assert any("was refused" in text for text in node.about)


def chain():
    return with_upstream(job(*plain(MANY)), [()] + [(number,) for number in range(MANY - 1)])


def fan():
    upstream = [()] + [(0,)] * MANY + [tuple(range(1, MANY + 1))]
    return with_upstream(job(*plain(MANY + 2)), upstream)


def wide_fan_out():
    return with_upstream(job("load", task("price", MANY), "end"), [(), (0,), (1,)])


def layers():
    upstream = [tuple(range(max(0, number // 100 * 100 - 100), number // 100 * 100)) for number in range(MANY)]
    return with_upstream(job(*plain(MANY)), upstream)


def plain(count):
    """Tasks of many functions, so that none are alike."""
    return [task(f"t{number}", entrypoint=f"a.f{number}") for number in range(count)]


@pytest.mark.parametrize("huge", [chain, fan, wide_fan_out, layers])
def test_a_huge_run_is_drawn_up_and_drawn(huge):
    spec = huge()
    diagram = diagram_of(spec, all_completed(spec), unfolded="all")
    assert sum(node.size for node in diagram.nodes if node.kind is not NodeKind.JUNCTION) >= MANY
    assert svg(diagram).count('class="edge"') == len(diagram.edges) > 0
