"""What becomes of the calls of a worker that has ended: outcomes of those it had begun, the others are to be made again."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dtscheduler.executors.death import Death
from dtscheduler.executors.process import WorkerProcess
from dtscheduler.model.call import Outcome, PartCall


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcomes of calls, and calls that were never begun."""

    outcomes: list[Outcome]
    returned: list[PartCall]


def verdict_on(worker: WorkerProcess, death: Death, log_of: Callable[[PartCall], Path]) -> Verdict:
    """Judge what a worker that died had been sent. A result that was kept counts, also if nobody had been told.

    Args:
        worker: the worker; its process has ended.
        death: what its end means for the call that it was executing.
        log_of: where the log of a call goes.
    """
    begun, calls = worker.begun(), list(worker.calls)
    outcomes, returned = [], []
    for call in begun.unreported:
        adopted = _adopted(worker, call)
        if adopted is None:
            returned.append(call)
        else:
            outcomes.append(adopted)
            worker.quarters.spools.collect(log_of(call))
    if begun.current is not None:
        worker.quarters.spools.collect(log_of(begun.current))
        worker.quarters.spools.keep(socket.gethostname(), worker.pid, log_of(begun.current))
        outcomes.append(_adopted(worker, begun.current) or _killed(worker, begun.current, begun.since, death))
    return Verdict(outcomes, returned + calls[len(begun.unreported) + (begun.current is not None) :])


def _adopted(worker: WorkerProcess, call: PartCall) -> Outcome | None:
    """The outcome of a call that had ended, and of which only the report was lost."""
    found = worker.quarters.adopted(call)
    return replace(found, worker=str(worker.pid)) if found else None


def _killed(worker: WorkerProcess, call: PartCall, since: float, death: Death) -> Outcome:
    return Outcome(
        call=call,
        status=death.status,
        reason=death.reason,
        started=datetime.fromtimestamp(since, UTC),
        ended=datetime.now(UTC),
        peak_memory_mb=death.memory_mb,
        worker=str(worker.pid),
    )
