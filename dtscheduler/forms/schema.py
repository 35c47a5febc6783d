"""A form as JSON Schema (2020-12), for whoever fills it in from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dtscheduler.forms.fields import Field, Kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.INT: {"type": "integer"},
    Kind.FLOAT: {"type": "number"},
    Kind.TEXT: {"type": "string"},
    Kind.FLAG: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.DATETIME: {"type": "string", "format": "date-time"},
    Kind.TIME: {"type": "string", "format": "time"},
    Kind.DURATION: {"type": ["string", "number"], "description": "'1h 30m', '01:30:00', or seconds"},
    Kind.CHOICE: {},
    Kind.LIST: {"type": "array"},
}
_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
}


def schema_of(fields: Sequence[Field], *, title: str = "", description: str = "") -> dict[str, Any]:
    """The schema of an object with these fields, in their plain form."""
    about = {"$schema": DIALECT, "title": title} | ({"description": description} if description else {})
    return about | _object(fields)


def _object(fields: Sequence[Field]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.required]
    return found | ({"required": required} if required else {})


def _property(field: Field) -> dict[str, Any]:
    found = _values(field)
    if field.optional:
        found = {"anyOf": [found, {"type": "null"}]}
    if field.label:
        found["title"] = field.label
    if field.help:
        found["description"] = field.help
    if not field.required:
        found["default"] = field.default
    return found


def _values(field: Field) -> dict[str, Any]:
    """What values are like, without what is said of the field."""
    if field.kind is Kind.GROUP:
        return _object(field.fields)
    if field.kind is Kind.TABLE:
        return {"type": "array", "items": _object(field.fields)}
    found = dict(_TYPES[field.kind])
    if field.choices:
        found["enum"] = [choice.value for choice in field.choices]
    for ours, theirs in _LIMITS.items():
        limit = getattr(field, ours)
        if limit is not None and (ours == "pattern" or not isinstance(limit, str)):  # dates have no limits there
            found[theirs] = limit
    kind = "Items" if field.kind is Kind.LIST else "Length"
    if field.min_length is not None:
        found[f"min{kind}"] = field.min_length
    if field.max_length is not None:
        found[f"max{kind}"] = field.max_length
    if field.item is not None:
        found["items"] = _values(field.item)
    return found
