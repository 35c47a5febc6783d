"""What each field is filled in with, and how typed text becomes a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.forms.fields import Choice, Field, Kind, Problem
from dtscheduler.ui.views.fields import (
    Shape,
    by_dependence,
    columns_of,
    id_of,
    ids_of,
    limits_of,
    numbers_of,
    shape_of,
    shown,
    typed,
)
from dtscheduler.ui.views.problems import problems_at, value_at


def field(kind, name="x", **facts):
    return Field(name=name, kind=kind, label=name, **facts)


def choices(*values):
    return tuple(Choice(value, str(value)) for value in values)


def shape(kind, given=None, **facts):
    one = field(kind, **facts)
    return shape_of(one, one.choices or (one.item.choices if one.item else ()), given)


def items(kind, **facts):
    return {"item": field(kind, **facts)}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (shape(Kind.INT), Shape.NUMBER),
        (shape(Kind.INT, given=2**60), Shape.LINE),
        (shape(Kind.INT, le=2**60), Shape.LINE),
        (shape(Kind.FLOAT), Shape.NUMBER),
        (shape(Kind.TEXT), Shape.LINE),
        (shape(Kind.TEXT, given="two\nlines"), Shape.AREA),
        (shape(Kind.TEXT, max_length=5000), Shape.AREA),
        (shape(Kind.FLAG), Shape.SWITCH),
        (shape(Kind.DURATION), Shape.LINE),
        (shape(Kind.CHOICE, choices=choices("a", "b")), Shape.SEGMENTS),
        (shape(Kind.CHOICE, choices=choices(*range(9))), Shape.SELECT),
        (shape(Kind.CHOICE, choices=choices("a" * 40, "b" * 40)), Shape.SELECT),
        (shape(Kind.CHOICE, choices=choices("a"), depends_on=("y",)), Shape.SELECT),
        (shape(Kind.LIST, **items(Kind.CHOICE, choices=choices("a", "b"))), Shape.PILLS),
        (shape(Kind.LIST, **items(Kind.CHOICE, choices=choices(*range(30)))), Shape.SEVERAL),
        (shape(Kind.LIST, **items(Kind.INT, ge=1, le=12)), Shape.PILLS),
        (shape(Kind.LIST, given=[0, 99], **items(Kind.INT, ge=1, le=12)), Shape.TAGS),
        (shape(Kind.LIST, **items(Kind.TEXT)), Shape.TAGS),
        (shape(Kind.LIST, given=[1, 1], **items(Kind.INT)), Shape.TABLE),
        (shape(Kind.LIST, **items(Kind.DATE)), Shape.TABLE),
        (shape(Kind.LIST, **items(Kind.GROUP, fields=(field(Kind.INT),))), Shape.TABLE),
        (shape(Kind.LIST, **items(Kind.LIST, **items(Kind.INT))), Shape.JSON),
        (shape(Kind.TABLE, fields=(field(Kind.INT),)), Shape.TABLE),
        (shape(Kind.GROUP), Shape.GROUP),
    ],
)
def test_each_field_has_the_widget_that_fits_it(found, expected):
    assert found is expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"ge": 1, "le": 3}, (1, 3, 1)),
        ({"gt": 1, "lt": 3}, (2, 2, 1)),
        ({"multiple_of": 5, "ge": 3, "le": 12}, (3, 12, 5)),
        ({}, (None, None, 1)),
    ],
)
def test_limits_that_are_not_reached_are_moved_to_the_next_int(limits, expected):
    assert limits_of(field(Kind.INT, **limits)) == expected


def test_all_numbers_within_narrow_limits_can_be_chosen():
    assert [choice.value for choice in numbers_of(field(Kind.INT, ge=3, le=16, multiple_of=5))] == [5, 10, 15]
    assert numbers_of(field(Kind.INT, ge=0, le=10_000)) == ()
    assert numbers_of(field(Kind.FLOAT, ge=0, le=1)) == ()


@pytest.mark.parametrize(("default", "step"), [(0.001, 0.001), (2.0, 0.1), (1e-9, 0.1), (0.25, 0.01), (None, 0.1)])
def test_the_step_of_a_float_is_one_of_its_last_digit(default, step):
    assert limits_of(field(Kind.FLOAT, default=default))[2] == step


@given(st.one_of(st.integers(), st.floats(allow_nan=False)))
def test_numbers_are_read_as_they_are_shown(value):
    assert typed(Kind.INT if isinstance(value, int) else Kind.FLOAT, shown(value)) == value


def test_what_is_no_number_stays_as_it_was_typed():
    assert typed(Kind.INT, "five") == "five"
    assert typed(Kind.TEXT, " 5 ") == " 5 "


def test_choices_that_are_alike_are_told_apart():
    found = ids_of(choices(1, True, "1", 1.0, None))
    assert len(found) == 5
    assert [found[id_of(value, found)].value for value in (1, "1", None)] == [1, "1", None]
    assert found[id_of(True, found)].value is True


def test_fields_come_after_those_that_decide_about_them():
    fields = [field(Kind.TEXT, "c", depends_on=("b",)), field(Kind.TEXT, "b", depends_on=("a",)), field(Kind.TEXT, "a")]
    assert [each.name for each in by_dependence(fields)] == ["a", "b", "c"]
    circle = [field(Kind.TEXT, "a", depends_on=("b",)), field(Kind.TEXT, "b", depends_on=("a",))]
    assert len(by_dependence(circle)) == 2


def test_a_list_of_values_is_a_table_of_one_named_column():
    (column,) = columns_of(field(Kind.LIST, "days", **items(Kind.DATE, name="")))
    assert (column.name, column.label, column.kind) == ("value", "days", Kind.DATE)


def test_problems_are_said_at_the_deepest_place_with_the_rest_of_the_way():
    problems = [
        Problem(("costs", "fee"), "low"),
        Problem(("months", 2), "no"),
        Problem(("gone",), "what"),
        Problem((), "all"),
    ]
    said = problems_at(problems, {("costs",), ("costs", "fee"), ("months",)})
    assert said == {("costs", "fee"): ["low"], ("months",): ["item 3: no"], (): ["gone: what", "all"]}


def test_a_way_that_leads_nowhere_finds_nothing():
    plain = {"costs": {"fee": 1}, "months": [1]}
    assert value_at(plain, ("costs", "fee")) == 1
    assert value_at(plain, ("months", 7)) is value_at(plain, ("months", "x")) is value_at(plain, ("no", "way")) is None
