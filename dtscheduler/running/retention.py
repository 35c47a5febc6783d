"""What may go: runs that ended long ago, and results that no run needs. Told everything, asks nobody."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from dtscheduler.model.names import name_key
from dtscheduler.model.pruning import PastRun
from dtscheduler.model.status import RunStatus

_RESULT = re.compile(r"([0-9a-f]{32})\.(\d{1,9})\.(\d{1,9})\.\d{1,9}\.\d{1,9}(@\d+)?", re.ASCII)
_CODE = re.compile(r"code\.[0-9a-f]{1,64}(@\d+)?", re.ASCII)
_RUN_UUID = re.compile(r"[0-9a-f]{32}", re.ASCII)

Claim = Callable[[PastRun], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Which runs stay: those that ended at ``since`` or later, and of every job the latest ``last`` that ran.

    ``job``: prune runs of the job of this name only.
    """

    since: datetime
    last: int = 0
    job: str | None = None

    def concerns(self, run: PastRun) -> bool:
        """Whether it is about this run at all."""
        return self.job is None or name_key(self.job) == name_key(run.job_name)

    def old(self, run: PastRun) -> bool:
        """Whether a run ended, and was due, before ``since``.

        One for an instant to come, from a time when the clock was ahead, keeps that instant from having another run.
        """
        times = run.ended or run.submitted, run.scheduled or run.submitted
        return run.status.final and max(times) < self.since


def removable(runs: Iterable[PastRun], keep: Keep, *, may_remove: Claim, awaited: Claim) -> Iterator[PastRun]:
    """The runs that may go, in the order in which they are given.

    A run that is repeated by one that stays, stays as well. Expired runs, of which an absence leaves thousands, are not
    counted as the latest ones of their job. That a run started another one (Run-After) holds neither of the two.

    Args:
        runs: all runs, the highest number first; memory is needed for those only that are repeated.
        keep: which stay.
        may_remove: whether a run may be removed by whoever prunes; asked for those only that would go.
        awaited: whether something is still to be done about a run that has ended; asked likewise.
    """
    ran: Counter[str] = Counter()
    repeated: set[int] = set()
    for run in runs:
        of_the_latest = False
        if run.status.final and run.status is not RunStatus.EXPIRED:
            ran[name_key(run.job_name)] += 1
            of_the_latest = ran[name_key(run.job_name)] <= keep.last
        goes = keep.concerns(run) and keep.old(run) and not of_the_latest and run.id not in repeated
        repeated.discard(run.id)
        if goes and may_remove(run) and not awaited(run):
            yield run
        else:
            repeated.update(number for number in (run.rerun_of, run.lineage) if number is not None)


@dataclass(frozen=True, slots=True)
class Place:
    """Of which attempt a result is."""

    run_uuid: str
    task: int
    part: int


def place_of(key: str) -> Place | None:
    """Where a result comes from, read off its key; None for keys of anything else."""
    found = _RESULT.fullmatch(key)
    return Place(found[1], int(found[2]), int(found[3])) if found else None


def is_code(key: str) -> bool:
    """Whether a key is that of a function kept by value."""
    return bool(_CODE.fullmatch(key))


def is_run_uuid(name: str) -> bool:
    """Whether a name, of a folder for instance, can be the uuid of a run."""
    return bool(_RUN_UUID.fullmatch(name))


def goes_with_run(uuid: str, run: PastRun | None, *, gone: Collection[str], strangers: bool) -> bool:
    """Whether what belongs to a run, its logs for instance, may go since the run has gone.

    Args:
        uuid: the run's uuid.
        run: the run, where the store knows it.
        gone: the uuids of the runs that go, or went, in this pruning.
        strangers: whether what belongs to runs that the store does not know may go.
    """
    if run is not None and not run.status.final:
        return False
    return uuid in gone or (run is None and strangers)


def unneeded(
    keys: Iterable[str],
    runs: Mapping[str, PastRun],
    referred: Collection[str],
    *,
    gone: Collection[str],
    freed: Collection[str],
    strangers: bool,
    superseded: Claim,
) -> list[str]:
    """The keys of results that no task run refers to.

    Args:
        keys: keys of results, listed before anything else was asked.
        runs: the runs they come from, by uuid, as far as the store knows them.
        referred: those of the keys to which task runs of runs that stay refer.
        gone: the uuids of the runs that go, or went, in this pruning.
        freed: keys of results that those runs had taken from others, which may have gone before.
        strangers: whether results of runs that the store does not know may go.
        superseded: whether results to which its run does not refer may go, of a run that has ended and stays.
    """
    found = []
    for key in keys:
        place = place_of(key)
        if place is None or key in referred:
            continue
        run = runs.get(place.run_uuid)
        if run is None or place.run_uuid in gone:
            goes = goes_with_run(place.run_uuid, run, gone=gone, strangers=strangers or key in freed)
        else:
            goes = run.status.final and superseded(run)
        if goes:
            found.append(key)
    return found


class Marks(Collection[str]):
    """Texts to be recognised again, remembered at eight bytes each.

    It may take a text for one of them that is none, once in 2⁶⁴ for each: ask it only where that does no harm.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._marks = array("Q", map(_mark, texts))
        self._sorted = False

    def add(self, text: str) -> None:
        """Remember one more."""
        self._marks.append(_mark(text))
        self._sorted = False

    def __contains__(self, text: object) -> bool:
        if not self._sorted:
            self._marks = array("Q", sorted(self._marks))
            self._sorted = True
        place = bisect_left(self._marks, _mark(str(text)))
        return place < len(self._marks) and self._marks[place] == _mark(str(text))

    def __len__(self) -> int:
        return len(self._marks)

    def __iter__(self) -> Iterator[str]:
        raise TypeError("what is only recognised cannot be listed")


def _mark(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
