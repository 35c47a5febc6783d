"""Who may enter the folders of a workspace, where tasks run under other accounts."""

import os
import pwd
import stat
import subprocess

import pytest

from dtscheduler.caches.account import other_account
from dtscheduler.caches.folders import account_folders, workspace_folder
from dtscheduler.errors import WorkerError, WorkspaceError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def as_account(account, *command):
    return subprocess.run(command, capture_output=True, text=True, **account.process_options({}))


@pytest.fixture
def home(passable):
    return passable / "workspace"


def test_an_account_can_enter_its_own_folders_and_list_nothing_around_them(home, nobody):
    folders = account_folders(home, nobody)
    for folder in (folders.results, folders.spools):
        assert as_account(nobody, "touch", str(folder / "file")).returncode == 0
        assert folder.stat().st_uid == nobody.uid
    for folder in (home, home / "accounts", folders.results.parent):
        assert as_account(nobody, "ls", str(folder)).returncode != 0
        assert as_account(nobody, "touch", str(folder / "file")).returncode != 0
        assert folder.stat().st_uid == 0


def test_all_else_in_the_workspace_is_closed_before_accounts_may_pass_through(home, nobody):
    workspace_folder(home)
    (home / "logs").mkdir(mode=0o755)
    (home / "dtscheduler.db").write_text("jobs")
    account_folders(home, nobody)
    assert mode(home) == 0o711
    assert (mode(home / "logs"), mode(home / "dtscheduler.db")) == (0o700, 0o600)
    assert as_account(nobody, "cat", str(home / "dtscheduler.db")).returncode != 0


def test_accounts_can_still_pass_when_the_workspace_is_opened_again(home, nobody, caplog):
    folders = account_folders(home, nobody)
    workspace_folder(home)
    assert as_account(nobody, "ls", str(folders.results)).returncode == 0
    assert caplog.text == ""


def test_a_workspace_without_accounts_is_private(home):
    assert mode(workspace_folder(home)) == 0o700


def test_a_folder_of_somebody_else_is_refused(home, nobody):
    folders = account_folders(home, nobody)
    os.chown(folders.results, pwd.getpwnam("daemon").pw_uid, -1)
    with pytest.raises(WorkspaceError, match="is for 'nobody' alone"):
        account_folders(home, nobody)


@pytest.mark.parametrize("name", ["results", "", ".."])
def test_a_link_in_place_of_a_folder_is_refused(home, nobody, passable, name):
    folder = account_folders(home, nobody).results.parent / name
    folder = folder.resolve()
    folder.rename(passable / "elsewhere")
    folder.symlink_to(passable / "elsewhere")
    with pytest.raises(WorkspaceError, match="a symbolic link"):
        account_folders(home, nobody)


def test_a_folder_that_the_account_has_opened_to_all_is_closed_again(home, nobody):
    folders = account_folders(home, nobody)
    folders.results.chmod(0o777)
    assert mode(account_folders(home, nobody).results) == 0o700


def test_what_keeps_an_account_from_a_file_is_named(nobody, passable):
    (passable / "open").mkdir(mode=0o755)
    (passable / "open" / "file").write_text("x")
    (passable / "closed").mkdir(mode=0o700)
    (passable / "closed" / "file").write_text("x")
    (passable / "link").symlink_to(passable / "closed" / "file")
    (passable / "open" / "file").chmod(0o644)
    assert nobody.cannot_reach(passable / "open" / "file", None) == ""
    assert f"cannot enter {passable / 'closed'}" in nobody.cannot_reach(passable / "link")
    (passable / "open" / "file").chmod(0o640)
    assert f"cannot read {passable / 'open' / 'file'}" in nobody.cannot_reach(passable / "open" / "file")


def test_an_account_that_is_not_there_is_named():
    with pytest.raises(WorkerError, match="no such account"):
        other_account("no-such-account")


def test_no_account_and_the_account_of_this_process_are_none_other():
    assert other_account(None) is other_account("") is other_account(pwd.getpwuid(os.getuid()).pw_name) is None
