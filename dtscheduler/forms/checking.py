"""What was filled in, checked: the values a function is called with, or all that is wrong."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.choices import called, in_order
from dtscheduler.forms.fields import Choice, Field, Kind, Problem
from dtscheduler.forms.leaves import LEAVES, raised, shown
from dtscheduler.forms.nodes import MISSING, MOST_PROBLEMS
from dtscheduler.forms.reading import Parameter, parameters_of

MOST_CHOICES = 10_000
BROKEN_CHOICES = "its choices:"


@dataclass(frozen=True, slots=True)
class Checked:
    """The values by parameter, or what is wrong with them."""

    values: dict[str, Any]
    problems: tuple[Problem, ...]


class Form:
    """The form of a function: its fields, and the one check of what is filled in, whichever way it was.

    Args:
        function: what is called with the values.
        where: how it is called in messages.

    Raises:
        InvalidJobError: a parameter that no form could ask for, or a default that is not of its own type.
    """

    def __init__(self, function: Callable[..., Any], where: str) -> None:
        self._where = where
        parameters = parameters_of(function, where)
        self._parameters = {parameter.field.name: parameter for parameter in parameters}
        depends = {name: parameter.choices.names for name, parameter in self._parameters.items() if parameter.choices}
        self._order = in_order(depends, self._parameters, where)
        self.fields: tuple[Field, ...] = tuple(self._with_choices(parameter) for parameter in parameters)
        self._check_defaults()
        if "pydantic" in sys.modules:  # where it is not imported yet, its limits are not used, and it is left so
            self._limits  # noqa: B018 # a limit that makes no sense is told here

    def _check_defaults(self) -> None:
        for name, parameter in self._parameters.items():
            if parameter.field.required or (parameter.default is None and parameter.field.optional):
                continue
            if parameter.default is None:
                raise InvalidJobError(f"{self._where}: the default of {name!r} is None; let its type be ... | None")
            problems: list[Problem] = []
            parameter.node.read(parameter.field.default, (name,), problems)
            if problems:
                raise InvalidJobError(f"{self._where}: the default of {name!r}: {problems[0].message}")

    def plain(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Python values in their plain form; what no parameter takes stays as it is."""
        known = self._parameters
        return {name: known[name].node.write(value) if name in known else value for name, value in values.items()}

    def check_values(self, values: Mapping[str, Any]) -> Checked:
        """Check Python values as ``check`` does their plain form; what is right stays the very object that was given."""
        return self._check(self.plain(values), values)

    def check(self, plain: Mapping[str, Any]) -> Checked:
        """Check plain values; those that are not given are the defaults. All problems are found at once."""
        return self._check(plain, {})

    def _check(self, plain: Mapping[str, Any], given: Mapping[str, Any]) -> Checked:
        problems = [
            Problem((str(name),), f"there is no such parameter; there are: {', '.join(self._parameters) or 'none'}")
            for name in plain
            if name not in self._parameters
        ]
        values: dict[str, Any] = {}
        for name in self._order:
            parameter = self._parameters[name]
            if name in plain:
                values[name] = self._value(parameter, plain[name], problems)
                if values[name] is not MISSING and name in given and parameter.node.holds(given[name]):
                    values[name] = self._limits[name](given[name], problems)
            elif parameter.field.required:
                problems.append(Problem((name,), "a value is needed"))
            else:
                values[name] = self._default(parameter, problems)
            if parameter.choices and values.get(name, MISSING) is not MISSING:
                self._check_choice(parameter, values, problems)
            elif parameter.choices:
                self._choices(parameter, values, problems)  # whatever is wrong with the value, this may be why
        order = {name: place for place, name in enumerate(self._parameters)}
        problems.sort(key=lambda problem: order.get(str(problem.path[0]), -1) if problem.path else -1)
        right = {name: values[name] for name in order if values.get(name, MISSING) is not MISSING}
        return Checked(right, tuple(problems))

    def _with_choices(self, parameter: Parameter) -> Field:
        """The field of a parameter; with the choices that depend on nothing else."""
        if not parameter.choices or parameter.choices.names:
            return parameter.field
        problems: list[Problem] = []
        chosen = self._choices(parameter, {}, problems)
        if problems:
            raise InvalidJobError(f"{self._where}: parameter {parameter.field.name!r}: {problems[0].message}")
        choices = _as_choices(parameter, chosen)
        if parameter.field.item is None:
            return replace(parameter.field, choices=choices)
        return replace(parameter.field, item=replace(parameter.field.item, choices=choices))

    def choices(self, plain: Mapping[str, Any]) -> dict[str, tuple[Choice, ...]]:
        """The choices of each parameter that depends on others; none where those are not right yet."""
        values, found = {}, {}
        for name in self._order:
            parameter, ignored = self._parameters[name], list[Problem]()
            given = name in plain
            values[name] = self._value(parameter, plain[name], ignored) if given else copy.deepcopy(parameter.default)
            if parameter.choices:
                found[name] = _as_choices(parameter, self._choices(parameter, values, ignored))
        return found

    def _default(self, parameter: Parameter, problems: list[Problem]) -> Any:
        """The default as the function has it, if it is within its limits, and its caller's own copy."""
        if parameter.default is None:
            return None
        value = self._value(parameter, parameter.field.default, problems)
        return value if value is MISSING else copy.deepcopy(parameter.default)

    def _value(self, parameter: Parameter, plain: Any, problems: list[Problem]) -> Any:
        """One value, first of the right kind, then within its limits."""
        before, path = len(problems), (parameter.field.name,)
        value = parameter.node.read(plain, path, problems)
        if len(problems) > before:
            return MISSING
        return self._limits[parameter.field.name](value, problems)

    @cached_property
    def _limits(self) -> dict[str, Callable[[Any, list[Problem]], Any]]:
        return {name: self._held(name, parameter) for name, parameter in self._parameters.items()}

    def _held(self, name: str, parameter: Parameter) -> Callable[[Any, list[Problem]], Any]:
        try:
            return _limits_of(parameter)
        except Exception as error:  # whatever pydantic makes of an annotation that it cannot use
            raise InvalidJobError(f"{self._where}: the limits of {name!r} cannot be used: {raised(error)}") from error

    def _choices(
        self, parameter: Parameter, values: Mapping[str, Any], problems: list[Problem]
    ) -> dict[Any, str] | None:
        assert parameter.choices  # noqa: S101 # asked only of those that have
        others = {name: values.get(name, MISSING) for name in parameter.choices.names}
        if any(value is MISSING for value in others.values()) or _empty(others):
            return None
        try:
            found = parameter.choices.function(**others)
            chosen = dict(found) if isinstance(found, Mapping) else {value: called(value) for value in found}
            json.dumps([parameter_plain(parameter, value) for value in chosen])  # a form could not say which is chosen
        except (Exception, SystemExit) as error:  # the user's own function
            problems.append(Problem((parameter.field.name,), f"{BROKEN_CHOICES} {raised(error)}"))
            return None
        return dict(list(chosen.items())[:MOST_CHOICES])

    def _check_choice(self, parameter: Parameter, values: dict[str, Any], problems: list[Problem]) -> None:
        chosen, name = self._choices(parameter, values, problems), parameter.field.name
        if chosen is None:
            return
        value = values[name]
        several, before = isinstance(value, list | tuple), len(problems)
        for number, one in enumerate(value if several else [value]):
            if one is not None and one not in chosen and len(problems) - before < MOST_PROBLEMS:
                path = (name, number) if several else (name,)
                allowed = ", ".join(map(called, list(chosen)[:50])) or "nothing, as the others are filled in"
                problems.append(
                    Problem(path, f"{shown(parameter_plain(parameter, one), path)} is not one of {allowed}")
                )


