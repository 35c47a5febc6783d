"""The one door: everything that can be done with jobs and runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from dtscheduler.errors import ImageError, NotFoundError, RunError
from dtscheduler.executors import logs
from dtscheduler.model.call import EntrypointInfo, Environment, Wanted
from dtscheduler.model.job import JobSpec, Reuse
from dtscheduler.model.names import name_key
from dtscheduler.model.run import AttemptRecord, JobQuery, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.saved import ImageRecord, JobRecord, JobVersion
from dtscheduler.model.status import RunStatus
from dtscheduler.ports import Clock, Executor, ResultCache, Store
from dtscheduler.running.lease import abandoned, holder
from dtscheduler.running.ledger import LEASE
from dtscheduler.running.lookup import KnownCode, code_of_all, find_code, first_wanted
from dtscheduler.running.plan import Plan, TaskCode, bind_all, make_plan
from dtscheduler.running.runner import Observer, Runner
from dtscheduler.running.takeover import closed_records, left_to_do
from dtscheduler.timing.rundate import rundate_of


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


class Workspace:
    """The use cases over a store, a cache of results and executors.

    Args:
        home: folder in which logs are kept.
        python: interpreter for dev runs.
        open_store: opens the store, when it is first needed.
        open_cache: opens the cache, when it is first needed.
        make_executor: makes an executor by its name.
        clock: what time it is.
        user: who uses this door.
        grace_seconds: how long attempts get to end by themselves when a run is stopped.
        default_executor: name of the executor where none is asked for.
    """

    def __init__(
        self,
        *,
        home: Path,
        python: str,
        open_store: Callable[[], Store],
        open_cache: Callable[[], ResultCache],
        make_executor: Callable[[str], Executor],
        clock: Clock,
        user: str,
        grace_seconds: float,
        default_executor: str,
    ) -> None:
        self.home, self.clock, self.user = home, clock, user
        self._python, self._grace = python, grace_seconds
        self._driving: set[int] = set()
        self._default_executor = default_executor
        self._open_store, self._open_cache, self._make_executor = open_store, open_cache, make_executor

    @cached_property
    def store(self) -> Store:
        return self._open_store()

    @cached_property
    def cache(self) -> ResultCache:
        return self._open_cache()

    def close(self) -> None:
        """Give connections and files back."""
        for name in ("store", "cache"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    # -- jobs

    def save(self, spec: JobSpec, known: Mapping[int, KnownCode]) -> JobRecord:
        """Save a job; its entrypoints are looked up and its arguments checked first.

        Raises:
            ImageError: an image is not registered.
            EntrypointError: a function cannot be found.
            BindingError: a parameter of a function is not filled.
        """
        environments = self._environments(spec)
        executor = self._make_executor("processes")
        try:
            executor.start(environments[0], 1, first_wanted(spec, known, environments))
            earlier = self.store.jobs(JobQuery(name=spec.name))
            if earlier and self.store.spec(earlier[0].spec_hash) == spec:
                return earlier[0]
            code = find_code(spec, known, environments, executor)
        finally:
            executor.close()
        bind_all(spec, [found.info for found in code])
        return self.store.save_job(spec, saved_by=self.user, now=self.clock.now())

    def jobs(self, query: JobQuery) -> list[JobRecord]:
        return self.store.jobs(query)

    def job(self, name_or_uuid: str) -> JobRecord:
        """Find a saved job by name or uuid. Raises ``NotFoundError``."""
        found = self.store.jobs(JobQuery(name=name_or_uuid)) or self.store.jobs(JobQuery(uuid=name_or_uuid))
        if not found:
            raise NotFoundError(f"there is no job {name_or_uuid!r} in this workspace ({self.home})")
        return found[0]

    def versions(self, job_id: int) -> list[JobVersion]:
        return self.store.versions(job_id)

    def spec(self, spec_hash: str) -> JobSpec:
        return self.store.spec(spec_hash)

    # -- runs

    def begin(
        self,
        spec: JobSpec,
        known: Mapping[int, KnownCode],
        *,
        rundate: date | None,
        executor: str | None,
        observe: Observer | None = None,
    ) -> Drive:
        """Make a run ready to be driven here: take over an interrupted one of the same job, or write a new one.

        Raises:
            SchedulerError: the job cannot run as it is; nothing was written.
        """
        submitted = self.clock.now()
        executor = executor or self._default_executor
        environments = self._environments(spec)
        hands = self._make_executor(executor)
        try:
            hands.start(environments[0], spec.part_count, first_wanted(spec, known, environments))
            _ = self.store  # importing the database library takes as long as starting workers: both at once
            code = find_code(spec, known, environments, hands)
            found = self._interrupted(spec, code, rundate)
            if found is not None:
                drive = self._take_over(found, spec, code, hands, observe)
                if drive is not None:
                    return drive
            return self._new_run(spec, code, submitted, rundate, executor, hands, observe)
        except BaseException:
            hands.close()
            raise

    def resume(self, run_id: int, *, observe: Observer | None = None) -> Drive:
        """Make an interrupted run ready to be driven here.

        Raises:
            NotFoundError: there is no such run.
            RunError: it has ended, or another process drives it.
        """
        run = self.run(run_id)
        if run.status.final:
            raise RunError(f"run {run_id} has ended ({run.status}); there is nothing to resume")
        if not self._abandoned(run):
            raise RunError(f"run {run_id} is driven by {run.lease_holder}; stop that process first, or wait for it")
        spec = self.store.spec(run.spec_hash)
        hands = self._make_executor(run.executor)
        try:
            code = find_code(spec, {}, self._environments(spec), hands)
            drive = self._take_over(run, spec, code, hands, observe)
        except BaseException:
            hands.close()
            raise
        if drive is None:
            hands.close()
            raise RunError(f"run {run_id} was taken over by another process just now")
        return drive

    def run(self, run_id: int) -> RunRecord:
        """Find a run by id. Raises ``NotFoundError``."""
        found = self.store.runs(RunQuery(id=run_id))
        if not found:
            raise NotFoundError(f"there is no run {run_id} in this workspace ({self.home})")
        return found[0]

    def runs(self, query: RunQuery) -> list[RunRecord]:
        return self.store.runs(query)

    def task_runs(self, run_id: int) -> list[TaskRunRecord]:
        return self.store.task_runs(run_id)

    def attempts(self, run_id: int) -> list[AttemptRecord]:
        return self.store.attempts(run_id)

    def stop(self, run_id: int) -> None:
        """Stop a run: its driver is asked to; if that is gone, the run is closed here."""
        run = self.run(run_id)
        if run.status.final:
            return
        self.store.request_stop(run_id, self.user)
        if self._abandoned(run):
            self._close_abandoned(run)

    def log_folder(self, run_uuid: str) -> Path:
        """The folder with the logs of a run's attempts."""
        return self.home / "logs" / run_uuid

    def spool_folder(self) -> Path:
        """The folder in which workers write the logs of what they execute now."""
        return self.home / "logs" / "workers"

    # -- images

    def put_image(self, image: ImageRecord) -> None:
        self.store.put_image(image)

    def images(self) -> list[ImageRecord]:
        return self.store.images()

    def image(self, name: str, tag: str) -> ImageRecord:
        """Find a registered image. Raises ``ImageError`` with the command that registers it."""
        found = [image for image in self.store.images() if name_key(image.name) == name_key(name)]
        for image in found:
            if image.tag == tag:
                return image
        others = f" (it is registered under {', '.join(image.tag for image in found)})" if found else ""
        raise ImageError(
            f"image {name!r} is not registered under tag {tag!r}{others}; register the folder that holds its code: "
            f'dtscheduler image add "{name}" --path FOLDER --tag {tag}'
        )

    def describe(self, environment: Environment, wanted: Sequence[Wanted]) -> list[EntrypointInfo | str]:
        """Look entrypoints up in a process of their own."""
        executor = self._make_executor("processes")
        try:
            return executor.describe(environment, list(wanted))
        finally:
            executor.close()

    # -- within

    def _environments(self, spec: JobSpec) -> list[Environment]:
        if spec.dev_run:
            return [Environment(python=self._python, work_dir=spec.work_dir)] * len(spec.tasks)
        names = {task.image or spec.image or "" for task in spec.tasks}
        images = {name: self.image(name, spec.tag) for name in sorted(names)}
        by_name = {n: Environment(python=image.python, work_dir=image.path) for n, image in images.items()}
        return [by_name[task.image or spec.image or ""] for task in spec.tasks]

    def _interrupted(self, spec: JobSpec, code: Sequence[TaskCode], rundate: date | None) -> RunRecord | None:
        """A run of the same job, unchanged, whose driver is gone."""
        now = self.clock.now()
        running = RunQuery(job_name=spec.name, statuses=[RunStatus.RUNNING, RunStatus.READY])
        for run in self.store.runs(running):
            same_date = run.rundate == (rundate or rundate_of(spec.schedule, now))
            if not (self._abandoned(run) and same_date and run.code == code_of_all(code)):
                continue
            if self.store.spec(run.spec_hash) == spec:
                return run
        return None

    def _new_run(
        self,
        spec: JobSpec,
        code: Sequence[TaskCode],
        submitted: datetime,
        rundate: date | None,
        executor_name: str,
        executor: Executor,
        observe: Observer | None,
    ) -> Drive:
        now = self.clock.now()
        run_uuid = uuid.uuid4().hex
        run_date = rundate or rundate_of(spec.schedule, now)
        plan = make_plan(spec, code, rundate=run_date, run_uuid=run_uuid)
        if spec.reuse is Reuse.CONTENT:
            earlier = self.store.reusable(plan.fingerprints)
            plan = plan.reusing(earlier, self.cache.missing(record.result_key for record in earlier.values()))
        saved = self.store.jobs(JobQuery(name=spec.name))
        same = saved[0] if saved and self.store.spec(saved[0].spec_hash) == spec else None
        record = RunRecord(
            id=0,
            uuid=run_uuid,
            job_name=spec.name,
            job_id=same.id if same else None,
            job_version=same.version if same else None,
            spec_hash="",
            status=RunStatus.READY,
            rundate=run_date,
            custom_rundate=rundate is not None,
            submitted=submitted,
            started=submitted,
            owner=spec.access.owner,
            tag=spec.tag,
            labels=spec.labels,
            executor=executor_name,
            host=holder().partition(":")[0],
            code=code_of_all(code),
            lease_holder=holder(),
            lease_until=now + LEASE,
            lease_epoch=1,
        )
        run = self.store.add_run(record, spec, plan.records)
        self._driving.add(run.id)
        return Drive(run.id, self._runner(run, plan, executor, observe), self._driving)

    def _take_over(
        self, run: RunRecord, spec: JobSpec, code: Sequence[TaskCode], executor: Executor, observe: Observer | None
    ) -> Drive | None:
        epoch = self._take_lease(run)
        if epoch is None:
            return None
        plan = make_plan(spec, code, rundate=run.rundate, run_uuid=run.uuid)
        left = left_to_do(run, self.store.task_runs(run.id), self.cache, self.clock.now())
        self._claim_logs(run, left.lost)
        mine = self.run(run.id)
        self.store.record(
            run.id,
            epoch,
            lease_until=self.clock.now() + LEASE,
            task_runs=left.records,
            attempts=left.lost,
        )
        runner = self._runner(mine, Plan(spec, plan.code, plan.arguments, tuple(left.records)), executor, observe)
        runner.count_failures(self.store.attempts(run.id))
        self._driving.add(run.id)
        return Drive(run.id, runner, self._driving, taken_over=True)

    def _claim_logs(self, run: RunRecord, lost: Sequence[AttemptRecord]) -> None:
        """Keep what lost attempts had printed; their workers ended without handing it in."""
        for attempt in lost:
            log = logs.log_path(self.log_folder(run.uuid), attempt.task, attempt.part, attempt.attempt)
            logs.keep(logs.spool_path(self.spool_folder(), attempt.host, attempt.worker), log)
        logs.clear_spools(self.spool_folder())

    def _take_lease(self, run: RunRecord) -> int | None:
        until = self.clock.now() + LEASE
        return self.store.take_lease(run.id, holder=holder(), until=until, from_epoch=run.lease_epoch)

    def _close_abandoned(self, run: RunRecord) -> None:
        epoch = self._take_lease(run)
        if epoch is None:
            return
        now, reason = self.clock.now(), f"stopped by {self.user} after its driver had ended"
        left = left_to_do(run, self.store.task_runs(run.id), self.cache, now)
        change = RunChange(status=RunStatus.STOPPED, reason=reason, ended=now)
        records = closed_records(left.records, now, reason)
        self.store.record(run.id, epoch, lease_until=None, change=change, task_runs=records, attempts=left.lost)

    def _abandoned(self, run: RunRecord) -> bool:
        """Whether nobody drives a run; of this process's own runs it knows which it drives."""
        if run.lease_holder == holder():
            return not run.status.final and run.id not in self._driving
        return abandoned(run, self.clock.now())

    def _runner(self, run: RunRecord, plan: Plan, executor: Executor, observe: Observer | None) -> Runner:
        return Runner(
            store=self.store,
            executor=executor,
            plan=plan,
            run=run,
            log_folder=self.log_folder(run.uuid),
            clock=self.clock,
            observe=observe,
            grace_seconds=self._grace,
        )
