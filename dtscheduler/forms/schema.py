"""A form as JSON Schema (2020-12), for whoever fills it in from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dtscheduler.forms.fields import Field, Kind
from dtscheduler.model.secrets import looks_secret

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
    groups: dict[str, Field] = {}
    found = about | _object(fields, groups)
    defined: dict[str, Any] = {}
    while len(defined) < len(groups):  # a group has groups
        name = next(name for name in groups if name not in defined)
        defined[name] = _object(groups[name].fields, groups)
    return found | ({"$defs": defined} if defined else {})


def _object(fields: Sequence[Field], groups: dict[str, Field]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _property(field, groups) for field in fields},
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.required]
    return found | ({"required": required} if required else {})


def _property(field: Field, groups: dict[str, Field]) -> dict[str, Any]:
    found = _values(field, field.name, groups)
    if field.optional:
        found = {"anyOf": [found, {"type": "null"}]}
    if field.label:
        found["title"] = field.label
    if field.help:
        found["description"] = field.help
    if not field.required and not looks_secret(field.name):
        found["default"] = field.default
    return found


def _values(field: Field, name: str, groups: dict[str, Field]) -> dict[str, Any]:
    """What values are like, without what is said of the field."""
    if field.kind is Kind.GROUP:
        return {"$ref": f"#/$defs/{_defined(field, name, groups)}"}
    if field.kind is Kind.TABLE:
        return _table(field, groups)
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
        found["items"] = _values(field.item, name, groups)
    return found


def _defined(field: Field, name: str, groups: dict[str, Field]) -> str:
    """The name under which a group is defined, once for all that have the same fields."""
    for known, group in groups.items():
        if group.fields == field.fields:
            return known
    free = name
    while free in groups:
        free += "_"
    groups[free] = field
    return free


def _table(field: Field, groups: dict[str, Field]) -> dict[str, Any]:
    """A table, either way it may be given: rows as dicts, or columns and rows as lists."""
    columns = {"type": "array", "items": {"enum": [column.name for column in field.fields]}, "uniqueItems": True}
    rows = {"type": "array", "items": {"type": "array"}}
    listed = {
        "type": "object",
        "properties": {"columns": columns, "rows": rows},
        "required": ["columns", "rows"],
        "additionalProperties": False,
    }
    return {"anyOf": [listed, {"type": "array", "items": _object(field.fields, groups)}]}
