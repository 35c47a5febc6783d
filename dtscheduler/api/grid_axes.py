"""The axes of a grid, as users write them: read into plain values, counted, and refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from datetime import datetime
from typing import Any

from dtscheduler.api import checks
from dtscheduler.api.task import TABLE
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import canonical, encode
from dtscheduler.model.entrypoint import RESERVED
from dtscheduler.model.grids import Axis

LIMIT = 100_000


def check_count(count: int, size: str, limit: int, where: str) -> None:
    """Refuse a number of cells above the limit, with how it came about and what to do."""
    if count <= limit:
        return
    counted = f"{size} = {count:,}" if size != f"{count:,}" and not size.endswith("rows") else f"{count:,}"
    raise InvalidJobError(
        f"{where}: {counted} combinations are more than the limit of {limit:,}; take fewer values, "
        f"or confirm that all are wanted: limit={count:_}"
    )


def limit_of(limit: object, where: str) -> int:
    """The limit that the user gave, or the usual one."""
    return LIMIT if limit is None else checks.integer(limit, where, "limit", lowest=1)


def given_axes(axes: object, values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The axes given as a dict and as keywords, with names that may be used."""
    if axes is not None and not isinstance(axes, Mapping):
        raise InvalidJobError(
            f"{where}: axes are given by name, {where}(origin=[...]), or as a dict; not as {type(axes).__name__}"
        )
    given = {**(axes or {}), **values}
    if not given:
        raise InvalidJobError(f"{where}: there are no axes; give {where}(origin=['EWR', 'JFK'], month=range(1, 13))")
    return {axis_name(axis, where): each for axis, each in given.items()}


def axis_name(axis: object, where: str) -> str:
    """A name that an axis may have: none that a part or the scheduler uses otherwise."""
    name = checks.name(axis, where, "name of an axis")
    if name in ("Name", "Description", TABLE):
        remedy = "arg_translation_table=" if name == TABLE else f"{name.lower()}='{{…}}'"
        raise InvalidJobError(f"{where}: an axis cannot be called {name!r}; give {remedy}")
    if name in RESERVED:
        raise InvalidJobError(f"{where}: {name!r} is filled by the scheduler; call the axis something else")
    return name


def size_of(axis: str, values: object, limit: int, where: str) -> int:
    """How many values an axis has, where it says so without being read; else 1."""
    _check_kind(axis, values, where)
    if isinstance(values, range):  # may be longer than len() can say
        return max(0, -(-(values.stop - values.start) // values.step))
    return len(values) if isinstance(values, Sized) else 1


def _check_kind(axis: str, values: object, where: str) -> None:
    kind = type(values).__name__
    if isinstance(values, str | bytes):
        raise InvalidJobError(
            f"{where}: {axis} is a {kind}, {values!r:.60}; an axis is a list: {axis}=[{values!r:.60}]"
        )
    if isinstance(values, set | frozenset):
        raise InvalidJobError(f"{where}: {axis} is a {kind}, which has no order; give {axis}=sorted(...)")
    if isinstance(values, Mapping) or not _can_be_read(values):
        raise InvalidJobError(f"{where}: {axis} must be a list of values, not {kind}")


def _can_be_read(values: object) -> bool:
    """Whether there are values to read; an array of no dimension only looks like it."""
    return isinstance(values, Iterable) and getattr(values, "shape", None) != ()


def read_axis(axis: str, values: Any, limit: int, where: str, *, missing: bool = False) -> Axis:
    """Read the values of an axis, no more than the limit; ``missing``: NaN stands for None."""
    _check_kind(axis, values, where)
    found = []
    for number, value in enumerate(values):
        if number >= limit:
            raise InvalidJobError(f"{where}: {axis} has more than {limit:,} values; that is the limit of all cells")
        place = f"{where}: {axis}[{number}]"
        plain = plain_value(value, place, missing=missing)
        _check_value(plain, place)
        found.append(plain)
    if not found:
        raise InvalidJobError(f"{where}: {axis} has no values")
    return Axis(axis, tuple(found))


def _check_value(value: Any, where: str) -> None:
    try:
        encode(value, where)
    except InvalidJobError:
        raise
    except (TypeError, ValueError):  # an array or a frame, which cannot be compared like a value
        kind = type(value)
        raise InvalidJobError(f"{where} is a {kind.__module__}.{kind.__qualname__}, which cannot be kept") from None


def check_repeats(axis: Axis, where: str) -> None:
    """Refuse an axis that has a value twice."""
    seen: dict[str, int] = {}
    for number, value in enumerate(axis.values):
        twin = seen.setdefault(canonical(encode(value, axis.name)), number)
        if twin != number:
            raise InvalidJobError(f"{where}: {axis.name}[{number}] is {value!r:.60}, as {axis.name}[{twin}] is")


def plain_value(value: Any, where: str, *, missing: bool) -> Any:
    """A value of NumPy or pandas as the plain value that it stands for; others are left as they are."""
    kind = type(value)
    if kind in (str, int, bool, type(None)):
        return value
    if kind is float:
        return None if missing and value != value else value
    if kind.__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, datetime) and hasattr(value, "nanosecond") and hasattr(value, "to_pydatetime"):
        if value.nanosecond:
            raise InvalidJobError(f"{where} has nanoseconds, which a datetime does not have; give .floor('us')")
        return value.to_pydatetime()
    if kind.__name__ == "datetime64" and hasattr(value, "astype"):
        read = value.item()
        return value.astype("datetime64[us]").item() if isinstance(read, int) else read
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "shape", None) == ():
        return plain_value(value.item(), where, missing=missing)
    return value


def texts_of(column: Any, title: str) -> list[str]:
    """The texts of a column that names or describes parts."""
    texts = column.tolist()
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidJobError(f"grid.from_frame: {title}[{number}] must be a str, not {type(text).__name__}")
    return texts  # type: ignore[no-any-return] # a column of a frame
