"""A table in which the tasks of a job are written: name, entrypoint, what it waits for, resources, configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from dtscheduler.ui.streamlit.remembered import keep_table, replace_table, table_kept
from dtscheduler.ui.views.building import TaskRow
from dtscheduler.ui.views.configuration import WAYS

if TYPE_CHECKING:
    import pandas as pd

NAME, ENTRYPOINT, WAITS, CPU, MEMORY, RETRIES, CONFIGURATION, ORIGIN = (
    "Task",
    "Entrypoint",
    "Waits for",
    "CPU",
    "Memory",
    "Retries",
    "Configuration",
    "origin",
)
_STRUCTURE = (NAME, ENTRYPOINT, WAITS, CONFIGURATION)


def task_table(
    rows: Sequence[TaskRow], entrypoints: Sequence[str], key: str, *, fixed: bool = False
) -> tuple[TaskRow, ...]:
    """Let somebody write the tasks of a job.

    Args:
        rows: what the table starts with.
        entrypoints: what there is to choose from.
        key: of the table; another one is another table.
        fixed: whether only resources and retries may be changed.

    Returns:
        The rows as they are now; those without a name, an entrypoint and a configuration are left out.
    """
    start, editor = table_kept(key, (tuple(entrypoints), fixed), lambda: _frame(rows))
    names = [name for name in start[NAME] if isinstance(name, str)]  # of the start: other options are another editor
    used = [entrypoint for entrypoint in start[ENTRYPOINT] if isinstance(entrypoint, str)]
    edited = st.data_editor(
        start,
        num_rows="fixed" if fixed else "dynamic",
        hide_index=True,
        column_order=(NAME, ENTRYPOINT, WAITS, CPU, MEMORY, RETRIES, CONFIGURATION),
        column_config=_columns(names, list(dict.fromkeys([*entrypoints, *used]))),
        disabled=_STRUCTURE if fixed else False,
        key=editor,
        alt="The tasks of the job",
    )
    keep_table(key, edited)
    rows = [_row(dict(zip(edited.columns, cells, strict=True))) for cells in edited.itertuples(index=False, name=None)]
    return tuple(row for row in rows if row.name or row.entrypoint or row.configuration)


def replace_rows(rows: Sequence[TaskRow], key: str) -> None:
    """Fill the table anew; for callbacks."""
    replace_table(key, _frame(rows))


def _columns(names: Sequence[str], entrypoints: Sequence[str]) -> dict[str, Any]:
    config = st.column_config
    return {
        NAME: config.TextColumn(required=True, pinned=True, width=150, max_chars=200),
        ENTRYPOINT: config.SelectboxColumn(options=entrypoints, required=True, width=200),
        WAITS: config.MultiselectColumn(options=names, accept_new_options=True, width=170),
        CPU: config.NumberColumn("CPU, MHz", default=400, min_value=1, step=1, width=100, help="4000 is one core"),
        MEMORY: config.NumberColumn("Memory, MB", default=400, min_value=1, step=1, width=120),
        RETRIES: config.NumberColumn(default=0, min_value=0, step=1, width=90),
        CONFIGURATION: config.TextColumn(width=300, help=f"`{WAYS}`"),
    }


def _frame(rows: Sequence[TaskRow]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            NAME: pd.Series([row.name for row in rows], dtype="str"),
            ENTRYPOINT: pd.Series([row.entrypoint for row in rows], dtype="str"),
            WAITS: pd.Series([list(row.waits_for) for row in rows], dtype="object"),
            CPU: pd.Series([row.cpu_mhz for row in rows], dtype="Int64"),
            MEMORY: pd.Series([row.memory_mb for row in rows], dtype="Int64"),
            RETRIES: pd.Series([row.retries for row in rows], dtype="Int64"),
            CONFIGURATION: pd.Series([row.configuration for row in rows], dtype="str"),
            ORIGIN: pd.Series([row.origin for row in rows], dtype="Int64"),
        }
    )


def _row(cells: dict[str, Any]) -> TaskRow:
    waits = cells[WAITS]
    return TaskRow(
        name=_text(cells[NAME]),
        entrypoint=_text(cells[ENTRYPOINT]),
        waits_for=() if waits is None or isinstance(waits, float) else tuple(map(str, waits)),
        cpu_mhz=_whole(cells[CPU]),
        memory_mb=_whole(cells[MEMORY]),
        retries=_whole(cells[RETRIES]),
        configuration=_text(cells[CONFIGURATION]),
        origin=_whole(cells[ORIGIN]),
    )


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _whole(cell: Any) -> int | None:
    """A number of a cell; None for an empty one, however pandas writes that."""
    import pandas as pd

    return None if cell is None or pd.isna(cell) else int(cell)
