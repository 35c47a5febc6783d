"""How the file of a store gives disk space back without blocking anybody for long."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime

import pytest

from dtscheduler.errors import WorkspaceError
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.stores.sql import open_store

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TASK = TaskSpec(name="mean", entrypoint="delays.mean", parts=(PartSpec("mean"),))
SPEC = JobSpec(name="flights", tasks=(TASK,), upstream=((),), access=AccessSpec(owner="ada"))
INCREMENTAL = 2


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def store(path):
    with closing(open_store(path)) as opened:
        yield opened


@pytest.fixture
def add(store):
    """Writes runs that have ended; returns their numbers."""

    def runs(count, name):
        part = TaskRunRecord(task=0, part=0, task_name="mean", part_name="mean", preview="x" * 20_000)
        return [
            store.add_run(
                RunRecord(id=0, uuid=f"{name}{n:031}", job_name="flights", spec_hash="", status=RunStatus.COMPLETED,
                          rundate=date(2026, 1, 31), submitted=NOON, ended=NOON, owner="ada"), SPEC, [part],
            ).id
            for n in range(count)
        ]  # fmt: skip

    return runs


def pragma(path, name):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_file_that_is_mostly_empty_is_written_anew(store, path, add):
    gone, kept = add(200, "a"), add(5, "b")
    store.remove_runs(gone)
    assert store.compact() > 3_000_000
    assert path.stat().st_size < 500_000
    assert [run.id for run in store.past_runs()] == kept[::-1]
    assert store.problems() == []


def test_from_then_on_it_gives_its_pages_back_a_few_at_a_time(store, path, add):
    for name in ("a", "b", "c"):
        store.remove_runs(add(200, name))
        assert store.compact() > 3_000_000
        assert (pragma(path, "auto_vacuum"), pragma(path, "freelist_count")) == (INCREMENTAL, 0)
    assert store.problems() == []


def test_a_file_with_little_room_in_it_is_left_as_it_is(store, path, add):
    store.remove_runs(add(5, "a"))
    add(100, "b")
    store.compact()
    assert pragma(path, "auto_vacuum") == 0


def test_who_is_writing_is_not_disturbed(store, path, add, monkeypatch):
    monkeypatch.setattr("dtscheduler.stores.sql.pruning.LONGEST_WAIT", 0.05)
    store.remove_runs(add(200, "a"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorkspaceError, match="is being written by another process"):
            store.compact()
    assert store.compact() > 3_000_000


def test_what_takes_too_long_is_given_up_and_harms_nothing(store, path, add, monkeypatch):
    monkeypatch.setattr("dtscheduler.stores.sql.pruning.LONGEST_WRITING", -1.0)
    gone, kept = add(200, "a"), add(60, "b")
    store.remove_runs(gone)
    with pytest.raises(WorkspaceError, match="stays as large as it is"):
        store.compact()
    assert [run.id for run in store.past_runs()] == kept[::-1]
    assert store.problems() == []
    monkeypatch.undo()
    assert store.compact() > 2_000_000


def test_a_run_that_is_read_meanwhile_is_read_to_its_end(store, path, add):
    gone, kept = add(200, "a"), add(3, "b")
    reading = store.past_runs()
    first = next(reading).id
    store.remove_runs(gone)
    store.compact()
    assert [first, *(run.id for run in reading)][:3] == kept[::-1]
