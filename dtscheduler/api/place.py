"""Which workspace this process uses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dtscheduler.api.people import current_user

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace

_chosen: Workspace | None = None


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

    from dtscheduler.connect import connect
    from dtscheduler.settings import read_settings

    global _chosen  # one workspace a process, as documented
    text = str(path_or_url)
    settings = replace(read_settings(), database=text) if "://" in text else read_settings(home=text)
    if _chosen is not None:
        _chosen.close()
    _chosen = connect(settings, user=current_user())
    return _chosen


def workspace() -> Workspace:
    """The workspace of this process: the one chosen with ``use``, or the one of the settings."""
    global _chosen  # made when it is first asked for
    if _chosen is None:
        from dtscheduler.connect import connect
        from dtscheduler.settings import read_settings

        _chosen = connect(read_settings(), user=current_user())
    return _chosen
