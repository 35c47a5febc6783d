"""Configurations in one line: JSON and grids are read, nothing is executed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler import grid
from dtscheduler.errors import InvalidJobError
from dtscheduler.ui.views.configuration import grid_text, read_configuration, read_values, said_values

VALUES = st.one_of(
    st.integers(-(10**9), 10**9),
    st.text(max_size=8),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("JFK, LGA", ["JFK", "LGA"]),
        ("1..12", list(range(1, 13))),
        ("-2..1", [-2, -1, 0, 1]),
        ("1, 2.5, true, x", [1, 2.5, True, "x"]),
        ('["a, b", null]', ["a, b", None]),
        ("", []),
        ("a..b", ["a..b"]),
        ("Infinity, NaN", ["Infinity", "NaN"]),
    ],
)
def test_values_of_an_axis_are_read_as_they_are_written(text, values):
    assert list(read_values(text)) == values


@given(st.lists(VALUES, max_size=6))
def test_values_are_read_as_they_are_said(values):
    read = list(read_values(said_values(values)))
    assert [(type(value), value) for value in read] == [(type(value), value) for value in values]


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=6).filter(lambda t: t not in ("Name", "Description")),
        st.lists(VALUES, min_size=1, max_size=3),
        min_size=1,
        max_size=3,
    )
)
def test_a_grid_is_read_as_it_is_written(axes):
    try:
        made = grid(axes)
    except InvalidJobError:
        return
    read = read_configuration(grid_text(axes, [], ""))
    assert json.dumps(list(read), sort_keys=True) == json.dumps(list(made), sort_keys=True)


def test_a_grid_may_leave_out_combinations_and_name_its_parts():
    text = grid_text({"x": [1, 2], "y": range(3)}, [{"x": 1, "y": [0, 1]}], "{x}/{y}")
    assert [cell["Name"] for cell in read_configuration(text)] == ["1/2", "2/0", "2/1", "2/2"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "3",
        "null",
        "grid(",
        "grid(x=open('/etc/passwd'))",
        "grid(x=[y for y in (1,)])",
        "grid(x=[1]).axes",
        "grid(*[1])",
        "grid(**{'x': [1]})",
        "grid(x=[1], limit=__import__('os').getpid())",
        "grid((lambda: 1)())",
        "grid(x=[])",
        "grid(x=range(1000000), y=range(1000000))",
        "grid(" + "(" * 500 + ")" * 500 + ")",
        "[" * 100_000,
    ],
)
def test_what_is_no_configuration_is_refused_and_not_executed(text):
    with pytest.raises(InvalidJobError):
        read_configuration(text)


def test_an_empty_cell_is_no_configuration():
    assert read_configuration("  ") is None
