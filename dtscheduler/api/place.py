"""Which workspace this process uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from dtscheduler.api.people import current_identity, identity_of

if TYPE_CHECKING:
    from dtscheduler.settings import Settings
    from dtscheduler.workspace import Workspace

_chosen: Workspace | None = None
_choosing = Lock()
_asked: Callable[[], Workspace] | None = None


def use(path_or_url: str | Path) -> Workspace:
    """Choose the workspace of this process.

    Args:
        path_or_url: A folder, made if it is new, or the URL of a database (``postgresql+psycopg://...``), with which
            results and logs stay in the folder of the settings.

    Returns:
        The workspace; it is opened when it is first used.

    Raises:
        WorkspaceError: Settings in the folder or in the environment that cannot be read.
    """
    from dataclasses import replace

    from dtscheduler.settings import read_settings

    text = str(path_or_url)
    settings = replace(read_settings(), database=text) if "://" in text else read_settings(home=text)
    global _chosen  # one workspace a process, as documented
    if _chosen is not None:
        _chosen.close()
    _chosen = _connected(settings)
    return _chosen


def workspace() -> Workspace:
    """The workspace of this process: the one chosen with ``use``, or the one of the settings.

    In a process that serves several people it is the one of whoever is served by the current thread.
    """
    return _asked() if _asked else own_workspace()


def own_workspace() -> Workspace:
    """The workspace of this process, for the account it runs under."""
    global _chosen  # made when it is first asked for
    with _choosing:
        if _chosen is None:
            from dtscheduler.settings import read_settings

            _chosen = _connected(read_settings())
        return _chosen


def serve_several(ask: Callable[[], Workspace] | None) -> None:
    """From now on ask for the workspace of whoever is served, each time; None: this process is its user's own again.

    It is asked and not told, because a server's threads begin anywhere: in a callback, in a part of a page.
    """
    global _asked  # one server a process
    _asked = ask


@contextmanager
def in_use(place: Workspace) -> Iterator[None]:
    """Make a workspace that of this process until the block ends, and close it then."""
    global _chosen  # one workspace a process, as documented
    before, _chosen = _chosen, place
    try:
        yield
    finally:
        _chosen = before
        place.close()


def _connected(settings: Settings) -> Workspace:
    from dtscheduler.connect import connect

    identity = current_identity(settings.admins)
    return connect(settings, identity=identity, identity_of=lambda account: identity_of(account, settings.admins))
