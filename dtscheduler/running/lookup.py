"""Which function every task of a job calls: asked of where it would execute, and fingerprinted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dtscheduler.errors import EntrypointError
from dtscheduler.model.call import EntrypointInfo, Environment, Wanted
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.ports import Executor
from dtscheduler.running.code import file_code, kept_fingerprint
from dtscheduler.running.plan import TaskCode
from dtscheduler.running.sources.facts import CodeFacts, Definition


@dataclass(frozen=True, slots=True)
class KnownCode:
    """A function that the caller holds: what it takes, and, if no file holds it, what it consists of."""

    info: EntrypointInfo
    facts: CodeFacts | None


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
    found: dict[tuple[str | None, ...], tuple[CodeFacts, str]] = {}
    code = []
    for number, task in enumerate(spec.tasks):
        place = environments[number].work_dir, task.entrypoint, environments[number].python, task.code
        if place not in found:
            found[place] = _facts(task, known.get(number), environments[number])
        code.append(TaskCode(environments[number], infos[number], *found[place]))
    return code


def code_body(spec: JobSpec, code: Sequence[TaskCode]) -> str:
    """What is kept of the code of a run, as text: for each function what it reaches, with digests."""
    of_all: dict[str, list[int]] = {}
    numbers: dict[tuple[str, str], int] = {}
    for task, found in zip(spec.tasks, code, strict=True):
        key = task.code or task.entrypoint
        if key not in of_all:
            reached = ((definition.name, definition.digest) for definition in found.facts.definitions)
            of_all[key] = [numbers.setdefault(pair, len(numbers)) for pair in reached]
    return json.dumps({"definitions": list(numbers), "reached": of_all}, separators=(",", ":"))


def read_code_body(body: str) -> dict[str, dict[str, str]]:
    """By entrypoint, or key of a function kept by value: the digests of what it reaches, by name."""
    kept = json.loads(body)
    definitions = kept["definitions"]
    return {key: dict(definitions[number] for number in reached) for key, reached in kept["reached"].items()}


def strayed(spec: JobSpec, code: Sequence[TaskCode]) -> set[int]:
    """The tasks whose files are not as they were when their code was found; looked at again, cheaply where they are."""
    places: dict[tuple[str | None, ...], list[int]] = {}
    for number, (task, found) in enumerate(zip(spec.tasks, code, strict=True)):
        if not task.code:
            environment = found.environment
            places.setdefault((environment.work_dir, task.entrypoint, environment.python), []).append(number)
    return {
        number
        for (work_dir, entrypoint, python), numbers in places.items()
        if file_code(work_dir, entrypoint or "", python or "").fingerprint != code[numbers[0]].fingerprint
        for number in numbers
    }


def first_wanted(spec: JobSpec, known: Mapping[int, KnownCode], environments: Sequence[Environment]) -> list[Wanted]:
    """What will be looked up first, in the environment of the first task."""
    there = [n for n in range(len(spec.tasks)) if n not in known and environments[n] is environments[0]]
    return _each_once([spec.tasks[number] for number in there])


def _facts(task: TaskSpec, known: KnownCode | None, environment: Environment) -> tuple[CodeFacts, str]:
    """What a task's code consists of, and its fingerprint."""
    if known is not None and known.facts is not None:
        return known.facts, known.facts.fingerprint
    if task.code is not None:  # what it consists of was told when it was kept; its key has the fingerprint of that
        kept = kept_fingerprint(task.code)
        return CodeFacts((Definition(name=task.entrypoint, kind="function", digest=kept),)), kept
    facts = file_code(environment.work_dir, task.entrypoint, environment.python)
    return facts, facts.fingerprint


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
