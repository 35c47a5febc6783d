"""What a task's code is: every function, class and constant that it reaches, and a fingerprint of all of them.

Comments, formatting, docstrings, the order of definitions and what a task does not reach do not count; anything that can
change what it computes does, and where that cannot be told, it counts. Not seen, by design: data files, environment
variables and the network; code of compiled libraries whose version stays the same; objects changed from outside, by another
task in the same process or by a patched library; classes that only a pickle names; ``if __name__ == "__main__"``; what a
``DAG`` block of the file builds; side effects of importing a library that is not used by name.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from dtscheduler.running.sources.facts import CodeFacts, Definition, facts_of
from dtscheduler.running.sources.installed import Installed
from dtscheduler.running.sources.project import Files, Project
from dtscheduler.running.sources.reach import Reach

__all__ = ["CodeFacts", "Definition", "file_code", "file_fingerprint", "function_code", "function_fingerprint"]

MAX_PROJECTS = 8

_lock = Lock()
_files = Files()
_installed = Installed()
_projects: OrderedDict[str, tuple[Project, Reach]] = OrderedDict()


def file_code(work_dir: str | None, entrypoint: str, python: str = sys.executable) -> CodeFacts:
    """Find what an entrypoint reaches, from the files and without importing them.

    Args:
        work_dir: folder of the user's files; an empty one is the current folder, None is none.
        entrypoint: ``'package.file.function'``, or ``'package.file'`` of a file with ``__batch_main__``.
        python: the interpreter that will execute it; its version and what is installed for it count.
    """
    with _lock:
        outside = {entrypoint.partition(".")[0]}
        definitions: list[Definition] = []
        if work_dir is not None:
            definitions, outside = _reach(work_dir).of_entrypoint(entrypoint)
        return _with_outside(definitions, outside, python, work_dir)


def function_code(function: Callable[..., Any]) -> CodeFacts:
    """Find what a function reaches that no file of a work dir holds: by its byte code and all it refers to."""
    from dtscheduler.running.sources.live import live_code

    with _lock:
        definitions, names, outside = live_code(function)
        for folder, found in names.items():
            inside, further = _reach(folder).of_names(found)
            definitions += inside
            outside |= further
        return _with_outside(definitions, outside, sys.executable, None)


def file_fingerprint(work_dir: str, entrypoint: str) -> str:
    """Fingerprint an entrypoint: 32 hex digits, the same in every process."""
    return file_code(work_dir, entrypoint).fingerprint


def function_fingerprint(function: Callable[..., Any]) -> str:
    """Fingerprint a function that no file of a work dir holds."""
    return function_code(function).fingerprint


def _reach(work_dir: str) -> Reach:
    """What is known of a project, as long as none of the files that were looked at has changed."""
    root = os.path.abspath(work_dir)  # noqa: PTH100 # not resolved: a link may be what is meant
    kept = _projects.get(root)
    if kept is None or not kept[0].unchanged():
        project = Project(Path(root), _files)
        kept = _projects[root] = project, Reach(project)
    _projects.move_to_end(root)
    while len(_projects) > MAX_PROJECTS:
        _projects.popitem(last=False)
    return kept[1]


def _with_outside(definitions: list[Definition], outside: set[str], python: str, work_dir: str | None) -> CodeFacts:
    interpreter = _installed.interpreter(python)
    installed = [found for name in sorted(outside) for found in _installed.definitions(name, interpreter, work_dir)]
    return facts_of([*definitions, *installed, Definition(name="Python", kind="python", digest=interpreter.version)])
