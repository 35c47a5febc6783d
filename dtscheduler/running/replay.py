"""A call that a run made, to be made once more in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dtscheduler.errors import ResultMissingError
from dtscheduler.model.call import Environment, Input, PartCall
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.ports import ResultCache
from dtscheduler.running.binding import bind
from dtscheduler.running.entrypoint import describe
from dtscheduler.running.functions import Functions
from dtscheduler.running.perform import LostInputsError, arguments, called
from dtscheduler.running.setup import task_setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The call of one part, with the keys of what it got.

    ``changes`` says what of its code is not as it was when the part ran. Its folder has to be the current one, and
    first on ``sys.path``, when it is made.
    """

    run: RunRecord
    spec: JobSpec
    record: TaskRunRecord
    environment: Environment
    inputs: tuple[Input, ...]
    cache: ResultCache
    logs: Path
    now: datetime
    changes: tuple[str, ...] = ()

    def arguments(self) -> dict[str, Any]:
        """What the function gets, by the names of its parameters; further positional ones as ``*0``, ``*1``, ..."""
        _, args, kwargs, names = self._prepared()
        positional = {(names[place] if place < len(names) else f"*{place}"): value for place, value in enumerate(args)}
        return {**positional, **kwargs}

    def made(self) -> Any:
        """Call the function; what it raises comes out."""
        function, args, kwargs, _ = self._prepared()
        return called(function, args, kwargs)

    def _prepared(self) -> tuple[Callable[..., Any], list[Any], Mapping[str, Any], list[str]]:
        number, record = self.record.task, self.record
        task = self.spec.tasks[number]
        function, main = Functions(self.cache).found(task.entrypoint, task.code, task.name)
        info = describe(function, task.entrypoint, main=main)
        upstream = [self.spec.tasks[preceding] for preceding in self.spec.upstream[number]]
        setup = task_setup(
            self.run,
            self.spec,
            number,
            environment=self.environment,
            arguments=bind(task, upstream, info),
            inputs=self.inputs,
            logs=self.logs,
        )
        part = task.parts[record.part]
        call = PartCall(number, record.part, part.name, part.config, max(1, record.attempt), "")
        try:
            args, kwargs = arguments(setup, call, self.cache, record.started or self.now)
        except LostInputsError as error:
            raise ResultMissingError(
                f"{len(error.keys)} of the results that {task.name} of run {self.run.id} got are not there any more; "
                "run.rerun(full=True) computes them anew"
            ) from error
        return function, args, kwargs, [parameter.name for parameter in info.parameters]
