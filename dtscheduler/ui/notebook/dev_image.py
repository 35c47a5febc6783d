"""The image of a notebook: a folder of modules, each written from one cell, from which jobs run when the kernel is gone."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dtscheduler.errors import ImageError, InvalidJobError
from dtscheduler.running.importing import MAIN, quiet_import
from dtscheduler.ui.notebook.cells import Cell

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace

TAG = "dev"
UNNAMED = "notebook"
FOLDER = "notebooks"
LONGEST_NAME = 80
_WRITTEN_BY = "written by %%dts_task"
_ORIGIN = re.compile(rf"# coding: utf-8 - (?:cell of (.+), )?{_WRITTEN_BY}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A cell that is a module of an image now.

    Args:
        image: Name of the image; its tag is dev.
        entrypoints: Of the module, as tasks name them.
        names: What the cell defines, functions and classes, by name.
        path: The file of the module.
    """

    image: str
    entrypoints: tuple[str, ...]
    names: Mapping[str, Any]
    path: Path

    @property
    def said(self) -> str:
        """``load() is an entrypoint of image 'prices' (dev): prices.load``."""
        called = [
            f"{entrypoint.rpartition('.')[2]}()" if "." in entrypoint else MAIN for entrypoint in self.entrypoints
        ]
        are = "is an entrypoint" if len(called) == 1 else "are entrypoints"
        return f"{_and(called)} {are} of image {self.image!r} ({TAG}): {', '.join(self.entrypoints)}"


