"""What was done, or refused, in a callback, said on the page that follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dtscheduler.errors import SchedulerError
from dtscheduler.ui.streamlit.texts import literal

_DONE, _REFUSED = "notice done", "notice refused"


@contextmanager
def refusals_told() -> Iterator[None]:
    """Do something in a callback; what the core refuses is said on the page, in its words."""
    try:
        yield
    except SchedulerError as error:
        st.session_state[_REFUSED] = str(error)


def tell(text: str) -> None:
    """Say on the page that follows what was done."""
    st.session_state[_DONE] = text


def refuse(text: str) -> None:
    """Say on the page that follows what was not done, and why."""
    st.session_state[_REFUSED] = text


def show_notices() -> None:
    """Say what there is to say, once."""
    if refused := st.session_state.pop(_REFUSED, ""):
        st.error(literal(refused), icon=":material/block:")
    if done := st.session_state.pop(_DONE, ""):
        st.success(literal(done), icon=":material/check:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show what goes wrong in a part of a page that runs by itself in its place."""
    try:
        yield
    except SchedulerError as error:
        st.error(literal(str(error)), icon=":material/error:")
