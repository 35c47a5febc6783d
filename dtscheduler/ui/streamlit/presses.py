"""What makes one run of a click: a token that is there before the click, and under which a run is submitted once.

Streamlit may end a script, or a callback, wherever that touches the session, and begin it anew. So nothing that decides
is kept in the session but the token: whether there is a run under it is asked of the store.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import streamlit as st

from dtscheduler.errors import SchedulerError
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.workspace import Workspace

LEAST_SECONDS = 2.0


@dataclass(slots=True)
class Press:
    """One click that may come: its token, when it came, and what was wrong with it. Callbacks change it in place."""

    token: str = field(default_factory=lambda: uuid4().hex)
    at: float | None = None
    error: str = ""

    @property
    def recent(self) -> bool:
        """Whether it came just now, so that another click may belong to it."""
        return self.at is not None and time.monotonic() - self.at < LEAST_SECONDS


def press_of(name: str) -> Press:
    """The click that may come on a button, by a name that is unique to it on its page."""
    found = st.session_state.get(name)
    if not isinstance(found, Press):
        found = st.session_state[name] = Press()
    return found


def next_press(name: str) -> Press:
    """A click of its own, that makes another run."""
    found = st.session_state[name] = Press()
    return found


def press(it: Press, submit: Callable[[str], object]) -> None:
    """Submit under the token of a click; for callbacks. What the core refuses is kept for the page to say."""
    it.at = time.monotonic()
    try:
        submit(it.token)
    except SchedulerError as error:
        it.error = str(error)
    else:
        it.error = ""
    finally:
        it.at = time.monotonic()  # it may have taken long, and only then does the page show what came of it


def submitted(place: Workspace, it: Press) -> RunRecord | None:
    """The run that came of a click."""
    found = place.runs(RunQuery(uuid=it.token, limit=1))
    return found[0] if found else None