def notebook_path(namespace: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> str:
    """The path of the notebook that this kernel belongs to, as its front end says; empty where that says none."""
    return str(namespace.get("__vsc_ipynb_file__") or environment.get("JPY_SESSION_NAME") or "").removeprefix("RTC:")


def image_name(path: str) -> str:
    """The name of a notebook's image: that of its file, in letters, digits, ``_``, ``.`` and ``-``."""
    return _safe(re.split(r"[/\\]", path)[-1].removesuffix(".ipynb")) or UNNAMED


def keep_cell(
    source: str,
    namespace: Mapping[str, Any],
    *,
    module: str | None = None,
    image: str | None = None,
    notebook: str = "",
) -> Kept:
    """Make a cell a module of the notebook's image, and import it anew.

    Whatever is wrong, the module of before stays as it is, in the folder and in this process.

    Args:
        source: The cell.
        namespace: That of the notebook; it tells what a name that is missing in the cell could be.
        module: Name of the module. Default: that of the first function.
        image: Name of the image. Default: that of the notebook.
        notebook: Path of the notebook; empty where it is not known.

    Raises:
        InvalidJobError: The cell cannot be a module, or raises while it is imported.
        ImageError: The image, or the module in it, belongs to something else.
        SchedulerError: The file cannot be written, or the store is away.
    """
    from dtscheduler.api.place import workspace

    cell = Cell(source)
    name = cell.module_name(module)
    cell.check_names(namespace)
    folder = _folder(workspace(), _checked(image) if image else image_name(notebook))
    path = folder / f"{name}.py"
    _check_free(name, path)
    _check_origin(path, notebook)
    text = cell.written(f"# coding: utf-8 - {f'cell of {_one_line(notebook)}, ' if notebook else ''}{_WRITTEN_BY}")
    with _imported(cell, name, path, text) as made:
        _register(workspace(), folder)
        _write(path, text)
    return Kept(
        image=folder.name,
        entrypoints=tuple(name if function == MAIN else f"{name}.{function}" for function in cell.entrypoints),
        names={key: getattr(made, key) for key in cell.defined if hasattr(made, key)},
        path=path,
    )


def _folder(place: Workspace, name: str) -> Path:
    return place.home.resolve() / FOLDER / name


def _checked(image: str) -> str:
    if _safe(image) != image:
        raise InvalidJobError(
            f"image {image!r:.100}: a notebook's image is named by at most {LONGEST_NAME} letters, digits, '_', '.' and "
            "'-', and begins and ends with a letter or digit"
        )
    return image


def _safe(name: str) -> str:
    return _NOT_IN_NAMES.sub("-", name).strip("._-")[:LONGEST_NAME].rstrip("._-")


def _register(place: Workspace, folder: Path) -> None:
    """Make the folder the image of its name; raise ``ImageError`` where another folder is that."""
    from dtscheduler.api.images import add_image

    there = next((found for found in place.images() if (found.name, found.tag) == (folder.name, TAG)), None)
    if there is not None and Path(there.path) != folder:
        raise ImageError(
            f"image {folder.name!r} ({TAG}) is the folder {there.path} already; give this notebook's image another name: "
            "%%dts_task --image NAME"
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImageError(f"the folder {folder} cannot be made: {error.strerror or error}") from error
    if there is None or there.python != sys.executable:
        add_image(folder.name, path=folder, tag=TAG, python=sys.executable)


def _check_free(name: str, path: Path) -> None:
    """Raise ``InvalidJobError`` for a module that would hide another one, or be hidden by it."""
    from importlib.machinery import PathFinder

    elsewhere = [entry for entry in sys.path if Path(entry).resolve() != path.parent]
    others = (finder.find_spec(name, None) for finder in sys.meta_path if finder is not PathFinder)
    found = PathFinder.find_spec(name, elsewhere) or next(filter(None, others), None)
    loaded = sys.modules.get(name)
    where = found.origin if found else None  # a folder without files hides nothing
    if loaded is not None and where is None:
        where = getattr(loaded, "__file__", None) or f"in this process: {loaded!r:.60}"
    if name in sys.stdlib_module_names:
        where = "it comes with Python"
    if where is not None and where != str(path):
        raise InvalidJobError(
            f"there is a module {name!r} already ({where}); give the cell's another name: %%dts_task MODULE"
        )


def _check_origin(path: Path, notebook: str) -> None:
    """Raise ``ImageError`` where a module is that of another notebook that is still there, or was not made by a cell."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            origin = _ORIGIN.match(file.readline(4_096))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror or error}") from error
    other = "" if origin is None else origin[1] or ""
    if origin is None:
        raise ImageError(f"{path} was not written from a cell; give the cell's module another name: %%dts_task MODULE")
    if other and notebook and other != _one_line(notebook) and Path(other).exists():
        raise ImageError(
            f"module {path.stem!r} of image {path.parent.name!r} is that of another notebook, {other}; give this one an "
            "image of its own: %%dts_task --image NAME"
        )


@contextmanager
def _imported(cell: Cell, name: str, path: Path, text: str) -> Iterator[ModuleType]:
    """Import what will be the file, for good if the block ends well; else the module of before is there again."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(name, path, loader=SourceFileLoader(name, str(path)))
    assert spec is not None  # noqa: S101 # it has a loader
    module, before, paths = module_from_spec(spec), sys.modules.get(name), list(sys.path)
    sys.modules[name] = module
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))  # as in a worker: modules of one image import each other
    try:
        with quiet_import():
            _execute(cell, module, compile(text, str(path), "exec", dont_inherit=True))
        yield module
    except BaseException:
        sys.path[:] = paths
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
        raise


def _execute(cell: Cell, module: ModuleType, code: Any) -> None:
    import traceback

    try:
        exec(code, module.__dict__)  # noqa: S102 # it is the cell that the user executes
    except Exception as error:
        frames = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == code.co_filename]
        line = cell.line_of(frames[-1]) if frames and frames[-1] else 0
        where = f" (line {line} of the cell)" if line else ""
        raise InvalidJobError(
            f"the cell raises {type(error).__name__}: {error}{where}; what was there before stays"
        ) from error


def _write(path: Path, text: str) -> None:
    """Replace the file, at another second than before: by that and its size Python knows whether it has changed."""
    import linecache

    from dtscheduler.reports.files import whole_file

    before = path.stat().st_mtime if path.exists() else 0.0
    with whole_file(path) as file:
        file.write(text.encode())
        file.flush()
        written = os.fstat(file.fileno()).st_mtime
        if int(written) <= int(before):
            os.utime(file.fileno(), (int(before) + 1, int(before) + 1))
    linecache.checkcache(str(path))


def _one_line(path: str) -> str:
    from dtscheduler.model.shown import printable

    return printable(path)


def _and(texts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))
