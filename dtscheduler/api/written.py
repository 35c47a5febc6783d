"""A DAG as the Python text that builds it."""

from __future__ import annotations

import builtins
import inspect
import keyword
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dtscheduler.api import schedule_fields
from dtscheduler.api.parameters import dag_parameters, task_parameters
from dtscheduler.api.source_text import Called, Name, Source, literal
from dtscheduler.api.task import ParallelTask, Task
from dtscheduler.api.written_calls import Arguments, kinds_of, usual_names
from dtscheduler.api.written_edges import edge_lines
from dtscheduler.api.written_grids import as_grid
from dtscheduler.model.call import Kind
from dtscheduler.model.entrypoint import entrypoint_problem
from dtscheduler.model.job import TaskSpec
from dtscheduler.model.priority import Priority
from dtscheduler.model.schedule import NEVER

if TYPE_CHECKING:
    from dtscheduler.api.dag import DAG

_LONGEST_VARIABLE = 40
_INDENT = "    "


def python_of(dag: DAG) -> str:
    """The Python text that builds a DAG; executed, it gives an equal spec."""
    return _Writing(dag).text()


class _Writing:
    """One DAG on its way into text."""

    def __init__(self, dag: DAG) -> None:
        self._spec, self._tasks, self._source = dag.spec(), dag.tasks, Source()
        self._calls = {n: self._callee(n) for n, task in enumerate(self._spec.tasks) if _called(task, dag.tasks[n])}
        self._with = bool(self._calls) or not self._spec.dev_run  # leaving the block of a DevRun would run it
        self._missing = [n for n in self._calls if self._calls[n][0] is None]
        self._arguments = arguments = [Arguments(task) for task in self._spec.tasks]
        self._upstream = [self._further(n, arguments[n]) for n in range(len(self._spec.tasks))]
        used = {n for upstream in self._upstream for n in upstream}
        used |= {n for n, upstream in enumerate(self._upstream) if upstream}
        used |= {n for found in arguments for n in found.tasks}
        own = {n: self._spec.tasks[n].entrypoint.rpartition(".")[2] for n in self._calls}
        self._usual = usual_names([task.name for task in self._spec.tasks], own)
        self._functions = self._imported()
        self._variables = self._chosen(sorted(used))

    def text(self) -> str:
        head = self._dag()
        body = [line for number in range(len(self._spec.tasks)) for line in self._task(number)]
        edges = list(edge_lines(self._upstream, self._variables, self._source))
        if edges:
            body += ["", *edges]
        if self._with:
            opening = [*self._notes(), *f"with {head} as dag:".split("\n")]
            block = [f"{_INDENT}{line}" if line else "" for text in body for line in text.split("\n")]
            lines = [*opening, *block]
        else:
            lines = [
                *self._notes(),
                *f"dag = {head}".split("\n"),
                *(line for text in body for line in text.split("\n")),
            ]
        return "\n".join([*self._imports(), *lines]) + "\n"

    def _notes(self) -> Iterator[str]:
        for number in self._missing:
            task = self._spec.tasks[number]
            yield f"# {task.name!a} calls {task.entrypoint!a}, which no file holds that could be imported:"
            yield f"# define {self._functions[number]}() here, marked with @batch()"
        for number in self._calls:
            task = self._spec.tasks[number]
            if task.call is not None and not self._kinds(number):
                yield f"# how {task.entrypoint!a} takes its arguments is not known here, so all stand by name:"
                yield "# what it takes as *args, **kwargs or by position only has to be put right"
        if self._spec.dev_run and any(module and function is None for module, function in self._calls.values()):
            yield f"# run this in {self._spec.work_dir!a}, so that its files can be imported"
        if self._spec.dev_run and self._with:
            yield "# leaving the block of a DevRun runs it"

    def _imports(self) -> Iterator[str]:
        order = sorted(self._source.imports, key=lambda m: (m not in sys.stdlib_module_names, m != "dtscheduler", m))
        group = None
        for module in order:
            own = module in sys.stdlib_module_names, module == "dtscheduler"
            if group is not None and own != group:
                yield ""
            group = own
            yield f"from {module} import {', '.join(sorted(self._source.imports[module], key=_sorted_as))}"
        if self._source.imports:
            yield ""

    def _dag(self) -> str:
        self._source.name("dtscheduler", "DAG")
        from dtscheduler.api.dag import DAG

        keywords = _differing(DAG, self._header())
        ahead = len("with  as dag:") if self._with else len("dag = ")
        return self._source.text(Called("DAG", keywords=tuple(keywords)), ahead=ahead)

    def _header(self) -> dict[str, Any]:
        found = dag_parameters(self._spec)
        found["Schedule"] = None if self._spec.schedule == NEVER else self._schedule()
        found["Priority"] = self._priority(self._spec.priority)
        return found

    def _schedule(self) -> Called:
        self._source.name("dtscheduler", "Schedule")
        return Called("Schedule", keywords=tuple(schedule_fields.written(self._spec.schedule).items()))

    def _priority(self, priority: Priority) -> Any:
        if priority is Priority.NORMAL:
            return priority
        self._source.name("dtscheduler", "Priority")
        return Name(f"Priority.{priority.name}")

    def _task(self, number: int) -> Iterator[str]:
        variable = self._variables.get(number)
        ahead = f"{variable} = " if variable else ""
        indent = len(_INDENT) if self._with else 0
        written = (
            self._call(number, indent, len(ahead)) if number in self._calls else self._made(number, indent, len(ahead))
        )
        yield ahead + written

    def _made(self, number: int, indent: int, ahead: int) -> str:
        task = self._spec.tasks[number]
        kind = ParallelTask if task.parallel else Task
        self._source.name("dtscheduler", kind.__name__)
        keywords = _differing(kind, {**self._parameters(task), "Entrypoint": task.entrypoint})
        order = ("Name", "Entrypoint", "Image", "Description")
        keywords.sort(key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
        if not self._with:
            keywords.append(("dag", Name("dag")))
        return _dedented(
            self._source.text(Called(kind.__name__, (), tuple(keywords)), indent=indent, ahead=ahead), indent
        )

    def _parameters(self, task: TaskSpec) -> dict[str, Any]:
        found = task_parameters(task)
        made = as_grid(task.parts, dict(task.argument_tasks), self._source) if task.parallel else None
        return found | {"Priority": self._priority(task.priority)} | ({"ConfigurationJson": made} if made else {})

    def _call(self, number: int, indent: int, ahead: int) -> str:
        task = self._spec.tasks[number]
        keywords = dict(_differing(Task, self._parameters(task)))
        del keywords["Name"]
        changes = "" if task.name == self._usual[number] else f".alias({literal(task.name)})"
        if keywords:
            options = Called("", keywords=tuple(keywords.items()))
            changes += f".options{self._source.text(options, indent=indent, ahead=ahead + len(changes) + 8)}"
        positional, by_name = self._arguments[number].written(self._kinds(number), self._variables)
        call = Called(self._functions[number], positional, by_name)
        return _dedented(self._source.text(call, indent=indent, ahead=ahead + len(changes.split("\n")[0])), indent) + (
            _dedented(changes, indent)
        )

    def _kinds(self, number: int) -> dict[str, Kind]:
        return kinds_of(self._calls[number][1], self._spec.tasks[number].entrypoint, self._spec.work_dir)

    def _callee(self, number: int) -> tuple[str | None, Callable[..., Any] | None]:
        """The module that a called function can be imported from, None if there is none, and the function if known."""
        task, function = self._spec.tasks[number], self._tasks[number].function
        module, _, name = task.entrypoint.rpartition(".")
        if task.code is not None or not module or entrypoint_problem(task.entrypoint) or module == "__main__":
            return None, function
        if function is not None and getattr(sys.modules.get(module), name, None) is not function:
            return None, function
        return module, function

    def _further(self, number: int, arguments: Arguments) -> tuple[int, ...]:
        """The tasks that a task waits for and that are not among its arguments."""
        return tuple(other for other in self._spec.upstream[number] if other not in arguments.tasks)

    def _imported(self) -> dict[int, str]:
        """For each called task the name of its function in the text; two functions do not share one."""
        names: dict[tuple[str | None, str], str] = {}
        taken: set[str] = {"dag", *_ours()}
        for number, (module, _) in self._calls.items():
            task = self._spec.tasks[number]
            key = module, task.code or task.entrypoint
            if key in names:
                continue
            own = task.entrypoint.rpartition(".")[2]
            name = _free_identifier(own if _is_name(own) else "function", taken)
            taken.add(name)
            names[key] = name
            if module is not None:
                self._source.name(module, own if own == name else f"{own} as {name}")
        return {
            n: names[m, self._spec.tasks[n].code or self._spec.tasks[n].entrypoint] for n, (m, _) in self._calls.items()
        }

    def _chosen(self, numbers: Sequence[int]) -> dict[int, str]:
        taken = {"dag", "task", *self._functions.values(), *_ours()}
        chosen: dict[int, str] = {}
        for number in numbers:
            words = re.sub(r"[^a-z0-9]+", "_", self._spec.tasks[number].name.lower())[:_LONGEST_VARIABLE].strip("_")
            wanted = words if words[:1].isalpha() else f"task_{words or number + 1}"
            if wanted in self._functions.values():
                wanted = f"{wanted}_task"
            chosen[number] = _free_identifier(wanted, taken)
            taken.add(chosen[number])
        return chosen


def _called(task: TaskSpec, made: Task) -> bool:
    return made.function is not None or task.call is not None or task.code is not None


def _differing(kind: type[DAG | Task], values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Parameters whose values are not the constructor's defaults, in its order."""
    parameters = inspect.signature(kind).parameters
    found = []
    for name, parameter in parameters.items():
        default = getattr(parameter.default, "value", parameter.default)
        if name in values and values[name] not in (parameter.default, default):
            found.append((name, values[name]))
    return found


def _is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text)


def _free_identifier(wanted: str, taken: set[str]) -> str:
    free, count = wanted, 1
    while free in taken or keyword.iskeyword(free) or hasattr(builtins, free):
        count += 1
        free = f"{wanted}_{count}"
    return free


def _ours() -> set[str]:
    """Names that the text may import for itself."""
    ours = {"DAG", "ParallelTask", "Priority", "Schedule", "Task", "grid"}
    return ours | {"Decimal", "UTC", "ZoneInfo", "date", "datetime", "timedelta", "timezone"}


def _sorted_as(name: str) -> tuple[bool, bool, str]:
    """Constants first, then classes, then functions."""
    return not name.isupper(), name[0].islower(), name


def _dedented(text: str, indent: int) -> str:
    """Text whose lines after the first lose what the block around it will add."""
    return text.replace("\n" + " " * indent, "\n") if indent else text
