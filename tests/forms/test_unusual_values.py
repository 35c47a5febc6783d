"""What a form makes of values and types that are unusual: it says so, and no exception gets out."""

import sys
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Annotated

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.checking import Form
from dtscheduler.forms.choices import Choices
from dtscheduler.forms.fields import Choice
from dtscheduler.forms.leaves import raised
from dtscheduler.forms.options import chosen_values, options_of, plain_values
from dtscheduler.forms.schema import schema_of


class Mode(Enum):
    FAST = "fast"
    SLOW = "slow"


@dataclass
class Costs:
    fee: float = 0.1


@dataclass
class City:
    name: str
    people: int


@dataclass
class Chosen:
    city: Annotated[str, Choices(lambda: ["Paris"])] = "Paris"


@dataclass
class Holds:
    table: Annotated[pd.DataFrame, City] = field(default_factory=pd.DataFrame)


CITIES = Annotated[pd.DataFrame, City]


def messages(form, plain):
    return [f"{problem.field}: {problem.message}" for problem in form.check(plain).problems]


# -- tables


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        (
            {"columns": "name", "rows": 5},
            "x: {'columns': 'name', 'rows': 5} does not fit: its columns, rows and each row are lists",
        ),
        ({"columns": None, "rows": None}, "its columns, rows and each row are lists"),
        ({"columns": ["name"], "rows": ["Paris"]}, "its columns, rows and each row are lists"),
        ({"columns": ["name", "people"], "rows": [["a", 1], ["b"]]}, "x[1]: 1 cells do not fit: there are 2 columns"),
        ({"columns": ["name", "name"], "rows": [["a", "b"]]}, "x: there are two columns 'name'"),
        ([{"name": "a", "people": 10**30}], "x.people: this column cannot be made"),
        ([{"name": "a"}], "x: column 'people' is missing; there are to be: name, people"),
        ({"columns": ["name"], "rows": []}, "x: column 'people' is missing"),
    ],
)
def test_a_table_that_is_none_is_a_problem(form, plain, said):
    (message,) = messages(form(CITIES), {"x": plain})
    assert said in message


def test_a_table_may_be_none_where_a_dataclass_names_its_columns(form):
    made = form(CITIES | None, None)
    assert [column.name for column in made.fields[0].fields] == ["name", "people"]
    assert made.check({"x": None}).values == {"x": None}
    assert made.check({"x": [{"name": "Paris", "people": 2}]}).values["x"].iloc[0].tolist() == ["Paris", 2]


@pytest.mark.parametrize("annotation", [Holds, list[CITIES], list[Annotated[pd.DataFrame, {"name": str}]]])
def test_a_table_inside_something_else_is_refused_where_it_is_marked(form, annotation):
    with pytest.raises(InvalidJobError, match="a table is a parameter of its own"):
        form(annotation)


# -- numbers, and what numpy and pandas have for them


@pytest.mark.parametrize("annotation", [int, bool, str, float, Annotated[int, Field(le=3)], list[int], Mode])
def test_a_number_that_cannot_be_written_is_a_problem(form, annotation):
    assert len(messages(form(annotation), {"x": 10**5_000})) == 1


@pytest.mark.parametrize(
    ("annotation", "value", "made"),
    [
        (int, np.int64(3), 3),
        (float, np.float64(0.5), 0.5),
        (float, np.float32(0.5), 0.5),
        (bool, np.True_, True),
        (list[int], np.array([1, 2]), [1, 2]),
        (list[float], pd.Series([1.0, 2.0]), [1.0, 2.0]),
        (datetime, pd.Timestamp("2026-01-29 18:00"), datetime(2026, 1, 29, 18)),
        (list[datetime], pd.DatetimeIndex(["2026-01-29"]), [datetime(2026, 1, 29)]),
    ],
)
def test_values_of_numpy_and_pandas_are_what_python_has_for_them(form, annotation, value, made):
    checked = form(annotation).check(form(annotation).plain({"x": value}))
    assert (checked.values, type(checked.values["x"])) == ({"x": made}, type(made))


@pytest.mark.parametrize("value", [np.array([1, 2]), np.float64("nan"), np.int64(2), "400"])
def test_what_is_of_another_kind_stays_refused(form, value):
    made = form(bool)
    assert made.check(made.plain({"x": value})).problems


def test_of_very_many_problems_some_are_said(form):
    made = form(list[Annotated[int, Field(ge=0)]])
    assert 0 < len(messages(made, {"x": [-1] * 1_000})) <= 100


# -- choices


