"""What is looked at on a page, said in its address: a reload, or another tab, looks at the same.

Streamlit can tie a widget to the address by itself, but forgets its value when another page is visited in between.
"""

from __future__ import annotations

from collections.abc import Container

import streamlit as st


def newly_told(parameter: str, key: str) -> str | None:
    """What the address says, if it did not say so when this was asked last; for a widget of that key."""
    told = st.query_params.get(parameter)
    before, st.session_state[f"{key} told"] = st.session_state.get(f"{key} told"), told
    return told if told != before else None


def from_address(parameter: str, key: str, usual: str | None, allowed: Container[str] | None = None) -> None:
    """Give a widget that comes next the value that the address newly says; else it keeps the one it had.

    Args:
        parameter: of the address.
        key: of the widget, which has ``persist_state="session"`` and no default of its own.
        usual: its value where there is none yet.
        allowed: the values it may have; None for any.
    """
    told = newly_told(parameter, key)
    if told is not None and (allowed is None or told in allowed):
        st.session_state[key] = told
    st.session_state.setdefault(key, usual)


def to_address(parameter: str, key: str) -> None:
    """Say the value of a widget in the address; for callbacks.

    Only what somebody chooses is said: each address is a step in the history of the browser, and one that a page takes
    by itself would be taken again whenever the browser goes back.
    """
    value = st.session_state.get(key)
    st.session_state[f"{key} told"] = value
    if value is None:
        st.query_params.pop(parameter, None)
    else:
        st.query_params[parameter] = value


def out_of_address(parameter: str, key: str) -> None:
    """Take a parameter out of the address; for callbacks."""
    st.session_state[f"{key} told"] = None
    st.query_params.pop(parameter, None)
