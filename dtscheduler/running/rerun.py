"""What a rerun does again, and what it keeps of the run that it repeats."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from dtscheduler.errors import InvalidJobError, RunError
from dtscheduler.model.config import canonical, decode, encode
from dtscheduler.model.graph import all_downstream, downstream_of
from dtscheduler.model.job import JobSpec, PartSpec, TaskSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus

PartKey = tuple[int, int]
_NO_CONFIG = frozenset({"arg_translation_table", "Name", "Description"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What is to be done again: everything, chosen tasks and what follows them, or (by default) what did not complete.

    ``tasks`` names tasks, or parts as (task, part).
    """

    full: bool = False
    tasks: tuple[str | tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """The parts that keep their results, by number of task and part, and those that were asked to run again."""

    records: Mapping[PartKey, TaskRunRecord]
    forced: frozenset[PartKey]


def kept_parts(
    run: RunRecord,
    before: JobSpec,
    records: Sequence[TaskRunRecord],
    after: JobSpec,
    again: Again,
    *,
    lost: Collection[str],
    patched: Mapping[PartKey, TaskRunRecord] | None = None,
) -> Kept:
    """Decide which results of a run its rerun keeps.

    A part keeps its result if it has one, was not asked to run again, its task is the same in both specs, and nothing
    that it waits for runs anew. A result that is lost is computed anew, and what was computed from it stays.

    Args:
        run: the run that is repeated.
        before: its spec.
        records: its task runs.
        after: the spec of the rerun.
        again: what was asked for.
        lost: keys of results that are not there any more.
        patched: parts that are given results by hand, in numbers of ``after``.

    Raises:
        InvalidJobError: a task or part that is not in the run.
        RunError: a result that was given by hand is lost.
    """
    forced = _asked(run, after, again)
    patched = patched or {}
    if again.full:
        return Kept(patched, forced)
    old = _by_name(before, records)
    done: dict[PartKey, TaskRunRecord] = {}
    for task, spec in enumerate(after.tasks):
        same = _same_task(before, old.get(name_key(spec.name)), after, task)
        for part, wanted in enumerate(spec.parts):
            found = same.get(name_key(wanted.name))
            if found and (task, part) not in forced and _same_part(before, found, wanted):
                done[task, part] = _keeping(found, run, task, part)
    anew = {task for task, spec in enumerate(after.tasks) if any((task, n) not in done for n in range(len(spec.parts)))}
    following = _strictly_downstream(after, anew | {task for task, _ in patched})
    kept = {key: r for key, r in done.items() if key[0] not in following and r.result_key not in lost}
    for key, record in done.items():
        if record.patched_by and key not in kept and key not in patched and key[0] not in following:
            raise RunError(
                f"the result of {record.task_name} that {record.patched_by} gave by hand is lost: give it again with "
                f"run.patch({record.task_name!r}, ...), or let the function run with tasks=[{record.task_name!r}]"
            )
    return Kept({**kept, **patched}, forced)


def with_config(spec: JobSpec, config: Mapping[str | tuple[str, str], Mapping[str, object]]) -> JobSpec:
    """A job in which keys of some configurations have other values.

    Args:
        spec: the job.
        config: new values by key, for a task (all of its parts) or for one part, named as (task, part).

    Raises:
        InvalidJobError: a task or part that is not in the job, or a value that cannot be kept.
    """
    tasks = list(spec.tasks)
    for place, changes in config.items():
        where = f"config[{place!r}]"
        if not isinstance(changes, Mapping):
            raise InvalidJobError(f"{where} must be a dict of configuration keys, not {type(changes).__name__}")
        if fixed := sorted(_NO_CONFIG & set(changes)):
            raise InvalidJobError(
                f"{where}: {fixed[0]} is part of the job and not of its configuration; change the DAG"
            )
        for task, part in _named(spec, place, where):
            parts = list(tasks[task].parts)
            merged = {**decode(parts[part].config), **changes}
            parts[part] = replace(parts[part], config=encode(merged, where))
            tasks[task] = replace(tasks[task], parts=tuple(parts))
    return replace(spec, tasks=tuple(tasks))


def part_key(spec: JobSpec, task: str, part: int | str | None) -> PartKey:
    """The number of a task and of its part, given by number or name; None for the only part. Raises InvalidJobError."""
    ((number, _), *others) = _named(spec, task, "task")
    if part is None and not others:
        return number, 0
    if part is None:
        raise InvalidJobError(f"task {task!r} has {len(others) + 1} parts; say which one: part=...")
    if isinstance(part, int) and 0 <= part <= len(others):
        return number, part
    return _named(spec, (task, str(part)), "part")[0]


def _asked(run: RunRecord, spec: JobSpec, again: Again) -> frozenset[PartKey]:
    if again.full:
        return frozenset((task, part) for task, of in enumerate(spec.tasks) for part in range(len(of.parts)))
    where = f"rerun of run {run.id}: tasks"
    return frozenset(key for place in again.tasks for key in _named(spec, place, where))


def _named(spec: JobSpec, place: str | tuple[str, str], where: str) -> list[PartKey]:
    """All parts of a task, or the one that is named."""
    name, part = place if isinstance(place, tuple) and len(place) == 2 else (place, None)
    if not isinstance(name, str) or not isinstance(part, str | None):
        raise InvalidJobError(f"{where}: give the name of a task, or (task, part); not {place!r:.80}")
    for number, task in enumerate(spec.tasks):
        if name_key(task.name) != name_key(name):
            continue
        parts = [n for n, p in enumerate(task.parts) if part is None or name_key(p.name) == name_key(part)]
        if not parts:
            raise InvalidJobError(f"{where}: task {name!r} has no part {part!r}; it has {len(task.parts)}")
        return [(number, n) for n in parts]
    names = ", ".join(repr(task.name) for task in spec.tasks)
    raise InvalidJobError(f"{where}: job {spec.name!r} has no task {name!r}; it has {names:.500}")


Known = tuple[int, dict[str, TaskRunRecord]]


def _by_name(spec: JobSpec, records: Sequence[TaskRunRecord]) -> dict[str, Known]:
    """By the name of a task its number, and its records by the names of parts."""
    found: dict[str, Known] = {name_key(task.name): (number, {}) for number, task in enumerate(spec.tasks)}
    for record in records:
        found[name_key(spec.tasks[record.task].name)][1][name_key(record.part_name)] = record
    return found


def _same_task(before: JobSpec, known: Known | None, after: JobSpec, task: int) -> dict[str, TaskRunRecord]:
    """The records with results of the same task in the run before; none, if another function is called or otherwise."""
    if known is None:
        return {}
    old, records = known
    if _call_of(before, old) != _call_of(after, task) or _order_matters(before, old, after, task):
        return {}
    return {name: record for name, record in records.items() if record.status.succeeded}


def _call_of(spec: JobSpec, number: int) -> tuple[object, ...]:
    """What makes the results of a task what they are, beside the configuration of its parts."""
    task: TaskSpec = spec.tasks[number]
    upstream = tuple(spec.tasks[preceding].name for preceding in spec.upstream[number])
    image = task.image or spec.image
    return (task.entrypoint, task.argument_tasks, task.call, task.code, image, spec.work_dir, upstream, task.parallel)


def _order_matters(before: JobSpec, old: int, after: JobSpec, new: int) -> bool:
    """Whether the parts of an upstream fan-out are others: what waits for them gets another list."""
    mine = [[part.name for part in after.tasks[u].parts] for u in after.upstream[new]]
    return mine != [[part.name for part in before.tasks[u].parts] for u in before.upstream[old]]


def _same_part(before: JobSpec, record: TaskRunRecord, wanted: PartSpec) -> bool:
    config = before.tasks[record.task].parts[record.part].config
    return config == wanted.config or canonical(config) == canonical(wanted.config)


def _keeping(record: TaskRunRecord, run: RunRecord, task: int, part: int) -> TaskRunRecord:
    source = record.from_run or run.id
    by_hand = f", given by hand by {record.patched_by}" if record.patched_by else ""
    return TaskRunRecord(
        task=task,
        part=part,
        task_name=record.task_name,
        part_name=record.part_name,
        status=TaskStatus.REUSED,
        reason=f"kept from run {source}{by_hand}",
        fingerprint=record.fingerprint,
        result_key=record.result_key,
        result_bytes=record.result_bytes,
        preview=record.preview,
        digest=record.digest,
        from_run=source,
        patched_by=record.patched_by,
    )


def _strictly_downstream(spec: JobSpec, tasks: Collection[int]) -> set[int]:
    following = downstream_of(spec.upstream)
    return all_downstream(spec.upstream, {after for task in tasks for after in following[task]})
