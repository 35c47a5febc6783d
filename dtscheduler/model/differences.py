"""What differs between two versions of a job, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from enum import Enum

from dtscheduler.model.config import decode
from dtscheduler.model.job import JobSpec, PartSpec, TaskSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.shown import printable

MOST_NAMED = 3
_NONE = object()
_PLAIN = (str, int, bool, Enum, type(None))


def job_changes(before: JobSpec, after: JobSpec) -> list[str]:
    """Say what differs: the job's own parameters first, then its tasks.

    Returns:
        One phrase for each difference: "tag: dev → prod", "task 'load': configuration changed: limit", "task 'x' is
        new"; empty where nothing differs.
    """
    return [*_header_changes(before, after), *_task_changes(before, after)]


def _header_changes(before: JobSpec, after: JobSpec) -> Iterator[str]:
    for field in fields(JobSpec):
        if field.name not in ("tasks", "upstream"):
            old, new = getattr(before, field.name), getattr(after, field.name)
            if old != new:
                yield _changed(field.name.replace("_", " "), old, new)


def _task_changes(before: JobSpec, after: JobSpec) -> Iterator[str]:
    old = {name_key(task.name): number for number, task in enumerate(before.tasks)}
    new = {name_key(task.name) for task in after.tasks}
    for number, task in enumerate(after.tasks):
        where = f"task {printable(task.name)!r}"
        known = old.get(name_key(task.name))
        if known is None:
            yield f"{where} is new"
            continue
        yield from (f"{where}: {change}" for change in _changes_of_task(before.tasks[known], task))
        waits, waited = _upstream(after, number), _upstream(before, known)
        if waits != waited:
            yield f"{where}: waits for {_named(waits) or 'nothing'}, not {_named(waited) or 'nothing'}"
    for task in before.tasks:
        if name_key(task.name) not in new:
            yield f"task {printable(task.name)!r} is gone"


def _changes_of_task(before: TaskSpec, after: TaskSpec) -> Iterator[str]:
    for field in fields(TaskSpec):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name != "parts" and old != new:
            yield _changed(field.name.replace("_", " "), old, new)
    yield from _part_changes(before.parts, after.parts)


def _part_changes(before: Sequence[PartSpec], after: Sequence[PartSpec]) -> Iterator[str]:
    old, new = ({name_key(part.name): part for part in parts} for parts in (before, after))
    if added := [part.name for key, part in new.items() if key not in old]:
        yield f"{_counted(len(added))} new: {_named(added)}"
    if gone := [part.name for key, part in old.items() if key not in new]:
        yield f"{_counted(len(gone))} gone: {_named(gone)}"
    keys: dict[str, None] = {}
    for key in old.keys() & new.keys():
        keys.update(dict.fromkeys(_changed_keys(old[key].config, new[key].config)))
    if keys:
        yield f"configuration changed: {_named(sorted(keys))}"


def _changed_keys(before: str, after: str) -> list[str]:
    if before == after:
        return []
    old, new = decode(before), decode(after)
    return [key for key in {**old, **new} if repr(old.get(key, _NONE)) != repr(new.get(key, _NONE))]


def _changed(name: str, old: object, new: object) -> str:
    """Both values where they are short to say; that it changed otherwise."""
    if isinstance(old, _PLAIN) and isinstance(new, _PLAIN):
        return f"{name}: {_said(old)} → {_said(new)}"
    return f"{name} changed"


def _said(value: object) -> str:
    text = str(value.value if isinstance(value, Enum) else value)
    return printable(text if len(text) <= 80 else text[:79] + "…") or "nothing"


def _upstream(spec: JobSpec, task: int) -> list[str]:
    return [spec.tasks[preceding].name for preceding in spec.upstream[task]]


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(printable, names[:MOST_NAMED])) + more


def _counted(count: int) -> str:
    return f"{count} part{'' if count == 1 else 's'}"
