"""How logs are taken out of a folder in which another account may do what it likes."""

import os
import socket

import pytest

from dtscheduler.executors.logs import LONGEST_LOG, log_path, spool_path
from dtscheduler.executors.spools import AccountSpools, OwnSpools

HOST, GONE = socket.gethostname(), 2**22 + 1


@pytest.fixture
def spools(passable, nobody):
    folder = passable / "spools"
    folder.mkdir(mode=0o700)
    os.chown(folder, nobody.uid, nobody.gid)
    return AccountSpools(folder, nobody.uid)


@pytest.fixture
def log(tmp_path):
    return log_path(tmp_path / "logs" / "of-a-run", 1, 2, 3)


def written(path, text, account, size=None):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    if size:
        os.truncate(path, size)
    for one in (path, path.parent):
        os.chown(one, account.uid, account.gid)
    return path


def test_a_finished_log_is_put_in_its_place(spools, log, nobody):
    kept = written(spools.folder / "of-a-run" / log.name, "text", nobody)
    spools.collect(log)
    spools.collect(log)
    assert log.read_text() == "text"
    assert log.stat().st_uid == 0
    assert not kept.exists()


def test_what_a_dead_worker_wrote_becomes_the_log(spools, log, nobody):
    spool = written(spool_path(spools.folder, HOST, GONE), "last words", nobody)
    with spools.open_live(HOST, GONE) as live:
        assert live.read() == b"last words"
    spools.keep(HOST, GONE, log)
    assert log.read_text() == "last words"
    assert not spool.exists()
    assert spools.open_live(HOST, GONE) is None


def test_a_log_that_is_too_long_is_bounded(spools, log, nobody):
    written(spools.folder / "of-a-run" / log.name, "start", nobody, size=3 * LONGEST_LOG)
    spools.collect(log)
    assert log.stat().st_size < LONGEST_LOG


def test_an_empty_log_is_none(spools, log, nobody):
    written(spools.folder / "of-a-run" / log.name, "", nobody)
    spools.collect(log)
    assert not log.exists()


def _link(path, secret):
    path.symlink_to(secret)


def _hard_link(path, secret):
    path.hardlink_to(secret)


def _pipe(path, secret):
    os.mkfifo(path)


def _folder(path, secret):
    path.mkdir()


@pytest.mark.parametrize("trick", [_link, _hard_link, _pipe, _folder])
def test_only_files_of_the_account_itself_are_opened(spools, log, nobody, passable, trick, caplog):
    secret = passable / "secret"
    secret.write_text("of root")
    trick(spool_path(spools.folder, HOST, GONE), secret)
    spools.keep(HOST, GONE, log)
    spools.free_middle(GONE)
    assert spools.open_live(HOST, GONE) is None
    assert not log.exists()
    assert "cannot be taken" in caplog.text
    spools.forget(GONE)
    assert secret.read_text() == "of root"


def test_a_link_in_place_of_the_folder_is_not_followed(spools, log, nobody, passable):
    elsewhere = written(passable / "elsewhere" / log.name, "text", nobody)
    (spools.folder / "of-a-run").symlink_to(elsewhere.parent)
    spools.collect(log)
    spools.clear(str(log.parent))
    assert elsewhere.read_text() == "text"
    assert not log.exists()


def test_what_is_left_is_removed(spools, log, nobody):
    written(spools.folder / "of-a-run" / "9.9.9.log", "text", nobody)
    written(spool_path(spools.folder, HOST, GONE), "text", nobody)
    mine = written(spool_path(spools.folder, HOST, os.getpid()), "text", nobody)
    spools.clear(str(log.parent))
    assert list(spools.folder.iterdir()) == [mine]


def test_spools_of_this_account_become_logs_by_their_name(tmp_path, log):
    spools = OwnSpools(tmp_path)
    spool_path(tmp_path, HOST, GONE).write_text("text")
    with spools.open_live(HOST, GONE) as live:
        assert live.read() == b"text"
    spools.keep(HOST, GONE, log)
    assert log.read_text() == "text"
    assert spools.open_live(HOST, GONE) is None
    assert spools.log_dir_of(str(log.parent)) == str(log.parent)
