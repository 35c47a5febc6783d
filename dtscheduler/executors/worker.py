"""A worker: a process that makes attempts, one after the other, for the runner at the other end of its pipes.

Started as ``python -m dtscheduler.executors.worker``. The main thread executes; a second thread reads the pipe, so that
calls can be taken back while one executes, and ends everything when the runner is gone.
"""

from __future__ import annotations

import faulthandler
import json
import os
import pickle
import select
import signal
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

from dtscheduler.caches.disk import DiskCache
from dtscheduler.errors import SchedulerError
from dtscheduler.executors import killing, logs, reports, wire
from dtscheduler.executors.measure import Meter
from dtscheduler.executors.surroundings import Surroundings, flush_streams
from dtscheduler.model.call import Outcome, PartCall, TaskSetup
from dtscheduler.model.status import TaskStatus
from dtscheduler.running.functions import Functions
from dtscheduler.running.perform import perform

HELD_SECONDS = 0.005
TIMER_SECONDS = 0.02
WATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker finds itself: descriptors of its pipes and board, its cache and its work dir."""

    reads: int
    writes: int
    board: int
    results: str
    slot: int
    spools: str
    work_dir: str | None


class StoppedError(BaseException):
    """Raised in the task's code by SIGTERM, so that its ``finally`` blocks run."""


