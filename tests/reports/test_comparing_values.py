"""Where two values differ first, and by how much."""

import math
from collections import namedtuple
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler.reports.comparing.values import difference

NAN = float("nan")
Point = namedtuple("Point", "x y")


@dataclass
class Trade:
    price: float
    name: str = "swap"
    seen: int = field(default=0, compare=False)


class Plain:
    def __init__(self, value):
        self.value = value


class Raises(Plain):
    def __eq__(self, other):
        raise ValueError("the truth value is ambiguous")

    __hash__ = None


class Array(Plain):
    def __eq__(self, other):
        return np.array([True, False])

    __hash__ = None


class Own(Plain):
    """Compares by its absolute value."""

    def __eq__(self, other):
        return abs(self.value) == abs(other.value)

    __hash__ = None


class Colour(Enum):
    RED = 1
    BLUE = 2


def said(before, after, tol=0.0):
    return str(difference(before, after, tol))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (1.2, 1.3, "1.2 → 1.3"),
        ({"price": [1, 2, 3, 1.2]}, {"price": [1, 2, 3, 1.3]}, "['price'][3]: 1.2 → 1.3"),
        (1, 1.0, "int 1 → float 1.0"),
        (1, True, "int 1 → bool True"),
        ([1], (1,), "a list → a tuple"),
        (None, 0, "None → int 0"),
        ([1, 2], [1, 2, 3], "2 → 3 items"),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, "key gone: 'a'; key new: 'c'"),
        ({1, 2}, {2, 3}, "item gone: 1; item new: 3"),
        (Point(1, 2), Point(1, 3), ".y: 2 → 3"),
        (Trade(1.2), Trade(1.3), ".price: 1.2 → 1.3"),
        ([Trade(1.2, "a")], [Trade(1.2, "b")], "[0].name: 'a' → 'b'"),
        (Decimal("1.10"), Decimal("1.20"), "Decimal('1.10') → Decimal('1.20')"),
        (date(2026, 1, 1), date(2026, 1, 2), "datetime.date(2026, 1, 1) → datetime.date(2026, 1, 2)"),
        (b"ab", b"ac", "b'ab' → b'ac'"),
        (Colour.RED, Colour.BLUE, "<Colour.RED: 1> → <Colour.BLUE: 2>"),
        (Plain([1, 2]), Plain([1, 3]), ".value[1]: 2 → 3"),
        (Own(3), Own(4), ".value: 3 → 4"),
        (np.array([1.0, 2.0]), np.array([1.0, 2.5]), "1 of 2 values differs, by at most 0.5 (first at [1]: 2.0 → 2.5)"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "shape (2, 3) → (3, 2)"),
        (np.zeros(2), np.zeros(2, "f4"), "dtype float64 → float32"),
        (np.float64(1.5), np.float64(2.5), "1.5 → 2.5"),
        (pd.Series([1, 2]), pd.Series([1, 2, 3]), "2 → 3 rows"),
        (pd.Series([1, 2]), pd.Series([1.0, 2.0]), "dtype int64 → float64"),
        (pd.Series([1], name="a"), pd.Series([1], name="b"), "the name is another"),
    ],
)  # fmt: skip
def test_the_first_difference_is_said_with_the_path_to_it(before, after, told):
    assert said(before, after) == told


