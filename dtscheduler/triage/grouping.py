"""Which failures of a run are the same error."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import one_line
from dtscheduler.triage.contrast import Values, set_apart
from dtscheduler.triage.kind import ErrorKind, error_kind, without_place

FAILED = frozenset({TaskStatus.FAILED, TaskStatus.FAILED_AFTER, TaskStatus.OUT_OF_MEMORY})
MOST_MESSAGES = 5

Configs = Mapping[tuple[int, int], Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Parts of one task that failed with the same error.

    ``title`` reads "212 parts: ZeroDivisionError in size()", ``set_apart`` reads "all with tenor=7" or is empty;
    both are one line with secrets masked. ``total`` counts the parts of the task. ``example`` is the first of the
    parts as it was recorded: its reason and traceback are still to be masked.
    """

    task: int
    task_name: str
    kind: ErrorKind
    title: str
    parts: tuple[int, ...]
    total: int
    example: TaskRunRecord
    set_apart: str = ""

    @property
    def count(self) -> int:
        return len(self.parts)


def group_failures(task_runs: Sequence[TaskRunRecord], configs: Configs) -> list[FailureGroup]:
    """Group the failed parts of each task by their error, the largest group first.

    Args:
        task_runs: all task runs of a run, those that succeeded included.
        configs: the configuration of parts, by number of task and part; parts without one may be missing.
    """
    by_task: dict[int, list[TaskRunRecord]] = defaultdict(list)
    for record in task_runs:
        by_task[record.task].append(record)
    groups = [group for records in by_task.values() for group in _groups_of_task(records, configs)]
    return sorted(groups, key=lambda group: (-group.count, group.task, group.parts))


def _groups_of_task(records: Sequence[TaskRunRecord], configs: Configs) -> Iterable[FailureGroup]:
    failed = [record for record in records if record.status in FAILED]
    if not failed:
        return
    succeeded = _values([record for record in records if record.status.succeeded], configs)
    for kind, members in _by_kind(failed).items():
        yield FailureGroup(
            task=members[0].task,
            task_name=members[0].task_name,
            kind=kind,
            title=_title(kind, members, len(records)),
            parts=tuple(record.part for record in members),
            total=len(records),
            example=members[0],
            set_apart=set_apart(_values(members, configs), succeeded),
        )


def _values(records: Sequence[TaskRunRecord], configs: Configs) -> Values:
    return Values(configs.get((record.task, record.part), {}) for record in records)


def _by_kind(failed: Sequence[TaskRunRecord]) -> dict[ErrorKind, list[TaskRunRecord]]:
    known: dict[tuple[str, str], ErrorKind] = {}
    groups: dict[ErrorKind, list[TaskRunRecord]] = defaultdict(list)
    for record in sorted(failed, key=lambda record: record.part):
        recorded = (record.reason, record.traceback)
        kind = known.get(recorded) or known.setdefault(recorded, error_kind(*recorded))
        groups[kind].append(record)
    return _merged(groups)


def _merged(groups: Mapping[ErrorKind, list[TaskRunRecord]]) -> dict[ErrorKind, list[TaskRunRecord]]:
    """Kinds that differ in their messages only are one kind if they are many: the messages hold unquoted details."""
    messages = Counter(replace(kind, message="") for kind in groups if kind.exception)
    merged: dict[ErrorKind, list[TaskRunRecord]] = defaultdict(list)
    for kind, members in groups.items():
        alike = replace(kind, message="")
        merged[alike if messages[alike] > MOST_MESSAGES else kind] += members
    return {kind: sorted(members, key=lambda record: record.part) for kind, members in merged.items()}


def _title(kind: ErrorKind, members: Sequence[TaskRunRecord], total: int) -> str:
    what = one_line(kind.exception or _common_reason(kind, members), 120)
    where = f" in {one_line(kind.function, 80)}()" if kind.function else ""
    if total == 1:
        return what + where
    return f"{len(members):,} part{'s' if len(members) > 1 else ''}: {what}{where}"


def _common_reason(kind: ErrorKind, members: Sequence[TaskRunRecord]) -> str:
    first = members[0].reason
    alike = all(record.reason == first for record in members)
    return (without_place(first) if alike else kind.message) or "no reason was recorded"
