"""A job that is put together on a screen: its tasks as rows of a table, read into a DAG, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dtscheduler.api.code import settled
from dtscheduler.api.dag import DAG
from dtscheduler.api.grids import Grid
from dtscheduler.api.schedule import Schedule
from dtscheduler.api.source_text import Source
from dtscheduler.api.task import TABLE, ParallelTask, Task, respecified
from dtscheduler.api.written_grids import as_grid
from dtscheduler.errors import InvalidJobError
from dtscheduler.images.listing import find_entrypoints
from dtscheduler.model.config import EMPTY, decode
from dtscheduler.model.differences import job_changes
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import JobQuery
from dtscheduler.model.schedule import NEVER
from dtscheduler.model.secrets import masked, masked_text
from dtscheduler.suites.listing import SuiteRef, find_suites
from dtscheduler.timing.words import describe
from dtscheduler.ui.views.configuration import read_configuration, said_call
from dtscheduler.workspace import Workspace

LONGEST_SHOWN, MOST_OWN = 2000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Where the code of a job is: a registered image, or a folder as it stands."""

    image: str | None = None
    tag: str = "dev"
    folder: str | None = None

    @property
    def label(self) -> str:
        return self.folder if self.folder else f"{self.image} ({self.tag})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task in the table. ``origin`` is its number in the job that was opened, None for a new one."""

    name: str
    entrypoint: str = ""
    waits_for: tuple[str, ...] = ()
    cpu_mhz: int | None = 400
    memory_mb: int | None = 400
    retries: int | None = 0
    configuration: str = ""
    origin: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a row, or with the job as a whole."""

    row: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a DAG does otherwise than the version that is saved: a sentence, and a phrase for each difference."""

    sentence: str
    differences: tuple[str, ...] = ()


def codes(place: Workspace, folders: Sequence[str]) -> list[Code]:
    """Where code can be taken from: the folders, and the registered images."""
    images = [Code(image=image.name, tag=image.tag) for image in place.images()]
    return [*(Code(folder=folder) for folder in folders), *images]


def code_of(spec: JobSpec) -> Code:
    """Where the code of a job is; of one whose tasks name images themselves, where the first of them finds it."""
    if spec.dev_run:
        return Code(folder=spec.work_dir)
    return Code(
        image=next(image for image in (spec.image, *(task.image for task in spec.tasks)) if image), tag=spec.tag
    )


def own_work_dirs(place: Workspace) -> list[str]:
    """The work dirs of the dev runs that whoever looks has saved: code of others is not offered to be imported.

    Who owns a job says nothing of that: somebody else may have named them.
    """
    mine = [job for job in place.jobs(JobQuery(owner=place.user, limit=MOST_OWN)) if job.saved_by == place.user]
    specs = (place.spec(record.spec_hash) for record in mine)
    return list(dict.fromkeys(spec.work_dir for spec in specs if spec.work_dir))


def suites_of(place: Workspace, folders: Sequence[str]) -> dict[str, SuiteRef]:
    """The suites in folders and in the registered images, by what names them in an address; nothing is executed."""
    found = find_suites(place.images(), folders)
    return {f"{ref.entrypoint} in {ref.place.title}": ref for ref in found}


def entrypoints_of(place: Workspace, code: Code) -> list[str]:
    """The entrypoints that there are, read from the files without executing any."""
    folder = code.folder or place.image(str(code.image), code.tag).path
    return find_entrypoints(Path(folder))


def rows_of(spec: JobSpec) -> list[TaskRow]:
    """The tasks of a job as rows."""
    return [
        TaskRow(
            name=task.name,
            entrypoint=task.entrypoint,
            waits_for=tuple(spec.tasks[other].name for other in spec.upstream[number]),
            cpu_mhz=task.needs.cpu_mhz,
            memory_mb=task.needs.memory_mb,
            retries=task.retries,
            configuration=said_configuration(task),
            origin=number,
        )
        for number, task in enumerate(spec.tasks)
    ]


