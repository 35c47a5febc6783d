"""A form in another process, as JSON Schema and as options of a command: the same fields, the same check."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Annotated, Literal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import Field

from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.checking import Form
from dtscheduler.forms.choices import Choices
from dtscheduler.forms.fields import Problem
from dtscheduler.forms.options import options_of, plain_values
from dtscheduler.forms.schema import schema_of
from dtscheduler.forms.wire import field_from_wire, field_to_wire, problems_from_wire, problems_to_wire


class Mode(Enum):
    FAST = "fast"
    SLOW = "slow"


@dataclass
class Costs:
    fee: Annotated[float, Field(ge=0)] = 0.1
    cap: int | None = None


def everything(
    n: Annotated[int, Field(ge=1, le=9)],
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5,
    code: Annotated[str, Field(pattern="^[A-Z]*$", max_length=3)] = "A",
    flag: bool = False,
    day: date = date(2026, 1, 29),
    length: timedelta = timedelta(hours=2),
    mode: Mode = Mode.FAST,
    origins: Annotated[list[Literal["EWR", "JFK", 3]], Field(min_length=1)] = ["JFK"],  # noqa: B006
    costs: Costs = Costs(fee=0.2, cap=5),  # noqa: B008
    table: Annotated[pd.DataFrame, {"city": str, "count": int}] = None,
    rundate: int | None = None,
    city: Annotated[str, Choices(lambda mode: ["a", "b"])] = "a",
):
    """Do everything.

    Args:
        n: How many.
    """


@pytest.fixture(scope="module")
def form():
    everything.__defaults__ = tuple(
        pd.DataFrame({"city": ["x"], "count": [1]}) if value is None and place == 8 else value
        for place, value in enumerate(everything.__defaults__)
    )
    return Form(everything, "suite s")


def test_fields_and_problems_come_through_json_as_they_were(form):
    sent = json.loads(json.dumps([field_to_wire(field) for field in form.fields]))
    assert tuple(map(field_from_wire, sent)) == form.fields
    problems = (Problem(("a", 2, "b"), "no"), Problem((), "it"))
    assert problems_from_wire(json.loads(json.dumps(problems_to_wire(problems)))) == problems


# -- JSON Schema


def test_the_schema_is_valid_and_says_what_the_form_says(form):
    schema = schema_of(form.fields, title="Everything", description="Do everything.")
    Draft202012Validator.check_schema(schema)
    assert schema["required"] == ["n"]
    assert schema["properties"]["n"] | {"title": "N", "description": "How many."} == {
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
        "title": "N",
        "description": "How many.",
    }
    assert schema["properties"]["origins"]["items"] == {"enum": ["EWR", "JFK", 3]}


def test_the_schema_accepts_the_defaults(form):
    defaults = {field.name: field.default for field in form.fields if not field.required}
    validator = Draft202012Validator(schema_of([field for field in form.fields if field.name != "table"]))
    assert list(validator.iter_errors({"n": 3} | {k: v for k, v in defaults.items() if k != "table"})) == []


@given(
    st.fixed_dictionaries(
        {"n": st.integers(0, 10) | st.text(max_size=1) | st.none()},
        optional={
            "share": st.floats(-1, 2),
            "code": st.sampled_from(["", "A", "ABCD", "a"]),
            "flag": st.booleans() | st.just(1),
            "mode": st.sampled_from(["FAST", "fast"]),
            "origins": st.lists(st.sampled_from(["EWR", "JFK", 3, "X"]), max_size=3),
            "costs": st.fixed_dictionaries(
                {}, optional={"fee": st.sampled_from([0, -1, 2]), "cap": st.none() | st.just(1), "x": st.just(1)}
            ),
        },
    )
)
def test_schema_and_check_accept_the_same(form, plain):
    valid = Draft202012Validator(schema_of(form.fields)).is_valid(plain)
    assert valid == (form.check(plain).problems == ())


# -- options


def given_as(form, **texts):
    """The plain values of options given as texts, by their names without dashes."""
    options = {option.name: option for option in options_of(form.fields, {"rundate", "help"})}
    return plain_values(form.fields, [(options[name.replace("_", "-")], text) for name, text in texts.items()])


def test_every_leaf_is_an_option_and_a_name_that_is_taken_gets_another(form):
    names = [option.name for option in options_of(form.fields, {"rundate"})]
    assert " ".join(names) == "n share code flag day length mode origins costs-fee costs-cap table suite-rundate city"


def test_texts_become_values_of_the_fields(form):
    plain = given_as(
        form, n="3", share="0.25", flag=True, day="2026-01-30", length="5m", mode="SLOW", origins=["EWR", "3"]
    )
    values = form.check(plain).values
    assert (values["n"], values["share"], values["flag"], values["day"]) == (3, 0.25, True, date(2026, 1, 30))
    assert (values["length"], values["mode"], values["origins"]) == (timedelta(minutes=5), Mode.SLOW, ["EWR", 3])


def test_of_a_group_only_what_is_given_changes(form):
    assert form.check(given_as(form, n="3", costs_fee="1")).values["costs"] == Costs(fee=1.0, cap=5)
    assert form.check(given_as(form, n="3", costs_cap="none")).values["costs"] == Costs(fee=0.2, cap=None)
    assert form.fields[8].default == {"fee": 0.2, "cap": 5}  # the form is as it was


def test_one_empty_text_is_an_empty_list(form):
    assert given_as(form, origins=[""]) == {"origins": []}


def test_what_does_not_fit_stays_text_and_is_refused_by_the_one_check(form):
    problems = form.check(given_as(form, n="three", mode="fast", suite_rundate="x")).problems
    assert [(problem.field, problem.message) for problem in problems] == [
        ("n", "'three' does not fit: it is a whole number"),
        ("mode", "'fast' is not one of FAST, SLOW"),
        ("rundate", "'x' does not fit: it is a whole number"),
    ]


def test_a_table_comes_from_a_csv_file(form, tmp_path):
    file = tmp_path / "cities.csv"
    file.write_bytes(b'\xef\xbb\xbfcity,count\r\n"Paris, FR",2\r\n=cmd(),\r\n\r\n')
    found = form.check(given_as(form, n="3", table=str(file))).values["table"]
    assert found["city"].tolist() == ["Paris, FR", "=cmd()"]
    assert found["count"].fillna(0).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"city,count\nParis\n", "line 2 has not as many cells as the first, 2"),
        (b"city\n\xff\n", "cannot be read as CSV: 'utf-8' codec"),
        (None, "cannot be read as CSV: No such file or directory"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_option(form, tmp_path, content, said):
    file = tmp_path / "cities.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidJobError, match="^--table: ") as caught:
        given_as(form, table=str(file))
    assert said in str(caught.value)


def test_the_help_of_an_option_says_limits_and_default(form):
    told = {option.name: (option.metavar, option.help) for option in options_of(form.fields)}
    assert told["n"] == ("INTEGER", "How many. (at least 1, at most 9) [required]")
    assert told["origins"] == ("EWR|JFK|3", "Origins (may be repeated) [default: JFK]")
    assert told["table"] == ("CSV", "Table (columns: city, count) [default: 1 rows]")
    assert told["rundate"] == ("INTEGER", "Rundate [default: none]")


@given(
    n=st.integers(1, 9),
    share=st.floats(0.001, 0.999),
    day=st.dates(),
    origins=st.lists(st.sampled_from(["EWR", "JFK", 3]), min_size=1, max_size=4),
)
def test_options_give_what_python_gives(form, n, share, day, origins):
    texts = given_as(form, n=str(n), share=repr(share), day=day.isoformat(), origins=[str(one) for one in origins])
    python = form.plain({"n": n, "share": share, "day": day, "origins": origins})
    assert form.check(texts).values["origins"] == form.check(python).values["origins"]
    assert {k: v for k, v in form.check(texts).values.items() if k in ("n", "share", "day")} == {
        "n": n,
        "share": share,
        "day": day,
    }
