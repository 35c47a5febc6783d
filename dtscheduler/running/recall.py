"""Earlier results that a run may take: found by fingerprint, if they are still there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cached_property

from dtscheduler.model.run import RunQuery, TaskRunRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.ports import ResultCache, RunStore


class Recall:
    """Looks fingerprints up, first in the latest completed run of the same job, then among all runs.

    A job that is run again mostly finds everything in its latest run, and that is read in one go.

    Args:
        store: where runs are kept.
        cache: where results are.
        job_name: the job that is about to run.

    ``read`` are the task runs of the runs that were read as a whole, by their numbers.
    """

    def __init__(self, store: RunStore, cache: ResultCache, job_name: str) -> None:
        self._store, self._cache, self._job_name = store, cache, job_name
        self.read: dict[int, list[TaskRunRecord]] = {}

    def __call__(self, fingerprints: Collection[str]) -> dict[str, TaskRunRecord]:
        """For each fingerprint whose result is there: the task run that computed it, ``from_run`` its run."""
        found = {print_: self._latest[print_] for print_ in fingerprints if print_ in self._latest}
        if elsewhere := [print_ for print_ in fingerprints if print_ and print_ not in found]:
            found.update(self._store.reusable(elsewhere))
        lost = self._cache.missing(record.result_key for record in found.values())
        return {print_: record for print_, record in found.items() if record.result_key not in lost}

    @cached_property
    def _latest(self) -> dict[str, TaskRunRecord]:
        return {record.fingerprint: record for record in self._records() if record.fingerprint and record.result_key}

    def _records(self) -> Iterator[TaskRunRecord]:
        completed = RunQuery(job_name=self._job_name, statuses=[RunStatus.COMPLETED], limit=1)
        for run in self._store.runs(completed):
            self.read[run.id] = self._store.task_runs(run.id)
            for record in self.read[run.id]:
                yield record if record.from_run else replace(record, from_run=run.id)
