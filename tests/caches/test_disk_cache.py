"""What a cache on disk keeps, whatever happens to its files."""

import io
import logging
import multiprocessing
import os
import pickle
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from contextlib import closing

import diskcache
import pytest

from dtscheduler.caches.disk import SMALL_BYTES, DiskCache
from dtscheduler.errors import ResultError, ResultMissingError, SchedulerError, WorkspaceError

FRESH = multiprocessing.get_context("forkserver")  # of processes that share nothing with this one
SMALL, LARGE = b"small", os.urandom(SMALL_BYTES * 4)
BOTH = pytest.mark.parametrize("payload", [SMALL, LARGE], ids=["small", "large"])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def cache(folder):
    with closing(DiskCache(folder)) as opened:
        yield opened


@pytest.fixture
def again(folder, cache):
    """Another cache over the same folder, as another process would have."""
    with closing(DiskCache(folder, slot=1)) as opened:
        yield opened


def content(found):
    if isinstance(found, bytes):
        return found
    with found:
        return found.read()


def database(folder, shard=0):
    return closing(sqlite3.connect(folder / str(shard) / "cache.db", isolation_level=None, timeout=30))


def change(folder, assignment, *values):
    with database(folder) as connection:
        assert connection.execute(f"update Cache set {assignment}", values).rowcount == 1


def the_file(folder):
    (found,) = (path for path in folder.rglob("*.val"))
    return found


@BOTH
@pytest.mark.parametrize("wrap", [bytes, io.BytesIO], ids=["bytes", "file"])
def test_what_is_read_is_what_was_written(cache, again, payload, wrap):
    key = cache.put("a", wrap(payload), "a note")
    assert content(again.get(key)) == payload
    assert again.note(key) == "a note"
    assert again.find(["a", "b"]) == {"a": key}
    assert again.missing([key, "b@0"]) == {"b@0"}


def test_an_empty_payload_is_kept(cache):
    assert content(cache.get(cache.put("a", b""))) == b""
    assert content(cache.get(cache.put("b", io.BytesIO()))) == b""


def test_a_key_that_was_never_given_is_missing(cache):
    for key in ("a@0", "a@7", "a", "a@8", "a@-1", "a@../../x", "", "@", "a@²"):
        with pytest.raises(ResultMissingError):
            cache.get(key)
        assert cache.note(key) is None
        assert cache.missing([key]) == {key}


def _truncate(folder):
    os.truncate(the_file(folder), 1000)


def _append(folder):
    with the_file(folder).open("ab") as file:
        file.write(b"x")


def _flip(folder):
    path = the_file(folder)
    found = bytearray(path.read_bytes())
    found[500] ^= 1
    path.write_bytes(found)


def _link(folder):
    elsewhere = folder.parent / "elsewhere"
    the_file(folder).rename(elsewhere)
    path = next(folder.glob("0/*/*"))
    (path / "planted.val").symlink_to(elsewhere)
    change(folder, "filename = ?", str((path / "planted.val").relative_to(folder / "0")))


def _link_in_place(folder):
    path = the_file(folder)
    content = path.read_bytes()
    path.unlink()
    (folder.parent / "elsewhere").write_bytes(content)
    path.symlink_to(folder.parent / "elsewhere")


def _pipe(folder):
    path = the_file(folder)
    path.unlink()
    os.mkfifo(path)


def _folder(folder):
    path = the_file(folder)
    path.unlink()
    path.mkdir()


