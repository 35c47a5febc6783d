"""Removing old runs from a database, and what those that stay refer to."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Delete, Select, delete, func, select

from dtscheduler.errors import WorkspaceError
from dtscheduler.model.pruning import PastAlert, PastRun, RunsRemoved
from dtscheduler.model.status import FINAL_RUN, RunStatus
from dtscheduler.stores.matching import without_needed
from dtscheduler.stores.sql import file, rows
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.tables import attempts, codes, job_versions, jobs, outbox, runs, specs, task_runs

PAGE = 2_000
AT_ONCE = 2_000
PATIENCE_SECONDS = 30.0
LONGEST_WAIT = 1.0
LONGEST_WRITING = 5.0
WORTH_BYTES = 2**20
WORTH_SHARE = 0.1
_INCREMENTAL = 2

_PAST_RUN = (
    "id", "uuid", "job_name", "job_id", "status", "submitted", "ended", "scheduled", "rerun_of", "lineage", "followed",
    "owner", "group", "permissions", "run_as",
)  # fmt: skip
_COLUMNS = [runs.c[name] for name in _PAST_RUN]
_RESULTS_AT = """
    WITH wanted (of_run, of_task, of_part) AS (VALUES {marks}) SELECT result_key FROM wanted
    JOIN task_runs ON task_runs.run_id = of_run AND task_runs.task = of_task AND task_runs.part = of_part
