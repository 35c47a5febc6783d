"""The suites that a server's visitors look at: one process for each visitor and suite, and no more than so many."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from dtscheduler.suites.remote import RemoteSuite

MOST_PROCESSES = 8


class SuitePool:
    """Keeps suites, so that a page that is loaded again finds the process that is there.

    Args:
        most: how many suites may have a process; the process of the one that was asked for longest ago ends first, and
            begins anew when it is needed.
    """

    def __init__(self, most: int = MOST_PROCESSES) -> None:
        self._most, self._lock = most, Lock()
        self._suites: OrderedDict[Hashable, RemoteSuite] = OrderedDict()

    def of(self, key: Hashable, make: Callable[[], RemoteSuite]) -> RemoteSuite:
        """The suite that is kept under a key, or the one that ``make`` makes.

        Args:
            key: the suite, and whoever looks at it: nobody shares a process with somebody else.
            make: makes the suite.
        """
        with self._lock:
            found = self._suites.pop(key, None) or make()
            self._suites[key] = found
            eldest = list(self._suites.values())[: -self._most]
        for suite in eldest:
            suite.rest()
        return found

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            suites = list(self._suites.values())
            self._suites.clear()
        for suite in suites:
            suite.close()
