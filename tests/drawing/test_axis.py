"""The marks of a time axis: round steps that cover its length."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.drawing.axis import STEPS, ticks

lengths = st.floats(0.001, 1e9)


@given(lengths, st.integers(1, 12))
def test_marks_begin_at_0_and_cover_the_length_with_at_most_so_many(length, most):
    marks = [mark.seconds for mark in ticks(length, most)]
    assert marks[0] == 0 and marks[-1] <= length * (1 + 1e-9) and len(marks) <= most + 1


@given(lengths)
def test_all_marks_are_one_round_step_apart(length):
    marks = [mark.seconds for mark in ticks(length)]
    steps = {other - one for one, other in pairwise(marks)}
    assert all(any(step == pytest.approx(known) for known in STEPS) for step in steps)
    assert len(steps) < 2 or max(steps) == pytest.approx(min(steps))


@pytest.mark.parametrize(
    ("length", "second"), [(0.004, "500 µs"), (40, "5 s"), (600, "2 min"), (7_000, "15 min"), (86_400, "3 h")]
)
def test_steps_are_those_one_knows_from_clocks(length, second):
    assert ticks(length)[1].label == second
