"""An editor of grids: axes, exclusions, and how many parts come of them before any is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import streamlit as st

from dtscheduler.errors import InvalidJobError
from dtscheduler.ui.streamlit.remembered import keep_table, kept, table_kept
from dtscheduler.ui.streamlit.texts import alarming, literal
from dtscheduler.ui.views.configuration import grid_of, grid_text, read_values

if TYPE_CHECKING:
    import pandas as pd

AXIS, VALUES = "Axis", "Values"
NAMES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Drafted:
    """A grid in words: the text that makes it, how many parts it has, and the names of the first and the last."""

    text: str
    count: int
    names: str


def grid_editor(key: str) -> Drafted | None:
    """Let somebody write a grid; None while it is none, which the page then explains.

    Args:
        key: tells several editors on one page apart.
    """
    axes = _axes(key)
    if not axes:
        st.caption("Name an axis and give its values: `JFK, LGA`, `1..12`, or a JSON list.")
        return None
    exclude = _exclusions(key, list(axes))
    template = st.text_input(
        "Names of the parts",
        placeholder=f"by their values, or a template such as {'-'.join(f'{{{axis}}}' for axis in axes)}",
        key=f"{key} names",
        persist_state="session",
    )
    try:
        text = grid_text(axes, exclude, template)
        drafted = kept(f"{key} drafted", text, lambda: _drafted(axes, exclude, template, text))
    except InvalidJobError as error:
        st.markdown(alarming(str(error)))
        return None
    _count(axes, drafted)
    return drafted


def _axes(key: str) -> dict[str, Sequence[Any]]:
    edited = _editor(
        f"{key} axes",
        {AXIS: [], VALUES: []},
        {
            AXIS: st.column_config.TextColumn(required=True, width="small"),
            VALUES: st.column_config.TextColumn(required=True, width="large"),
        },
        "The axes of the grid",
    )
    found: dict[str, Sequence[Any]] = {}
    for axis, text in zip(edited[AXIS], edited[VALUES], strict=True):
        if not (isinstance(axis, str) and axis.strip()):
            continue
        try:
            found[axis.strip()] = read_values(text if isinstance(text, str) else "")
        except InvalidJobError as error:
            st.markdown(alarming(f"{axis}: {error}"))
    return found


def _exclusions(key: str, axes: Sequence[str]) -> list[dict[str, Any]]:
    """Combinations to leave out; an empty cell stands for every value of its axis."""
    with st.expander("Leave out combinations", icon=":material/filter_alt_off:"):
        st.caption("One row a pattern. An empty cell means any value; several values may stand in a cell.")
        edited = _editor(
            f"{key} exclude {'|'.join(axes)}",
            {axis: [] for axis in axes},
            {axis: st.column_config.TextColumn() for axis in axes},
            "Combinations that are left out",
        )
    found = []
    for row in edited.to_dict("records"):
        texts = {str(axis): text for axis, text in row.items() if isinstance(text, str) and text.strip()}
        try:
            pattern = {axis: list(read_values(text)) for axis, text in texts.items()}
        except InvalidJobError as error:
            st.markdown(alarming(str(error)))
            continue
        if pattern:
            found.append({axis: values[0] if len(values) == 1 else values for axis, values in pattern.items()})
    return found


def _editor(key: str, columns: Mapping[str, list[str]], config: dict[str, Any], alt: str) -> pd.DataFrame:
    import pandas as pd

    def empty() -> pd.DataFrame:
        return pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})

    start, editor = table_kept(key, None, empty)
    edited = st.data_editor(start, num_rows="dynamic", hide_index=True, column_config=config, key=editor, alt=alt)
    keep_table(key, edited)
    return edited


def _drafted(
    axes: Mapping[str, Sequence[Any]], exclude: Sequence[Mapping[str, Any]], template: str, text: str
) -> Drafted:
    grid = grid_of(axes, exclude, template)
    names = [grid[number]["Name"] for number in islice(range(len(grid)), NAMES_SHOWN)]
    if len(grid) > NAMES_SHOWN:
        names = [*names[:-1], "…", grid[len(grid) - 1]["Name"]]
    return Drafted(text, len(grid), ", ".join(names))


def _count(axes: Mapping[str, Sequence[Any]], drafted: Drafted) -> None:
    sizes = [len(values) for values in axes.values()]
    full = 1
    for size in sizes:
        full *= size
    product = f"{' × '.join(f'{size:,}' for size in sizes)} = " if len(sizes) > 1 else ""
    left_out = f"{full:,}, less {full - drafted.count:,} left out: " if drafted.count < full else ""
    st.markdown(f"{product}{left_out}**{drafted.count:,} part{'' if drafted.count == 1 else 's'}**")
    st.caption(literal(drafted.names))
