"""What a worker tells the runner, as JSON: its task may run under another account, so nothing of it is ever unpickled."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dtscheduler.executors.wire import GarbledError
from dtscheduler.model.call import EntrypointInfo, Kind, Outcome, Parameter, PartCall
from dtscheduler.model.status import TaskStatus

LONGEST_TEXT = 200_000
Identity = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has started."""


@dataclass(frozen=True, slots=True)
class Report:
    """How an attempt ended: which one, as (task, part, attempt), and the fields of its outcome."""

    identity: Identity
    facts: dict[str, Any]

    def outcome_of(self, call: PartCall, worker: str) -> Outcome:
        """The outcome of the call that it is about, made by a worker."""
        return Outcome(call=call, worker=worker, **self.facts)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Attempts that have ended. ``retiring``: the last one left something behind; replace the worker."""

    reports: list[Report]
    retiring: bool = False


@dataclass(frozen=True, slots=True)
class Recalled:
    """Calls that were given back."""

    calls: list[Identity]


@dataclass(frozen=True, slots=True)
class Described:
    """What was found of each function that a question was about, or why it cannot be used."""

    question: int
    found: list[EntrypointInfo | str]


Message = Ready | Outcomes | Recalled | Described


def ready() -> bytes:
    """Write that the worker has started."""
    return b'["ready"]'


def outcomes(ended: list[Outcome], *, retiring: bool = False) -> bytes:
    """Write how attempts have ended."""
    return _text_of("outcomes", [_row_of(outcome) for outcome in ended], retiring)


def recalled(calls: list[Identity]) -> bytes:
    """Write which calls are given back."""
    return _text_of("recalled", calls)


def described(question: int, found: list[EntrypointInfo | str]) -> bytes:
    """Write the answer to a question about functions."""
    return _text_of("described", question, [one if isinstance(one, str) else _row_of_info(one) for one in found])


def read(content: bytes) -> Message:
    """Read what a worker has written. Raises ``GarbledError``."""
    try:
        match _decoder.decode(content.decode()):
            case ["ready"]:
                return Ready()
            case ["outcomes", [*rows], bool(retiring)]:
                return Outcomes([_report(*row) for row in rows], retiring)
            case ["recalled", [*calls]]:
                return Recalled([_identity(*call) for call in calls])
            case ["described", int(question), [*found]]:
                return Described(question, [_text(one) if isinstance(one, str) else _info(*one) for one in found])
    except (ValueError, TypeError, RecursionError) as error:
        raise GarbledError(str(error)) from error
    raise GarbledError("it is no message")


def _text_of(*message: Any) -> bytes:
    return json.dumps(message).encode()  # in ASCII, so that texts which are not quite Unicode come through


def _row_of(outcome: Outcome) -> list[Any]:
    call = outcome.call
    facts = [write(getattr(outcome, name)) for name, write, _ in _FACTS]
    return [[call.task, call.part, call.attempt], *facts]


def _report(identity: Any, *facts: Any) -> Report:
    given = {name: check(fact) for (name, _, check), fact in zip(_FACTS, facts, strict=True)}
    return Report(_identity(*identity), given)


def _row_of_info(info: EntrypointInfo) -> list[Any]:
    parameters = [[p.name, int(p.kind), p.required] for p in info.parameters]
    marks, texts = [info.main, info.by_task], [info.entrypoint, info.signature, info.doc, info.file]
    return [parameters, info.translation, marks, texts, info.line]


def _info(parameters: Any, translation: Any, marks: Any, texts: Any, line: Any) -> EntrypointInfo:
    entrypoint, signature, doc, file = map(_text, texts)
    main, by_task = map(bool, marks)
    return EntrypointInfo(
        entrypoint=entrypoint,
        parameters=tuple(Parameter(_text(name), Kind(kind), bool(required)) for name, kind, required in parameters),
        translation=tuple((_text(own), _text(reserved)) for own, reserved in translation),
        main=main,
        by_task=by_task,
        signature=signature,
        doc=doc,
        file=file,
        line=_count(line),
    )


def _refuse(constant: str) -> None:
    raise GarbledError(f"{constant} is not a number")


def _identity(task: Any, part: Any, attempt: Any) -> Identity:
    return _count(task), _count(part), _count(attempt)


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise GarbledError("it should be a text")
    return found if len(found) <= LONGEST_TEXT else found[:LONGEST_TEXT]


def _count(found: Any) -> int:
    if type(found) is not int or not 0 <= found < 2**63:
        raise GarbledError("it should be a count")
    return found


def _number(found: Any) -> float | None:
    if found is None:
        return None
    if not isinstance(found, int | float) or not math.isfinite(found):
        raise GarbledError("it should be a number")
    return float(found)


def _instant(found: Any) -> datetime | None:
    seconds = _number(found)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise GarbledError("it should be an instant") from error


def _status(found: Any) -> TaskStatus:
    status = TaskStatus(found)
    if status not in _ENDS:
        raise GarbledError("no attempt ends like that")
    return status


def _as_it_is(value: Any) -> Any:
    return value


def _seconds(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()


_decoder = json.JSONDecoder(parse_constant=_refuse)
_ENDS = {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.OUT_OF_MEMORY, TaskStatus.STOPPED}
_FACTS: tuple[tuple[str, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("status", str, _status),
    ("reason", _as_it_is, _text),
    ("traceback", _as_it_is, _text),
    ("started", _seconds, _instant),
    ("ended", _seconds, _instant),
    ("cpu_seconds", _as_it_is, _number),
    ("peak_memory_mb", _as_it_is, _number),
    ("result_key", _as_it_is, _text),
    ("result_bytes", _as_it_is, lambda found: None if found is None else _count(found)),
    ("digest", _as_it_is, _text),
    ("preview", _as_it_is, _text),
    ("lost", list, lambda found: tuple(map(_text, found))),
)
