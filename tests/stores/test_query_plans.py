"""How SQLite finds what screens ask for: by an index, never by reading all rows."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, event

from dtscheduler.model.access import Identity
from dtscheduler.model.run import JobQuery, RunQuery, TaskRunPage, Trigger
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.stores.sql import open_store

ADA = Identity(user="ada", groups=frozenset({"risk", "rates"}))
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = NOON.date()
LISTED = "USING COVERING INDEX ix_runs_listed"
PARTS = "SEARCH task_runs USING PRIMARY KEY (run_id=?"
ENDED = [status for status in RunStatus if status.final]


@pytest.fixture
def plan_of(tmp_path):
    """What SQLite says it does for all statements of a question: ``plan_of(lambda store: store.newest_run())``."""
    path, asked = tmp_path / "store.db", []

    def hear(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    with closing(open_store(path)) as store, closing(sqlite3.connect(path)) as connection:
        event.listen(Engine, "before_cursor_execute", hear)

        def explained(question):
            asked.clear()
            question(store)
            return [row[3] for each in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {each[0]}", each[1])]

        yield explained
        event.remove(Engine, "before_cursor_execute", hear)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"statuses": ENDED},
        {"statuses": [RunStatus.COMPLETED]},
        {"job_text": "é"},
        {"label": "nightly"},
        {"tag": "prod"},
        {"owner": "ben"},
        {"trigger": Trigger.SCHEDULE},
        {"reruns": False},
        {"rundates": (DAY, DAY)},
        {"since": NOON},
        {"until": NOON, "newest": 7},
    ],
    ids=str,
)
def test_lists_of_runs_are_chosen_and_counted_in_an_index_alone(plan_of, wanted):
    query = RunQuery(reader=ADA, **wanted, limit=50, offset=100)
    for question in (
        lambda store: store.runs(query),
        lambda store: store.count_runs(query),
        lambda store: store.run_figures(query, DAY, DAY),
    ):
        plan = plan_of(question)
        assert [line for line in plan if LISTED in line]
        assert not [line for line in plan if line.startswith("SCAN runs") and LISTED not in line]


@pytest.mark.parametrize(
    ("question", "step"),
    [
        (lambda store: store.runs(RunQuery(statuses=[RunStatus.RUNNING], limit=9)), "ix_runs_status_submitted (status=?"),
        (lambda store: store.runs(RunQuery(job_name="a", limit=9)), "ix_runs_job_name_key_submitted (job_name_key=?)"),
        (lambda store: store.runs(RunQuery(job_id=7, limit=9)), "(job_id=?)"),
        (lambda store: store.runs(RunQuery(id=7, reader=ADA)), "SEARCH runs USING INTEGER PRIMARY KEY"),
        (lambda store: store.runs(RunQuery(uuid="u", reader=ADA)), "(uuid=?)"),
        (lambda store: store.latest_runs([1, 2], ADA), "ix_runs_job_id_submitted (job_id=?)"),
        (lambda store: store.reruns_of([1, 2], ADA), "ix_runs_lineage (lineage=?)"),
        (lambda store: store.newest_run(), "SEARCH runs"),
        (lambda store: store.run_figures(RunQuery(), DAY, DAY), "(submitted>? AND submitted<?)"),
        (lambda store: store.count_task_runs(1, TaskRunPage(statuses=[TaskStatus.FAILED])), f"{PARTS})"),
    ],
)  # fmt: skip
def test_what_is_about_few_runs_is_looked_up(plan_of, question, step):
    plan = plan_of(question)
    assert [line for line in plan if step in line]
    assert not [line for line in plan if line.startswith(("SCAN runs", "SCAN task_runs"))]


def test_jobs_are_paged_in_the_database(plan_of):
    plan = plan_of(lambda store: store.jobs(JobQuery(reader=ADA, limit=50)))
    assert plan == ["SCAN jobs", "USE TEMP B-TREE FOR ORDER BY"]
