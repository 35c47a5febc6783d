"""The functions of tasks, each found once: imported from the work dir, or read from the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dtscheduler.errors import SchedulerError
from dtscheduler.model.call import EntrypointInfo, TaskSetup, Wanted
from dtscheduler.running import values
from dtscheduler.running.entrypoint import ManyFunctionsError, describe, find_function

if TYPE_CHECKING:
    from dtscheduler.ports import ResultCache


class Functions:
    """Finds functions and remembers them, also that one could not be found."""

    def __init__(self, cache: ResultCache) -> None:
        self._cache = cache
        self._found: dict[Wanted, tuple[Callable[..., Any], bool] | SchedulerError] = {}

    def __call__(self, setup: TaskSetup) -> Callable[..., Any]:
        """The function of a task. Raises ``SchedulerError``."""
        return self._find(Wanted(setup.entrypoint, setup.code, setup.name))[0]

    def found(self, entrypoint: str, code: str | None, task_name: str) -> tuple[Callable[..., Any], bool]:
        """A function, and whether it is a ``__batch_main__``. Raises ``SchedulerError``."""
        return self._find(Wanted(entrypoint, code, task_name))

    def described(self, wanted: Wanted) -> EntrypointInfo | str:
        """What is known of a function, or why it cannot be used."""
        try:
            function, main = self._find(wanted)
        except ManyFunctionsError as error:
            return (
                str(error)
                if wanted.task_name
                else EntrypointInfo(entrypoint=wanted.entrypoint, parameters=(), by_task=True)
            )
        except SchedulerError as error:
            return str(error)
        return describe(function, wanted.entrypoint, main=main)

    def _find(self, wanted: Wanted) -> tuple[Callable[..., Any], bool]:
        if wanted not in self._found:
            try:
                self._found[wanted] = self._looked_up(wanted)
            except SchedulerError as error:
                self._found[wanted] = error
        found = self._found[wanted]
        if isinstance(found, SchedulerError):
            raise found
        return found

    def _looked_up(self, wanted: Wanted) -> tuple[Callable[..., Any], bool]:
        if wanted.code:
            return values.load(self._cache.get(wanted.code)), False
        return find_function(wanted.entrypoint, wanted.task_name)
