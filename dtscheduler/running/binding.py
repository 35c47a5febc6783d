"""Where each parameter of a task's function takes its value from: decided before any task starts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dtscheduler.errors import BindingError
from dtscheduler.model.call import Argument, EntrypointInfo, Kind, Parameter, Source
from dtscheduler.model.entrypoint import RESERVED
from dtscheduler.model.job import TaskSpec

_PASSED = (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD, Kind.KEYWORD_ONLY)


def bind(task: TaskSpec, upstream: Sequence[TaskSpec], info: EntrypointInfo) -> tuple[Argument, ...]:
    """Decide how a task's function is called.

    The first of these that has a value for a parameter gives it: reserved arguments, arguments of the call, results of
    upstream tasks (by the translation table, then by function's name, then by task's name), keys of the
    configuration, the parameter's default.

    Args:
        task: the task whose function is called.
        upstream: the tasks it waits for, in the order in which the edges were declared.
        info: the function's parameters.

    Raises:
        BindingError: nothing fills a parameter, two upstream tasks would, or the translation table names something
            that is not there.
    """
    if task.argument_tasks:
        _check_table(task, upstream, info)
    if info.main and _takes_by_position(info.parameters):
        return _by_position(info, upstream)
    binding = _Binding(task, upstream, info)
    found = [argument for parameter in info.parameters if (argument := binding.argument(parameter)) is not None]
    return (*found, *binding.extra_keywords())


class _Binding:
    """The sources of one task, asked parameter by parameter."""

    def __init__(self, task: TaskSpec, upstream: Sequence[TaskSpec], info: EntrypointInfo) -> None:
        self._task, self._info = task, info
        self._names = {parameter.name for parameter in info.parameters}
        self._own_reserved = dict(info.translation)
        self._call = json.loads(task.call.arguments) if task.call else {}
        places = {spec.name: place for place, spec in enumerate(upstream)} if task.argument_tasks else {}
        self._translated = {parameter: places[name] for name, parameter in task.argument_tasks}
        self._upstream = upstream
        self._configs: list[dict[str, object]] | None = None
        mapped = {name for name, _ in task.argument_tasks}
        self._unmapped = [(place, spec) for place, spec in enumerate(upstream) if spec.name not in mapped]

    def argument(self, parameter: Parameter) -> Argument | None:
        name, kind = parameter.name, parameter.kind
        if kind not in _PASSED:
            return Argument(name, kind, Source.CALL, name) if name in self._call else None
        reserved = self._own_reserved.get(name, name)
        if reserved in RESERVED:
            return Argument(name, kind, Source.RESERVED, reserved)
        if name in self._call:
            return Argument(name, kind, Source.CALL, name)
        place = self._upstream_place(name)
        if place is not None:
            return Argument(name, kind, Source.UPSTREAM, place)
        return self._from_config(parameter)

    def extra_keywords(self) -> list[Argument]:
        """What the tables name beyond the signature, for functions with ``**kwargs``."""
        reserved = [
            Argument(own, Kind.KEYWORD_ONLY, Source.RESERVED, name)
            for own, name in self._own_reserved.items()
            if own not in self._names
        ]
        results = [
            Argument(name, Kind.KEYWORD_ONLY, Source.UPSTREAM, place)
            for name, place in self._translated.items()
            if name not in self._names
        ]
        return reserved + results + self._reserved_of_main()

    def _reserved_of_main(self) -> list[Argument]:
        """All reserved arguments, for a ``__batch_main__`` with ``**kwargs``."""
        if not self._info.main or not any(p.kind == Kind.VAR_KEYWORD for p in self._info.parameters):
            return []
        missing = [name for name in RESERVED if name not in self._names]
        return [Argument(name, Kind.KEYWORD_ONLY, Source.RESERVED, name) for name in missing]

    def _upstream_place(self, name: str) -> int | None:
        if name in self._translated:
            return self._translated[name]
        by_function = [place for place, spec in self._unmapped if function_name(spec) == name]
        matching = by_function or [place for place, spec in self._unmapped if spec.name == name]
        if len(matching) > 1:
            both = " and ".join(repr(self._upstream[place].name) for place in matching[:2])
            raise BindingError(
                f"task {self._task.name!r}: parameter {name!r} of {self._task.entrypoint} could be the result of {both}; "
                f"say which in ConfigurationJson['arg_translation_table']"
            )
        return matching[0] if matching else None

    def _from_config(self, parameter: Parameter) -> Argument | None:
        if self._configs is None:
            self._configs = [json.loads(part.config) for part in self._task.parts]
        parts = zip(self._task.parts, self._configs, strict=True)
        without = [part.name for part, config in parts if parameter.name not in config]
        if parameter.required and without:
            part = f" of part {without[0]!r}" if self._task.parallel else ""
            raise BindingError(
                f"task {self._task.name!r}: nothing fills parameter {parameter.name!r} of "
                f"{self._task.entrypoint}{self._info.signature}: it is not reserved, not given in a call, no upstream task "
                f"or function has that name, ConfigurationJson{part} has no such key, and it has no default"
            )
        if len(without) == len(self._configs):
            return None
        return Argument(parameter.name, parameter.kind, Source.CONFIG, parameter.name)


def function_name(task: TaskSpec) -> str:
    """The name of a task's function: the last word of its entrypoint."""
    return task.entrypoint.rpartition(".")[2]


