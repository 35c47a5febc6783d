"""The arguments of a task that was made by calling a function, as they stand in the call."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dtscheduler.api.source_text import Name
from dtscheduler.images.listing import source_of
from dtscheduler.model.call import Kind
from dtscheduler.model.config import EMPTY, decode
from dtscheduler.model.entrypoint import entrypoint_problem
from dtscheduler.model.job import TaskSpec
from dtscheduler.model.names import name_key


class Arguments:
    """The arguments of a task; ``tasks`` are the numbers of the tasks among them."""

    def __init__(self, task: TaskSpec) -> None:
        self.tasks: dict[int, None] = {}
        self._text = task.call.arguments if task.call is not None else EMPTY
        decode(self._text, self._seen)

    def _seen(self, tag: str, content: Any) -> Any:
        self.tasks.setdefault(content)
        return None

    def written(
        self, kinds: Mapping[str, Kind], variables: Mapping[int, str]
    ) -> tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]:
        """Positional arguments, and those by name, in which tasks are their variables.

        Args:
            kinds: how the function takes its parameters; those that it does not have here are passed by name.
            variables: names of the tasks.
        """
        given = decode(self._text, lambda tag, content: Name(variables[content]))
        rest = next((n for n, kind in kinds.items() if kind is Kind.VAR_POSITIONAL and given.get(n)), None)
        positional: list[Any] = []
        by_name: list[tuple[str, Any]] = []
        before_rest = rest is not None
        for name, value in given.items():
            kind = kinds.get(name, Kind.KEYWORD_ONLY)
            if name == rest:
                positional.extend(value)
                before_rest = False
            elif kind is Kind.VAR_KEYWORD:
                by_name.extend(value.items())
            elif kind is Kind.POSITIONAL_ONLY or before_rest:
                positional.append(value)
            elif kind is not Kind.VAR_POSITIONAL:
                by_name.append((name, value))
        return tuple(positional), tuple(by_name)


def kinds_of(function: Callable[..., Any] | None, entrypoint: str, work_dir: str | None) -> dict[str, Kind]:
    """How a function takes its parameters: asked of itself, or read off its file; empty where neither is at hand."""
    if function is not None:
        return {name: Kind(parameter.kind) for name, parameter in inspect.signature(function).parameters.items()}
    module, _, name = entrypoint.rpartition(".")
    if work_dir is None or entrypoint_problem(entrypoint):
        return {}
    return _kinds_in(Path(work_dir, *module.split(".")), name)


def _kinds_in(stem: Path, name: str) -> dict[str, Kind]:
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        with suppress(OSError, SyntaxError, ValueError, RecursionError):
            for node in ast.parse(source_of(path)).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                    return _kinds(node.args)
    return {}


def _kinds(given: ast.arguments) -> dict[str, Kind]:
    kinds = {argument.arg: Kind.POSITIONAL_ONLY for argument in given.posonlyargs}
    kinds |= {argument.arg: Kind.POSITIONAL_OR_KEYWORD for argument in given.args}
    kinds |= {given.vararg.arg: Kind.VAR_POSITIONAL} if given.vararg else {}
    kinds |= {argument.arg: Kind.KEYWORD_ONLY for argument in given.kwonlyargs}
    return kinds | ({given.kwarg.arg: Kind.VAR_KEYWORD} if given.kwarg else {})


def usual_names(names: Sequence[str], functions: Mapping[int, str]) -> dict[int, str]:
    """The names that calls give their tasks, by number.

    Args:
        names: of all tasks, as they are.
        functions: for called tasks the name of the function.
    """
    usual, taken, counts = {}, set(), dict.fromkeys(functions.values(), 0)
    for number, name in enumerate(names):
        if number in functions:
            wanted = functions[number]
            while name_key(_numbered(wanted, counts[wanted])) in taken:  # names only come in, so counts only grow
                counts[wanted] += 1
            usual[number] = _numbered(wanted, counts[wanted])
        taken.add(name_key(name))
    return usual


def _numbered(name: str, count: int) -> str:
    name = "lambda" if name == "<lambda>" else name
    return f"{name}-{count}" if count else name
