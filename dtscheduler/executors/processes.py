"""Executes calls in worker processes on this machine, as many at a time as its CPU and memory allow."""

from __future__ import annotations

import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dtscheduler.errors import WorkerError
from dtscheduler.executors import killing, logs, wire
from dtscheduler.executors.capacity import Capacity
from dtscheduler.executors.death import STOPPED, Death, reason_of_death
from dtscheduler.executors.process import WorkerProcess
from dtscheduler.model.call import EntrypointInfo, Environment, Event, Outcome, PartCall, Started, TaskSetup, Wanted
from dtscheduler.model.job import Isolation, Resources
from dtscheduler.model.status import TaskStatus
from dtscheduler.ports import ResultCache
from dtscheduler.running.perform import outcome_from_note

AHEAD_SECONDS = 0.02
AHEAD_MOST = 40
LONG_SECONDS = 0.05
GROW_AFTER_SECONDS = 0.2
SUPERVISE_SECONDS = 0.25
LEAVE_SECONDS = 2.0
BOOT_FAILURES = 3


class ProcessExecutor:
    """Workers that are kept and used again.

    As many workers as there are cores are started first; more come only when all are busy with calls that last, and
    CPU and memory that the tasks ask for are still free. Calls known to be short are sent ahead, and taken back from a
    worker whose current call turns out to last.

    Args:
        cache: opens the cache in which results of calls are looked up whose worker died before it could report them.
        results: folder of the result cache that workers open.
        spools: private folder in which workers write the logs of what they execute.
        capacity: what may be used at a time.
        enforce_memory: whether a call that uses more memory than its task asks for is killed.
        variables: environment variables that workers get beside those of this process.
    """

    blocks = False

    def __init__(
        self,
        *,
        cache: Callable[[], ResultCache],
        results: Path,
        spools: Path,
        capacity: Capacity,
        enforce_memory: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._cache, self._results, self._spools = cache, str(results), str(spools)
        self._capacity, self._enforce, self._variables = capacity, enforce_memory, variables or {}
        self._workers: list[WorkerProcess] = []
        self._setups: dict[int, TaskSetup] = {}
        self._seconds: dict[str, float] = {}
        self._returned: deque[PartCall] = deque()
        self._events: list[Event] = []
        self._announced: dict[WorkerProcess, tuple[int, int, int]] = {}
        self._described: list[EntrypointInfo | str] = []
        self._asked: tuple[Environment, list[Wanted]] | None = None
        self._boot_failures, self._boot_report = 0, ""
        self._supervised = 0.0
        self._host = socket.gethostname()
        self._cancelled = False

    def start(self, environment: Environment, parts: int, wanted: list[Wanted]) -> None:
        for _ in range(min(parts, self._capacity.workers) - len(self._workers)):
            worker = self._start_worker(environment)
            worker.send(wire.Describe(wanted))
            worker.write()
        self._asked = environment, wanted

    def describe(self, environment: Environment, wanted: list[Wanted]) -> list[EntrypointInfo | str]:
        worker = next((w for w in self._workers if w.environment == environment), None)
        if worker is None or self._asked != (environment, wanted):
            worker = worker or self._start_worker(environment)
            worker.send(wire.Describe(wanted))
            self._described, self._asked = [], (environment, wanted)
        while len(self._described) != len(wanted):
            self._listen(1.0)
            if worker not in self._workers:
                self._asked = None
                if not worker.ready:
                    raise WorkerError(self._boot_report)
                why = f"importing it ended the process: {reason_of_death(worker.code)}"
                return [f"{one.entrypoint}: {why}" for one in wanted]
        return self._described

    def prepare(self, setup: TaskSetup) -> None:
        known = setup.task in self._setups
        setup = replace(setup, needs=self._clamped(setup.needs))
        self._setups[setup.task] = setup
        for worker in self._workers if known else ():
            worker.prepare(setup, again=True)

    def submit(self, call: PartCall) -> bool:
        if self._returned:
            self._place_returned()
        return not (self._returned or self._cancelled) and self._place(call)

    def wait(self, timeout: float) -> list[Event]:
        self._place_returned()
        if not self._events:
            self._listen(min(timeout, self._patience()))
        self._supervise()
        self._announce()
        events, self._events = self._events, []
        return events

    def cancel(self, *, grace_seconds: float) -> None:
        self._cancelled = True
        for call in self._returned:
            self._events.append(_unstarted(call))
        self._returned.clear()
        busy = [worker for worker in self._workers if worker.calls]
        for worker in busy:
            killing.signal_group(worker.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while any(worker in self._workers for worker in busy) and time.monotonic() < deadline:
            self._listen(max(0.0, deadline - time.monotonic()))
        for worker in [worker for worker in busy if worker in self._workers]:
            worker.kill()
            self._hear(worker)
            self._bury(worker)

    def close(self) -> None:
        leaving = list(self._workers)
        for worker in leaving:
            if worker.calls:
                worker.kill()
            else:
                worker.send(wire.Leave())
                worker.write()
        deadline = time.monotonic() + LEAVE_SECONDS
        for worker in leaving:
            if not worker.wait(deadline - time.monotonic()):
                worker.kill()
            self._forget(worker)

    # -- giving calls to workers

    def _place_returned(self) -> None:
        if self._cancelled:
            self._events.extend(_unstarted(call) for call in self._returned)
            self._returned.clear()
        while self._returned and self._place(self._returned[0]):
            self._returned.popleft()

    def _place(self, call: PartCall) -> bool:
        setup = self._setups[call.task]
        worker = self._worker_for(setup)
        if worker is None:
            return False
        worker.reserve(setup.needs)
        worker.alone = setup.isolation is Isolation.PROCESS
        worker.prepare(setup)
        worker.execute(call)
        return True

    def _worker_for(self, setup: TaskSetup) -> WorkerProcess | None:
        own = [
            w
            for w in self._workers
            if w.environment == setup.environment and not (w.recalling or (w.alone and w.calls))
        ]
        alone = setup.isolation is Isolation.PROCESS
        idle = [w for w in own if not w.calls and not (alone and w.used)]
        if idle:
            return idle[0] if self._fits(setup.needs) else None
        if self._fits(setup.needs) and self._may_start(setup):
            return self._start_worker(setup.environment)
        return None if alone else self._ahead(setup, own)

    def _ahead(self, setup: TaskSetup, own: Sequence[WorkerProcess]) -> WorkerProcess | None:
        """A busy worker to which a call that is known to be short can be sent ahead."""
        expected = self._seconds.get(setup.entrypoint)
        if expected is None or expected > AHEAD_SECONDS / 2:
            return None
        depth = min(AHEAD_MOST, int(AHEAD_SECONDS / max(expected, 1e-6)))
        cpu, memory = setup.needs.cpu_mhz, setup.needs.memory_mb
        fitting = [w for w in own if len(w.calls) < depth and cpu <= w.reserved_mhz and memory <= w.reserved_mb]
        return min(fitting, key=lambda worker: len(worker.calls), default=None)

    def _may_start(self, setup: TaskSetup) -> bool:
        if len(self._workers) < self._capacity.workers:
            return True
        idle = next((w for w in self._workers if not w.calls), None)
        if idle is not None:  # of another environment, or used where a fresh process is wanted
            self._dismiss(idle)
            return True
        return all(worker.begun().seconds > GROW_AFTER_SECONDS for worker in self._workers)

    def _fits(self, needs: Resources) -> bool:
        busy = [worker for worker in self._workers if worker.calls]
        cpu = sum(worker.reserved_mhz for worker in busy) + needs.cpu_mhz
        memory = sum(worker.reserved_mb for worker in busy) + needs.memory_mb
        return cpu <= self._capacity.cpu_mhz and memory <= self._capacity.memory_mb

    def _clamped(self, needs: Resources) -> Resources:
        """What asks for more than there is runs alone."""
        return replace(
            needs,
            cpu_mhz=min(needs.cpu_mhz, self._capacity.cpu_mhz),
            memory_mb=min(needs.memory_mb, self._capacity.memory_mb),
        )

    def _start_worker(self, environment: Environment) -> WorkerProcess:
        taken = {worker.slot for worker in self._workers}
        slot = next(number for number in range(len(taken) + 1) if number not in taken)
        worker = WorkerProcess(
            environment, results=self._results, spools=self._spools, slot=slot, variables=self._variables
        )
        self._workers.append(worker)
        return worker

    # -- hearing from workers

    def _patience(self) -> float:
        busy = any(worker.calls for worker in self._workers)
        return SUPERVISE_SECONDS if busy else 60.0

    def _listen(self, timeout: float) -> None:
        poll = select.poll()
        by_descriptor: dict[int, WorkerProcess] = {}
        for worker in self._workers:
            worker.write()
            poll.register(worker.reads, select.POLLIN)
            by_descriptor[worker.reads] = worker
            if worker.outbox:
                poll.register(worker.writes, select.POLLOUT)
                by_descriptor[worker.writes] = worker
            if worker.pidfd is not None:
                poll.register(worker.pidfd, select.POLLIN)
                by_descriptor[worker.pidfd] = worker
        ready = {by_descriptor[descriptor] for descriptor, _ in poll.poll(max(0, round(timeout * 1000)))}
        for worker in ready:
            worker.write()
            self._hear(worker)
        for worker in [w for w in self._workers if w in ready or w.pidfd is None]:
            if not worker.alive:
                self._hear(worker)
                if worker in self._workers:
                    self._bury(worker)

    def _hear(self, worker: WorkerProcess) -> None:
        for message in worker.read():
            if worker not in self._workers:
                return
            if isinstance(message, wire.Ready):
                worker.ready, self._boot_failures = True, 0
            elif isinstance(message, wire.Described):
                if self._asked == (worker.environment, message.wanted):  # not a late answer to an earlier question
                    self._described = message.found
            elif isinstance(message, wire.Recalled):
                worker.recalling = False
                self._returned.extend(worker.given_back(message.calls))
            elif isinstance(message, wire.Outcomes):
                self._take(worker, message)

    def _take(self, worker: WorkerProcess, message: wire.Outcomes) -> None:
        for outcome in message.outcomes:
            call = worker.reported(outcome.call)
            if call is None:
                continue
            self._learn(outcome)
            if outcome.status is TaskStatus.STOPPED and not self._cancelled:
                outcome = replace(outcome, status=TaskStatus.FAILED, reason=reason_of_death(-signal.SIGTERM))
            self._events.append(replace(outcome, call=call))
        worker.free()
        if message.retiring or (worker.alone and not worker.calls):
            self._dismiss(worker)

    def _learn(self, outcome: Outcome) -> None:
        if outcome.started is None or outcome.ended is None:
            return
        seconds = (outcome.ended - outcome.started).total_seconds()
        entrypoint = self._setups[outcome.call.task].entrypoint
        before = self._seconds.get(entrypoint, seconds)
        self._seconds[entrypoint] = max(seconds, 0.7 * before + 0.3 * seconds)

    def _dismiss(self, worker: WorkerProcess) -> None:
        """End a worker that executes nothing, with all it has started; what it was sent is sent to others."""
        worker.kill()
        self._returned.extend(worker.calls)
        self._forget(worker)

    def _bury(self, worker: WorkerProcess, death: Death | None = None) -> None:
        """Give a verdict on what a worker that died was doing, and send to others what it had not begun."""
        worker.kill()
        begun = worker.begun()
        death = death or (STOPPED if self._cancelled else Death.by_code(worker.code))
        failed_boot = not worker.ready and not self._cancelled and self._too_many_failed_boots(worker)
        for call in begun.unreported:
            self._adopt_or_return(call)
        if begun.current is not None:
            self._keep_log(worker, begun.current)
            self._events.append(self._verdict(begun.current, begun.since, death, worker.pid))
        count = len(begun.unreported) + (begun.current is not None)
        self._returned.extend(list(worker.calls)[count:])
        self._forget(worker)
        if failed_boot:
            raise WorkerError(failed_boot)

    def _forget(self, worker: WorkerProcess) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
        self._announced.pop(worker, None)
        worker.release()
        self._spool_of(worker).unlink(missing_ok=True)

    def _adopt_or_return(self, call: PartCall) -> None:
        outcome = self._adopted(call)
        if outcome is not None:
            self._events.append(outcome)
        else:
            self._returned.append(call)

    def _adopted(self, call: PartCall) -> Outcome | None:
        key = self._cache().find([call.key]).get(call.key)
        note = self._cache().note(key) if key else None
        return outcome_from_note(call, key, note) if key and note else None

    def _verdict(self, call: PartCall, since: float, death: Death, pid: int) -> Outcome:
        adopted = self._adopted(call)
        if adopted is not None:  # it had ended, and only its report was lost
            return replace(adopted, worker=str(pid))
        return Outcome(
            call=call,
            status=death.status,
            reason=death.reason,
            started=datetime.fromtimestamp(since, UTC),
            ended=datetime.now(UTC),
            peak_memory_mb=death.memory_mb,
            worker=str(pid),
        )

    def _keep_log(self, worker: WorkerProcess, call: PartCall) -> None:
        folder = self._setups[call.task].log_dir
        log = logs.log_path(folder, call.task, call.part, call.attempt)
        logs.keep(self._spool_of(worker), log)

    def _spool_of(self, worker: WorkerProcess) -> Path:
        return logs.spool_path(self._spools, self._host, worker.pid)

    def _too_many_failed_boots(self, worker: WorkerProcess) -> str:
        """Count a worker that ended before it was ready; what to say when that happens again and again."""
        self._boot_failures += 1
        python, output = worker.environment.python, worker.boot_output()
        self._boot_report = f"workers cannot start with {python} (exit code {worker.code}):\n{output}"
        return self._boot_report if self._boot_failures >= BOOT_FAILURES else ""

    # -- looking after workers

    def _announce(self) -> None:
        """Tell of calls that have begun and go on."""
        for worker in self._workers:
            if not worker.calls:
                continue
            begun = worker.begun()
            if begun.current is None:
                continue
            identity = (begun.current.task, begun.current.part, begun.current.attempt)
            if self._announced.get(worker) != identity:
                self._announced[worker] = identity
                at = datetime.fromtimestamp(begun.since, UTC)
                self._events.append(Started(begun.current, at, str(worker.pid)))

    def _supervise(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if len(worker.calls) > 1 and not worker.recalling and worker.begun().seconds > LONG_SECONDS:
                worker.recalling = True
                worker.send(wire.Recall())
        if now - self._supervised < SUPERVISE_SECONDS:
            return
        self._supervised = now
        for worker in [w for w in self._workers if w.calls]:
            self._look_at(worker)

    def _look_at(self, worker: WorkerProcess) -> None:
        call = worker.begun().current
        if call is None:
            return
        setup = self._setups[call.task]
        logs.free_middle(self._spool_of(worker))
        if not self._enforce:
            return
        used = killing.memory_mb(worker.pid)
        allowed = setup.needs.memory_mb
        if used > allowed:
            reason = f"used {used:.0f} MB of memory and asked for {allowed} MB (Memory={allowed})"
            worker.kill()
            self._hear(worker)
            if worker in self._workers:
                self._bury(worker, Death(TaskStatus.OUT_OF_MEMORY, reason, used))


def _unstarted(call: PartCall) -> Outcome:
    return Outcome(call=call, status=TaskStatus.DID_NOT_RUN, reason="the run was stopped before it started")
