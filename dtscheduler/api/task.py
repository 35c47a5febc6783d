"""Tasks, as users write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from dtscheduler.api import checks
from dtscheduler.api.context import current_dag
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import EMPTY, decode, encode
from dtscheduler.model.entrypoint import entrypoint_problem
from dtscheduler.model.job import Isolation as IsolationKind
from dtscheduler.model.job import PartSpec, Resources, TaskSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.priority import Priority as PriorityLevel

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from dtscheduler.api.dag import DAG

    Operand = TypeVar("Operand", bound="Task | Sequence[Task]")

ARCHITECTURES = ("amd64", "arm64")
SYSTEMS = ("fedora", "alpine")
TABLE = "arg_translation_table"


class Task:
    """One step of a DAG: a function, called once in each run.

    Made inside ``with DAG(...)`` it joins that DAG; ``dag=`` does the same outside. Edges are drawn with ``>>``:
    ``a >> b`` makes b wait for a; lists stand on either side; ``>>`` returns its right operand, so chains read on.

    Args:
        Image: Name of the registered image that holds the code. Default: the DAG's Image; not needed in a DevRun.
        Entrypoint: ``'package.file.function'`` of a function marked with ``@batch()``, or ``'package.file'`` of a file
            with ``__batch_main__``.
        Name: Name of the task, unique in its DAG.
        Description: What the task is for.
        dag: The DAG to join, outside of a ``with`` block.
        ConfigurationJson: Parameters of this task: a dict of JSON values, datetime, date, Decimal, tuples and sets.
            Its keys fill parameters of the same name; all of it is ``job_config``. The key ``arg_translation_table``
            maps names of upstream tasks to parameters of the function.
        Arch: ``'amd64'`` or ``'arm64'``. Kept for executors that can choose machines.
        Os: ``'fedora'`` or ``'alpine'``. Kept for executors that can choose machines.
        CPU: CPU to reserve, in MHz; 4000 is one core.
        Memory: Memory to reserve, in MB.
        Disk: Disk to reserve, in MB. Kept for executors that can choose machines.
        Retries: How often to try again after a failure; at most ``Retries + 1`` attempts are made.
        CountForPrewarming: Whether pre-warming requests count this task.
        Priority: LOW, NORMAL or HIGH; among tasks that could start, the higher starts first.
        Isolation: ``'worker'`` runs attempts in worker processes that are used again, ``'process'`` gives every
            attempt a fresh process.

    Raises:
        InvalidJobError: A parameter is missing, of another type or out of range; the message names it.
    """

    __slots__ = ("dag", "function", "number", "spec")

    dag: DAG
    number: int
    spec: TaskSpec
    function: Callable[..., Any] | None

    @checks.known_keywords
    def __init__(
        self,
        Image: str | None = None,
        Entrypoint: str | None = None,
        Name: str | None = None,
        Description: str = "",
        dag: DAG | None = None,
        ConfigurationJson: dict[str, Any] | None = None,
        Arch: str = "amd64",
        Os: str = "fedora",
        CPU: int = 400,
        Memory: int = 400,
        Disk: int = 300,
        Retries: int = 0,
        CountForPrewarming: bool = False,
        Priority: PriorityLevel | str = PriorityLevel.NORMAL,
        Isolation: IsolationKind | str = IsolationKind.WORKER,
    ) -> None:
        where = f"{type(self).__name__} {Name!r}" if isinstance(Name, str) and len(Name) < 300 else type(self).__name__
        owner = dag if dag is not None else current_dag()
        if owner is None:
            raise InvalidJobError(f"{where} belongs to no DAG; make it inside `with DAG(...)` or pass dag=")
        if not getattr(owner, "takes_tasks", False):
            raise InvalidJobError(f"{where}: dag must be a DAG, not {type(owner).__name__}")
        name = checks.name(Name, where, "Name")
        if entrypoint_problem(Entrypoint):
            raise InvalidJobError(f"{where}: Entrypoint {entrypoint_problem(Entrypoint)}")
        description = checks.text(Description, where, "Description")
        parts, table = self._parts(ConfigurationJson, where, name, description)
        self.function = None
        self.spec = TaskSpec(
            name=name,
            entrypoint=str(Entrypoint),
            parts=parts,
            parallel=self._parallel,
            image=None if Image is None else checks.name(Image, where, "Image"),
            description=description,
            argument_tasks=table,
            needs=_resources(CPU, Memory, Disk, where),
            retries=checks.integer(Retries, where, "Retries", lowest=0, highest=1000),
            priority=checks.member(Priority, where, "Priority", PriorityLevel),
            arch=checks.choice(Arch, where, "Arch", ARCHITECTURES),
            os=checks.choice(Os, where, "Os", SYSTEMS),
            count_for_prewarming=checks.flag(CountForPrewarming, where, "CountForPrewarming"),
            isolation=checks.member(Isolation, where, "Isolation", IsolationKind),
        )
        self.dag = owner
        self.number = owner.join(self)

    _parallel = False

    @property
    def name(self) -> str:
        """The task's name, unique in its DAG."""
        return self.spec.name

    def alias(self, name: str) -> Task:
        """Rename the task; returns it, so that ``load().alias("load France")`` reads on."""
        return self.options(Name=name)

    def options(self, **parameters: Any) -> Task:
        """Set any parameters of the constructor but ``dag`` afterwards; returns the task.

        Raises:
            InvalidJobError: An unknown parameter or a value that is not allowed; the task is then unchanged.
        """
        changed = respecified(self, parameters)
        self.dag.rename(self, changed.name)
        self.spec = changed
        return self

    def __rshift__(self, right: Operand) -> Operand:
        self.dag.connect([self], _tasks(right, self))
        return right

    def __lshift__(self, right: Operand) -> Operand:
        self.dag.connect(_tasks(right, self), [self])
        return right

    def __rrshift__(self, left: Sequence[Task]) -> Task:
        self.dag.connect(_tasks(left, self), [self])
        return self

    def __rlshift__(self, left: Sequence[Task]) -> Task:
        self.dag.connect([self], _tasks(left, self))
        return self

    def __repr__(self) -> str:
        parts = f", {len(self.spec.parts)} parts" if self._parallel else ""
        return f"<{type(self).__name__} {self.name!r}: {self.spec.entrypoint}{parts}>"

    def _parts(
        self, config: object, where: str, name: str, description: str
    ) -> tuple[tuple[PartSpec, ...], tuple[tuple[str, str], ...]]:
        if config is None:
            return (PartSpec(name, description),), ()
        if not isinstance(config, dict):
            hint = "; a list of dicts makes a ParallelTask" if isinstance(config, list) else ""
            raise InvalidJobError(f"{where}: ConfigurationJson must be a dict, not {type(config).__name__}{hint}")
        text, table = _config(config, f"{where}: ConfigurationJson")
        return (PartSpec(name, description, text),), table or ()


