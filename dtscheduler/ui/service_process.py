"""A service for those who only have a page or a notebook: started beside it where none is alive."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Lock

from dtscheduler.workspace import Workspace

LOG = "service.log"
IDLE = "10m"
_starting = Lock()
_started: dict[str, subprocess.Popen[bytes]] = {}


def ensure_service(place: Workspace, *, lasting: bool = False) -> str | None:
    """See that a service works for a workspace; start one if there is none.

    Args:
        place: The workspace.
        lasting: Whether one that is started outlives this process, until there was nothing to do for ten minutes. By
            default it ends with this process.

    Returns:
        What is wrong, in words, or None: then one is alive, or just starting.
    """
    if place.served():
        return None
    key = str(place.settings.store_place)
    with _starting:
        ours = _started.get(key)
        if ours is not None and ours.poll() is None:
            return None
        try:
            _started[key] = start_service(place, lasting=lasting)
        except OSError as error:
            return f"no service is running, and none could be started ({error.strerror}): start one with: dtscheduler serve"
    if ours is None or ours.returncode == 0:
        return None
    return f"the service has ended (exit {ours.returncode}) and was started again; {place.home / LOG} says more"


def start_service(place: Workspace, *, lasting: bool = False) -> subprocess.Popen[bytes]:
    """Start ``dtscheduler serve`` for a workspace.

    It ends when this process does, however that ends; a lasting one when there was nothing to do for ten minutes.
    """
    place.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = os.open(place.home / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "dtscheduler", "serve", *(("--idle-exit", IDLE) if lasting else ("--until-eof",))],
            # a pipe is held open by this process alone: its end is what the service waits for
            stdin=subprocess.DEVNULL if lasting else subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=os.environ | place.settings.as_variables(),
            cwd="/",
            start_new_session=True,
        )
    finally:
        os.close(log)
