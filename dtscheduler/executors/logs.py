"""The logs of attempts: written at descriptor level, bounded on disk, one file for each attempt that prints anything.

A worker writes the log of the attempt that executes into a file of its own, the spool, which becomes the attempt's log
when the attempt ends. Most attempts print nothing, and making a file for each would cost more than executing it.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from dtscheduler.running.lease import process_started

LONGEST_LOG = 20 * 2**20
KEPT_AT_START = LONGEST_LOG // 4
KEPT_AT_END = LONGEST_LOG // 4
_BLOCK = 4096
_PUNCH_HOLE_KEEP_SIZE = 0x02 | 0x01


def log_path(folder: str | Path, task: int, part: int, attempt: int) -> Path:
    """Where the log of an attempt lies; paths are made of numbers only."""
    return Path(folder) / f"{task}.{part}.{attempt}.log"


def spool_path(folder: str | Path, host: str, worker: str | int) -> Path:
    """Where a worker, named by its host and process id, writes the log of what it executes."""
    return Path(folder) / f"{_host_part(host)}.{worker}.log"


def open_spool(path: Path) -> int:
    """Open an empty spool for appending; no symbolic link is followed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, 0o600)


def keep(spool: Path, log: Path) -> None:
    """Make a spool the log of the attempt that wrote it, if there is anything in it."""
    try:
        if spool.stat().st_size == 0:
            return
        with suppress(OSError):  # no room for the shorter one: it stays long
            bound(spool)
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        spool.rename(log)
    except FileNotFoundError:
        return


def clear_spools(folder: Path) -> None:
    """Remove the spools of workers of this host that have ended."""
    for spool in folder.glob("*.log"):
        if spool_is_left(spool.name):
            spool.unlink(missing_ok=True)


def spool_is_left(name: str) -> bool:
    """Whether a file of that name is the spool of a worker of this host that has ended."""
    host, _, rest = name.partition(".")
    pid, _, ending = rest.partition(".")
    ours = host == _host_part(socket.gethostname()) and ending == "log" and pid.isdecimal() and pid.isascii()
    return ours and not process_started(int(pid))


def free_middle(path: Path) -> None:
    """Give the disk space of a growing log's middle back while its writer goes on; a no-op where the OS cannot."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        free_middle_of(descriptor)
    finally:
        os.close(descriptor)


def free_middle_of(descriptor: int) -> None:
    """The same for a log that is open."""
    found = os.fstat(descriptor)
    start, end = _align(KEPT_AT_START), (found.st_size - KEPT_AT_END) // _BLOCK * _BLOCK
    if found.st_blocks * 512 > LONGEST_LOG and end > start:
        _punch_hole(descriptor, start, end - start)


def bound(path: Path) -> None:
    """Shorten a finished log that is too long to its start and its end, with a line between that says so."""
    if path.stat().st_size <= LONGEST_LOG:
        return
    with path.open("rb") as source:
        copy_bounded(source, path)  # not in place: the runner may just be freeing the middle of the file


def copy_bounded(source: BinaryIO, log: Path) -> None:
    """Make a finished log of a file, without its middle where it is too long."""
    copy = log.with_suffix(".part")
    try:
        with copy.open("wb") as target:
            size = os.fstat(source.fileno()).st_size
            if size > LONGEST_LOG:
                target.write(source.read(KEPT_AT_START))
                end = source.seek(-KEPT_AT_END, os.SEEK_END)
                target.write(f"\n[… {end - KEPT_AT_START:,} bytes left out …]\n".encode())
            target.write(source.read(LONGEST_LOG))
        copy.replace(log)
    finally:
        copy.unlink(missing_ok=True)


def _host_part(host: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in host)[:100]


def _align(position: int) -> int:
    return -(-position // _BLOCK) * _BLOCK


def _punch_hole(descriptor: int, start: int, length: int) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    libc.fallocate(descriptor, _PUNCH_HOLE_KEEP_SIZE, start, length)