class ParallelTask(Task):
    """A fan-out: one function called once for each of a list of configurations, as parts of one task.

    Tasks after it wait for all of its parts; its result is the list of its parts' results, in their order. Each part
    reserves the CPU and Memory given here.

    Args:
        Image: Name of the registered image that holds the code. Default: the DAG's Image; not needed in a DevRun.
        Entrypoint: ``'package.file.function'`` of a function marked with ``@batch()``, or ``'package.file'`` of a file
            with ``__batch_main__``.
        Name: Name of the task, unique in its DAG.
        Description: What the task is for.
        dag: The DAG to join, outside of a ``with`` block.
        ConfigurationJson: One dict a part. Each has the keys ``Name`` (unique in the task) and ``Description``; the
            rest are parameters of the part. An ``arg_translation_table`` must be the same in all parts.
        Arch: ``'amd64'`` or ``'arm64'``. Kept for executors that can choose machines.
        Os: ``'fedora'`` or ``'alpine'``. Kept for executors that can choose machines.
        CPU: CPU to reserve for a part, in MHz; 4000 is one core.
        Memory: Memory to reserve for a part, in MB.
        Disk: Disk to reserve for a part, in MB. Kept for executors that can choose machines.
        Retries: How often to try a part again after a failure.
        CountForPrewarming: Whether pre-warming requests count this task.
        Priority: LOW, NORMAL or HIGH; among tasks that could start, the higher starts first.
        Isolation: ``'worker'`` runs attempts in worker processes that are used again, ``'process'`` gives every
            attempt a fresh process.

    Raises:
        InvalidJobError: A parameter is missing, of another type or out of range; the message names it and the part.
    """

    __slots__ = ()
    _parallel = True

    @checks.known_keywords
    def __init__(
        self,
        Image: str | None = None,
        Entrypoint: str | None = None,
        Name: str | None = None,
        Description: str = "",
        dag: DAG | None = None,
        ConfigurationJson: Iterable[Mapping[str, Any]] | None = None,
        Arch: str = "amd64",
        Os: str = "fedora",
        CPU: int = 400,
        Memory: int = 400,
        Disk: int = 300,
        Retries: int = 0,
        CountForPrewarming: bool = False,
        Priority: PriorityLevel | str = PriorityLevel.NORMAL,
        Isolation: IsolationKind | str = IsolationKind.WORKER,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__(**given)

    def _parts(
        self, config: object, where: str, name: str, description: str
    ) -> tuple[tuple[PartSpec, ...], tuple[tuple[str, str], ...]]:
        if isinstance(config, str | bytes | dict) or not isinstance(config, Iterable):
            hint = "; one dict makes a Task" if isinstance(config, dict) else ""
            raise InvalidJobError(
                f"{where}: ConfigurationJson must be a list of dicts, one a part, not {type(config).__name__}{hint}"
            )
        parts: list[PartSpec] = []
        tables: dict[tuple[tuple[str, str], ...], int] = {}
        names: dict[str, int] = {}
        for number, entry in enumerate(config):
            part, table = _part(entry, where, f"ConfigurationJson[{number}]")
            if (twin := names.setdefault(name_key(part.name), number)) != number:
                raise InvalidJobError(
                    f"{where}: ConfigurationJson[{number}]['Name'] {part.name!r} is that of part {twin}"
                )
            if table is not None:
                tables.setdefault(table, number)
            parts.append(part)
        if not parts:
            raise InvalidJobError(f"{where}: ConfigurationJson has no parts; it needs one dict or more")
        if len(tables) > 1:
            first, other = list(tables.values())[:2]
            raise InvalidJobError(f"{where}: ConfigurationJson[{first}] and [{other}] disagree about {TABLE!r}")
        return tuple(parts), next(iter(tables), ())


def respecified(task: Task, parameters: dict[str, Any]) -> TaskSpec:
    """The spec that a task would have with other parameters, checked by its own constructor."""
    if "dag" in parameters:
        raise InvalidJobError(f"{task.name!r}: a task cannot move to another DAG")
    called = task.function is not None or task.spec.call is not None or task.spec.code is not None
    if "Entrypoint" in parameters and called:
        raise InvalidJobError(f"{task.name!r}: Entrypoint is given by the function that was called")
    given = {**_parameters_of(task.spec), **parameters}
    trial = type(task)(**given, dag=_Anywhere())  # type: ignore[arg-type] # stands in for a DAG
    if not called:
        return trial.spec
    return replace(trial.spec, entrypoint=task.spec.entrypoint, call=task.spec.call, code=task.spec.code)


class _Anywhere:
    """A DAG that any task may join, for trying out parameters."""

    takes_tasks = True

    def join(self, task: Task) -> int:
        return 0


def _parameters_of(spec: TaskSpec) -> dict[str, Any]:
    configs = [decode(part.config) for part in spec.parts]
    if spec.argument_tasks:
        configs = [{**config, TABLE: dict(spec.argument_tasks)} for config in configs]
    return {
        "Image": spec.image,
        "Entrypoint": spec.entrypoint if entrypoint_problem(spec.entrypoint) is None else "by.value",
        "Name": spec.name,
        "Description": spec.description,
        "ConfigurationJson": configs if spec.parallel else configs[0],
        "Arch": spec.arch,
        "Os": spec.os,
        "CPU": spec.needs.cpu_mhz,
        "Memory": spec.needs.memory_mb,
        "Disk": spec.needs.disk_mb,
        "Retries": spec.retries,
        "CountForPrewarming": spec.count_for_prewarming,
        "Priority": spec.priority,
        "Isolation": spec.isolation,
    }


_DEFAULT_NEEDS = Resources()
_DEFAULTS = _DEFAULT_NEEDS.cpu_mhz, _DEFAULT_NEEDS.memory_mb, _DEFAULT_NEEDS.disk_mb


def _resources(cpu: object, memory: object, disk: object, where: str) -> Resources:
    if type(cpu) is type(memory) is type(disk) is int and (cpu, memory, disk) == _DEFAULTS:
        return _DEFAULT_NEEDS
    return Resources(
        cpu_mhz=checks.integer(cpu, where, "CPU (MHz)", lowest=1, highest=10_000_000),
        memory_mb=checks.integer(memory, where, "Memory (MB)", lowest=1, highest=100_000_000),
        disk_mb=checks.integer(disk, where, "Disk (MB)", lowest=0, highest=1_000_000_000),
    )


def _part(entry: object, where: str, place: str) -> tuple[PartSpec, tuple[tuple[str, str], ...] | None]:
    if not isinstance(entry, dict):
        raise InvalidJobError(f"{where}: {place} must be a dict, not {type(entry).__name__}")
    for key in ("Name", "Description"):
        if key not in entry:
            raise InvalidJobError(f"{where}: {place} has no {key!r}; every part needs 'Name' and 'Description'")
    name = checks.name(entry["Name"], where, f"{place}['Name']")
    description = checks.text(entry["Description"], where, f"{place}['Description']")
    text, table = _config(entry, f"{where}: {place}")
    return PartSpec(name, description, text), table


def _config(config: dict[str, Any], where: str) -> tuple[str, tuple[tuple[str, str], ...] | None]:
    if TABLE not in config:
        return (EMPTY if not config else encode(config, where)), None
    table = config[TABLE]
    if not isinstance(table, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in table.items()):
        raise InvalidJobError(
            f"{where}[{TABLE!r}] must be a dict: name of an upstream task → parameter of the function"
        )
    for parameter in table.values():
        if not parameter.isidentifier():
            raise InvalidJobError(f"{where}[{TABLE!r}] names {parameter!r}, which cannot be a parameter")
        if list(table.values()).count(parameter) > 1:
            raise InvalidJobError(f"{where}[{TABLE!r}] gives parameter {parameter!r} to two upstream tasks")
    rest = {key: value for key, value in config.items() if key != TABLE}
    return encode(rest, where), tuple(table.items())


def _tasks(operand: object, other: Task) -> list[Task]:
    if isinstance(operand, Task):
        return [operand]
    if isinstance(operand, Iterable) and not isinstance(operand, str | bytes | dict):
        tasks = list(operand)
        if all(isinstance(task, Task) for task in tasks):
            return tasks
    raise InvalidJobError(f">> connects tasks and lists of tasks; beside {other.name!r} stands {operand!r:.80}")
