"""Whose session this is, and what the studio was started with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dtscheduler.api.place import own_workspace, serve_several
from dtscheduler.settings import Settings
from dtscheduler.ui.visitors import Doors, login_of
from dtscheduler.workspace import Workspace


def guard() -> None:
    """From now on the workspace is that of whoever is served, in every thread and part of a page."""
    serve_several(visitors_workspace)


def visitors_workspace() -> Workspace:
    """The workspace as this session's visitor may use it.

    Raises:
        AccessError: they have to log in first, or are not known here.
    """
    doors = _doors()
    return doors.of(visitor()) if doors.guarded else own_workspace()


def visitor() -> str:
    """How the visitor has logged in; empty for nobody."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ""  # a thread that serves no session has no visitor, whoever started it
    return login_of(_doors().settings, claims=st.user.to_dict(), headers=st.context.headers)


def _doors() -> Doors:
    own = own_workspace()
    return _doors_of(own, str(own.home))


@st.cache_resource
def _doors_of(_own: Workspace, home: str) -> Doors:
    return Doors(_own)


def work_dirs() -> list[str]:
    """The folders whose suites are offered: those given to ``dtscheduler ui``, or the one it was started in."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--folder", action="append", default=[])
    named = parser.parse_known_args(sys.argv[1:])[0].folder
    return [str(Path(folder).resolve()) for folder in named or (".",)]


def settings() -> Settings:
    """The settings of the workspace that is served, with what they say of visitors by now."""
    return _doors().settings