DAMAGES = {
    "file truncated": _truncate,
    "file with more at its end": _append,
    "file with one bit changed": _flip,
    "file emptied": lambda folder: the_file(folder).write_bytes(b""),
    "file unreadable": lambda folder: the_file(folder).chmod(0),
    "file replaced by a link": _link_in_place,
    "file replaced by a pipe": _pipe,
    "file replaced by a folder": _folder,
    "row that leads outside by a link": _link,
    "row that leads outside": lambda folder: change(folder, "filename = '../../elsewhere'"),
    "row with an absolute path": lambda folder: change(folder, "filename = '/etc/passwd'"),
    "row with a number as its path": lambda folder: change(folder, "filename = 7"),
    "file deleted": lambda folder: the_file(folder).unlink(),
    "row of another kind": lambda folder: change(folder, "mode = 3"),
    "row of no kind": lambda folder: change(folder, "mode = 'x'"),
    "row without a signature": lambda folder: change(folder, "tag = null"),
    "row with a number as its signature": lambda folder: change(folder, "tag = 7"),
    "row with a wrong signature": lambda folder: change(folder, "tag = ?", "0" * 64),
    "row with a signature that is no text": lambda folder: change(folder, "tag = ?", b"0" * 64),
    "row with a signature of é": lambda folder: change(folder, "tag = ?", "é" * 64),
    "row with another value": lambda folder: change(folder, "value = ?, mode = 1, filename = null", b"other"),
    "row with text": lambda folder: change(folder, "value = 'text', mode = 1, filename = null"),
    "row with null": lambda folder: change(folder, "value = null, mode = 1, filename = null"),
    "row with another note": lambda folder: change(folder, "tag = substr(tag, 1, 64) || 'another note'"),
}
OF_ROWS = [name for name in DAMAGES if name.startswith("row") and "leads" not in name and "path" not in name]


@pytest.mark.parametrize("name", DAMAGES)
def test_a_large_entry_that_is_damaged_is_a_miss(folder, cache, again, caplog, name):
    if name == "file unreadable" and os.getuid() == 0:
        pytest.skip("root reads everything")
    key = cache.put("a", LARGE, "a note")
    (folder.parent / "elsewhere").write_bytes(b"other")
    DAMAGES[name](folder)
    with pytest.raises(ResultMissingError):
        content(again.get(key))
    assert again.note(key) is None
    if name not in ("file deleted", "row with a number as its path"):
        assert any(r.levelno == logging.WARNING and "damaged" in r.message for r in caplog.records)


@pytest.mark.parametrize("name", OF_ROWS)
def test_a_small_entry_that_is_damaged_is_a_miss_with_a_warning(folder, cache, again, caplog, name):
    key = cache.put("a", SMALL, "a note")
    DAMAGES[name](folder)
    with pytest.raises(ResultMissingError):
        content(again.get(key))
    assert again.note(key) is None
    assert any(r.levelno == logging.WARNING for r in caplog.records) or "null" in name


def test_entries_that_change_places_are_misses(folder, cache, again):
    first, second = cache.put("a", b"one"), cache.put("b", b"two")
    with database(folder) as connection:
        connection.execute("update Cache set key = case key when ? then 'x' else ? end", (first, first))
        connection.execute("update Cache set key = ? where key = 'x'", (second,))
    for key in (first, second):
        with pytest.raises(ResultMissingError):
            again.get(key)


def test_a_pickle_planted_in_a_row_is_refused_and_not_read(folder, cache, again, tmp_path, caplog):
    trace = tmp_path / "exploded"
    bomb = b"\x80\x04" + pickle.dumps(os.mkdir, 0)[:-1] + b"(V" + str(trace).encode() + b"\ntR."
    pickle.loads(bomb)
    trace.rmdir()
    key = cache.put("a", SMALL)
    change(folder, f"value = ?, mode = {diskcache.core.MODE_PICKLE}", bomb)
    with pytest.raises(ResultMissingError):
        again.get(key)
    assert again.note(key) is None
    assert not trace.exists()
    assert any("never written here" in r.message for r in caplog.records)


def test_a_pickle_planted_as_a_key_is_not_read(folder, cache, again, tmp_path):
    trace = tmp_path / "exploded"
    bomb = b"\x80\x04" + pickle.dumps(os.mkdir, 0)[:-1] + b"(V" + str(trace).encode() + b"\ntR."
    key = cache.put("a", SMALL)
    with database(folder) as connection:
        connection.execute("insert into Cache (key, raw, mode, value) values (?, 0, 4, ?)", (bomb, bomb))
    assert content(again.get(key)) == SMALL
    assert again.find(["a"]) == {"a": key}
    assert not trace.exists()


