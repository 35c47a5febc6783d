"""The failures of one run, grouped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dtscheduler.errors import SchedulerError
from dtscheduler.model.config import decode
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.ports import Store
from dtscheduler.triage.grouping import FAILED, FailureGroup, group_failures


def failures_of(store: Store, run: RunRecord) -> list[FailureGroup]:
    """Group the failures of a run by their error, the largest group first; none where nothing failed."""
    records = store.task_runs(run.id)
    failed = {record.task for record in records if record.status in FAILED}
    if not failed:
        return []
    concerned = [record for record in records if record.task in failed]
    return group_failures(concerned, dict(_configs(store, run, concerned)))


def _configs(
    store: Store, run: RunRecord, records: Iterable[TaskRunRecord]
) -> Iterator[tuple[tuple[int, int], Mapping[str, object]]]:
    """The configurations of parts; none where the job cannot be read any more."""
    try:
        tasks = store.spec(run.spec_hash).tasks
    except (SchedulerError, ValueError):
        return
    for record in records:
        if record.task < len(tasks) and record.part < len(tasks[record.task].parts):
            yield (record.task, record.part), decode(tasks[record.task].parts[record.part].config)
