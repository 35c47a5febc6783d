"""Which distribution holds a module that is not in the work dir, and its version, without importing anything."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dtscheduler.running.sources.facts import Definition, digest_of, digest_of_bytes
from dtscheduler.running.sources.module import imports_in_text

START_SECONDS = 60
MAX_FILES = 3_000
_QUESTION = (
    "import json, sys; print(json.dumps([list(sys.version_info[:2]), sys.path, sorted(sys.stdlib_module_names)]))"
)
_METADATA = (".dist-info", ".egg-info")
_CODE = (".py", ".so", ".pyd")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What there is to know of an interpreter: ``version`` is ``3.11``, ``folders`` is its ``sys.path``."""

    version: str
    folders: tuple[str, ...]
    standard: frozenset[str]


class Installed:
    """What is installed for interpreters; every answer is kept until the folder that it came from changes."""

    def __init__(self) -> None:
        self._interpreters: dict[tuple[str, int], Interpreter] = {}
        self._owners: dict[tuple[str, int, str], tuple[str, str, str] | None] = {}
        self._metadata: dict[tuple[str, int], tuple[str, ...]] = {}
        self._files: dict[tuple[str, int, int], tuple[str, tuple[str, ...]]] = {}

    def interpreter(self, python: str) -> Interpreter:
        """Ask an interpreter once; one that does not start has no version and no folders."""
        if Path(python).absolute() == Path(sys.executable).absolute():
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            return Interpreter(version, tuple(sys.path), sys.stdlib_module_names)
        key = (python, _changed(python))
        if key not in self._interpreters:
            self._interpreters[key] = _asked(python)
        return self._interpreters[key]

    def definitions(self, module: str, interpreter: Interpreter, work_dir: str | None) -> list[Definition]:
        """What a top-level module counts by: the versions of its distributions, or its files where it has none.

        A module of the standard library counts by nothing here: the version of Python says it all. One that is installed
        to be edited, or that is in a plain folder of the path, counts by its files. Empty for one that is not found.
        """
        if not module or module in interpreter.standard:
            return []
        found: list[Definition] = []
        for folder in interpreter.folders:
            path = "" if _same(folder, work_dir) else module_path(folder, module)
            if not path:
                continue
            found.append(self._in_folder(folder, module, path))
            if not _is_namespace(path):
                return found
        edited = self._edited(module, interpreter) if not found else None
        return [edited] if edited else found

    def _in_folder(self, folder: str, module: str, path: str) -> Definition:
        owner = self._owner(folder, module)
        if owner is None:
            return self.by_files(module, path)
        name, version, metadata = owner
        origin = _read(Path(folder, metadata, "direct_url.json"))
        if b'"editable"' in origin:
            return self.by_files(module, path)
        if origin:  # installed from a folder or a repository: the same version may be other code
            version += f" ({digest_of_bytes(_read(Path(folder, metadata, 'RECORD')))[:8]})"
        return Definition(name=name, kind="distribution", digest=version)

    def _owner(self, folder: str, module: str) -> tuple[str, str, str] | None:
        """Name and version of the distribution that a module belongs to, and the name of its folder of metadata."""
        key = (folder, _changed(folder), module)
        if key not in self._owners:
            self._owners[key] = next(self._owners_in(folder, module), None)
        return self._owners[key]

    def _owners_in(self, folder: str, module: str) -> Iterator[tuple[str, str, str]]:
        alike = module.lower().replace("_", "-")
        every = self._metadata_of(folder)
        first = [entry for entry in every if _name_version(entry)[0].lower() == alike]
        for entry in [*first, *(entry for entry in every if entry not in first)]:
            if _holds(Path(folder, entry), module):
                name, version = _name_version(entry)
                yield name, version or _version_in(Path(folder, entry)), entry

    def _metadata_of(self, folder: str) -> tuple[str, ...]:
        key = (folder, _changed(folder))
        if key not in self._metadata:
            self._metadata[key] = tuple(entry for entry in _entries(folder) if entry.endswith(_METADATA))
        return self._metadata[key]

    def _edited(self, module: str, interpreter: Interpreter) -> Definition | None:
        """A module that a finder of an editable installation maps to a folder."""
        for folder in interpreter.folders:
            if not self._metadata_of(folder):
                continue
            for finder in sorted(Path(folder).glob("__editable__*_finder.py")):
                if (path := _mapping(finder).get(module)) and (source := module_path(*os.path.split(path))):
                    return self.by_files(module, source)
        return None

    def by_files(self, module: str, path: str) -> Definition:
        """A module that counts by all its files."""
        said = [text for file in _code_files(path) for text in (os.path.relpath(file, path), self._looked_at(file)[0])]
        return Definition(name=module, kind="file", digest=digest_of(said), file=path)

    def imports(self, definition: Definition) -> set[str]:
        """The modules that the files of a definition import, by their dotted names."""
        return {name for file in _code_files(definition.file) for name in self._looked_at(file)[1]}

    def _looked_at(self, file: str) -> tuple[str, tuple[str, ...]]:
        """A digest of a file, and what it imports."""
        try:
            found = os.stat(file)  # noqa: PTH116
        except OSError:
            return "", ()
        key = (file, found.st_size, found.st_mtime_ns)
        if key not in self._files:
            content = _read(Path(file))
            imports = imports_in_text(content) if file.endswith(".py") else []
            self._files[key] = digest_of_bytes(content), tuple(i.module for i in imports if not i.level)
        return self._files[key]


