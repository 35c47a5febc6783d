"""The parameters of the constructors that give a spec, and whether a spec that comes from elsewhere is one of theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dtscheduler.api import schedule_fields
from dtscheduler.api.dag import DAG
from dtscheduler.api.schedule import Schedule
from dtscheduler.api.task import TABLE, ParallelTask, Task
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import decode
from dtscheduler.model.entrypoint import entrypoint_problem
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.model.schedule import NEVER

_KEY = re.compile(r"[\w.@~-]{1,200}")
_LONGEST_NAME = 1_000


def dag_parameters(spec: JobSpec) -> dict[str, Any]:
    """What DAG takes, apart from its tasks."""
    access, alerts, firing = spec.access, spec.alerts, spec.firing
    return {
        "Name": spec.name,
        "Tag": spec.tag,
        "Schedule": None if spec.schedule == NEVER else Schedule(**schedule_fields.written(spec.schedule)),
        "DevRun": spec.dev_run,
        "WorkDir": spec.work_dir,
        "Image": spec.image,
        "Labels": list(spec.labels) or None,
        "FailAfter": None if spec.fail_after is None else length_text(spec.fail_after),
        "FailAfterRunChildren": spec.fail_after_run_children.value,
        "RunAs": access.run_as,
        "Owner": access.owner or None,
        "Group": access.group or None,
        "Permissions": access.permissions,
        "Priority": spec.priority,
        "AlertEmail": ", ".join(alerts.email) or None,
        "AlertOnlyFailures": alerts.only_failures,
        "AlertSMS": ", ".join(alerts.sms) or None,
        "Reuse": spec.reuse.value,
        "CatchUp": firing.catch_up.value,
        "CatchUpWindow": "24h"
        if firing.catch_up_window == timedelta(hours=24)
        else length_text(firing.catch_up_window),
        "Overlap": firing.overlap.value,
    }


def task_parameters(task: TaskSpec) -> dict[str, Any]:
    """What Task or ParallelTask takes, apart from its function."""
    return {
        "Name": task.name,
        "Image": task.image,
        "Description": task.description,
        "ConfigurationJson": configuration(task),
        "Arch": task.arch,
        "Os": task.os,
        "CPU": task.needs.cpu_mhz,
        "Memory": task.needs.memory_mb,
        "Disk": task.needs.disk_mb,
        "Retries": task.retries,
        "CountForPrewarming": task.count_for_prewarming,
        "Priority": task.priority,
        "Isolation": task.isolation.value,
    }


def configuration(task: TaskSpec) -> Any:
    """The ConfigurationJson of a task, with its translation table."""
    table = dict(task.argument_tasks)
    configs = [decode(part.config) for part in task.parts]
    if table:
        configs = [{**config, TABLE: table} for config in configs]
    return configs if task.parallel else configs[0] or None


def length_text(length: timedelta) -> Any:
    """A length of time as parameters read it."""
    if length.microseconds:
        return length
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    counts = {"d": length.days, "h": hours, "m": minutes, "s": seconds}
    return " ".join(f"{count}{unit}" for unit, count in counts.items() if count)


def check_spec(spec: JobSpec) -> None:
    """See that the constructors would have made a spec, which somebody else's process has written.

    Raises:
        InvalidJobError: what they refuse, or what they would have made otherwise.
    """
    where = f"DAG {spec.name!r:.100}"
    try:
        made = DAG(**dag_parameters(spec))
        for task in spec.tasks:
            _check_task(task, made)
        again = replace(made.spec(), upstream=spec.upstream)
    except InvalidJobError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise InvalidJobError(f"{where} cannot be read: {type(error).__name__}: {error}") from error
    if again != spec:
        raise InvalidJobError(f"{where} is not as its parameters would have made it")


def _check_task(task: TaskSpec, made: DAG) -> None:
    called = task.call is not None or task.code is not None
    kind = ParallelTask if task.parallel else Task
    again = kind(**task_parameters(task), Entrypoint="by.value" if called else task.entrypoint, dag=made)
    again.spec = replace(again.spec, entrypoint=task.entrypoint, call=task.call, code=task.code)
    where = f"DAG {made.name!r}: task {task.name!r}"
    if again.spec != task:
        raise InvalidJobError(f"{where} is not as its parameters would have made it")
    if task.code is None and entrypoint_problem(task.entrypoint):
        raise InvalidJobError(f"{where}: its entrypoint {entrypoint_problem(task.entrypoint)}")
    if len(task.entrypoint) > _LONGEST_NAME or (task.code is not None and not _KEY.fullmatch(task.code)):
        raise InvalidJobError(f"{where} names its function in a way that none has")
    if task.call is not None and not isinstance(decode(task.call.arguments, lambda tag, content: content), Mapping):
        raise InvalidJobError(f"{where} is called with arguments that are none")
