"""One of two runs that are compared: what is kept of it, and its results, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from dtscheduler.errors import DamagedError, NotFoundError, RunError
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.running import values
from dtscheduler.running.lookup import read_code_body
from dtscheduler.workspace import Workspace


class Side:
    """A run in its workspace. Raises ``NotFoundError``, or ``RunError`` where its job cannot be read any more."""

    def __init__(self, workspace: Workspace, run_id: int) -> None:
        self._workspace = workspace
        self.run: RunRecord = workspace.run(run_id)
        self.elsewhere = workspace.made_elsewhere(self.run)
        self._code: dict[str, Mapping[str, Mapping[str, str]]] = {}
        self._runs: dict[int, RunRecord] = {self.run.id: self.run}
        try:
            self.spec: JobSpec = workspace.spec(self.run.spec_hash)
        except DamagedError as error:
            raise RunError(f"run {run_id} cannot be compared: what was kept of its job is damaged ({error})") from error

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The numbers of its tasks, by their names as they are compared."""
        return {name_key(task.name): number for number, task in enumerate(self.spec.tasks)}

    @cached_property
    def _of_task(self) -> Mapping[int, Sequence[TaskRunRecord]]:
        found: dict[int, list[TaskRunRecord]] = {}
        for record in self._workspace.task_runs(self.run.id):
            found.setdefault(record.task, []).append(record)
        return found

    def parts(self, task: int) -> dict[str, TaskRunRecord]:
        """The task runs of a task, by the names of their parts as they are compared."""
        return {name_key(record.part_name): record for record in self._of_task.get(task, ())}

    def bytes_of(self, name: str) -> list[str]:
        """What stands for the bytes of a task's results, in order of its parts; none where there is no such task."""
        records = self._of_task.get(self.numbers.get(name_key(name), -1), ())
        return [record.digest or record.result_key for record in records]

    def task(self, key: str) -> TaskSpec:
        return self.spec.tasks[self.numbers[key]]

    def upstream(self, key: str) -> list[str]:
        """The names of the tasks that a task waits for."""
        return [self.spec.tasks[number].name for number in self.spec.upstream[self.numbers[key]]]

    def value(self, record: TaskRunRecord) -> Any:
        """A result. Raises ``ResultError``; only for results of this account, see ``elsewhere``."""
        return values.load(self._workspace.results(self.run).get(record.result_key))

    def made_in(self, record: TaskRunRecord) -> RunRecord:
        """The run that has computed a result: this one, or that from which it was reused, if it is still there."""
        number = record.from_run if record.status is TaskStatus.REUSED and record.from_run else self.run.id
        if number not in self._runs:
            try:
                self._runs[number] = self._workspace.run(number)
            except NotFoundError:
                self._runs[number] = self.run
        return self._runs[number]

    def code(self, record: TaskRunRecord) -> Mapping[str, str] | None:
        """The digests of what the function reached that computed a result, by name; None where none were kept."""
        run = self.made_in(record)
        if run.code not in self._code:
            body = self._workspace.store.code(run.code) if run.code else None
            self._code[run.code] = read_code_body(body) if body else {}
        task = self.spec.tasks[record.task]
        return self._code[run.code].get(task.code or task.entrypoint)
