"""Grids of parameters, as users write them: counted before they are made, and taken by a ParallelTask."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from dtscheduler.api.grid_axes import (
    axis_name,
    check_count,
    check_repeats,
    given_axes,
    limit_of,
    read_axis,
    size_of,
    texts_of,
)
from dtscheduler.api.grid_choice import Exclude, Include, excluder, in_words, included
from dtscheduler.api.task import TABLE
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.cell_names import Template
from dtscheduler.model.grids import (
    Cells,
    Chain,
    Picked,
    Product,
    Rows,
    Stated,
    Times,
    Titled,
    kept_numbers,
    name_of,
)
from dtscheduler.model.names import name_key


class Grid(Sequence[dict[str, Any]]):
    """Combinations of parameters, in order: what the ConfigurationJson of a ParallelTask takes.

    Each is a dict with ``Name``, ``Description`` and the parameters, made when it is asked for. ``len()`` counts them
    without making any. ``a + b`` are the cells of a, then those of b; ``a * b`` every cell of a with every one of b.
    The name and the parameters of a cell depend on its values alone, so they stay when a grid is enlarged.
    """

    __slots__ = ("_cells", "_limit", "_table")

    def __init__(self, cells: Cells, *, limit: int, table: Mapping[str, str] | None) -> None:
        self._cells, self._limit, self._table = cells, limit, table

    @property
    def axes(self) -> tuple[str, ...]:
        """The parameters that every cell has."""
        return self._cells.axes

    def __len__(self) -> int:
        return len(self._cells)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> Grid: ...
    def __getitem__(self, place: int | slice) -> dict[str, Any] | Grid:
        if isinstance(place, slice):
            return Grid(Picked(self._cells, range(len(self))[place]), limit=self._limit, table=self._table)
        return self._entry(range(len(self))[place])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Every cell. Raises ``InvalidJobError`` where two have the same name."""
        seen: dict[str, int] = {}
        for number in range(len(self)):
            entry = self._entry(number)
            twin = seen.setdefault(name_key(entry["Name"]), number)
            if twin != number:
                raise InvalidJobError(_same_name(self._cells, twin, number, entry["Name"]))
            yield entry

    def __add__(self, other: Grid) -> Grid:
        if not isinstance(other, Grid):
            return NotImplemented
        limit = max(self._limit, other._limit)
        check_count(len(self) + len(other), f"{self._cells.size} + {other._cells.size}", limit, "grid")
        return Grid(Chain([self._cells, other._cells]), limit=limit, table=_one_table(self._table, other._table))

    def __mul__(self, other: Grid) -> Grid:
        if not isinstance(other, Grid):
            return NotImplemented
        if shared := [axis for axis in self.axes if axis in other.axes]:
            raise InvalidJobError(f"grid: both grids have {shared[0]!r}; a product needs different axes")
        limit, cells = max(self._limit, other._limit), Times(self._cells, other._cells)
        check_count(math.prod((len(self), len(other))), cells.size, limit, "grid")
        return Grid(cells, limit=limit, table=_one_table(self._table, other._table))

    def __repr__(self) -> str:
        size, axes = self._cells.size, ", ".join(self.axes)
        total = "" if size == f"{len(self):,}" else f" = {len(self):,}"
        return f"<Grid of {axes}: {size}{total} cells>"

    def _entry(self, number: int) -> dict[str, Any]:
        entry = {
            "Name": name_of(self._cells, number),
            "Description": self._cells.description(number),
            **self._cells.cell(number),
        }
        return entry if self._table is None else {**entry, TABLE: dict(self._table)}


