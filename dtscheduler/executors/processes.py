"""Executes calls in worker processes on this machine, as many at a time as its CPU and memory allow."""

from __future__ import annotations

import select
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dtscheduler.errors import WorkerError
from dtscheduler.executors import killing, logs, reports, wire
from dtscheduler.executors.crew import Crew
from dtscheduler.executors.death import GARBLED, STOPPED, Death, reason_of_death
from dtscheduler.executors.machine import RECENT_SECONDS, USUAL_URGENCY, Machine
from dtscheduler.executors.process import WorkerProcess, identity
from dtscheduler.executors.quarters import Quarters
from dtscheduler.executors.verdict import verdict_on
from dtscheduler.model.call import EntrypointInfo, Environment, Event, Outcome, PartCall, Started, TaskSetup, Wanted
from dtscheduler.model.job import Isolation, Resources
from dtscheduler.model.status import TaskStatus

LONG_SECONDS = 0.05
SUPERVISE_SECONDS = 0.25
LEAVE_SECONDS = 2.0
BOOT_FAILURES = 3


class ProcessExecutor:
    """Workers that are kept and used again, on a machine that other executors of this process use too.

    Calls that were sent ahead to a worker are taken back when its current call turns out to last.

    Args:
        machine: what may be used at a time, by all executors together.
        quarters: where results and logs of an account's tasks go; None is the account of this process.
        enforce_memory: whether a call that uses more memory than its task asks for is killed.
        variables: environment variables that workers get beside those of this process.
        urgency: of the run: rank of its priority, then its place in the order of runs; the smallest goes first.
    """

    blocks = False

    def __init__(
        self,
        *,
        machine: Machine,
        quarters: Callable[[str | None], Quarters],
        enforce_memory: bool = False,
        variables: Mapping[str, str] | None = None,
        urgency: tuple[int, int] = USUAL_URGENCY,
    ) -> None:
        self._seat = machine.join(urgency)
        self._crew = Crew(self._seat, quarters, variables or {})
        self._enforce = enforce_memory
        self._setups: dict[int, TaskSetup] = {}
        self._returned: deque[PartCall] = deque()
        self._events: list[Event] = []
        self._asked: tuple[Environment, list[Wanted]] | None = None
        self._question = 0
        self._described: list[EntrypointInfo | str] = []
        self._boot_failures, self._boot_report = 0, ""
        self._supervised = 0.0
        self._cancelled = False

    def start(self, environment: Environment, parts: int, wanted: list[Wanted]) -> None:
        for worker in self._crew.start_first(environment, parts):
            worker.send(wire.Describe(self._question, wanted))
            worker.write()
        self._asked = environment, wanted

    def describe(self, environment: Environment, wanted: list[Wanted]) -> list[EntrypointInfo | str]:
        worker = next((w for w in self._crew.workers if w.environment == environment), None)
        if worker is None or self._asked != (environment, wanted):
            worker = worker or self._crew.start(environment)
            self._question += 1
            worker.send(wire.Describe(self._question, wanted))
            self._described, self._asked = [], (environment, wanted)
        while len(self._described) != len(wanted):
            self._listen(1.0)
            if worker not in self._crew.workers:
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
        for worker in self._crew.workers if known else ():
            worker.prepare(_for_worker(setup, worker), again=True)

    def submit(self, call: PartCall) -> bool:
        if self._returned:
            self._place_returned()
        return not (self._returned or self._cancelled) and self._place(call)

    def wait(self, timeout: float) -> list[Event]:
        self._place_returned()
        self._seat.settle()
        if not self._events:
            self._listen(min(timeout, self._patience()))
        self._supervise()
        self._announce()
        events, self._events = self._events, []
        return events

    def cancel(self, *, grace_seconds: float) -> None:
        self._cancelled = True
        self._place_returned()
        self._seat.withdraw()
        busy = [worker for worker in self._crew.workers if worker.calls]
        for worker in busy:
            killing.signal_group(worker.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while any(worker in self._crew.workers for worker in busy) and time.monotonic() < deadline:
            self._listen(max(0.0, deadline - time.monotonic()))
        for worker in [worker for worker in busy if worker in self._crew.workers]:
            self._end(worker)

    def close(self) -> None:
        leaving = list(self._crew.workers)
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
            self._crew.forget(worker)
        self._crew.clear_up({setup.log_dir for setup in self._setups.values()})
        self._seat.leave()

    # -- giving calls to workers

    def _place_returned(self) -> None:
        if self._cancelled:
            self._events.extend(_unstarted(call) for call in self._returned)
            self._returned.clear()
        while self._returned and self._place(self._returned[0]):
            self._returned.popleft()

    def _place(self, call: PartCall) -> bool:
        setup = self._setups[call.task]
        worker = self._crew.worker_for(setup)
        if worker is None:
            return False
        worker.alone = setup.isolation is Isolation.PROCESS
        worker.prepare(_for_worker(setup, worker))
        worker.execute(call)
        return True

    def _clamped(self, needs: Resources) -> Resources:
        """What asks for more than there is runs alone."""
        capacity = self._seat.capacity
        return replace(
            needs,
            cpu_mhz=min(needs.cpu_mhz, capacity.cpu_mhz),
            memory_mb=min(needs.memory_mb, capacity.memory_mb),
        )

    # -- hearing from workers

    def _patience(self) -> float:
        busy = any(worker.calls for worker in self._crew.workers)
        return SUPERVISE_SECONDS if busy else RECENT_SECONDS / 2

    def _listen(self, timeout: float) -> None:
        poll = select.poll()
        by_descriptor: dict[int, WorkerProcess] = {}
        bell = self._seat.bell.fileno()
        poll.register(bell, select.POLLIN)
        for worker in self._crew.workers:
            worker.write()
            for descriptor, events in worker.descriptors():
                poll.register(descriptor, events)
                by_descriptor[descriptor] = worker
        found = {descriptor for descriptor, _ in poll.poll(max(0, round(timeout * 1000)))}
        if bell in found:
            self._seat.hear()
            found.remove(bell)
        ready = {by_descriptor[descriptor] for descriptor in found}
        for worker in ready:
            worker.write()
            self._hear(worker)
        for worker in [w for w in self._crew.workers if w in ready or w.pidfd is None]:
            if not worker.alive:
                self._ended(worker)

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            for message in worker.read():
                self._take(worker, message)
                if worker not in self._crew.workers:
                    return
        except wire.GarbledError:
            self._bury(worker, GARBLED)

    def _take(self, worker: WorkerProcess, message: reports.Message) -> None:
        if isinstance(message, reports.Outcomes):
            self._take_outcomes(worker, message)
        elif isinstance(message, reports.Recalled):
            worker.recalling = False
            self._returned.extend(worker.given_back(message.calls))
            self._crew.free(worker)
        elif isinstance(message, reports.Ready):
            worker.ready, self._boot_failures = True, 0
        elif self._asked and message.question == self._question:  # not a late answer to an earlier one
            if len(message.found) != len(self._asked[1]):
                raise wire.GarbledError("it answers another question")
            self._described = message.found

    def _take_outcomes(self, worker: WorkerProcess, message: reports.Outcomes) -> None:
        for report in message.reports:
            call = worker.reported(report.identity)
            if call is None:
                continue
            outcome = report.outcome_of(call, str(worker.pid))
            self._learn(outcome)
            if outcome.status is TaskStatus.STOPPED and not self._cancelled:
                outcome = replace(outcome, status=TaskStatus.FAILED, reason=reason_of_death(-signal.SIGTERM))
            worker.quarters.spools.collect(self._log_of(call))
            self._events.append(outcome)
        self._crew.free(worker)
        if message.retiring or (worker.alone and not worker.calls):
            self._dismiss(worker)

    def _learn(self, outcome: Outcome) -> None:
        if outcome.started is not None and outcome.ended is not None:
            seconds = (outcome.ended - outcome.started).total_seconds()
            self._crew.learn(self._setups[outcome.call.task], seconds)

    # -- ends of workers

    def _dismiss(self, worker: WorkerProcess) -> None:
        """End a worker that executes nothing, with all it has started; what it was sent is sent to others."""
        worker.kill()
        self._returned.extend(worker.calls)
        self._crew.forget(worker)

    def _end(self, worker: WorkerProcess, death: Death | None = None) -> None:
        """End a worker, whatever it is doing."""
        worker.kill()
        self._ended(worker, death)

    def _ended(self, worker: WorkerProcess, death: Death | None = None) -> None:
        self._hear(worker)  # what it had still said
        if worker in self._crew.workers:
            self._bury(worker, death)

    def _bury(self, worker: WorkerProcess, death: Death | None = None) -> None:
        """Give a verdict on what a worker that died was doing, and send to others what it had not begun."""
        worker.kill()
        death = death or (STOPPED if self._cancelled else Death.by_code(worker.code))
        failed_boot = not worker.ready and not self._cancelled and self._too_many_failed_boots(worker)
        verdict = verdict_on(worker, death, self._log_of)
        self._events.extend(verdict.outcomes)
        self._returned.extend(verdict.returned)
        self._crew.forget(worker)
        if failed_boot:
            raise WorkerError(self._boot_report)

    def _log_of(self, call: PartCall) -> Path:
        return logs.log_path(self._setups[call.task].log_dir, call.task, call.part, call.attempt)

    def _too_many_failed_boots(self, worker: WorkerProcess) -> bool:
        """Count a worker that ended before it was ready; whether that happens again and again."""
        self._boot_failures += 1
        self._boot_report = worker.boot_report()
        return self._boot_failures >= BOOT_FAILURES

    # -- looking after workers

    def _announce(self) -> None:
        """Tell of calls that have begun and go on."""
        for worker in self._crew.workers:
            if not worker.calls:
                continue
            begun = worker.begun()
            if begun.current is not None and worker.announced != identity(begun.current):
                worker.announced = identity(begun.current)
                at = datetime.fromtimestamp(begun.since, UTC)
                self._events.append(Started(begun.current, at, str(worker.pid)))

    def _supervise(self) -> None:
        now = time.monotonic()
        for worker in self._crew.workers:
            if len(worker.calls) > 1 and not worker.recalling and worker.begun().seconds > LONG_SECONDS:
                worker.recalling = True
                worker.send(wire.Recall())
        if now - self._supervised < SUPERVISE_SECONDS:
            return
        self._supervised = now
        for worker in [w for w in self._crew.workers if w.calls]:
            self._look_at(worker)

    def _look_at(self, worker: WorkerProcess) -> None:
        call = worker.begun().current
        if call is None:
            return
        worker.quarters.spools.free_middle(worker.pid)
        if not self._enforce:
            return
        used = killing.memory_mb(worker.pid)
        allowed = self._setups[call.task].needs.memory_mb
        if used > allowed:
            reason = f"used {used:.0f} MB of memory and asked for {allowed} MB (Memory={allowed})"
            self._end(worker, Death(TaskStatus.OUT_OF_MEMORY, reason, used))


def _for_worker(setup: TaskSetup, worker: WorkerProcess) -> TaskSetup:
    """What a worker is told of a task: its logs go where it may put them."""
    log_dir = worker.quarters.spools.log_dir_of(setup.log_dir)
    return setup if log_dir == setup.log_dir else replace(setup, log_dir=log_dir)


def _unstarted(call: PartCall) -> Outcome:
    return Outcome(call=call, status=TaskStatus.DID_NOT_RUN, reason="the run was stopped before it started")
