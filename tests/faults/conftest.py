"""A workspace and a work dir of its own for every test, and proof that no process outlives it."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from dtscheduler import DAG, ParallelTask, Task, use

HEAD = """\
import os, signal, subprocess, sys, threading, time
from pathlib import Path
from dtscheduler import batch
"""
TRACE = "DTSCHEDULER_FAULT_TEST"


@pytest.fixture
def until():
    """Poll until something is true; what it gave is returned."""

    def wait(claim, seconds=20.0):
        deadline = time.monotonic() + seconds
        while not (found := claim()):
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.01)
        return found

    return wait


@pytest.fixture
def stand_still(place, until):
    """Stop a process where it stands, but not while it holds the lock of the store: there it would block everyone."""

    def stop(tell):
        def stopped_outside():
            tell(signal.SIGSTOP)
            database = sqlite3.connect(place.home / "dtscheduler.db", timeout=0.2, isolation_level=None)
            try:
                database.execute("begin immediate")
                database.execute("rollback")
            except sqlite3.OperationalError:
                tell(signal.SIGCONT)
                return False
            finally:
                database.close()
            return True

        until(stopped_outside)

    return stop


@pytest.fixture
def living(monkeypatch):
    """All processes that descend from this test: workers, what tasks have started, scripts."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(TRACE, mark)

    def find():
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(TRACE) == mark:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    return find


@pytest.fixture(autouse=True)
def in_time():
    """A test that hangs fails."""

    def late(number, frame):
        pytest.fail("the test took more than 60 seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 60, 5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def nothing_survives(living):
    """When a test ends, no worker and nothing that a task has started is left."""
    yield
    deadline = time.monotonic() + 5
    while (left := living()) and time.monotonic() < deadline:
        time.sleep(0.02)
    shown = [(process.pid, process.cmdline()[:6]) for process in left if process.is_running()]
    for process in left:
        process.kill()
    assert not shown


@pytest.fixture
def home(tmp_path, living, monkeypatch):
    monkeypatch.setenv("DTSCHEDULER_PROGRESS", "0")
    monkeypatch.setenv("DTSCHEDULER_HOME", str(tmp_path / "ws"))
    return tmp_path / "ws"


@pytest.fixture
def place(home):
    workspace = use(home)
    yield workspace
    workspace.close()


@pytest.fixture
def one_worker(monkeypatch):
    """A machine of one core; named before ``dag``, ``run`` or ``fan``."""
    monkeypatch.setenv("DTSCHEDULER_CPU_MHZ", "4000")


@pytest.fixture
def short_grace(monkeypatch):
    """Little time to end when a run is stopped; named before ``dag``, ``run`` or ``fan``."""
    monkeypatch.setenv("DTSCHEDULER_STOP_GRACE_SECONDS", "0.3")


@pytest.fixture
def code(tmp_path):
    """Write the tasks' code, ``steps.py``, into the work dir, which is returned."""
    folder = tmp_path / "code"
    folder.mkdir()

    def write(text, file="steps.py"):
        (folder / file).write_text(HEAD + textwrap.dedent(text))
        return folder

    yield write
    sys.modules.pop("steps", None)


@pytest.fixture
def dag(place, code):
    """A DAG of a task for each ``@batch`` function in the code, in its order; keywords go to all tasks."""

    def make(text, *, FailAfter=None, Reuse="lineage", **parameters):
        folder = code(text)
        names = [line[4:].partition("(")[0] for line in textwrap.dedent(text).splitlines() if line[:4] == "def "]
        made = DAG(Name="job", DevRun=True, WorkDir=folder, FailAfter=FailAfter, Reuse=Reuse)
        for name in names:
            if not name.startswith("_"):
                Task(Name=name, Entrypoint=f"steps.{name}", dag=made, **parameters)
        return made

    return make


@pytest.fixture
def run(dag):
    """Run the DAG of some code."""
    return lambda text, **parameters: dag(text, **parameters).run()


@pytest.fixture
def fan(place, code):
    """A DAG with one ParallelTask, ``fan``, of so many parts: function ``f(n, ...)`` of the code."""

    def make(text, parts, *, FailAfter=None, config=None, **parameters):
        folder = code(text)
        made = DAG(Name="job", DevRun=True, WorkDir=folder, FailAfter=FailAfter)
        ParallelTask(
            Name="fan",
            Entrypoint="steps.f",
            dag=made,
            ConfigurationJson=[{"Name": f"p{n}", "Description": "", "n": n, **(config or {})} for n in range(parts)],
            **parameters,
        )
        return made

    return make


@pytest.fixture
def script(tmp_path, home):
    """Start a script of the user's in a process group of its own; killed when the test ends."""
    started = []

    def start(text, *, name="job.py", **options):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        process = subprocess.Popen(
            [sys.executable, str(path)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=options.pop("stderr", subprocess.STDOUT),
            text=True,
            start_new_session=True,
            env={**os.environ},
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def marks(tmp_path):
    """A file into which tasks write a line each time they execute; call it to read the lines."""
    path = tmp_path / "marks.txt"
    return SimpleNamespace(path=str(path), lines=lambda: path.read_text().split() if path.exists() else [])


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("only root can mount a small file system")
    yield Path(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)