def _check_table(task: TaskSpec, upstream: Sequence[TaskSpec], info: EntrypointInfo) -> None:
    names = {spec.name for spec in upstream}
    parameters = {parameter.name for parameter in info.parameters}
    takes_any = any(parameter.kind == Kind.VAR_KEYWORD for parameter in info.parameters)
    reserved = {*RESERVED, *(own for own, _ in info.translation)} & (parameters | {own for own, _ in info.translation})
    for name, parameter in task.argument_tasks:
        where = f"task {task.name!r}: arg_translation_table"
        if name not in names:
            known = f"it waits for {', '.join(map(repr, sorted(names)))}" if names else "it waits for no task"
            raise BindingError(f"{where} names {name!r}, which is not an upstream task; {known}")
        if parameter in reserved:
            raise BindingError(f"{where} gives {name!r} to {parameter!r}, which is a reserved argument")
        if parameter not in parameters and not takes_any:
            raise BindingError(
                f"{where} gives {name!r} to {parameter!r}, which is not a parameter of {task.entrypoint}{info.signature}"
            )


def _takes_by_position(parameters: Sequence[Parameter]) -> bool:
    """Whether a ``__batch_main__`` has the reserved arguments first and in their order, or any of them and ``*args``."""
    by_place = [p.name for p in parameters if p.kind in (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)]
    if tuple(by_place[: len(RESERVED)]) == RESERVED:
        return True
    return any(p.kind == Kind.VAR_POSITIONAL for p in parameters) and set(by_place) <= set(RESERVED)


def _by_position(info: EntrypointInfo, upstream: Sequence[TaskSpec]) -> tuple[Argument, ...]:
    by_place = [p for p in info.parameters if p.kind in (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)]
    takes_all = any(p.kind == Kind.VAR_POSITIONAL for p in info.parameters)
    own = [p.name for p in by_place if p.name in RESERVED] or list(RESERVED)
    for_results = by_place[len(own) :] if by_place else []
    results = len(upstream) if takes_all else min(len(upstream), len(for_results))
    required = sum(parameter.required for parameter in for_results)
    if required > results:
        missing = for_results[results].name
        raise BindingError(
            f"{info.entrypoint}: parameter {missing!r} of __batch_main__ is the result of an upstream task that is not there"
        )
    reserved = [Argument(name, Kind.POSITIONAL_ONLY, Source.RESERVED, name) for name in own]
    return (*reserved, *(Argument(f"result {i}", Kind.POSITIONAL_ONLY, Source.UPSTREAM, i) for i in range(results)))
