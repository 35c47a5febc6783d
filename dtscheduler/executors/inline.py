"""Executes calls in the caller's own thread, one after the other, so that breakpoints and debuggers work."""

from __future__ import annotations

import io
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import TextIO

from dtscheduler.caches.account import other_account
from dtscheduler.clock import SystemClock
from dtscheduler.errors import WorkerError
from dtscheduler.executors import logs
from dtscheduler.executors.measure import Meter
from dtscheduler.model.call import EntrypointInfo, Environment, Event, Outcome, PartCall, Started, TaskSetup, Wanted
from dtscheduler.ports import Clock, ResultCache
from dtscheduler.running.functions import Functions
from dtscheduler.running.perform import perform

_one_at_a_time = RLock()  # cwd, sys.path and the standard streams belong to the whole process


class InlineExecutor:
    """One call at a time, here. What tasks print goes to the screen and to their logs.

    Args:
        cache: where inputs are read from and results go.
        clock: what time it is for the tasks. Default: this machine's.
    """

    blocks = True

    def __init__(self, *, cache: ResultCache, clock: Clock | None = None) -> None:
        self._cache, self._clock = cache, clock or SystemClock()
        self._functions = Functions(cache)
        self._meter = Meter()
        self._setups: dict[int, TaskSetup] = {}
        self._calls: deque[PartCall] = deque()
        self._announced = False
        self._modules: OwnModules | None = None

    def start(self, environment: Environment, parts: int, wanted: list[Wanted]) -> None:
        _check_account(environment)
        if self._modules is None and environment.work_dir is not None:
            self._modules = OwnModules(Path(environment.work_dir))

    def describe(self, environment: Environment, wanted: list[Wanted]) -> list[EntrypointInfo | str]:
        _check_account(environment)
        with _in_folder(environment.work_dir):
            return [self._functions.described(one) for one in wanted]

    def prepare(self, setup: TaskSetup) -> None:
        _check_account(setup.environment)
        self._setups[setup.task] = setup

    def submit(self, call: PartCall) -> bool:
        if self._calls:
            return False
        self._calls.append(call)
        return True

    def wait(self, timeout: float) -> list[Event]:
        if not self._calls:
            return []
        if not self._announced:  # so that it is known to be running while it is
            self._announced = True
            return [Started(self._calls[0], self._clock.now(), str(os.getpid()))]
        self._announced = False
        with _one_at_a_time:
            return [self._execute(self._calls.popleft())]

    def cancel(self, *, grace_seconds: float) -> None:
        self._calls.clear()

    def close(self) -> None:
        self._calls.clear()
        self._meter.close()
        if self._modules is not None:
            self._modules.forget()

    def _execute(self, call: PartCall) -> Outcome:
        setup = self._setups[call.task]
        log = io.StringIO()
        with _copied_to(log), _in_folder(setup.environment.work_dir):
            outcome = perform(setup, call, self._functions, self._cache, self._meter, now=self._clock.now)
        log.write(outcome.traceback)
        if log.tell():
            path = logs.log_path(setup.log_dir, call.task, call.part, call.attempt)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(log.getvalue(), encoding="utf-8", errors="backslashreplace")
            logs.bound(path)
        return replace(outcome, worker=str(os.getpid()))


def _check_account(environment: Environment) -> None:
    if other_account(environment.account) is not None:
        raise WorkerError(
            f"RunAs={environment.account!r}: executor='inline' runs tasks in this process, which has an account of its own; "
            "use executor='processes'"
        )


class OwnModules:
    """The modules that a run imports from its work dir into this process: for the time of the run only.

    The next run, after an edit or from another folder, imports them anew. Modules of the same names that come from
    elsewhere make room meanwhile.
    """

    def __init__(self, work_dir: Path) -> None:
        self._work_dir = work_dir
        self._own = {path.stem for path in work_dir.glob("*") if path.suffix == ".py" or path.is_dir()}
        self._elsewhere = {name: module for name, module in sys.modules.copy().items() if self._hides(name, module)}
        for name in self._elsewhere:
            del sys.modules[name]
        self._before = set(sys.modules)

    def forget(self) -> None:
        """Undo what the run has imported."""
        for name in set(sys.modules) - self._before:
            if self._is_inside(sys.modules[name]):
                del sys.modules[name]
        sys.modules.update(self._elsewhere)
        self._elsewhere = {}

    def _hides(self, name: str, module: ModuleType) -> bool:
        return name.partition(".")[0] in self._own and name != "__main__" and not self._is_inside(module)

    def _is_inside(self, module: ModuleType) -> bool:
        file = getattr(module, "__file__", None)
        places = [file] if file else list(getattr(module, "__path__", []))
        return any(Path(place).is_relative_to(self._work_dir) for place in places)


class _Copying(io.TextIOBase):
    """Writes to the screen and to a log."""

    def __init__(self, screen: TextIO, log: TextIO) -> None:
        self._screen, self._log = screen, log

    def write(self, text: str) -> int:
        self._log.write(text)
        return self._screen.write(text)

    def flush(self) -> None:
        self._log.flush()
        self._screen.flush()

    def isatty(self) -> bool:
        return self._screen.isatty()


@contextmanager
def _copied_to(log: TextIO) -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Copying(before[0], log), _Copying(before[1], log)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def at_home(environment: Environment) -> Iterator[None]:
    """Be where a function finds what it needs: in its work dir, with the modules in there, while this lasts."""
    own = OwnModules(Path(environment.work_dir)) if environment.work_dir else None
    variables = dict(os.environ)
    try:
        with _one_at_a_time, _in_folder(environment.work_dir):
            yield
    finally:
        os.environ.clear()
        os.environ.update(variables)
        if own is not None:
            own.forget()


@contextmanager
def _in_folder(folder: str | None) -> Iterator[None]:
    """Be in the work dir, with it first on ``sys.path``, as a worker is."""
    if folder is None:
        yield
        return
    before, path = os.getcwd(), list(sys.path)
    os.chdir(folder)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
