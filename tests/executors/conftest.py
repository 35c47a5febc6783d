"""Executors that are given calls directly, and accounts of this machine under which tasks can run."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
import uuid
from collections import deque
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import psutil
import pytest

from dtscheduler.caches.account import other_account
from dtscheduler.caches.delegated import DelegatedCache
from dtscheduler.caches.disk import DiskCache
from dtscheduler.caches.folders import account_folders, private_folder
from dtscheduler.errors import WorkerError
from dtscheduler.executors.capacity import Capacity
from dtscheduler.executors.machine import Machine
from dtscheduler.executors.processes import ProcessExecutor
from dtscheduler.executors.quarters import Quarters
from dtscheduler.executors.spools import spools_of
from dtscheduler.model.call import Argument, Environment, Kind, Outcome, PartCall, Source, TaskSetup
from dtscheduler.model.config import encode
from dtscheduler.model.job import Resources

ROOT = Path(__file__).parents[2]


@pytest.fixture
def passable():
    """A folder that every account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="dts-accounts-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def nobody():
    return _account("nobody")


@pytest.fixture
def daemon():
    return _account("daemon")


def _account(name):
    try:
        found = other_account(name)
    except WorkerError as error:
        pytest.skip(str(error))
    return found or pytest.skip(f"the tests run as {name}")


@pytest.fixture
def python(nobody, monkeypatch):
    """An interpreter that other accounts can start: this one, or one of the same version that the system has."""
    found, path, problem = _interpreter_for(nobody)
    if path:
        monkeypatch.setenv("PYTHONPATH", path)
    return found or pytest.skip(problem)


@cache
def _interpreter_for(account):
    """An interpreter that an account can start, the PYTHONPATH that it needs, and why there is none."""
    problems = []
    for found in (sys.executable, shutil.which(f"python3.{sys.version_info.minor}", path=os.defpath)):
        path = None if found == sys.executable else f"{ROOT}:{sysconfig.get_path('purelib')}"
        options = account.process_options({"PYTHONPATH": path} if path else {})
        try:
            command = [found or "", "-P", "-c", "import dtscheduler.executors.worker"]
            subprocess.run(command, check=True, capture_output=True, **options)
        except (OSError, subprocess.CalledProcessError) as error:
            problems.append(account.cannot_reach(found) or str(error))
        else:
            return found, path, ""
    return None, None, f"no interpreter that {account.name!r} can start: {'; '.join(problems)}"


