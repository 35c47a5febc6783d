"""Tables of the pages: columns of times and runs, statuses in their colours, and the same as CSV."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import streamlit as st

from dtscheduler.drawing.looks import look_of
from dtscheduler.model.durations import show_duration
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.streamlit.links import RUN_NUMBER
from dtscheduler.ui.streamlit.marks import tone

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.typing import DataframeState

_STATUSES: tuple[RunStatus | TaskStatus, ...] = (*RunStatus, *TaskStatus)
MOMENT = "ddd D MMM YYYY, HH:mm"


def zone_key(zone: tzinfo) -> str:
    """The IANA name of a zone."""
    return str(getattr(zone, "key", "UTC"))


def time_column(label: str, zone: tzinfo, *, width: int | None = 180) -> Any:
    """A column of instants on the clock of a zone."""
    return st.column_config.DatetimeColumn(label, format=MOMENT, timezone=zone_key(zone), width=width)


def utc_column(label: str = "UTC") -> Any:
    """A column of instants in UTC."""
    return st.column_config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm", timezone="UTC", width=140)


def run_column(label: str = "Run") -> Any:
    """A column of links to runs, made by ``links.run_address``."""
    return st.column_config.LinkColumn(label, display_text=RUN_NUMBER, width=70)


def table(
    rows: Iterable[Mapping[str, Any]],
    columns: Mapping[str, Any],
    *,
    alt: str,
    statuses: tuple[str, ...] = (),
    height: int | str = "content",
) -> None:
    """A table of rows; only the columns named are shown, in this order.

    Args:
        rows: values by the name of their column.
        columns: what Streamlit is told of each column: a title, or a column of ``st.column_config``.
        alt: what the table is, for those who do not see it.
        statuses: columns whose texts are glyph and word of a status, which get its colour.
        height: as for ``st.dataframe``.
    """
    frame(frame_of_rows(rows, columns), columns, alt=alt, statuses=statuses, height=height)


def frame(
    shown: pd.DataFrame,
    columns: Mapping[str, Any],
    *,
    alt: str,
    statuses: tuple[str, ...] = (),
    height: int | str = "auto",
) -> None:
    """The same for a DataFrame."""
    st.dataframe(
        in_colours(shown[list(columns)].reset_index(drop=True), statuses),
        column_config=dict(columns),
        hide_index=True,
        placeholder="",
        height=height,  # type: ignore[arg-type] # a number, or one of Streamlit's words
        alt=alt,
    )


def signs(statuses: Iterable[str]) -> list[str]:
    """Glyph and word of statuses of runs or task runs, given by their values."""
    looks = {status.value: look_of(status) for status in _STATUSES}
    return [f"{looks[status].glyph} {looks[status].word}" for status in statuses]


def lengths(taken: pd.Series[Any]) -> list[str]:
    """Lengths of time in words; empty where there is none."""
    return ["" if length is None or length != length else show_duration(length) for length in taken]


def frame_of_rows(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> pd.DataFrame:
    """Rows as a DataFrame of these columns, with times as times."""
    import pandas as pd

    names, listed = list(columns), list(rows)
    return pd.DataFrame({name: pd.Series([row[name] for row in listed], dtype=_dtype(name, listed)) for name in names})


def in_colours(frame: pd.DataFrame, statuses: tuple[str, ...]) -> Any:
    """A table in which glyph and word of a status have its colour, in these columns."""
    import pandas as pd

    present = [name for name in statuses if name in frame]
    if not present or frame.empty:
        return frame
    inks = {f"{look_of(status).glyph} {look_of(status).word}": tone(status).ink for status in _STATUSES}
    return frame.style.map(lambda text: f"color: {inks[text]}" if text in inks else "", subset=pd.Index(present))


def csv_button(frame: pd.DataFrame, name: str, *, key: str) -> None:
    """A button that downloads a table as ``NAME.csv``; the file is made when it is pressed.

    What is downloaded is what was there when the page was shown: the thread that makes the file serves nobody.
    """
    st.download_button(
        "CSV",
        lambda: csv_of(frame),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
        disabled=frame.empty,
    )


def csv_of(frame: pd.DataFrame) -> bytes:
    """A table as the bytes of a CSV file that a spreadsheet shows, and does not execute."""
    from dtscheduler.reports.export import to_csv

    buffer = io.BytesIO()
    to_csv(frame, buffer)
    return buffer.getvalue()


def chosen_rows(state: DataframeState | Mapping[str, Any]) -> list[int]:
    """The numbers of the rows that are selected in a table."""
    return [row for row in state["selection"]["rows"] if isinstance(row, int)]


def _dtype(name: str, rows: list[Mapping[str, Any]]) -> Any:
    from datetime import datetime

    values = [row[name] for row in rows if row[name] is not None]
    if values and all(isinstance(value, datetime) for value in values):
        return "datetime64[us, UTC]"
    if values and all(type(value) is int for value in values):
        return "Int64"
    return "str" if values and all(type(value) is str for value in values) else "object"