class Mouth:
    """Sends messages to the runner, from both threads; outcomes of short attempts are held to be sent together."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._held: list[Outcome] = []
        self._held_since = 0.0

    def send(self, report: bytes) -> None:
        with self._lock:
            self._write(wire.frame(report))

    def hold(self, outcome: Outcome) -> None:
        with self._lock:
            if not self._held:
                self._held_since = time.monotonic()
            self._held.append(outcome)
            if time.monotonic() - self._held_since > HELD_SECONDS:
                self._release(False)

    @property
    def holding(self) -> bool:
        return bool(self._held)

    def release(self, *, retiring: bool = False) -> None:
        with self._lock:
            if self._held or retiring:
                self._release(retiring)

    def _release(self, retiring: bool) -> None:
        outcomes, self._held = self._held, []
        self._write(wire.frame(reports.outcomes(outcomes, retiring=retiring)))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]


class Ear(threading.Thread):
    """Reads what the runner sends; when the runner is gone it ends the worker and all it has started, at once."""

    def __init__(self, place: Place, mouth: Mouth) -> None:
        super().__init__(name="dtscheduler-ear", daemon=True)
        self.setups: dict[int, TaskSetup] = {}
        self.todo: SimpleQueue[PartCall | wire.Describe | wire.Leave] = SimpleQueue()
        self._reads, self._mouth = place.reads, mouth
        self._runner = os.getppid()

    def run(self) -> None:
        try:
            self._listen()
        finally:
            killing.kill_descendants()
            os.killpg(0, signal.SIGKILL)

    def _listen(self) -> None:
        """Hear the runner until it is gone: its end of the pipe closed, or held open only by a fork of it."""
        poll = select.poll()
        poll.register(self._reads, select.POLLIN)
        frames = wire.Frames()
        while os.getppid() == self._runner:
            soon = self._mouth.holding or not self.todo.empty()
            if not poll.poll((TIMER_SECONDS if soon else WATCH_SECONDS) * 1000):
                self._mouth.release()
                continue
            data = os.read(self._reads, 2**20)
            if not data:
                return
            for order in frames.feed(data):
                self._take(pickle.loads(order))

    def _take(self, message: object) -> None:
        if isinstance(message, wire.Prepare):
            self.setups[message.setup.task] = message.setup
        elif isinstance(message, wire.Calls):
            for call in message.calls:
                self.todo.put(call)
        elif isinstance(message, wire.Describe | wire.Leave):
            self.todo.put(message)
        elif isinstance(message, wire.Recall):
            self._mouth.release()
            self._mouth.send(reports.recalled(self._drained()))

    def _drained(self) -> list[reports.Identity]:
        drained: list[reports.Identity] = []
        while True:
            try:
                call = self.todo.get_nowait()
            except Empty:
                return drained
            if isinstance(call, PartCall):
                drained.append((call.task, call.part, call.attempt))
            else:
                self.todo.put(call)
                return drained


class Worker:
    """Makes attempts, and leaves the process after each as it was before."""

    def __init__(self, place: Place) -> None:
        self._null = os.open(os.devnull, os.O_WRONLY)
        self._spool_path = logs.spool_path(place.spools, socket.gethostname(), os.getpid())
        self._spool = logs.open_spool(self._spool_path)
        self._cache = DiskCache(Path(place.results), slot=place.slot)
        self._spill_folder = place.results
        self._functions = Functions(self._cache)
        self._meter = Meter()
        self._held = threading.local()
        self._board = wire.Board(place.board)
        self._mouth = Mouth(place.writes)
        self._ear = Ear(place, self._mouth)
        self._pid = os.getpid()
        self._stopping = False
        signal.signal(signal.SIGTERM, self._on_terminate)
        os.register_at_fork(before=self._hold, after_in_parent=self._let_go, after_in_child=self._let_go_in_fork)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._ear.start()
        self._surroundings = Surroundings()
        faulthandler.enable(file=2)

    def run(self) -> None:
        """Work until told to leave."""
        self._mouth.send(reports.ready())
        while not self._stopping:
            message = self._ear.todo.get()
            if isinstance(message, wire.Leave):
                break
            if isinstance(message, wire.Describe):
                found = [self._functions.described(one) for one in message.wanted]
                self._mouth.send(reports.described(message.question, found))
                continue
            self._board.begin()
            outcome = self._attempt(self._ear.setups[message.task], message)
            left = self._surroundings.left_behind()
            self._surroundings.restore()
            self._mouth.hold(outcome)
            if left is not None:
                self._retire()
            if outcome.status is not TaskStatus.COMPLETED or self._ear.todo.empty():
                self._mouth.release()
        self._mouth.release()
        # The cache is left as it is: closing it would sync its database to disk, once for every worker of every run.
        self._spool_path.unlink(missing_ok=True)

    def _retire(self) -> None:
        """Have this process replaced: what the attempt left in it cannot be put back. The runner kills it."""
        self._mouth.release(retiring=True)
        while True:
            time.sleep(WATCH_SECONDS)

    def _attempt(self, setup: TaskSetup, call: PartCall) -> Outcome:
        with suppress(SchedulerError):  # said again, and by the attempt, when it asks for its function
            self._functions(setup)  # what a file prints while it is imported belongs into no attempt's log
        os.dup2(self._spool, 1)
        os.dup2(self._spool, 2)
        try:
            outcome = perform(setup, call, self._functions, self._cache, self._meter, self._spill_folder)
        except BaseException as error:  # KeyboardInterrupt raised by the task itself, or SIGTERM at an odd moment
            outcome = Outcome(call=call, status=TaskStatus.FAILED, reason=f"{type(error).__name__} ended the attempt")
        if os.getpid() != self._pid:  # a fork that the task made has raised its way out of it
            os._exit(0)
        if self._stopping:
            outcome = replace(outcome, status=TaskStatus.STOPPED, reason="stopped while it was running", lost=())
        flush_streams()
        if outcome.traceback:
            with suppress(OSError):  # the disk is full; the store has the traceback too
                os.write(self._spool, outcome.traceback.encode("utf-8", "backslashreplace"))
        for descriptor in (1, 2):
            os.dup2(self._null, descriptor)
        if os.fstat(self._spool).st_size:
            logs.keep(self._spool_path, logs.log_path(setup.log_dir, call.task, call.part, call.attempt))
            os.close(self._spool)
            self._spool = logs.open_spool(self._spool_path)
        return outcome

    def _hold(self) -> None:
        """Let SIGTERM wait while a task forks: what reaches a fork before Python is set up in it would be forgotten."""
        self._held.mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def _let_go(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._held.mask)

    def _let_go_in_fork(self) -> None:
        """A fork of the task's ends by SIGTERM as if we were not there."""
        if signal.getsignal(signal.SIGTERM) == self._on_terminate:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._let_go()

    def _on_terminate(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._pid:  # in a fork of the task's, which should end as if we were not there
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        self._stopping = True
        raise StoppedError("the run was stopped")


def main(text: str) -> None:
    """Be the worker that the text, a ``Place`` as JSON, describes; does not return."""
    place = Place(**json.loads(text))
    if place.work_dir is not None:
        os.chdir(place.work_dir)
        sys.path.insert(0, place.work_dir)
    killing.adopt_orphans()
    code = 1
    try:
        Worker(place).run()
        code = 0
    except StoppedError:
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # also where threads of the user's would keep the process


if __name__ == "__main__":
    # What pickles say of this module must be the same objects here and in the runner.
    from dtscheduler.executors import worker as this_module

    this_module.main(sys.argv[1])
