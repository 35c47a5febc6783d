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
from typing import Any

from dtscheduler.errors import WorkerError
from dtscheduler.executors import killing, wire
from dtscheduler.model.call import Environment, PartCall, TaskSetup
from dtscheduler.model.job import Resources

_READ_BYTES = 2**20


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

    Raises:
        WorkerError: the interpreter cannot be started.
    """

    def __init__(
        self, environment: Environment, *, results: str, spools: str, slot: int, variables: Mapping[str, str]
    ) -> None:
        self.environment = environment
        self.slot = slot
        self.ready = False
        self.recalling = False
        self.calls: deque[PartCall] = deque()
        self.reserved_mhz = 0
        self.reserved_mb = 0
        self.used = False
        self.alone = False
        self._reported = 0
        self._known: set[int] = set()
        self._unsent: list[PartCall] = []
        self._mark = uuid.uuid4().hex
        self._frames = wire.Frames()
        self.outbox = bytearray()
        self._boot_output = tempfile.TemporaryFile()  # noqa: SIM115 # closed in release()
        self._board, board = wire.Board.create()
        their_in, self.writes = os.pipe()
        self.reads, their_out = os.pipe()
        place = {
            "reads": their_in,
            "writes": their_out,
            "board": board,
            "results": results,
            "slot": slot,
            "spools": spools,
            "work_dir": environment.work_dir,
        }
        try:
            self.process = subprocess.Popen(
                [environment.python, "-u", "-P", "-m", "dtscheduler.executors.worker", json.dumps(place)],
                stdin=subprocess.DEVNULL,
                stdout=self._boot_output,
                stderr=subprocess.STDOUT,
                pass_fds=(their_in, their_out, board),
                start_new_session=True,
                env={**os.environ, **variables, killing.MARK: self._mark},
            )
        except OSError as error:
            os.close(self.writes)
            os.close(self.reads)
            raise WorkerError(f"the interpreter {environment.python} cannot be started: {error.strerror}") from error
        finally:
            for descriptor in (their_in, their_out, board):
                os.close(descriptor)
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
        self.outbox += wire.frame(message)

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
            self.outbox += wire.frame(wire.Calls(unsent))

    def read(self) -> Iterator[Any]:
        """Messages that have come."""
        while True:
            try:
                data = os.read(self.reads, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                return
            yield from self._frames.feed(data)
            if len(data) < _READ_BYTES:
                return

    def reserve(self, needs: Resources) -> None:
        """Reserve what the next call needs; its calls are made one after the other, so the largest counts."""
        self.reserved_mhz = max(self.reserved_mhz, needs.cpu_mhz)
        self.reserved_mb = max(self.reserved_mb, needs.memory_mb)

    def free(self) -> None:
        """Give what was reserved back when there is nothing left to do."""
        if not self.calls:
            self.reserved_mhz = self.reserved_mb = 0

    def reported(self, call: PartCall) -> PartCall | None:
        """Take a call whose outcome has come off the list; None where it is not on it."""
        if self.calls and _same(self.calls[0], call):
            self._reported += 1
            return self.calls.popleft()
        return None

    def given_back(self, identities: list[tuple[int, int, int]]) -> list[PartCall]:
        """Take calls that the worker gave back off the list."""
        back = set(identities)
        taken = [call for call in self.calls if (call.task, call.part, call.attempt) in back]
        self.calls = deque(call for call in self.calls if (call.task, call.part, call.attempt) not in back)
        self.free()
        return taken

    def begun(self) -> Begun:
        """How far the worker has come with its calls."""
        count, since, monotonic = self._board.read()
        ahead = min(count - self._reported, len(self.calls))
        if ahead <= 0:
            return Begun([], None, since, 0.0)
        begun = [self.calls[place] for place in range(ahead)]
        return Begun(begun[:-1], begun[-1], since, time.monotonic() - monotonic)

    def boot_output(self) -> str:
        """The end of what the process wrote before it was ready."""
        self._boot_output.seek(0)
        return self._boot_output.read()[-2000:].decode("utf-8", "replace").strip()

    def kill(self) -> None:
        """End the process and all it has started."""
        killing.kill_tree(self.pid, self._mark, reaped=self.process.returncode is not None)
        self.process.wait()

    def release(self) -> None:
        """Give pipes and memory back; the process has ended."""
        for descriptor in (self.writes, self.reads, *([self.pidfd] if self.pidfd is not None else [])):
            os.close(descriptor)
        self._board.close()
        self._boot_output.close()

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


def _same(left: PartCall, right: PartCall) -> bool:
    return (left.task, left.part, left.attempt) == (right.task, right.part, right.attempt)
