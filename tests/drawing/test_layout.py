"""Where nodes stand and edges run, for random jobs and for those that are hard to draw."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler.drawing.crossing import line_crossings
from dtscheduler.drawing.diagram import Diagram, Edge, Node, NodeKind
from dtscheduler.drawing.layout import Direction, crossings, laid_out


def drawing(count, edges):
    nodes = tuple(Node(id=f"n{number}", kind=NodeKind.TASK, label=f"task {number}") for number in range(count))
    return Diagram(nodes=nodes, edges=tuple(Edge(source=f"n{a}", target=f"n{b}") for a, b in edges))


@st.composite
def diagrams(draw, most=24):
    count = draw(st.integers(0, most))
    pairs = st.tuples(st.integers(0, max(0, count - 1)), st.integers(0, max(0, count - 1)))
    edges = draw(st.lists(pairs, max_size=3 * count, unique=True))
    order = draw(st.permutations(range(count)))
    return drawing(count, sorted({(order[a], order[b]) for a, b in edges if a < b}))


sizes_of_nodes = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 120)), min_size=24, max_size=24)


def sized(diagram, sizes):
    return {node.id: tuple(map(float, size)) for node, size in zip(diagram.nodes, sizes, strict=False)}


@settings(deadline=None)
@given(diagrams(), sizes_of_nodes)
def test_no_two_nodes_overlap_and_all_are_on_the_sheet(diagram, sizes):
    layout = laid_out(diagram, sized(diagram, sizes))
    boxes = list(layout.boxes.values())
    for number, one in enumerate(boxes):
        assert one.x >= -1e-6 and one.y >= -1e-6
        assert one.x + one.width <= layout.width + 1e-6 and one.y + one.height <= layout.height + 1e-6
        assert not any(overlap(one, other) for other in boxes[number + 1 :])


def overlap(one, other):
    apart = (
        one.x + one.width <= other.x + 1e-6,
        other.x + other.width <= one.x + 1e-6,
        one.y + one.height <= other.y + 1e-6,
        other.y + other.height <= one.y + 1e-6,
    )
    return not any(apart)


@settings(deadline=None)
@given(diagrams(), sizes_of_nodes)
def test_every_edge_leads_from_the_right_of_its_source_to_the_left_of_its_target(diagram, sizes):
    layout = laid_out(diagram, sized(diagram, sizes))
    for edge, line in zip(diagram.edges, layout.lines, strict=True):
        source, target = layout.boxes[edge.source], layout.boxes[edge.target]
        (first_x, first_y), (last_x, last_y) = line.points[0], line.points[-1]
        assert first_x == pytest.approx(source.x + source.width) and source.y <= first_y <= source.y + source.height
        assert last_x == pytest.approx(target.x) and target.y <= last_y <= target.y + target.height
        assert all(x < next_x for (x, _), (next_x, _) in zip(line.points, line.points[1:], strict=False))


@settings(deadline=None)
@given(diagrams(), sizes_of_nodes)
def test_no_edge_runs_through_a_third_node(diagram, sizes):
    layout = laid_out(diagram, sized(diagram, sizes))
    for line in layout.lines:
        others = [box for key, box in layout.boxes.items() if key not in (line.source, line.target)]
        for start, end in zip(line.points, line.points[1:], strict=False):
            assert not any(touches(start, end, box) for box in others)


def touches(start, end, box):
    """Whether the rectangle that holds a segment, and so every curve between its ends, meets a box."""
    low, high = sorted((start[1], end[1]))
    beside = end[0] <= box.x + 1e-6 or start[0] >= box.x + box.width - 1e-6
    return not beside and low < box.y + box.height and high > box.y


@settings(deadline=None)
@given(diagrams())
def test_the_same_diagram_is_always_laid_out_alike(diagram):
    assert laid_out(diagram) == laid_out(diagram)


@settings(deadline=None)
@given(diagrams())
def test_downwards_every_edge_leads_from_top_to_bottom(diagram):
    layout = laid_out(diagram, direction=Direction.DOWN)
    for line in layout.lines:
        assert all(y < next_y for (_, y), (_, next_y) in zip(line.points, line.points[1:], strict=False))


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_trees_are_drawn_without_crossings(picks):
    edges = [(pick % (number + 1), number + 1) for number, pick in enumerate(picks)]
    assert crossings(laid_out(drawing(len(picks) + 1, edges))) == 0


def test_no_nodes_need_no_room():
    layout = laid_out(Diagram())
    assert (dict(layout.boxes), layout.lines, layout.width, layout.height) == ({}, (), 0, 0)


def test_a_chain_is_one_straight_line():
    layout = laid_out(drawing(5, [(0, 1), (1, 2), (2, 3), (3, 4)]))
    assert len({box.y for box in layout.boxes.values()}) == 1
    assert all(len(line.points) == 2 for line in layout.lines)


def test_a_long_edge_runs_straight_beside_what_it_passes():
    layout = laid_out(drawing(5, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]))
    around = layout.lines[-1].points
    assert len(around) <= 5
    assert crossings(layout) == 0


def test_a_chain_of_ten_thousand_tasks_is_laid_out():
    layout = laid_out(drawing(10_000, [(number, number + 1) for number in range(9_999)]))
    assert len({box.x for box in layout.boxes.values()}) == 10_000


def test_a_fan_of_ten_thousand_tasks_is_laid_out():
    fan = [(0, number) for number in range(1, 10_001)] + [(number, 10_001) for number in range(1, 10_001)]
    layout = laid_out(drawing(10_002, fan))
    assert len({box.x for box in layout.boxes.values()}) == 3
    assert crossings_of_a_fan(layout) == 0


def crossings_of_a_fan(layout):
    """The lines of each side in the order of their ends; there is no need to compare every pair."""
    middles = [layout.boxes[f"n{number}"].y for number in range(1, 10_001)]
    return len(middles) - len(set(middles))


def test_single_tasks_stand_in_a_block_and_not_in_a_row():
    layout = laid_out(drawing(100, []))
    assert 0.3 < layout.height / layout.width < 3


def test_crossings_are_counted_between_lines_that_cut_each_other():
    cross = [[(0, 0), (10, 10)], [(0, 10), (10, 0)]]
    assert line_crossings(cross) == 1
    assert line_crossings([[(0, 0), (10, 0)], [(5, 0), (10, 5)]]) == 0
    assert line_crossings([[(0, 0), (10, 0)], [(0, 0), (10, 0)]]) == 0
    assert line_crossings([[(0, 5), (20, 5)], [(0, 0), (5, 10), (10, 0)]]) == 2
