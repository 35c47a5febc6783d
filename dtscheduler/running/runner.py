"""Drives one run to its end: gives parts to the executor, takes outcomes, writes down what happened."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dtscheduler.crash import crash_point
from dtscheduler.errors import LeaseLostError, WorkerError
from dtscheduler.model.call import Input, Outcome, PartCall, Started, TaskSetup
from dtscheduler.model.durations import show_duration
from dtscheduler.model.run import AttemptRecord, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ports import Clock, Executor, Store
from dtscheduler.running.ending import alerts_at_end
from dtscheduler.running.fingerprint import content_of
from dtscheduler.running.ledger import FLUSH_SECONDS, Ledger
from dtscheduler.running.lookup import strayed
from dtscheduler.running.plan import FindEarlier, Plan, reused
from dtscheduler.running.progress import Progress, run_outcome
from dtscheduler.running.setup import task_setup

ASK_SECONDS = 0.5
OBSERVE_SECONDS = 0.1
VERIFY_SECONDS = 1.0
GRACE_SECONDS = 5.0
MOST_LOSSES = 3
_SCANNED = 50

logger = logging.getLogger("dtscheduler")
Observer = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run is ended before it is done."""

    status: RunStatus
    reason: str


class Runner:
    """Drives a run whose lease it holds.

    Args:
        store: where the run is kept.
        executor: where its tasks execute; the runner closes it.
        plan: what to do; its records are the state from which to go on.
        run: the run; ``run.lease_epoch`` is the lease held.
        log_folder: where logs of the run's attempts go.
        clock: what time it is.
        observe: told of progress a few times a second.
        grace_seconds: how long attempts get to end by themselves when the run is stopped.
        recall: where results of other runs are looked up once the inputs of a task are known; None leaves that.
        chat: whether there is a chat that is told how runs end.
    """

    def __init__(
        self,
        *,
        store: Store,
        executor: Executor,
        plan: Plan,
        run: RunRecord,
        log_folder: Path,
        clock: Clock,
        observe: Observer | None = None,
        grace_seconds: float = GRACE_SECONDS,
        recall: FindEarlier | None = None,
        chat: bool = False,
    ) -> None:
        self._chat, self._recall = chat, recall
        self._store, self._executor, self._plan, self._run = store, executor, plan, run
        self._logs, self._clock, self._observe, self._grace = log_folder, clock, observe, grace_seconds
        self._host = socket.gethostname()
        self._ledger = Ledger(store, run.id, run.lease_epoch, clock)
        self._progress = Progress(plan.spec, plan.records, clock.now())
        self._prepared: dict[int, TaskSetup] = {}
        self._losses: dict[tuple[int, int], int] = {}
        self._failures: dict[tuple[int, int], int] = {}
        self._in_flight: set[tuple[int, int]] = set()
        self._unverified: list[tuple[int, int]] = []
        self._edited: set[int] = set()
        self._asked = self._observed = self._verified = clock.monotonic()
        self._stop_requested = self._leave_requested = self._to_retry = False
        self._uniform = len({(t.needs, t.image, t.isolation) for t in plan.spec.tasks}) == 1

    def count_failures(self, attempts: list[AttemptRecord]) -> None:
        """Let earlier failures of a run that is taken over count against its retries."""
        for attempt in attempts:
            if attempt.status in (TaskStatus.FAILED, TaskStatus.OUT_OF_MEMORY):
                key = attempt.task, attempt.part
                self._failures[key] = self._failures.get(key, 0) + 1

    def request_stop(self) -> None:
        """Ask the run to stop, from any thread."""
        self._stop_requested = True

    def request_leave(self, *, grace_seconds: float | None = None) -> None:
        """Ask the runner to leave the run to another one, from any thread; what is running is tried again there."""
        self._grace = self._grace if grace_seconds is None else min(grace_seconds, self._grace)
        self._leave_requested = True

    def drive(self) -> None:
        """Run until every part has ended and the run's final status is written, or until it is asked to leave.

        Raises:
            KeyboardInterrupt: after the run has been stopped because of it.
            LeaseLostError: another process drives the run now.
            SchedulerError: the store or the workers cannot be used; the run can be resumed.
        """
        started = self._run.started or self._clock.now()
        try:
            self._ledger.write(self._progress.changed, RunChange(status=RunStatus.RUNNING, started=started))
            with self._ledger.kept_alive(while_blocked=self._executor.blocks):
                ending = self._work()
            if self._leave_requested and not self._progress.done and ending is None:
                self._leave()
                return
        except KeyboardInterrupt:
            self._stop(Ending(RunStatus.STOPPED, "interrupted with Ctrl-C"))
            raise
        except WorkerError as error:
            self._cancel(ending := Ending(RunStatus.FAILED, str(error)))
        except LeaseLostError:
            self._executor.cancel(grace_seconds=0)
            raise
        finally:
            self._executor.close()
        self._finish(ending)

    def _work(self) -> Ending | None:
        limit = self._plan.spec.fail_after
        deadline = None if limit is None else self._clock.monotonic() + limit.total_seconds()
        while not (self._progress.done or self._leave_requested):
            if self._to_retry:
                self._write()
            self._dispatch()
            crash_point("parts-queued")
            self._write_if_due()
            for event in self._executor.wait(self._patience(deadline)):
                self._take(event)
            self._show()
            ending = self._ending(deadline)
            if ending is not None:
                self._cancel(ending)
                return ending
        return None

    def _patience(self, deadline: float | None) -> float:
        """How long to wait for events: until there is something else to look at."""
        patience = FLUSH_SECONDS if self._progress.changed else ASK_SECONDS
        return patience if deadline is None else max(0.0, min(patience, deadline - self._clock.monotonic()))

    def _ending(self, deadline: float | None) -> Ending | None:
        if self._progress.done:
            return None
        if deadline is not None and self._clock.monotonic() >= deadline:
            limit = show_duration(self._plan.spec.fail_after or 0)
            return Ending(RunStatus.FAILED_AFTER, f"it took longer than FailAfter allows ({limit})")
        if self._stop_requested:
            return Ending(RunStatus.STOPPED, "stopped by hand")
        if self._clock.monotonic() - self._asked < ASK_SECONDS:
            return None
        self._asked = self._clock.monotonic()
        (run,) = self._store.runs(RunQuery(id=self._run.id))
        if run.lease_epoch != self._run.lease_epoch:
            raise LeaseLostError(f"run {self._run.id} is driven by {run.lease_holder} now")
        return Ending(RunStatus.STOPPED, f"stopped by {run.stop_requested_by}") if run.stop_requested_by else None

    # -- starting parts

    def _dispatch(self) -> None:
        refused: set[object] = set()
        kept: list[int] = []
        while len(kept) <= _SCANNED and (task := self._progress.next_startable()) is not None:
            spec = self._plan.spec.tasks[task]
            kind = (spec.needs, spec.image, spec.isolation)
            if kind in refused or not self._offer(task):
                refused.add(kind)
                kept.append(task)
                if self._uniform:
                    break
        for task in kept:
            self._progress.startable_again(task)

    def _offer(self, task: int) -> bool:
        """Submit parts of a task until the executor has no more room for them; whether all were taken."""
        queue = self._progress.queue(task)
        if self._prepare(task):
            self._reuse(task)
        while queue:
            call = self._call(task, queue[0])
            if not self._executor.submit(call):
                return False
            self._in_flight.add((task, queue.popleft()))
        return True

    def _prepare(self, task: int) -> bool:
        """Make a task known to the executor, if its inputs are not those that it knows."""
        code = self._plan.code[task]
        inputs = tuple(
            Input(task=u, keys=self._progress.result_keys(u), parallel=self._plan.spec.tasks[u].parallel)
            for u in self._plan.spec.upstream[task]
        )
        known = self._prepared.get(task)
        if known is not None and known.inputs == inputs:
            return False
        contents = [
            content_of(self._records_of(u), parallel=self._plan.spec.tasks[u].parallel)
            for u in self._plan.spec.upstream[task]
        ]
        self._progress.identify(task, self._plan.fingerprints(task, contents))
        setup = task_setup(
            self._run,
            self._plan.spec,
            task,
            environment=code.environment,
            arguments=self._plan.arguments[task],
            inputs=inputs,
            logs=self._logs,
        )
        self._prepared[task] = setup
        self._executor.prepare(setup)
        return True

    def _reuse(self, task: int) -> None:
        """Take results of earlier runs for parts whose inputs have turned out to be the same."""
        if self._recall is None:
            return
        queue, now = self._progress.queue(task), self._clock.now()
        waiting = [self._progress.record(task, part) for part in queue]
        found = self._recall([record.fingerprint for record in waiting])
        for record in waiting:
            if earlier := found.get(record.fingerprint):
                queue.remove(record.part)
                self._progress.put(reused(record, earlier), now)

    def _call(self, task: int, part: int) -> PartCall:
        spec = self._plan.spec.tasks[task].parts[part]
        attempt = self._progress.record(task, part).attempt + 1
        key = result_key(self._run, task, part, attempt, self._run.lease_epoch)
        return PartCall(task, part, spec.name, spec.config, attempt, key)

    # -- taking events

    def _take(self, event: Started | Outcome) -> None:
        task, part = event.call.task, event.call.part
        now = self._clock.now()
        if isinstance(event, Started):
            if (task, part) in self._in_flight and self._progress.record(task, part).status is TaskStatus.READY:
                self._progress.move(
                    task, part, TaskStatus.RUNNING, now, **self._begun(event.call, event.at, event.worker)
                )
            crash_point("part-started")
            return
        crash_point("result-written")
        self._in_flight.discard((task, part))
        if event.status is TaskStatus.DID_NOT_RUN:
            self._progress.queue(task).append(part)
            self._progress.startable_again(task)
        elif event.lost:
            self._recompute(event, now)
        elif event.status in (TaskStatus.FAILED, TaskStatus.OUT_OF_MEMORY):
            self._failed(event, now)
        else:
            self._close(event, now)

    def _failed(self, event: Outcome, now: datetime) -> None:
        task, part = event.call.task, event.call.part
        failures = self._failures.get((task, part), 0) + 1
        self._failures[task, part] = failures
        retries = self._plan.spec.tasks[task].retries
        if failures > retries:
            self._close(event, now)
            return
        record = self._mark_running(event, now)
        self._ledger.add_attempt(attempt_of(replace(record, **self._facts(event)), event.status))
        self._progress.move(
            task, part, TaskStatus.READY, now, reason=f"failed {failures} of {retries + 1} times; again"
        )
        self._to_retry = True

    def _recompute(self, event: Outcome, now: datetime) -> None:
        """Let results that are lost be computed again, and the attempt that wanted them wait for that.

        Where another attempt has found the same loss before, they are being computed again already.
        """
        task, part = event.call.task, event.call.part
        lost = set(event.lost)
        owners = [r for u in self._plan.spec.upstream[task] for r in self._records_of(u) if r.result_key in lost]
        if by_hand := next((owner for owner in owners if owner.patched_by), None):
            reason = f"the result of {by_hand.task_name} that {by_hand.patched_by} gave by hand is lost; give it again"
            self._close(replace(event, reason=reason), now)
            return
        if any(self._losses.get((owner.task, owner.part), 0) >= MOST_LOSSES for owner in owners):
            self._close(
                replace(event, reason="results that it needs are lost again and again; is the disk sound?"), now
            )
            return
        for owner in owners:
            logger.warning("the result of %s/%s is lost and is computed again", owner.task_name, owner.part_name)
            self._losses[owner.task, owner.part] = self._losses.get((owner.task, owner.part), 0) + 1
            fresh = {"result_key": "", "digest": "", "from_run": None, "reason": "its result was lost"}
            self._progress.move(owner.task, owner.part, TaskStatus.READY, now, **fresh)
        self._mark_running(event, now)
        self._progress.move(
            task, part, TaskStatus.READY, now, reason="waits for lost results", attempt=event.call.attempt
        )

    def _close(self, event: Outcome, now: datetime) -> None:
        task, part = event.call.task, event.call.part
        if event.status is not TaskStatus.COMPLETED:
            self._mark_running(event, now)
        self._progress.move(task, part, event.status, now, **self._facts(event))
        if event.status is TaskStatus.COMPLETED:
            self._unverified.append((task, part))

    def _verify(self) -> None:
        """Let no other run take results of code that was edited while this run went on: it may have been the new code."""
        self._verified = self._clock.monotonic()
        if not self._unverified:
            return
        edited = strayed(self._plan.spec, self._plan.code)
        for task in sorted(edited - self._edited):
            name = self._plan.spec.tasks[task].name
            logger.warning("the code of task %s was edited while run %s goes on; no other run takes what it gives",
                           name, self._run.id)  # fmt: skip
        self._edited |= edited
        for task, part in self._unverified:
            if task in self._edited and self._progress.record(task, part).fingerprint:
                self._progress.disown(task, part)
        self._unverified = []

    def _mark_running(self, event: Outcome, now: datetime) -> TaskRunRecord:
        record = self._progress.record(event.call.task, event.call.part)
        if record.status is TaskStatus.RUNNING:
            return record
        facts = self._begun(event.call, event.started or now, event.worker)
        return self._progress.move(event.call.task, event.call.part, TaskStatus.RUNNING, now, **facts)

    def _records_of(self, task: int) -> list[TaskRunRecord]:
        return [self._progress.record(task, part) for part in range(len(self._plan.spec.tasks[task].parts))]

    def _begun(self, call: PartCall, at: datetime, worker: str) -> dict[str, Any]:
        return {
            "attempt": call.attempt,
            "started": at,
            "ended": None,
            "worker": worker,
            "host": self._host,
            "reason": "",
            "traceback": "",
        }

    def _facts(self, event: Outcome) -> dict[str, Any]:
        return {
            "attempt": event.call.attempt,
            "reason": event.reason,
            "traceback": event.traceback,
            "started": event.started,
            "ended": event.ended,
            "cpu_seconds": event.cpu_seconds,
            "peak_memory_mb": event.peak_memory_mb,
            "result_key": event.result_key,
            "result_bytes": event.result_bytes,
            "preview": event.preview,
            "digest": event.digest,
            "worker": event.worker,
            "host": self._host,
        }

    # -- ending

    def _leave(self) -> None:
        """End what is running here, without blame, and give the run's lease up."""
        self._executor.cancel(grace_seconds=self._grace)
        while events := self._executor.wait(0):
            for event in events:
                if isinstance(event, Outcome) and event.status is TaskStatus.COMPLETED:
                    self._close(event, self._clock.now())
        now, reason = self._clock.now(), "its service was stopped; it is tried again"
        for record in list(self._progress.records()):
            if record.status is TaskStatus.RUNNING:
                self._ledger.add_attempt(attempt_of(replace(record, reason=reason, ended=now), TaskStatus.STOPPED))
                self._progress.move(record.task, record.part, TaskStatus.READY, now, reason=reason)
        self._ledger.write(self._progress.changed, leave=True)
        self._tell()

    def _stop(self, ending: Ending) -> None:
        self._cancel(ending)
        self._finish(ending)

    def _cancel(self, ending: Ending) -> None:
        self._executor.cancel(grace_seconds=self._grace)
        while events := self._executor.wait(0):
            for event in events:
                if isinstance(event, Outcome):
                    self._take_last(event, ending)
        now = self._clock.now()
        self._progress.give_up_all(now, ending.reason)
        for record in list(self._progress.records()):
            if record.status is TaskStatus.RUNNING:
                self._progress.move(record.task, record.part, TaskStatus.STOPPED, now, reason=ending.reason, ended=now)

    def _take_last(self, event: Outcome, ending: Ending) -> None:
        now = self._clock.now()
        if event.status is TaskStatus.DID_NOT_RUN or event.lost:
            return
        if event.status is TaskStatus.STOPPED:
            status = TaskStatus.FAILED_AFTER if ending.status is RunStatus.FAILED_AFTER else TaskStatus.STOPPED
            event = replace(event, status=status, reason=ending.reason)
        self._close(event, now)

    def _finish(self, ending: Ending | None) -> None:
        if ending is None:
            status, reason = run_outcome(list(self._progress.records()))
        else:
            status, reason = ending.status, ending.reason
        self._verify()
        now = self._clock.now()
        alerts = alerts_at_end(self._store, self._plan.spec, self._run, status, now=now, chat=self._chat)
        change = RunChange(status=status, reason=reason, ended=now)
        self._ledger.write(self._progress.changed, change, alerts=alerts)
        crash_point("run-closed")
        self._tell()

    def _write_if_due(self) -> None:
        if self._ledger.due(self._progress.changed) or (self._executor.blocks and self._progress.changed):
            self._write()

    def _write(self) -> None:
        """Put on record what has happened; a failure is before it is tried again, so that a crash forgets none."""
        if self._clock.monotonic() - self._verified > VERIFY_SECONDS:
            self._verify()
        self._ledger.write(self._progress.changed)
        self._to_retry = False

    def _show(self) -> None:
        if self._observe is not None and self._clock.monotonic() - self._observed > OBSERVE_SECONDS:
            self._observed = self._clock.monotonic()
            self._tell()

    def _tell(self) -> None:
        """Show progress; a display that cannot be written, a closed pipe for instance, is given up and not the run."""
        if self._observe is None:
            return
        try:
            self._observe(self._progress)
        except Exception:
            logger.warning("progress of run %s cannot be shown", self._run.id, exc_info=True)
            self._observe = None


def result_key(run: RunRecord, task: int, part: int, attempt: int, epoch: int) -> str:
    """Where the result of an attempt goes: no other attempt, and no other driver of the run, writes there."""
    return f"{run.uuid}.{task}.{part}.{attempt}.{epoch}"


def attempt_of(record: TaskRunRecord, status: TaskStatus) -> AttemptRecord:
    """The latest attempt of a task run, to be kept as one that did not decide."""
    return AttemptRecord(
        task=record.task,
        part=record.part,
        attempt=record.attempt,
        status=status,
        reason=record.reason,
        submitted=record.submitted,
        started=record.started,
        ended=record.ended,
        cpu_seconds=record.cpu_seconds,
        peak_memory_mb=record.peak_memory_mb,
        worker=record.worker,
        host=record.host,
        traceback=record.traceback,
    )
