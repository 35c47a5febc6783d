"""How a process comes to drive a run: it begins one, claims one that was submitted, or takes over one left behind."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock

from dtscheduler.crash import crash_point
from dtscheduler.errors import DamagedError, EntrypointError, ImageError, InvalidJobError, RunError
from dtscheduler.executors import logs
from dtscheduler.executors.spools import Spools, spools_of
from dtscheduler.finding import Finding, MakeExecutor
from dtscheduler.images.registry import Registry
from dtscheduler.model.access import Identity, Right, may
from dtscheduler.model.alert import AlertRecord
from dtscheduler.model.job import JobSpec, Reuse
from dtscheduler.model.run import AttemptRecord, JobQuery, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.ports import Clock, Executor, ResultCache, Store
from dtscheduler.running.ending import alerts_at_end
from dtscheduler.running.fingerprint import unlike_others
from dtscheduler.running.lease import abandoned, holder
from dtscheduler.running.ledger import LEASE, Ledger
from dtscheduler.running.lookup import KnownCode, code_body, find_code, first_wanted
from dtscheduler.running.plan import PartKey, Plan, TaskCode, make_plan
from dtscheduler.running.recall import Recall
from dtscheduler.running.runner import Observer, Runner
from dtscheduler.running.sources.facts import digest_of
from dtscheduler.running.takeover import closed_records, left_to_do
from dtscheduler.timing.rundate import rundate_of

HOPELESS = (InvalidJobError, EntrypointError, ImageError, RunError, DamagedError)
"""What keeps a run from beginning, however often it is tried."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A run that is ready to be driven by this process; ``taken_over`` from another one that is gone."""

    run_id: int
    runner: Runner
    driving: set[int]
    taken_over: bool = False

    def drive(self) -> None:
        """Run it to its end; see ``Runner.drive``."""
        try:
            self.runner.drive()
        finally:
            self.driving.discard(self.run_id)


