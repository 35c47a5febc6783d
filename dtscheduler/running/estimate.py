"""About how long a run will take: what earlier runs took, laid out on this machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from statistics import quantiles

from dtscheduler.model.durations import show_duration
from dtscheduler.model.graph import downstream_of
from dtscheduler.model.job import JobSpec, Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How long a run takes if every part takes what it usually does (median), or its 90th percentile; in seconds.

    Both are None where there is no history at all. ``unknown`` names tasks that have none; they count as nothing.
    """

    median_seconds: float | None
    p90_seconds: float | None
    unknown: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.median_seconds is None or self.p90_seconds is None:
            return "no estimate: these tasks have not completed before"
        usual, slow = _about(self.median_seconds), _about(self.p90_seconds)
        text = usual if usual == slow else f"{usual}, {slow} if it goes slowly"
        text = text if usual.startswith("less") else f"about {text}"
        return text + (f", not counting {_counted(len(self.unknown))} without history" if self.unknown else "")


def estimate(
    spec: JobSpec,
    to_run: Mapping[int, int],
    history: Mapping[str, Sequence[float]],
    *,
    cpu_mhz: int,
    memory_mb: int,
) -> Estimate:
    """Estimate a run.

    Args:
        spec: the job.
        to_run: how many parts of a task run, by its number; tasks that are reused are left out.
        history: seconds that completed parts took, by the name of their task.
        cpu_mhz: what this machine has.
        memory_mb: what this machine has.
    """
    unknown = tuple(spec.tasks[task].name for task in sorted(to_run) if not history.get(spec.tasks[task].name))
    if to_run and len(unknown) == len(to_run):
        return Estimate(median_seconds=None, p90_seconds=None, unknown=unknown)
    usual = {task: _quantiles(history.get(spec.tasks[task].name, ())) for task in to_run}
    seconds = [
        laid_out(spec, to_run, {task: q[place] for task, q in usual.items()}, cpu_mhz=cpu_mhz, memory_mb=memory_mb)
        for place in (0, 1)
    ]
    return Estimate(median_seconds=seconds[0], p90_seconds=seconds[1], unknown=unknown)


def laid_out(
    spec: JobSpec, to_run: Mapping[int, int], seconds: Mapping[int, float], *, cpu_mhz: int, memory_mb: int
) -> float:
    """How long it takes to run parts of tasks, each of so many seconds, side by side as far as the machine allows.

    Parts of a task start when all before it have ended and there is room, by priority and then in order.
    """
    return _Machine(spec, to_run, seconds, cpu_mhz, memory_mb).run()


class _Machine:
    """A machine on which time passes from end to end of parts."""

    def __init__(
        self, spec: JobSpec, to_run: Mapping[int, int], seconds: Mapping[int, float], cpu_mhz: int, memory_mb: int
    ) -> None:
        self._spec, self._seconds = spec, seconds
        self._left = dict(to_run)
        self._unfinished = dict(to_run)
        self._free = [cpu_mhz, memory_mb]
        self._all = cpu_mhz, memory_mb
        self._downstream = downstream_of(spec.upstream)
        self._waits_for = [sum(u in to_run for u in set(upstream)) for upstream in spec.upstream]
        self._startable = [self._rank(task) for task in to_run if self._waits_for[task] == 0]
        self._startable.sort()
        self._running: list[tuple[float, int, int]] = []
        self._now = 0.0

    def run(self) -> float:
        self._start()
        while self._running:
            self._now, task, count = heappop(self._running)
            self._give(task, count)
            self._unfinished[task] -= count
            if not self._unfinished[task]:
                self._release(task)
            self._start()
        return self._now

    def _start(self) -> None:
        kept = []
        while self._startable:
            rank = heappop(self._startable)
            task = rank[1]
            if fits := min(self._room(task), self._left[task]):
                self._left[task] -= fits
                self._give(task, -fits)
                heappush(self._running, (self._now + self._seconds[task], task, fits))
            if self._left[task]:
                kept.append(rank)
                if not fits:
                    break
        for rank in kept:
            heappush(self._startable, rank)

    def _room(self, task: int) -> int:
        needs = self._needs(task)
        return max(0, min(free // need for free, need in zip(self._free, needs, strict=True)))

    def _give(self, task: int, count: int) -> None:
        for place, need in enumerate(self._needs(task)):
            self._free[place] += count * need

    def _needs(self, task: int) -> tuple[int, int]:
        """What a part takes; one that asks for more than there is runs alone."""
        needs: Resources = self._spec.tasks[task].needs
        return max(1, min(needs.cpu_mhz, self._all[0])), max(1, min(needs.memory_mb, self._all[1]))

    def _release(self, task: int) -> None:
        for following in self._downstream[task]:
            self._waits_for[following] -= 1
            if self._waits_for[following] == 0 and following in self._left:
                heappush(self._startable, self._rank(following))

    def _rank(self, task: int) -> tuple[int, int]:
        return self._spec.tasks[task].priority.rank, task


def _quantiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Median and 90th percentile; 0 where there is nothing."""
    if len(seconds) < 2:
        return (seconds[0], seconds[0]) if seconds else (0.0, 0.0)
    tenths = quantiles(seconds, n=10, method="inclusive")
    return tenths[4], tenths[8]


def _about(seconds: float) -> str:
    if seconds < 0.95:
        return "less than a second"
    return f"{seconds:.0f} s" if 10 <= seconds < 59.5 else show_duration(seconds)


def _counted(count: int) -> str:
    return f"{count} task{'' if count == 1 else 's'}"


def parts_to_run(open_parts: Collection[tuple[int, int]]) -> dict[int, int]:
    """How many parts of each task run, of parts given by number of task and part."""
    counts: dict[int, int] = {}
    for task, _ in open_parts:
        counts[task] = counts.get(task, 0) + 1
    return counts
