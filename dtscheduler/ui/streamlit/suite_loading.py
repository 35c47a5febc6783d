"""What is shown of a suite in another process until it is imported: how long it takes already, a way out, or why not."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dtscheduler.suites.remote import RemoteSuite, Stage
from dtscheduler.ui.streamlit.texts import literal

EVERY_SECONDS = 1.0
BLINK_SECONDS = 0.4


def is_loaded(suite: RemoteSuite, key: str) -> bool:
    """Whether a suite is ready; where it is not, what there is to say and to do about it is shown.

    Args:
        suite: it is loaded if nobody has tried yet, or a file of its code has changed since.
        key: tells several on one page apart.
    """
    state = suite.state
    if state.stage in (Stage.WAITING, Stage.READY):
        suite.load()
        state = suite.wait(BLINK_SECONDS)  # most are quick, and need not flicker
    if state.stage is Stage.LOADING:
        st.fragment(_loading, run_every=EVERY_SECONDS)(suite, key)
    elif state.stage is Stage.CANCELLED:
        st.info("Cancelled: the suite was not imported.", icon=":material/block:")
        _again("Load it", suite, key)
    elif state.stage is Stage.FAILED:
        st.error(literal(state.reason), title="The suite cannot be used", icon=":material/error:")
        if suite.log:
            with st.expander("What its code has printed", icon=":material/terminal:"):
                st.code(suite.log, language=None, wrap_lines=True)
        _again("Try again", suite, key)
    return state.stage is Stage.READY


def _loading(suite: RemoteSuite, key: str) -> None:
    state = suite.state
    if state.stage is not Stage.LOADING:
        st.rerun()
    seconds = (datetime.now(UTC) - state.since).total_seconds()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Importing {suite.ref.module} for {max(seconds, 0):.0f} s", width="content")
        st.button("Cancel", icon=":material/close:", key=f"{key} cancel", on_click=suite.cancel)


def _again(label: str, suite: RemoteSuite, key: str) -> None:
    st.button(label, icon=":material/refresh:", key=f"{key} again", on_click=_load, args=(suite,))


def _load(suite: RemoteSuite) -> None:
    suite.load()
