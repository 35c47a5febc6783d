"""From settings to a workspace: the one place that names the adapters."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from dtscheduler.caches.folders import private_folder
from dtscheduler.clock import SystemClock
from dtscheduler.errors import WorkspaceError
from dtscheduler.ports import Executor, ResultCache, Store
from dtscheduler.settings import Settings
from dtscheduler.workspace import Workspace

EXECUTORS = ("processes", "inline")


def connect(settings: Settings, *, user: str) -> Workspace:
    """Make the workspace that the settings describe; nothing is opened before it is needed.

    Args:
        settings: where everything is kept, and what may be used.
        user: who uses it.
    """
    home = settings.home

    @cache
    def folder() -> Path:
        return private_folder(home)

    def open_store() -> Store:
        folder()
        from dtscheduler.stores.sql import open_store

        return open_store(settings.store_place)

    @cache
    def results() -> Path:
        return folder() / "results"

    def open_cache() -> ResultCache:
        from dtscheduler.caches.disk import DiskCache

        return DiskCache(results())

    def make_executor(name: str) -> Executor:
        if name not in EXECUTORS:
            raise WorkspaceError(f"there is no executor {name!r}; there are: {', '.join(EXECUTORS)}")
        if name == "inline":
            from dtscheduler.executors.inline import InlineExecutor

            return InlineExecutor(cache=workspace.cache)
        from dtscheduler.executors.capacity import machine_capacity
        from dtscheduler.executors.processes import ProcessExecutor

        capacity = machine_capacity(settings.cpu_mhz, settings.memory_mb)
        return ProcessExecutor(
            cache=lambda: workspace.cache,
            results=results(),
            spools=private_folder(home / "logs" / "workers"),
            capacity=capacity,
            enforce_memory=settings.enforce_memory,
            variables=settings.as_variables(),
        )

    workspace = Workspace(
        home=home,
        python=sys.executable,
        open_store=open_store,
        open_cache=open_cache,
        make_executor=make_executor,
        clock=SystemClock(),
        user=user,
        grace_seconds=settings.stop_grace_seconds,
        default_executor=settings.executor,
    )
    return workspace
