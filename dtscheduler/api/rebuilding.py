"""How a DAG is made of a spec that another process has written."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from dtscheduler.api.task import ParallelTask, Task
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.graph import Graph
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.model.names import name_key

if TYPE_CHECKING:
    from dtscheduler.api.dag import DAG


def rebuild(dag: DAG, spec: JobSpec) -> None:
    """Fill an empty DAG so that its ``spec()`` is the one given; functions are known by name or by what is kept of them.

    Raises:
        InvalidJobError: tasks of one name, or edges that are none or form a cycle.
    """
    dag.name, dag._dev_run = spec.name, spec.dev_run
    dag._header = {field.name: getattr(spec, field.name) for field in fields(spec) if field.name not in _OF_TASKS}
    dag._tasks, dag._by_name, dag._graph, dag.last_run = [], {}, Graph(), None
    if len(spec.upstream) != len(spec.tasks):
        raise InvalidJobError(f"DAG {spec.name!r} has {len(spec.tasks)} tasks and edges for {len(spec.upstream)}")
    for task in spec.tasks:
        _add(dag, task)
    for number, upstream in enumerate(spec.upstream):
        if not all(0 <= other < len(spec.tasks) for other in upstream):
            raise InvalidJobError(f"DAG {spec.name!r}: {spec.tasks[number].name!r} waits for a task that is not there")
        dag.connect([dag._tasks[other] for other in upstream], [dag._tasks[number]])


_OF_TASKS = ("tasks", "upstream")


def _add(dag: DAG, spec: TaskSpec) -> None:
    kind = ParallelTask if spec.parallel else Task
    task = kind.__new__(kind)
    task.dag, task.spec, task.function = dag, spec, None
    if dag._by_name.setdefault(name_key(spec.name), task) is not task:
        raise InvalidJobError(f"DAG {dag.name!r} has two tasks {spec.name!r}; names of tasks are unique")
    dag._tasks.append(task)
    task.number = dag._graph.add_task()
