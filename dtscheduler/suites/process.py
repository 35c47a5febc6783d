"""A suite's worker, seen from the page: asked from any thread, attended by one of its own."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import threading
import time
import uuid
import weakref
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dtscheduler.caches.account import other_account
from dtscheduler.errors import WorkerError
from dtscheduler.executors import killing, wire
from dtscheduler.model.text import last_lines
from dtscheduler.suites import messages
from dtscheduler.suites.listing import SuiteRef
from dtscheduler.suites.messages import SuiteError

KEPT_LOG_BYTES = 64 * 1024
WATCH_SECONDS = 1.0
ENDING_SECONDS = 0.5
_READ_BYTES = 2**18


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a worker is started.

    Args:
        ref: its suite.
        variables: environment variables with which it finds the workspace; not under another account.
        account: the account it runs under; None is that of this process.
        idle_seconds: it ends by itself when it was not asked for so long.
    """

    ref: SuiteRef
    variables: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    idle_seconds: float = 900.0


class SuiteProcess:
    """A child process that imports one suite and answers what it is asked, one question after the other.

    A thread of its own moves the bytes, keeps the end of what the code prints, and clears up when the process ends.

    Raises:
        WorkerError: the interpreter cannot be started, or this process may not use the account.
    """

    def __init__(self, launch: Launch) -> None:
        self._launch, self._mark, self._pid_here = launch, uuid.uuid4().hex, os.getpid()
        self._lock = threading.RLock()  # the end may be asked for by a collection of garbage within it
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._outbox, self._log = bytearray(), bytearray()
        self._asked, self._used = 0, time.monotonic()
        self._begun = self._ending = False
        self._gone = threading.Event()
        self._why = ""
        self._frames = wire.Frames(messages.LONGEST)
        their_in, self._writes = os.pipe()
        self._reads, their_out = os.pipe()
        self._logs, their_log = os.pipe()
        self._woken, self._wakes = os.pipe()
        theirs, ours = (
            (their_in, their_out, their_log),
            (self._writes, self._reads, self._logs, self._woken, self._wakes),
        )
        try:
            self._process = self._started(*theirs)
        except BaseException as error:
            _close(*ours)
            if isinstance(error, OSError):
                raise WorkerError(f"{launch.ref.place.python} cannot be started: {error.strerror}") from error
            raise
        finally:
            _close(*theirs)
        for descriptor in ours:
            os.set_blocking(descriptor, False)
        self._pidfd = _pidfd(self._process.pid)
        self._descriptors = [*ours, *([self._pidfd] if self._pidfd is not None else [])]
        _living.add(self)
        threading.Thread(target=self._attend, name="dtscheduler-suite", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not (self._gone.is_set() or self._ending) and os.getpid() == self._pid_here

    @property
    def log(self) -> str:
        """The end of what the code has printed."""
        with self._lock:
            return bytes(self._log).decode("utf-8", "replace")

    def ask(self, what: str, plain: Mapping[str, Any] | None = None) -> Future[dict[str, Any]] | None:
        """Ask the worker; what comes of it has an ``answer``, or the reason why there is none as ``failed``.

        It ends in ``SuiteError`` when the process does before it has answered. None where it has ended already.
        """
        future: Future[dict[str, Any]] = Future()
        with self._lock:
            if not self.alive:
                return None
            self._asked += 1
            self._outbox += messages.packed({"question": self._asked, "ask": what, "plain": dict(plain or {})})
            self._waiting[self._asked] = future
            self._used = time.monotonic()
            self._wake()
        return future

    def end(self, why: str = "") -> None:
        """Kill the process and all it has started; returns at once, from whatever thread."""
        if not self.alive:  # nor in a fork, or at the very end of this process, where the lock may be held for ever
            return
        with self._lock:
            if not self.alive:
                return
            self._ending, self._why = True, why or "the worker was ended"
            killing.signal_group(self._process.pid, signal.SIGKILL)
            self._wake()

    def wait(self, seconds: float) -> bool:
        """Whether the process has ended, and nothing is left of it, within so many seconds."""
        return self._gone.wait(seconds)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # it will wake up as it is
            os.write(self._wakes, b"\0")

    def _started(self, reads: int, writes: int, log: int) -> subprocess.Popen[bytes]:
        launch, place = self._launch, self._launch.ref.place
        account = other_account(launch.account)
        post = {
            "reads": reads,
            "writes": writes,
            "folder": place.folder,
            "entrypoint": launch.ref.entrypoint,
            "keeps": account is None,
        }
        mark = {killing.MARK: self._mark}
        options: dict[str, Any] = {"env": {**os.environ, **launch.variables, **mark}}
        return subprocess.Popen(
            [place.python, "-u", "-P", "-m", "dtscheduler.suites.worker", json.dumps(post)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(reads, writes),
            start_new_session=True,
            **(account.process_options(mark) if account else options),
        )

    def _attend(self) -> None:
        try:
            while self._moved():
                pass
        except (OSError, SuiteError, wire.GarbledError) as error:
            self._why = self._why or f"the worker's pipe is broken: {error}"
        finally:
            self._clear_up()

    def _moved(self) -> bool:
        """Move what can be moved; whether there may be more."""
        ready = self._ready()
        if self._woken in ready:
            _read(self._woken)
        if self._writes in ready:
            self._write()
        if self._logs in ready:
            self._keep(_read(self._logs))
        if self._reads in ready and not self._take(_read(self._reads)):
            return False
        if self._ending or self._ended(ready):
            return False
        return not self._idle()

    def _idle(self) -> bool:
        """Whether nothing was asked for too long; nothing will be then."""
        with self._lock:
            if not self._waiting and time.monotonic() - self._used > self._launch.idle_seconds:
                self._ending, self._why = True, "nobody asked it anything"
            return self._ending

    def _ready(self) -> set[int]:
        poll = select.poll()
        for descriptor in (self._reads, self._logs, self._woken, self._pidfd):
            if descriptor is not None and descriptor in self._descriptors:
                poll.register(descriptor, select.POLLIN)
        if self._outbox:
            poll.register(self._writes, select.POLLOUT)
        return {descriptor for descriptor, _ in poll.poll(WATCH_SECONDS * 1000)}

    def _ended(self, ready: set[int]) -> bool:
        """Whether the process has ended; it is not reaped by that, so that its number stays its own."""
        if self._pidfd is not None:
            return self._pidfd in ready
        return self._process.poll() is not None

    def _write(self) -> None:
        with self._lock, suppress(BlockingIOError):
            try:
                written = os.write(self._writes, memoryview(self._outbox)[:65536])
            except BrokenPipeError:  # it has died; reading will say so
                written = len(self._outbox)
            del self._outbox[:written]

    def _keep(self, data: bytes) -> None:
        if not data:  # all that could print have closed it
            self._descriptors.remove(self._logs)
            _close(self._logs)
            return
        with self._lock:
            self._log += data
            del self._log[:-KEPT_LOG_BYTES]

    def _take(self, data: bytes) -> bool:
        """Hand answers over; whether there may be more."""
        for content in self._frames.feed(data):
            answer = messages.unpacked(content)
            self._begun = True
            with self._lock:
                future = self._waiting.pop(answer.get("question", 0), None)
                self._used = time.monotonic()
            if future is not None:
                future.set_result(answer)
        return bool(data)

    def _clear_up(self) -> None:
        if not self._ending and not self._ended_soon():
            self._why = self._why or "its code closed what it answers through"
        killing.kill_tree(self._process.pid, self._mark, reaped=self._process.returncode is not None)
        code = self._process.wait()
        with suppress(OSError, SuiteError, wire.GarbledError):  # what it said last
            self._take(_read(self._reads))
        with suppress(OSError):
            self._keep(_read(self._logs) if self._logs in self._descriptors else b"\n")
        with self._lock:
            self._why = self._why or self._how_it_ended(code)
            waiting, self._waiting, self._ending = self._waiting, {}, True
            _close(*self._descriptors)
        self._gone.set()
        _living.discard(self)
        for future in waiting.values():
            future.set_exception(SuiteError(self._why))

    def _how_it_ended(self, code: int) -> str:
        printed = last_lines(self.log, 1, 200)
        if not self._begun:
            return (
                f"its process cannot be started with {self._launch.ref.place.python}: {printed or f'exit code {code}'}"
            )
        if code >= 0:
            last = f"; the last it printed: {printed}" if printed else ""
            return f"its code ended the process with exit code {code} (os._exit, or an extension that exits){last}"
        hint = "; the system kills processes when memory runs out" if -code == signal.SIGKILL else ""
        return f"its process was ended by {_named(-code)}{hint}"

    def _ended_soon(self) -> bool:
        """Whether the process ends by itself: its pipes are closed a moment before it has."""
        if self._pidfd is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDING_SECONDS)
            return self._process.returncode is not None
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(ENDING_SECONDS * 1000))


def _named(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _pidfd(pid: int) -> int | None:
    """What tells at once that a process has ended; None where the system has no such thing."""
    with suppress(AttributeError, OSError):
        return os.pidfd_open(pid)
    return None


def _read(descriptor: int) -> bytes:
    """What there is to read; empty where the other end is closed."""
    return os.read(descriptor, _READ_BYTES)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


_living: weakref.WeakSet[SuiteProcess] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    living = [process for process in _living if process.alive]
    for process in living:
        process.end("the page has ended")
    for process in living:
        process.wait(2.0)
