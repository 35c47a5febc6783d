"""Crossings of lines, counted quickly, agree with those counted one by one."""

from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_layout import diagrams, drawing

from dtscheduler.drawing.crossing import line_crossings
from dtscheduler.drawing.layout import crossings, laid_out

points = st.tuples(st.integers(-6, 6), st.integers(-6, 6))
lines = st.lists(st.lists(points, min_size=2, max_size=4), max_size=8)


def one_by_one(lines):
    """Solve for the point that two segments share, exactly; one at an end of either does not count."""
    return sum(
        meet_inside(*first, *second)
        for one, other in combinations(lines, 2)
        for first in pairwise(one)
        for second in pairwise(other)
    )


def meet_inside(a, b, c, d):
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = (map(Fraction, point) for point in (a, b, c, d))
    turn = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if not turn:
        return False
    along = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / turn
    across = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / turn
    return 0 < along < 1 and 0 < across < 1


@given(lines)
def test_the_quick_count_agrees_with_the_exact_one(lines):
    assert line_crossings(lines) == one_by_one(lines)


@given(lines, st.randoms())
def test_neither_the_order_nor_the_direction_of_lines_matters(lines, random):
    turned = [line[::-1] for line in lines]
    random.shuffle(turned)
    assert line_crossings(turned) == line_crossings(lines)


@settings(deadline=None)
@given(diagrams(most=10))
def test_the_crossings_of_a_layout_are_those_of_its_lines(diagram):
    layout = laid_out(diagram)
    assert crossings(layout) == one_by_one([line.points for line in layout.lines])


@pytest.mark.parametrize("rungs", [2, 5, 20])
def test_a_ladder_is_drawn_without_crossings(rungs):
    rails = [(2 * n, 2 * n + 2) for n in range(rungs - 1)] + [(2 * n + 1, 2 * n + 3) for n in range(rungs - 1)]
    assert crossings(laid_out(drawing(2 * rungs, rails + [(2 * n, 2 * n + 1) for n in range(rungs)]))) == 0


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=5), min_size=1, max_size=5))
def test_stages_that_split_and_join_are_drawn_without_crossings(stages):
    edges, last, used = [], 0, 1
    for lengths in stages:
        ends = []
        for length in lengths:
            way = [last, *range(used, used + length)]
            edges += pairwise(way)
            ends.append(way[-1])
            used += length
        edges += [(end, used) for end in ends]
        last, used = used, used + 1
    assert crossings(laid_out(drawing(used, edges))) == 0


def test_two_columns_that_are_fully_connected_cross_as_often_as_they_must():
    edges = [(a, b) for a in range(3) for b in range(3, 6)]
    assert crossings(laid_out(drawing(6, edges))) == 9
