"""How a run goes on whose runner was lost: what was finished counts, what was running is judged lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dtscheduler.model.call import PartCall
from dtscheduler.model.run import AttemptRecord, RunRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.ports import ResultCache
from dtscheduler.running.perform import outcome_from_note
from dtscheduler.running.runner import attempt_of, result_key

_RESTART: dict[str, Any] = {
    "started": None,
    "ended": None,
    "cpu_seconds": None,
    "peak_memory_mb": None,
    "traceback": "",
}


@dataclass(frozen=True, slots=True)
class LeftToDo:
    """The records from which a run goes on, and the attempts that were lost."""

    records: list[TaskRunRecord]
    lost: list[AttemptRecord]


def left_to_do(run: RunRecord, records: Sequence[TaskRunRecord], cache: ResultCache, now: datetime) -> LeftToDo:
    """Judge every task run of an interrupted run.

    A result that was stored counts, also if the runner had not written it down yet; it is found by the key that the
    last runner gave it. Results that a task run has and the cache has not any more are computed again.

    Args:
        run: the run as its last runner left it.
        records: its task runs.
        cache: where results are.
        now: the time, for attempts that are judged lost.
    """
    gone = cache.missing(record.result_key for record in records if record.status.succeeded)
    stored = cache.find(key for record in records for key in _possible_keys(run, record))
    judged: list[TaskRunRecord] = []
    lost: list[AttemptRecord] = []
    for record in records:
        found = next((key for key in _possible_keys(run, record) if key in stored), None)
        completed = _completed(record, found, stored[found], cache) if found else None
        if record.status.final and record.result_key not in gone:
            judged.append(record)
        elif completed:
            judged.append(completed)
        else:
            if record.status is TaskStatus.RUNNING:
                reason = f"its runner was lost ({run.lease_holder})"
                lost.append(attempt_of(replace(record, reason=reason, ended=now), TaskStatus.STOPPED))
            judged.append(replace(record, status=TaskStatus.PENDING, reason="", result_key="", **_RESTART))
    return LeftToDo(judged, lost)


def closed_records(records: Sequence[TaskRunRecord], now: datetime, reason: str) -> list[TaskRunRecord]:
    """The same records with everything that has not ended marked as not run."""
    return [
        record if record.status.final else replace(record, status=TaskStatus.DID_NOT_RUN, reason=reason, ended=now)
        for record in records
    ]


def _possible_keys(run: RunRecord, record: TaskRunRecord) -> list[str]:
    """Where the last runner would have put the result: of the attempt it wrote down, or of the next one."""
    if record.status.final:
        return []
    attempts = [number for number in (record.attempt, record.attempt + 1) if number > 0]
    return [result_key(run, record.task, record.part, number, run.lease_epoch) for number in attempts]


def _completed(record: TaskRunRecord, key: str, stored: str, cache: ResultCache) -> TaskRunRecord | None:
    """The record with the result that was stored for it; None where it cannot be read."""
    attempt, note = int(key.split(".")[3]), cache.note(stored)
    try:
        call = PartCall(record.task, record.part, record.part_name, "", attempt, key)
        outcome = outcome_from_note(call, stored, note) if note else None
    except ValueError:
        outcome = None
    if outcome is None:
        return None
    return replace(
        record,
        status=TaskStatus.COMPLETED,
        attempt=attempt,
        started=outcome.started,
        ended=outcome.ended,
        cpu_seconds=outcome.cpu_seconds,
        peak_memory_mb=outcome.peak_memory_mb,
        result_key=stored,
        result_bytes=outcome.result_bytes,
        preview=outcome.preview,
        digest=outcome.digest,
        reason="",
    )
