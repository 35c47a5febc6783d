"""Which function an entrypoint names, and what has to be known to call it."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from dtscheduler.errors import EntrypointError, SchedulerError
from dtscheduler.model.call import EntrypointInfo, Kind, Parameter
from dtscheduler.running.importing import MAIN, MARK, quiet_import


class ManyFunctionsError(EntrypointError):
    """A file with several functions, none of which the task's name chooses."""


def is_entrypoint(candidate: object) -> bool:
    """Whether an object is a function marked with ``@batch``."""
    return callable(candidate) and isinstance(getattr(candidate, MARK, None), Mapping)


def find_function(entrypoint: str, task_name: str = "") -> tuple[Callable[..., Any], bool]:
    """Import what an entrypoint names; the work dir must be on ``sys.path``.

    Args:
        entrypoint: ``'package.file.function'``, or ``'package.file'`` of a file with ``__batch_main__``.
        task_name: chooses among several functions in a ``__batch_main__`` dictionary.

    Returns:
        The function, and whether it is a ``__batch_main__``.

    Raises:
        EntrypointError: nothing of that name, a function without ``@batch``, or the import itself fails.
    """
    package, _, last = entrypoint.rpartition(".")
    if package and (parent := _import_if_there(package, entrypoint)) is not None:
        found = getattr(parent, last, None)
        if is_entrypoint(found):
            return found, False  # type: ignore[return-value] # is_entrypoint says that it is callable
        mains = getattr(parent, MAIN, None)
        if isinstance(mains, Mapping) and last in mains:
            return _callable(mains[last], entrypoint), True
        if callable(found) and not isinstance(found, ModuleType):
            raise EntrypointError(f"{entrypoint}: the function is not marked; put @batch() above it")
    module = _import_if_there(entrypoint, entrypoint)
    if module is None:
        raise EntrypointError(_nothing_found(entrypoint))
    if not hasattr(module, MAIN):
        raise EntrypointError(
            f"{entrypoint} is a file without {MAIN}; name one of its @batch functions: {entrypoint}.…"
        )
    return _choose_main(getattr(module, MAIN), entrypoint, task_name), True


def describe(function: Callable[..., Any], entrypoint: str, *, main: bool = False) -> EntrypointInfo:
    """Read off a function what has to be known to call it."""
    signature = inspect.signature(function)
    code = getattr(inspect.unwrap(function), "__code__", None)
    return EntrypointInfo(
        entrypoint=entrypoint,
        parameters=tuple(
            Parameter(p.name, Kind(p.kind), p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
            for p in signature.parameters.values()
        ),
        translation=tuple(getattr(function, MARK, {}).items()),
        main=main,
        signature=str(signature),
        doc=inspect.getdoc(function) or "",
        file=getattr(code, "co_filename", ""),
        line=getattr(code, "co_firstlineno", 0),
    )


def _import_if_there(name: str, entrypoint: str) -> ModuleType | None:
    if (running := running_script(name)) is not None:
        return running
    try:
        with quiet_import():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            return None
        raise EntrypointError(f"{entrypoint}: importing {name} failed: no module named {error.name!r}") from error
    except SchedulerError as error:
        raise EntrypointError(f"{entrypoint}: importing {name} failed: {error}") from error
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        place = _last_line_of(error)
        raise EntrypointError(
            f"{entrypoint}: importing {name} failed{place}: {type(error).__name__}: {_said(error)}"
        ) from error


def running_script(name: str) -> ModuleType | None:
    """The script that is being run, where a module of that name would be the same file a second time."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if main is None or file is None or Path(file).stem != name.rpartition(".")[2] or name in sys.modules:
        return None
    return main if any(Path(folder, *name.split(".")).with_suffix(".py") == Path(file) for folder in sys.path) else None


def _choose_main(main: object, entrypoint: str, task_name: str) -> Callable[..., Any]:
    if not isinstance(main, Mapping):
        return _callable(main, entrypoint)
    if task_name in main:
        return _callable(main[task_name], entrypoint)
    if len(main) == 1:
        return _callable(next(iter(main.values())), entrypoint)
    names = ", ".join(f"{entrypoint}.{name}" for name in main)
    raise ManyFunctionsError(
        f"{entrypoint}: {MAIN} holds several functions and none is named {task_name!r}; use {names}"
    )


def _callable(candidate: object, entrypoint: str) -> Callable[..., Any]:
    if callable(candidate):
        return candidate
    raise EntrypointError(f"{entrypoint}: {MAIN} must be a function or a dict of functions")


def _nothing_found(entrypoint: str) -> str:
    package = entrypoint.rpartition(".")[0] or entrypoint
    return (
        f"{entrypoint}: found neither a function of that name marked with @batch() in {package}, "
        f"nor a file {entrypoint.replace('.', '/')}.py with {MAIN}; is the work dir the right one?"
    )


def _said(error: BaseException) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _last_line_of(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {Path(error.filename).name} line {error.lineno}"
    traceback = error.__traceback__
    place = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith("<frozen"):
            place = f" at {Path(file).name} line {traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
