"""A log that is printed while it is written, until the attempt that writes it has ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import last_lines
from dtscheduler.ui.views.logs import COLOURING

if TYPE_CHECKING:
    from dtscheduler.model.run import RunRecord, TaskRunRecord
    from dtscheduler.workspace import Workspace

LEAST_PAUSE = 0.4
TIMES_ITS_COST = 5
MOST_LINES = 1_000
WIDEST_LINE = 2_000
_SHORTENED = "… the log was too long, and its middle is gone\n"
_LAST_SEEN = 200


class LogReader:
    """Hands out a growing log in whole lines, secrets masked, each line once."""

    def __init__(self) -> None:
        self._seen, self._last = 0, ""

    def more(self, text: str, *, ended: bool) -> str:
        """What there is to print of a log now; of very much the last 1,000 lines.

        Args:
            text: All of the log.
            ended: Whether nothing is added to it any more; else what could be half a line, or half a secret, waits.
        """
        told = ""
        if not text.startswith(self._last, max(0, self._seen - len(self._last))):
            told, self._seen = _SHORTENED, 0
        end = len(text) if ended else _safe_end(text, self._seen)
        new = text[self._seen : end]
        self._seen, self._last = end, text[max(0, end - _LAST_SEEN) : end]
        if not new:
            return told
        shown = last_lines(COLOURING.sub("", new), MOST_LINES, WIDEST_LINE)
        return f"{told}{shown}\n" if shown else told


def followed(place: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None) -> Iterator[str]:
    """The log of an attempt in pieces as they are written, until it has ended; of the latest by default.

    Raises:
        NotFoundError: The task run has no such attempt.
        SchedulerError: The store is away.
    """
    from dtscheduler.api.logs import read_log

    reader, ended = LogReader(), False
    while not ended:
        began = time.monotonic()
        record = place.task_run_record(run.id, record.task, record.part)
        attempt = attempt or record.attempt or None
        ended = has_ended(record, attempt)  # asked before the log is read, so that nothing after is missed
        if ended or (attempt is not None and record.attempt >= attempt):
            yield reader.more(read_log(place, run, record, attempt), ended=ended)
        if not ended:
            time.sleep(max(LEAST_PAUSE, TIMES_ITS_COST * (time.monotonic() - began)))


def has_ended(record: TaskRunRecord, attempt: int | None) -> bool:
    """Whether an attempt of a task run is over, or will never be; None is the first one."""
    if record.status.final or attempt is None:
        return record.status.final
    return record.attempt > attempt or (record.attempt == attempt and record.status is not TaskStatus.RUNNING)


def _safe_end(text: str, start: int) -> int:
    """Up to where a log that goes on can be printed: to the end of a line with text, and not within a private key."""
    end = text.rfind("\n", start) + 1
    key = text.find("-----BEGIN", start, end)
    while key >= 0:
        close = text.find("-----END", key, end)
        if close < 0:
            end = text.rfind("\n", start, key) + 1
            break
        key = text.find("-----BEGIN", close, end)
    kept = text[start:end].rstrip()
    return text.find("\n", start + len(kept)) + 1 if kept else start
