"""Configuration as kept text: values come back as they went in, and equal values have equal text everywhere."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.api.part_results import PartResults
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import canonical, decode, encode

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.dates()
    | st.datetimes(timezones=st.sampled_from([None, UTC, ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")]))
    | st.decimals(allow_nan=False)
)
hashable = st.recursive(leaves, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=5)
keys = st.text() | st.sampled_from(["$date", "$dict", "$set", "$task", "$"])
values = st.recursive(
    leaves | st.sets(hashable, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=4)
        | st.frozensets(hashable, max_size=3)
    ),
    max_leaves=15,
)


def alike(left, right):
    """Equal, and of the same types all the way down: 1, 1.0 and True are not alike."""
    if type(left) is not type(right) or left != right:
        return False
    if isinstance(left, dict):
        return all(alike(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return all(map(alike, left, right))
    return True


@given(values)
def test_every_value_comes_back_as_it_went_in(value):
    assert alike(decode(encode(value, "value")), value)


@given(values)
def test_what_came_back_is_written_the_same_again(value):
    text = encode(value, "value")
    assert encode(decode(text), "value") == text


@given(st.dictionaries(keys, values, max_size=5), st.randoms())
def test_the_order_of_keys_does_not_count_in_canonical_text(value, random):
    shuffled = dict(random.sample(list(value.items()), len(value)))
    assert canonical(encode(shuffled, "value")) == canonical(encode(value, "value"))


@given(values, values)
def test_values_that_are_not_alike_differ_in_canonical_text(left, right):
    same_text = canonical(encode(left, "value")) == canonical(encode(right, "value"))
    assert alike(left, right) or not same_text


@pytest.mark.parametrize(
    "different",
    [
        (1, 1.0, True, "1", Decimal(1)),
        (0, False, None, "", 0.0, -0.0, [], {}),
        ([1, 2], (1, 2), {1, 2}, frozenset({1, 2})),
        (date(2026, 1, 31), datetime(2026, 1, 31), "2026-01-31", {"$date": "2026-01-31"}),
        (Decimal("1.0"), Decimal("1.00")),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 1, 31)),
    ],
)
def test_values_that_python_may_call_equal_have_texts_of_their_own(different):
    assert len({canonical(encode({"x": value}, "x")) for value in different}) == len(different)


def test_a_clock_time_that_occurs_twice_keeps_which_one_it_is():
    second = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Paris"), fold=1)
    again = decode(encode(second, "at"))
    assert (again.fold, again.utcoffset(), again.tzinfo.key) == (1, timedelta(hours=1), "Europe/Paris")


def test_a_fixed_offset_is_kept():
    at = datetime(2026, 1, 31, 18, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert decode(encode(at, "at")).utcoffset() == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 1e308, 5e-324, -0.0])
def test_numbers_at_the_edge_are_kept(number):
    assert repr(decode(encode([number], "number"))[0]) == repr(number)


def test_nan_is_kept():
    assert repr(decode(encode({"x": [float("nan"), Decimal("NaN")]}, "x"))) == "{'x': [nan, Decimal('NaN')]}"


def test_each_reading_gives_a_copy_of_its_own():
    text = encode({"countries": ["FR"]}, "config")
    decode(text)["countries"].append("DE")
    assert decode(text) == {"countries": ["FR"]}


@pytest.mark.parametrize("text", ["\0", "\ud800", "\u2028", "🚀", "</script>", "'; --"])
def test_any_text_can_be_kept_in_a_database(text):
    written = encode({text: text}, "config")
    assert written.isascii()
    assert "\0" not in written
    assert decode(written) == {text: text}


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"a": [0, 1, 2, object()]}, r"config\['a'\]\[3\] is a builtins.object; JSON values, datetime, date, Decimal"),
        ({"a": {"b": {1: 2}}}, r"config\['a'\]\['b'\] has the key 1, a int; keys must be str"),
        ({"at": timedelta(1)}, r"config\['at'\] is a datetime.timedelta"),
        ({"s": [1, {2j}]}, r"config\['s'\]\[1\]\[0\] is a builtins.complex"),
        ({"n": 10**10_000}, r"config\['n'\]"),
    ],
)
def test_what_cannot_be_kept_is_named_by_its_path(value, complaint):
    with pytest.raises(InvalidJobError, match=complaint):
        encode(value, "config")


def test_a_hundred_levels_are_the_limit():
    deep = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InvalidJobError, match="nested more than 100 levels deep, or contains itself"):
        encode(deep, "config")


SETS = """
from dtscheduler.model.config import canonical, encode
names = {f'name {number}' for number in range(20)}
pairs = {frozenset({f'left {number}', f'right {number}'}) for number in range(20)}
print(canonical(encode({'names': names, 'pairs': pairs, 'mixed': {1, 'a', None, (1, 'b')}}, 'config')))
"""


def test_sets_have_the_same_text_in_every_process():
    texts = {
        subprocess.run(
            [sys.executable, "-c", SETS], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(texts) == 1


def test_a_list_that_knows_whose_results_it_has_is_a_list():
    assert encode({"a": PartResults([1, 2], ["x", "y"], ["1", "2"])}, "x") == encode({"a": [1, 2]}, "x")