@pytest.mark.parametrize(
    "value",
    [
        NAN, [NAN, 1.0], {"a": NAN}, {NAN}, Decimal("NaN"), math.inf, 1 + 2j, "é", b"x", None,
        datetime(2026, 1, 1), Trade(NAN), Plain({"a": 1}), Raises(3), Array([1]), Own(2),
        Colour.RED, len, pd.Timestamp("2026-01-01"), pd.NaT,
        np.array([NAN, 1.0]), np.array(["a", None], dtype=object), np.array(["NaT"], "M8[s]"),
        np.ma.array([1, 2], mask=[0, 1]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), np.array(5), np.float32(NAN),
        pd.Series([1.5, None]), pd.Series(["a", None]), pd.Series([1, None], dtype="Int64"),
        pd.Series(["x"], dtype="category"),
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=pd.date_range("2026-01-01", periods=2, tz="UTC")),
        pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame(), pd.MultiIndex.from_tuples([(1, "a"), (2, "b")]),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_copy_of_a_value_is_equal_to_it(value):
    import pickle

    copies = [pickle.loads(pickle.dumps(value)) for _ in range(2)]
    assert difference(*copies) is None


@pytest.mark.parametrize("kind", [Raises, Array])
def test_an_equality_that_raises_or_gives_an_array_does_not_decide(kind):
    assert difference(kind(1), kind(1)) is None
    assert said(kind(1), kind(2)) == ".value: 1 → 2"


class Key:
    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return 1

    def __eq__(self, other):
        raise ValueError("not comparable")


@pytest.mark.parametrize("wrap", [lambda key: {key: 1}, lambda key: {key}, lambda key: pd.Series([1], index=[key])])
def test_keys_whose_equality_raises_are_compared_by_their_bytes(wrap):
    assert difference(wrap(Key(1)), wrap(Key(1))) is None
    assert difference(wrap(Key(1)), wrap(Key(2))) is not None


def test_an_object_decides_itself_whether_it_is_equal():
    assert difference(Own(-3), Own(3)) is None


def test_what_a_dataclass_does_not_compare_is_not_compared():
    assert difference(Trade(1.0, seen=1), Trade(1.0, seen=2)) is None


def test_the_order_of_keys_does_not_matter():
    assert difference({"a": 1, "b": 2}, {"b": 2, "a": 1}) is None


def test_a_value_that_contains_itself_comes_to_an_end():
    before, after = [1], [1]
    before.append(before)
    after.append(after)
    assert difference(before, after) is None


def test_very_deep_values_are_compared():
    before, after = [], [1]
    for _ in range(5_000):
        before, after = [before], [after]
    assert difference(before, after) is not None


# -- tolerance


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.just(0.0) | st.floats(1e-9, 1e-3))
def test_floats_within_the_tolerance_are_equal(value, tol):
    assert difference(value, value + tol * 0.99 * max(1.0, abs(value)), tol * 1.0001) is None


@settings(deadline=None)
@given(st.floats(1, 1e6), st.floats(1e-6, 1e-1))
def test_floats_outside_the_tolerance_differ_in_python_numpy_and_pandas_alike(value, tol):
    other = value + 3 * tol * max(1.0, value)
    for wrapped in (float, np.float64, lambda x: np.array([x]), lambda x: pd.Series([x])):
        assert difference(wrapped(value), wrapped(other), tol) is not None


def test_infinities_are_equal_only_to_themselves():
    assert difference(math.inf, math.inf, 1.0) is None
    assert difference(math.inf, 1e300, 1.0) is not None
    assert difference(np.array([math.inf]), np.array([-math.inf]), 1.0) is not None


def test_whole_numbers_have_no_tolerance():
    assert difference(10, 11, 5.0) is not None
    assert difference(np.array([2**62]), np.array([2**62 + 1]), 5.0) is not None


# -- frames


@pytest.fixture
def frame():
    return pd.DataFrame({"vol": np.linspace(0.1, 0.5, 400), "name": "x"}, index=pd.RangeIndex(400, name="day"))


def test_of_a_frame_the_cells_of_the_first_column_that_differ_are_counted(frame):
    after = frame.copy()
    after.loc[10:21, "vol"] += 0.02
    after.loc[3, "name"] = "y"
    told = said(frame, after)
    assert told.startswith("12 of 400 cells of column vol differ, by at most 0.02 (first at 10: ")
    assert told.endswith("; also in name")


def test_missing_and_new_columns_are_named(frame):
    assert said(frame, frame.rename(columns={"vol": "σ"})) == "columns missing: vol; columns new: σ"


def test_another_order_of_columns_is_a_difference(frame):
    assert said(frame, frame[["name", "vol"]]) == "the columns are in another order, or of another type"


def test_another_index_is_a_difference(frame):
    assert said(frame, frame.set_axis(frame.index + 1, axis=0)).startswith("400 of 400 labels of the index differ")


def test_a_column_of_another_type_is_a_difference(frame):
    assert said(frame, frame.astype({"vol": "float32"})) == "column vol: dtype float64 → float32"


def test_arrays_within_a_frame_are_compared():
    before, after = (pd.DataFrame({"a": [np.array([1.0, x]), np.array([2.0])]}) for x in (1.0, 9.0))
    assert said(before, after).startswith("1 of 2 cells of column a differs")


# -- text of others


def test_secrets_are_masked():
    assert (
        said({"db_password": "one"}, {"db_password": "two"}) == "['db_password']: ***, in a way that it does not show"
    )


def test_long_texts_are_shown_around_the_place_where_they_differ():
    told = said("x" * 500 + "a" + "y" * 500, "x" * 500 + "b" + "y" * 500)
    assert "around place 500 of 1,001" in told
    assert len(told) < 200


def test_control_characters_are_taken_out():
    assert "\x1b" not in said({"\x1b[2J": "\x1b"}, {"\x1b[2J": "\x07"})


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(plain, plain)
def test_whether_values_differ_does_not_depend_on_which_comes_first(one, other):
    assert (difference(one, other) is None) == (difference(other, one) is None)
    assert difference(one, one) is None