@pytest.mark.parametrize(
    ("annotation", "plain", "said"),
    [
        (list[Annotated[int, Choices(lambda: [1, 2])]], [1, 5], "x[1]: 5 is not one of 1, 2"),
        (Annotated[str, Choices(lambda: ["a"])] | None, "b", "x: 'b' is not one of a"),
        (Annotated[list[str] | None, Choices(lambda: ["a"])], ["b"], "x[0]: 'b' is not one of a"),
        (Annotated[Mode, Choices(lambda: [Mode.FAST])], "SLOW", "x: 'SLOW' is not one of FAST"),
    ],
)
def test_choices_count_wherever_they_stand_in_the_annotation(form, annotation, plain, said):
    assert messages(form(annotation), {"x": plain}) == [said]


def test_choices_of_nothing_else_are_those_of_the_field(form):
    assert form(Annotated[Mode, Choices(lambda: [Mode.FAST])]).fields[0].choices == (Choice("FAST", "FAST"),)
    assert form(list[Annotated[int, Choices(lambda: [1])]]).fields[0].item.choices == (Choice(1, "1"),)


@pytest.mark.parametrize(
    "annotation",
    [Chosen, list[Chosen], list[list[Annotated[str, Choices(lambda: ["a"])]]], Annotated[Costs, Choices(lambda: [1])]],
)
def test_choices_that_could_not_count_are_refused_with_suite_and_parameter(form, annotation):
    with pytest.raises(InvalidJobError, match="suite s: parameter 'x'.*Choices are for"):
        form(annotation)


def test_a_choices_function_that_exits_or_raises_what_has_no_text_is_a_problem():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError

    def odd(a):
        raise Odd

    def function(
        a: int = 1, b: Annotated[str, Choices(lambda a: sys.exit(3))] = "x", c: Annotated[str, Choices(odd)] = ""
    ): ...

    assert messages(Form(function, "suite s"), {}) == [
        "b: its choices: SystemExit: 3",
        "c: its choices: Odd: its text cannot be shown",
    ]
    assert raised(Odd()) == "Odd: its text cannot be shown"


# -- defaults and limits


def test_a_default_of_none_needs_a_type_that_has_it(form):
    with pytest.raises(InvalidJobError, match="suite s: the default of 'x' is None"):
        form(int, None)


def test_a_member_of_an_enum_as_default_tells_the_type():
    def function(mode=Mode.SLOW): ...

    (found,) = Form(function, "suite s").fields
    assert (found.default, [choice.value for choice in found.choices]) == ("SLOW", ["FAST", "SLOW"])


def test_limits_stand_in_the_field_of_what_may_be_none(form):
    assert form(Annotated[int | None, Field(ge=1, le=9)], None).fields[0].le == 9


# -- elsewhere


def test_the_schema_defines_each_group_once_and_takes_both_forms_of_a_table():
    def function(a: Costs, b: list[Costs], c: CITIES): ...

    schema = schema_of(Form(function, "suite s").fields)
    Draft202012Validator.check_schema(schema)
    assert list(schema["$defs"]) == ["a"]
    assert schema["properties"]["b"]["items"] == {"$ref": "#/$defs/a"}
    valid = Draft202012Validator(schema).is_valid
    tables = ([{"name": "Paris", "people": 2}], {"columns": ["name", "people"], "rows": [["Paris", 2]]})
    assert [valid({"a": {"fee": 1}, "b": [{}], "c": table}) for table in tables] == [True, True]
    assert not valid({"a": {"fee": "1"}, "b": [], "c": []})


def given_as(form, **texts):
    options = {option.name: option for option in options_of(form.fields)}
    plain = plain_values(form.fields, [(options[name.replace("_", "-")], text) for name, text in texts.items()])
    return form.check(chosen_values(form.fields, plain, form.choices))


def test_texts_of_options_become_the_choices_they_mean_along_a_chain():
    def function(
        n: int, m: Annotated[int, Choices(lambda n: [n])], k: Annotated[list[float], Choices(lambda m: [m / 2])]
    ): ...

    form = Form(function, "suite s")
    assert given_as(form, n="3", m="3", k=["1.5"]).values == {"n": 3, "m": 3, "k": [1.5]}
    assert [problem.message for problem in given_as(form, n="3", m="4", k=[]).problems] == ["4 is not one of 3"]


def test_options_take_flags_that_may_be_none_groups_in_lists_and_no_group(form):
    assert given_as(form(bool | None, None), x="true").values == {"x": True}
    assert given_as(form(bool | None, True), x="none").values == {"x": None}
    assert given_as(form(list[Costs]), x=['{"fee": 1}', "{}"]).values == {"x": [Costs(1.0), Costs()]}
    assert given_as(form(Costs | None, Costs()), x="none").values == {"x": None}
    assert given_as(form(Costs | None, None), x_fee="2").values == {"x": Costs(2.0)}


def test_no_two_fields_have_the_same_option():
    def function(flag: bool = True, no_flag: bool = False, a_fee: int = 1, a: Costs = Costs()): ...  # noqa: B008

    names = [option.name for option in options_of(Form(function, "suite s").fields)]
    assert names == ["flag", "suite-no-flag", "a-fee", "suite-a-fee"]
