"""Which plain values fit which type, what becomes of them, and what is said of those that do not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, IntEnum
from typing import Annotated, Literal, Optional

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field

from dtscheduler.forms.checking import Form
from dtscheduler.forms.fields import Kind


class Mode(Enum):
    FAST = "fast"
    THOROUGH = "thorough"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Costs:
    """What trading costs.

    Args:
        fee: Of one trade.
    """

    fee: Annotated[float, Field(ge=0)]
    cap: int | None = None
    tags: list[str] = field(default_factory=list)


class Book(BaseModel):
    owner: str = Field(min_length=1, description="who trades")
    costs: Costs = Costs(fee=0.5)


FITS = [
    (int, 3, 3),
    (int, 3.0, 3),
    (int, 10**30, 10**30),
    (float, 3, 3.0),
    (float, 0.1, 0.1),
    (bool, True, True),
    (str, "", ""),
    (str, "=cmd() \0 \u202e <b>", "=cmd() \0 \u202e <b>"),
    (date, "2026-01-29", date(2026, 1, 29)),
    (datetime, "2026-01-29T18:00", datetime(2026, 1, 29, 18)),
    (datetime, "2026-01-29T18:00Z", datetime(2026, 1, 29, 18, tzinfo=UTC)),
    (time, "18:00", time(18)),
    (timedelta, "1h 30m", timedelta(minutes=90)),
    (timedelta, 0.5, timedelta(seconds=0.5)),
    (timedelta, "0", timedelta(0)),
    (timedelta, "-86395.0", timedelta(seconds=-86395)),
    (timedelta, "1e-06", timedelta(microseconds=1)),
    (Literal["EWR", "JFK"], "JFK", "JFK"),
    (Literal[1, 2], 2.0, 2),
    (Literal[True, "x"], True, True),
    (Mode, "FAST", Mode.FAST),
    (Level, "HIGH", Level.HIGH),
    (list[int], [1, 2, 2], [1, 2, 2]),
    (list[int], [], []),
    (Sequence[date], ["2026-01-29"], [date(2026, 1, 29)]),
    (tuple[float, ...], [1, 2.5], (1.0, 2.5)),
    (list[list[Mode]], [["FAST"], []], [[Mode.FAST], []]),
    (int | None, None, None),
    (Optional[Mode], "FAST", Mode.FAST),  # noqa: UP045
    (list[int] | None, [1], [1]),
    (Annotated[int, Field(ge=1, le=3)], 3, 3),
    (Annotated[str, Field(pattern="^[A-Z]+$")], "ABC", "ABC"),
    (Annotated[str, AfterValidator(str.upper)], "abc", "ABC"),
    (Costs, {"fee": 1}, Costs(fee=1.0)),
    (Book, {"owner": "ada"}, Book(owner="ada")),
    (Book, {"owner": "ada", "costs": {"fee": 2, "tags": ["a"]}}, Book(owner="ada", costs=Costs(fee=2.0, tags=["a"]))),
    (list[Costs], [{"fee": 1}, {"fee": 2, "cap": 3}], [Costs(fee=1.0), Costs(fee=2.0, cap=3)]),
]
DOES_NOT = [
    (int, "3", "'3' does not fit: it is a whole number"),
    (int, 3.5, "3.5 does not fit: it is a whole number"),
    (int, True, "True does not fit: it is a whole number"),
    (int, None, "None does not fit: it is a whole number"),
    (float, math.nan, "nan does not fit: it is a finite number"),
    (float, math.inf, "inf does not fit: it is a finite number"),
    (float, 10**400, "it is a number that is not too large"),
    (float, "0.1", "'0.1' does not fit: it is a number"),
    (bool, 1, "1 does not fit: it is True or False"),
    (str, 3, "3 does not fit: it is a text"),
    (date, "29.1.2026", "'29.1.2026' does not fit: it is a date such as '2026-11-20'"),
    (date, "2026-02-30", "it is a date such as"),
    (time, "25:00", "'25:00' does not fit: it is a time such as '18:00'"),
    (timedelta, "soon", "'soon' does not fit: it is a length of time: '1h 30m'"),
    (Literal["EWR", "JFK"], "XXX", "'XXX' is not one of EWR, JFK"),
    (Literal[1, 2], True, "True is not one of 1, 2"),
    (Mode, "fast", "'fast' is not one of FAST, THOROUGH"),
    (list[int], "123", "'123' does not fit: it is a list"),
    (Annotated[int, Field(ge=1)], 0, "0 is too small: it is at least 1"),
    (Annotated[int, Field(gt=1)], 1, "1 is too small: it is more than 1"),
    (Annotated[int, Field(le=3)], 4, "4 is too large: it is at most 3"),
    (Annotated[int, Field(lt=3)], 3, "3 is too large: it is less than 3"),
    (Annotated[int, Field(multiple_of=5)], 7, "7 does not fit: it is a multiple of 5"),
    (Annotated[list[int], Field(min_length=1)], [], "0 are too few: at least 1"),
    (Annotated[list[int], Field(max_length=1)], [1, 2], "2 are too many: at most 1"),
    (Annotated[str, Field(min_length=2)], "a", "'a' is too short: at least 2 characters"),
    (Annotated[str, Field(pattern="^a$")], "b", "'b' does not match ^a$"),
    (Costs, [], "[] does not fit: it is a dict of fee, cap, tags"),
]


@pytest.mark.parametrize(("annotation", "plain", "value"), FITS)
def test_what_fits_becomes_a_value_of_the_type(form, annotation, plain, value):
    checked = form(annotation).check({"x": plain})
    assert checked.problems == ()
    assert checked.values == {"x": value}
    assert type(checked.values["x"]) is type(value)


@pytest.mark.parametrize(("annotation", "plain", "said"), DOES_NOT)
def test_what_does_not_fit_is_said_with_its_field(form, annotation, plain, said):
    (problem,) = form(annotation).check({"x": plain}).problems
    assert problem.field == "x"
    assert said in problem.message


@pytest.mark.parametrize(("annotation", "plain", "value"), [fit for fit in FITS if fit[0] is not float or fit[1] != 3])
def test_values_are_written_back_to_what_reads_as_the_same(form, annotation, plain, value):
    made = form(annotation)
    again = made.plain({"x": value})
    if annotation != Annotated[str, AfterValidator(str.upper)]:
        assert made.check(again).values == {"x": value}


@pytest.mark.parametrize(
    ("plain", "field", "said"),
    [
        ({"owner": "a", "costs": {"fee": -1}}, "x.costs.fee", "-1.0 is too small: it is at least 0.0"),
        ({"owner": "a", "costs": {"fee": "1"}}, "x.costs.fee", "'1' does not fit: it is a number"),
        ({"owner": "a", "costs": {}}, "x.costs.fee", "a value is needed"),
        ({"owner": ""}, "x.owner", "'' is too short: at least 1 characters"),
        ({"owner": "a", "cost": {}}, "x.cost", "there is no such field; there are: owner, costs"),
        ({}, "x.owner", "a value is needed"),
    ],
)
def test_problems_inside_a_group_have_the_whole_path(form, plain, field, said):
    (problem,) = form(Book).check({"x": plain}).problems
    assert (problem.field, problem.message) == (field, said)


def test_problems_in_a_list_have_their_number_and_all_are_found_at_once(form):
    found = form(list[Literal["EWR", "JFK"]]).check({"x": ["XXX", "JFK", 3]}).problems
    assert [(problem.field, problem.message) for problem in found] == [
        ("x[0]", "'XXX' is not one of EWR, JFK"),
        ("x[2]", "3 is not one of EWR, JFK"),
    ]


def test_a_long_list_of_wrong_items_is_cut_short(form):
    assert len(form(list[int]).check({"x": ["no"] * 100_000}).problems) == 20


def test_a_value_whose_name_looks_secret_is_never_said():
    def function(db_password: Annotated[str, Field(min_length=20)] = "x" * 20): ...

    form = Form(function, "suite s")
    for wrong in ("hunter2", 123456):
        (problem,) = form.check({"db_password": wrong}).problems
        assert "***" in problem.message
        assert str(wrong) not in problem.message


def test_a_table_becomes_a_frame_with_the_columns_of_its_default(form):
    default = pd.DataFrame({"city": ["Paris"], "weight": [0.5], "count": [1], "day": pd.to_datetime(["2026-01-29"])})
    made = form(pd.DataFrame, default)
    assert [(column.name, column.kind) for column in made.fields[0].fields] == [
        ("city", Kind.TEXT),
        ("weight", Kind.FLOAT),
        ("count", Kind.INT),
        ("day", Kind.DATETIME),
    ]
    pd.testing.assert_frame_equal(made.check({}).values["x"], default)
    rows = [{"city": "Rome", "weight": 1, "count": None, "day": "2026-02-01"}]
    found = made.check({"x": rows}).values["x"]
    assert found["weight"].tolist() == [1.0]
    assert found["count"].isna().tolist() == [True]
    assert found["day"].tolist() == [pd.Timestamp("2026-02-01")]
    pd.testing.assert_frame_equal(made.check({"x": {"columns": list(default), "rows": []}}).values["x"], default[:0])


@pytest.mark.parametrize(
    ("plain", "field", "said"),
    [
        ([{"a": "x"}], "x[0].a", "'x' does not fit: it is a whole number"),
        ([{"b": 1}], "x", "there is no column 'b'; there are: a"),
        ("a,b", "x", "it is a table, a list of dicts"),
        ([{"a": 1}] * 100_001, "x", "100,001 rows are too many; at most 100,000 are allowed"),
    ],
)
def test_what_is_wrong_in_a_table_is_said_with_its_cell(form, plain, field, said):
    (problem,) = form(Annotated[pd.DataFrame, {"a": int}]).check({"x": plain}).problems
    assert problem.field == field
    assert said in problem.message


def test_a_column_of_times_over_a_clock_change_is_in_utc(form):
    default = pd.DataFrame({"at": pd.to_datetime(["2026-01-29", "2026-07-29"]).tz_localize("Europe/Paris")})
    made = form(pd.DataFrame, default)
    assert made.check({}).values["x"]["at"].tolist() == default["at"].tolist()
    assert str(made.check({"x": made.fields[0].default}).values["x"]["at"].dtype) == "datetime64[us, UTC]"


def test_what_no_parameter_takes_and_what_is_missing_is_said(form):
    problems = form(int).check({"y": 3}).problems
    assert [(problem.field, problem.message) for problem in problems] == [
        ("y", "there is no such parameter; there are: x"),
        ("x", "a value is needed"),
    ]


def test_a_default_is_the_callers_own_copy(form):
    default = [1]
    made = form(list[int], default)
    made.check({}).values["x"].append(2)
    assert made.check({}).values == {"x": [1]}


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3650)))
def test_every_length_of_time_is_written_exactly(length):
    def function(x: timedelta): ...

    form = Form(function, "suite s")
    assert form.check(form.plain({"x": length})).values == {"x": length}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_whatever_comes_as_json_is_checked_without_an_exception(plain):
    def function(a: int, b: Book, c: list[Mode], d: date | None, e: Annotated[pd.DataFrame, {"a": int}]): ...

    form = Form(function, "suite s")
    for name in "abcde":
        checked = form.check({name: plain})
        wrong = {problem.path[0] for problem in checked.problems}
        assert (name in checked.values) != (name in wrong)
