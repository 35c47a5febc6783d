"""Which entrypoints a work dir holds, read from its files without executing any of them."""

from __future__ import annotations

import ast
import errno
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from dtscheduler.model.entrypoint import entrypoint_problem
from dtscheduler.running.importing import MAIN

MOST_FILES = 10_000
MOST_FOLDERS = 5_000
LARGEST_SOURCE = 10_000_000
MARKED = "batch"
_NOT_CODE = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})


def find_entrypoints(work_dir: Path) -> list[str]:
    """Name what looks like an entrypoint: functions decorated with ``batch``, files with ``__batch_main__``.

    Files that cannot be read or parsed, hidden folders and virtual environments are passed over.
    """
    return sorted(found for path, name in modules_in(work_dir) for found in _in_module(path, name))


def modules_in(work_dir: Path) -> Iterator[tuple[Path, str]]:
    """The Python files of a work dir that can be imported, each with its name as a module."""
    for path in _files(work_dir):
        name = _module_name(path.relative_to(work_dir))
        if name and entrypoint_problem(name) is None:
            yield path, name


def source_of(path: Path) -> bytes:
    """What is in a source file. Raises ``OSError`` for what is none, which is not waited for, or larger than any."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 # of a descriptor
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_SOURCE:
            raise OSError(errno.EINVAL, "is no source file", str(path))
        return file.read(LARGEST_SOURCE)


def is_decorator(decorator: ast.expr, name: str, names: Collection[str] = ()) -> bool:
    """Whether a decorator is ``name``, ``name()``, ``scheduler.name(...)``, or one of the names it was imported as."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (isinstance(called, ast.Name) and (called.id == name or called.id in names)) or (
        isinstance(called, ast.Attribute) and called.attr == name
    )


def _files(work_dir: Path) -> Iterator[Path]:
    seen = 0
    for count, (folder, names, files) in enumerate(os.walk(work_dir)):
        if count >= MOST_FOLDERS:  # somebody's home, or a whole disk
            return
        names[:] = sorted(n for n in names if not n.startswith(".") and n not in _NOT_CODE and not _is_venv(folder, n))
        for file in sorted(files):
            if file.endswith(".py"):
                seen += 1
                if seen > MOST_FILES:
                    return
                yield Path(folder, file)


def _is_venv(folder: str, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))  # noqa: PTH110, PTH118 # says no where it may not look


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _in_module(path: Path, name: str) -> Iterator[str]:
    try:
        tree = ast.parse(source_of(path))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name == MAIN:
                yield name
            elif any(is_decorator(decorator, MARKED) for decorator in node.decorator_list):
                yield f"{name}.{node.name}"
        elif isinstance(node, ast.Assign | ast.AnnAssign) and MAIN in _targets(node):
            yield name


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}
