"""A job as somebody types it: tasks that may be wrong, tied to each other by what they are and not by their names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from dtscheduler.api.schedule import Schedule
from dtscheduler.model.names import name_key
from dtscheduler.ui.views.building import TaskRow
from dtscheduler.ui.views.code import Code

CELLS = ("name", "entrypoint", "waits_for", "cpu_mhz", "memory_mb", "retries", "configuration")
_NUMBERS = ("cpu_mhz", "memory_mb", "retries")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A task. ``waits`` are the keys of others, or names that no task has yet; its row says nothing of them."""

    key: int
    row: TaskRow
    waits: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A job as typed. ``fresh`` is the key of the next task that is added."""

    name: str = ""
    code: Code | None = None
    schedule: Schedule | None = field(default_factory=Schedule)
    tasks: tuple[Drafted, ...] = ()
    fresh: int = 0

    @classmethod
    def of(cls, name: str, code: Code, rows: Sequence[TaskRow], schedule: Schedule) -> Draft:
        """The draft of a job that is there."""
        tasks = tuple(
            Drafted(key=key, row=replace(row, waits_for=()), waits=row.waits_for) for key, row in enumerate(rows)
        )
        return cls(name=name, code=code, schedule=schedule, tasks=tasks, fresh=len(tasks)).resolved()

    @property
    def rows(self) -> list[TaskRow]:
        """The tasks with the names of what they wait for, as those are now."""
        names = {task.key: task.row.name for task in self.tasks}
        return [
            replace(task.row, waits_for=tuple(names[key] if isinstance(key, int) else key for key in task.waits))
            for task in self.tasks
        ]

    def free_name(self, name: str) -> str:
        """The name, or if a task has it the first of ``name-1``, ``name-2`` that none has."""
        taken, count, found = {name_key(task.row.name) for task in self.tasks}, 0, name
        while name_key(found) in taken:
            count += 1
            found = f"{name}-{count}"
        return found

    def with_new(self, row: TaskRow, waits: tuple[int | str, ...] = ()) -> Draft:
        """With one more task."""
        task = Drafted(key=self.fresh, row=row, waits=waits)
        return replace(self, tasks=(*self.tasks, task), fresh=self.fresh + 1)

    def without(self, numbers: Collection[int]) -> Draft:
        """Without some tasks; nothing waits for them any more."""
        return self.arranged([number for number in range(len(self.tasks)) if number not in numbers])

    def arranged(self, came_from: Sequence[int | None]) -> Draft:
        """With the tasks in another order: each by its number now, None for a new one without anything in it."""
        tasks, fresh = list[Drafted](), self.fresh
        for number in came_from:
            if number is None:
                tasks.append(Drafted(key=fresh, row=TaskRow(name="")))
                fresh += 1
            else:
                tasks.append(self.tasks[number])
        there = {task.key for task in tasks}
        kept = (
            replace(task, waits=tuple(key for key in task.waits if not isinstance(key, int) or key in there))
            for task in tasks
        )
        return replace(self, tasks=tuple(kept), fresh=fresh)

    def with_waits(self, number: int, waits: tuple[int | str, ...]) -> Draft:
        """With a task that waits for others."""
        return self._with(number, replace(self.tasks[number], waits=waits))

    def with_cell(self, number: int, column: str, value: object) -> Draft:
        """With a cell filled as typed: what is no number stays, for the core to refuse."""
        task = self.tasks[number]
        if column == "waits_for":
            return self.with_waits(number, self._keys(task, value))
        return self._with(number, replace(task, row=replace(task.row, **{column: _read(column, value)})))

    def resolved(self) -> Draft:
        """With each name that a task has by now tied to that task."""
        keys: dict[str, int] = {}
        for task in self.tasks:
            keys.setdefault(name_key(task.row.name), task.key)
        tasks = tuple(
            replace(
                task, waits=tuple(key if isinstance(key, int) else keys.get(name_key(key), key) for key in task.waits)
            )
            if any(isinstance(key, str) for key in task.waits)
            else task
            for task in self.tasks
        )
        return replace(self, tasks=tasks)

    def _with(self, number: int, task: Drafted) -> Draft:
        return replace(self, tasks=(*self.tasks[:number], task, *self.tasks[number + 1 :]))

    def _keys(self, task: Drafted, value: object) -> tuple[int | str, ...]:
        """What names mean: those for which a task waits already stand for the same tasks, whoever shares the name."""
        names = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
        given = {other.key: other.row.name for other in self.tasks}
        already = {name_key(given[key]): key for key in task.waits if isinstance(key, int)}
        stripped = [str(name).strip() for name in names]
        return tuple(dict.fromkeys(already.get(name_key(name), name) for name in stripped if name))


def rows_before(before: Sequence[Sequence[object]], after: Sequence[Sequence[object]]) -> list[int | None]:
    """For each row of an edited table, which it was before; None for a new one."""
    if len(before) == len(after):
        return list(range(len(before)))
    was, now = [list(map(repr, row)) for row in before], [list(map(repr, row)) for row in after]
    blocks = SequenceMatcher(None, list(map(tuple, was)), list(map(tuple, now)), autojunk=False).get_matching_blocks()
    came_from: list[int | None] = [None] * len(after)
    for start, place, size in blocks:
        came_from[place : place + size] = range(start, start + size)
    return came_from


def _read(column: str, value: Any) -> Any:
    if column in _NUMBERS:
        return value if value != "" else None
    return "" if value is None else str(value)
