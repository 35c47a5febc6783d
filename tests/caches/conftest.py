"""A test of a cache that hangs fails. Folders and an interpreter for other accounts, where the tests run as root."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

import pytest

from dtscheduler.caches.account import other_account
from dtscheduler.errors import WorkerError


@pytest.fixture(autouse=True)
def in_time():
    def late(number, frame):
        pytest.fail("the test took more than 20 seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 20, 5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def nobody():
    try:
        return other_account("nobody") or pytest.skip("the tests run as nobody")
    except WorkerError as error:
        pytest.skip(str(error))


@pytest.fixture
def passable():
    """A folder that every account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="dts-caches-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def python(nobody, monkeypatch):
    """An interpreter that ``nobody`` can start: this one, or one of the same version that the system has."""
    found, path, problem = _interpreter_for(nobody)
    if path:
        monkeypatch.setenv("PYTHONPATH", path)
    return found or pytest.skip(problem)


@cache
def _interpreter_for(account):
    """An interpreter that an account can start, the PYTHONPATH that it needs, and why there is none."""
    problems = []
    for found in (sys.executable, shutil.which(f"python3.{sys.version_info.minor}", path=os.defpath)):
        path = None if found == sys.executable else f"{Path(__file__).parents[2]}:{sysconfig.get_path('purelib')}"
        options = account.process_options({"PYTHONPATH": path} if path else {})
        try:
            command = [found or "", "-P", "-c", "import dtscheduler.caches.delegate"]
            subprocess.run(command, check=True, capture_output=True, **options)
        except (OSError, subprocess.CalledProcessError) as error:
            problems.append(account.cannot_reach(found) or str(error))
        else:
            return found, path, ""
    return None, None, f"no interpreter that {account.name!r} can start: {'; '.join(problems)}"
