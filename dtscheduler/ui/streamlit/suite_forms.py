"""A form for the parameters of a suite, which gives the DAG that they make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar, overload

import streamlit as st

from dtscheduler.api.dag import DAG
from dtscheduler.api.suites import Built, Suite
from dtscheduler.forms.fields import Choice
from dtscheduler.suites.messages import SuiteError
from dtscheduler.suites.remote import RemoteSuite
from dtscheduler.ui.streamlit.form_fields import FormFields
from dtscheduler.ui.streamlit.remembered import filled_with, forget, kept
from dtscheduler.ui.streamlit.suite_loading import is_loaded
from dtscheduler.ui.streamlit.texts import alarming, literal
from dtscheduler.ui.views.suite_form import AnySuite, as_text, given_values, said_of

Made = TypeVar("Made", bound=DAG | list[DAG])


@overload
def suite_form(
    suite: Suite[..., Made], key: str | None = None, values: Mapping[str, Any] | None = None
) -> Made | None: ...
@overload
def suite_form(
    suite: RemoteSuite, key: str | None = None, values: Mapping[str, Any] | None = None
) -> DAG | list[DAG] | None: ...
def suite_form(
    suite: AnySuite, key: str | None = None, values: Mapping[str, Any] | None = None
) -> DAG | list[DAG] | None:
    """Show a form for the parameters of a suite, and build what they give.

    What is wrong with a value is said below it. The values stay while the session lasts, also when the page is left.
    The suite's function is called anew when a value has changed, and the day.

    Args:
        suite: A function marked with ``@suite``, here or in another process. It is best defined in a file of its own:
            in the script of a page, Streamlit writes on the page what stands alone on a line, such as ``a >> b``.
        key: Tells several forms for the same suite on one page apart.
        values: What the form is filled with at first, in the place of the defaults; others fill it anew.

    Returns:
        The DAG, or the list of DAGs, that the suite's function returns; None until the form is valid.

    Raises:
        InvalidJobError: The suite has a parameter that no form could ask for.
    """
    name = f"suite form {key or suite.name}"
    if isinstance(suite, RemoteSuite) and not is_loaded(suite, name):
        return None
    try:
        fields = suite.fields
    except SuiteError as error:  # its code has changed just now
        st.error(literal(str(error)), icon=":material/error:")
        return None
    given = given_values(suite, values or {})
    prefix = filled_with(name, as_text(given))
    drawn = FormFields(prefix, lambda plain: _choices(suite, plain, f"{prefix} choices"))
    plain = drawn.group(fields, given)
    built = kept(f"{prefix} built", (_edition(suite), as_text(plain)), lambda: _construct(suite, plain))
    _say(built, plain, drawn, prefix)
    return None if built.problems else built.value


def _edition(suite: AnySuite) -> object:
    """What tells one state of a suite's code from another; a suite may also ask what day it is."""
    loaded = suite.state.since if isinstance(suite, RemoteSuite) else None
    return suite, loaded, date.today()


def _choices(suite: AnySuite, plain: Mapping[str, Any], name: str) -> dict[str, tuple[Choice, ...]]:
    found = kept(name, (_edition(suite), as_text(plain)), lambda: suite.choices(plain))
    if not all(found.values()):
        forget(name)
    return found


def _construct(suite: AnySuite, plain: Mapping[str, Any]) -> Built:
    with st.spinner("Building", show_time=True):
        return suite.construct(plain)


def _say(built: Built, plain: Mapping[str, Any], drawn: FormFields, prefix: str) -> None:
    """Say problems where they are."""
    said = said_of(built.problems, plain, drawn.places)
    for path, messages in said.at.items():
        for message in messages:
            drawn.places[path].markdown(alarming(message))
    if said.needed:
        st.caption(literal(f"Still needed: {', '.join(drawn.labels[path] for path in said.needed)}"))
    for message in said.whole:
        st.error(literal(message), title="Nothing can be built from these values", icon=":material/error:")
    if said.whole:
        st.button(
            "Build again",
            icon=":material/refresh:",
            type="tertiary",
            key=f"{prefix} again",
            on_click=forget,
            args=(f"{prefix} built",),
        )
