"""Private folders and the workspace's key: who may read and write what is kept on disk."""

from __future__ import annotations

import logging
import os
import secrets
import stat
from pathlib import Path

from dtscheduler.errors import WorkspaceError

KEY_BYTES = 32

logger = logging.getLogger("dtscheduler")


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter, or check that an existing one is such.

    Raises:
        WorkspaceError: it cannot be made, is a symbolic link or belongs to another user.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise WorkspaceError(f"the folder {path} cannot be made: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise WorkspaceError(f"{path} is not a folder, or a symbolic link; remove it or choose another workspace")
    if found.st_uid != os.getuid():
        raise WorkspaceError(f"the folder {path} belongs to another user; choose a workspace of your own")
    if found.st_mode & 0o077:
        logger.warning("the folder %s was open to other users; it is private now", path)
        path.chmod(0o700)
    return path


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
