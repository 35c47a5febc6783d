"""How the values of a report are said: times, lengths, sizes, statuses, and text that others wrote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import lru_cache

from dtscheduler.drawing.looks import look_of
from dtscheduler.drawing.markup import NOTHING, Markup, element
from dtscheduler.model.durations import show_duration
from dtscheduler.model.run import RunRecord, Trigger
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.model.text import one_line

LONGEST_NAME = 200

# many reasons, names and hosts of a run are the same, and each is looked through for secrets once
said: Callable[[str, int], str] = lru_cache(maxsize=8_192)(one_line)


def name(text: str) -> str:
    """A name as one line without secrets and control characters."""
    return said(text, LONGEST_NAME)


def status_mark(status: TaskStatus | RunStatus) -> Markup:
    """The glyph and the word of a status."""
    look = look_of(status)
    return element("span", f"{look.glyph} {look.word}", class_=f"st {status.value}")


def moment(at: datetime | None, zone: tzinfo) -> Markup:
    """An instant with its zone, ``2026-11-20 18:00:03 CET``; nothing if there is none."""
    if at is None:
        return NOTHING
    local = at.astimezone(zone)
    return element("time", f"{local:%Y-%m-%d %H:%M:%S %Z}", datetime=at.isoformat(timespec="seconds"))


def length(started: datetime | None, ended: datetime | None) -> str:
    """How long something took; empty where it has not begun or ended."""
    if started is None or ended is None:
        return ""
    seconds = (ended - started).total_seconds()
    return show_duration(seconds) if seconds >= 0 else f"-{show_duration(-seconds)}"


def megabytes(value: float | None) -> str:
    """Memory, ``412 MB`` or ``3.4 GB``; empty where it is not known."""
    if value is None:
        return ""
    if value >= 10_000:
        return f"{value / 1000:.1f} GB"
    return f"{value:.0f} MB" if value >= 10 else f"{value:.1f} MB"


def counted(count: int, what: str) -> str:
    """``1 part``, ``1,200 parts``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def made_by(run: RunRecord, zone: tzinfo) -> str:
    """What made a run, in words."""
    by = name(run.submitted_by)
    match run.trigger:
        case Trigger.SCHEDULE:
            instant = f"{run.scheduled.astimezone(zone):%Y-%m-%d %H:%M %Z}" if run.scheduled else "an instant"
            return f"its schedule, for {instant}"
        case Trigger.AFTER:
            return f"the end of run {run.after_run}"
        case Trigger.RERUN:
            return f"a rerun of run {run.rerun_of}{f', by {by}' if by else ''}"
        case Trigger.BACKFILL:
            return f"a backfill{f', by {by}' if by else ''}"
        case _:
            return by or "hand"
