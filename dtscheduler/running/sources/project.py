"""The files of a work dir as modules, found in the order in which an import would find them."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dtscheduler.running.sources.module import Module, parsed
from dtscheduler.running.sources.names import Import

MAX_KEPT_BYTES = 24_000_000
MAX_FILES = 3_000
_EXTENSIONS = (".so", ".pyd")
_FOLDERS_OF_OTHERS = frozenset({"__pycache__", "node_modules", "site-packages"})

Signature = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A module of the project; a folder without ``__init__.py`` has no file and no content."""

    name: str
    package: str
    file: str
    module: Module | None


class Files:
    """Parsed files, the latest used ones kept: by path, size and time of change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Signature], tuple[int, Module]] = OrderedDict()
        self._bytes = 0

    def module(self, path: str, signature: Signature) -> Module:
        key = (path, signature)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][1]
        try:
            content = Path(path).read_bytes()
        except OSError:
            return Module("unreadable", opaque=True)
        module = parsed(content)
        self._kept[key] = len(content), module
        self._bytes += len(content)
        while self._bytes > MAX_KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1][0]
        return module


class Project:
    """The modules under a folder, as they are now.

    Everything that was looked at is remembered, also what was not there: ``unchanged`` tells whether looking again would
    find the same.
    """

    def __init__(self, root: Path, files: Files) -> None:
        self.root = root
        self._files = files
        self._seen: dict[str, Signature] = {}
        self._places: dict[str, Place | None] = {}

    def unchanged(self) -> bool:
        return all(_signature(path) == signature for path, signature in self._seen.items())

    def place(self, name: str) -> Place | None:
        """The module of a dotted name, None where the project has none."""
        if name not in self._places:
            parent = name.rpartition(".")[0]
            around = self.place(parent) if parent else None
            within = not parent or (around is not None and around.package == parent)  # only packages have modules
            self._places[name] = self._found(name) if name and within else None
        return self._places[name]

    def has_file(self, name: str) -> bool:
        """Whether a module is more than a folder."""
        place = self.place(name)
        return place is not None and place.module is not None

    def absolute(self, origin: Import, package: str) -> str:
        """The dotted name of the module that is imported from, as seen from a package."""
        if not origin.level:
            return origin.module
        parents = package.split(".") if package else []
        anchor = parents[: len(parents) - origin.level + 1]
        return ".".join([*anchor, *filter(None, [origin.module])])

    def contents(self) -> Iterator[bytes]:
        """The files of all modules that were found."""
        for place in [place for place in self._places.values() if place and place.file]:
            try:
                yield (self.root / place.file).read_bytes()
            except OSError:
                continue

    def all_places(self) -> Iterator[Place]:
        """All modules of the project, up to 3,000; not those of virtual environments."""
        for number, path in enumerate(_python_files(self.root)):
            if number >= MAX_FILES:
                return
            inside = path.relative_to(self.root).with_suffix("")
            parts = inside.parts[:-1] if inside.name == "__init__" else inside.parts
            if parts and all(part.isidentifier() for part in parts) and (place := self.place(".".join(parts))):
                yield place

    def _found(self, name: str) -> Place | None:
        base = str(self.root.joinpath(*name.split(".")))
        parent = name.rpartition(".")[0]
        for path, package in ((f"{base}{os.sep}__init__.py", name), (f"{base}.py", parent)):
            signature = self._look(path)
            if signature is not None:
                relative = os.path.relpath(path, self.root)
                return Place(name, package, relative, self._files.module(path, signature))
        if compiled := self._compiled(base):
            return Place(name, parent, os.path.relpath(compiled, self.root), self._bytes_of(compiled))
        return Place(name, name, "", None) if self._is_folder(base) else None

    def _compiled(self, base: str) -> str:
        folder, _, stem = base.rpartition(os.sep)
        self._is_folder(folder)
        try:
            with os.scandir(folder) as entries:
                names = sorted(
                    e.name for e in entries if e.name.startswith(f"{stem}.") and e.name.endswith(_EXTENSIONS)
                )
        except (OSError, ValueError):
            return ""
        return str(Path(folder, names[0])) if names else ""

    def _bytes_of(self, path: str) -> Module:
        self._look(path)
        module = self._files.module(path, self._seen[path])
        return Module(module.content_digest, opaque=True)

    def _look(self, path: str) -> Signature:
        if path not in self._seen:
            self._seen[path] = _signature(path)
        return self._seen[path]

    def _is_folder(self, path: str) -> bool:
        """A folder counts by the time of its own change: a new file in it may hide or be a module."""
        return self._look(path + os.sep) is not None


def _signature(path: str) -> Signature:
    try:
        found = os.stat(path)  # noqa: PTH116 # 50 files in a millisecond; a Path for each would be ten
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _python_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _FOLDERS_OF_OTHERS)
        yield from (Path(folder, file) for file in sorted(files) if file.endswith(".py"))
