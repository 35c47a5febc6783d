"""A job that is put together on a screen: its tasks as rows of a table, read into a DAG, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dtscheduler.api.dag import DAG
from dtscheduler.api.grids import Grid
from dtscheduler.api.schedule import Schedule
from dtscheduler.api.task import ParallelTask, Task, respecified
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.differences import job_changes
from dtscheduler.model.graph import Graph
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.model.names import name_key, name_problem
from dtscheduler.model.schedule import NEVER
from dtscheduler.model.secrets import masked_text
from dtscheduler.timing.words import describe
from dtscheduler.ui.views.code import Code
from dtscheduler.ui.views.configuration import read_configuration
from dtscheduler.ui.views.task_configuration import holds_secrets, said_configuration

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace

LONGEST_PATH = 20
_ANY = "any"
_CELLS = ("name", "entrypoint", "configuration", "cpu_mhz", "memory_mb", "retries")


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
    """What is wrong with a row, or with the job as a whole; ``column`` is the cell of the row, or ``"name"`` of the job.

    Columns are the names of what a ``TaskRow`` has; empty where it is not one of them.
    """

    row: int | None
    message: str
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a DAG does otherwise than the version that is saved: a sentence, and a phrase for each difference."""

    sentence: str
    differences: tuple[str, ...] = ()


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
    """The DAG that rows without origin make, or all that is wrong with them."""
    faults = _faults_of_name(name)
    try:
        head = DAG(
            Name=_ANY if faults else name,
            Tag=code.tag,
            Image=code.image,
            DevRun=code.folder is not None,
            WorkDir=code.folder or None,
        )
        Task(Name="any", Entrypoint="any.file", dag=head)
    except InvalidJobError as error:
        return (*faults, Fault(row=None, message=str(error)))
    header = head.spec()
    return _dag(header, rows, lambda row: _new_task(header, row), _sound, faults)


def changed_dag(
    opened: JobSpec, shown: Sequence[TaskRow], name: str, rows: Sequence[TaskRow]
) -> DAG | tuple[Fault, ...]:
    """The DAG that a job becomes with another name or other rows, or all that is wrong with them.

    Args:
        opened: the job.
        shown: what ``rows_of`` has given for it.
        name: its name now.
        rows: its rows now.
    """
    tasks = DAG.from_spec(opened).tasks
    if name == opened.name and list(rows) == list(shown):
        return DAG.from_spec(opened)
    faults = _faults_of_name(name)
    header = opened if faults else replace(opened, name=name)
    before = dict(enumerate(shown))

    def spec_of(row: TaskRow) -> TaskSpec:
        if row.origin not in before:
            return _new_task(header, row)
        return _changed_task(header, tasks[row.origin], before[row.origin], row)

    return _dag(header, rows, spec_of, lambda row: before[row.origin] if row.origin in before else _sound(row), faults)


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
    from dtscheduler.api.code import settled

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


def _faults_of_name(name: str) -> tuple[Fault, ...]:
    try:
        DAG(Name=name)
    except InvalidJobError as error:
        return (Fault(row=None, message=str(error), column="name"),)
    return ()


def _sound(row: TaskRow) -> TaskRow:
    """A row in which nothing is wrong, named like the one given if that can be a name: messages begin with it."""
    return TaskRow(name=_ANY if name_problem(row.name) else row.name, entrypoint="any.file", origin=row.origin)


def _dag(
    header: JobSpec,
    rows: Sequence[TaskRow],
    spec_of: Callable[[TaskRow], TaskSpec],
    sound: Callable[[TaskRow], TaskRow],
    faults: Sequence[Fault],
) -> DAG | tuple[Fault, ...]:
    """The DAG of tasks that are each made of a row; all that is wrong is told at once."""
    tasks, told = [], list(faults)
    for number, row in enumerate(rows):
        try:
            tasks.append(spec_of(row))
        except InvalidJobError as error:
            told += _faults_in_row(number, row, spec_of, sound(row)) or [Fault(row=number, message=str(error))]
    places: dict[str, int] = {}
    for number, row in enumerate(rows):
        if places.setdefault(name_key(row.name), number) != number and row.name:
            twins = f"there are two tasks {row.name!r}; names of tasks are unique"
            told.append(Fault(row=number, message=twins, column="name"))
    upstream, wrong = _edges(rows, places)
    if told or wrong:
        return tuple(sorted((*told, *wrong), key=lambda fault: -1 if fault.row is None else fault.row))
    try:
        dag = DAG.from_spec(replace(header, tasks=tuple(tasks), upstream=upstream))
        dag.spec()
    except InvalidJobError as error:
        return (Fault(row=None, message=str(error)),)
    return dag


def _faults_in_row(number: int, row: TaskRow, spec_of: Callable[[TaskRow], TaskSpec], sound: TaskRow) -> list[Fault]:
    """What is wrong in each cell of a row: the core looks at one after the other, in a row that is right but for it."""
    faults = []
    for column in _CELLS:
        try:
            spec_of(replace(sound, **{column: getattr(row, column)}))
        except InvalidJobError as error:
            faults.append(Fault(row=number, message=str(error), column=column))
    return faults


def _edges(rows: Sequence[TaskRow], places: dict[str, int]) -> tuple[tuple[tuple[int, ...], ...], list[Fault]]:
    """What each row waits for, by numbers, and which of that cannot be."""
    graph, faults = Graph(), list[Fault]()
    for _ in rows:
        graph.add_task()
    for number, row in enumerate(rows):
        for name in row.waits_for:
            if (other := places.get(name_key(name))) is None:
                message = f"{row.name!r} waits for {name!r}, which is no task"
                faults.append(Fault(row=number, message=message, column="waits_for"))
            elif circle := graph.add_edge(other, number):
                message = f"{row.name!r} would wait for itself: {path_said([rows[each].name for each in circle])}"
                faults.append(Fault(row=number, message=message, column="waits_for"))
    return graph.edges(), faults


def path_said(names: Sequence[str]) -> str:
    """A way through a graph, of a very long one its ends."""
    if len(names) > LONGEST_PATH:
        names = [*names[: LONGEST_PATH // 2], "…", *names[-LONGEST_PATH // 2 :]]
    return " >> ".join(names)


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
