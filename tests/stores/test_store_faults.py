"""What a store in a file does when the world around it fails."""

import gc
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

from dtscheduler.errors import WorkspaceError
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.stores.sql import open_store
from dtscheduler.stores.sql.file import BUSY_SECONDS, connect, make

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
FRESH = multiprocessing.get_context("forkserver")  # of processes that share nothing with this one
PARTS = 200
SPEC = JobSpec(
    name="flights",
    tasks=(TaskSpec(name="mean", entrypoint="delays.mean", parts=tuple(PartSpec(f"p{i}") for i in range(PARTS))),),
    upstream=((),),
    access=AccessSpec(owner="ada", group="analysts"),
)
TASK_RUNS = [TaskRunRecord(task=0, part=i, task_name="mean", part_name=f"p{i}") for i in range(PARTS)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def store(path):
    with closing(open_store(path)) as opened:
        yield opened


def add(store):
    run = RunRecord(
        id=0, uuid=str(uuid4()), job_name="flights", spec_hash="", status=RunStatus.RUNNING, rundate=date(2026, 1, 31),
        submitted=NOW, owner="ada", lease_holder="laptop:1", lease_until=NOW, lease_epoch=1,
    )  # fmt: skip
    return store.add_run(run, SPEC, TASK_RUNS)


def record_all(store, run, attempt, text="x"):
    done = [replace(r, status=TaskStatus.COMPLETED, attempt=attempt, preview=text) for r in TASK_RUNS]
    store.record(run.id, 1, lease_until=NOW, task_runs=done)


# Other processes


@pytest.fixture
def locker(path):
    """Another process that locks the store until it is told to let go: ``locker.go``, ``locker.gone``."""
    locked, go, gone = FRESH.Event(), FRESH.Event(), FRESH.Event()
    process = FRESH.Process(target=_lock, args=(path, locked, go, gone))
    process.start()
    assert locked.wait(30)
    yield SimpleNamespace(go=go, gone=gone)
    go.set()
    process.join()


@pytest.mark.slow
def test_a_write_waits_for_a_process_that_locks_the_store_and_succeeds(store, request):
    run = add(store)
    locker = request.getfixturevalue("locker")
    threading.Timer(1.0, locker.go.set).start()
    record_all(store, run, 1)
    assert locker.gone.is_set()
    assert {record.attempt for record in store.task_runs(run.id)} == {1}


def test_the_patience_with_a_lock_is_longer_than_what_sqlite_has_by_itself(path):
    make(path)
    with closing(connect(path)) as connection, closing(sqlite3.connect(path)) as usual:
        ours, theirs = (each.execute("PRAGMA busy_timeout").fetchone()[0] for each in (connection, usual))
    assert ours == BUSY_SECONDS * 1000 > theirs


@pytest.mark.slow
def test_readers_do_not_wait_for_a_writer(store, request):
    run = add(store)
    locker = request.getfixturevalue("locker")
    assert store.runs(RunQuery()) == [run]
    assert not locker.gone.is_set()  # it still holds the lock


def test_a_lock_that_outlasts_all_patience_is_explained(store, path, monkeypatch):
    monkeypatch.setattr("dtscheduler.stores.sql.file.BUSY_SECONDS", 0.05)
    with closing(open_store(path)) as hasty, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorkspaceError, match="locked by another process") as caught:
            add(hasty)
    assert caught.value.__cause__ is not None


@pytest.mark.slow
def test_eight_writers_and_a_reader_lose_nothing(store, path):
    writers = [FRESH.Process(target=_write, args=(path, 15)) for _ in range(8)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        for run in store.runs(RunQuery(limit=5)):
            assert len({record.attempt for record in store.task_runs(run.id)}) == 1  # all of a record, or nothing
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 8
    assert len(store.runs(RunQuery())) == 8 * 15
    assert store.problems() == []


def test_many_threads_share_one_store(store):
    failures = []

    def work():
        try:
            run = add(store)
            for attempt in range(1, 6):
                record_all(store, run, attempt)
                assert {record.attempt for record in store.task_runs(run.id)} == {attempt}
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.runs(RunQuery())) == 20


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_a_write_leaves_whole_records(store, path):
    run = add(store)
    for round_ in range(5):
        writing = FRESH.Event()
        victim = FRESH.Process(target=_record_forever, args=(path, run, writing))
        victim.start()
        assert writing.wait(30)
        time.sleep(0.02 * round_)
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
        assert victim.exitcode == -signal.SIGKILL
        assert len({record.attempt for record in store.task_runs(run.id)}) == 1
    assert store.problems() == []
    record_all(store, run, 0)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_forked_process_uses_connections_of_its_own(store):
    run = add(store)
    child = multiprocessing.get_context("fork").Process(target=record_all, args=(store, run, 7))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert {record.attempt for record in store.task_runs(run.id)} == {7}
    assert store.problems() == []


