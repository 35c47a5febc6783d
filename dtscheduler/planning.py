"""What a run would do, before it does it; and how a run is done again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

from dtscheduler.errors import DamagedError, PlanChangedError, RunError
from dtscheduler.hosting import Drive, Host
from dtscheduler.model.access import Identity
from dtscheduler.model.call import Environment, Input
from dtscheduler.model.differences import job_changes
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunQuery, RunRecord, TaskRunRecord, Trigger
from dtscheduler.model.status import RunStatus
from dtscheduler.once import named, submitted_once
from dtscheduler.running.changes import code_changes
from dtscheduler.running.code import file_code
from dtscheduler.running.estimate import Estimate, estimate, parts_to_run
from dtscheduler.running.lookup import KnownCode, read_code_body
from dtscheduler.running.plan import PartKey, Plan
from dtscheduler.running.reasons import Earlier, Fate, Outlook, outlooks
from dtscheduler.running.replay import Call
from dtscheduler.running.rerun import Again, Kept, kept_parts
from dtscheduler.running.runner import Observer

RUNS_TIMED = 10
MOST_DIFFERENCES = 3
_NOTHING: Mapping[int, Sequence[TaskRunRecord]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What a run would do: the plan, what becomes of each part and why, and about how long it takes.

    ``earlier`` is the number of the run that it is compared with, if there is one.
    """

    plan: Plan
    outlooks: tuple[Outlook, ...]
    estimate: Estimate
    earlier: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A rerun that is decided and not written: its record, its job, what it keeps.

    ``before`` is the run that it repeats, ``differences`` what its job does otherwise than that of the run.
    """

    record: RunRecord
    spec: JobSpec
    kept: Kept
    before: RunRecord
    differences: tuple[str, ...] = ()


class Planning:
    """Plans runs and reruns.

    Args:
        host: what drives runs here.
        identity: whose runs are looked at.
        capacity: CPU in MHz and memory in MB of this machine.
    """

    def __init__(self, host: Host, identity: Identity, capacity: Callable[[], tuple[int, int]]) -> None:
        self._host, self._identity, self._capacity = host, identity, capacity

    # -- runs

    def foresee(self, spec: JobSpec, known: Mapping[int, KnownCode], *, rundate: date | None) -> Foresight:
        """What a run of a job would do now. Nothing is written, nothing of the job's is called."""
        spec = self._host.owned(spec)
        record = self._host.record_of(spec, rundate=rundate, submitted=self._host.clock.now())
        code = self._host.finding.code_of(spec, known, record.run_as)
        recall = self._host.recall(record, spec)
        plan = self._host.planned(record, spec, code, recall)
        earlier = self._latest(spec.name, recall.read if recall else {})
        return self._foresight(plan, earlier, looks_up=recall is not None)

    # -- reruns

    def rerun(
        self,
        run: RunRecord,
        again: Again,
        *,
        spec: JobSpec | None = None,
        version: int | None = None,
        patched: Callable[[RunRecord, JobSpec], Mapping[PartKey, TaskRunRecord]] = lambda record, spec: {},
    ) -> Rerun:
        """Decide what a rerun of a run that has ended does again.

        Args:
            run: the run.
            again: what is to be done again.
            spec: the job as it is to be run; None for what the run itself has run.
            version: the number of that version, where it is a saved one.
            patched: gives the parts whose results are given by hand.

        Raises:
            RunError: the run goes on still, cannot be read, or there is nothing to do again.
            InvalidJobError: a task that is not in it.
        """
        if not run.status.final:
            raise RunError(f"run {run.id} is {run.status}; wait for it or stop it before it is run again")
        before = self._spec(run)
        after = spec or before
        record = self._record(run, after, version if spec else run.job_version)
        records = self._host.store.task_runs(run.id)
        lost = self._host.cache_of(run.run_as).missing(r.result_key for r in records if r.status.succeeded)
        by_hand = patched(record, after)
        kept = kept_parts(run, before, records, after, again, lost=lost, patched=by_hand)
        if len(kept.records) == after.part_count and not by_hand:
            raise RunError(
                f"run {run.id} has completed, nothing of it is left to do again; full=True (--full) repeats everything, "
                "tasks=[...] (--from TASK) a part of it"
            )
        differences = tuple(job_changes(before, after)) if spec else ()
        return Rerun(record=record, spec=after, kept=kept, before=run, differences=differences)

    def foresee_rerun(self, rerun: Rerun) -> Foresight:
        """What a rerun would do."""
        code = self._host.finding.code_of(rerun.spec, {}, rerun.record.run_as)
        plan = self._host.planned_again(rerun.record, rerun.spec, code, rerun.kept.records)
        return self._foresight(plan, self._earlier(rerun.before), forced=rerun.kept.forced, again=True)

    def begin_rerun(
        self,
        rerun: Rerun,
        *,
        executor: str,
        observe: Observer | None = None,
        agree: Callable[[Plan], None] | None = None,
    ) -> Drive:
        """Write a rerun and make it ready to be driven here; ``agree`` is asked about its plan first."""
        rerun = self._renewed(rerun) if agree else rerun
        return self._host.repeat(
            rerun.record, rerun.spec, rerun.kept.records, executor=executor, observe=observe, agree=agree
        )

    def leave_rerun(self, rerun: Rerun, *, agree: Callable[[Plan], None] | None = None, token: str = "") -> RunRecord:
        """Write a rerun and leave it to the service; ``agree`` is asked about its plan first.

        Under a ``token``, as ``uuid4().hex`` makes one, it is written once: then on it is returned as it is.
        """

        def write() -> RunRecord:
            fresh = self._renewed(rerun) if agree else rerun
            fresh = replace(fresh, record=named(fresh.record, token))
            plan = self.foresee_rerun(fresh).plan
            if agree:
                agree(plan)
            return self._host.leave(fresh.record, plan)

        return submitted_once(
            self._host.store, token, self._identity.user, write, same=lambda run: run.rerun_of == rerun.before.id
        )

    def _renewed(self, rerun: Rerun) -> Rerun:
        """A rerun that was planned before, as one of its own, without results that were lost meanwhile."""
        record = replace(rerun.record, uuid=uuid4().hex, submitted=self._host.clock.now())
        lost = self._host.cache_of(record.run_as).missing(kept.result_key for kept in rerun.kept.records.values())
        there = {key: kept for key, kept in rerun.kept.records.items() if kept.result_key not in lost}
        return replace(rerun, record=record, kept=replace(rerun.kept, records=there))

    # -- calls

    def call_of(self, run: RunRecord, record: TaskRunRecord) -> Call | None:
        """The call that a run has made, or would have, of a part; None where what it waits for has no results."""
        spec = self._spec(run)
        environment = self._host.finding.environments(spec, run.run_as)[record.task]
        of_task: dict[int, list[TaskRunRecord]] = {}
        for found in self._host.store.task_runs(run.id):
            of_task.setdefault(found.task, []).append(found)
        upstream = spec.upstream[record.task]
        if not all(found.status.succeeded for u in upstream for found in of_task[u]):
            return None
        return Call(
            run=run,
            spec=spec,
            record=record,
            environment=environment,
            inputs=tuple(
                Input(task=u, keys=tuple(r.result_key for r in of_task[u]), parallel=spec.tasks[u].parallel)
                for u in upstream
            ),
            cache=self._host.cache_of(run.run_as),
            logs=self._host.log_folder(run.uuid),
            now=self._host.clock.now(),
            changes=tuple(self._changes_since(run, spec, record.task, environment)),
        )

    def _changes_since(self, run: RunRecord, spec: JobSpec, task: int, environment: Environment) -> list[str]:
        """What of a task's code is not as it was when a run began; code kept by value never changes."""
        of, body = spec.tasks[task], self._host.store.code(run.code) if run.code else None
        known = read_code_body(body).get(of.entrypoint) if body and not of.code else None
        now = file_code(environment.work_dir, of.entrypoint, environment.python) if known else None
        return code_changes(known, now) if known and now else []

    # -- within

    def _spec(self, run: RunRecord) -> JobSpec:
        try:
            return self._host.store.spec(run.spec_hash)
        except DamagedError as error:
            raise RunError(
                f"run {run.id} cannot be run again: what was kept of its job is damaged ({error})"
            ) from error

    def _record(self, run: RunRecord, spec: JobSpec, version: int | None) -> RunRecord:
        fresh = self._host.record_of(spec, rundate=run.rundate, submitted=self._host.clock.now())
        return replace(
            fresh,
            job_id=run.job_id,
            job_version=version,
            custom_rundate=run.custom_rundate,
            run_as=run.run_as if spec.access.run_as is None else fresh.run_as,
            code=run.code,
            trigger=Trigger.RERUN,
            rerun_of=run.id,
            lineage=run.lineage or run.id,
            told_time=run.told_time or run.scheduled or run.submitted,
        )

    def _latest(self, job_name: str, read: Mapping[int, Sequence[TaskRunRecord]]) -> Earlier | None:
        """The latest run of a job to compare with: one that began, and can be read."""
        began = [status for status in RunStatus if status.final and status is not RunStatus.EXPIRED]
        query = RunQuery(job_name=job_name, statuses=began, reader=self._identity, limit=1)
        found = self._host.store.runs(query)
        return self._earlier(found[0], read) if found else None

    def _earlier(self, run: RunRecord, read: Mapping[int, Sequence[TaskRunRecord]] = _NOTHING) -> Earlier | None:
        store = self._host.store
        try:
            spec = store.spec(run.spec_hash)
        except DamagedError:
            return None
        body = store.code(run.code) if run.code else None
        return Earlier(
            run, spec, tuple(read.get(run.id) or store.task_runs(run.id)), read_code_body(body) if body else {}
        )

    def _foresight(
        self,
        plan: Plan,
        earlier: Earlier | None,
        *,
        forced: Collection[PartKey] = (),
        looks_up: bool = False,
        again: bool = False,
    ) -> Foresight:
        found = outlooks(plan, earlier, forced=forced, looks_up=looks_up, again=again)
        return Foresight(
            plan=plan,
            outlooks=tuple(found),
            estimate=self._estimate(plan, found),
            earlier=earlier.run.id if earlier else None,
        )

    def _estimate(self, plan: Plan, found: Sequence[Outlook]) -> Estimate:
        to_run = parts_to_run([(outlook.task, outlook.part) for outlook in found if outlook.fate is not Fate.REUSED])
        if not to_run:
            return Estimate(median_seconds=0.0, p90_seconds=0.0)
        query = RunQuery(job_name=plan.spec.name, reader=self._identity, limit=RUNS_TIMED)
        timed = self._host.store.seconds_taken([run.id for run in self._host.store.runs(query)])
        cpu_mhz, memory_mb = self._capacity()
        return estimate(plan.spec, to_run, timed, cpu_mhz=cpu_mhz, memory_mb=memory_mb)


