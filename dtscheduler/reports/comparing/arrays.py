"""How arrays and frames differ: in their shape, their labels, their types, or in how many values and by how much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dtscheduler.model.text import one_line

Same = Callable[[Any, Any], bool]
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlike:
    """How two arrays differ: ``what`` in words, or ``count`` of ``total`` values, by at most ``most``.

    ``where`` is the place of the first, ``pair`` its two values, ``of`` what the values are, ``also`` what else differs.
    """

    what: str = ""
    count: int = 0
    total: int = 0
    most: float | None = None
    where: str = ""
    pair: tuple[Any, Any] | None = None
    of: str = "values"
    also: str = ""

    def said(self, show: Callable[[Any], str]) -> str:
        """In one sentence; ``show`` writes a value."""
        if self.pair is None:
            return self.what + self.also
        at_most = "" if self.most is None else f", by at most {self.most:.3g}"
        first = f"first at {self.where}: " if self.where else ""
        verb = "differs" if self.count == 1 else "differ"
        values = f"{show(self.pair[0])} → {show(self.pair[1])}"
        return f"{self.count:,} of {self.total:,} {self.of} {verb}{at_most} ({first}{values}){self.also}"


def array_difference(before: Any, after: Any, tol: float, same: Same) -> Unlike | None:
    """How two NumPy arrays or scalars differ; ``same`` compares Python objects in them."""
    scalar = isinstance(before, np.generic)
    if isinstance(before, np.ma.MaskedArray) and before.shape == after.shape:
        masks = np.ma.getmaskarray(before), np.ma.getmaskarray(after)
        if found := array_difference(*masks, tol, same):
            return replace(found, of="marks of the mask")
        fill: Any = np.zeros((), before.dtype)[()]  # what is masked counts as equal
        before, after = (one.filled(fill) for one in (before, after))
    before, after = np.asarray(before), np.asarray(after)
    if before.shape != after.shape:
        return Unlike(what=f"shape {before.shape} → {after.shape}")
    if before.dtype != after.dtype:
        return Unlike(what=f"dtype {before.dtype} → {after.dtype}")
    if before.dtype.names:
        for name in before.dtype.names:
            if found := array_difference(before[name], after[name], tol, same):
                return replace(found, of=f"values of field {one_line(name, 60)}")
        return None
    counted = _values(before.ravel(), after.ravel(), tol, same)
    if counted is None:
        return None
    unlike, place = counted
    if scalar:
        return Unlike(what=f"{unlike.pair[0]} → {unlike.pair[1]}") if unlike.pair else unlike
    at = np.unravel_index(place, before.shape)
    return replace(unlike, where=f"[{', '.join(str(int(number)) for number in at)}]")


def series_difference(before: Any, after: Any, tol: float, same: Same) -> Unlike | None:
    """How two Series differ: in their index, their type, their values, or their name."""
    if found := _labels("index", before.index, after.index, tol, same):
        return found
    if found := _column(before, after, tol, same):
        return found
    return None if same(before.name, after.name) else Unlike(what="the name is another")


def index_difference(before: Any, after: Any, tol: float, same: Same) -> Unlike | None:
    """How two indexes differ."""
    return _labels("index", before, after, tol, same)


def frame_difference(before: Any, after: Any, tol: float, same: Same) -> Unlike | None:
    """How two frames differ: in their columns, their index, or the first column whose type or values do."""
    if not before.columns.equals(after.columns):
        return Unlike(what=_columns(list(before.columns), list(after.columns)))
    if found := _labels("index", before.index, after.index, tol, same):
        return found
    unlike = [
        (name, found)
        for place, name in enumerate(before.columns)
        if (found := _column(before.iloc[:, place], after.iloc[:, place], tol, same))
    ]
    if not unlike:
        return None
    (name, first), others = unlike[0], [_name(name) for name, _ in unlike[1:]]
    also = f"; also in {_named(others)}" if others else ""
    what = f"column {_name(name)}: {first.what}" if first.what else ""
    return replace(first, what=what, of=f"cells of column {_name(name)}", also=also)


def _columns(before: Sequence[Any], after: Sequence[Any]) -> str:
    gone = [_name(name) for name in before if name not in after]
    new = [_name(name) for name in after if name not in before]
    said = [f"columns {what}: {_named(names)}" for what, names in (("missing", gone), ("new", new)) if names]
    return "; ".join(said) or "the columns are in another order, or of another type"


def _labels(what: str, before: Any, after: Any, tol: float, same: Same) -> Unlike | None:
    if len(before) != len(after):
        return Unlike(what=f"{len(before):,} → {len(after):,} rows")
    if before.nlevels != after.nlevels:
        return Unlike(what=f"{what} of {before.nlevels} → {after.nlevels} levels")
    for level in range(before.nlevels):
        old, new = (one.get_level_values(level).to_series(index=range(len(one))) for one in (before, after))
        if found := _column(old, new, tol, same):
            what_differs = f"{what}: {found.what}" if found.what else ""
            return replace(found, what=what_differs, of=f"labels of the {what}")
    return None if list(before.names) == list(after.names) else Unlike(what=f"the names of the {what} are others")


def _column(before: Any, after: Any, tol: float, same: Same) -> Unlike | None:
    """How the values of two Series differ, place by place."""
    if before.dtype != after.dtype:
        alike = str(before.dtype) == str(after.dtype)
        return Unlike(
            what=f"dtype {before.dtype} with other categories" if alike else f"dtype {before.dtype} → {after.dtype}"
        )
    if isinstance(before.dtype, np.dtype):
        values = before.to_numpy(), after.to_numpy()
    elif pd.api.types.is_float_dtype(before.dtype):
        values = tuple(one.to_numpy(dtype="float64", na_value=np.nan) for one in (before, after))
    else:
        values = tuple(one.astype(object).to_numpy() for one in (before, after))
    found = _values(*values, tol, same)
    if found is None:
        return None
    unlike, place = found
    return replace(unlike, where=_name(before.index[place]))


def _values(before: Any, after: Any, tol: float, same: Same) -> tuple[Unlike, int] | None:
    """How two arrays of one dimension, length and type differ, and the place of the first that does."""
    kind = before.dtype.kind
    if kind == "O":
        unlike = np.fromiter((not _alike(a, b, same) for a, b in zip(before, after, strict=True)), bool, len(before))
    else:
        unlike = _unlike(before, after, tol)
    places = np.flatnonzero(unlike)
    if not len(places):
        return None
    first = int(places[0])
    most = None
    if kind in "iufc" and len(places):
        wide = "complex128" if kind == "c" else "float64"
        with np.errstate(all="ignore"):
            gaps = np.abs(after[places].astype(wide) - before[places].astype(wide))
        most = float(np.nanmax(gaps)) if np.isfinite(gaps).any() else None
    pair = before[first], after[first]
    if kind in "iufb":
        pair = pair[0].item(), pair[1].item()
    return Unlike(count=len(places), total=len(before), most=most, pair=pair), first


def _unlike(before: Any, after: Any, tol: float) -> Any:
    """Which values of two arrays differ; missing ones are alike."""
    unlike = before != after
    if before.dtype.kind in "fcmM":
        unlike &= ~((before != before) & (after != after))
    if before.dtype.kind in "fc" and tol and unlike.any():
        with np.errstate(all="ignore"):
            gap = np.abs(after - before)
            room = np.maximum(tol, tol * np.maximum(np.abs(before), np.abs(after)))
            unlike &= ~(np.isfinite(gap) & (gap <= room))
    return unlike


def _alike(before: Any, after: Any, same: Same) -> bool:
    return before is after or same(before, after)


def _name(name: Any) -> str:
    try:
        return one_line(str(name), 60)
    except Exception:  # a label may be an object of the user's
        return f"<{type(name).__name__}>"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
