"""The studio: asks who is there, and shows them their pages."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import streamlit as st

from dtscheduler import ui
from dtscheduler.errors import AccessError, SchedulerError
from dtscheduler.ui.streamlit.studio import session
from dtscheduler.ui.streamlit.texts import literal

# A file of our own: the icons that Streamlit knows by name are fetched from elsewhere when they are a page's icon.
_ICON = str(Path(ui.__file__).parent / "assets" / "icon.svg")

_PAGES = (
    ("build", "Build", ":material/construction:", "A suite or single tasks: form, graph, plan; run it or save it."),
    ("jobs", "Jobs", ":material/work:", "The saved jobs: when they run next, how they ran last."),
    ("runs", "Runs", ":material/history:", "All runs, filtered as you like; CSV of what is shown."),
    ("run", "Run", ":material/play_circle:", "One run: graph, timeline, logs, results, rerun."),
    ("calendar", "Calendar", ":material/calendar_month:", "What fires in the next days, and why."),
    ("reports", "Reports", ":material/monitoring:", "How long tasks take, how often they fail, what they use."),
    ("service", "Service", ":material/dns:", "Whether the service is alive, and what it does."),
)


def main() -> None:
    """Show the studio; the whole of its script."""
    st.set_page_config(page_title="dtscheduler", page_icon=_ICON, layout="wide")
    session.guard()
    try:
        place = session.visitors_workspace()
        problem = ""
    except AccessError as refusal:
        _turn_away(str(refusal))
        return
    except SchedulerError as error:
        place, problem = None, str(error)
    pages = [
        st.Page(_page(name), title=title, icon=icon, url_path=name, help=about) for name, title, icon, about in _PAGES
    ]
    first = st.Page(lambda: st.switch_page(pages[0]), title="dtscheduler", default=True, visibility="hidden")
    page = st.navigation([first, *pages], position="top")  # the default page has no address of its own to link to
    if problem or place is None:
        st.error(literal(problem), icon=":material/database_off:")
        return
    _account(place.user)
    page.run()


def _page(name: str) -> Callable[[], None]:
    """A page as Streamlit calls it: what goes wrong in it is said on it."""

    def show() -> None:
        try:
            import_module(f"dtscheduler.ui.streamlit.studio.pages.{name}").show()
        except SchedulerError as error:
            st.error(literal(str(error)), icon=":material/error:")

    show.__name__ = show.__qualname__ = name
    return show


def _account(user: str) -> None:
    if session.visitor():
        with st.sidebar:
            st.text(f"Logged in as {user}")
            if st.user.to_dict().get("is_logged_in") and st.button("Log out", icon=":material/logout:"):
                st.logout()


def _turn_away(why: str) -> None:
    """What a visitor without an identity sees: how to log in, and nothing of the workspace."""
    st.title("dtscheduler")
    settings = session.settings()
    if not session.visitor() and settings.web_login and not settings.web_header:
        st.text("Log in to see the jobs and runs of this workspace.")
        st.button("Log in", icon=":material/login:", type="primary", on_click=st.login)
    else:
        st.error(literal(why), icon=":material/lock:")
        if settings.web_login and not settings.web_header:
            st.button("Log out", icon=":material/logout:", on_click=st.logout)
