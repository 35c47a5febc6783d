"""Which function every task of a job calls: asked of where it would execute, and fingerprinted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dtscheduler.errors import EntrypointError
from dtscheduler.model.call import EntrypointInfo, Environment, Wanted
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.ports import Executor
from dtscheduler.running.code import file_fingerprint
from dtscheduler.running.fingerprint import combined
from dtscheduler.running.plan import TaskCode


@dataclass(frozen=True, slots=True)
class KnownCode:
    """A function that the caller holds: what it takes, and the fingerprint of its code."""

    info: EntrypointInfo
    fingerprint: str


def find_code(
    spec: JobSpec, known: Mapping[int, KnownCode], environments: Sequence[Environment], executor: Executor
) -> list[TaskCode]:
    """Find the code of every task.

    Args:
        spec: the job.
        known: what the caller knows already, by the number of the task.
        environments: for every task, what a worker must be to execute it.
        executor: where functions that are not known are looked up.

    Raises:
        EntrypointError: a function cannot be found, imported or used.
    """
    infos = {number: found.info for number, found in known.items()}
    infos.update(_described(spec, known, environments, executor))
    of_files: dict[tuple[str, str], str] = {}
    code = []
    for number, task in enumerate(spec.tasks):
        fingerprint = known[number].fingerprint if number in known else task.code or ""
        if not fingerprint:
            place = environments[number].work_dir or "", task.entrypoint
            fingerprint = of_files.get(place) or of_files.setdefault(place, file_fingerprint(*place))
        code.append(TaskCode(environments[number], infos[number], fingerprint))
    return code


def first_wanted(spec: JobSpec, known: Mapping[int, KnownCode], environments: Sequence[Environment]) -> list[Wanted]:
    """What will be looked up first, in the environment of the first task."""
    there = [n for n in range(len(spec.tasks)) if n not in known and environments[n] is environments[0]]
    return _each_once([spec.tasks[number] for number in there])


def code_of_all(code: Sequence[TaskCode]) -> str:
    """One fingerprint of all the code of a job."""
    return combined(list(dict.fromkeys(found.fingerprint for found in code)))


def _described(
    spec: JobSpec, known: Mapping[int, KnownCode], environments: Sequence[Environment], executor: Executor
) -> Iterable[tuple[int, EntrypointInfo]]:
    """Look up the functions that the caller does not hold, each once."""
    by_environment: dict[Environment, list[int]] = {}
    for number, environment in enumerate(environments):
        if number not in known:
            by_environment.setdefault(environment, []).append(number)
    for environment, there in by_environment.items():
        found = _look_up(environment, _each_once([spec.tasks[number] for number in there]), executor)
        several = [spec.tasks[number] for number in there if _by_task(found[_key(spec.tasks[number])])]
        of_tasks = _look_up(environment, [Wanted(t.entrypoint, t.code, t.name) for t in several], executor)
        for number in there:
            task = spec.tasks[number]
            info = of_tasks.get((*_key(task), task.name)) or found[_key(task)]
            if isinstance(info, str):
                raise EntrypointError(f"task {task.name!r}: {info}")
            yield number, info


def _look_up(
    environment: Environment, wanted: list[Wanted], executor: Executor
) -> dict[tuple[str | None, ...], EntrypointInfo | str]:
    """What was found, by entrypoint and code, and by the task's name where that chooses."""
    found = executor.describe(environment, wanted) if wanted else []
    keys = [(w.entrypoint, w.code, w.task_name) if w.task_name else (w.entrypoint, w.code) for w in wanted]
    return dict(zip(keys, found, strict=True))


def _each_once(tasks: Sequence[TaskSpec]) -> list[Wanted]:
    return [Wanted(*key) for key in dict.fromkeys(map(_key, tasks))]


def _key(task: TaskSpec) -> tuple[str, str | None]:
    return task.entrypoint, task.code


def _by_task(info: EntrypointInfo | str) -> bool:
    return isinstance(info, EntrypointInfo) and info.by_task
