"""A thread that looks at something for a widget, again and again, and never outlives it."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

Owner = TypeVar("Owner")

LONGEST = 1.0
LEAST = 0.4
SHARE = 0.06


class Poller(Generic[Owner]):
    """Calls ``look(owner)`` in a thread of its own until it says that there is no more to see.

    It holds its owner weakly: one that is collected is not looked for any more. Looks are so seldom that they take at
    most 6 % of the time that passes, and begin at most every 0.4 s.

    Args:
        owner: The widget.
        look: Looks, and returns whether there is more to come. What it raises ends the looking.
    """

    def __init__(self, owner: Owner, look: Callable[[Owner], bool]) -> None:
        self._owner, self._look = weakref.ref(owner), look
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    @property
    def alive(self) -> bool:
        """Whether it looks."""
        return self._thread is not None and self._thread.is_alive()

    def follow(self, goes_on: bool) -> None:
        """Look from now on if there is more to come, else no more."""
        if goes_on:
            self.begin()
        else:
            self.end()

    def begin(self) -> None:
        """Look from now on; nothing, if it does already."""
        with self._lock:
            if self.alive and not self._ended.is_set():
                return
            self._ended = threading.Event()
            self._thread = threading.Thread(
                target=_poll, args=(self._owner, self._look, self._ended), name="dtscheduler-widget", daemon=True
            )
            self._thread.start()

    def end(self) -> None:
        """Look no more; the thread goes as soon as a look that it is at is over. May be called from that look."""
        with self._lock:
            self._ended.set()


def _poll(owner: weakref.ref[Owner], look: Callable[[Owner], bool], ended: threading.Event) -> None:
    while not ended.is_set():
        began, used = time.monotonic(), time.thread_time()
        there = owner()
        if there is None or not look(there) or ended.is_set():
            return
        del there  # nothing is held while it waits
        used = time.thread_time() - used
        pause = max(LEAST - (time.monotonic() - began), used / SHARE)
        _wait(owner, ended, pause)


def _wait(owner: weakref.ref[Owner], ended: threading.Event, seconds: float) -> None:
    """Wait, but notice within a second that the owner has gone."""
    deadline = time.monotonic() + seconds
    while owner() is not None and (left := deadline - time.monotonic()) > 0:
        if ended.wait(min(left, LONGEST)):
            return
