"""Which suites there are in the registered images and in work dirs, read from their files without executing any."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dtscheduler.images.listing import is_decorator, modules_in, source_of
from dtscheduler.model.saved import ImageRecord

MARKED = "suite"
_OURS = ("dtscheduler", "dt.scheduler")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlace:
    """Where the code of a suite is: a folder, and the interpreter that runs it.

    ``image`` and ``tag`` are those of a registered image; a work dir has none.
    """

    folder: str
    python: str = sys.executable
    image: str | None = None
    tag: str | None = None

    @property
    def title(self) -> str:
        return self.folder if self.image is None else f"{self.image} ({self.tag})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRef:
    """A suite that has been found: ``entrypoint`` is ``'delays:flight_delays'``, ``file`` a full path."""

    place: SuitePlace
    entrypoint: str
    title: str
    doc: str = ""
    file: str = ""
    line: int = 0

    @property
    def module(self) -> str:
        return self.entrypoint.partition(":")[0]

    @property
    def name(self) -> str:
        return self.entrypoint.partition(":")[2]


def find_suites(images: Iterable[ImageRecord] = (), work_dirs: Iterable[str | Path] = ()) -> list[SuiteRef]:
    """Find the functions that are decorated with ``suite``, those of images first, in order of their places.

    Files that cannot be read or parsed, hidden folders and virtual environments are passed over.

    Args:
        images: registered images.
        work_dirs: folders with code that this interpreter runs; those that are not there are passed over.
    """
    places = [SuitePlace(folder=image.path, python=image.python, image=image.name, tag=image.tag) for image in images]
    folders = dict.fromkeys(str(Path(folder).expanduser().resolve()) for folder in work_dirs)
    places += [SuitePlace(folder=folder) for folder in folders]
    return [ref for place in places for ref in suites_in(place)]


def suites_in(place: SuitePlace) -> list[SuiteRef]:
    """The suites of one place, in order of their entrypoints."""
    found = [
        _ref(place, path, module, suite)
        for path, module in modules_in(Path(place.folder))
        for suite in _suites_of(path)
    ]
    return sorted(found, key=lambda ref: ref.entrypoint)


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    title: str
    doc: str
    line: int


def _ref(place: SuitePlace, path: Path, module: str, suite: _Found) -> SuiteRef:
    entrypoint = f"{module}:{suite.name}"
    return SuiteRef(
        place=place, entrypoint=entrypoint, title=suite.title, doc=suite.doc, file=str(path), line=suite.line
    )


def _suites_of(path: Path) -> tuple[_Found, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=20_000)
def _read(path: Path, changed_ns: int, size: int) -> tuple[_Found, ...]:
    """The suites of a file as it was when it was changed last; a page asks for them again and again."""
    try:
        source = source_of(path)
        if MARKED.encode() not in source:
            return ()
        tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    names = set(_imported_as(tree))
    return tuple(_described(node, names) for node in _functions(tree) if _marks(node, names))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions at the top of a file, the last of each name."""
    return iter({node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}.values())


def _imported_as(tree: ast.Module) -> Iterator[str]:
    """The names under which a file imports our decorator."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_OURS) and not node.level:
            yield from (alias.asname or alias.name for alias in node.names if alias.name == MARKED)


def _marks(node: ast.FunctionDef, names: set[str]) -> ast.expr | None:
    return next((each for each in node.decorator_list if is_decorator(each, MARKED, names)), None)


def _described(node: ast.FunctionDef, names: set[str]) -> _Found:
    doc = ast.get_docstring(node) or ""
    return _Found(
        node.name,
        _title(_marks(node, names)) or node.name.replace("_", " ").strip().capitalize(),
        " ".join(doc.partition("\n\n")[0].split()),
        node.lineno,
    )


def _title(decorator: ast.expr | None) -> str:
    """The title that the decorator is given, if it stands there as text."""
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    given = (keyword.value for keyword in keywords if keyword.arg == "title")
    return next((value.value for value in given if isinstance(value, ast.Constant) and type(value.value) is str), "")
