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
    unknown = [number for number in range(len(spec.tasks)) if number not in known]
    there = [number for number in unknown if environments[number] == environments[0]]
    return list(dict.fromkeys(_wanted(spec.tasks[number]) for number in there))


def code_of_all(code: Sequence[TaskCode]) -> str:
    """One fingerprint of all the code of a job."""
    return combined(list(dict.fromkeys(found.fingerprint for found in code)))


def _described(
    spec: JobSpec, known: Mapping[int, KnownCode], environments: Sequence[Environment], executor: Executor
) -> Iterable[tuple[int, EntrypointInfo]]:
    """Look up the functions that the caller does not hold, each once."""
    unknown = [number for number in range(len(spec.tasks)) if number not in known]
    for environment in dict.fromkeys(environments[number] for number in unknown):
        there = [number for number in unknown if environments[number] == environment]
        found = _look_up(environment, [_wanted(spec.tasks[n]) for n in there], executor)
        many = [n for n in there if isinstance(info := found[_wanted(spec.tasks[n])], EntrypointInfo) and info.by_task]
        named = _look_up(environment, [_wanted(spec.tasks[n], by_name=True) for n in many], executor)
        for number in there:
            task = spec.tasks[number]
            info = named[_wanted(task, by_name=True)] if number in many else found[_wanted(task)]
            if isinstance(info, str):
                raise EntrypointError(f"task {task.name!r}: {info}")
            yield number, info


def _look_up(
    environment: Environment, wanted: Sequence[Wanted], executor: Executor
) -> dict[Wanted, EntrypointInfo | str]:
    each = list(dict.fromkeys(wanted))
    return dict(zip(each, executor.describe(environment, each), strict=True)) if each else {}


def _wanted(task: TaskSpec, *, by_name: bool = False) -> Wanted:
    return Wanted(task.entrypoint, task.code, task.name if by_name else "")
