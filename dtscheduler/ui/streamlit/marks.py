"""Statuses as a reader sees them: colour, glyph and word, in the theme that the page has.

The markup is made of statuses and numbers alone; no text from data goes into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from dtscheduler.drawing.looks import Theme, Tone, look_of
from dtscheduler.drawing.markup import Markup, element, joined
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.views.run import sign
from dtscheduler.ui.views.watching import Counts

if TYPE_CHECKING:
    import pandas as pd

_STATUSES: tuple[RunStatus | TaskStatus, ...] = (*RunStatus, *TaskStatus)
_CHIP = "display:inline-block;padding:0.1rem 0.6rem;border-radius:1rem;font-size:0.875rem;white-space:nowrap;"
_ROW = "display:flex;flex-wrap:wrap;gap:0.4rem;"
_BAR = "display:flex;gap:2px;height:0.75rem;border-radius:0.375rem;overflow:hidden;"
_LEAST = 0.004


def theme() -> Theme:
    """The theme of the page, as far as the browser has told."""
    return Theme.DARK if st.context.theme.type == "dark" else Theme.LIGHT


def tone(status: TaskStatus | RunStatus) -> Tone:
    """The colours of a status on this page."""
    look = look_of(status)
    return look.dark if theme() is Theme.DARK else look.light


def in_colours(frame: pd.DataFrame, column: str) -> Any:
    """A table in which glyph and word of statuses have their colours."""
    if frame.empty:
        return frame
    inks = {sign(status): tone(status).ink for status in _STATUSES}
    return frame.style.map(lambda text: f"color: {inks[text]}" if text in inks else "", subset=[column])


def show_status(status: TaskStatus | RunStatus) -> None:
    """The status as a chip."""
    st.html(_chip(status), width="content")


def show_counts(counts: Counts) -> None:
    """How many have which status, a chip each."""
    st.html(element("div", *(_chip(status, count) for status, count in counts), style=_ROW))


def show_shares(counts: Counts, said: str) -> None:
    """A bar whose pieces are as long as the counts.

    Args:
        counts: how many have which status.
        said: the same in words of ours and numbers, for those who do not see it.
    """
    total = sum(count for _, count in counts)
    pieces = [_piece(status, max(count / total, _LEAST)) for status, count in _by_progress(counts)]
    st.html(element("div", *pieces, style=_BAR, role="img", aria_label=said))


def _by_progress(counts: Counts) -> Sequence[tuple[TaskStatus, int]]:
    """What has ended first, so that the bar fills from the left."""
    order = [*(s for s in TaskStatus if s.succeeded), *(s for s in TaskStatus if s.final and not s.succeeded)]
    ranks = {status: rank for rank, status in enumerate([*order, TaskStatus.RUNNING])}
    return sorted(counts, key=lambda counted: ranks.get(counted[0], len(ranks)))


def _piece(status: TaskStatus, share: float) -> Markup:
    return element("div", style=f"flex:{share:.4f} 0 0;background:{tone(status).solid};", title=look_of(status).word)


def _chip(status: TaskStatus | RunStatus, count: int | None = None) -> Markup:
    colours = tone(status)
    number = joined(" ", element("b", f"{count:,}")) if count is not None else joined()
    style = f"{_CHIP}color:{colours.ink};background:{colours.fill};border:1px solid {colours.solid};"
    return element("span", sign(status), number, style=style)
