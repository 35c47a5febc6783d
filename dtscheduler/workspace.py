"""The one door: everything that can be done with jobs and runs, by those who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from dtscheduler.errors import InvalidJobError, NotFoundError
from dtscheduler.executors.capacity import machine_capacity
from dtscheduler.firing import Firing
from dtscheduler.hosting import Drive, Host
from dtscheduler.looking import Looking
from dtscheduler.model.access import Identity, Right
from dtscheduler.model.call import EntrypointInfo, Environment, Wanted
from dtscheduler.model.job import JobSpec
from dtscheduler.model.pruning import Pruned
from dtscheduler.model.run import JobQuery, RunChange, RunQuery, RunRecord, Trigger
from dtscheduler.model.saved import ImageRecord, JobRecord
from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.model.status import RunStatus
from dtscheduler.once import named, submitted_once
from dtscheduler.planning import Foresight, Planning, Rerun, agreement
from dtscheduler.ports import Alerter
from dtscheduler.pruning import Pruning
from dtscheduler.running.lookup import KnownCode
from dtscheduler.running.patch import Patch, patch_of
from dtscheduler.running.plan import Plan
from dtscheduler.running.rerun import Again, with_config
from dtscheduler.running.retention import Keep
from dtscheduler.running.runner import Observer
from dtscheduler.settings import Settings
from dtscheduler.timing.backfill import Which, chosen, rundates
from dtscheduler.timing.calendar import next_fire
from dtscheduler.timing.due import new_run
from dtscheduler.timing.rundate import rundate_of

MOST_RUNDATES = 100_000


class Workspace(Looking):
    """The use cases, for one identity: all that can be looked at, and all that can be done.

    Args:
        host: drives runs in this process.
        identity_of: who an account is.
        settings: how the workspace is used.
        make_alerter: makes what delivers alerts, when it is first needed.
    """

    def __init__(
        self,
        *,
        host: Host,
        identity_of: Callable[[str], Identity],
        settings: Settings,
        make_alerter: Callable[[], Alerter],
    ) -> None:
        super().__init__(host)
        self.identity_of, self.settings, self._make_alerter = identity_of, settings, make_alerter

    @cached_property
    def alerter(self) -> Alerter:
        """What delivers alerts."""
        return self._make_alerter()

    @cached_property
    def planning(self) -> Planning:
        """What says what runs would do."""
        return Planning(self.host, self.identity, self._capacity)

    def _capacity(self) -> tuple[int, int]:
        found = machine_capacity(self.settings.cpu_mhz, self.settings.memory_mb)
        return found.cpu_mhz, found.memory_mb

    @cached_property
    def firing(self) -> Firing:
        """What follows schedules here."""
        return Firing(self.store, self.clock, self.identity_of, chat=bool(self.settings.chat_urls))

    def close(self) -> None:
        """Give connections and files back."""
        for name in ("firing", "gate", "planning"):
            self.__dict__.pop(name, None)
        self.host.close()

    # -- jobs

    def save(self, spec: JobSpec, known: Mapping[int, KnownCode]) -> JobRecord:
        """Save a job; its entrypoints are looked up and its arguments checked first.

        Raises:
            ImageError: an image is not registered.
            EntrypointError: a function cannot be found.
            BindingError: a parameter of a function is not filled.
            InvalidJobError: the job would run after itself.
            AccessError: the job of that name may not be changed, or RunAs is not allowed.
        """
        spec, earlier = self.host.owned(spec), self.gate.saved(spec.name)
        self.gate.check_save(spec, earlier)
        if earlier and not earlier.broken and self.store.spec(earlier.spec_hash) == replace(spec, name=earlier.name):
            return earlier
        self.gate.check_circle(spec, earlier)
        self.host.finding.check(spec, known)
        now = self.clock.now()
        if earlier:
            self.firing.settle(earlier, now)
        timed = isinstance(spec.schedule, TimeSchedule)
        return self.store.save_job(
            spec,
            saved_by=self.user,
            now=now,
            run_as=spec.access.run_as or self.identity.runs_as,
            next_fire=next_fire(spec.schedule, now) if timed else None,  # type: ignore[arg-type] # timed says so
        )

    def pause(self, name_or_uuid: str) -> JobRecord:
        """Let a job's schedule start nothing until it goes on; its instants meanwhile are recorded as expired."""
        return self._pause(name_or_uuid, paused=self.clock.now())

    def unpause(self, name_or_uuid: str) -> JobRecord:
        """Let the schedule of a paused job go on; what was due while it was paused is not caught up."""
        return self._pause(name_or_uuid, paused=None)

    def delete(self, name_or_uuid: str) -> None:
        """Take a job off the list: nothing starts it any more, and what waited expires.

        Its runs stay, as accessible as the job was last; those that are under way go on.
        """
        job, now = self.job(name_or_uuid, Right.WRITE), self.clock.now()
        self.firing.settle(job, now)
        self.store.delete_job(job.id, now)
        gone = RunChange(status=RunStatus.EXPIRED, reason=f"the job was deleted by {self.user}", ended=now)
        for run in self.store.runs(RunQuery(job_id=job.id, statuses=[RunStatus.SCHEDULED, RunStatus.READY])):
            self.store.move(run.id, run.status, gone)

    # -- plans and reruns

    def plan(self, spec: JobSpec, known: Mapping[int, KnownCode], *, rundate: date | None) -> Foresight:
        """What a run of a job would do now."""
        self.gate.check_run_as(spec)
        return self.planning.foresee(spec, known, rundate=rundate)

    def rerun(
        self,
        run_id: int,
        again: Again,
        *,
        version: int | str | None = None,
        config: Mapping[Any, Mapping[str, object]] | None = None,
        patch: Patch | None = None,
    ) -> Rerun:
        """Decide what a rerun of a run does; ``planning`` foresees it, begins it or leaves it to the service.

        Args:
            run_id: the run; it has ended.
            again: what is to be done again.
            version: the version of its job to run, by number or ``'latest'``; None for what it has run itself.
            config: other values in the configuration of tasks or parts; see ``running.rerun.with_config``.
            patch: a result that is given by hand.

        Raises:
            RunError: the run goes on still, or there is nothing to do again.
            NotFoundError: there is no such run, or no such version of its job.
        """
        run = self.run(run_id, Right.WRITE)
        spec, number = self._version(run, version)
        if config:
            spec, number = with_config(spec or self.store.spec(run.spec_hash), config), None
        self.gate.check_run_as(spec or self.store.spec(run.spec_hash))
        patched = patch_of(patch, self.results(run), self.user, self.clock)
        return self.planning.rerun(run, again, spec=spec, version=number, patched=patched)

    def _version(self, run: RunRecord, version: int | str | None) -> tuple[JobSpec | None, int | None]:
        if version is None:
            return None, None
        jobs = self.jobs(JobQuery(id=run.job_id)) if run.job_id else []
        if not jobs:
            raise NotFoundError(f"run {run.id} is not of a saved job, so there is no other version of {run.job_name!r}")
        wanted = jobs[0].version if version == "latest" else version
        for found in self.store.versions(jobs[0].id):
            if found.version == wanted and type(wanted) is int:
                return self.store.spec(found.spec_hash), wanted
        raise NotFoundError(
            f"job {run.job_name!r} has no version {version!r}; it has 1 to {jobs[0].version}, and 'latest'"
        )

    # -- runs driven by the service

    def submit(
        self, spec: JobSpec, known: Mapping[int, KnownCode], *, rundate: date | None, token: str = ""
    ) -> RunRecord:
        """Leave a run of a job, saved or not, to the service; the job is checked as when it is saved.

        Under a ``token``, as ``uuid4().hex`` makes one, a run is submitted once: then on it is returned as it is.
        """

        def write() -> RunRecord:
            owned = self.host.owned(spec)
            self.gate.check_run_as(owned)
            self.host.finding.check(owned, known)
            run = self.host.record_of(owned, rundate=rundate, submitted=self.clock.now())
            if run.job_id is not None:
                return self._submit_saved(owned.name, rundate, token)
            return self.store.add_run(named(run, token), owned, ())

        return submitted_once(
            self.store,
            token,
            self.user,
            write,
            same=lambda run: run.job_name == spec.name and rundate in (None, run.rundate),
        )

    def submit_job(self, name_or_uuid: str, *, rundate: date | None, token: str = "") -> RunRecord:
        """Leave a run of the latest version of a saved job to the service. It starts also while another one is active.

        Under a ``token``, as ``uuid4().hex`` makes one, a run is submitted once: then on it is returned as it is.
        """
        job = self.find(name_or_uuid) if token else None

        def same(run: RunRecord) -> bool:
            of_job = run.job_id == job.id if job else run.job_name == name_or_uuid
            return of_job and rundate in (None, run.rundate)

        return submitted_once(
            self.store, token, self.user, lambda: self._submit_saved(name_or_uuid, rundate, token), same=same
        )

    def backfill_dates(self, name_or_uuid: str, first: date, last: date, which: Which) -> list[date]:
        """The rundates that a backfill would run, in order.

        Raises:
            InvalidJobError: the range is empty or longer than 100,000 days.
        """
        job = self.job(name_or_uuid, Right.WRITE)
        if last < first:
            raise InvalidJobError(f"backfill of {job.name!r}: end ({last}) is before start ({first})")
        if (last - first).days >= MOST_RUNDATES:
            raise InvalidJobError(f"backfill of {job.name!r}: {first} to {last} are more than {MOST_RUNDATES:,} days")
        runs = self.store.runs(RunQuery(job_id=job.id, rundates=(first, last)))
        return chosen(rundates(job.schedule, first, last), runs, which)

    def backfill(self, name_or_uuid: str, dates: Sequence[date], *, most_active: int = 1) -> list[RunRecord]:
        """Leave a run of a saved job for each rundate to the service, in this order.

        Args:
            name_or_uuid: the job.
            dates: rundates.
            most_active: how many of these runs may be active at a time.
        """
        job, now, group = self.job(name_or_uuid, Right.WRITE), self.clock.now(), uuid4().hex
        runs = [
            replace(
                new_run(job, now, trigger=Trigger.BACKFILL, rundate=day),
                status=RunStatus.SCHEDULED,
                custom_rundate=True,
                submitted_by=self.user,
                backfill=group,
                most_active=most_active,
            )
            for day in dates
        ]
        return self.store.submit(runs)

    # -- runs

    def begin(
        self,
        spec: JobSpec,
        known: Mapping[int, KnownCode],
        *,
        rundate: date | None,
        executor: str | None,
        observe: Observer | None = None,
        plan: Plan | None = None,
    ) -> Drive:
        """Make a run ready to be driven here: take over an interrupted one of the same job, or write a new one.

        Args:
            spec: the job.
            known: code that the caller holds.
            rundate: the date to run for.
            executor: where tasks execute.
            observe: told of progress.
            plan: what the run is to do exactly.

        Raises:
            SchedulerError: the job cannot run as it is; nothing was written.
        """
        self.gate.check_run_as(spec)
        return self.host.begin(
            spec,
            known,
            rundate=rundate,
            executor=executor or self.settings.executor,
            observe=observe,
            agree=agreement(plan) if plan else None,
        )

    def resume(self, run_id: int, *, observe: Observer | None = None) -> Drive:
        """Make an interrupted run, or one that waits for the service, ready to be driven here.

        Raises:
            NotFoundError: there is no such run.
            RunError: it has ended, or another process drives it.
        """
        return self.host.resume(self.run(run_id, Right.WRITE), observe=observe)

    def stop(self, run_id: int) -> None:
        """Stop a run: its driver is asked to; if there is none, the run is closed here."""
        run = self.run(run_id, Right.WRITE)
        if run.status.final:
            return
        now = self.clock.now()
        closed = RunChange(status=RunStatus.STOPPED, reason=f"stopped by {self.user} before it began", ended=now)
        if run.lease_epoch == 0 and self.store.move(run_id, run.status, closed):
            return
        self.store.request_stop(run_id, self.user)
        if self.host.abandoned(run):
            self.host.close_abandoned(run, f"stopped by {self.user} after its driver had ended")

    def prune(self, keep: Keep, *, dry_run: bool) -> Pruned:
        """Remove runs, logs and results that nothing needs any more; ``dry_run`` only says what would go."""
        pruning = Pruning(
            store=self.store,
            identity=self.identity,
            home=self.home,
            cache_of=self.host.cache_of,
            keep=keep,
            strangers=not self.settings.database,
        )
        return pruning.look() if dry_run else pruning.prune()

    # -- images

    def put_image(self, image: ImageRecord) -> None:
        """Register an image; only who did so before, or an admin, may put another one in its place."""
        for there in self.store.images():
            if (there.name, there.tag) == (image.name, image.tag):
                self.gate.require_own_image(there)
        self.store.put_image(image)

    def describe(self, environment: Environment, wanted: Sequence[Wanted]) -> list[EntrypointInfo | str]:
        """Look entrypoints up in a process of their own."""
        return self.host.finding.describe(environment, wanted)

    # -- within

    def _submit_saved(self, name_or_uuid: str, rundate: date | None, token: str) -> RunRecord:
        job, now = self.job(name_or_uuid, Right.WRITE), self.clock.now()
        run = new_run(job, now, trigger=Trigger.HAND, rundate=rundate or rundate_of(job.schedule, now))
        run = replace(run, custom_rundate=rundate is not None, submitted_by=self.user)
        return self.store.submit([named(run, token)])[0]

    def _pause(self, name_or_uuid: str, *, paused: datetime | None) -> JobRecord:
        """Pause a job, or let it go on. What is due at that moment expires in both cases."""
        job = self.job(name_or_uuid, Right.WRITE)
        if bool(job.paused) == bool(paused):
            return job
        if paused is None:
            self.firing.settle(job, self.clock.now())
        self.store.pause(job.id, paused=paused, by=self.user)
        job = self.job(job.uuid)
        if paused is not None:
            self.firing.settle(job, paused)
        return job
