"""Fields and problems as JSON has them, for another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as members
from typing import Any

from dtscheduler.forms.fields import Choice, Field, Kind, Problem

_MEMBERS = {member.name: member.default for member in members(Field)}


def field_to_wire(field: Field) -> dict[str, Any]:
    """A field as a dict, without what is as usual."""
    found: dict[str, Any] = {}
    for name, usual in _MEMBERS.items():
        value = getattr(field, name)
        if value != usual or type(value) is not type(usual):
            found[name] = value
    found["kind"] = field.kind.value
    if field.choices:
        found["choices"] = choices_to_wire(field.choices)
    if field.item is not None:
        found["item"] = field_to_wire(field.item)
    if field.fields:
        found["fields"] = [field_to_wire(one) for one in field.fields]
    return found


def field_from_wire(found: Mapping[str, Any]) -> Field:
    """A field that ``field_to_wire`` has written, before or after JSON."""
    facts = dict(found)
    facts["kind"] = Kind(facts["kind"])
    if "choices" in facts:
        facts["choices"] = choices_from_wire(facts["choices"])
    if "depends_on" in facts:
        facts["depends_on"] = tuple(facts["depends_on"])
    if "item" in facts:
        facts["item"] = field_from_wire(facts["item"])
    if "fields" in facts:
        facts["fields"] = tuple(field_from_wire(one) for one in facts["fields"])
    return Field(**facts)


def choices_to_wire(choices: Sequence[Choice]) -> list[list[Any]]:
    """Choices as pairs of value and label."""
    return [[choice.value, choice.label] for choice in choices]


def choices_from_wire(found: Sequence[Sequence[Any]]) -> tuple[Choice, ...]:
    """Choices that ``choices_to_wire`` has written."""
    return tuple(Choice(value, label) for value, label in found)


def problems_to_wire(problems: Sequence[Problem]) -> list[list[Any]]:
    """Problems as pairs of path and message."""
    return [[list(problem.path), problem.message] for problem in problems]


def problems_from_wire(found: Sequence[Sequence[Any]]) -> tuple[Problem, ...]:
    """Problems that ``problems_to_wire`` has written."""
    return tuple(Problem(tuple(path), message) for path, message in found)
