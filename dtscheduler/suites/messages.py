"""What a suite's worker is asked, and what it answers: JSON in frames."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dtscheduler.api.dag import DAG
from dtscheduler.api.parameters import check_spec
from dtscheduler.api.suites import Built
from dtscheduler.errors import SchedulerError
from dtscheduler.executors import wire
from dtscheduler.forms.fields import Choice, Field
from dtscheduler.forms.wire import (
    choices_from_wire,
    choices_to_wire,
    field_from_wire,
    field_to_wire,
    problems_from_wire,
    problems_to_wire,
)
from dtscheduler.stores.specs import read_spec, write_spec

DESCRIBE, CHECK, CHOICES, CONSTRUCT = "describe", "check", "choices", "construct"
LONGEST = 2**28


class SuiteError(SchedulerError):
    """A suite whose code cannot be imported, or whose worker has ended or does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is known of a suite once its module is imported."""

    name: str
    title: str
    doc: str
    fields: tuple[Field, ...]


def packed(message: Mapping[str, Any]) -> bytes:
    """The bytes of a message. Raises ``SuiteError`` where JSON does not have its values."""
    try:
        return wire.frame(json.dumps(message, separators=(",", ":")).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise SuiteError(f"values are given in their plain form, as JSON has them: {error}") from error


def unpacked(content: bytes) -> dict[str, Any]:
    """The message in a frame. Raises ``SuiteError`` where it is none."""
    try:
        message = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"a suite's worker sent what cannot be read: {error}") from error
    if not isinstance(message, dict):
        raise SuiteError("a suite's worker sent what cannot be read")
    return message


def description_to_wire(found: Description) -> dict[str, Any]:
    """A description as JSON has it."""
    fields = [field_to_wire(field) for field in found.fields]
    return {"name": found.name, "title": found.title, "doc": found.doc, "fields": fields}


def description_from_wire(found: Mapping[str, Any]) -> Description:
    """A description that ``description_to_wire`` has written."""
    fields = tuple(field_from_wire(field) for field in found["fields"])
    return Description(name=found["name"], title=found["title"], doc=found["doc"], fields=fields)


def offers_to_wire(found: Mapping[str, tuple[Choice, ...]]) -> dict[str, Any]:
    """The choices of several fields as JSON has them."""
    return {name: choices_to_wire(choices) for name, choices in found.items()}


def offers_from_wire(found: Mapping[str, Any]) -> dict[str, tuple[Choice, ...]]:
    """Choices that ``offers_to_wire`` has written."""
    return {name: choices_from_wire(choices) for name, choices in found.items()}


def built_to_wire(specs: list[Any], built: Built) -> dict[str, Any]:
    """What a suite has built as JSON has it; ``specs`` are those of its DAGs, settled."""
    return {
        "specs": [write_spec(spec) for spec in specs],
        "many": built.many,
        "problems": problems_to_wire(built.problems),
    }


def built_from_wire(found: Mapping[str, Any]) -> Built:
    """What ``built_to_wire`` has written, with DAGs that know their functions by name or by what is kept of them.

    The process that wrote it runs code of users, so all is checked again. Raises ``InvalidJobError``.
    """
    specs = [read_spec(text) for text in found["specs"]]
    for spec in specs:
        check_spec(spec)
    return Built(
        dags=tuple(map(DAG.from_spec, specs)),
        many=found["many"],
        problems=problems_from_wire(found["problems"]),
    )
