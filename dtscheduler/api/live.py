"""Live progress on a terminal: a bar a task, redrawn in place."""

from __future__ import annotations

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dtscheduler.api.progress import MOST_LINES, count_text
from dtscheduler.model.job import JobSpec
from dtscheduler.model.status import TaskStatus
from dtscheduler.running.progress import Progress

BAR = 24
_COLOURS = {
    TaskStatus.COMPLETED: "green",
    TaskStatus.REUSED: "cyan",
    TaskStatus.RUNNING: "blue",
    TaskStatus.FAILED: "red",
    TaskStatus.OUT_OF_MEMORY: "red",
    TaskStatus.FAILED_AFTER: "red",
    TaskStatus.STOPPED: "yellow",
    TaskStatus.DID_NOT_RUN: "bright_black",
}


class LiveLines:
    """Draws where a run stands, on stderr. Of jobs with very many tasks, those that run or failed."""

    def __init__(self, spec: JobSpec) -> None:
        self._spec = spec
        self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=False)
        self._started = False

    def __call__(self, progress: Progress) -> None:
        if not self._started:
            self._started = True
            self._live.start()
        self._live.update(self._table(progress), refresh=True)
        if progress.done:
            self._live.stop()

    def close(self) -> None:
        """Give the terminal its cursor back."""
        self._live.stop()

    def _table(self, progress: Progress) -> Table:
        table = Table.grid(padding=(0, 2))
        for number in self._shown(progress):
            counts = progress.counts[number]
            table.add_row(Text(self._spec.tasks[number].name), _bar(counts), Text(count_text(counts)))
        hidden = len(self._spec.tasks) - table.row_count
        if hidden > 0:
            done = sum(all(status.final for status in +counts) for counts in progress.counts)
            table.add_row(Text(f"… {hidden} more tasks", style="bright_black"), Text(""), Text(f"{done} tasks done"))
        return table

    def _shown(self, progress: Progress) -> list[int]:
        every = range(len(self._spec.tasks))
        if len(self._spec.tasks) <= MOST_LINES:
            return list(every)
        lively = (TaskStatus.RUNNING, TaskStatus.FAILED, TaskStatus.OUT_OF_MEMORY)
        return [n for n in every if any(progress.counts[n][status] for status in lively)][:MOST_LINES]


def _bar(counts: dict[TaskStatus, int]) -> Text:
    total = sum(counts.values())
    bar, drawn = Text(), 0
    for status, colour in _COLOURS.items():
        width = min(BAR - drawn, -(-BAR * counts[status] // total)) if counts[status] else 0
        bar.append("█" * width, style=colour)
        drawn += width
    return bar.append("░" * (BAR - drawn), style="bright_black")