def written_by_calls(spec: JobSpec) -> bool:
    """Whether functions were called to make the tasks: then their order and edges are in the calls."""
    return any(task.call for task in spec.tasks)


def said_configuration(task: TaskSpec) -> str:
    """The configuration as JSON where that says it all and is short, else in words that stand for what is there."""
    if task.call:
        return "by its call"
    if not task.parallel and task.parts[0].config == EMPTY and not task.argument_tasks:
        return ""
    if holds_secrets(task):
        return "as saved, with secrets"
    if task.parallel and (call := as_grid(task.parts, dict(task.argument_tasks), Source())):
        text = said_call(call)
    else:
        text = _as_json(task)
    if text and len(text) <= LONGEST_SHOWN:
        return text
    return f"as saved: {len(task.parts):,} parts" if task.parallel else "as saved"


def holds_secrets(task: TaskSpec) -> bool:
    """Whether there is something in the configuration that may not be shown."""
    configs = (decode(part.config) for part in task.parts)
    return any(masked(config) != config for config in configs)


def _as_json(task: TaskSpec) -> str:
    """The configuration as JSON; empty where JSON does not say it all."""
    table = {TABLE: dict(task.argument_tasks)} if task.argument_tasks else {}
    if sum(len(part.config) for part in task.parts) > LONGEST_SHOWN:
        return ""
    found = [decode(part.config) | table for part in task.parts]
    whole = found if task.parallel else found[0]
    try:
        text = json.dumps(whole, ensure_ascii=False)
    except (TypeError, ValueError):
        return ""
    return text if json.loads(text) == whole else ""


def python_shown(dag: DAG) -> tuple[str, bool]:
    """The Python that builds a DAG, and whether it had to be masked because secrets stand in it."""
    text = dag.python()
    if not any(
        holds_secrets(task) or (task.call and masked_text(task.call.arguments) != task.call.arguments)
        for task in dag.spec().tasks
    ):
        return text, False
    return masked_text(text), True


def new_dag(name: str, code: Code, rows: Sequence[TaskRow]) -> DAG | tuple[Fault, ...]:
    """The DAG that rows without origin make, or what is wrong with them."""
    try:
        head = DAG(
            Name=name, Tag=code.tag, Image=code.image, DevRun=code.folder is not None, WorkDir=code.folder or None
        )
        Task(Name="any", Entrypoint="any.file", dag=head)
    except InvalidJobError as error:
        return (Fault(row=None, message=str(error)),)
    header = head.spec()
    return _dag(header, rows, lambda row: _new_task(header, row))


def changed_dag(
    opened: JobSpec, shown: Sequence[TaskRow], name: str, rows: Sequence[TaskRow]
) -> DAG | tuple[Fault, ...]:
    """The DAG that a job becomes with another name or other rows, or what is wrong with them.

    Args:
        opened: the job.
        shown: what ``rows_of`` has given for it.
        name: its name now.
        rows: its rows now.
    """
    tasks = DAG.from_spec(opened).tasks
    if name == opened.name and list(rows) == list(shown):
        return DAG.from_spec(opened)
    try:
        header = replace(opened, name=DAG(Name=name).name)
    except InvalidJobError as error:
        return (Fault(row=None, message=str(error)),)

    def spec_of(row: TaskRow) -> TaskSpec:
        if row.origin is None or row.origin not in range(len(shown)):
            return _new_task(header, row)
        return _changed_task(header, tasks[row.origin], shown[row.origin], row)

    return _dag(header, rows, spec_of)


def schedule_at_first(place: Workspace, dag: DAG) -> Schedule:
    """The schedule of a DAG; of one that names none, that of the job it would be saved as: nobody means to drop it."""
    spec = dag.spec()
    saved = place.find(spec.name) if spec.schedule == NEVER else None
    return Schedule.from_spec(place.spec(saved.spec_hash).schedule) if saved else dag.schedule


