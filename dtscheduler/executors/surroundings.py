"""What an attempt may change around it, and is put back after it: nothing of it reaches the next attempt."""

from __future__ import annotations

import inspect
import io
import os
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress

_SIGNALS = [int(s) for s in signal.valid_signals() if s not in (signal.SIGKILL, signal.SIGSTOP)]
_HARMLESS = ("TMonitor",)  # of tqdm: one for the whole process, and it prints nothing
_handler_of = inspect.unwrap(signal.getsignal)  # the bare function: the public one makes enums, 64 times an attempt


class Surroundings:
    """Cwd, environment, umask, signal handlers, timers, ``sys.path``, ``sys.argv`` and the standard streams."""

    def __init__(self) -> None:
        self._cwd = os.getcwd()
        self._environment = _environment().copy()
        self._umask = os.umask(0o077)
        os.umask(self._umask)
        self._handlers = [(number, _handler_of(number)) for number in _SIGNALS]
        self._path = list(sys.path)
        self._argv = list(sys.argv)
        self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._recursion_limit = sys.getrecursionlimit()
        self._threads = set(threading.enumerate())
        self._streams()

    def restore(self) -> None:
        """Put everything back as it was when this was made."""
        self._restore_folder()
        if _environment() != self._environment:
            for name in set(os.environb) - set(self._environment):
                del os.environb[name]
            os.environb.update(self._environment)
            time.tzset()
        os.umask(self._umask)
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)
        for number, handler in self._handlers:
            if _handler_of(number) != handler:
                signal.signal(number, handler)
        if sys.path != self._path:
            sys.path[:] = self._path
        if sys.argv != self._argv:
            sys.argv[:] = self._argv
        if sys.getrecursionlimit() != self._recursion_limit:
            sys.setrecursionlimit(self._recursion_limit)
        self._restore_streams()

    def left_behind(self) -> str | None:
        """What an attempt has left that cannot be put back: child processes or threads of its own."""
        if _has_children():
            return "child processes"
        extra = [t for t in threading.enumerate() if t not in self._threads and type(t).__name__ not in _HARMLESS]
        return f"the thread {extra[0].name!r}" if extra else None

    def _restore_folder(self) -> None:
        try:
            if os.getcwd() == self._cwd:
                return
        except OSError:  # the folder in which the attempt left us is gone
            pass
        os.chdir(self._cwd)

    def _streams(self) -> None:
        sys.stdin = self._stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 # lives as long as the process
        sys.stdout = self._stdout = _unbuffered(1)
        sys.stderr = self._stderr = _unbuffered(2)
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = self._stdin, self._stdout, self._stderr  # type: ignore[misc]

    def _restore_streams(self) -> None:
        flush_streams()
        streams = (self._stdin, self._stdout, self._stderr)
        if all(map(_usable, streams)):
            sys.stdin, sys.stdout, sys.stderr = streams
        else:
            self._streams()


def _environment() -> dict[bytes, bytes]:
    """The environment as bytes; the mapping behind ``os.environb`` is read directly, being 50 times faster."""
    found = getattr(os.environ, "_data", None)
    return found if isinstance(found, dict) else dict(os.environb)


def flush_streams() -> None:
    """Write out what the standard streams still hold, whatever the attempt has made of them."""
    for name in ("stdout", "stderr"):
        with suppress(Exception):  # closed, detached, deleted, or replaced by an object of the user's
            getattr(sys, name).flush()


def _usable(stream: io.TextIOBase) -> bool:
    try:
        return not stream.closed
    except ValueError:  # detached from its file
        return False


def _unbuffered(descriptor: int) -> io.TextIOWrapper:
    """A text stream that holds nothing back, so that a log is complete up to a kill."""
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)


def _has_children() -> bool:
    try:
        while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if found.si_pid in _expected():
                return False
            os.waitpid(found.si_pid, os.WNOHANG)
    except ChildProcessError:
        return False
    return bool(_children() - _expected())


def _expected() -> set[int]:
    """Helper processes of multiprocessing that serve the whole process and hold nothing of an attempt."""
    tracker = sys.modules.get("multiprocessing.resource_tracker")
    pid = getattr(getattr(tracker, "_resource_tracker", None), "_pid", None)
    return {pid} if isinstance(pid, int) else set()


def _children() -> set[int]:
    import psutil

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {child.pid for child in psutil.Process().children()}
