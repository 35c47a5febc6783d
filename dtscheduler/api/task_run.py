"""One task run, as users hold it: what it got, gave and printed, and how it is called again here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dtscheduler.api.context import writing
from dtscheduler.errors import ResultError, RunError
from dtscheduler.executors.inline import at_home
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.shown import printable
from dtscheduler.model.status import TaskStatus

LONGEST_PREVIEW = 500
if TYPE_CHECKING:
    from dtscheduler.api.handle import Run
    from dtscheduler.running.replay import Call
    from dtscheduler.workspace import Workspace

logger = logging.getLogger("dtscheduler")


class TaskRun:
    """One part of one task in a run."""

    def __init__(self, run: Run, record: TaskRunRecord, place: Workspace) -> None:
        self._run, self._record, self._workspace = run, record, place

    @property
    def record(self) -> TaskRunRecord:
        """All that was known of it when it was obtained, as a plain value."""
        return self._record

    @property
    def status(self) -> TaskStatus:
        """How it stood then."""
        return self._record.status

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self._record.reason

    @property
    def result(self) -> Any:
        """What it returned. Raises ``RunError`` if it did not complete."""
        return self._run.result(self._record.task_name, self._record.part)

    def log(self, attempt: int | None = None) -> str:
        """What an attempt printed; the latest one by default."""
        return self._run.log(self._record.task_name, self._record.part, attempt)

    def inputs(self) -> dict[str, Any]:
        """The arguments its function got, or would get, by the names of its parameters.

        Raises:
            RunError: What it waits for has no results.
            ResultMissingError: Results that it got are not there any more.
        """
        call = self._call()
        with at_home(call.environment):
            return call.arguments()

    def replay(self) -> Any:
        """Call its function here and now, with the exact inputs, configuration and rundate it got.

        Breakpoints work, errors come out as they are, and nothing is recorded. The code is that which is in the work
        dir now, imported into this process; a warning says where it is not the code that ran.

        Returns:
            What the function returns.

        Raises:
            RunError: What it waits for has no results.
            ResultMissingError: Results that it got are not there any more.
            EntrypointError: The function is not there any more.
        """
        call = self._call()
        for change in call.changes:
            logger.warning("%s of run %s ran with other code: %s", self._title, self._run.id, printable(change))
        outside = writing.set(())  # the function is called, not written into a DAG
        try:
            with at_home(call.environment):
                return call.made()
        finally:
            writing.reset(outside)

    @property
    def _title(self) -> str:
        record = self._record
        return record.task_name + (f"/{record.part_name}" if record.part_name != record.task_name else "")

    def _call(self) -> Call:
        run = self._run.record
        if account := self._workspace.made_elsewhere(run):
            raise ResultError(
                f"{self._title} of run {run.id} ran as account {account!r}; only that account reads what it got"
            )
        call = self._workspace.planning.call_of(run, self._record)
        if call is None:
            raise RunError(f"{self._title} of run {run.id} got no inputs: what it waits for has not completed")
        return call

    def _repr_html_(self) -> str:
        from dtscheduler.drawing.looks import look_of
        from dtscheduler.model.secrets import masked_text
        from dtscheduler.model.tables import html_table

        record, look = self._record, look_of(self._record.status)
        reason = f": {masked_text(record.reason)}" if record.reason else ""
        facts = [(label, value) for label, value in _facts(record) if value]
        caption = [f"{self._title} of run {self._run.id}", f"{look.glyph} {look.word}{reason}"]
        return html_table(caption, ("fact", "value") if facts else (), facts)

    def __repr__(self) -> str:
        reason = f". {printable(self.reason)}" if self.reason else ""
        return f"<TaskRun {printable(self._title)} of run {self._run.id}: {self.status}{reason}>"


def _facts(record: TaskRunRecord) -> Iterator[tuple[str, str]]:
    from dtscheduler.model.durations import show_duration
    from dtscheduler.model.text import last_lines

    yield "result", last_lines(record.preview, 20, LONGEST_PREVIEW) if record.preview else ""
    yield "attempt", str(record.attempt) if record.attempt else ""
    yield "started", f"{record.started:%Y-%m-%d %H:%M:%S} UTC" if record.started else ""
    yield "took", show_duration(record.ended - record.started) if record.ended and record.started else ""
    yield "CPU time", "" if record.cpu_seconds is None else show_duration(record.cpu_seconds)
    yield "peak memory", "" if record.peak_memory_mb is None else f"{record.peak_memory_mb:,.0f} MB"
    yield "result from", f"run {record.from_run}" if record.from_run else ""
    yield "given by hand by", record.patched_by
