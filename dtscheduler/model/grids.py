"""Which cells a grid of parameters has: counted, and made one at a time, never kept."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Protocol

from dtscheduler.model.cell_names import Template, description, joined, token


class Cells(Protocol):
    """Combinations of parameters by number, each with the pieces of its name.

    ``axes`` are the parameters that every cell has; ``size`` is the count in words: ``3 x 12``.
    """

    @property
    def axes(self) -> tuple[str, ...]: ...

    @property
    def size(self) -> str: ...

    def __len__(self) -> int: ...

    def cell(self, number: int) -> dict[str, Any]: ...

    def pieces(self, number: int) -> list[str]: ...

    def description(self, number: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter and the values that it takes."""

    name: str
    values: tuple[Any, ...]

    def value(self, number: int) -> Any:
        """A value; of what can be changed a copy, so that no cell shares it with another."""
        found = self.values[number]
        return deepcopy(found) if isinstance(found, list | dict | set) else found


class _Plain:
    """Cells that are described by their values."""

    def cell(self, number: int) -> dict[str, Any]:
        raise NotImplementedError

    def description(self, number: int) -> str:
        return description(self.cell(number))


class Product(_Plain):
    """Every combination of the values of some axes; the last axis changes fastest."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._axes = tuple(axes)
        self._length = math.prod(len(axis.values) for axis in axes)

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self._axes)

    @property
    def size(self) -> str:
        return " × ".join(f"{len(axis.values):,}" for axis in self._axes)

    def __len__(self) -> int:
        return self._length

    def cell(self, number: int) -> dict[str, Any]:
        places = self._places(number)
        return {axis.name: axis.value(place) for axis, place in zip(self._axes, places, strict=True)}

    def pieces(self, number: int) -> list[str]:
        return [tokens[place] for tokens, place in zip(self._tokens, self._places(number), strict=True)]

    @cached_property
    def _tokens(self) -> list[list[str]]:
        return [[token(axis.name, value) for value in axis.values] for axis in self._axes]

    def _places(self, number: int) -> list[int]:
        places = []
        for axis in reversed(self._axes):
            number, place = divmod(number, len(axis.values))
            places.append(place)
        return places[::-1]


class Rows(_Plain):
    """The first values of all axes together, then the second ones, and so on."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._axes = tuple(axes)

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self._axes)

    @property
    def size(self) -> str:
        return f"{len(self):,}"

    def __len__(self) -> int:
        return len(self._axes[0].values)

    def cell(self, number: int) -> dict[str, Any]:
        return {axis.name: axis.value(number) for axis in self._axes}

    def pieces(self, number: int) -> list[str]:
        return [token(axis.name, axis.values[number]) for axis in self._axes]


class Chain:
    """The cells of several grids, one grid after the other."""

    def __init__(self, members: Sequence[Cells]) -> None:
        self._members = tuple(members)
        self._ends = list(accumulate(len(member) for member in members))

    @property
    def axes(self) -> tuple[str, ...]:
        first, *others = (member.axes for member in self._members)
        return tuple(axis for axis in first if all(axis in other for other in others))

    @property
    def size(self) -> str:
        return " + ".join(member.size for member in self._members)

    def __len__(self) -> int:
        return self._ends[-1]

    def cell(self, number: int) -> dict[str, Any]:
        member, place = self._at(number)
        return member.cell(place)

    def pieces(self, number: int) -> list[str]:
        member, place = self._at(number)
        return member.pieces(place)

    def description(self, number: int) -> str:
        member, place = self._at(number)
        return member.description(place)

    def _at(self, number: int) -> tuple[Cells, int]:
        which = bisect_right(self._ends, number)
        return self._members[which], number - (self._ends[which - 1] if which else 0)


class Times:
    """Every cell of one grid with every cell of another; the second changes faster."""

    def __init__(self, left: Cells, right: Cells) -> None:
        self._left, self._right = left, right

    @property
    def axes(self) -> tuple[str, ...]:
        return (*self._left.axes, *self._right.axes)

    @property
    def size(self) -> str:
        return " × ".join(f"({s})" if " + " in s else s for s in (self._left.size, self._right.size))

    def __len__(self) -> int:
        return len(self._left) * len(self._right)

    def cell(self, number: int) -> dict[str, Any]:
        left, right = divmod(number, len(self._right))
        return {**self._left.cell(left), **self._right.cell(right)}

    def pieces(self, number: int) -> list[str]:
        left, right = divmod(number, len(self._right))
        return [*self._left.pieces(left), *self._right.pieces(right)]

    def description(self, number: int) -> str:
        left, right = divmod(number, len(self._right))
        return f"{self._left.description(left)}, {self._right.description(right)}"


class Picked:
    """Some cells of another grid, by their numbers."""

    def __init__(self, cells: Cells, numbers: Sequence[int]) -> None:
        self._cells, self._numbers = cells, numbers

    @property
    def axes(self) -> tuple[str, ...]:
        return self._cells.axes

    @property
    def size(self) -> str:
        return f"{len(self):,}"

    def __len__(self) -> int:
        return len(self._numbers)

    def cell(self, number: int) -> dict[str, Any]:
        return self._cells.cell(self._numbers[number])

    def pieces(self, number: int) -> list[str]:
        return self._cells.pieces(self._numbers[number])

    def description(self, number: int) -> str:
        return self._cells.description(self._numbers[number])


class _Renamed:
    """The cells of another grid, which are called otherwise."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    @property
    def axes(self) -> tuple[str, ...]:
        return self._cells.axes

    @property
    def size(self) -> str:
        return self._cells.size

    def __len__(self) -> int:
        return len(self._cells)

    def cell(self, number: int) -> dict[str, Any]:
        return self._cells.cell(number)


class Titled(_Renamed):
    """The cells of another grid under other names or descriptions.

    Args:
        cells: the other grid.
        name: gives the name of a cell; None leaves it.
        description: gives its description; None leaves it.
    """

    def __init__(self, cells: Cells, name: Template | None, description: Template | None) -> None:
        super().__init__(cells)
        self._name, self._description = name, description

    def pieces(self, number: int) -> list[str]:
        return [self._name.write(self.cell(number))] if self._name else self._cells.pieces(number)

    def description(self, number: int) -> str:
        return self._description.write(self.cell(number)) if self._description else self._cells.description(number)


class Stated(_Renamed):
    """The cells of another grid, whose names and descriptions are listed one by one; None where they are not."""

    def __init__(self, cells: Cells, names: Sequence[str] | None, descriptions: Sequence[str] | None) -> None:
        super().__init__(cells)
        self._names, self._descriptions = names, descriptions

    def pieces(self, number: int) -> list[str]:
        return [self._names[number]] if self._names else self._cells.pieces(number)

    def description(self, number: int) -> str:
        return self._descriptions[number] if self._descriptions else self._cells.description(number)


def kept_numbers(cells: Cells, excluded: Callable[[dict[str, Any], int], bool]) -> Sequence[int]:
    """The numbers of the cells that are not excluded."""
    from array import array

    return array("Q", (number for number in range(len(cells)) if not excluded(cells.cell(number), number)))


def name_of(cells: Cells, number: int) -> str:
    """The name of a cell."""
    return joined(cells.pieces(number))
