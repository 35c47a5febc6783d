"""Rows of filters that stand in the address of the page, so that a link shows the same."""

from __future__ import annotations

from datetime import tzinfo

import streamlit as st

from dtscheduler.ui.views.jobs import JobFilters
from dtscheduler.ui.views.moments import zone_named

TAGS = ("dev", "pre", "prod")
STATES = ("active", "paused")


def viewers_zone() -> tzinfo:
    """The zone of the viewer's browser; UTC where that does not say."""
    return zone_named(st.context.timezone)


def job_filters(prefix: str = "", *, states: bool = True) -> JobFilters:
    """A row of widgets that says which jobs are asked for.

    Args:
        prefix: of the parameters of the address; pages with another one do not take over each other's filters.
        states: whether active and paused jobs can be told apart.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = _text("Search", f"{prefix}text", 240, placeholder="Part of a name", type="search")
        tag = _one_of("Tag", TAGS, f"{prefix}tag")
        label = _text("Label", f"{prefix}label", 140, placeholder="Any")
        owner = _text("Owner", f"{prefix}owner", 140, placeholder="Anybody")
        state = _one_of("State", STATES, f"{prefix}state") if states else None
    paused = None if state is None else state == "paused"
    return JobFilters(text=text, tag=tag, label=label or None, owner=owner or None, paused=paused)


def _text(label: str, key: str, width: int, *, placeholder: str, type: str = "default") -> str:
    found = st.text_input(
        label,
        key=key,
        width=width,
        placeholder=placeholder,
        type=type,  # type: ignore[call-overload] # one of Streamlit's words for it
        bind="query-params",
    )
    return str(found or "").strip()


def _one_of(label: str, options: tuple[str, ...], key: str) -> str | None:
    found = st.selectbox(label, options, index=None, key=key, placeholder="Any", width=110, bind="query-params")
    return found if found in options else None
