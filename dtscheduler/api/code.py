"""How functions in the caller's hands reach the workers: by the name of their file, or by value."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dtscheduler.errors import InvalidJobError
from dtscheduler.model.call import EntrypointInfo
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.running.code import code_key, function_code
from dtscheduler.running.entrypoint import describe
from dtscheduler.running.importing import unmarked

if TYPE_CHECKING:
    from dtscheduler.api.dag import DAG
    from dtscheduler.ports import ResultCache
    from dtscheduler.running.lookup import KnownCode
    from dtscheduler.running.sources.facts import CodeFacts
    from dtscheduler.workspace import Workspace


def settled(dag: DAG, workspace: Workspace) -> tuple[JobSpec, dict[int, KnownCode]]:
    """The spec of a DAG in which every function can be found by a worker, and what is known of called functions.

    Raises:
        InvalidJobError: a function that no worker could find, with what to do.
    """
    from dtscheduler.running.lookup import KnownCode

    spec = dag.spec()
    tasks, known, kept = list(spec.tasks), {}, {}
    for number, task in enumerate(dag.tasks):
        if task.function is None:
            continue
        function = task.function
        if function not in kept:
            kept[function] = _settled(function, tasks[number], spec, workspace)
        entrypoint, code, info, facts = kept[function]
        tasks[number] = replace(tasks[number], entrypoint=entrypoint, code=code)
        known[number] = KnownCode(info, facts)
    return (replace(spec, tasks=tuple(tasks)) if known else spec), known


def _settled(
    function: Callable[..., Any], task: TaskSpec, spec: JobSpec, workspace: Workspace
) -> tuple[str, str | None, EntrypointInfo, CodeFacts | None]:
    by_name = entrypoint_of(function, spec.work_dir)
    if by_name is not None:
        return by_name, None, describe(function, by_name), None
    if not spec.dev_run:
        raise InvalidJobError(
            f"task {task.name!r}: {function.__qualname__}() is defined in {_whereabouts(function)}, where an image does "
            "not find it; move it to the top level of a file of the image, or make the DAG a DevRun"
        )
    entrypoint = f"{function.__module__}.{function.__qualname__}"
    facts = function_code(function)
    key = keep_by_value(function, facts.fingerprint, workspace.cache, task.name)
    return entrypoint, key, describe(function, entrypoint), facts


def entrypoint_of(function: Callable[..., Any], work_dir: str | None) -> str | None:
    """The name under which a worker can import a function; None where it has to be sent by value.

    Args:
        function: a function of the top level of a module or script.
        work_dir: the folder of a dev run; None for code in an image, where the module's name counts.
    """
    name = function.__qualname__
    if not name.isidentifier():
        return None
    path = Path(inspect.unwrap(function).__code__.co_filename).resolve()
    if not path.is_file():
        return None
    if work_dir is None:
        return f"{path.stem}.{name}" if function.__module__ == "__main__" else f"{function.__module__}.{name}"
    if function.__module__ != "__main__" and _installed(path):
        return f"{function.__module__}.{name}"
    if not path.is_relative_to(work_dir):
        return None
    inside = path.relative_to(work_dir).with_suffix("")
    parts = inside.parts[:-1] if inside.name == "__init__" else inside.parts
    if not parts or not all(part.isidentifier() for part in parts):
        return None
    dotted = ".".join(parts)
    return f"{dotted}.{name}" if function.__module__ in ("__main__", dotted) else None


def keep_by_value(function: Callable[..., Any], fingerprint: str, cache: ResultCache, task_name: str) -> str:
    """Keep a function in the cache, with all it refers to that no module holds; its key says what it does."""
    import cloudpickle

    bare = unmarked(function)
    module = sys.modules.get(function.__module__)
    by_value = module is not None and function.__module__ not in ("__main__", "builtins")
    if by_value:
        cloudpickle.register_pickle_by_value(module)
    try:
        content = cloudpickle.dumps(bare, protocol=5)
    except Exception as error:
        raise InvalidJobError(
            f"task {task_name!r}: {function.__qualname__}() cannot be sent to a worker: {type(error).__name__}: {error}; "
            "move it to a file in WorkDir"
        ) from error
    finally:
        if by_value:
            cloudpickle.unregister_pickle_by_value(module)
    return cache.put(code_key(fingerprint), content)


def _installed(path: Path) -> bool:
    """Whether a module belongs to the interpreter or to a package installed in it."""
    folders = {sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")}
    return any(path.is_relative_to(folder) for folder in folders if folder) or path.is_relative_to(_OURS)


_OURS = Path(__file__).resolve().parent.parent


def _whereabouts(function: Callable[..., Any]) -> str:
    if "<locals>" in function.__qualname__:
        return "another function"
    return "a notebook or an interactive session"
