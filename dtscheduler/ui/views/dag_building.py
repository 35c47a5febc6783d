"""A job that is composed step by step: what there is so far, what is wrong with it, and what each change makes of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dtscheduler.api.dag import DAG
from dtscheduler.api.schedule import Schedule
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.graph import Graph
from dtscheduler.model.shown import printable
from dtscheduler.reports.page.wording import counted
from dtscheduler.ui.views.building import (
    Changes,
    Fault,
    TaskRow,
    changed_dag,
    changes,
    new_dag,
    path_said,
    python_shown,
    rows_of,
    with_schedule,
    written_by_calls,
)
from dtscheduler.ui.views.code import Code, code_of
from dtscheduler.ui.views.drafts import CELLS, Draft, rows_before
from dtscheduler.ui.views.entrypoints import Entrypoints, function_of

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace

MOST_STEPS = 200
WORDS = {
    "name": "name",
    "entrypoint": "entrypoint",
    "waits_for": "what it waits for",
    "cpu_mhz": "CPU",
    "memory_mb": "Memory",
    "retries": "Retries",
    "configuration": "configuration",
}


class DagBuilderModel:
    """What somebody composes: a draft, the DAG that it makes once it is right, and the way back.

    Rows are named by their numbers, columns as in ``TaskRow``.

    Args:
        code: Where the code is; None: of the DAG, or to be chosen yet.
        dag: What to start from; None: nothing.

    Raises:
        InvalidJobError: ``dag`` has no tasks.
    """

    def __init__(self, *, code: Code | None = None, dag: DAG | None = None) -> None:
        self._given = dag
        self._opened = None if dag is None else dag.spec()
        self._shown_rows = [] if self._opened is None else rows_of(self._opened)
        self._past: list[tuple[Draft, str]] = []
        self._keys_drawn: dict[str, int] = {}
        self.drawn: DAG | None = None
        self.entrypoints = Entrypoints()
        if self._opened is None or dag is None:
            self._draft = Draft(code=None if code is None else _real(code))
        else:
            opened = replace(code_of(self._opened), tag=self._opened.tag)
            self._draft = Draft.of(self._opened.name, opened, self._shown_rows, dag.schedule)
        self._judge()

    # -- what there is

    @property
    def name(self) -> str:
        """Of the job, as typed."""
        return self._draft.name

    @property
    def code(self) -> Code | None:
        """Where the code is, and the tag of the job."""
        return self._draft.code

    @property
    def schedule(self) -> Schedule | None:
        """When the job runs by itself; None where what was chosen is not right."""
        return self._draft.schedule

    @property
    def rows(self) -> list[TaskRow]:
        """The tasks, as typed."""
        return self._draft.rows

    @property
    def opened(self) -> bool:
        """Whether it was begun from a DAG: then the code is that of the DAG."""
        return self._opened is not None

    @property
    def fixed(self) -> bool:
        """Whether functions were called to make the tasks: which there are, and their edges, is then in the calls."""
        return self._opened is not None and written_by_calls(self._opened)

    @property
    def undoes(self) -> str:
        """What ``undo`` takes back, in words; empty if there is nothing."""
        return self._past[-1][1] if self._past else ""

    @property
    def text(self) -> str:
        """It in a few lines."""
        rows = self.rows
        lines = [f"{printable(self.name) or 'a job without a name'}: {counted(len(rows), 'task')}"]
        for row in rows:
            after = f" after {', '.join(map(printable, row.waits_for))}" if row.waits_for else ""
            lines.append(f"  {printable(row.name)}: {printable(row.entrypoint)}{after}")
        lines += [f"  not right yet: {printable(fault.message)}" for fault in self.problems]
        return "\n".join(lines)

    def key_at(self, number: int | None) -> int | None:
        """What names the task of a row for good, wherever the row goes; None where there is none."""
        there = number is not None and 0 <= number < len(self._draft.tasks)
        return self._draft.tasks[number].key if there and number is not None else None

    def row_at(self, key: int | None) -> int | None:
        """The row of the task that a key names."""
        return next((number for number, task in enumerate(self._draft.tasks) if task.key == key), None)

    # -- what is done to it

    def rename_job(self, name: str) -> None:
        """Give the job another name."""
        self._change(replace(self._draft, name=name), "the name of the job", typed=True)

    def take(self, code: Code) -> None:
        """Take the code from somewhere else, or under another tag."""
        if self.opened and self.code is not None:
            code = replace(self.code, tag=code.tag)
        self._change(replace(self._draft, code=_real(code)), "the code")

    def plan_for(self, schedule: Schedule | None) -> None:
        """Run the job at other times; None where they are not right yet."""
        self._change(replace(self._draft, schedule=schedule), "the schedule", typed=True)

    def add(self, entrypoint: str, after: int | None = None) -> int:
        """Add a task named after its function, which waits for another one if that is given; returns its row."""
        self._check_free("add a task")
        name = self._draft.free_name(function_of(entrypoint) or "task")
        waits = () if after is None else (self._draft.tasks[after].key,)
        self._change(self._draft.with_new(TaskRow(name=name, entrypoint=entrypoint), waits), f"add {name!r}")
        return len(self._draft.tasks) - 1

    def remove(self, number: int) -> None:
        """Remove a task; nothing waits for it any more."""
        self._check_free("remove a task")
        name = self.rows[number].name
        self._change(self._draft.without([number]), f"remove {name!r}")

    def edit(self, number: int, column: str, value: object) -> None:
        """Fill a cell as typed; who waits for a task follows its new name."""
        what = (
            f"{WORDS[column]} of {self.rows[number].name!r}" if column != "name" else f"the name of task {number + 1}"
        )
        self._change(self._draft.with_cell(number, column, value), what, typed=True)

    def put(self, after: Sequence[Sequence[object]]) -> None:
        """Take over a table as it has been edited: cells that changed, rows that came and went."""
        before = self.table
        came_from = rows_before(before, after)
        if self.fixed and came_from != list(range(len(before))):
            raise InvalidJobError(_BY_CALLS.format("add or remove tasks"))
        draft, what = self._draft, list[str]()
        kept = [number for number in came_from if number is not None]
        gone = [number for number in range(len(before)) if number not in kept]
        if gone:
            what.append(f"remove {', '.join(repr(self.rows[number].name) for number in gone)}")
        draft = draft.arranged(came_from)
        for number, (origin, cells) in enumerate(zip(came_from, after, strict=True)):
            for column, value in zip(CELLS, cells, strict=True):
                if origin is None or before[origin][CELLS.index(column)] != value:
                    draft = draft.with_cell(number, column, value)
                    what += [] if origin is None else [f"{WORDS[column]} of {self.rows[origin].name!r}"]
        if None in came_from:
            what.append("add a task")
        if what:
            self._change(draft, what[0])

    @property
    def table(self) -> list[list[object]]:
        """The tasks as rows of plain values, in the order of ``CELLS``."""
        return [[_plain(getattr(row, column)) for column in CELLS] for row in self.rows]

    def connect(self, upstream: int, downstream: int) -> None:
        """Make a task wait for another one; if it does already, no more.

        Raises:
            InvalidJobError: It would wait for itself; the message has the way.
        """
        self._check_free("connect tasks")
        tasks = self._draft.tasks
        left, right = tasks[upstream], tasks[downstream]
        what = f"{right.row.name!r} waits for {left.row.name!r}"
        if left.key in right.waits:
            waits = tuple(key for key in right.waits if key != left.key)
            self._change(self._draft.with_waits(downstream, waits), f"{what} no more")
            return
        if circle := self._circle(upstream, downstream):
            raise InvalidJobError(f"{right.row.name!r} would wait for itself: {path_said(circle)}")
        self._change(self._draft.with_waits(downstream, (*right.waits, left.key)), what)

    def undo(self) -> None:
        """Take the last change back; nothing if there is none."""
        if self._past:
            self._draft, _ = self._past.pop()
            self._typed = ""
            self._judge()

    # -- what becomes of it

    def drawn_name(self, number: int | None) -> str | None:
        """The name under which the task of a row stands in the DAG that was right last."""
        key = self.key_at(number)
        return next((name for name, drawn in self._keys_drawn.items() if drawn == key), None)

    def row_of_drawn(self, name: str | None) -> int | None:
        """The row of a task by the name it has in the DAG that was right last."""
        return self.row_at(self._keys_drawn.get(name) if name is not None else None)

    def right(self) -> DAG:
        """The DAG. Raises ``InvalidJobError``, with what is wrong first, while there is none."""
        if self.dag is None:
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            raise InvalidJobError(f"the job is not right yet: {self.problems[0].message}{more}")
        return self.dag

    def python(self) -> tuple[str, bool]:
        """The Python that builds the DAG, and whether secrets in it are masked. Raises as ``right`` does."""
        return python_shown(self.right())

    def changes(self, place: Workspace) -> Changes:
        """What saving it would change. Raises as ``right`` does."""
        return changes(place, self.right())

    def _change(self, draft: Draft, what: str, *, typed: bool = False) -> None:
        if draft == self._draft:
            return
        if not (typed and self._past and self._typed == what):  # letters of one word are one change
            self._past = [*self._past[-MOST_STEPS + 1 :], (self._draft, what)]
        self._typed = what if typed else ""
        self._draft = draft.resolved()
        self._judge()

    _typed = ""

    def _judge(self) -> None:
        """Make the DAG anew, or say all that is wrong; the one that was right last stays drawn."""
        found = self._made(self._draft.name or "unnamed")
        if not self._draft.name and self._draft.code is not None:
            nameless = Fault(row=None, message="give the job a name", column="name")
            found = (nameless, *(() if isinstance(found, DAG) else found))
        self.dag: DAG | None = found if isinstance(found, DAG) else None
        self.problems: tuple[Fault, ...] = () if isinstance(found, DAG) else found
        if self.dag is not None:
            self.drawn = self.dag
            self._keys_drawn = {task.row.name: task.key for task in self._draft.tasks}

    def _made(self, name: str) -> DAG | tuple[Fault, ...]:
        draft, rows = self._draft, self.rows
        if draft.code is None:
            return (Fault(row=None, message="choose an image, or a folder for a dev run", column="code"),)
        if draft.schedule is None:
            return (Fault(row=None, message="the schedule is not right yet", column="schedule"),)
        if self._opened is None or self._given is None:
            made = new_dag(name, draft.code, rows)
            return with_schedule(made, draft.schedule) if isinstance(made, DAG) else made
        header = replace(self._opened, tag=draft.code.tag, schedule=draft.schedule.spec)
        if not (header.image or header.dev_run) and any(row.origin is None for row in rows):
            header = replace(header, image=draft.code.image)
        made = changed_dag(header, self._shown_rows, name, rows)
        if isinstance(made, DAG):  # functions that no file holds are known to the DAG alone that called them
            for row, task in zip(rows, made.tasks, strict=True):
                before = None if row.origin is None else self._given.tasks[row.origin]
                if before is not None and before.spec.entrypoint == task.spec.entrypoint:
                    task.function = before.function
        return made

    def _circle(self, upstream: int, downstream: int) -> list[str] | None:
        tasks, graph = self._draft.tasks, Graph()
        numbers = {task.key: graph.add_task() for task in tasks}
        for number, task in enumerate(tasks):
            for key in task.waits:
                if isinstance(key, int):
                    graph.add_edge(numbers[key], number)
        circle = graph.add_edge(upstream, downstream)
        return [tasks[number].row.name for number in circle] if circle else None

    def _check_free(self, act: str) -> None:
        if self.fixed:
            raise InvalidJobError(_BY_CALLS.format(act))


_BY_CALLS = "functions were called to make these tasks: to {}, change the calls"


def _real(code: Code) -> Code:
    """The same code with its folder as a dev run knows it."""
    if code.folder is None:
        return code
    return replace(code, folder=os.path.realpath(os.path.expanduser(code.folder)))  # noqa: PTH111 # as DAG does


def _plain(cell: object) -> object:
    return list(cell) if isinstance(cell, tuple) else cell
