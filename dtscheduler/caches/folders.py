"""Private folders and the workspace's key: who may read and write what is kept on disk."""

from __future__ import annotations

import logging
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dtscheduler.errors import WorkspaceError

if TYPE_CHECKING:
    from dtscheduler.caches.account import Account

KEY_BYTES = 32
ACCOUNTS = "accounts"
PASSAGE = 0o711

logger = logging.getLogger("dtscheduler")


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter, or check that an existing one is such.

    Raises:
        WorkspaceError: it cannot be made, is a symbolic link or belongs to another user.
    """
    found = _made(path)
    if found.st_uid != os.getuid():
        raise WorkspaceError(f"the folder {path} belongs to another user; choose a workspace of your own")
    if found.st_mode & 0o077:
        logger.warning("the folder %s was open to other users; it is private now", path)
        path.chmod(0o700)
    return path


def workspace_folder(path: Path) -> Path:
    """The private folder of a workspace; where root keeps folders of accounts in it, those may pass through it.

    Raises:
        WorkspaceError: as for a private folder.
    """
    if os.getuid() == 0 and (path / ACCOUNTS).is_dir():
        _passage(path)
        return path
    return private_folder(path)


@dataclass(frozen=True, slots=True)
class AccountFolders:
    """The folders in a workspace of root's that belong to another account."""

    results: Path
    spools: Path


def account_folders(home: Path, account: Account) -> AccountFolders:
    """Make or check the folders of another account in a workspace: it alone can enter them.

    The folders around them belong to us, so that nothing can be put in their place, and let others pass through without
    listing them; all else in the workspace is closed to others.

    Raises:
        WorkspaceError: one of them cannot be made, is a symbolic link or belongs to somebody else.
    """
    own = home / ACCOUNTS / str(account.uid)
    try:
        _made(home)
        _close_all_within(home)
        for folder in (home, own.parent, own):
            _passage(folder)
        return AccountFolders(*(_handed_over(own / name, account) for name in ("results", "spools")))
    except OSError as error:
        raise WorkspaceError(f"the folders of {account.name!r} in {home} cannot be made: {error.strerror}") from error


def workspace_key(path: Path) -> bytes:
    """Read the key that signs results, or make one; two processes that make it at once agree on one.

    Raises:
        WorkspaceError: the file cannot be read, is open to others or is not a key.
    """
    try:
        if not path.exists():
            _write_once(path, secrets.token_bytes(KEY_BYTES))
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise WorkspaceError(f"{path} must be a private file of yours (chmod 600), since it signs the results")
        key = path.read_bytes()
    except OSError as error:
        raise WorkspaceError(f"the key {path} cannot be read: {error.strerror}") from error
    if len(key) != KEY_BYTES:
        raise WorkspaceError(f"{path} is damaged; remove it: a new one is made and earlier results are computed again")
    return key


def _write_once(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.close(descriptor)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _made(path: Path) -> os.stat_result:
    """What there is to know of a folder, which is made if it is not there."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise WorkspaceError(f"the folder {path} cannot be made: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise WorkspaceError(f"{path} is not a folder, or a symbolic link; remove it or choose another workspace")
    return found


def _close_all_within(home: Path) -> None:
    for entry in os.scandir(home):
        mode = entry.stat(follow_symlinks=False).st_mode
        if entry.name != ACCOUNTS and mode & 0o077 and not entry.is_symlink():
            Path(entry.path).chmod(mode & 0o700)


def _passage(folder: Path) -> None:
    found = _made(folder)
    if found.st_uid != os.getuid():
        raise WorkspaceError(f"the folder {folder} belongs to another user, and accounts would have to pass through it")
    if found.st_mode & 0o777 != PASSAGE:
        folder.chmod(PASSAGE)


def _handed_over(folder: Path, account: Account) -> Path:
    found = _made(folder)
    if found.st_uid == os.getuid():  # it is new
        os.chown(folder, account.uid, account.gid)
    elif found.st_uid != account.uid:
        raise WorkspaceError(f"the folder {folder} belongs to user {found.st_uid}, and is for {account.name!r} alone")
    if found.st_mode & 0o077:
        folder.chmod(0o700)
    return folder