def _asked(python: str) -> Interpreter:
    try:
        answer = subprocess.run(
            [python, "-P", "-c", _QUESTION], capture_output=True, text=True, timeout=START_SECONDS, check=True
        )
        version, folders, standard = json.loads(answer.stdout.strip().splitlines()[-1])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return Interpreter("unknown", (), sys.stdlib_module_names)
    return Interpreter(".".join(map(str, version)), tuple(folders), frozenset(standard))


def module_path(folder: str, module: str) -> str:
    """The file or folder of a top-level module in a folder of the path, empty where there is none."""
    base = os.path.join(folder or os.getcwd(), module)  # noqa: PTH118
    if os.path.isdir(base):  # noqa: PTH112
        return base
    if os.path.isfile(f"{base}.py"):  # noqa: PTH113
        return f"{base}.py"
    names = (name for name in _entries(folder) if name.startswith(f"{module}.") and name.endswith(_CODE))
    return next((os.path.join(folder, name) for name in names), "")  # noqa: PTH118


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder or "."))  # noqa: PTH208 # names are wanted, thousands of them
    except OSError:
        return []


def _is_namespace(path: str) -> bool:
    return Path(path).is_dir() and not Path(path, "__init__.py").exists()


def _code_files(path: str) -> Iterator[str]:
    if not Path(path).is_dir():
        yield path
        return
    yield from islice(_walked(path), MAX_FILES)


def _walked(path: str) -> Iterator[str]:
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        yield from (str(Path(folder, file)) for file in sorted(files) if file.endswith(_CODE))


def _name_version(entry: str) -> tuple[str, str]:
    """Of ``scikit_learn-1.5.0.dist-info``, name and version; an old installation may not tell the version there."""
    name, _, version = entry.rpartition(".")[0].partition("-")
    return name.replace("_", "-"), version.partition("-py")[0]


def _version_in(metadata: Path) -> str:
    text = _read(metadata / "PKG-INFO" if metadata.is_dir() else metadata)
    found = re.search(rb"^Version: *(\S+)", text, re.MULTILINE)
    return found[1].decode("ascii", "replace") if found else ""


def _holds(metadata: Path, module: str) -> bool:
    """Whether a distribution lists files of a top-level module."""
    name = module.encode()
    if name in _read(metadata / "top_level.txt").split():
        return True
    listed = b"\n" + _read(metadata / "RECORD")
    return b"\n" + name + b"/" in listed or b"\n" + name + b"." in listed


def _mapping(finder: Path) -> dict[str, str]:
    found = re.search(rb"^MAPPING\b[^=]*= *(\{.*\})", _read(finder), re.MULTILINE)
    try:
        mapping = ast.literal_eval(found[1].decode()) if found else {}
    except (ValueError, SyntaxError):
        return {}
    return {str(name): str(path) for name, path in mapping.items()}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0


def _same(folder: str, work_dir: str | None) -> bool:
    return work_dir is not None and os.path.abspath(folder) == os.path.abspath(work_dir)  # noqa: PTH100
