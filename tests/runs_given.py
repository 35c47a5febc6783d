"""Runs as a runner would have left them, for the pages that show them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, Resources, TaskSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus

NASTY = "**x** <script>alert(1)</script> $y$ :red[z] `q` [a](javascript:alert(2)) -> \\"


def spec_of(parts=3, name="Flight delays", cells="cells", **config):
    """A job ``load >> cells >> total`` whose middle is a fan-out."""
    cell_parts = tuple(PartSpec(f"JFK-{n}", config=f'{{"month":{n},"api_key":"hush"}}') for n in range(parts))
    needs = Resources(memory_mb=400)
    tasks = (
        TaskSpec(name="load", entrypoint="delays.load", parts=(PartSpec("load"),), needs=needs),
        TaskSpec(name=cells, entrypoint="delays.cell", parts=cell_parts, parallel=True, needs=needs),
        TaskSpec(name="total", entrypoint="delays.total", parts=(PartSpec("total"),), needs=needs),
    )
    return JobSpec(name=name, tasks=tasks, upstream=((), (0,), (1,)), access=AccessSpec(owner="ada"), **config)


def records_of(spec, statuses, now):
    """A task run for each part: ``statuses`` are those of the parts in order, the last one for all that follow."""
    found = []
    for task, of in enumerate(spec.tasks):
        for part, named in enumerate(of.parts):
            status = statuses[min(len(found), len(statuses) - 1)]
            found.append(record_of(task, part, of.name, named.name, status, now))
    return found


def record_of(task, part, task_name, part_name, status, now):
    """One task run that started a minute ago, if it has."""
    begun = status is TaskStatus.RUNNING or (status.final and status is not TaskStatus.DID_NOT_RUN)
    failed = status is TaskStatus.FAILED
    return TaskRunRecord(
        task=task, part=part, task_name=task_name, part_name=part_name, status=status, attempt=int(begun),
        reason="ZeroDivisionError: division by zero (size(), delays.py line 12)" if failed else "",
        started=now - timedelta(seconds=60) if begun else None,
        ended=now - timedelta(seconds=50) if begun and status.final else None,
        cpu_seconds=4.0 if begun and status.final else None,
        peak_memory_mb=120.0 if begun and status.final else None,
        preview=f"rows: {part}" if status.succeeded else "",
        host="here", worker="77",
    )  # fmt: skip


def written(workspace, spec=None, statuses=(TaskStatus.COMPLETED,), status=RunStatus.COMPLETED, now=None, **changes):
    """Write a run and return its number."""
    spec, now = spec or spec_of(), now or datetime.now(UTC)
    run = RunRecord(
        id=0, uuid=uuid4().hex, job_name=spec.name, spec_hash="", status=status, submitted=now - timedelta(seconds=90),
        rundate=date(2026, 11, 20), owner=workspace.user, started=now - timedelta(seconds=80),
        ended=now - timedelta(seconds=40) if status.final else None, lease_epoch=1, lease_holder="elsewhere:1:1",
        lease_until=now + timedelta(hours=1), submitted_by=workspace.user, run_as=workspace.user,
        reason="5 task runs completed" if status is RunStatus.COMPLETED else "",
    )  # fmt: skip
    return workspace.store.add_run(replace(run, **changes), spec, records_of(spec, statuses, now)).id
