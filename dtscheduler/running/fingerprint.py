"""What makes two computations the same: code, arguments, configuration, rundate and the results upstream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from dtscheduler.model.call import Argument, Source
from dtscheduler.model.config import canonical
from dtscheduler.model.job import TaskSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.running.values import OPEN

NEVER_AGAIN = frozenset({"runtime", "scheduled_time"})
_OF_THE_PART = frozenset({"sub_job_name", "part_num", "num_parts"})


def task_fingerprints(
    task: TaskSpec,
    arguments: Sequence[Argument],
    *,
    code: str,
    main: bool,
    rundate: date,
    upstream: Sequence[str],
    run_uuid: str,
) -> list[str]:
    """Fingerprint every part of a task: 32 hex digits, the same in every process.

    A function that takes ``runtime`` or ``scheduled_time``, and every ``__batch_main__``, gets fingerprints that no
    other run has. The rundate counts only where the function takes it, the number of the part and of parts likewise.

    Args:
        task: the task.
        arguments: how its function is called.
        code: fingerprint of the function's code.
        main: whether it is a ``__batch_main__``.
        rundate: date that the run is for.
        upstream: what the results of each upstream task are, in the order of the edges; see ``content_of``.
        run_uuid: the run.
    """
    reserved = {str(argument.ref) for argument in arguments if argument.source is Source.RESERVED}
    common = [
        task.entrypoint,
        code,
        repr([(a.parameter, int(a.kind), a.source.name, a.ref) for a in arguments]),
        canonical(task.call.arguments) if task.call else "",
        rundate.isoformat() if main or "rundate" in reserved else "",
        run_uuid if main or reserved & NEVER_AGAIN else "",
        *upstream,
    ]
    base = hashlib.blake2b("\0".join(common).encode(), digest_size=16)
    of_the_part = main or bool(reserved & _OF_THE_PART)
    found = []
    for number, part in enumerate(task.parts):
        digest = base.copy()
        digest.update(canonical(part.config).encode())
        if of_the_part:
            digest.update(f"\0{part.name}\0{number}\0{len(task.parts)}".encode())
        found.append(digest.hexdigest())
    return found


def content_of(records: Iterable[TaskRunRecord], *, parallel: bool) -> str:
    """What a task gives to those that wait for it: the result of its one part, or of a ParallelTask the list of all."""
    return f"{'list' if parallel else 'one'} {combined([_content(record) for record in records])}"


def _content(record: TaskRunRecord) -> str:
    """What a result is; one of which no digest was kept is like no other.

    What an object of the user's own classes does is not in its bytes: it is the same only if it came about the same way.
    """
    if record.digest.endswith(OPEN):
        return f"{record.digest} {record.fingerprint or record.result_key}"
    return record.digest or record.result_key


def unlike_others(record: TaskRunRecord, mark: str) -> TaskRunRecord:
    """A kept result whose code has been edited since: what is made of the user's own objects now is like no other."""
    return replace(record, fingerprint=mark) if record.digest.endswith(OPEN) else record


def combined(fingerprints: Sequence[str]) -> str:
    """One fingerprint for several."""
    if len(fingerprints) == 1:
        return fingerprints[0]
    return hashlib.blake2b("".join(fingerprints).encode(), digest_size=16).hexdigest()