"""
_FINAL = [status.value for status in FINAL_RUN]
_CODE_KEY = re.compile(r'"code":"(code\.[0-9a-f]+(?:@\d+)?)"')
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class SqlPruning:
    """The part of a store that removes what is old."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def past_runs(self) -> Iterator[PastRun]:
        """All runs, the highest number first, read a page at a time."""
        page = self._page(select(*_COLUMNS))
        while page:
            yield from map(_past_run, page)
            page = self._page(select(*_COLUMNS).where(runs.c.id < page[-1][0])) if len(page) == PAGE else []

    def _page(self, chosen: Select[Any]) -> list[Any]:
        with self._database.reading() as connection:
            return list(connection.execute(chosen.order_by(runs.c.id.desc()).limit(PAGE)).all())

    def runs_of(self, uuids: Collection[str]) -> dict[str, PastRun]:
        """Those of the runs that there are, by uuid."""
        with self._database.reading() as connection:
            found = connection.execute(select(*_COLUMNS).where(runs.c.uuid.in_(uuids))).all()
        return {run.uuid: run for run in map(_past_run, found)}

    def task_run_counts(self, run_ids: Collection[int]) -> dict[int, int]:
        """How many task runs each of these runs has; those that have none are left out."""
        counted = select(task_runs.c.run_id, func.count()).where(task_runs.c.run_id.in_(run_ids))
        with self._database.reading() as connection:
            found = connection.execute(counted.group_by(task_runs.c.run_id)).all()
        return {run_id: count for run_id, count in found}  # noqa: C416 # rows are no pairs to mypy

    def remove_runs(self, run_ids: Collection[int]) -> RunsRemoved:
        """Remove runs with all that is theirs, in one transaction, but none that something else still needs."""
        with self._database.writing() as connection:
            going = _going(connection, run_ids)
            connection.execute(delete(attempts).where(attempts.c.run_id.in_(going)))
            count = connection.execute(delete(task_runs).where(task_runs.c.run_id.in_(going))).rowcount
            connection.execute(delete(runs).where(runs.c.id.in_(going)))
        return RunsRemoved(frozenset(going), count)

    def own_results(self, places: Collection[tuple[int, int, int]]) -> set[str]:
        """The keys of the results of task runs, given by run, task and part."""
        if not places:
            return set()
        # SQLAlchemy would take ten times as long to write these many values as the database takes to look them up.
        marks = ",".join(["(?, ?, ?)" if self._database.is_sqlite else "(%s, %s, %s)"] * len(places))
        statement = _RESULTS_AT.format(marks=marks)
        with self._database.reading() as connection:
            found = connection.exec_driver_sql(statement, tuple(chain.from_iterable(places)))
            return set(found.scalars())

    def borrowed_results(self, run_ids: Collection[int] | None = None) -> Iterator[tuple[int, str]]:
        """Results that task runs, of all runs or of these, took from other runs: the run that took it, and the key."""
        of_another = func.substr(task_runs.c.result_key, 1, func.length(runs.c.uuid)) != runs.c.uuid
        chosen = select(runs.c.id, task_runs.c.result_key).join_from(task_runs, runs)
        if run_ids is not None:
            chosen = chosen.where(task_runs.c.run_id.in_(run_ids))
        with self._database.reading() as connection:
            found = connection.execution_options(yield_per=PAGE).execute(
                chosen.where(task_runs.c.result_key != "", of_another)
            )
            yield from ((run_id, key) for run_id, key in found)

    def code_keys(self) -> set[str]:
        """The keys of all functions kept by value that a spec names."""
        with_code = select(specs.c.body).where(specs.c.body.contains('"code":"code.', autoescape=True))
        with self._database.reading() as connection:
            bodies = connection.execution_options(yield_per=100).execute(with_code).scalars()
            return {key for body in bodies for key in _CODE_KEY.findall(body)}

    def past_alerts(self, before: datetime) -> Iterator[PastAlert]:
        """Alerts from before then with which nothing more is done, read a page at a time."""
        latest = func.coalesce(outbox.c.sent, outbox.c.created)
        done = outbox.c.next_try.is_(None), latest < rows.micros(before)
        chosen = select(outbox.c.id, outbox.c.job_name, *_COLUMNS).outerjoin_from(
            outbox, runs, runs.c.id == outbox.c.run_id
        )
        after, page = 0, list[Any]()
        while not after or len(page) == PAGE:
            with self._database.reading() as connection:
                ahead = chosen.where(*done, outbox.c.id > after).order_by(outbox.c.id).limit(PAGE)
                page = list(connection.execute(ahead).all())
            for alert_id, job_name, *run in page:
                yield PastAlert(id=alert_id, job_name=job_name, run=None if run[0] is None else _past_run(run))
            after = page[-1][0] if page else 1

    def remove_alerts(self, alert_ids: Collection[int]) -> int:
        """Remove alerts with which nothing more is done; how many."""
        done = outbox.c.id.in_(alert_ids), outbox.c.next_try.is_(None)
        with self._database.writing() as connection:
            return connection.execute(delete(outbox).where(*done)).rowcount

    def remove_unreferred(self) -> int:
        """Remove the specs and codes that no job, version or run refers to, a few at a time; how many."""
        by_run = [codes.c.hash.not_in(select(runs.c.code))]
        by_any = [specs.c.hash.not_in(select(table.c.spec_hash)) for table in (runs, jobs, job_versions)]
        return self._remove_some(codes, by_run) + self._remove_some(specs, by_any)

    def _remove_some(self, table: Any, unreferred: Sequence[ColumnElement[bool]]) -> int:
        found = select(table.c.hash).where(*unreferred)
        with self._database.reading() as connection:
            if connection.execute(found.limit(1)).first() is None:
                return 0
        count, removed = 0, AT_ONCE
        statement = delete(table).where(table.c.hash.in_(found.limit(AT_ONCE).scalar_subquery()))
        while removed == AT_ONCE:
            removed = self._executed(statement)
            count += removed
        return count

    def _executed(self, statement: Delete) -> int:
        """Remove what nothing refers to in a transaction of its own; how many rows."""
        if self._database.path is None:
            with self._database.writing() as connection:
                return connection.execute(statement).rowcount
        # The statement says itself what is referred to; SQLite would look through all runs again for every row.
        compiled = statement.compile(dialect=self._database.engine.dialect, compile_kwargs={"render_postcompile": True})
        with _alone(self._database.path, PATIENCE_SECONDS) as alone:
            alone.execute("PRAGMA foreign_keys = OFF")
            alone.execute("BEGIN IMMEDIATE")
            removed = alone.execute(str(compiled), [compiled.params[name] for name in compiled.positiontup or ()])
            alone.execute("COMMIT")
            return removed.rowcount

    def compact(self) -> int:
        """Give free disk space back where that blocks nobody for long; how many bytes.

        A server does so by itself. A file of which a tenth is free is written anew, unless that would take longer than a
        few seconds, in which others wait to write; from then on it gives its free pages back a few at a time.
        """
        path = self._database.path
        if path is None:
            return 0
        with _alone(path, LONGEST_WAIT) as alone:
            before = _pragma(alone, "page_count")
            _give_back(alone, path)
            alone.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return max(0, before - _pragma(alone, "page_count")) * _pragma(alone, "page_size")


