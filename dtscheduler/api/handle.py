"""Runs, as users hold them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dtscheduler.errors import InvalidJobError, NotFoundError, ResultError, RunError, SchedulerError
from dtscheduler.model.names import name_key
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.secrets import masked_text
from dtscheduler.model.shown import printable
from dtscheduler.model.status import RunStatus
from dtscheduler.running import values

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import graphviz
    import pandas

    from dtscheduler.api.driving import Driver
    from dtscheduler.api.failures import Failures
    from dtscheduler.api.pictures import RunTimeline
    from dtscheduler.api.plan import Plan
    from dtscheduler.api.task_run import TaskRun
    from dtscheduler.model.job import JobSpec
    from dtscheduler.workspace import Workspace

POLL_SECONDS = 0.2
NO_SERVICE = "no service is running; start one with: dtscheduler serve"


class Run:
    """One run of a job: how it stands, what it gave, what it logged. Everything is read from the store when asked for."""

    def __init__(self, run_id: int, place: Workspace, driver: Driver | None = None) -> None:
        self._id, self._workspace, self._driver = run_id, place, driver

    @property
    def id(self) -> int:
        """Number of the run in its workspace, from 1."""
        return self._id

    @property
    def workspace(self) -> Workspace:
        """Where it is kept."""
        return self._workspace

    @property
    def record(self) -> RunRecord:
        """All that is known of the run now, as a plain value."""
        return self._workspace.run(self._id)

    @property
    def status(self) -> RunStatus:
        """How the run stands: ``RunStatus.COMPLETED``, ``RUNNING``, ``FAILED``, ...; it is also a str."""
        return self.record.status

    @property
    def reason(self) -> str:
        """Why the run ended as it did, in words; empty while it runs."""
        return self.record.reason

    @property
    def rundate(self) -> date:
        """The date that the run is for."""
        return self.record.rundate

    def wait(self, timeout: float | timedelta | None = None) -> RunStatus:
        """Wait until the run has ended.

        Args:
            timeout: Longest time to wait, in seconds or as a timedelta. Default: for ever.

        Returns:
            The status then, which is not a final one if the time was up first.

        Raises:
            SchedulerError: The run is driven by this process, and the driving failed.
        """
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        if self._driver is not None:
            self._driver.wait(seconds)
            return self.status
        deadline = None if seconds is None else time.monotonic() + seconds
        while not (status := self.status).final:
            left = POLL_SECONDS if deadline is None else min(POLL_SECONDS, deadline - time.monotonic())
            if left <= 0:
                break
            time.sleep(left)
        return status

    def stop(self) -> None:
        """Stop the run: what is running is ended, results that are there stay. Returns at once; see ``wait``."""
        if self._driver is not None:
            self._driver.stop()
        self._workspace.stop(self._id)

    def plan(
        self,
        full: bool = False,
        tasks: Iterable[str | tuple[str, str]] | str | None = None,
        version: int | str | None = None,
        config: Mapping[Any, Mapping[str, object]] | None = None,
    ) -> Plan:
        """What ``rerun`` with these parameters would do: what it keeps, what runs, and why. Nothing is written."""
        from dtscheduler.api.again import decided, planned

        rerun = decided(self._workspace, self._id, full=full, tasks=tasks, version=version, config=config)
        return planned(self._workspace, rerun)

    def rerun(
        self,
        full: bool = False,
        tasks: Iterable[str | tuple[str, str]] | str | None = None,
        version: int | str | None = None,
        config: Mapping[Any, Mapping[str, object]] | None = None,
        plan: Plan | None = None,
        executor: str | None = None,
        wait: bool = True,
        progress: bool | None = None,
        detach: bool = False,
    ) -> Run:
        """Do it again: what did not complete and all that depends on it. It is a new run; this one stays as it is.

        The job is run as it was, for the same rundate, with the code that is there now.

        Args:
            full: Everything, not only what did not complete.
            tasks: Instead: these tasks, or parts given as ``(task, part)``, and all that depends on them.
            version: Of a saved job: run this version, a number or ``'latest'``, and not the one that ran. Results are
                kept where the task and all before it are the same in both.
            config: Other values in the configuration: ``{"cells": {"n": 3}}`` for all parts of a task,
                ``{("cells", "FR-10"): {"n": 3}}`` for one.
            plan: Do exactly what ``plan()`` has shown; the parameters above are then those of the plan.
            executor: As for ``dag.run``.
            wait: Whether to return only when the new run has ended.
            progress: Whether to show progress on the terminal.
            detach: Leave the new run to the service and return at once.

        Returns:
            The new run; ``record.rerun_of`` is the number of this one, ``record.lineage`` that of the first.

        Raises:
            RunError: This run goes on still, there is nothing left to do, or the plan no longer holds.
            InvalidJobError: A task that is not in it.
            NotFoundError: A version that does not exist.
        """
        from dtscheduler.api import again

        place = self._workspace
        if plan is not None:
            if full or tasks is not None or version is not None or config is not None:
                raise InvalidJobError(f"rerun of run {self._id}: the plan says what is done again; give plan= alone")
            decided = again.rerun_of_plan(plan, self._id)
        else:
            decided = again.decided(place, self._id, full=full, tasks=tasks, version=version, config=config)
        if detach:
            return again.submit_again(place, decided, plan=plan)
        return again.start_again(place, decided, plan=plan, executor=executor, wait=wait, progress=progress)

    def patch(
        self,
        task: str,
        value: object,
        part: int | str | None = None,
        executor: str | None = None,
        wait: bool = True,
        progress: bool | None = None,
        detach: bool = False,
    ) -> Run:
        """Give a task a result by hand and let the rest go on: in a new run, which keeps what this one has completed.

        The task run says who gave the result, and when; ``record.patched_by`` keeps it.

        Args:
            task: Name of the task.
            value: The result.
            part: Of a fan-out the part, by number or name.
            executor: As for ``dag.run``.
            wait: Whether to return only when the new run has ended.
            progress: Whether to show progress on the terminal.
            detach: Leave the new run to the service and return at once.

        Raises:
            RunError: This run goes on still.
            ResultError: The value cannot be kept.
        """
        from dtscheduler.api import again
        from dtscheduler.running.patch import Patch

        decided = again.decided(self._workspace, self._id, patch=Patch(task, part, value))
        if detach:
            return again.submit_again(self._workspace, decided)
        return again.start_again(self._workspace, decided, executor=executor, wait=wait, progress=progress)

    def task_run(self, task: str, part: int | str = 0) -> TaskRun:
        """One task run: its inputs, its result, its log, and ``replay()`` to call it here. Raises ``NotFoundError``."""
        from dtscheduler.api.task_run import TaskRun

        return TaskRun(self, self.part(task, part), self._workspace)

    def result(self, task: str, part: int | str | None = None) -> Any:
        """What a task returned; for a ParallelTask the list of what its parts returned, in their order.

        A notebook shows that list as a table beside the names of the parts, which its ``names`` has too.

        Args:
            task: Name of the task.
            part: Of a ParallelTask only the result of this part, given by its number, from 0, or its name.

        Raises:
            NotFoundError: The run has no such task or part.
            RunError: The task did not complete; the message says why.
            ResultMissingError: The result is not in the cache any more.
        """
        records = self._records(task) if part is None else [self.part(task, part)]
        unfinished = next((record for record in records if not record.status.succeeded), None)
        if unfinished is not None:
            raise RunError(
                f"{_label(unfinished)} of run {self._id} has no result: {unfinished.status}. {unfinished.reason}"
            )
        found = [self._value(record) for record in records]
        if part is None and self._parallel(records[0].task):
            from dtscheduler.api.part_results import PartResults

            return PartResults(found, [record.part_name for record in records], [record.preview for record in records])
        return found[0]

    def results(self) -> dict[str, Any]:
        """The results of all tasks that completed, by name."""
        by_task: dict[str, list[TaskRunRecord]] = {}
        for record in self.records():
            by_task.setdefault(record.task_name, []).append(record)
        return {
            name: self.result(name) for name, of_task in by_task.items() if all(r.status.succeeded for r in of_task)
        }

    def log(self, task: str, part: int | str = 0, attempt: int | None = None) -> str:
        """What an attempt printed, and its traceback if it failed.

        Args:
            task: Name of the task.
            part: Number of the part, from 0, or its name.
            attempt: Number of the attempt, from 1. Default: the latest.

        Raises:
            NotFoundError: There is no such task, part or attempt.
        """
        from dtscheduler.api.logs import read_log

        return read_log(self._workspace, self.record, self.part(task, part), attempt)

    def graph(self, unfold: Sequence[str] | str = ()) -> graphviz.Digraph:
        """The run's tasks coloured by their status, as a ``graphviz.Digraph``; see ``DAG.graph``."""
        from dtscheduler.api.pictures import digraph

        return digraph(self._spec(), self.records(), unfold)

    def svg(self, unfold: Sequence[str] | str = (), theme: str = "auto") -> str:
        """The same as SVG text: one picture without scripts and references, in ``'light'``, ``'dark'`` or both."""
        from dtscheduler.api.pictures import picture

        return picture(self._spec(), self.records(), unfold, theme)

    def mermaid(self, unfold: Sequence[str] | str = ()) -> str:
        """The same as Mermaid text."""
        from dtscheduler.api.pictures import flowchart

        return flowchart(self._spec(), self.records(), unfold)

    def timeline(self) -> RunTimeline:
        """When its attempts waited and ran, and which of them decided when it ended: a chart with its table."""
        from dtscheduler.api.pictures import timeline

        return timeline(self._workspace, self.record)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from dtscheduler.api.pictures import bundle_of_run

        try:
            return bundle_of_run(self)
        except SchedulerError:  # a run that was removed, or cannot be read any more, has no picture
            return {"text/plain": repr(self)}

    def failures(self) -> Failures:
        """What failed, grouped by its error, with the parameters that set it apart: "cells: 3 of 12 parts: ...".

        Each group has ``task_name``, ``title``, ``set_apart``, ``parts`` (their numbers), ``count`` and ``example``.
        """
        from dtscheduler.api.failures import Failures

        return Failures(self._workspace.failures(self._id))

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write all about the run into one HTML file that opens without a network; returns its path.

        Args:
            path: Where; a file that is there is replaced when the new one is whole.

        Raises:
            SchedulerError: The file cannot be written.
        """
        from dtscheduler.api.page import write_report

        return write_report(self._workspace, self._id, path)

    def task_runs(self) -> pandas.DataFrame:
        """The run's task runs as a DataFrame, one row a part.

        Columns: ``task, part, part_name, status`` (category), ``reason, attempt, submitted, started, ended`` (UTC),
        ``duration`` (Timedelta), ``cpu_seconds, peak_memory_mb, result_bytes, worker, host``.
        """
        from dtscheduler.api.frames import task_runs_frame

        return task_runs_frame(self._workspace.task_runs(self._id))

    def results_frame(self, task: str | None = None) -> pandas.DataFrame:
        """What came of each part, beside its parameters: one row a part.

        Args:
            task: Name of the task. Default: all fan-outs, or all tasks if there is none.

        Returns:
            ``task, part_name``, a column for each key of the configuration, ``status`` (category), ``duration``
            (Timedelta), ``peak_memory_mb`` and the result: scalars as ``result``, dicts, rows and dataclasses of scalars
            as a column each, anything else as its preview.
        """
        from dtscheduler.reports.results import results_frame

        return results_frame(self._workspace, self._id, task)

    def records(self) -> list[TaskRunRecord]:
        """The task runs as plain values, in order of task and part."""
        return self._workspace.task_runs(self._id)

    def part(self, task: str, part: int | str = 0) -> TaskRunRecord:
        """The record of one task run. Raises ``NotFoundError``."""
        records = self._records(task)
        for record in records:
            named = isinstance(part, str) and name_key(part) == name_key(record.part_name)
            if named or (part == record.part and not isinstance(part, bool)):
                return record
        if isinstance(part, str) and part.isdigit() and int(part) < len(records):
            return records[int(part)]
        raise NotFoundError(f"task {task!r} of run {self._id} has no part {part!r}; it has {len(records)}")

    def __repr__(self) -> str:
        try:
            run = self.record
        except SchedulerError as error:  # it was removed, say
            return f"<Run {self._id}: {printable(str(error))}>"
        reason = f". {printable(masked_text(run.reason))}" if run.reason else ""
        return f"<Run {run.id} of {run.job_name!r}: {run.status}{reason}>"

    def _records(self, task: str) -> list[TaskRunRecord]:
        every = self.records()
        if not every:
            run = self.record
            why = f"is {run.status}: {run.reason}" if run.status.final else f"has not begun, it is {run.status}"
            raise NotFoundError(f"run {self._id} has no task runs: it {why}")
        found = [record for record in every if name_key(record.task_name) == name_key(task)]
        if not found:
            names = ", ".join(dict.fromkeys(repr(record.task_name) for record in every))
            raise NotFoundError(f"run {self._id} has no task {task!r}; it has {names[:500]}")
        return found

    def _spec(self) -> JobSpec:
        return self._workspace.spec(self.record.spec_hash)

    def _parallel(self, task: int) -> bool:
        return self._spec().tasks[task].parallel

    def _value(self, record: TaskRunRecord) -> Any:
        run = self.record
        if account := self._workspace.made_elsewhere(run):
            raise ResultError(
                f"{_label(record)} of run {self._id} was made by account {account!r}, and only that account reads its "
                f"results: it could make them run anything; as a preview it is {printable(record.preview)!r:.200}"
            )
        try:
            return values.load(self._workspace.results(run).get(record.result_key))
        except ResultError as error:
            raise type(error)(f"{_label(record)} of run {self._id}: {error}") from error


def _label(record: TaskRunRecord) -> str:
    part = f"/{record.part_name}" if record.part_name != record.task_name else ""
    return f"task {record.task_name}{part}"
