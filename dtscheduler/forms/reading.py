"""What a function asks for: its signature and docstring, read into fields and into readers of their values."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.choices import Choices
from dtscheduler.forms.docs import arguments_of
from dtscheduler.forms.fields import Choice, Field, Kind
from dtscheduler.forms.leaves import LEAVES
from dtscheduler.forms.nodes import ChoiceNode, GroupNode, LeafNode, ListNode, Node, OptionalNode
from dtscheduler.forms.tables import TableNode, column_types, is_frame

ALLOWED = (
    "int, float, str, bool, date, datetime, time, timedelta, Literal, Enum, list[...], tuple[..., ...], dataclasses, "
    "pydantic models, pandas DataFrames, each also Optional or Annotated"
)
_LIMITS = {"ge": "ge", "gt": "gt", "le": "le", "lt": "lt", "multiple_of": "multiple_of"}
_DEEPEST = 8
NESTED_CHOICES = "Choices are for parameters and the items of their lists, not for what is further inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a function: its field, its reader, its annotation and what its choices depend on."""

    field: Field
    node: Node
    annotation: Any
    default: Any = inspect.Parameter.empty
    choices: Choices | None = None


def parameters_of(function: Callable[..., Any], where: str) -> tuple[Parameter, ...]:
    """Read the parameters of a function.

    Args:
        function: what is called with the values.
        where: how the function is called in messages: ``suite flight_delays``.

    Raises:
        InvalidJobError: a parameter that no form could ask for, with what could be asked for.
    """
    told = arguments_of(function)
    hints = _hints(function, where)
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise InvalidJobError(
                f"{where}: parameter {parameter} cannot be asked for in a form; give each a name of its own"
            )
        annotation = hints.get(name, _type_of(parameter.default))
        if annotation is None:
            raise InvalidJobError(f"{where}: parameter {name!r} has no type; allowed: {ALLOWED}")
        found.append(
            _parameter(name, annotation, parameter.default, told.get(name, ""), f"{where}: parameter {name!r}")
        )
    return tuple(found)


def _parameter(name: str, annotation: Any, default: Any, told: str, where: str) -> Parameter:
    node = node_of(annotation, where, default=default)
    chosen = _choices_in(annotation)
    field = described(replace(node.field, name=name), annotation, told)
    if chosen:
        try:
            node = node.limited_to_choices()
        except InvalidJobError as error:
            raise InvalidJobError(f"{where}: {error}") from error
        field = replace(field, kind=node.field.kind, item=node.field.item, depends_on=chosen.names)
    given = default is not inspect.Parameter.empty
    plain = node.write(default) if given else None
    field = replace(field, required=not given, default=plain)
    return Parameter(field=field, node=node, annotation=annotation, default=default, choices=chosen)


def node_of(annotation: Any, where: str, *, default: Any = inspect.Parameter.empty, depth: int = 0) -> Node:
    """The reader of values of a type. Raises ``InvalidJobError`` for a type that no form could ask for."""
    if depth > _DEEPEST:
        raise InvalidJobError(f"{where} is nested more than {_DEEPEST} deep")
    bare = _bare(annotation)
    origin, arguments = get_origin(bare), get_args(bare)
    if origin in (Union, types.UnionType):
        kinds = [kind for kind in arguments if kind is not type(None)]
        if len(kinds) != 1 or len(kinds) == len(arguments):
            raise InvalidJobError(f"{where} may be of several types ({bare}); give it one, or one and None")
        kind = Annotated[kinds[0], *_metadata(annotation)] if _metadata(annotation) else kinds[0]
        return OptionalNode(node_of(kind, where, default=default, depth=depth))
    if is_frame(bare):
        if depth:
            raise InvalidJobError(f"{where}: a table is a parameter of its own, not inside another")
        return TableNode(column_types(_metadata(annotation), default, where))
    if isinstance(bare, type) and issubclass(bare, Enum):
        return ChoiceNode(tuple(Choice(member.name, _said(member)) for member in bare), dict(bare.__members__))
    if origin is Literal:
        return ChoiceNode(tuple(Choice(value, str(value)) for value in arguments), None, where=where)
    if isinstance(bare, type) and bare in LEAVES:  # a list of what has no hash has none
        return LeafNode(_constrained(Field(name="", kind=LEAVES[bare].kind, label=""), annotation), LEAVES[bare])
    if _is_sequence(origin, arguments):
        if depth and _choices_in(arguments[0]):
            raise InvalidJobError(f"{where}: {NESTED_CHOICES}")
        item = node_of(arguments[0], f"{where}: its items", depth=depth + 1)
        empty = Field(name="", kind=Kind.LIST, label="", item=described(item.field, arguments[0], ""))
        return ListNode(_constrained(empty, annotation), item, tuple if origin is tuple else list)
    if _is_group(bare):
        return GroupNode(bare, _members(bare, where, depth))
    raise InvalidJobError(f"{where} is of a type that no form asks for ({_named(bare)}); allowed: {ALLOWED}")