@pytest.fixture
def living(monkeypatch):
    """All processes that descend from this test; those that are left at its end are a failure."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv("PYTHON_TEST_MARK", mark)  # other accounts get variables of Python alone

    def find():
        return [process for process in psutil.process_iter() if _carries(process, mark)]

    yield find
    deadline = time.monotonic() + 5
    while (left := find()) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in left:
        process.kill()
    assert not left


def _carries(process, mark):
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and process.environ().get("PYTHON_TEST_MARK") == mark
    except (psutil.Error, OSError):
        return False


class Hands:
    """An executor, and a loop that gives it calls as a runner would."""

    def __init__(self, executor, work_dir, home, account, python):
        self.executor, self.home = executor, home
        self.environment = Environment(python=python, work_dir=str(work_dir), account=account)
        self.log_dir = home / "logs" / uuid.uuid4().hex
        self.outcomes = []
        self._tasks = 0
        self._todo, self._flying = deque(), set()

    def add(self, function, parts=1, **parameters):
        """A task whose parts call a function of ``steps.py`` with ``n`` and further values."""
        task, self._tasks = self._tasks, self._tasks + 1
        values = parameters.pop("given", {})
        setup = TaskSetup(
            task=task,
            name=function,
            entrypoint=f"steps.{function}",
            environment=self.environment,
            arguments=tuple(Argument(name, Kind.POSITIONAL_OR_KEYWORD, Source.CONFIG, name) for name in ["n", *values]),
            num_parts=parts,
            scheduled_time=datetime.now(UTC),
            rundate=date(2026, 1, 1),
            log_dir=str(self.log_dir),
            needs=Resources(**parameters),
        )
        self.executor.prepare(setup)
        for part in range(parts):
            key = f"{self.log_dir.name}.{task}.{part}.1.1"
            self._todo.append(PartCall(task, part, f"p{part}", encode({"n": part, **values}, "test"), 1, key))
        return self

    def call(self, function, **values):
        """The outcome of one call."""
        self.add(function, given=values)
        return self.run()[-1]

    def run(self, seconds=40.0):
        """All outcomes, when all calls have ended."""
        deadline = time.monotonic() + seconds
        while self._todo or self._flying:
            assert time.monotonic() < deadline, "it took too long"
            self.step(60)
        self.executor.wait(0)  # a round in which nothing was asked for
        return self.outcomes

    def step(self, patience):
        while self._todo and self.executor.submit(self._todo[0]):
            self._flying.add(self._todo.popleft())
        for event in self.executor.wait(patience):
            if isinstance(event, Outcome):
                self._flying.remove(event.call)
                self.outcomes.append(event)

    def log(self, outcome):
        call = outcome.call
        path = self.log_dir / f"{call.task}.{call.part}.{call.attempt}.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def hands(passable, request):
    """Makes executors that share a machine: ``hands(urgency=..., account=...)``; their code is ``steps``."""
    home, made, caches = private_folder(passable / "workspace"), [], {}
    machines = {}

    def cache_of(account, python):
        if account is None:
            return caches.setdefault(None, DiskCache(home / "results"))
        return caches.setdefault(account, DelegatedCache(account_folders(home, account).results, account, python))

    def quarters_with(python):
        def quarters(name):
            account = other_account(name)
            results = account_folders(home, account).results if account else private_folder(home / "results")
            return Quarters(results, spools_of(home, name), lambda: cache_of(account, python), account)

        return quarters

    def make(*, cores=2, memory_mb=10_000, urgency=(1, 0), account=None, **options):
        machine = machines.setdefault(
            (cores, memory_mb), Machine(Capacity(cpu_mhz=cores * 4000, memory_mb=memory_mb, workers=cores))
        )
        python = request.getfixturevalue("python") if other_account(account) else sys.executable
        executor = ProcessExecutor(machine=machine, quarters=quarters_with(python), urgency=urgency, **options)
        made.append(Hands(executor, passable / "code", home, account, python))
        made[-1].cache = cache_of(other_account(account), python)
        made[-1].machine = machine
        return made[-1]

    yield make
    for one in made:
        one.executor.close()
    for results in caches.values():
        results.close()


@pytest.fixture
def steps(passable):
    """Write the functions that are called; each becomes an entrypoint."""

    def write(text):
        (passable / "code").mkdir(mode=0o755, exist_ok=True)
        head = (
            "import json, os, signal, subprocess, sys, time\nfrom pathlib import Path\nfrom dtscheduler import batch\n"
        )
        marked = re.sub("^def ", "@batch()\\ndef ", textwrap.dedent(text), flags=re.MULTILINE)
        (passable / "code" / "steps.py").write_text(head + marked)

    return write


@pytest.fixture
def spans(steps, passable):
    """Code in which ``f(n, name, seconds)`` writes when it began and ended; call it to read that, by time of begin."""
    file = passable / "spans"
    steps(f"""
        def f(n, name="", seconds=0.05):
            began = time.time()
            time.sleep(seconds)
            with open({str(file)!r}, "a") as file:
                file.write(json.dumps([name, began, time.time()]) + "\\n")
        """)
    return lambda: sorted(map(json.loads, file.read_text().splitlines()), key=lambda span: span[1])


@pytest.fixture
def until():
    """Poll until something is true."""

    def wait(claim, seconds=20.0):
        deadline = time.monotonic() + seconds
        while not claim():
            assert time.monotonic() < deadline, "it did not come true in time"

    return wait