def _going(connection: Connection, run_ids: Collection[int]) -> set[int]:
    """Those of the runs that may go as far as the store can tell, now that nobody else writes."""
    links = runs.c.id, runs.c.rerun_of, runs.c.lineage
    ended = select(*links).where(runs.c.id.in_(run_ids), runs.c.status.in_(_FINAL))
    chosen = {run_id: refers for run_id, *refers in connection.execute(ended)}
    firsts = {*chosen, *(lineage for _, lineage in chosen.values() if lineage is not None)}
    family = select(*links).where(runs.c.lineage.in_(firsts), runs.c.id.not_in(chosen))
    to_tell = select(outbox.c.run_id).where(outbox.c.next_try.is_not(None), outbox.c.run_id.in_(chosen))
    needed = {number for _, *refers in connection.execute(family) for number in refers if number is not None}
    return without_needed(chosen, needed | set(connection.execute(to_tell).scalars()))


def _past_run(row: Sequence[Any]) -> PastRun:
    facts = dict(zip(_PAST_RUN, row, strict=True))
    try:
        facts["status"] = RunStatus(facts["status"])
        times = {name: rows.moment(facts[name]) for name in ("submitted", "ended", "scheduled")}
    except rows.UNREADABLE:
        facts["status"], times = RunStatus.RUNNING, {"submitted": _LONG_AGO, "ended": None, "scheduled": None}
    return PastRun(**(facts | times))


@contextmanager
def _alone(path: Path, patience_seconds: float) -> Iterator[sqlite3.Connection]:
    """A connection besides the others, outside of any transaction."""
    try:
        with closing(file.connect(path)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {int(patience_seconds * 1000)}")
            yield connection
    except sqlite3.Error as error:
        busy = str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_BUSY")
        why = "is being written by another process just now" if busy else file.meaning(error)
        raise WorkspaceError(f"the workspace's database {path} {why}") from error


def _give_back(connection: sqlite3.Connection, path: Path) -> None:
    free, total, page = (_pragma(connection, name) for name in ("freelist_count", "page_count", "page_size"))
    if free * page < WORTH_BYTES or free < total * WORTH_SHARE:
        return
    deadline = time.monotonic() + LONGEST_WRITING
    if _pragma(connection, "auto_vacuum") == _INCREMENTAL:
        while _pragma(connection, "freelist_count") and time.monotonic() < deadline:
            connection.executescript("PRAGMA incremental_vacuum(1000)")  # execute() would free a single page
        return
    if shutil.disk_usage(path.parent).free < 2 * (total - free) * page + WORTH_BYTES:
        raise WorkspaceError(f"{path} stays as large as it is: there is no room on the disk to write it anew")
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 100)
    try:
        connection.execute(f"PRAGMA auto_vacuum = {_INCREMENTAL}")
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        raise WorkspaceError(
            f"{path} stays as large as it is, and its free pages are used again: to write it anew takes longer than "
            f"{LONGEST_WRITING:g} s, in which nobody else could write"
        ) from error
    finally:
        connection.set_progress_handler(None, 0)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
