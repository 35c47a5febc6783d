"""What a component remembers of this viewer between reruns and pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def filled_with(prefix: str, given: object) -> str:
    """The prefix for the keys of a form's widgets: another one as soon as the form is to be filled with other values.

    Args:
        prefix: what is unique to the form on its page.
        given: the values it is filled with, compared by ``==``.
    """
    before, count = st.session_state.get(f"{prefix} given", (None, -1))
    if count < 0 or before != given:
        count += 1
        st.session_state[f"{prefix} given"] = (given, count)
    return prefix if count == 0 else f"{prefix} {count}"


def kept(name: str, cause: object, make: Callable[[], T]) -> T:
    """What was made the last time for the same cause, compared by ``==``; made anew for another one."""
    held = st.session_state.get(name)
    if held is None or held[0] != cause:
        held = (cause, make())
        st.session_state[name] = held
    found: T = held[1]
    return found


def forget(name: str) -> None:
    """Let ``kept`` make something anew."""
    st.session_state.pop(name, None)


def table_kept(key: str, shape: object, make: Callable[[], T]) -> tuple[T, str]:
    """What an editor of a table starts from, and its key; its result is kept with ``keep_table``.

    An editor applies its edits to the table that it was first given. When it comes back on a page that was left, or
    its columns are configured in another way, Streamlit has forgotten the edits; then it starts from its last result.

    Args:
        key: of the table.
        shape: how its columns are configured, compared by ``==``.
        make: makes the table when there is none yet.
    """
    before, edition = st.session_state.get(f"{key} edition", (shape, 0))
    edition += before != shape
    st.session_state[f"{key} edition"] = (shape, edition)
    editor, start, now = f"{key} {edition} edits", f"{key} start", f"{key} now"
    if editor not in st.session_state:
        st.session_state[start] = st.session_state[now] if now in st.session_state else make()
    return st.session_state[start], editor


def keep_table(key: str, table: object) -> None:
    """Keep what an editor has given back."""
    st.session_state[f"{key} now"] = table


def replace_table(key: str, table: object) -> None:
    """Have the editor begin anew with another table; for callbacks."""
    shape, edition = st.session_state.get(f"{key} edition", (None, 0))
    st.session_state[f"{key} edition"] = (shape, edition + 1)
    st.session_state[f"{key} now"] = table