def test_entries_of_another_workspace_are_misses(folder, cache, tmp_path):
    key = cache.put("a", SMALL)
    (folder / "key").write_bytes(os.urandom(32))
    with closing(DiskCache(folder)) as other, pytest.raises(ResultMissingError):
        other.get(key)


@pytest.mark.parametrize(
    "damage",
    [b"garbage" * 1000, b"", b"SQLite format 3\0" + b"\xff" * 4096],
    ids=["text", "nothing", "a header and noise"],
)
def test_a_database_that_is_garbage_makes_misses_and_can_be_written_again(folder, cache, damage):
    key = cache.put("a", SMALL)
    cache.close()
    for path in (folder / "0").glob("cache.db*"):
        path.unlink()
    (folder / "0" / "cache.db").write_bytes(damage)
    with closing(DiskCache(folder)) as other:
        with pytest.raises(ResultMissingError):
            other.get(key)
        assert other.note(key) is None
        assert other.missing([key]) == {key}
        assert other.find(["a"]) == {}
        assert content(other.get(other.put("a", b"anew"))) == b"anew"


def test_a_folder_that_was_removed_makes_misses(folder, cache):
    key = cache.put("a", LARGE)
    cache.close()
    shutil.rmtree(folder / "0")
    assert cache.missing([key]) == {key}
    assert cache.find(["a"]) == {}
    with pytest.raises(ResultMissingError):
        cache.get(key)


def test_a_folder_that_is_removed_under_an_open_cache_makes_misses(folder, cache):
    key = cache.put("a", LARGE)
    shutil.rmtree(folder / "0")
    with pytest.raises(ResultMissingError):
        content(cache.get(key))


@pytest.mark.parametrize("name", ["", "key", "0"])
def test_a_link_in_the_place_of_a_folder_or_of_the_key_is_refused(tmp_path, name):
    folder, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
    if name == "key":
        folder.mkdir(mode=0o700)
        elsewhere.write_bytes(os.urandom(32))
    else:
        (folder if name else tmp_path).mkdir(mode=0o700, exist_ok=True)
        elsewhere.mkdir(mode=0o700)
    (folder / name if name else folder).symlink_to(elsewhere)
    with pytest.raises(SchedulerError, match="symbolic link|private file"):
        DiskCache(folder).put("a", SMALL)
    assert not elsewhere.is_dir() or not list(elsewhere.iterdir())


def test_folders_and_files_are_private(folder, cache):
    before = os.umask(0)
    try:
        cache.put("a", LARGE)
        with closing(DiskCache(folder, slot=3)) as other:
            other.put("a", SMALL)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert {stat.S_IMODE((folder / number).stat().st_mode) for number in "03"} == {0o700}


def test_a_folder_that_was_open_is_made_private_with_a_warning(folder, caplog):
    folder.mkdir()
    folder.chmod(0o777)
    DiskCache(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "open to other users" in caplog.text


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)], ids=["empty", "short", "long"])
def test_a_damaged_key_is_a_clear_error(folder, cache, key):
    (folder / "key").write_bytes(key)
    with pytest.raises(WorkspaceError, match="damaged"):
        DiskCache(folder)


