"""Layouts of real jobs, with fan-outs folded and not, judged by the curves that the picture really shows."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictured import all_completed, job, task
from test_layout import drawing, overlap

from dtscheduler.drawing.diagram import Diagram, diagram_of
from dtscheduler.drawing.layout import Direction, crossings, laid_out
from dtscheduler.drawing.svg import svg

SVG = "{http://www.w3.org/2000/svg}"
SAMPLES = 16
TIP = 7
DIRECTIONS = st.sampled_from(Direction)


@st.composite
def diagrams(draw):
    """Of random jobs and runs with fan-outs, some of them unfolded, some connected by junctions."""
    count = draw(st.integers(1, 8))
    sizes = draw(st.lists(st.sampled_from([0, 0, 2, 7]), min_size=count, max_size=count))
    pairs = [(a, b) for b in range(count) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2 * count)) if pairs else []
    names = [f"t{number}" + draw(st.sampled_from(["", " with a long name"])) for number in range(count)]
    tasks = [task(name, size) for name, size in zip(names, sizes, strict=True)]
    spec = job(*tasks, edges=[f"{names[a]} > {names[b]}" for a, b in sorted(edges)])
    unfolded = draw(st.sampled_from(["all", (), tuple(names[1::2])]))
    return diagram_of(spec, all_completed(spec) if draw(st.booleans()) else None, unfolded=unfolded)


def drawn_curves(diagram, direction):
    """Points on every curve of the picture, by where it begins and ends."""
    root = ElementTree.fromstring(svg(diagram, direction=direction))
    return [points_of(path.get("d")) for path in root.iter(f"{SVG}path") if path.get("class") == "edge"]


def points_of(d):
    found = []
    for letter, written in re.findall(r"([MLC])([^MLC]*)", d):
        numbers = list(map(float, written.split()))
        corners = list(zip(numbers[::2], numbers[1::2], strict=True))
        if letter == "C":
            curve = [found[-1], *corners]
            corners = [on_curve(curve, step / SAMPLES) for step in range(1, SAMPLES + 1)]
        found += corners
    return found


def on_curve(corners, at):
    """By de Casteljau: halfway between points that are halfway, until one is left."""
    while len(corners) > 1:
        corners = [tuple(a + (b - a) * at for a, b in zip(*pair, strict=True)) for pair in pairwise(corners)]
    return corners[0]


def ends(diagram, direction):
    """Every curve with the ids of the nodes that it joins; the picture shows critical ones last."""
    edges = sorted(diagram.edges, key=lambda edge: edge.critical)
    return zip(edges, drawn_curves(diagram, direction), strict=True)


@settings(deadline=None)
@given(diagrams(), DIRECTIONS)
def test_no_two_cards_overlap_in_either_direction(diagram, direction):
    boxes = list(laid_out(diagram, direction=direction).boxes.values())
    assert not any(overlap(one, other) for number, one in enumerate(boxes) for other in boxes[number + 1 :])


@settings(deadline=None)
@given(diagrams(), DIRECTIONS)
def test_a_drawn_edge_begins_at_its_source_ends_at_its_target_and_never_turns_back(diagram, direction):
    boxes = laid_out(diagram, direction=direction).boxes
    axis = 1 if direction is Direction.DOWN else 0
    for edge, points in ends(diagram, direction):
        assert near(points[0], boxes[edge.source], 0.1) and near(points[-1], boxes[edge.target], TIP)
        assert all(after[axis] >= before[axis] - 0.02 for before, after in pairwise(points))


@settings(deadline=None)
@given(diagrams(), DIRECTIONS)
def test_no_drawn_edge_passes_through_the_card_of_a_third_node(diagram, direction):
    boxes = laid_out(diagram, direction=direction).boxes
    for edge, points in ends(diagram, direction):
        others = [box for key, box in boxes.items() if key not in (edge.source, edge.target)]
        assert not [box for box in others for point in points if near(point, box, -0.1)]


def near(point, box, reach):
    x, y = point
    within = box.x - reach <= x <= box.x + box.width + reach
    return within and box.y - reach <= y <= box.y + box.height + reach


@settings(deadline=None)
@given(diagrams(), DIRECTIONS)
def test_the_same_diagram_gives_the_same_picture(diagram, direction):
    assert svg(diagram, direction=direction) == svg(diagram, direction=direction)


@settings(deadline=None)
@given(diagrams())
def test_downwards_is_as_free_of_crossings_as_to_the_right(diagram):
    sizes = {node.id: (100.0, 100.0) for node in diagram.nodes}
    down, right = (laid_out(diagram, sizes, direction=one) for one in (Direction.DOWN, Direction.RIGHT))
    assert crossings(down) == crossings(right)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_single_node_and_no_node_are_laid_out(direction):
    assert laid_out(Diagram(), direction=direction).width == 0
    layout = laid_out(drawing(1, []), {"n0": (50.0, 20.0)}, direction=direction)
    assert (layout.width, layout.height, layout.lines) == (50, 20, ())


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_graphs_that_are_not_connected_stand_side_by_side(lengths):
    edges, first = [], 0
    for length in lengths:
        edges += pairwise(range(first, first + length))
        first += length
    layout = laid_out(drawing(first, edges))
    boxes = list(layout.boxes.values())
    assert not any(overlap(one, other) for number, one in enumerate(boxes) for other in boxes[number + 1 :])
    assert crossings(layout) == 0
