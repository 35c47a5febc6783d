"""Results of another account, which root reads and writes through a process of that account."""

import io
import os
import signal
import stat
from contextlib import closing

import psutil
import pytest

from dtscheduler.caches import delegated
from dtscheduler.caches.delegated import DelegatedCache
from dtscheduler.caches.folders import account_folders
from dtscheduler.errors import ResultError, ResultMissingError


@pytest.fixture
def folder(passable, nobody):
    return account_folders(passable / "workspace", nobody).results


@pytest.fixture
def cache(folder, nobody, python):
    with closing(DelegatedCache(folder, nobody, python)) as opened:
        yield opened


def content(found):
    if isinstance(found, bytes):
        return found
    with found:
        return found.read()


def process_of(cache):
    return psutil.Process(cache._delegate._process.pid)


@pytest.mark.parametrize("size", [0, 5, 100_000, 30_000_000])
@pytest.mark.parametrize("wrap", [bytes, io.BytesIO], ids=["bytes", "file"])
def test_what_is_read_is_what_was_written(cache, tmp_path, size, wrap):
    payload = os.urandom(size)
    if wrap is io.BytesIO:
        (tmp_path / "payload").write_bytes(payload)
        with (tmp_path / "payload").open("rb") as file:
            key = cache.put("a", file, "a note")
    else:
        key = cache.put("a", payload, "a note")
    assert content(cache.get(key)) == payload
    assert cache.note(key) == "a note"
    assert cache.find(["a", "b"]) == {"a": key}
    assert cache.missing([key, "b@0"]) == {"b@0"}


def test_what_is_not_there_is_missing(cache):
    with pytest.raises(ResultMissingError):
        cache.get("a@0")
    assert cache.note("a@0") is None


def test_all_files_belong_to_the_account(cache, folder, nobody):
    cache.put("a", b"x" * 100_000)
    assert {path.lstat().st_uid for path in folder.rglob("*")} == {nobody.uid}
    assert process_of(cache).uids().real == nobody.uid
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_process_that_ended_is_replaced(cache):
    key = cache.put("a", b"payload")
    process_of(cache).kill()
    process_of(cache).wait()
    assert cache.get(key) == b"payload"
    cache.close()
    assert cache.get(key) == b"payload"


def test_no_process_is_left_after_close(cache):
    cache.put("a", b"payload")
    process = process_of(cache)
    cache.close()
    assert not process.is_running()


def test_a_process_that_is_silent_is_given_up(cache, monkeypatch, caplog):
    monkeypatch.setattr(delegated, "SILENT_SECONDS", 0.5)
    cache.put("a", b"payload")
    monkeypatch.setattr(delegated, "LEAVE_SECONDS", 0.1)
    process = process_of(cache)
    process.send_signal(signal.SIGSTOP)
    assert cache.note("a@0") in (None, "")
    assert not process.is_running()


def test_a_link_in_place_of_the_database_leads_nowhere(cache, folder, passable, nobody, caplog):
    secret = passable / "of root"
    secret.write_bytes(b"secret")
    secret.chmod(0o600)
    (folder / "0").mkdir()
    os.chown(folder / "0", nobody.uid, nobody.gid)
    (folder / "0").chmod(0o700)
    (folder / "0" / "cache.db").symlink_to(secret)
    with pytest.raises(ResultError):
        cache.put("a", b"payload")
    assert cache.missing(["a@0"]) == {"a@0"}
    assert secret.read_bytes() == b"secret"


def test_an_interpreter_that_the_account_cannot_start_is_named(folder, nobody, passable):
    (passable / "private").mkdir(mode=0o700)
    cache = DelegatedCache(folder, nobody, str(passable / "private" / "python"))
    (passable / "private" / "python").symlink_to("/bin/true")
    with pytest.raises(ResultError, match="'nobody' cannot enter"):
        cache.get("a@0")


def test_a_process_that_cannot_work_says_why(folder, nobody):
    with pytest.raises(ResultError, match="cannot be used: its process ended with exit code 1"):
        DelegatedCache(folder, nobody, "/bin/false").get("a@0")
