"""Removing old runs from the store in memory, and what those that stay refer to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from threading import Lock

from dtscheduler.model.alert import AlertRecord
from dtscheduler.model.pruning import PastAlert, PastRun, RunsRemoved
from dtscheduler.model.run import AttemptRecord, RunRecord, TaskRunRecord
from dtscheduler.model.saved import JobRecord, JobVersion
from dtscheduler.model.status import RunStatus
from dtscheduler.stores.matching import without_needed
from dtscheduler.stores.specs import read_spec


class MemoryPruning:
    """The part of a store that removes what is old."""

    _lock: Lock
    _specs: dict[str, str]
    _codes: dict[str, str]
    _jobs: dict[str, JobRecord]
    _versions: dict[int, list[JobVersion]]
    _runs: dict[int, RunRecord]
    _task_runs: dict[int, dict[tuple[int, int], TaskRunRecord]]
    _attempts: dict[int, dict[tuple[int, int, int], AttemptRecord]]
    _followed: set[int]
    _outbox: dict[int, AlertRecord]

    def past_runs(self) -> Iterator[PastRun]:
        """All runs, the highest number first."""
        with self._lock:
            numbers = sorted(self._runs, reverse=True)
        for number in numbers:
            with self._lock:
                run = self._runs.get(number)
            if run is not None:
                yield self._past_run(run)

    def runs_of(self, uuids: Collection[str]) -> dict[str, PastRun]:
        """Those of the runs that there are, by uuid."""
        with self._lock:
            return {run.uuid: self._past_run(run) for run in self._runs.values() if run.uuid in uuids}

    def task_run_counts(self, run_ids: Collection[int]) -> dict[int, int]:
        """How many task runs each of these runs has; those that have none are left out."""
        with self._lock:
            counts = {run_id: len(self._task_runs.get(run_id, ())) for run_id in run_ids}
        return {run_id: count for run_id, count in counts.items() if count}

    def remove_runs(self, run_ids: Collection[int]) -> RunsRemoved:
        """Remove runs with all that is theirs, but none that something else still needs."""
        with self._lock:
            links = {run.id: (run.rerun_of, run.lineage) for run in self._runs.values()}
            chosen = {n: links[n] for n in run_ids if n in links and self._runs[n].status.final}
            needed = {number for run_id, refers in links.items() if run_id not in chosen for number in refers if number}
            needed |= {alert.run_id for alert in self._outbox.values() if alert.next_try and alert.run_id}
            going = without_needed(chosen, needed)
            count = sum(len(self._task_runs[run_id]) for run_id in going)
            for run_id in going:
                del self._runs[run_id], self._task_runs[run_id], self._attempts[run_id]
        return RunsRemoved(frozenset(going), count)

    def own_results(self, places: Collection[tuple[int, int, int]]) -> set[str]:
        """The keys of the results of task runs, given by run, task and part."""
        with self._lock:
            found = (self._task_runs.get(run_id, {}).get((task, part)) for run_id, task, part in places)
            return {record.result_key for record in found if record}

    def borrowed_results(self, run_ids: Collection[int] | None = None) -> Iterator[tuple[int, str]]:
        """Results that task runs, of all runs or of these, took from other runs: the run that took it, and the key."""
        with self._lock:
            kept = [
                (run, record.result_key)
                for run in self._runs.values()
                for record in self._task_runs[run.id].values()
                if run_ids is None or run.id in run_ids
            ]
        yield from ((run.id, key) for run, key in kept if key and not key.startswith(run.uuid))

    def code_keys(self) -> set[str]:
        """The keys of all functions kept by value that a spec names."""
        with self._lock:
            bodies = list(self._specs.values())
        return {task.code for body in bodies for task in read_spec(body).tasks if task.code}

    def past_alerts(self, before: datetime) -> Iterator[PastAlert]:
        """Alerts from before then with which nothing more is done."""
        with self._lock:
            done = [a for a in self._outbox.values() if a.next_try is None and (a.sent or a.created) < before]
            runs = {a.id: self._runs.get(a.run_id or 0) for a in done}
        for alert in done:
            run = runs[alert.id]
            yield PastAlert(id=alert.id, job_name=alert.job_name, run=self._past_run(run) if run else None)

    def remove_alerts(self, alert_ids: Collection[int]) -> int:
        """Remove alerts with which nothing more is done; how many."""
        with self._lock:
            gone = [n for n in alert_ids if n in self._outbox and self._outbox[n].next_try is None]
            for number in gone:
                del self._outbox[number]
        return len(gone)

    def remove_unreferred(self) -> int:
        """Remove the specs and codes that no job, version or run refers to; how many."""
        with self._lock:
            of_versions = {version.spec_hash for versions in self._versions.values() for version in versions}
            of_jobs = {job.spec_hash for job in self._jobs.values()}
            specs = self._specs.keys() - of_versions - of_jobs - {run.spec_hash for run in self._runs.values()}
            codes = self._codes.keys() - {run.code for run in self._runs.values()}
            for digest in specs:
                del self._specs[digest]
            for digest in codes:
                del self._codes[digest]
        return len(specs) + len(codes)

    def compact(self) -> int:
        """Nothing lies on a disk."""
        return 0

    def _past_run(self, run: RunRecord) -> PastRun:
        return PastRun(
            id=run.id,
            uuid=run.uuid,
            job_name=run.job_name,
            job_id=run.job_id,
            status=run.status,
            submitted=run.submitted,
            ended=run.ended,
            scheduled=run.scheduled,
            rerun_of=run.rerun_of,
            lineage=run.lineage,
            followed=run.id in self._followed or run.job_id is None or run.status is RunStatus.EXPIRED,
            owner=run.owner,
            group=run.group,
            permissions=run.permissions,
            run_as=run.run_as,
        )
