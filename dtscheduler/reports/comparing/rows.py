"""Two runs compared task by task, in the order in which results follow from each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dtscheduler.errors import ResultError
from dtscheduler.model.graph import topological_order
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.text import one_line
from dtscheduler.reports.comparing.sides import Side
from dtscheduler.reports.comparing.values import difference
from dtscheduler.reports.comparing.why import reasons

_MOST_NAMED = 3
_LONGEST = 300


class Verdict(StrEnum):
    """What a comparison of one task has come to."""

    SAME = "same"
    DIFFERS = "differs"
    NOT_COMPLETED = "did not complete"
    NO_RESULT = "no result in either"
    ONLY_IN_ONE = "only in one run"
    UNKNOWN = "cannot be compared"

    @property
    def alike(self) -> bool:
        return self in (Verdict.SAME, Verdict.NO_RESULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskComparison:
    """One task in two runs.

    ``parts`` counts the parts compared, ``differ`` those that differ, ``difference`` says where the first of them does,
    ``why`` what is known to be behind it.
    """

    task: str
    parts: int = 0
    differ: int = 0
    verdict: Verdict = Verdict.SAME
    difference: str = ""
    why: str = ""


Pair = tuple[TaskRunRecord, TaskRunRecord]


@dataclass(frozen=True, slots=True)
class _Found:
    verdict: Verdict
    said: str
    pair: Pair


def compared(before: Side, after: Side, tol: float) -> list[TaskComparison]:
    """Compare two runs; one row a task, upstream tasks first, tasks of the first run only at the end.

    Results are loaded one pair at a time, and only where their digests differ.
    """
    rows: list[TaskComparison] = []
    unlike: set[str] = set()
    keys = list(after.numbers)
    order = [keys[number] for number in topological_order(after.spec.upstream)]
    gone = [key for key in before.numbers if key not in after.numbers]
    for key in [*order, *gone]:
        if key not in before.numbers or key not in after.numbers:
            side = after if key in after.numbers else before
            rows.append(_alone(side, key))
        else:
            rows.append(_task(before, after, key, tol, unlike))
        if not rows[-1].verdict.alike:
            unlike.add(key)
    return rows


def _alone(side: Side, key: str) -> TaskComparison:
    where = f"only in run {side.run.id}"
    return TaskComparison(task=side.task(key).name, verdict=Verdict.ONLY_IN_ONE, difference=where, why=where)


def _task(before: Side, after: Side, key: str, tol: float, unlike: set[str]) -> TaskComparison:
    old, new = before.parts(before.numbers[key]), after.parts(after.numbers[key])
    if not (old and new):
        return _without_task_runs(before, after, key, old, new)
    pairs = [(old[name], record) for name, record in new.items() if name in old]
    found = [one for pair in pairs if (one := _part(before, after, pair, tol))]
    several = len(old) > 1 or len(new) > 1
    apart = _unpaired(before, after, old, new)
    worst = next((one for verdict in _WORST for one in found if one.verdict is verdict), None)
    verdict = worst.verdict if worst else Verdict.SAME
    if apart and verdict.alike:
        verdict = Verdict.DIFFERS
    said = _at_part(worst, several) if worst else ""
    return TaskComparison(
        task=after.task(key).name,
        parts=len(pairs),
        differ=sum(not one.verdict.alike for one in found),
        verdict=verdict,
        difference="; ".join(filter(None, (said, apart))),
        why=_why(before, after, key, worst, unlike) or (apart if not verdict.alike else ""),
    )


def _without_task_runs(
    before: Side, after: Side, key: str, old: dict[str, TaskRunRecord], new: dict[str, TaskRunRecord]
) -> TaskComparison:
    """A run that never began has no task runs."""
    side = after if old else before
    return TaskComparison(
        task=after.task(key).name,
        verdict=Verdict.NOT_COMPLETED if old or new else Verdict.NO_RESULT,
        difference=f"run {side.run.id} has no task runs, it is {side.run.status}",
        why=one_line(side.run.reason, _LONGEST) if old or new else "",
    )


_WORST = (Verdict.DIFFERS, Verdict.NOT_COMPLETED, Verdict.UNKNOWN, Verdict.NO_RESULT)


def _why(before: Side, after: Side, key: str, worst: _Found | None, unlike: set[str]) -> str:
    if worst is None or worst.verdict is Verdict.NO_RESULT:
        return ""
    if worst.verdict is Verdict.NOT_COMPLETED:
        side, record = _without_result(before, after, worst.pair)
        return one_line(record.reason, _LONGEST) or f"it {_ended(record)} in run {side.run.id}"
    return reasons(before, after, key, worst.pair, unlike)


def _part(before: Side, after: Side, pair: Pair, tol: float) -> _Found | None:
    """What is unlike in one part; None where it is the same."""
    old, new = pair
    if not old.status.succeeded and not new.status.succeeded:
        said = _ended(new) if old.status is new.status else f"{_ended(old)} → {_ended(new)}"
        return _Found(Verdict.NO_RESULT, said, pair)
    if not (old.status.succeeded and new.status.succeeded):
        side, record = _without_result(before, after, pair)
        return _Found(Verdict.NOT_COMPLETED, f"{_ended(record)} in run {side.run.id}", pair)
    if old.digest and old.digest == new.digest:
        return None
    if account := before.elsewhere or after.elsewhere:
        return _unread(account, pair)
    return _loaded(before, after, pair, tol)


def _loaded(before: Side, after: Side, pair: Pair, tol: float) -> _Found | None:
    try:
        found = difference(before.value(pair[0]), after.value(pair[1]), tol)
    except ResultError as error:
        known = "its bytes differ; " if pair[0].digest and pair[1].digest else ""
        return _Found(Verdict.UNKNOWN, known + one_line(str(error), _LONGEST), pair)
    return _Found(Verdict.DIFFERS, one_line(str(found), _LONGEST), pair) if found else None


def _unread(account: str, pair: Pair) -> _Found | None:
    """Results of another account could make this one run anything, so only what was written about them is compared."""
    old, new = pair
    unread = f"only account {one_line(account, 80)} reads the values"
    previews = [one_line(record.preview, 80) for record in pair]
    if old.digest and new.digest:
        shown = f"{previews[0]} → {previews[1]}" if previews[0] != previews[1] else f"both are shown as {previews[0]}"
        return _Found(Verdict.DIFFERS, f"its bytes differ; {shown}; {unread}", pair)
    return _Found(Verdict.UNKNOWN, f"no digest was kept, and {unread}", pair)


def _unpaired(before: Side, after: Side, old: dict[str, TaskRunRecord], new: dict[str, TaskRunRecord]) -> str:
    """The parts that only one of the runs has."""
    said = []
    for side, here, there in ((before, old, new), (after, new, old)):
        names = [one_line(record.part_name, 80) for key, record in here.items() if key not in there]
        if names:
            more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
            count = f"{len(names):,} part{'s' if len(names) > 1 else ''}"
            said.append(f"{count} only in run {side.run.id}: {', '.join(names[:_MOST_NAMED])}{more}")
    return "; ".join(said)


def _at_part(found: _Found, several: bool) -> str:
    return f"{one_line(found.pair[1].part_name, 80)}: {found.said}" if several else found.said


def _without_result(before: Side, after: Side, pair: Pair) -> tuple[Side, TaskRunRecord]:
    return (before, pair[0]) if not pair[0].status.succeeded else (after, pair[1])


def _ended(record: TaskRunRecord) -> str:
    word = record.status.value.replace("_", " ")
    return word if record.status.final else f"is {word}"
