"""A suite that is filled in, without any screen: values, choices, problems and where they are said."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from pydantic import Field as Limits

from dtscheduler import DAG, Choices, Task, suite
from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.fields import Problem
from dtscheduler.ui.views.suite_form import SuiteFormModel, said_of


@dataclass
class Costs:
    fee: float = 0.1
    currency: str = "EUR"


def markets(region):
    return {"EU": ["FR", "DE"], "US": ["NY"]}[region]


@suite
def desk(
    top: Annotated[int, Limits(ge=1, le=9)],
    region: Literal["EU", "US"] = "EU",
    market: Annotated[str, Choices(markets)] = "FR",
    costs: Costs = Costs(),  # noqa: B008 # a default of a suite
    note: str | None = None,
    api_key: str = "hush",
) -> DAG:
    with DAG(Name=f"desk {market}", Image="desk") as dag:
        Task(Name="rank", Entrypoint="desk.rank")
    return dag


@pytest.fixture
def model():
    return SuiteFormModel(desk)


def test_it_starts_with_the_defaults_and_without_what_is_needed(model):
    assert "top" not in model.plain
    assert model.plain["costs"] == {"fee": 0.1, "currency": "EUR"}
    assert [each.message for each in model.problems] == ["a value is needed"]


def test_what_is_right_is_built_once(model):
    model.set(("top",), 3)
    first = model.built
    assert (first.problems, first.value.name) == ((), "desk FR")
    assert model.built is first
    model.set(("market",), "DE")
    assert model.built.value.name == "desk DE"


def test_a_member_of_a_group_is_set_by_its_path(model):
    model.set(("costs", "fee"), "much")
    assert [each.path for each in model.problems] == [("top",), ("costs", "fee")]


def test_a_needed_value_that_is_taken_away_is_needed_again(model):
    model.set(("top",), 3)
    model.set(("top",), None)
    assert model.problems[0].message == "a value is needed"


def test_choices_follow_the_fields_that_they_depend_on(model):
    field = next(field for field in model.fields if field.name == "market")
    assert [choice.value for choice in model.choices(field)] == ["FR", "DE"]
    model.set(("region",), "US")
    assert [choice.value for choice in model.choices(field)] == ["NY"]


def test_it_is_filled_anew_with_values_of_python_or_plain(model):
    model.fill({"top": 4, "costs": Costs(fee=2.0)})
    assert (model.plain["top"], model.plain["costs"]["fee"]) == (4, 2.0)
    with pytest.raises(InvalidJobError, match="suite desk: tops: there is no such parameter"):
        model.fill({"tops": 4})


def test_it_says_itself_without_its_secrets(model):
    assert "hush" not in model.text
    assert model.text.startswith("desk(region=")


def test_a_suite_that_takes_long_is_not_built_at_each_key(monkeypatch):
    monkeypatch.setattr("dtscheduler.ui.views.suite_form.SLOW_SECONDS", -1.0)
    model = SuiteFormModel(desk, {"top": 3})
    assert not model.built.problems
    model.set(("top",), 4)
    assert model.slow
    assert not model.is_built
    assert model.problems == ()
    model.set(("top",), 40)
    assert [each.path for each in model.problems] == [("top",)]


def test_what_is_missing_is_no_alarm_and_what_is_wrong_stands_at_its_place():
    problems = [Problem(("top",), "a value is needed"), Problem(("costs", "fee"), "wrong"), Problem((), "no file")]
    said = said_of(problems, {"costs": {"fee": "x"}}, [("top",), ("costs", "fee")])
    assert (said.needed, said.at, said.whole) == ((("top",),), {("costs", "fee"): ("wrong",)}, ("no file",))
