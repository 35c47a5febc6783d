"""Which columns the tables of runs and task runs have, and what each of them holds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class Kind(Enum):
    """What a column holds, as the store gives it.

    Times and lengths of time are microseconds, dates ISO text, labels a JSON list; all but names, counts and statuses
    may be None. A reason is text of others, in which secrets may stand.
    """

    NAME = auto()
    REASON = auto()
    LABELS = auto()
    RUN_STATUS = auto()
    TASK_STATUS = auto()
    TRIGGER = auto()
    PRIORITY = auto()
    DATE = auto()
    TIME = auto()
    LENGTH = auto()
    COUNT = auto()
    COUNT_IF_KNOWN = auto()
    NUMBER = auto()


RUN_COLUMNS: Mapping[str, Kind] = {
    "run": Kind.COUNT,
    "job": Kind.NAME,
    "version": Kind.COUNT_IF_KNOWN,
    "status": Kind.RUN_STATUS,
    "reason": Kind.REASON,
    "rundate": Kind.DATE,
    "trigger": Kind.TRIGGER,
    "submitted": Kind.TIME,
    "scheduled": Kind.TIME,
    "started": Kind.TIME,
    "ended": Kind.TIME,
    "waited": Kind.LENGTH,
    "duration": Kind.LENGTH,
    "n_tasks": Kind.COUNT_IF_KNOWN,
    "completed": Kind.COUNT_IF_KNOWN,
    "reused": Kind.COUNT_IF_KNOWN,
    "failed": Kind.COUNT_IF_KNOWN,
    "did_not_run": Kind.COUNT_IF_KNOWN,
    "cpu_seconds": Kind.NUMBER,
    "peak_memory_mb": Kind.NUMBER,
    "owner": Kind.NAME,
    "group": Kind.NAME,
    "tag": Kind.NAME,
    "labels": Kind.LABELS,
    "priority": Kind.PRIORITY,
    "submitted_by": Kind.NAME,
    "rerun_of": Kind.COUNT_IF_KNOWN,
    "lineage": Kind.COUNT_IF_KNOWN,
}

TASK_RUN_COLUMNS: Mapping[str, Kind] = {
    "run": Kind.COUNT,
    "job": Kind.NAME,
    "rundate": Kind.DATE,
    "task": Kind.NAME,
    "part": Kind.COUNT,
    "part_name": Kind.NAME,
    "status": Kind.TASK_STATUS,
    "reason": Kind.REASON,
    "attempt": Kind.COUNT,
    "submitted": Kind.TIME,
    "started": Kind.TIME,
    "ended": Kind.TIME,
    "waited": Kind.LENGTH,
    "duration": Kind.LENGTH,
    "cpu_seconds": Kind.NUMBER,
    "peak_memory_mb": Kind.NUMBER,
    "result_bytes": Kind.COUNT_IF_KNOWN,
    "worker": Kind.NAME,
    "host": Kind.NAME,
    "from_run": Kind.COUNT_IF_KNOWN,
    "patched_by": Kind.NAME,
}
