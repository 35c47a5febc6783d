"""The tables of a report: what became of each task, and of each part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median

from dtscheduler.drawing.looks import MOST_TELLING
from dtscheduler.drawing.markup import NOTHING, Markup, element, joined
from dtscheduler.model.durations import show_duration
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.reports.page.material import Material
from dtscheduler.reports.page.wording import counted, length, megabytes, moment, name, said, status_mark

MOST_ROWS = 5_000
MOST_TASKS = 1_000
MOST_PREVIEWS = 2_000
MOST_ATTEMPTS = 500
_MOST_NAMED = 6
_SIMPLE = frozenset({TaskStatus.COMPLETED, TaskStatus.REUSED})


def summary(material: Material) -> Markup:
    """One row a task: its parts by status, how long they took, the memory they used of what was asked."""
    of_task: dict[int, list[TaskRunRecord]] = {}
    for record in material.records:
        of_task.setdefault(record.task, []).append(record)
    if not of_task:
        return _planned(material.spec)
    shown = list(of_task.values())
    if len(shown) > MOST_TASKS:
        ranked = sorted(shown, key=lambda records: all(record.status in _SIMPLE for record in records))
        shown = sorted(ranked[:MOST_TASKS], key=lambda records: records[0].task)
    heads = ["Task", "Waits for", "Status of its parts", "#Median", "#Longest", "#Memory", "#Asked"]
    return element(
        "section",
        element("h2", "Tasks"),
        _left_out(len(of_task) - len(shown), "task", "Tasks of which every part completed come last and are left out"),
        _table("By task", heads, (_task_row(material.spec, records) for records in shown)),
        id="tasks",
    )


def task_runs(material: Material) -> Markup:
    """One row a part. Of more than 5,000 only what did not simply complete."""
    records = material.records
    if not records:
        return NOTHING
    shown = [r for r in records if r.status not in _SIMPLE] if len(records) > MOST_ROWS else list(records)
    left = len(records) - len(shown)
    if len(shown) > MOST_ROWS:
        ranks = {status: rank for rank, status in enumerate(MOST_TELLING)}
        shown = sorted(sorted(shown, key=lambda r: ranks[r.status])[:MOST_ROWS], key=lambda r: (r.task, r.part))
        left = len(records) - len(shown)
    parts = any(record.part_name != record.task_name for record in records)
    heads = ["Task", *(["Part"] if parts else []), "Status", "#Started", "#Took", "#CPU", "#Memory"]
    start = material.run.started or min((r.started for r in records if r.started), default=None)
    note = (
        element(
            "p",
            f"Of {counted(len(records), 'task run')}, {left:,} are not in this table, those that simply completed first. "
            "All of them as CSV: ",
            element("code", f"dtscheduler report tasks --run {material.run.id} --csv tasks.csv"),
            class_="note",
        )
        if left
        else NOTHING
    )
    rows = _Rows(material, start, parts=parts, previews=len(shown) <= MOST_PREVIEWS)
    table = _table("Task runs", heads, map(rows.row, shown), class_="sortable") if shown else NOTHING
    said_start = "Started is counted from the start of the run." if start else ""
    return element(
        "section", element("h2", "Task runs"), note, element("p", said_start, class_="note"), table, id="task-runs"
    )


def attempts(material: Material) -> Markup:
    """Attempts that did not decide their task run, because another one followed."""
    names = {(record.task, record.part): (record.task_name, record.part_name) for record in material.records}
    shown = [attempt for attempt in material.attempts[:MOST_ATTEMPTS] if (attempt.task, attempt.part) in names]
    if not shown:
        return NOTHING
    rows = (
        element(
            "tr",
            element("td", name(names[a.task, a.part][0])),
            element("td", name(names[a.task, a.part][1])),
            element("td", f"{a.attempt}", class_="n"),
            element("td", status_mark(a.status), " ", element("small", said(a.reason, 240))),
            element("td", moment(a.started, material.zone)),
            element("td", length(a.started, a.ended), class_="n"),
        )
        for a in shown
    )
    return element(
        "section",
        element("h2", "Earlier attempts"),
        element("p", "They were tried again; the tables above tell of the attempts that decided.", class_="note"),
        _left_out(len(material.attempts) - len(shown), "attempt", "The rest is left out"),
        _table("Earlier attempts", ["Task", "Part", "#Attempt", "Status", "Started", "#Took"], rows),
        id="attempts",
    )


class _Rows:
    """Writes the rows of task runs."""

    def __init__(self, material: Material, start: datetime | None, *, parts: bool, previews: bool) -> None:
        self._now, self._start, self._parts, self._previews = material.now, start, parts, previews
        self._marks = {status: element("td", status_mark(status)) for status in TaskStatus}

    def row(self, record: TaskRunRecord) -> Markup:
        ended = record.ended or (self._now if record.status is TaskStatus.RUNNING else None)
        seconds = (ended - record.started).total_seconds() if record.started and ended else None
        offset = (record.started - self._start).total_seconds() if record.started and self._start else None
        return element(
            "tr",
            element("td", name(record.task_name)),
            element("td", _part(record)) if self._parts else NOTHING,
            element("td", status_mark(record.status), *self._second_line(record))
            if self._second_line(record)
            else self._marks[record.status],
            _number("" if offset is None else f"{'+' if offset >= 0 else '-'}{show_duration(abs(offset))}", offset),
            _number(length(record.started, ended), seconds),
            _number("" if record.cpu_seconds is None else show_duration(record.cpu_seconds), record.cpu_seconds),
            _number(megabytes(record.peak_memory_mb), record.peak_memory_mb),
            title=self._tip(record) or None,
        )

    def _second_line(self, record: TaskRunRecord) -> Sequence[Markup]:
        text = said(record.reason, 240) if record.reason and record.status is not TaskStatus.COMPLETED else ""
        if not text and self._previews and record.preview:
            text = f"→ {said(record.preview, 70)}"
        return [element("small", text)] if text else []

    def _tip(self, record: TaskRunRecord) -> str:
        told = [
            f"attempt {record.attempt}" if record.attempt > 1 else "",
            f"waited {length(record.submitted, record.started)}" if record.submitted and record.started else "",
            f"result of {megabytes(record.result_bytes / 1e6)}" if record.result_bytes else "",
            f"worker {said(record.worker, 40)}" if record.worker else "",
            f"on {said(record.host, 60)}" if record.host else "",
            f"given by hand by {name(record.patched_by)}" if record.patched_by else "",
        ]
        return ", ".join(text for text in told if text)


def _part(record: TaskRunRecord) -> str:
    return "" if record.part_name == record.task_name else name(record.part_name)


def _task_row(spec: JobSpec | None, records: Sequence[TaskRunRecord]) -> Markup:
    number = records[0].task
    taken = [(r.ended - r.started).total_seconds() for r in records if r.started and r.ended and r.status.final]
    peak = max((r.peak_memory_mb for r in records if r.peak_memory_mb is not None), default=None)
    asked = spec.tasks[number].needs.memory_mb if spec else None
    over = "over" if peak is not None and asked is not None and peak > asked else None
    middle, longest = (median(taken), max(taken)) if taken else (None, None)
    return element(
        "tr",
        element("td", name(records[0].task_name), *_entrypoint(spec, number)),
        element("td", _waits_for(spec, number)),
        element("td", *_statuses(records)),
        _number("" if middle is None else show_duration(max(middle, 0.0)), middle),
        _number("" if longest is None else show_duration(max(longest, 0.0)), longest),
        element("td", megabytes(peak), " ▲ more than asked" if over else "", class_=f"n {over or ''}".rstrip()),
        _number(megabytes(asked), asked),
    )


def _planned(spec: JobSpec | None) -> Markup:
    """The tasks of a run that has none yet, or never had any."""
    if spec is None:
        return element(
            "section",
            element("h2", "Tasks"),
            element("p", "The run has no task runs, and what was kept of its job cannot be read.", class_="note"),
            id="tasks",
        )
    rows = (
        element(
            "tr",
            element("td", name(task.name), *_entrypoint(spec, number)),
            element("td", _waits_for(spec, number)),
            _number(f"{len(task.parts):,}", len(task.parts)),
            _number(megabytes(task.needs.memory_mb), task.needs.memory_mb),
        )
        for number, task in enumerate(spec.tasks[:MOST_TASKS])
    )
    return element(
        "section",
        element("h2", "Tasks"),
        element("p", "The run has no task runs: these are the tasks of its job.", class_="note"),
        _left_out(len(spec.tasks) - MOST_TASKS, "task", "The rest is left out"),
        _table("By task", ["Task", "Waits for", "#Parts", "#Asked"], rows),
        id="tasks",
    )


def _statuses(records: Sequence[TaskRunRecord]) -> list[Markup]:
    if len(records) == 1:
        return [status_mark(records[0].status)]
    counts = Counter(record.status for record in records)
    return [
        joined(element("span", status_mark(status), f" {counts[status]:,}", class_="count"), " ")
        for status in MOST_TELLING
        if counts[status]
    ]


def _entrypoint(spec: JobSpec | None, number: int) -> list[Markup]:
    return [element("small", said(spec.tasks[number].entrypoint, 160))] if spec else []


def _waits_for(spec: JobSpec | None, number: int) -> str:
    if spec is None:
        return ""
    upstream = [name(spec.tasks[preceding].name) for preceding in spec.upstream[number][:_MOST_NAMED]]
    more = len(spec.upstream[number]) - _MOST_NAMED
    return ", ".join(upstream) + (f" and {more:,} more" if more > 0 else "")


def _left_out(count: int, what: str, why: str) -> Markup:
    return element("p", f"{why}: {counted(count, what)}.", class_="note") if count > 0 else NOTHING


def _number(text: str, value: float | None) -> Markup:
    """A cell of a number; ``data-v`` is what it is sorted by."""
    return element("td", text, class_="n", data_v=None if value is None else f"{value:.6g}")


def _table(caption: str, heads: Sequence[str], rows: Iterable[Markup], class_: str | None = None) -> Markup:
    """A table; a head that begins with ``#`` is over numbers."""
    head = (element("th", h.lstrip("#"), scope="col", class_="n" if h.startswith("#") else None) for h in heads)
    table = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", joined(*rows)),
        class_=class_,
    )
    return element("div", table, class_="scroll")
