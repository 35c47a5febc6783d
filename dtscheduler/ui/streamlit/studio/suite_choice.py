"""Choosing one of the suites that there are, and filling in its form."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dtscheduler.api.dag import DAG
from dtscheduler.api.place import workspace
from dtscheduler.suites.listing import SuiteRef
from dtscheduler.suites.pool import SuitePool
from dtscheduler.suites.remote import RemoteSuite
from dtscheduler.ui.streamlit.addresses import from_address, to_address
from dtscheduler.ui.streamlit.remembered import forget, kept
from dtscheduler.ui.streamlit.studio import session
from dtscheduler.ui.streamlit.suite_forms import suite_form
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.code import own_work_dirs, suites_of

PARAMETER, KEY = "suite", "build suite"


def dag_from_suite() -> DAG | None:
    """Let somebody choose a suite and fill in its form; the DAG, or one of several, once the form is valid."""
    found = _suites()
    if not found:
        st.info(
            "There is no suite in the registered images, nor in these folders: a function that is marked with `@suite` "
            "and returns a DAG. Register an image with `dtscheduler image add`, or name a folder: `dtscheduler ui FOLDER`.",
            icon=":material/folder_off:",
        )
        _look_again()
        return None
    from_address(PARAMETER, KEY, next(iter(found)) if len(found) == 1 else None, found)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Suite",
            list(found),
            index=None,
            format_func=lambda each: _said(found, each),
            placeholder="Choose a suite; its code is imported then, in a process of its own",
            key=KEY,
            persist_state="session",
            on_change=to_address,
            args=(PARAMETER, KEY),
        )
        _look_again()
    if chosen not in found:
        return None
    suite = _remote(found[chosen])
    if suite.doc:
        st.caption(literal(suite.doc))
    return _one_of(suite_form(suite, key=chosen))


def _suites() -> dict[str, SuiteRef]:
    place = workspace()
    folders = [*session.work_dirs(), *kept("build folders", place.user, lambda: own_work_dirs(place))]
    with st.spinner("Looking for suites"):
        return kept("build suites", (place.user, folders), lambda: suites_of(place, folders))


def _look_again() -> None:
    st.button(
        "Look again",
        icon=":material/refresh:",
        key="build look again",
        help="Code may have been added.",
        on_click=_forget_code,
    )


def _forget_code() -> None:
    for name in ("build folders", "build suites", "build entrypoints"):
        forget(name)


def _said(found: Mapping[str, SuiteRef], chosen: str) -> str:
    return f"{found[chosen].title} ({chosen})" if chosen in found else chosen


def _remote(ref: SuiteRef) -> RemoteSuite:
    """The suite in its process, which all pages of the same visitor share."""
    place = workspace()
    variables, account = place.settings.as_variables(), place.host.account("")
    return _pool().of(
        (ref.place, ref.entrypoint, ref.file, place.user, account, place.home),
        lambda: RemoteSuite(ref, variables=variables, account=account),
    )


@st.cache_resource
def _pool() -> SuitePool:
    return SuitePool()


def _one_of(made: DAG | list[DAG] | None) -> DAG | None:
    """The DAG; of several the one that is chosen."""
    if not isinstance(made, list):
        return made
    by_name = {dag.name: dag for dag in made}
    name = st.selectbox(f"Job, one of {len(made):,}", list(by_name), key="build one of", persist_state="session")
    return by_name.get(name)