def described(field: Field, annotation: Any, told: str) -> Field:
    """A field with its label and what is said of it: in the annotation first, else in the docstring."""
    title, about = "", ""
    for part in _metadata(annotation):
        if _is_field_info(part):
            title, about = part.title or title, part.description or about
    label = title or field.name.replace("_", " ").strip().capitalize()
    return replace(field, label=label, help=" ".join((about or told or field.help).split()))


def _constrained(field: Field, annotation: Any) -> Field:
    found: dict[str, Any] = {}
    for part in _flattened(_metadata(annotation)):
        for ours in (*_LIMITS, "min_length", "max_length", "pattern"):
            limit = getattr(part, ours, None)
            if limit is not None and not callable(limit):
                leaf = LEAVES.get(type(limit))
                found[ours] = leaf.write(limit) if leaf else getattr(limit, "pattern", limit)
    return replace(field, **found)


def _flattened(metadata: Sequence[Any]) -> list[Any]:
    """The limits among metadata; pydantic's ``Field`` keeps its own in a list."""
    return [one for part in metadata for one in (part.metadata if _is_field_info(part) else [part])]


def _members(group: Any, where: str, depth: int) -> tuple[tuple[str, Node, Any], ...]:
    """The members of a dataclass or a model: name, reader, and default or ``empty``."""
    told, found = arguments_of(group), []
    for name, annotation, default in _declared(group, where):
        inside = f"{where}: its {name!r}"
        if _choices_in(annotation):
            raise InvalidJobError(f"{inside}: {NESTED_CHOICES}")
        node = node_of(annotation, inside, default=default, depth=depth + 1)
        given = default is not inspect.Parameter.empty
        plain = node.write(default) if given else None
        field = described(replace(node.field, name=name), annotation, told.get(name, ""))
        found.append((name, node.told(replace(field, required=not given, default=plain)), default))
    return tuple(found)


def _declared(group: Any, where: str) -> list[tuple[str, Any, Any]]:
    empty = inspect.Parameter.empty
    hints = _hints(group, where)
    only_for_init = [name for name, hint in hints.items() if isinstance(hint, dataclasses.InitVar)]
    if only_for_init:
        raise InvalidJobError(
            f"{where}: InitVar {only_for_init[0]!r} of {_named(group)} is no field that a form could ask for"
        )
    if hasattr(group, "model_fields"):
        return [
            (
                name,
                _annotated(info, hints.get(name)),
                empty if info.is_required() else info.get_default(call_default_factory=True),
            )
            for name, info in group.model_fields.items()
        ]
    return [
        (
            field.name,
            hints[field.name],
            field.default
            if field.default is not dataclasses.MISSING
            else field.default_factory()
            if field.default_factory is not dataclasses.MISSING
            else empty,
        )
        for field in dataclasses.fields(group)
        if field.init
    ]


def _annotated(info: Any, hint: Any) -> Any:
    """The annotation of a model's field with all that ``= Field(...)`` says of it, which its hint has not."""
    return Annotated[hint if hint is not None else info.annotation, info]


def _hints(documented: Any, where: str) -> dict[str, Any]:
    try:
        return get_type_hints(documented, include_extras=True)
    except (NameError, TypeError) as error:
        raise InvalidJobError(
            f"{where}: its types cannot be read: {error}; define them before it, in its module"
        ) from error


def _type_of(default: Any) -> Any:
    return type(default) if type(default) in LEAVES or isinstance(default, Enum) else None


def _choices_in(annotation: Any) -> Choices | None:
    """What limits the values of a type, or of the items of its list, wherever in the annotation it stands."""
    while True:
        chosen = next((part for part in _metadata(annotation) if isinstance(part, Choices)), None)
        if chosen:
            return chosen
        bare = _bare(annotation)
        inner = [kind for kind in get_args(bare) if kind is not type(None) and kind is not Ellipsis]
        if get_origin(bare) not in (Union, types.UnionType, list, tuple, Sequence) or len(inner) != 1:
            return None
        annotation = inner[0]


def _bare(annotation: Any) -> Any:
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    return annotation


def _metadata(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__metadata__", ())


def _is_field_info(part: Any) -> bool:
    pydantic = sys.modules.get("pydantic.fields")
    return pydantic is not None and isinstance(part, pydantic.FieldInfo)


def _is_sequence(origin: Any, arguments: tuple[Any, ...]) -> bool:
    if origin is tuple:
        return len(arguments) == 2 and arguments[1] is Ellipsis
    return origin in (list, Sequence) and len(arguments) == 1


def _is_group(bare: Any) -> bool:
    return isinstance(bare, type) and (dataclasses.is_dataclass(bare) or hasattr(bare, "model_fields"))


def _said(member: Enum) -> str:
    return member.value if isinstance(member.value, str) else member.name


def _named(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