def test_a_key_that_others_can_read_is_refused(folder, cache):
    (folder / "key").chmod(0o644)
    with pytest.raises(WorkspaceError, match="private"):
        DiskCache(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(folder):
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    with pytest.raises(WorkspaceError, match="another user"):
        DiskCache(folder)


def _write_often(folder, slot, count):
    with closing(DiskCache(folder, slot=slot)) as cache:
        for number in range(count):
            cache.put("contested", bytes([number % 256]) * (SMALL_BYTES * (1 + number % 2)), f"{slot}")


@pytest.mark.slow
@pytest.mark.parametrize("slots", [(0, 0), (0, 1)], ids=["same shard", "two shards"])
def test_two_writers_of_one_key_leave_one_valid_value_each(folder, slots):
    writers = [FRESH.Process(target=_write_often, args=(folder, slot, 60)) for slot in slots]
    DiskCache(folder).close()
    for writer in writers:
        writer.start()
    with closing(DiskCache(folder)) as reader:
        seen = 0
        while any(writer.is_alive() for writer in writers) or not seen:
            for key in reader.find(["contested"]).values():
                try:
                    found = content(reader.get(key))
                except ResultMissingError:
                    continue
                assert len(set(found)) == 1
                seen += 1
        for writer in writers:
            writer.join()
            assert writer.exitcode == 0
        for key in reader.find(["contested"]).values():
            assert len(set(content(reader.get(key)))) == 1


def _write_for_ever(folder):
    with closing(DiskCache(folder)) as cache:
        number = 0
        while True:
            number += 1
            cache.put(f"k{number % 5}", bytes([number % 256]) * SMALL_BYTES * (number % 60))


@pytest.mark.slow
def test_a_kill_during_a_write_leaves_valid_values_and_a_cache_that_works(folder):
    for round_ in range(8):
        writer = FRESH.Process(target=_write_for_ever, args=(folder,))
        writer.start()
        deadline = time.monotonic() + 10
        while not list(folder.glob("0/*/*/*.val")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.02 * round_)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        with closing(DiskCache(folder)) as cache:
            for key in cache.find([f"k{n}" for n in range(5)]).values():
                assert len(set(content(cache.get(key)))) <= 1
            assert content(cache.get(cache.put("after", LARGE))) == LARGE


def _make_key(folder, barrier, found):
    barrier.wait()
    with closing(DiskCache(folder)) as cache:
        found.put(cache.put("a", b"x") and (folder / "key").read_bytes())


@pytest.mark.slow
def test_processes_that_open_a_new_cache_at_once_agree_on_its_key(tmp_path):
    barrier, found = FRESH.Barrier(4), FRESH.Queue()
    for round_ in range(3):
        folder = tmp_path / f"results {round_}"
        makers = [FRESH.Process(target=_make_key, args=(folder, barrier, found)) for _ in range(4)]
        for maker in makers:
            maker.start()
        assert len({found.get(timeout=30) for _ in makers}) == 1
        for maker in makers:
            maker.join()


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_earlier_results_stay(small_disk):
    with closing(DiskCache(small_disk / "results")) as cache:
        first = cache.put("first", LARGE)
        with pytest.raises(ResultError, match="No space left"):
            cache.put("too large", os.urandom(8 * 2**20))
        with pytest.raises(ResultError, match="full|No space left"):
            for number in range(1000):
                cache.put(f"small {number}", os.urandom(SMALL_BYTES - 1))
        assert content(cache.get(first)) == LARGE
        assert not cache.find(["too large"])


def test_a_write_that_failed_for_a_full_disk_leaves_no_file_behind(small_disk):
    with closing(DiskCache(small_disk / "results")) as cache:
        cache.put("first", SMALL)
        for _ in range(5):
            with pytest.raises(ResultError):
                cache.put("too large", os.urandom(8 * 2**20))
        assert not list(small_disk.rglob("*.val"))
        assert content(cache.get(cache.put("second", LARGE))) == LARGE


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_lost(small_disk):
    with closing(DiskCache(small_disk / "results")) as cache:
        first = cache.put("first", LARGE)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with closing(DiskCache(small_disk / "results")) as cache:
        for payload in (SMALL, LARGE):
            with pytest.raises(ResultError, match="(?i)read-?only|unable to open"):
                cache.put("second", payload)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with closing(DiskCache(small_disk / "results")) as cache:
        assert content(cache.get(first)) == LARGE
        assert content(cache.get(cache.put("second", SMALL))) == SMALL


def test_nothing_is_ever_evicted(folder, cache):
    key = cache.put("first", SMALL)
    with closing(diskcache.Cache(str(folder / "0"))) as raw:
        assert raw.eviction_policy == "none"
        assert raw.cull_limit == 0
        assert raw.size_limit > 2**50
    assert content(cache.get(key)) == SMALL


def test_descriptors_are_given_back(cache, again):
    key = cache.put("a", LARGE, "note")
    again.note(key)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        again.note(key)
        again.find(["a"])
        content(again.get(key))
    assert len(os.listdir("/proc/self/fd")) == before
