"""Results of another account, which root reads and writes through a process of that account.

Root opens no file in a folder that belongs to another account: what lies there may be a link to somewhere else, or a
database that was made to do harm.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from dtscheduler.caches.account import Account
from dtscheduler.caches.delegate import receive, send
from dtscheduler.caches.disk import BUSY_SECONDS
from dtscheduler.errors import ResultError, ResultMissingError

SILENT_SECONDS = BUSY_SECONDS + 30.0
LEAVE_SECONDS = 2.0

logger = logging.getLogger("dtscheduler")
_Message = tuple[dict[str, Any], bytes | BinaryIO]


class DelegatedCache:
    """A ``ResultCache`` over the results of another account; used by root, from any thread.

    A process of that account is started at the first request. Nothing that it answers is trusted more than a result is.

    Args:
        folder: the folder of the results, which the account owns.
        account: the account.
        python: interpreter that the account can start, with this package.
    """

    def __init__(self, folder: Path, account: Account, python: str) -> None:
        self._folder, self._account, self._python = folder, account, python
        self._lock = Lock()
        self._delegate: _Delegate | None = None

    def put(self, key: str, payload: bytes | BinaryIO, note: str = "") -> str:
        return str(self._asked({"put": key, "note": note}, payload)[0])

    def get(self, key: str) -> bytes | BinaryIO:
        return self._asked({"get": key})[1]

    def note(self, key: str) -> str | None:
        answer = self._looked_up({"note": key})
        return answer if isinstance(answer, str) else None

    def find(self, keys: Iterable[str]) -> dict[str, str]:
        wanted = list(keys)
        answer = self._looked_up({"find": wanted})
        found = answer if isinstance(answer, dict) else {}
        return {key: found[key] for key in wanted if isinstance(found.get(key), str)}

    def missing(self, keys: Iterable[str]) -> set[str]:
        wanted = set(keys)
        answer = self._looked_up({"missing": sorted(wanted)})
        return wanted.intersection(map(str, answer)) if isinstance(answer, list) else wanted

    def keys(self, after: str = "") -> Iterator[str]:
        while True:
            answer = self._asked({"keys": after})[0]
            found = [key for key in answer if isinstance(key, str)] if isinstance(answer, list) else []
            yield from found
            if not found or found[-1] == after:
                return
            after = found[-1]

    def sizes(self, keys: Iterable[str], *, idle_seconds: float = 0.0) -> dict[str, int]:
        wanted = list(keys)
        answer = self._asked({"sizes": wanted, "idle": float(idle_seconds)})[0]
        found = answer if isinstance(answer, dict) else {}
        return {key: size for key in wanted if isinstance(size := found.get(key), int)}

    def remove(self, keys: Iterable[str], *, idle_seconds: float = 0.0) -> int:
        answer = self._asked({"remove": list(keys), "idle": float(idle_seconds)})[0]
        return answer if isinstance(answer, int) else 0

    def close(self) -> None:
        with self._lock:
            self._dismiss()

    def _looked_up(self, request: dict[str, Any]) -> Any:
        """The answer; None, with a warning, where there is none."""
        try:
            return self._asked(request)[0]
        except ResultError as error:
            logger.warning("results of %r count as missing: %s", self._account.name, error)
            return None

    def _asked(self, request: dict[str, Any], payload: bytes | BinaryIO = b"") -> tuple[Any, bytes | BinaryIO]:
        with self._lock:
            answer, content = self._exchanged(request, payload)
        if "missing" in answer:
            raise ResultMissingError(str(answer["missing"]))
        if "error" in answer:
            raise ResultError(str(answer["error"]))
        return answer.get("found"), content

    def _exchanged(self, request: dict[str, Any], payload: bytes | BinaryIO) -> _Message:
        """Send a request and receive the answer; once more where the process had ended since the last one."""
        if self._delegate is not None and not self._delegate.alive:
            self._dismiss()
        start = 0 if isinstance(payload, bytes) else payload.tell()
        fresh = self._delegate is None
        try:
            return self._exchange(request, payload)
        except ResultError:
            if fresh:
                raise
        if not isinstance(payload, bytes):
            payload.seek(start)
        return self._exchange(request, payload)

    def _exchange(self, request: dict[str, Any], payload: bytes | BinaryIO) -> _Message:
        delegate = self._delegate = self._delegate or _Delegate(self._folder, self._account, self._python)
        try:
            send(delegate.line, request, payload)
            return receive(delegate.line)
        except (OSError, ValueError, RecursionError) as error:
            self._dismiss()
            why = delegate.explained(error)
            raise ResultError(f"the results in {self._folder} cannot be used: {why}") from error

    def _dismiss(self) -> None:
        if self._delegate is not None:
            self._delegate.end()
            self._delegate = None


class _Delegate:
    """The process of the account, and the line to it."""

    def __init__(self, folder: Path, account: Account, python: str) -> None:
        self._folder, self._account, self._python = folder, account, python
        self.line, theirs = socket.socketpair()
        self.line.settimeout(SILENT_SECONDS)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 # closed when nobody refers to it any more
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [python, "-P", "-m", "dtscheduler.caches.delegate", str(folder)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=self._said,
                    start_new_session=True,
                    **account.process_options({}),
                )
        except OSError as error:
            self.line.close()
            raise ResultError(
                f"the interpreter {python} cannot be started as {account.name!r}: {error.strerror}{self._obstacle()}"
            ) from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def explained(self, error: Exception) -> str:
        """Why an exchange failed: what the process said at its end, and what the modes of files tell."""
        self._said.seek(max(0, os.fstat(self._said.fileno()).st_size - 2000))
        said = self._said.read(2000).decode("utf-8", "replace").strip().rpartition("\n")[2]
        ended = f"its process ended with exit code {self._process.returncode}"
        return f"{ended}: {said or error or type(error).__name__}{self._obstacle()}"

    def end(self) -> None:
        """End the process, which does so by itself when nobody is there to ask any more."""
        self.line.close()
        try:
            self._process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _obstacle(self) -> str:
        found = self._account.cannot_reach(self._python, __file__, self._folder)
        return f"; {found}" if found else ""
