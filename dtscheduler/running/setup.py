"""What all calls of a task share, put together once its inputs are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dtscheduler.model.call import Argument, Environment, Input, TaskSetup
from dtscheduler.model.config import EMPTY
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord


def task_setup(
    run: RunRecord,
    spec: JobSpec,
    task: int,
    *,
    environment: Environment,
    arguments: Sequence[Argument],
    inputs: Sequence[Input],
    logs: Path,
) -> TaskSetup:
    """Put together what the calls of a task share.

    Args:
        run: the run.
        spec: its job.
        task: number of the task.
        environment: where it executes.
        arguments: how its function is called.
        inputs: the results of what it waits for, in the order of the edges.
        logs: folder for the logs of the run.
    """
    of = spec.tasks[task]
    return TaskSetup(
        task=task,
        name=of.name,
        entrypoint=of.entrypoint,
        environment=environment,
        arguments=tuple(arguments),
        num_parts=len(of.parts),
        scheduled_time=run.told_time or run.scheduled or run.submitted,
        rundate=run.rundate,
        log_dir=str(logs),
        code=of.code,
        call=of.call.arguments if of.call else EMPTY,
        inputs=tuple(inputs),
        needs=of.needs,
        isolation=of.isolation,
    )
