"""Where workers of an account write the logs of what they execute, and how these become logs of attempts."""

from __future__ import annotations

import logging
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from dtscheduler.caches.account import other_account
from dtscheduler.caches.folders import account_folders, private_folder
from dtscheduler.executors import logs

logger = logging.getLogger("dtscheduler")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ENTER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


class Spools(Protocol):
    """The spools of an account's workers. Workers are named by their host and process id."""

    folder: Path

    def log_dir_of(self, log_dir: str) -> str:
        """Where workers put finished logs that belong into the folder ``log_dir``."""

    def collect(self, log: Path) -> None:
        """Put a finished log, if there is one, in its place."""

    def keep(self, host: str, worker: str | int, log: Path) -> None:
        """Make what a worker that died has written the log of its attempt."""

    def open_live(self, host: str, worker: str | int) -> BinaryIO | None:
        """What a worker has written so far."""

    def free_middle(self, worker: int) -> None:
        """Give the disk space of the middle of a log back that grows too long."""

    def forget(self, worker: int) -> None:
        """Remove the spool of a worker of this host that has ended."""

    def clear(self, log_dir: str | None = None) -> None:
        """Remove spools of workers of this host that have ended, and what is left of a run's finished logs."""


def spools_of(home: Path, account: str | None = None) -> Spools:
    """The spools in a workspace of workers under an account; None is that of this process.

    Raises:
        WorkerError: there is no such account, or this process may not use it.
        WorkspaceError: its folder cannot be made, or is somebody else's.
    """
    other = other_account(account)
    if other is None:
        return OwnSpools(private_folder(home / "logs" / "workers"))
    return AccountSpools(account_folders(home, other).spools, other.uid)


class OwnSpools:
    """Of workers under the account of this process; they put finished logs in their place themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log_dir_of(self, log_dir: str) -> str:
        return log_dir

    def collect(self, log: Path) -> None:
        return

    def keep(self, host: str, worker: str | int, log: Path) -> None:
        logs.keep(logs.spool_path(self.folder, host, worker), log)

    def open_live(self, host: str, worker: str | int) -> BinaryIO | None:
        try:
            return logs.spool_path(self.folder, host, worker).open("rb")
        except FileNotFoundError:
            return None

    def free_middle(self, worker: int) -> None:
        logs.free_middle(logs.spool_path(self.folder, socket.gethostname(), worker))

    def forget(self, worker: int) -> None:
        logs.spool_path(self.folder, socket.gethostname(), worker).unlink(missing_ok=True)

    def clear(self, log_dir: str | None = None) -> None:
        logs.clear_spools(self.folder)


class AccountSpools:
    """Of workers under another account, which root takes finished logs from by copying them.

    The folder belongs to that account, which may put there what it likes: no link is followed, and only regular files
    of the account itself are opened.

    Args:
        folder: the account's folder; the one around it belongs to root.
        uid: number of the account.
    """

    def __init__(self, folder: Path, uid: int) -> None:
        self.folder, self._uid = folder, uid

    def log_dir_of(self, log_dir: str) -> str:
        return str(self.folder / Path(log_dir).name)

    def collect(self, log: Path) -> None:
        self._take(log.parent.name, log.name, log)

    def keep(self, host: str, worker: str | int, log: Path) -> None:
        self._take(None, logs.spool_path("", host, worker).name, log)

    def open_live(self, host: str, worker: str | int) -> BinaryIO | None:
        with suppress(OSError), self._within() as folder:
            return os.fdopen(self._opened(logs.spool_path("", host, worker).name, _READ, folder), "rb")
        return None

    def free_middle(self, worker: int) -> None:
        with suppress(OSError), self._within() as folder:
            descriptor = self._opened(logs.spool_path("", socket.gethostname(), worker).name, _WRITE, folder)
            try:
                logs.free_middle_of(descriptor)
            finally:
                os.close(descriptor)

    def forget(self, worker: int) -> None:
        with suppress(OSError), self._within() as folder:
            os.unlink(logs.spool_path("", socket.gethostname(), worker).name, dir_fd=folder)

    def clear(self, log_dir: str | None = None) -> None:
        with suppress(OSError), self._within() as folder:
            for entry in list(os.scandir(folder)):
                if logs.spool_is_left(entry.name):
                    os.unlink(entry.name, dir_fd=folder)
        if log_dir is not None:
            self._remove(Path(log_dir).name)

    def _remove(self, name: str) -> None:
        with suppress(OSError), self._within(name) as folder:
            for entry in list(os.scandir(folder)):
                with suppress(OSError):
                    os.unlink(entry.name, dir_fd=folder)
        with suppress(OSError), self._within() as folder:
            os.rmdir(name, dir_fd=folder)

    @contextmanager
    def _within(self, name: str | None = None) -> Iterator[int]:
        """The descriptor of the folder, or of one in it."""
        folder = os.open(self.folder, _ENTER)
        try:
            self._check(folder)
            if name is None:
                yield folder
                return
            inside = self._opened(name, _ENTER, folder)
            try:
                yield inside
            finally:
                os.close(inside)
        finally:
            os.close(folder)

    def _opened(self, name: str, flags: int, folder: int) -> int:
        descriptor = os.open(name, flags, dir_fd=folder)
        try:
            self._check(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _check(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if found.st_uid != self._uid or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise PermissionError(f"it is not a file of user {self._uid}")

    def _take(self, inside: str | None, name: str, log: Path) -> None:
        try:
            with self._within(inside) as folder:
                with os.fdopen(self._opened(name, _READ, folder), "rb") as source:
                    if os.fstat(source.fileno()).st_size:
                        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                        logs.copy_bounded(source, log)
                os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            logger.warning("the log %s cannot be taken from %s: %s", log, self.folder, error)
