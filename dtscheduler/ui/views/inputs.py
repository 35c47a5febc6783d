"""What a task run got: its configuration, and the results of the tasks that it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord, TaskRunPage, TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.ui.views.run import Upstream, configuration, upstream, upstream_tasks

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a task run got: ``configuration`` as JSON with secrets masked, and what came of other tasks.

    ``note`` says what there is none of; it may be empty.
    """

    configuration: str
    upstream: tuple[Upstream, ...]
    note: str


def inputs_of(place: Workspace, run: RunRecord, record: TaskRunRecord, spec: JobSpec | None) -> Inputs:
    """What a task run got; ``spec`` is None where the job cannot be read any more."""
    config, tasks = configuration(spec, record), upstream_tasks(spec, record)
    if not tasks or spec is None:
        note = "It gets no results of other tasks." if config else "It has no configuration and no upstream task."
        return Inputs(configuration=config, upstream=(), note=note)
    counts: dict[int, dict[TaskStatus, int]] = {}
    for counted in place.task_counts(run.id):
        counts.setdefault(counted.task, {})[counted.status] = counted.count
    found = []
    for task in tasks:
        first = place.task_run_page(run.id, TaskRunPage(task=task, limit=1))
        found.append(upstream(spec, task, counts.get(task, {}), first[0] if first else None))
    return Inputs(configuration=config, upstream=tuple(found), note="")
