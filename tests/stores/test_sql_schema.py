"""The tables of a store: made, recognised, refused, brought up to date."""

import multiprocessing
import sqlite3
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from dtscheduler.errors import StoreVersionError, WorkspaceError
from dtscheduler.model.run import JobQuery, RunQuery, Trigger
from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.stores.sql import open_store, schema
from dtscheduler.stores.sql.database import Database

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


def sql(path, statement, **values):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def test_a_store_that_is_opened_again_has_kept_everything(path):
    open_store(path).close()
    before = sql(path, "SELECT * FROM sqlite_master")
    open_store(path).close()
    assert sql(path, "SELECT * FROM sqlite_master") == before


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_store_is_named_by_path_or_by_url(path, form):
    open_store(form.format(path)).close()
    assert sql(path, "SELECT version_num FROM alembic_version") == [("0004",)]


def test_the_file_is_for_its_owner_alone(path):
    open_store(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_connection_waits_half_a_minute_or_more_checks_references_and_logs_ahead(path):
    with closing(open_store(path)), Database(path).reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ["busy_timeout", "foreign_keys", "journal_mode", "synchronous"]
        }
    assert pragmas.pop("busy_timeout") >= 30_000
    assert pragmas == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 1}


def test_the_revisions_we_name_are_those_that_ship():
    scripts = ScriptDirectory.from_config(schema.alembic_config())
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == schema.REVISIONS


def test_an_older_store_is_brought_up_to_date_when_opened(path):
    first_revision(path)
    sql(path, "INSERT INTO specs VALUES ('h', :body)", body=OLD_SPEC)
    sql(
        path,
        f"INSERT INTO jobs VALUES (1, 'u', 'flights', 'flights', 1, 'h', 'dev', '[]', 'ada', 'desk', {OLD}, {OLD})",
    )
    sql(path, f"INSERT INTO job_versions VALUES (1, 1, 'h', {OLD}, 'ben')")
    sql(path, f"INSERT INTO runs {OLD_RUN}")
    with closing(open_store(path)) as store:
        (job,) = store.jobs(JobQuery())
        (run,) = store.runs(RunQuery())
        assert store.problems() == []
        assert store.due_jobs(datetime.now(UTC), 10) == [job]
    assert (job.schedule, job.saved_by, job.run_as) == (TimeSchedule(at_hours=(18,)), "ben", "ben")
    assert datetime.now(UTC) - job.settled < timedelta(minutes=5)  # what was due before counts as dealt with
    assert (run.group, run.permissions, run.trigger) == ("desk", "rwr---", Trigger.HAND)


OLD = 1_700_000_000_000_000
OLD_SPEC = """{"job":{"name":"flights","tasks":[{"name":"t","entrypoint":"a.b","parts":[{"name":"t"}]}],"upstream":[[]],
"access":{"owner":"ada","group":"desk","permissions":"rwr---"}},"at":{"at_hours":[18]}}"""
OLD_RUN = f"""(uuid, job_name, job_name_key, spec_hash, status, rundate, submitted, owner, tag, labels, job_id,
custom_rundate, reason, executor, host, code, lease_epoch, ended) VALUES
('r', 'flights', 'flights', 'h', 'completed', '2026-01-31', {OLD}, 'ada', 'dev', '[]', 1,
0, '', 'processes', '', '', 1, {OLD})"""


def first_revision(path):
    """Make a store as the first version of dtscheduler did."""
    from alembic import command

    database = Database(path)
    with database.writing() as connection:
        command.upgrade(schema.alembic_config(connection), "0001")
    database.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path):
    database = Database(tmp_path / "store.db")
    with pytest.raises(KeyError), database.writing() as connection:
        schema.migrate(connection)
        raise KeyError("power cut")
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []


def test_a_store_of_a_newer_version_is_refused_and_left_alone(path):
    open_store(path).close()
    sql(path, "UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(StoreVersionError, match=r"0999.*0004.*upgrade"):
        open_store(path)
    assert sql(path, "SELECT version_num FROM alembic_version") == [("0999",)]


def test_a_database_of_something_else_is_refused(path):
    sql(path, "CREATE TABLE holidays (day TEXT)")
    with pytest.raises(WorkspaceError, match="holidays"):
        open_store(path)


@pytest.mark.slow
def test_processes_that_open_a_new_store_at_the_same_moment_all_succeed(tmp_path):
    with SPAWN.Manager() as manager, ProcessPoolExecutor(4, mp_context=SPAWN) as processes:
        together = manager.Barrier(4)
        for attempt in range(5):
            opened = [processes.submit(_open, tmp_path / f"{attempt}.db", together) for _ in range(4)]
            assert [future.result() for future in opened] == [[]] * 4


def test_opening_a_store_imports_neither_alembic_nor_what_only_writers_need(path):
    program = f"""
import sys
import dtscheduler
assert "sqlalchemy" not in sys.modules
from dtscheduler.stores.sql import open_store
assert "sqlalchemy" not in sys.modules
open_store({str(path)!r})
print([name for name in ("alembic", "pydantic", "sqlalchemy.dialects.postgresql") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "nothing://here", "://"])
def test_what_cannot_hold_a_workspace_is_refused(url):
    with pytest.raises(WorkspaceError):
        open_store(url)


def test_a_password_is_never_shown():
    with pytest.raises(WorkspaceError) as caught:
        open_store("postgresql+psycopg://ada:s3cret@127.0.0.1:1/nowhere")
    assert "s3cret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def _open(path, together):
    together.wait(60)
    with closing(open_store(path)) as store:
        store.jobs(JobQuery())
        return store.problems()
