"""A form for the parameters of a suite, which gives the DAG that they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar, overload

import streamlit as st

from dtscheduler.api.dag import DAG
from dtscheduler.api.suites import Built, Suite
from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.checking import BROKEN_CHOICES
from dtscheduler.forms.fields import Choice
from dtscheduler.suites.messages import SuiteError
from dtscheduler.suites.remote import RemoteSuite
from dtscheduler.ui.streamlit.form_fields import FormFields
from dtscheduler.ui.streamlit.remembered import filled_with, forget, kept
from dtscheduler.ui.streamlit.suite_loading import is_loaded
from dtscheduler.ui.streamlit.texts import alarming, literal
from dtscheduler.ui.views.problems import problems_at, value_at

AnySuite = Suite[..., Any] | RemoteSuite
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
    given = suite.form.plain(values or {}) if isinstance(suite, Suite) else dict(values or {})
    unknown = sorted(given.keys() - {field.name for field in fields})
    if unknown:
        raise InvalidJobError(f"suite {suite.name}: {unknown[0]}: there is no such parameter to give a value to")
    prefix = filled_with(name, _text(given))
    drawn = FormFields(prefix, lambda plain: _choices(suite, plain, f"{prefix} choices"))
    plain = drawn.group(fields, given)
    built = kept(f"{prefix} built", (_edition(suite), _text(plain)), lambda: _construct(suite, plain))
    _say(built, plain, drawn, prefix)
    return None if built.problems else built.value


def _text(plain: Mapping[str, Any]) -> str:
    """Values as text: 1, 1.0 and True are equal for Python, and not the same."""
    return json.dumps(plain, default=repr, sort_keys=True)


def _edition(suite: AnySuite) -> object:
    """What tells one state of a suite's code from another; a suite may also ask what day it is."""
    loaded = suite.state.since if isinstance(suite, RemoteSuite) else None
    return suite, loaded, date.today()


def _choices(suite: AnySuite, plain: Mapping[str, Any], name: str) -> dict[str, tuple[Choice, ...]]:
    found = kept(name, (_edition(suite), _text(plain)), lambda: suite.choices(plain))
    if not all(found.values()):
        forget(name)
    return found


def _construct(suite: AnySuite, plain: Mapping[str, Any]) -> Built:
    with st.spinner("Building", show_time=True):
        return suite.construct(plain)


def _say(built: Built, plain: Mapping[str, Any], drawn: FormFields, prefix: str) -> None:
    """Say problems where they are; a value that is merely not there yet is no alarm."""
    said = problems_at(built.problems, drawn.places)
    whole = said.pop((), [])
    needed = [
        path
        for path, messages in said.items()
        if value_at(plain, path) in (None, "", []) and not any(each.startswith(BROKEN_CHOICES) for each in messages)
    ]
    for path, messages in said.items():
        for message in () if path in needed else messages:
            drawn.places[path].markdown(alarming(message))
    if needed:
        st.caption(literal(f"Still needed: {', '.join(drawn.labels[path] for path in needed)}"))
    for message in whole:
        st.error(literal(message), title="Nothing can be built from these values", icon=":material/error:")
    if whole:
        st.button(
            "Build again",
            icon=":material/refresh:",
            type="tertiary",
            key=f"{prefix} again",
            on_click=forget,
            args=(f"{prefix} built",),
        )
