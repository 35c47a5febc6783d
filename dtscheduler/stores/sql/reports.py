"""Runs and task runs in a database as plain tuples, straight from the driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from dtscheduler.model.access import Identity
from dtscheduler.model.run import RunQuery, TaskRunQuery
from dtscheduler.model.status import TaskStatus
from dtscheduler.stores.memory_reports import spellings
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.rows import Row
from dtscheduler.stores.sql.runs import NEWEST, page_of
from dtscheduler.stores.sql.runs import conditions as run_conditions
from dtscheduler.stores.sql.tables import attempts, runs, task_runs

CHUNK = 4_000
_PLACE = task_runs.c.task, task_runs.c.part


def _named(table: Any, names: str) -> dict[str, ColumnElement[Any]]:
    lengths = {"waited": table.c.started - table.c.submitted, "duration": table.c.ended - table.c.started}
    return {**lengths, **{name: table.c[name] for name in names.split()}}


_OF_RUN = {"run": runs.c.id, "job": runs.c.job_name, "rundate": runs.c.rundate}
_RUN: dict[str, ColumnElement[Any]] = {
    **_OF_RUN,
    **_named(runs, "status reason trigger submitted scheduled started ended owner group tag labels priority"),
    **_named(runs, "submitted_by rerun_of lineage"),
    "version": runs.c.job_version,
}
_OF_PART = {"task": task_runs.c.task_name, "part": task_runs.c.part, "part_name": task_runs.c.part_name}
_MEASURED = "status reason attempt submitted started ended cpu_seconds peak_memory_mb worker host"
_TASK_RUN: dict[str, ColumnElement[Any]] = {
    **_OF_RUN,
    **_OF_PART,
    **_named(task_runs, _MEASURED + " result_bytes from_run patched_by"),
}
_ATTEMPT: dict[str, ColumnElement[Any]] = {
    **_OF_RUN,
    **_OF_PART,
    **_named(attempts, _MEASURED),
    "result_bytes": cast(null(), task_runs.c.result_bytes.type).label("result_bytes"),
    "from_run": cast(null(), task_runs.c.from_run.type).label("from_run"),
    "patched_by": literal("").label("patched_by"),
}


def _count(*statuses: TaskStatus) -> ColumnElement[Any]:
    return func.sum(case((task_runs.c.status.in_([status.value for status in statuses]), 1), else_=0))


_COUNTS: dict[str, ColumnElement[Any]] = {
    "n_tasks": func.count(),
    "completed": _count(TaskStatus.COMPLETED),
    "reused": _count(TaskStatus.REUSED),
    "failed": _count(TaskStatus.FAILED, TaskStatus.FAILED_AFTER, TaskStatus.OUT_OF_MEMORY),
    "did_not_run": _count(TaskStatus.DID_NOT_RUN),
}
_TOTALS = {
    **_COUNTS,
    "cpu_seconds": func.sum(task_runs.c.cpu_seconds),
    "peak_memory_mb": func.max(task_runs.c.peak_memory_mb),
}


class SqlReports:
    """The report part of a store."""

    _database: Database

    def run_rows(self, query: RunQuery, columns: Sequence[str]) -> Iterator[list[Row]]:
        """Runs as tuples, newest first."""
        conditions = list(run_conditions(query))
        if _TOTALS.keys() & set(columns):
            totals = _totals(query)
            given = {**_RUN, **{name: func.coalesce(totals.c[name], 0) for name in _COUNTS}}
            given |= {name: totals.c[name] for name in _TOTALS if name not in _COUNTS}
            places = runs.outerjoin(totals, totals.c.run_id == runs.c.id)
            chosen = select(*(given[name] for name in columns)).select_from(places)
        else:
            chosen = select(*(_RUN[name] for name in columns))
        yield from self._chunks(
            chosen.where(*conditions).order_by(*NEWEST).offset(query.offset or None).limit(query.limit)
        )

    def task_run_rows(self, query: TaskRunQuery, columns: Sequence[str]) -> Iterator[list[Row]]:
        """Task runs as tuples, those of the newest run first, then in order of task and part."""
        if query.earlier:
            chosen = _with_earlier(query, columns)
        else:
            chosen = _latest_in_order(tuple(columns)).where(*_conditions(query, task_runs))
        yield from self._chunks(chosen if query.limit is None else chosen.limit(query.limit))

    def _chunks(self, chosen: Select[Any]) -> Iterator[list[Row]]:
        with self._database.reading() as connection:
            if self._database.is_sqlite:
                yield from _as_the_driver_gives_them(connection.execute(chosen))
                return
            # A server sends all rows at once unless it is asked for a cursor; then SQLAlchemy holds the first of them.
            for chunk in connection.execution_options(yield_per=CHUNK).execute(chosen).partitions():
                yield list(map(tuple, chunk))


def _as_the_driver_gives_them(found: CursorResult[Any]) -> Iterator[list[Row]]:
    """Rows that SQLAlchemy makes nothing of, which would take longer than reading them."""
    cursor: Any = found.cursor
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def _totals(query: RunQuery) -> Subquery:
    """What the task runs of each run are together."""
    totals = [total.label(name) for name, total in _TOTALS.items()]
    summed = select(task_runs.c.run_id, *totals).where(task_runs.c.run_id.in_(page_of(query)))
    return summed.group_by(task_runs.c.run_id).subquery()


@lru_cache(maxsize=32)  # writing a statement takes as long as reading a few hundred rows
def _latest_in_order(columns: tuple[str, ...]) -> Select[Any]:
    places = runs.join(task_runs, task_runs.c.run_id == runs.c.id)
    return select(*(_TASK_RUN[name] for name in columns)).select_from(places).order_by(*NEWEST, *_PLACE)


def _latest(query: TaskRunQuery, given: Sequence[Any]) -> Select[Any]:
    chosen = select(*given).select_from(runs.join(task_runs, task_runs.c.run_id == runs.c.id))
    return chosen.where(*_conditions(query, task_runs))


def _with_earlier(query: TaskRunQuery, columns: Sequence[str]) -> Select[Any]:
    order = [column.label(f"order_{number}") for number, column in enumerate((runs.c.submitted, runs.c.id, *_PLACE))]
    latest = _latest(query, [*(_TASK_RUN[name] for name in columns), *order, task_runs.c.attempt.label("order_4")])
    same = [attempts.c[name] == task_runs.c[name] for name in ("run_id", "task", "part")]
    places = runs.join(task_runs, task_runs.c.run_id == runs.c.id).join(attempts, and_(*same))
    given = [*(_ATTEMPT[name] for name in columns), *order, attempts.c.attempt.label("order_4")]
    both = union_all(latest, select(*given).select_from(places).where(*_conditions(query, attempts))).subquery()
    submitted, run, *place = list(both.c)[len(columns) :]
    return select(*list(both.c)[: len(columns)]).order_by(submitted.desc(), run.desc(), *place)


@lru_cache(maxsize=32)  # of all conditions the longest, and the same in every query of one process
def _readable(identity: Identity) -> ColumnElement[bool]:
    return and_(*run_conditions(RunQuery(reader=identity)))


def _conditions(query: TaskRunQuery, table: Any) -> Iterator[ColumnElement[bool]]:
    yield from run_conditions(replace(query.runs, reader=None))
    if query.runs.reader is not None:
        yield _readable(query.runs.reader)
    if query.runs.limit is not None or query.runs.offset:
        yield runs.c.id.in_(page_of(query.runs))
    if query.task is not None:
        yield task_runs.c.task_name.in_(spellings(query.task))
    if query.statuses is not None:
        yield table.c.status.in_([status.value for status in query.statuses])
