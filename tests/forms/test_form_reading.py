"""What is read off a function: labels, help, limits, choices, and what is refused when it is decorated."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import Field

from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.checking import Form
from dtscheduler.forms.choices import Choices
from dtscheduler.forms.docs import arguments_of, summary_of
from dtscheduler.forms.fields import Choice, Kind


class Mode(Enum):
    FAST = "as fast as can be"
    SLOW = 2


def form(function):
    return Form(function, "suite s")


def refusal(function):
    with pytest.raises(InvalidJobError) as caught:
        form(function)
    return str(caught.value)


def test_a_field_says_all_that_the_signature_says():
    def function(worst_of: Annotated[int, Field(ge=1, lt=100, description="carriers to list")] = 10): ...

    (field,) = form(function).fields
    assert (field.name, field.kind, field.label, field.help) == ("worst_of", Kind.INT, "Worst of", "carriers to list")
    assert (field.ge, field.lt, field.le, field.default, field.required) == (1, 100, None, 10, False)


def test_help_comes_from_the_docstring_where_the_annotation_has_none():
    def function(a: int, b: Annotated[int, Field(title="Bee", description="said here")]):
        """Do it.

        Args:
            a: The first,
                at length.
            b: Said there.
        """

    a, b = form(function).fields
    assert (a.help, b.help, b.label) == ("The first, at length.", "said here", "Bee")


def test_choices_have_values_and_labels():
    def function(a: Literal["x", 2], b: list[Mode]): ...

    a, b = form(function).fields
    assert a.choices == (Choice("x", "x"), Choice(2, "2"))
    assert b.item.choices == (Choice("FAST", "as fast as can be"), Choice("SLOW", "SLOW"))


def test_a_default_of_a_simple_type_stands_for_the_annotation():
    def function(a=3, b="x", c=date(2026, 1, 29)): ...

    assert [field.kind for field in form(function).fields] == [Kind.INT, Kind.TEXT, Kind.DATE]
    assert form(function).fields[2].default == "2026-01-29"


def test_limits_of_dates_are_plain():
    def function(a: Annotated[date, Field(ge=date(2026, 1, 1))]): ...

    assert form(function).fields[0].ge == "2026-01-01"
    (problem,) = form(function).check({"a": "2025-12-31"}).problems
    assert "is too small: it is at least 2026-01-01" in problem.message


def test_members_of_groups_are_fields_with_their_own_help():
    @dataclass
    class Costs:
        """Costs.

        Attributes:
            fee: Of one trade.
        """

        fee: float = 0.1

    def function(costs: Costs): ...

    function.__annotations__ = {"costs": Costs}
    (fee,) = form(function).fields[0].fields
    assert (fee.label, fee.help, fee.default) == ("Fee", "Of one trade.", 0.1)


def no_type(a): ...
def strange(a: dict[str, int]): ...
def two_types(a: int | str): ...
def bare_list(a: list): ...
def rest(*a: int): ...
def keywords(**a: int): ...
def positional(a: int, /): ...
def unknown_name(a: "Nowhere"): ...  # noqa: F821
def wrong_default(a: int = "3"): ...
def wrong_choice(a: Literal["x"] = "y"): ...
def bytes_literal(a: Literal[b"x"]): ...
def senseless(a: Annotated[int, Field(ge=0.5)]): ...
def no_parameter(a: Annotated[str, Choices(lambda nothing: [])]): ...


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (no_type, "parameter 'a' has no type; allowed: int, float, str"),
        (strange, "parameter 'a' is of a type that no form asks for (dict[str, int]); allowed: int, float"),
        (two_types, "parameter 'a' may be of several types"),
        (bare_list, "of a type that no form asks for (list)"),
        (rest, "cannot be asked for in a form"),
        (keywords, "cannot be asked for in a form"),
        (positional, "cannot be asked for in a form"),
        (unknown_name, "its types cannot be read: name 'Nowhere' is not defined"),
        (wrong_default, "the default of 'a': '3' does not fit: it is a whole number"),
        (wrong_choice, "the default of 'a': 'y' is not one of x"),
        (bytes_literal, "cannot be chosen in a form"),
        (senseless, "the limits of 'a' cannot be used: "),
        (no_parameter, "the choices of 'a' depend on 'nothing', which is no parameter"),
    ],
)
def test_what_no_form_could_ask_for_is_refused_with_suite_and_parameter(function, said):
    assert refusal(function).startswith("suite s")
    assert said in refusal(function)


def test_choices_that_depend_on_themselves_are_refused_with_the_way():
    def function(a: Annotated[str, Choices(lambda b: [])], b: Annotated[str, Choices(lambda a: [])]): ...

    assert "depend on themselves: a -> b -> a" in refusal(function)


@pytest.mark.parametrize("wrong", [3, lambda *all: [], lambda **all: []])
def test_choices_take_a_function_of_named_parameters(wrong):
    with pytest.raises(InvalidJobError):
        Choices(wrong)


# -- choices that depend on other fields


def places(
    country: Literal["FR", "DE"] = "FR",
    city: Annotated[str, Choices(lambda country: {"FR": ["Paris", "Lyon"], "DE": ["Bonn"]}[country])] = "Paris",
    streets: Annotated[list[str], Choices(lambda city: {f"{city} 1": "first", f"{city} 2": "second"})] = [],  # noqa: B006
): ...


def test_choices_follow_from_the_others_and_from_each_other():
    found = form(places).choices({"country": "DE", "city": "Bonn"})
    assert found["city"] == (Choice("Bonn", "Bonn"),)
    assert found["streets"] == (Choice("Bonn 1", "first"), Choice("Bonn 2", "second"))
    assert [field.depends_on for field in form(places).fields] == [(), ("country",), ("city",)]


def test_what_is_not_among_the_choices_is_refused():
    (problem,) = form(places).check({"country": "DE"}).problems
    assert (problem.field, problem.message) == ("city", "'Paris' is not one of Bonn")
    (problem,) = form(places).check({"streets": ["Paris 1", "Bonn 1"]}).problems
    assert (problem.field, problem.message) == ("streets[1]", "'Bonn 1' is not one of Paris 1, Paris 2")


def test_choices_of_what_is_not_right_yet_are_not_there():
    assert form(places).choices({"country": "XX"}) == {
        "city": (),
        "streets": (Choice("Paris 1", "first"), Choice("Paris 2", "second")),
    }
    assert [problem.field for problem in form(places).check({"country": "XX"}).problems] == ["country"]


def test_a_choices_function_that_raises_is_a_problem_of_its_field():
    def function(a: int = 0, b: Annotated[str, Choices(lambda a: [str(1 / a)])] = "x"): ...

    (problem,) = form(function).check({}).problems
    assert (problem.field, problem.message) == ("b", "its choices: ZeroDivisionError: division by zero")
    assert form(function).choices({}) == {"b": ()}


# -- docstrings


def test_sections_and_paragraphs_of_a_docstring_are_told_apart():
    def function():
        """First line,
        still first.

        More.

        Args:
            a (int): One.
            *rest: Others: many.

                A paragraph of its own.
        Returns:
            b: Not an argument.
        """

    assert summary_of(function) == "First line, still first."
    assert arguments_of(function) == {"a": "One.", "rest": "Others: many. A paragraph of its own."}
    assert (summary_of(form), arguments_of(form)) == ("", {})