def parameter_plain(parameter: Parameter, value: Any) -> Any:
    """One of several values in its plain form."""
    leaf = LEAVES.get(type(value))
    return leaf.write(value) if leaf else getattr(value, "name", value)


def _as_choices(parameter: Parameter, chosen: Mapping[Any, str] | None) -> tuple[Choice, ...]:
    return tuple(Choice(parameter_plain(parameter, value), label) for value, label in (chosen or {}).items())


def _empty(others: Mapping[str, Any]) -> bool:
    """Whether something that choices depend on has no value, nor a default."""
    import inspect

    return any(value is inspect.Parameter.empty for value in others.values())


def _limits_of(parameter: Parameter) -> Callable[[Any, list[Problem]], Any]:
    """What holds a value against the limits of its annotation, and makes dataclasses and models of dicts."""
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

    if parameter.field.kind is Kind.TABLE:
        return lambda value, problems: value
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(parameter.annotation, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # a model has a configuration of its own
        adapter = TypeAdapter(parameter.annotation)

    def held(value: Any, problems: list[Problem]) -> Any:
        try:
            return adapter.validate_python(value, by_alias=False, by_name=True)
        except ValidationError as error:
            for found in error.errors(include_url=False, include_context=True)[:MOST_PROBLEMS]:
                path = (parameter.field.name, *found["loc"])
                problems.append(Problem(path, _said(found, path)))
            return MISSING

    return held


def _said(found: Mapping[str, Any], path: tuple[str | int, ...]) -> str:
    """What pydantic says of a value, in the words of our messages."""
    value, limits = shown(found["input"], path), found.get("ctx", {})
    words = {
        "greater_than": "{value} is too small: it is more than {gt}",
        "greater_than_equal": "{value} is too small: it is at least {ge}",
        "less_than": "{value} is too large: it is less than {lt}",
        "less_than_equal": "{value} is too large: it is at most {le}",
        "multiple_of": "{value} does not fit: it is a multiple of {multiple_of}",
        "too_short": "{actual_length} are too few: at least {min_length}",
        "too_long": "{actual_length} are too many: at most {max_length}",
        "string_too_short": "{value} is too short: at least {min_length} characters",
        "string_too_long": "{value} is too long: at most {max_length} characters",
        "string_pattern_mismatch": "{value} does not match {pattern}",
    }
    if found["type"] in words:
        return words[found["type"]].format(value=value, **limits)
    return re.sub(r"^(Value|Assertion) error, ", "", str(found["msg"]))
