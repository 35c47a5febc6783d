"""What was found out about projects and interpreters, kept for the next question as long as it is still so."""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from dtscheduler.running.sources.astray import paths_astray
from dtscheduler.running.sources.facts import CodeFacts, Definition, facts_of
from dtscheduler.running.sources.installed import Installed
from dtscheduler.running.sources.project import Files, Project
from dtscheduler.running.sources.quiet import is_ours
from dtscheduler.running.sources.reach import Reach

MAX_PROJECTS = 8

_lock = Lock()
_files = Files()
_installed = Installed()
_projects: OrderedDict[str, tuple[Project, Reach]] = OrderedDict()


def file_code(work_dir: str | None, entrypoint: str, python: str) -> CodeFacts:
    """What an entrypoint of a work dir reaches."""
    with _lock:
        if work_dir is None:
            return _facts([], {entrypoint.partition(".")[0]}, python, None)
        reach = _reach(work_dir)
        return _facts(*reach.of_entrypoint(entrypoint), python, reach)


def function_code(function: Callable[..., Any]) -> CodeFacts:
    """What a function reaches that no file holds."""
    from dtscheduler.running.sources.live import live_code

    with _lock:
        definitions, names, outside = live_code(function)
        for folder, found in names.items():
            inside, further = _reach(folder).of_names(found)
            definitions += inside
            outside |= further
        return _facts(definitions, outside, sys.executable, None)


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


def _facts(definitions: Sequence[Definition], outside: Iterable[str], python: str, reach: Reach | None) -> CodeFacts:
    """Add to what the project holds what it uses from outside, and what that uses in turn where it counts by its files."""
    interpreter = _installed.interpreter(python)
    found = [*definitions, Definition(name="Python", kind="python", digest=interpreter.version)]
    work_dir = str(reach.root) if reach else None
    todo, seen = [(name, True) for name in sorted(outside) if name], set[str]()
    while todo:
        name, direct = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        new = _installed.definitions(name, interpreter, work_dir)
        if not new and name not in interpreter.standard and reach:
            new = _astray(name, reach, direct=direct)
        for definition in (each for each in new if each.kind == "file"):
            imported = _installed.imports(definition)
            todo += [(each.partition(".")[0], False) for each in imported if not is_ours(each)]
            found += reach.of_names((each, ()) for each in sorted(imported))[0] if reach else []
        found += new
    return facts_of(found)


def _astray(module: str, reach: Reach, *, direct: bool) -> list[Definition]:
    """A module that is neither in the project nor on the path: wherever else it may be found, or as not installed."""
    if reach.holds(module):
        return []
    if direct and module not in reach.astray:
        reach.astray[module] = paths_astray(module, reach.root, reach.contents())
    paths = reach.astray.get(module, [])
    found = [_installed.by_files(module if len(paths) == 1 else f"{module} ({path})", path) for path in paths]
    return found or ([Definition(name=module, kind="distribution", digest="not installed")] if direct else [])
