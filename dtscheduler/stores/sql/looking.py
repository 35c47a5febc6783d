"""Counts, figures and pages in a database, for screens over very many runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, case, cast, func, literal, or_, select, union_all

from dtscheduler.model.access import Identity
from dtscheduler.model.figures import FAILURES, DayFigures, TaskCount
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord, TaskRunPage, TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.stores.memory_reports import spellings
from dtscheduler.stores.sql import rows
from dtscheduler.stores.sql.access import among_readable
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.jobs import conditions as job_conditions
from dtscheduler.stores.sql.runs import NEWEST, RUN_COLUMNS, TASK_RUN_COLUMNS, conditions, require_run
from dtscheduler.stores.sql.tables import jobs, runs, task_runs
from dtscheduler.stores.sql.wording import contains

_AT_ONCE = 500
_MICROS_A_DAY = 86_400_000_000
_PLACE = task_runs.c.task, task_runs.c.part
_STATUS = {status.value: status for status in TaskStatus}
_MEASURES: dict[str, ColumnElement[Any]] = {
    "duration": task_runs.c.ended - task_runs.c.started,
    "memory": task_runs.c.peak_memory_mb,
    "started": task_runs.c.started,
}


class SqlLooking:
    """The part of a store that screens ask."""

    _database: Database

    def count_jobs(self, query: JobQuery) -> int:
        """How many saved jobs a query finds on all its pages."""
        return self._one(select(func.count()).select_from(jobs).where(*job_conditions(query)))

    def count_runs(self, query: RunQuery) -> int:
        """How many runs a query finds on all its pages."""
        return self._one(select(func.count()).select_from(runs).where(*conditions(query)))

    def newest_run(self) -> int:
        """The number of the newest run; 0 where there is none."""
        return self._one(select(func.coalesce(func.max(runs.c.id), 0)))

    def latest_runs(self, job_ids: Collection[int], reader: Identity | None = None) -> dict[int, RunRecord]:
        """The run of each of these jobs that was submitted last."""
        latest = select(runs.c.id).where(runs.c.job_id == jobs.c.id).order_by(*NEWEST).limit(1).scalar_subquery()
        found: list[RunRecord] = []
        for some in _chunks(job_ids):
            with self._database.reading() as connection:
                ids = connection.execute(select(latest).where(jobs.c.id.in_(some))).scalars().all()
            found += self._runs([runs.c.id.in_([run_id for run_id in ids if run_id is not None])], reader)
        return {run.job_id: run for run in found if run.job_id is not None}

    def reruns_of(self, run_ids: Collection[int], reader: Identity | None = None) -> dict[int, list[RunRecord]]:
        """For each of these runs: its reruns and theirs, newest first."""
        found: dict[int, list[RunRecord]] = {run_id: [] for run_id in run_ids}
        for some in _chunks(run_ids):
            for run in self._runs([runs.c.lineage.in_(some)], reader):
                if run.lineage is not None:
                    found[run.lineage].append(run)
        return found

    def run_figures(self, query: RunQuery, first: date, last: date) -> list[DayFigures]:
        """What the runs of a query amount to, for each day from the first to the last one."""
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        starts = union_all(*(select(literal(_midnight(day), BigInteger).label("start")) for day in days)).subquery()
        of_day = runs.c.submitted >= starts.c.start, runs.c.submitted < starts.c.start + _MICROS_A_DAY
        packed = select(_packed_figures()).where(*of_day, *conditions(query)).correlate(starts).scalar_subquery()
        with self._database.reading() as connection:
            counted = connection.execute(select(packed).select_from(starts).order_by(starts.c.start)).scalars().all()
        return [_day_figures(day, *map(float, texts.split())) for day, texts in zip(days, counted, strict=True)]

    def task_counts(self, run_id: int) -> list[TaskCount]:
        """How many parts of each task of a run have which status, in order of tasks."""
        kind = task_runs.c.task, task_runs.c.task_name, task_runs.c.status
        chosen = select(*kind, func.count()).where(task_runs.c.run_id == run_id).group_by(*kind)
        return [
            TaskCount(task=task, task_name=name, status=_STATUS[status], count=count)
            for task, name, status, count in sorted(self._of_run(run_id, chosen))
        ]

    def part_states(self, run_id: int) -> list[tuple[int, int, str]]:
        """Task, part and status of all task runs of a run, in order of task and part."""
        chosen = select(*_PLACE, task_runs.c.status).where(task_runs.c.run_id == run_id).order_by(*_PLACE)
        return self._of_run(run_id, chosen)

    def task_run_page(self, run_id: int, page: TaskRunPage) -> list[TaskRunRecord]:
        """A page of the task runs of a run."""
        chosen = select(*TASK_RUN_COLUMNS).where(*_on(run_id, page))
        if page.order != "part":
            chosen = chosen.order_by(_MEASURES[page.order].desc().nulls_last())
        chosen = chosen.order_by(*_PLACE).offset(page.offset or None).limit(page.limit)
        return [rows.task_run_record(row) for row in self._of_run(run_id, chosen)]

    def count_task_runs(self, run_id: int, page: TaskRunPage) -> int:
        """How many task runs of a run there are on all pages."""
        found: int = self._of_run(run_id, select(func.count()).where(*_on(run_id, page)))[0][0]
        return found

    def _one(self, chosen: Any) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(chosen).scalar_one())

    def _runs(self, wanted: list[ColumnElement[bool]], reader: Identity | None) -> list[RunRecord]:
        may = [] if reader is None else [among_readable(reader)]
        with self._database.reading() as connection:
            found = connection.execute(select(*RUN_COLUMNS).where(*wanted, *may).order_by(*NEWEST)).all()
        return rows.run_records(found)

    def _of_run(self, run_id: int, chosen: Any) -> list[tuple[Any, ...]]:
        """Rows of a run as plain tuples: of thousands of them, SQLAlchemy would make objects first."""
        with self._database.reading() as connection:
            cursor: Any = connection.execute(chosen).cursor
            found: list[tuple[Any, ...]] = cursor.fetchall()
            if not found:
                require_run(connection, run_id)
        return found


def _chunks(ids: Collection[int]) -> Iterator[Sequence[int]]:
    in_order = sorted(set(ids))
    return (in_order[n : n + _AT_ONCE] for n in range(0, len(in_order), _AT_ONCE))


def _packed_figures() -> ColumnElement[str]:
    """All figures of a day in one text: a day is a range in an index then, and nothing has to be sorted by days."""
    completed = case((runs.c.status == RunStatus.COMPLETED.value, 1), else_=0)
    failed = case((runs.c.status.in_([failure.value for failure in FAILURES]), 1), else_=0)
    figures = func.sum(completed), func.sum(failed), func.count(), func.sum(runs.c.ended - runs.c.started)
    first, *others = (cast(func.coalesce(figure, 0), Text) for figure in figures)
    return reduce(lambda packed, figure: packed + " " + figure, others, first)


def _midnight(day: date) -> int:
    return rows.micros(datetime.combine(day, time(), UTC)) or 0


def _day_figures(day: date, completed: float, failed: float, total: float, micros: float) -> DayFigures:
    other = int(total - completed - failed)
    return DayFigures(day=day, completed=int(completed), failed=int(failed), other=other, seconds=micros / 1e6)


def _on(run_id: int, page: TaskRunPage) -> Iterator[ColumnElement[bool]]:
    yield task_runs.c.run_id == run_id
    if page.task is not None:
        yield task_runs.c.task == page.task
    if page.part is not None:
        yield task_runs.c.part == page.part
    if page.statuses is not None:
        yield task_runs.c.status.in_([status.value for status in page.statuses])
    if page.text:
        yield or_(*(contains(task_runs.c.part_name, text) for text in spellings(page.text)))