def agreement(expected: Plan) -> Callable[[Plan], None]:
    """What refuses a plan that is not the one that was shown.

    It raises ``PlanChangedError`` with the differences.
    """

    def agree(now: Plan) -> None:
        if differences := list(_differences(expected, now)):
            more = f" and {len(differences) - MOST_DIFFERENCES} more" if len(differences) > MOST_DIFFERENCES else ""
            raise PlanChangedError(
                f"job {now.spec.name!r} is not as it was when the plan was made: "
                f"{'; '.join(differences[:MOST_DIFFERENCES])}{more}; make a new plan"
            )

    return agree


def _differences(before: Plan, now: Plan) -> list[str]:
    if changes := job_changes(before.spec, now.spec):
        return changes
    found: list[str] = []
    for old, new in zip(before.code, now.code, strict=True):
        if old.fingerprint != new.fingerprint:
            found += code_changes({d.name: d.digest for d in old.facts.definitions}, new.facts)
    for then, record in zip(before.records, now.records, strict=True):
        if (then.status, then.result_key) != (record.status, record.result_key):
            found.append(f"{_label(record)} was {_fate(then)} and would be {_fate(record)} now")
    return list(dict.fromkeys(found))


def _label(record: TaskRunRecord) -> str:
    return record.task_name + (f"/{record.part_name}" if record.part_name != record.task_name else "")


def _fate(record: TaskRunRecord) -> str:
    return f"reused from run {record.from_run}" if record.status.succeeded else "run"
