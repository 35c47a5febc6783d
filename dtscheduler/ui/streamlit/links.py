"""Links from one page of the studio to another one."""

from __future__ import annotations

import streamlit as st

from dtscheduler.ui.streamlit.texts import literal

RUN_NUMBER = r"id=(\d+)$"


def link(page: str, label: str, icon: str | None = None, **query: str) -> None:
    """A link to a page by the last part of its address; ``label`` may hold text of others."""
    target = st.Page(_elsewhere, title=page, url_path=page)
    st.page_link(target, label=literal(label), icon=icon, query_params=query or None)


def run_address(run: int | None) -> str | None:
    """The address of the page of a run, beside the page that shows the link, for a column of links."""
    return None if run is None else f"run?id={run}"


def _elsewhere() -> None:
    """Stands for a page that is not on this one: Streamlit finds pages by their addresses."""
