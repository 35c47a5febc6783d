"""How values of each kind of field are read from their plain form, with what is wrong with them, and written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, Protocol, Self

from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.fields import Choice, Field, Kind, Problem
from dtscheduler.forms.leaves import Leaf, Unfit, shown, unwrapped

Path = tuple[str | int, ...]
MOST_PROBLEMS = 20


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING


class Node(Protocol):
    """Reads and writes the values of one field."""

    @property
    def field(self) -> Field: ...

    def read(self, plain: Any, path: Path, problems: list[Problem]) -> Any:
        """The value of a plain one; ``MISSING`` where there are problems, which are added to those given."""

    def write(self, value: Any) -> Any:
        """The plain form of a value; what is none of the kind comes back as it is, for ``read`` to refuse."""

    def holds(self, value: Any) -> bool:
        """Whether a value is of the type already, so that it need not be made from its plain form."""

    def told(self, field: Field) -> Self:
        """The same for a field that is described otherwise."""

    def limited_to_choices(self) -> Self:
        """The same for a field whose values are chosen from a list that is worked out."""


@dataclass(frozen=True, slots=True)
class LeafNode:
    """A single value."""

    field: Field
    leaf: Leaf

    def read(self, plain: Any, path: Path, problems: list[Problem]) -> Any:
        try:
            return self.leaf.read(plain)
        except Unfit as unfit:
            problems.append(Problem(path, f"{shown(plain, path)} does not fit: {unfit}"))
            return MISSING

    def write(self, value: Any) -> Any:
        value = unwrapped(value)
        return self.leaf.write(value) if type(value) is self.leaf.type else value

    def holds(self, value: Any) -> bool:
        return type(value) is self.leaf.type

    def told(self, field: Field) -> LeafNode:
        return replace(self, field=field)

    def limited_to_choices(self) -> LeafNode:
        return replace(self, field=replace(self.field, kind=Kind.CHOICE))


class ChoiceNode:
    """One of several values: literals, which are plain as they are, or members of an enum, by their names.

    Raises:
        InvalidJobError: literals that JSON does not have.
    """

    def __init__(
        self,
        choices: tuple[Choice, ...],
        members: Mapping[str, Enum] | None,
        *,
        where: str = "",
        field: Field | None = None,
    ) -> None:
        strange = [c.value for c in choices if members is None and type(c.value) not in (str, int, bool)]
        if strange:
            raise InvalidJobError(
                f"{where}: Literal[{strange[0]!r}] cannot be chosen in a form; texts, numbers and flags can"
            )
        self._members = members
        self.field = field or Field(name="", kind=Kind.CHOICE, label="", choices=choices)

    def read(self, plain: Any, path: Path, problems: list[Problem]) -> Any:
        if isinstance(plain, float) and plain.is_integer():
            plain = int(plain)
        for choice in self.field.choices:
            if type(plain) is type(choice.value) and plain == choice.value:
                return self._members[plain] if self._members else plain
        allowed = ", ".join(str(choice.value) for choice in self.field.choices)
        problems.append(Problem(path, f"{shown(plain, path)} is not one of {allowed}"))
        return MISSING

    def write(self, value: Any) -> Any:
        return value.name if self._members and isinstance(value, Enum) else unwrapped(value)

    def holds(self, value: Any) -> bool:
        return isinstance(value, Enum) if self._members else False

    def told(self, field: Field) -> ChoiceNode:
        return ChoiceNode(field.choices, self._members, field=field)

    def limited_to_choices(self) -> ChoiceNode:
        return self


@dataclass(frozen=True, slots=True)
class ListNode:
    """Several values of one kind."""

    field: Field
    item: Node
    type: type[list[Any]] | type[tuple[Any, ...]]

    def read(self, plain: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(plain, list | tuple):
            problems.append(Problem(path, f"{shown(plain, path)} does not fit: it is a list"))
            return MISSING
        before, found = len(problems), []
        for number, one in enumerate(plain):
            found.append(self.item.read(one, (*path, number), problems))
            if len(problems) - before >= MOST_PROBLEMS:
                break
        return MISSING if len(problems) > before else self.type(found)

    def write(self, value: Any) -> Any:
        if getattr(value, "ndim", 0) == 1 and hasattr(value, "tolist"):  # of numpy or pandas
            value = value.tolist()
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
            return value
        return [self.item.write(one) for one in value]

    def holds(self, value: Any) -> bool:
        return type(value) is self.type and all(self.item.holds(one) for one in value)

    def told(self, field: Field) -> ListNode:
        return replace(self, field=field)

    def limited_to_choices(self) -> ListNode:
        item = self.item.limited_to_choices()
        inner = replace(self.field.item, kind=Kind.CHOICE) if self.field.item else None
        return replace(self, item=item, field=replace(self.field, item=inner))


class OptionalNode:
    """A value, or none."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def field(self) -> Field:
        return replace(self._node.field, optional=True)

    def read(self, plain: Any, path: Path, problems: list[Problem]) -> Any:
        return None if plain is None else self._node.read(plain, path, problems)

    def write(self, value: Any) -> Any:
        return None if value is None else self._node.write(value)

    def holds(self, value: Any) -> bool:
        return value is None or self._node.holds(value)

    def told(self, field: Field) -> OptionalNode:
        return OptionalNode(self._node.told(field))

    def limited_to_choices(self) -> OptionalNode:
        return OptionalNode(self._node.limited_to_choices())


class GroupNode:
    """Several values with names: a dataclass or a pydantic model. It reads a dict; pydantic makes the object of it."""

    def __init__(self, group: type, members: tuple[tuple[str, Node, Any], ...], field: Field | None = None) -> None:
        self._group, self._members = group, members
        fields = tuple(node.field for _, node, _ in members)
        self.field = field or Field(name="", kind=Kind.GROUP, label="", fields=fields)

    def read(self, plain: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(plain, Mapping):
            problems.append(
                Problem(path, f"{shown(plain, path)} does not fit: it is a dict of {', '.join(self._names)}")
            )
            return MISSING
        before, found = len(problems), {}
        unknown = [str(name) for name in plain if name not in self._names]
        known = ", ".join(self._names)
        problems += [Problem((*path, name), f"there is no such field; there are: {known}") for name in unknown]
        for name, node, _ in self._members:
            if name in plain:
                found[name] = node.read(plain[name], (*path, name), problems)
            elif node.field.required:
                problems.append(Problem((*path, name), "a value is needed"))
        return MISSING if len(problems) > before else found

    @property
    def _names(self) -> list[str]:
        return [name for name, _, _ in self._members]

    def write(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            nodes = {name: node for name, node, _ in self._members}
            return {name: nodes[name].write(one) if name in nodes else one for name, one in value.items()}
        if not isinstance(value, self._group):
            return value
        return {name: node.write(getattr(value, name)) for name, node, _ in self._members}

    def holds(self, value: Any) -> bool:
        return isinstance(value, self._group)

    def told(self, field: Field) -> GroupNode:
        return GroupNode(self._group, self._members, field)

    def limited_to_choices(self) -> GroupNode:
        raise InvalidJobError("Choices are for single values and lists of them, not for groups")
