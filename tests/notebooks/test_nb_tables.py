"""The table as a widget: what a page is told of it, what comes back from there, what is chosen, how it looks as text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.ui.graph_looks import LOOKS
from dtscheduler.ui.notebook.tables import Column, Table

COLUMNS = (Column("name", "Name"), Column("count", "Count", "int"), Column("size", "Size", "float"))


def from_page(table, **state):
    """What a page sends, as the kernel takes it."""
    table.set_state(json.loads(json.dumps(state)))


def told(table, name):
    """What a page is told, as JSON has it."""
    return json.loads(json.dumps(table.get_state([name])[name], allow_nan=False))


def test_rows_that_are_edited_on_the_page_are_its_value():
    table, seen = Table(COLUMNS, [["a", 1, 1.5]], label="Things", editable=True), []
    table.observe(lambda change: seen.append(change.new), "value")
    from_page(table, value=[["a", 2, 1.5], ["b", None, None]])
    assert table.rows == table.value == [["a", 2, 1.5], ["b", None, None]]
    assert seen == [table.value]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["a", "7", 2], ["a", 7, 2.0]),
        (["a", "seven", "two"], ["a", "seven", "two"]),
        ([1, True, True], [1, True, True]),
        (["a"], ["a", None, None]),
        (["a", 1, 2.5, "more"], ["a", 1, 2.5]),
    ],
)
def test_a_row_from_the_page_has_a_cell_for_each_column_and_numbers_as_the_column_has_them(sent, kept):
    table = Table(COLUMNS, [], label="Things", editable=True)
    from_page(table, value=[sent])
    assert [list(map(repr, row)) for row in table.rows] == [list(map(repr, kept))]


def test_what_is_no_row_is_left_out():
    table = Table(COLUMNS, [["a", 1, 1.5]], label="Things", editable=True)
    from_page(table, value=[None, "row", {"name": "b"}, ["c", 1, 0.5]])
    assert table.rows == [["c", 1, 0.5]]


@given(st.lists(st.tuples(st.text(), st.integers(), st.floats(allow_nan=False)).map(list), max_size=5))
def test_numbers_that_a_browser_would_change_come_back_as_they_went(rows):
    table = Table(COLUMNS, rows, label="Things", editable=True)
    from_page(table, value=[])
    from_page(table, value=told(Table(COLUMNS, rows, label="Things"), "value"))
    assert table.rows == rows


def test_a_row_that_is_chosen_stays_while_there_is_one_at_its_place():
    table = Table(COLUMNS, [["a", 1, 1.5], ["b", 2, 2.5]], label="Things", selectable=True)
    from_page(table, selected=1)
    table.rows = [["c", 1, 1.5], ["d", 2, 2.5]]
    assert table.selected == 1
    table.rows = [["c", 1, 1.5]]
    assert table.selected is None


def test_looks_bring_their_colours_and_signs_and_only_then():
    table = Table(COLUMNS, [["a", 1, 1.5]], label="Things", look_column="name")
    assert table.palette == {}
    table.show([["a", 1, 1.5], ["b", 2, 2.5]], looks=["failed", ""])
    assert set(told(table, "palette")) == set(LOOKS)
    assert told(table, "looks") == ["failed", ""]


def test_a_page_is_told_choices_as_pairs_of_value_and_label():
    column = Column("city", "City", "choice", choices=(("ams", "Amsterdam"), 3))
    table = Table([column], [["ams"], [3], ["?"]], label="Cities")
    assert told(table, "columns")[0]["choices"] == [["ams", "Amsterdam"], [3, "3"]]
    assert repr(table).splitlines() == ["City", "Amsterdam", "3", "?"]


def test_as_text_it_has_aligned_columns_and_counts_what_is_left_out():
    columns = (Column("name", "Name"), Column("on", "On", "flag"), Column("after", "After", "choices", choices=("x",)))
    table = Table(columns, [[f"a{n}\n{'b' * 50}", n == 1, ["x", "y"]] for n in range(25)], label="Things")
    lines = repr(table).splitlines()
    assert lines[0].split() == ["Name", "On", "After"]
    assert lines[2].startswith("a1 bbb") and lines[2].split()[-3:] == ["yes", "x,", "y"]
    assert len({line.index("x, y") for line in lines[1:21]}) == 1
    assert lines[-1] == "and 5 rows more"


def test_an_empty_table_says_so_in_the_words_it_was_given():
    table = Table(COLUMNS, [], label="Things", empty="Nothing has failed")
    assert repr(table) == told(table, "empty") == "Nothing has failed"
