"""Where a module may be that only the code itself knows how to find, because it adds a folder to ``sys.path``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from dtscheduler.running.sources.installed import module_path

MAX_FOLDERS = 2_000
_TEXTS = re.compile(rb"""["']([^"'\\\n\0]{1,300})["']""")


def paths_astray(module: str, root: Path, contents: Iterable[bytes]) -> list[str]:
    """All places of a top-level module in the folders below a work dir, beside it, and in those that its files name.

    Args:
        module: its name.
        root: the work dir.
        contents: the files that may name folders.
    """
    folders = [*islice(_below(root), MAX_FOLDERS), *_beside(root), *_named(root, contents)]
    found = (module_path(str(folder), module) for folder in folders)
    return sorted({os.path.realpath(path) for path in found if path})


def _below(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        yield Path(folder)


def _beside(root: Path) -> Iterator[Path]:
    yield root.parent
    try:
        yield from (path for path in islice(sorted(root.parent.iterdir()), MAX_FOLDERS) if path.is_dir())
    except OSError:
        return


def _named(root: Path, contents: Iterable[bytes]) -> Iterator[Path]:
    texts = {text.decode("utf-8", "replace") for content in contents for text in _TEXTS.findall(content)}
    for text in sorted(texts):
        try:
            path = root / Path(text).expanduser()
            if path.is_dir():
                yield path
        except (OSError, ValueError, RuntimeError):
            continue
