"""One worker process, seen from the runner: its pipes, and the calls that it has been sent."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dtscheduler.errors import WorkerError
from dtscheduler.executors import killing, reports, wire
from dtscheduler.executors.quarters import Quarters
from dtscheduler.model.call import Environment, PartCall, TaskSetup
from dtscheduler.model.job import Resources

_READ_BYTES = 2**20
_SHOWN_BYTES = 2000


@dataclass(frozen=True, slots=True)
class Begun:
    """What the board says: calls that ended unreported, and the one that executes now, since when and how long."""

    unreported: list[PartCall]
    current: PartCall | None
    since: float
    seconds: float


class WorkerProcess:
    """A child process that executes calls in the order in which they are sent.

    Nothing here blocks: what the pipe does not take at once waits in ``outbox``.

    Args:
        environment: its interpreter, work dir and account.
        quarters: where its results and logs go.
        slot: its number among the workers of this machine.
        variables: environment variables that it gets beside those of this process; not under another account.

    Raises:
        WorkerError: the interpreter cannot be started.
    """

    def __init__(
        self, environment: Environment, quarters: Quarters, *, slot: int, variables: Mapping[str, str]
    ) -> None:
        self.environment, self.quarters, self.slot = environment, quarters, slot
        self.ready = False
        self.recalling = False
        self.calls: deque[PartCall] = deque()
        self.reserved: Resources | None = None
        self.used = False
        self.alone = False
        self.announced: reports.Identity | None = None
        self._killed = False
        self._reported = 0
        self._known: set[int] = set()
        self._unsent: list[PartCall] = []
        self._mark = uuid.uuid4().hex
        self._frames = wire.Frames(wire.LONGEST_REPORT)
        self.outbox = bytearray()
        self._boot_output = tempfile.TemporaryFile()  # noqa: SIM115 # closed in release()
        self._board = wire.BoardFile()
        their_in, self.writes = os.pipe()
        self.reads, their_out = os.pipe()
        try:
            self.process = self._started(their_in, their_out, variables)
        except OSError as error:
            self._close(self.writes, self.reads)
            raise WorkerError(self._not_started(error)) from error
        finally:
            os.close(their_in)
            os.close(their_out)
        os.set_blocking(self.writes, False)
        os.set_blocking(self.reads, False)
        self.pidfd = os.pidfd_open(self.process.pid) if hasattr(os, "pidfd_open") else None

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def code(self) -> int:
        """How the process ended: its exit code, or minus the number of the signal that ended it."""
        return self.process.wait()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def prepare(self, setup: TaskSetup, *, again: bool = False) -> None:
        """Make the calls of a task known, unless they are; ``again`` replaces what is known."""
        if again or setup.task not in self._known:
            self._known.add(setup.task)
            self.send(wire.Prepare(setup))

    def execute(self, call: PartCall) -> None:
        """Add a call to those that the worker makes; it is sent with the next ``write``."""
        self.used = True
        self.calls.append(call)
        self._unsent.append(call)

    def send(self, message: object) -> None:
        self._pack()
        self.outbox += wire.order(message)

    def write(self) -> None:
        """Send what has been added, as much as the pipe takes now."""
        self._pack()
        try:
            while self.outbox:
                written = os.write(self.writes, memoryview(self.outbox)[:65536])
                del self.outbox[:written]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it has died; reading will say so
            self.outbox.clear()

    def _pack(self) -> None:
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            self.outbox += wire.order(wire.Calls(unsent))

    def read(self) -> Iterator[reports.Message]:
        """Messages that have come. Raises ``GarbledError``."""
        while True:
            try:
                data = os.read(self.reads, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                return
            yield from map(reports.read, self._frames.feed(data))
            if len(data) < _READ_BYTES:
                return

    def reported(self, ended: reports.Identity) -> PartCall | None:
        """Take a call whose outcome has come off the list; None where it is not on it."""
        if self.calls and identity(self.calls[0]) == ended:
            self._reported += 1
            return self.calls.popleft()
        return None

    def given_back(self, identities: list[reports.Identity]) -> list[PartCall]:
        """Take calls that the worker gave back off the list."""
        back = set(identities)
        taken = [call for call in self.calls if identity(call) in back]
        self.calls = deque(call for call in self.calls if identity(call) not in back)
        return taken

    def begun(self) -> Begun:
        """How far the worker has come with its calls."""
        count, since, monotonic = self._board.read() or (self._reported + 1, time.time(), time.monotonic())
        ahead = min(count - self._reported, len(self.calls))
        if ahead <= 0:
            return Begun([], None, since, 0.0)
        begun = [self.calls[place] for place in range(ahead)]
        return Begun(begun[:-1], begun[-1], since, time.monotonic() - monotonic)

    def boot_report(self) -> str:
        """What to say of a process that ended before it was ready: how, and the end of what it wrote."""
        self._boot_output.seek(max(0, os.fstat(self._boot_output.fileno()).st_size - _SHOWN_BYTES))
        said = self._boot_output.read(_SHOWN_BYTES).decode("utf-8", "replace").strip()
        return f"workers cannot start with {self._interpreter} (exit code {self.code}):\n{said}{self._obstacle()}"

    def descriptors(self) -> Iterator[tuple[int, int]]:
        """What to poll, and for what."""
        yield self.reads, select.POLLIN
        if self.outbox:
            yield self.writes, select.POLLOUT
        if self.pidfd is not None:
            yield self.pidfd, select.POLLIN

    def kill(self) -> None:
        """End the process and all it has started."""
        if self._killed:
            return
        self._killed = True
        killing.kill_tree(self.pid, self._mark, reaped=self.process.returncode is not None)
        self.process.wait()

    def release(self) -> None:
        """Give pipes and memory back; the process has ended."""
        self._close(self.writes, self.reads, *([self.pidfd] if self.pidfd is not None else []))

    def wait(self, seconds: float) -> bool:
        """Whether the process has ended within so many seconds."""
        if self.pidfd is not None:
            poll = select.poll()
            poll.register(self.pidfd, select.POLLIN)
            poll.poll(max(0.0, seconds) * 1000)
            return not self.alive
        try:
            self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _started(self, reads: int, writes: int, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        place = {
            "reads": reads,
            "writes": writes,
            "board": self._board.descriptor,
            "results": str(self.quarters.results),
            "slot": self.slot,
            "spools": str(self.quarters.spools.folder),
            "work_dir": self.environment.work_dir,
        }
        account, mark = self.quarters.account, {killing.MARK: self._mark}
        options: dict[str, Any] = {"env": {**os.environ, **variables, **mark}}
        return subprocess.Popen(
            [self.environment.python, "-u", "-P", "-m", "dtscheduler.executors.worker", json.dumps(place)],
            stdin=subprocess.DEVNULL,
            stdout=self._boot_output,
            stderr=subprocess.STDOUT,
            pass_fds=(reads, writes, self._board.descriptor),
            start_new_session=True,
            **(account.process_options(mark) if account else options),
        )

    @property
    def _interpreter(self) -> str:
        account = self.quarters.account
        return f"{self.environment.python} as {account.name!r}" if account else self.environment.python

    def _not_started(self, error: OSError) -> str:
        return f"the interpreter {self._interpreter} cannot be started: {error.strerror}{self._obstacle()}"

    def _obstacle(self) -> str:
        """What keeps another account from what a worker needs, as far as it can be told from here."""
        if self.quarters.account is None:
            return ""
        package = Path(__file__).parent
        needed = (self.environment.python, package, self.environment.work_dir, self.quarters.results)
        found = self.quarters.account.cannot_reach(*needed)
        return f"\n{found}" if found else ""

    def _close(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            os.close(descriptor)
        self._board.close()
        self._boot_output.close()


def identity(call: PartCall) -> reports.Identity:
    """What tells a call from all others of its run."""
    return call.task, call.part, call.attempt