# Files and disks


def test_a_missing_folder_is_explained(tmp_path):
    with pytest.raises(WorkspaceError, match="its folder must exist"):
        open_store(tmp_path / "nowhere" / "store.db")


def test_a_read_only_folder_is_explained(unprivileged):
    unprivileged.chmod(0o500)
    with pytest.raises(WorkspaceError, match="allowed to write"):
        open_store(unprivileged / "store.db")


def test_a_store_in_a_folder_turned_read_only_is_explained(unprivileged):
    open_store(unprivileged / "store.db").close()
    (unprivileged / "store.db").chmod(0o400)
    unprivileged.chmod(0o500)
    with pytest.raises(WorkspaceError, match="allowed to write"):
        open_store(unprivileged / "store.db")


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000], ids=["text", "header"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=str(path)):
        open_store(path)
    assert path.read_bytes() == content


def test_a_store_removed_under_us_is_not_written_into_the_void(store, path, tmp_path):
    run = add(store)
    shutil.move(path, tmp_path / "moved.db")
    with pytest.raises(WorkspaceError, match="is gone"):
        record_all(store, run, 1)
    assert not path.exists()


def test_work_goes_on_when_a_store_that_was_away_is_back(path, tmp_path):
    with closing(open_store(path)) as store:
        run = add(store)
    with closing(open_store(path)) as store:
        shutil.move(path, tmp_path / "moved.db")
        with pytest.raises(WorkspaceError):
            store.runs(RunQuery())
        shutil.move(tmp_path / "moved.db", path)
        assert store.runs(RunQuery()) == [run]


def test_damage_is_found(path):
    with closing(open_store(path)) as store:
        for _ in range(200):
            add(store)
    with path.open("r+b") as file:
        file.seek(60 * 4096)
        file.write(os.urandom(10 * 4096))
    with closing(open_store(path)) as store:
        assert store.problems() != []


@pytest.mark.slow
def test_a_full_disk_fails_that_write_and_work_resumes_when_there_is_room(small_disk):
    with closing(open_store(small_disk / "store.db")) as store:
        run = add(store)
        record_all(store, run, 1)
        (small_disk / "ballast").write_bytes(b"x" * (_room(small_disk) - 64 * 1024))
        with pytest.raises(WorkspaceError, match=r"full"):
            for attempt in range(2, 100):
                record_all(store, run, attempt, text="y" * 4000)
        assert {len(record.preview) for record in store.task_runs(run.id)} in ({1}, {4000})
        (small_disk / "ballast").unlink()
        record_all(store, run, 100)
        assert {record.attempt for record in store.task_runs(run.id)} == {100}
        assert store.problems() == []


@pytest.fixture
def unprivileged():
    """A folder of a user whom file permissions bind: root is bound by none."""
    folder = Path(tempfile.mkdtemp(prefix="dts-plain-user-"))
    user = os.geteuid()
    if user == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(user)
        folder.chmod(0o700)
        shutil.rmtree(folder)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB, which only root can have."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk to fill")
    yield disk
    gc.collect()
    subprocess.run(["umount", "--lazy", disk], check=True)


def _room(disk):
    return shutil.disk_usage(disk).free


def _lock(path, locked, go, gone):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        locked.set()
        go.wait(30)
        gone.set()
        connection.execute("ROLLBACK")


def _write(path, runs):
    with closing(open_store(path)) as store:
        for _ in range(runs):
            run = add(store)
            record_all(store, run, 1)
            record_all(store, run, 2)


def _record_forever(path, run, writing):
    store = open_store(path)
    for attempt in range(1, 1_000_000):
        record_all(store, run, attempt)
        writing.set()