class GridMaker:
    """Makes grids: ``grid(origin=["EWR", "JFK"], month=range(1, 13))`` has 24 cells, ``EWR-01`` to ``JFK-12``."""

    def __call__(
        self,
        axes: Mapping[str, Iterable[Any]] | Grid | None = None,
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        exclude: Exclude | None = None,
        include: Include | None = None,
        arg_translation_table: Mapping[str, str] | None = None,
        limit: int | None = None,
        **values: Iterable[Any],
    ) -> Grid:
        """Every combination of the values of some axes; the last axis changes fastest.

        Args:
            axes: axes whose names cannot be keywords, or another grid to which the following is done.
            name: template of the parts' names, ``'{origin}-{year}-{month:02d}'``. Default: the values, with dashes.
            description: template of their descriptions. Default: ``'origin=JFK, month=2'``.
            exclude: combinations to leave out: dicts that name some axes, each with a value or a list of values; or a
                function of axes that tells whether to leave a cell out: ``lambda origin, month: ...``.
            include: further combinations, as dicts of all axes, at the end.
            arg_translation_table: task name → parameter, in every cell.
            limit: more combinations than this, before exclusions, are refused. Default: 100,000.
            values: the axes: lists of what ConfigurationJson may hold, ranges, arrays or columns.

        Raises:
            InvalidJobError: An axis that is none, too many combinations, or none; the message names the axis.
        """
        options = {"name": name, "description": description, "exclude": exclude, "include": include}
        if isinstance(axes, Grid):
            if values:
                raise InvalidJobError(f"grid: give either a grid or axes, not both ({next(iter(values))!r})")
            limit = axes._limit if limit is None else limit_of(limit, "grid")
            table = _one_table(axes._table, _table(arg_translation_table, "grid"))
            return _finished(axes._cells, limit=limit, table=table, where="grid", **options)
        limit, given = limit_of(limit, "grid"), given_axes(axes, values, "grid")
        sizes = [size_of(axis, each, limit, "grid") for axis, each in given.items()]
        check_count(math.prod(sizes), " × ".join(f"{size:,}" for size in sizes), limit, "grid")
        read = [read_axis(axis, each, limit, "grid") for axis, each in given.items()]
        for axis in read:
            check_repeats(axis, "grid")
        sizes = [len(axis.values) for axis in read]
        check_count(math.prod(sizes), " × ".join(f"{size:,}" for size in sizes), limit, "grid")
        table = _table(arg_translation_table, "grid")
        return _finished(Product(read), limit=limit, table=table, where="grid", **options)

    def from_frame(
        self,
        frame: Any,
        *,
        name: str | None = None,
        description: str | None = None,
        arg_translation_table: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> Grid:
        """One cell for each row of a pandas DataFrame; its columns are the axes, its index does not count.

        Columns ``Name`` and ``Description`` are those of the parts. NumPy's scalars and Timestamps become plain
        values, what is missing (NaN, NaT, NA) becomes None.

        Raises:
            InvalidJobError: No rows or too many, or a column that ConfigurationJson does not hold.
        """
        where = "grid.from_frame"
        if not (hasattr(frame, "columns") and hasattr(frame, "itertuples")):
            raise InvalidJobError(f"{where} takes a DataFrame, not {type(frame).__name__}")
        limit, columns = limit_of(limit, where), list(frame.columns)
        check_count(len(frame), f"{len(frame):,} rows", limit, where)
        if repeated := [column for column in columns if columns.count(column) > 1]:
            raise InvalidJobError(f"{where}: there are two columns {repeated[0]!r}")
        stated = {column: texts_of(frame[column], column) for column in ("Name", "Description") if column in columns}
        axes = [
            read_axis(axis_name(column, where), frame[column].tolist(), limit, where, missing=True)
            for column in columns
            if column not in stated
        ]
        if not axes:
            raise InvalidJobError(f"{where}: the frame has no columns that could be axes")
        cells = Stated(Rows(axes), stated.get("Name"), stated.get("Description"))
        table = _table(arg_translation_table, where)
        return _finished(cells, limit=limit, table=table, where=where, name=name, description=description)


grid = GridMaker()


def zip_(
    axes: Mapping[str, Iterable[Any]] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    exclude: Exclude | None = None,
    include: Include | None = None,
    arg_translation_table: Mapping[str, str] | None = None,
    limit: int | None = None,
    **values: Iterable[Any],
) -> Grid:
    """The first values of all axes together, then the second ones, and so on; parameters as for ``grid``.

    Raises:
        InvalidJobError: The axes have different lengths; and as for ``grid``.
    """
    limit = limit_of(limit, "zip_")
    read = [read_axis(axis, each, limit, "zip_") for axis, each in given_axes(axes, values, "zip_").items()]
    for axis in read[1:]:
        if len(axis.values) != len(read[0].values):
            raise InvalidJobError(
                f"zip_: {read[0].name} has {len(read[0].values):,} values and {axis.name} has "
                f"{len(axis.values):,}; axes that are zipped have the same length"
            )
    options = {"name": name, "description": description, "exclude": exclude, "include": include}
    table = _table(arg_translation_table, "zip_")
    return _finished(Rows(read), limit=limit, table=table, where="zip_", **options)


def _finished(
    cells: Cells,
    *,
    limit: int,
    table: Mapping[str, str] | None,
    where: str,
    name: object = None,
    description: object = None,
    exclude: Any = None,
    include: Any = None,
) -> Grid:
    if exclude is not None:
        numbers = kept_numbers(cells, excluder(exclude, cells, where))
        cells = cells if len(numbers) == len(cells) else Picked(cells, numbers)
    if include is not None and (extra := included(include, cells, limit, where)):
        cells = Chain([cells, extra]) if len(cells) else extra
    check_count(len(cells), cells.size, limit, where)
    if not len(cells):
        raise InvalidJobError(f"{where}: exclude leaves no combination")
    if name is not None or description is not None:
        cells = Titled(
            cells,
            None if name is None else Template(name, cells.axes, f"{where}: name="),
            None if description is None else Template(description, cells.axes, f"{where}: description="),
        )
        cells.pieces(0), cells.description(0)  # what the template cannot write is said here and not later
    return Grid(cells, limit=limit, table=table)


def _table(table: object, where: str) -> dict[str, str] | None:
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise InvalidJobError(f"{where}: {TABLE} must be a dict, not {type(table).__name__}")
    return dict(table)


def _one_table(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> Mapping[str, str] | None:
    if one is not None and other is not None and dict(one) != dict(other):
        raise InvalidJobError(f"grid: the two grids disagree about {TABLE!r}")
    return one if other is None else other


def _same_name(cells: Cells, one: int, other: int, name: str) -> str:
    first, second = cells.cell(one), cells.cell(other)
    if first == second:
        return f"grid: cells {one} and {other} are the same: {in_words(first)}"
    return (
        f"grid: cells {one} ({in_words(first)}) and {other} ({in_words(second)}) are both named {name!r}; "
        "give name='{…}' with what tells them apart"
    )