class Host:
    """Drives runs in this process, over a store, caches of results and executors. Checks no access.

    Args:
        home: folder in which logs are kept.
        python: interpreter for dev runs.
        open_store: opens the store, when it is first needed.
        open_cache: opens the cache of results of an account; None for this process's own.
        make_executor: makes an executor by its name; ``urgency`` orders it among others.
        clock: what time it is.
        identity: on whose account this process acts.
        grace_seconds: how long attempts get to end by themselves when a run is stopped.
        chat: whether there is a chat that is told how runs end.
        one_account: whether all tasks run under the account of this process, whatever RunAs says.
        process_account: the account of this process; None: that of the identity.
    """

    def __init__(
        self,
        *,
        home: Path,
        python: str,
        open_store: Callable[[], Store],
        open_cache: Callable[[str | None], ResultCache],
        make_executor: MakeExecutor,
        clock: Clock,
        identity: Identity,
        grace_seconds: float,
        chat: bool = False,
        one_account: bool = False,
        process_account: str | None = None,
    ) -> None:
        self._one_account = one_account
        self._process_account = process_account or identity.runs_as
        self.home, self.clock, self.identity = home, clock, identity
        # importing the database library takes as long as starting workers: both at once
        images = Registry(lambda: self.store, python)
        self.finding = Finding(images, make_executor, self.account, meanwhile=lambda: self.store)
        self._grace, self._chat = grace_seconds, chat
        self._open_store, self._open_cache, self._make_executor = open_store, open_cache, make_executor
        self._caches: dict[str | None, ResultCache] = {}
        self._opening = Lock()
        self.driving: set[int] = set()

    @cached_property
    def store(self) -> Store:
        return self._open_store()

    def cache_of(self, run_as: str) -> ResultCache:
        """The cache with the results of runs under an account."""
        account = self.account(run_as)
        with self._opening:
            if account not in self._caches:
                self._caches[account] = self._open_cache(account)
            return self._caches[account]

    def account(self, run_as: str) -> str | None:
        """An account, or that of the identity where none is named, if it is another one than that of this process."""
        name = run_as or self.identity.runs_as
        return None if self._one_account or name == self._process_account else name

    def close(self) -> None:
        """Give connections and files back."""
        while self._caches:
            self._caches.popitem()[1].close()
        if "store" in self.__dict__:
            self.__dict__.pop("store").close()

    def owned(self, spec: JobSpec) -> JobSpec:
        """A spec with an owner and a group: where it names none, those of the saved job, or else this identity's."""
        access = spec.access
        if access.owner and access.group:
            return spec
        saved = self.store.jobs(JobQuery(name=spec.name, reader=self.identity))
        owner = access.owner or (saved[0].owner if saved else self.identity.user)
        group = access.group or (saved[0].group if saved else self.identity.group)
        return replace(spec, access=replace(access, owner=owner, group=group))

    # -- driving

    def begin(
        self,
        spec: JobSpec,
        known: Mapping[int, KnownCode],
        *,
        rundate: date | None,
        executor: str,
        observe: Observer | None = None,
        agree: Callable[[Plan], None] | None = None,
    ) -> Drive:
        """Make a run ready to be driven here: take over an interrupted one of the same job, or write a new one.

        Args:
            spec: the job.
            known: code that the caller holds.
            rundate: the date to run for.
            executor: where tasks execute.
            observe: told of progress.
            agree: asked about the plan before anything is written, and raises if it is not what was wanted; a run that
                was interrupted is then not taken over.

        Raises:
            SchedulerError: the job cannot run as it is; nothing was written.
        """
        submitted = self.clock.now()
        run_as = spec.access.run_as or self.identity.runs_as
        with self.finding.hands_for(spec, known, run_as, executor) as (hands, code):
            spec = self.owned(spec)
            found = None if agree else self._interrupted(spec, code, rundate, run_as)
            if found is not None:
                drive = self._take_over(found, spec, code, hands, observe)
                if drive is not None:
                    return drive
            record = self.record_of(spec, rundate=rundate, submitted=submitted)
            plan = self.planned(record, spec, code)
            if agree:
                agree(plan)
            return self._written(record, plan, hands, observe, executor)

    def repeat(
        self,
        record: RunRecord,
        spec: JobSpec,
        kept: Mapping[PartKey, TaskRunRecord],
        *,
        executor: str,
        observe: Observer | None = None,
        agree: Callable[[Plan], None] | None = None,
    ) -> Drive:
        """Make a rerun ready to be driven here.

        Args:
            record: the run, as ``rerun_record`` makes it.
            spec: the job.
            kept: parts that have results already.
            executor: where tasks execute.
            observe: told of progress.
            agree: asked about the plan before anything is written.
        """
        with self.finding.hands_for(spec, {}, record.run_as, executor) as (hands, code):
            plan = self.planned_again(record, spec, code, kept)
            if agree:
                agree(plan)
            return self._written(record, plan, hands, observe, executor)

    def leave(self, record: RunRecord, plan: Plan) -> RunRecord:
        """Leave a run whose task runs are known already to the service."""
        return self.store.add_run(self._with_code(record, plan), plan.spec, plan.records)

    def _written(
        self, record: RunRecord, plan: Plan, hands: Executor, observe: Observer | None, executor: str
    ) -> Drive:
        """Write a new run that this process drives."""
        leased = replace(
            record,
            started=record.submitted,
            executor=executor,
            host=holder().partition(":")[0],
            lease_holder=holder(),
            lease_until=self.clock.now() + LEASE,
            lease_epoch=1,
        )
        run = self.store.add_run(self._with_code(leased, plan), plan.spec, plan.records)
        return self._drive(run, plan, hands, observe)

    def _with_code(self, record: RunRecord, plan: Plan) -> RunRecord:
        """The run with what is known of its code, which is kept."""
        return replace(record, code=self._kept_code(plan.spec, plan.code))

    def _kept_code(self, spec: JobSpec, code: Sequence[TaskCode]) -> str:
        code_hash = _hash_of(spec, code)
        self.store.keep_code(code_hash, code_body(spec, code))
        return code_hash

    def claim(self, run: RunRecord, *, executor: str, observe: Observer | None = None) -> Drive | None:
        """Become the driver of a run that was submitted, or left behind; None where another process was faster.

        A run that cannot begin, because its code is not found for instance, is closed as failed.

        Raises:
            LeaseLostError: another process has taken the run meanwhile.
        """
        epoch = self._take_lease(run)
        if epoch is None:
            return None
        crash_point("claimed")
        hands = self._make_executor(executor, urgency=(run.priority.rank, run.id))
        self.driving.add(run.id)
        try:
            with Ledger(self.store, run.id, epoch, self.clock).kept_alive(while_blocked=True):
                return self._claimed(run, hands, observe)
        except HOPELESS as error:
            hands.close()
            self.driving.discard(run.id)
            self._close(run, RunStatus.FAILED, f"it could not begin: {error}")
            return None
        except BaseException:
            hands.close()
            self.driving.discard(run.id)
            raise

    def resume(self, run: RunRecord, *, observe: Observer | None = None) -> Drive:
        """Make an interrupted run ready to be driven here.

        Raises:
            RunError: it has ended, or another process drives it.
        """
        if run.status.final:
            raise RunError(f"run {run.id} has ended ({run.status}); there is nothing to resume")
        if run.status is RunStatus.READY and run.lease_epoch == 0:
            return self._claimed_here(run, observe)
        if not self.abandoned(run):
            why = f"is driven by {run.lease_holder}" if run.lease_holder else "waits for another run of its job"
            raise RunError(f"run {run.id} {why}; stop that first, or wait for it")
        spec = self.store.spec(run.spec_hash)
        hands = self._make_executor(run.executor)
        try:
            code = find_code(spec, {}, self.finding.environments(spec, run.run_as), hands)
            drive = self._take_over(run, spec, code, hands, observe)
        except BaseException:
            hands.close()
            raise
        if drive is None:
            hands.close()
            raise RunError(f"run {run.id} was taken over by another process just now")
        return drive

    def _claimed_here(self, run: RunRecord, observe: Observer | None) -> Drive:
        drive = self.claim(run, executor=run.executor, observe=observe)
        if drive is None:
            raise RunError(self._run(run.id).reason or f"run {run.id} was claimed by another process just now")
        return drive

    def abandoned(self, run: RunRecord) -> bool:
        """Whether nobody drives a run that has begun; of its own runs this process knows which it drives."""
        if run.lease_holder == holder():
            return not run.status.final and run.id not in self.driving
        return abandoned(run, self.clock.now())

    def close_abandoned(self, run: RunRecord, reason: str) -> None:
        """Close a run whose driver is gone as stopped."""
        if self._take_lease(run) is not None:
            self._close(run, RunStatus.STOPPED, reason)

    def give_up(self, run: RunRecord, reason: str) -> None:
        """Close a run that nobody can drive as failed."""
        if self._take_lease(run) is not None:
            self._close(run, RunStatus.FAILED, reason)

    def log_folder(self, run_uuid: str) -> Path:
        """The folder with the logs of a run's attempts."""
        return self.home / "logs" / run_uuid

    def spools(self, run: RunRecord) -> Spools:
        """Where the workers of a run write the logs of what they execute now."""
        return spools_of(self.home, self.account(run.run_as))

    # -- within

    def _interrupted(
        self, spec: JobSpec, code: Sequence[TaskCode], rundate: date | None, run_as: str
    ) -> RunRecord | None:
        """A run of the same job, unchanged, whose driver is gone."""
        now = self.clock.now()
        running = RunQuery(job_name=spec.name, statuses=[RunStatus.RUNNING, RunStatus.READY])
        for run in self.store.runs(running):
            if run.rerun_of is not None:
                continue
            same_date = run.rundate == (rundate or rundate_of(spec.schedule, now))
            mine = run.run_as in ("", run_as)
            if not (self.abandoned(run) and mine and same_date and run.code == _hash_of(spec, code)):
                continue
            if self.store.spec(run.spec_hash) == spec:
                return run
        return None

    def record_of(self, spec: JobSpec, *, rundate: date | None, submitted: datetime) -> RunRecord:
        """A run of a spec by hand, which waits to be driven; it is one of the saved job, if that is the same."""
        saved = self.store.jobs(JobQuery(name=spec.name))
        same = saved[0] if saved and self._is(saved[0], spec) else None
        return RunRecord(
            id=0,
            uuid=uuid.uuid4().hex,
            job_name=spec.name,
            job_id=same.id if same else None,
            job_version=same.version if same else None,
            spec_hash="",
            status=RunStatus.READY,
            rundate=rundate or rundate_of(spec.schedule, submitted),
            custom_rundate=rundate is not None,
            submitted=submitted,
            owner=spec.access.owner,
            group=spec.access.group,
            permissions=spec.access.permissions,
            tag=spec.tag,
            labels=spec.labels,
            priority=spec.priority,
            submitted_by=self.identity.user,
            run_as=spec.access.run_as or self.identity.runs_as,
        )

    def _is(self, job: JobRecord, spec: JobSpec) -> bool:
        """Whether a run of this spec is one of a saved job, which its user may run."""
        return may(self.identity, Right.WRITE, job) and self.store.spec(job.spec_hash) == spec

    def planned(self, run: RunRecord, spec: JobSpec, code: Sequence[TaskCode], recall: Recall | None = None) -> Plan:
        """What a new run will do; ``recall`` is where it looks for earlier results, if it does."""
        return make_plan(spec, code, rundate=run.rundate, run_uuid=run.uuid, recall=recall or self.recall(run, spec))

    def planned_again(
        self, run: RunRecord, spec: JobSpec, code: Sequence[TaskCode], kept: Mapping[PartKey, TaskRunRecord]
    ) -> Plan:
        """What a rerun will do; ``run.code`` is still that of the run which it repeats."""
        if _hash_of(spec, code) != run.code:
            kept = {key: unlike_others(result, run.uuid) for key, result in kept.items()}
        return make_plan(spec, code, rundate=run.rundate, run_uuid=run.uuid, kept=kept)

    def recall(self, run: RunRecord, spec: JobSpec) -> Recall | None:
        """Where a run looks for earlier results; a rerun keeps those of its lineage and looks no further."""
        if spec.reuse is not Reuse.CONTENT or run.rerun_of is not None:
            return None
        return Recall(self.store, self.cache_of(run.run_as), spec.name)

    def _claimed(self, before: RunRecord, hands: Executor, observe: Observer | None) -> Drive:
        run = self._run(before.id)
        spec = self.store.spec(run.spec_hash)
        environments = self.finding.environments(spec, run.run_as)
        hands.start(environments[0], spec.part_count, first_wanted(spec, {}, environments))
        code = find_code(spec, {}, environments, hands)
        if self.store.task_runs(run.id):
            return self._going_on(before, spec, code, hands, observe)
        plan = self.planned(run, spec, code)
        self.store.plan_run(run.id, run.lease_epoch, code=self._kept_code(spec, code), task_runs=plan.records)
        return self._drive(run, plan, hands, observe)

    def _take_over(
        self, run: RunRecord, spec: JobSpec, code: Sequence[TaskCode], executor: Executor, observe: Observer | None
    ) -> Drive | None:
        if self._take_lease(run) is None:
            return None
        return self._going_on(run, spec, code, executor, observe)

    def _going_on(
        self, before: RunRecord, spec: JobSpec, code: Sequence[TaskCode], executor: Executor, observe: Observer | None
    ) -> Drive:
        """Go on with a run of which this process has just taken the lease; ``before`` is how it was left."""
        run = self._run(before.id)
        left = left_to_do(before, self.store.task_runs(run.id), self.cache_of(run.run_as), self.clock.now())
        code_hash = self._kept_code(spec, code)
        if run.code and run.code != code_hash:  # what the last driver ran last may have been either
            unsure = [unlike_others(replace(record, fingerprint=""), run.uuid) for record in left.records]
            left = replace(left, records=unsure)
        self._claim_logs(run, left.lost)
        self.store.record(
            run.id,
            run.lease_epoch,
            lease_until=self.clock.now() + LEASE,
            change=RunChange(code=code_hash),
            task_runs=left.records,
            attempts=left.lost,
        )
        kept = {(record.task, record.part): record for record in left.records if record.status.final}
        plan = make_plan(spec, code, rundate=run.rundate, run_uuid=run.uuid, kept=kept)
        plan = replace(plan, records=tuple(left.records))
        drive = self._drive(run, plan, executor, observe, taken_over=before.lease_epoch > 0)
        drive.runner.count_failures(self.store.attempts(run.id))
        return drive

    def _claim_logs(self, run: RunRecord, lost: Sequence[AttemptRecord]) -> None:
        """Keep what lost attempts had printed; their workers ended without handing it in."""
        spools = self.spools(run)
        for attempt in lost:
            log = logs.log_path(self.log_folder(run.uuid), attempt.task, attempt.part, attempt.attempt)
            spools.keep(attempt.host, attempt.worker, log)
        spools.clear(str(self.log_folder(run.uuid)))

    def _take_lease(self, run: RunRecord) -> int | None:
        until = self.clock.now() + LEASE
        return self.store.take_lease(run.id, holder=holder(), until=until, from_epoch=run.lease_epoch)

    def _close(self, run: RunRecord, status: RunStatus, reason: str) -> None:
        """End a run of which this process has just taken the lease, without driving it; ``run`` is how it was left."""
        now = self.clock.now()
        records = self.store.task_runs(run.id)
        left = left_to_do(run, records, self.cache_of(run.run_as), now) if records else None
        self.store.record(
            run.id,
            run.lease_epoch + 1,
            lease_until=None,
            change=RunChange(status=status, reason=reason, started=run.started or now, ended=now),
            task_runs=closed_records(left.records, now, reason) if left else (),
            attempts=left.lost if left else (),
            alerts=self._alerts(run, status, now),
        )

    def _alerts(self, run: RunRecord, status: RunStatus, now: datetime) -> list[AlertRecord]:
        try:
            spec = self.store.spec(run.spec_hash)
        except DamagedError:
            return []
        return alerts_at_end(self.store, spec, run, status, now=now, chat=self._chat)

    def _run(self, run_id: int) -> RunRecord:
        (run,) = self.store.runs(RunQuery(id=run_id))
        return run

    def _drive(
        self, run: RunRecord, plan: Plan, executor: Executor, observe: Observer | None, *, taken_over: bool = False
    ) -> Drive:
        self.driving.add(run.id)
        runner = Runner(
            store=self.store,
            executor=executor,
            plan=plan,
            run=run,
            log_folder=self.log_folder(run.uuid),
            clock=self.clock,
            observe=observe,
            grace_seconds=self._grace,
            recall=self.recall(run, plan.spec),
            chat=self._chat,
        )
        return Drive(run.id, runner, self.driving, taken_over=taken_over)


def _hash_of(spec: JobSpec, code: Sequence[TaskCode]) -> str:
    return digest_of([code_body(spec, code)])
