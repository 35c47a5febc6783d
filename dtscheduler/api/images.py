"""Registering images, and looking into them."""

from __future__ import annotations

import sys
from pathlib import Path

from dtscheduler.api import checks
from dtscheduler.api.dag import TAGS
from dtscheduler.api.place import workspace
from dtscheduler.errors import ImageError
from dtscheduler.images.interpreter import usable_interpreter
from dtscheduler.images.listing import find_entrypoints
from dtscheduler.model.call import EntrypointInfo, Environment, Wanted
from dtscheduler.model.saved import ImageRecord


def add_image(name: str, *, path: str | Path, tag: str = "dev", python: str = sys.executable) -> ImageRecord:
    """Register a folder and an interpreter as an image.

    Args:
        name: Name of the image, as DAGs and tasks give it.
        path: Folder with the packages or files.
        tag: ``'dev'``, ``'pre'`` or ``'prod'``.
        python: Interpreter that runs the code; it must have the same dtscheduler installed.

    Raises:
        ImageError: The path is no folder, or the interpreter cannot be used; says what to install.
    """
    checks.name(name, "image", "its name")
    checks.choice(tag, f"image {name!r}", "tag", TAGS)
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise ImageError(f"image {name!r}: {folder} is not a folder")
    place = workspace()
    record = ImageRecord(
        name=name,
        tag=tag,
        path=str(folder),
        python=usable_interpreter(python),
        added=place.clock.now(),
        added_by=place.user,
    )
    place.put_image(record)
    return record


def image_entrypoints(name: str, tag: str = "dev") -> list[tuple[str, EntrypointInfo | str]]:
    """The entrypoints of an image with what is known of each, or why it cannot be used.

    They are imported in a process of the image's interpreter, never in this one.
    """
    place = workspace()
    image = place.image(name, tag)
    entrypoints = find_entrypoints(Path(image.path))
    if not entrypoints:
        return []
    environment = Environment(python=image.python, work_dir=image.path)
    found = place.describe(environment, [Wanted(entrypoint) for entrypoint in entrypoints])
    return list(zip(entrypoints, found, strict=True))