def with_schedule(dag: DAG, schedule: Schedule) -> DAG:
    """The same DAG with another schedule."""
    spec = dag.spec()
    return dag if spec.schedule == schedule.spec else DAG.from_spec(replace(spec, schedule=schedule.spec))


def changes(place: Workspace, dag: DAG) -> Changes:
    """What saving a DAG would change."""
    saved = place.find(dag.name)
    if saved is None:
        return Changes(sentence=f"There is no job {dag.name!r} yet: saving makes version 1.")
    before, after = place.spec(saved.spec_hash), place.host.owned(settled(dag, place)[0])
    schedules = f"schedule: {describe(before.schedule)} → {describe(after.schedule)}"
    differences = [schedules if each == "schedule changed" else each for each in job_changes(before, after)]
    if not differences:
        return Changes(sentence=f"Nothing: it is what version {saved.version} says.")
    return Changes(
        sentence=f"Saving makes version {saved.version + 1}, which differs from version {saved.version}:",
        differences=tuple(differences),
    )


def _dag(header: JobSpec, rows: Sequence[TaskRow], spec_of: Callable[[TaskRow], TaskSpec]) -> DAG | tuple[Fault, ...]:
    """The DAG of tasks that are each made of a row; all that is wrong is told at once."""
    places = {name_key(row.name): number for number, row in enumerate(rows)}
    tasks, faults = [], []
    for number, row in enumerate(rows):
        try:
            tasks.append(spec_of(row))
        except InvalidJobError as error:
            faults.append(Fault(row=number, message=str(error)))
        unknown = [name for name in row.waits_for if name_key(name) not in places]
        faults += [Fault(row=number, message=f"{row.name!r} waits for {name!r}, which is no task") for name in unknown]
    if faults:
        return tuple(faults)
    upstream = tuple(tuple(places[name_key(name)] for name in row.waits_for) for row in rows)
    try:
        dag = DAG.from_spec(replace(header, tasks=tuple(tasks), upstream=upstream))
        dag.spec()
    except InvalidJobError as error:
        return (Fault(row=None, message=str(error)),)
    return dag


def _new_task(header: JobSpec, row: TaskRow, description: str = "") -> TaskSpec:
    configuration: Any = read_configuration(row.configuration)
    kind = ParallelTask if _is_many(configuration) else Task
    return kind(
        Name=row.name,
        Description=description,
        Entrypoint=row.entrypoint,
        ConfigurationJson=configuration,
        CPU=row.cpu_mhz,  # type: ignore[arg-type] # an empty cell: the constructor says so
        Memory=row.memory_mb,  # type: ignore[arg-type] # the same
        Retries=row.retries,  # type: ignore[arg-type] # the same
        dag=DAG.from_spec(replace(header, tasks=(), upstream=())),
    ).spec


def _changed_task(header: JobSpec, task: Task, before: TaskRow, row: TaskRow) -> TaskSpec:
    spec, changed = task.spec, dict[str, Any]()
    if row.configuration != before.configuration:
        changed["ConfigurationJson"] = read_configuration(row.configuration)
        if _is_many(changed["ConfigurationJson"]) != spec.parallel:
            return _new_task(header, row, spec.description)
    for parameter, now, then in (
        ("Name", row.name, before.name),
        ("Entrypoint", row.entrypoint, before.entrypoint),
        ("CPU", row.cpu_mhz, before.cpu_mhz),
        ("Memory", row.memory_mb, before.memory_mb),
        ("Retries", row.retries, before.retries),
    ):
        if now != then:
            changed[parameter] = now
    if not changed:
        return spec
    found = respecified(task, changed)
    return replace(found, call=spec.call, code=spec.code, entrypoint=spec.entrypoint) if spec.call else found


def _is_many(configuration: object) -> bool:
    return isinstance(configuration, list | Grid)
