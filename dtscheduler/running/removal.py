"""What is done with what may go: it is measured, or removed."""

from __future__ import annotations

import shutil
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from dtscheduler.model.pruning import PastRun, RunsRemoved
from dtscheduler.ports import PruneStore, ResultCache

SETTLING_SECONDS = 0.5


class Hand(Protocol):
    """What is done with what may go."""

    def runs(self, chunk: Sequence[PastRun]) -> RunsRemoved: ...
    def still_borrowed(self) -> Iterator[str]:
        """The keys of the results that runs which stay took from others."""

    def alerts(self, alert_ids: Sequence[int]) -> int: ...
    def results(self, cache: ResultCache, keys: Sequence[str], idle_seconds: float) -> tuple[int, int]:
        """How many, and their bytes."""

    def folder(self, folder: Path) -> int:
        """Its bytes."""


class Looking:
    """Only measures."""

    def __init__(self, store: PruneStore) -> None:
        self._store = store
        self._going = array("q")

    def runs(self, chunk: Sequence[PastRun]) -> RunsRemoved:
        ids = frozenset(run.id for run in chunk)
        self._going.extend(-run.id for run in chunk)  # in rising order, to be searched
        return RunsRemoved(ids, sum(self._store.task_run_counts(ids).values()))

    def still_borrowed(self) -> Iterator[str]:
        for run_id, key in self._store.borrowed_results():
            place = bisect_left(self._going, -run_id)
            if place == len(self._going) or self._going[place] != -run_id:
                yield key

    def alerts(self, alert_ids: Sequence[int]) -> int:
        return len(alert_ids)

    def results(self, cache: ResultCache, keys: Sequence[str], idle_seconds: float) -> tuple[int, int]:
        sizes = cache.sizes(keys, idle_seconds=idle_seconds) if keys else {}
        return len(sizes), sum(sizes.values())

    def folder(self, folder: Path) -> int:
        return sum(_size(path) for path in folder.iterdir())


class Removing:
    """Removes, and measures what went."""

    def __init__(self, store: PruneStore, logs: Path) -> None:
        self._store, self._root = store, logs
        self._removed = False

    def runs(self, chunk: Sequence[PastRun]) -> RunsRemoved:
        done = self._store.remove_runs([run.id for run in chunk])
        self._removed = self._removed or bool(done.run_ids)
        return done

    def still_borrowed(self) -> Iterator[str]:
        if self._removed:  # a run that found results of these just before may have yet to write that it took them
            time.sleep(SETTLING_SECONDS)
        return (key for _, key in self._store.borrowed_results())

    def alerts(self, alert_ids: Sequence[int]) -> int:
        return self._store.remove_alerts(alert_ids)

    def results(self, cache: ResultCache, keys: Sequence[str], idle_seconds: float) -> tuple[int, int]:
        sizes = cache.sizes(keys, idle_seconds=idle_seconds) if keys else {}
        return (len(sizes), cache.remove(sizes, idle_seconds=idle_seconds)) if sizes else (0, 0)

    def folder(self, folder: Path) -> int:
        if not folder.resolve().is_relative_to(self._root.resolve()):
            raise OSError("it lies elsewhere")
        size = sum(_size(path) for path in folder.iterdir())
        shutil.rmtree(folder)
        return size


def _size(path: Path) -> int:
    found = path.lstat()
    return min(found.st_size, found.st_blocks * 512)  # the middle of a long log may have no blocks
