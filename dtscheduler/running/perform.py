"""One attempt: read the inputs, call the function, keep what it returns, say how it went."""

from __future__ import annotations

import inspect
import json
import linecache
import os
import sysconfig
import traceback as tracebacks
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dtscheduler.clock import SystemClock
from dtscheduler.errors import ResultError, ResultMissingError
from dtscheduler.model.call import Argument, Kind, Outcome, PartCall, Source, TaskSetup
from dtscheduler.model.config import decode
from dtscheduler.model.status import TaskStatus
from dtscheduler.running import values

if TYPE_CHECKING:
    from dtscheduler.ports import ResultCache

LONGEST_TRACEBACK = 20_000
_PACKAGE = str(Path(__file__).parent.parent)
_EXAMPLES = str(Path(_PACKAGE, "examples"))
_LIBRARIES = tuple({sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")})


@dataclass(frozen=True, slots=True)
class Measured:
    """What an attempt used: CPU seconds of the process and its children, and the peak of its memory in MB."""

    cpu_seconds: float
    peak_memory_mb: float | None


class LostInputsError(ResultError):
    """Inputs that have to be computed again before the attempt can be made."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"{len(keys)} inputs are missing")
        self.keys = keys


_CLOCK = SystemClock()


def perform(
    setup: TaskSetup,
    call: PartCall,
    find: Callable[[TaskSetup], Callable[..., Any]],
    cache: ResultCache,
    measure: Callable[[], Callable[[], Measured]],
    spill_folder: str | None = None,
    now: Callable[[], datetime] = _CLOCK.now,
) -> Outcome:
    """Make one attempt. Whatever the function does, an outcome comes back (KeyboardInterrupt alone passes through).

    Args:
        setup: what the calls of the task share.
        call: the attempt to make.
        find: gives the task's function; may raise.
        cache: inputs are read from it and the result is kept in it.
        measure: called before the attempt; what it returns is called after it.
        spill_folder: where results too large for memory are written first.
        now: tells the time.
    """
    started, process = now(), os.getpid()
    stop_measuring = measure()

    def outcome(status: TaskStatus, **facts: Any) -> Outcome:
        used = stop_measuring()
        return Outcome(
            call=call,
            status=status,
            started=started,
            ended=now(),
            cpu_seconds=used.cpu_seconds,
            peak_memory_mb=used.peak_memory_mb,
            **facts,
        )

    try:
        function = find(setup)
        args, kwargs = arguments(setup, call, cache, started)
        value = called(function, args, kwargs)
        if os.getpid() != process:  # a fork made by the function came back from it; this is not its place
            os._exit(0)
    except LostInputsError as error:
        return outcome(TaskStatus.FAILED, reason=str(error), lost=error.keys)
    except KeyboardInterrupt:
        raise
    except MemoryError as error:
        return outcome(TaskStatus.OUT_OF_MEMORY, reason=reason_of(error), traceback=traceback_of(error))
    except BaseException as error:
        return outcome(TaskStatus.FAILED, reason=reason_of(error), traceback=traceback_of(error))
    try:
        spill = values.dump(value, spill_folder)
        done = outcome(
            TaskStatus.COMPLETED, preview=values.preview(value), result_bytes=spill.size, digest=spill.digest
        )
        key = cache.put(call.key, spill.payload(), note_of(done))
    except Exception as error:
        return outcome(TaskStatus.FAILED, reason=_with_cause(error), traceback=traceback_of(error))
    return _with_key(done, key)


def arguments(
    setup: TaskSetup, call: PartCall, cache: ResultCache, runtime: datetime
) -> tuple[list[Any], dict[str, Any]]:
    """The values with which a function is called; what is mutable is a fresh copy.

    Raises:
        LostInputsError: results of upstream tasks that are missing or damaged.
        ResultError: results of upstream tasks that cannot be unpickled here.
    """
    inputs = _Inputs(setup, cache)
    config: dict[str, Any] = decode(call.config)
    reserved: dict[str, Callable[[], Any]] = {
        "sub_job_name": lambda: call.name,
        "scheduled_time": lambda: setup.scheduled_time,
        "runtime": lambda: runtime,
        "part_num": lambda: call.part,
        "num_parts": lambda: setup.num_parts,
        "job_config": lambda: decode(call.config),
        "rundate": lambda: setup.rundate,
    }
    given = decode(setup.call, inputs.task) if any(a.source is Source.CALL for a in setup.arguments) else {}

    def value_of(argument: Argument) -> Any:
        if argument.source is Source.RESERVED:
            return reserved[str(argument.ref)]()
        if argument.source is Source.UPSTREAM:
            return inputs.place(int(argument.ref))
        return (given if argument.source is Source.CALL else config)[str(argument.ref)]

    passed = [a for a in setup.arguments if a.source is not Source.CONFIG or a.ref in config]
    found = _passed([(argument, value_of(argument)) for argument in passed])
    inputs.check()
    return found


def reason_of(error: BaseException) -> str:
    """One line: the error, and where in the user's own code it came from."""
    text = _message(error).strip().splitlines()
    said = f"{type(error).__name__}: {text[0][:300]}" if text else type(error).__name__
    if isinstance(error, SystemExit):
        said = f"the task called sys.exit({error.code!r:.100})"
    frames = _frames(error)
    if not frames:
        return said
    own = [frame for frame in frames if not frame.filename.startswith(_LIBRARIES)]
    place = (own or frames)[-1]
    return f"{said} ({place.name}(), {Path(place.filename).name} line {place.lineno})"


def traceback_of(error: BaseException) -> str:
    """The traceback without frames of our own; its middle is left out where it is very long."""
    linecache.checkcache()
    try:
        lines = ["Traceback (most recent call last):\n", *tracebacks.format_list(_frames(error))]
        lines += tracebacks.TracebackException.from_exception(error, limit=0).format_exception_only()
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        before = [*tracebacks.format_exception(cause), "\n"] if cause else []
        text = "".join([*before, *lines])
    except BaseException:  # printing the error runs the user's code
        text = f"{type(error).__name__} (its message cannot be printed)"
    if len(text) <= LONGEST_TRACEBACK:
        return text
    return f"{text[: LONGEST_TRACEBACK // 2]}\n[…]\n{text[-LONGEST_TRACEBACK // 2 :]}"


def note_of(outcome: Outcome) -> str:
    """What is kept beside a result, so that an attempt whose runner died can still be put on record."""
    return json.dumps(
        {
            "started": outcome.started and outcome.started.isoformat(),
            "ended": outcome.ended and outcome.ended.isoformat(),
            "cpu_seconds": outcome.cpu_seconds,
            "peak_memory_mb": outcome.peak_memory_mb,
            "result_bytes": outcome.result_bytes,
            "preview": outcome.preview,
            "digest": outcome.digest,
        }
    )


def outcome_from_note(call: PartCall, key: str, note: str) -> Outcome:
    """The outcome of an attempt of which only the result was left.

    Raises:
        ValueError: the note is none of ours; the results of another account are as that account left them.
    """
    try:
        facts = json.loads(note)
        times: dict[str, Any] = {name: _instant(facts[name]) for name in ("started", "ended")}
        numbers: dict[str, Any] = {name: facts[name] for name in ("cpu_seconds", "peak_memory_mb", "result_bytes")}
        texts: dict[str, Any] = {"preview": facts["preview"], "digest": facts.get("digest", "")}
    except (KeyError, TypeError) as error:
        raise ValueError(f"the note of {key} is damaged") from error
    legible = all(isinstance(text, str) for text in texts.values())
    if not (legible and all(isinstance(number, int | float | None) for number in numbers.values())):
        raise ValueError(f"the note of {key} is damaged")
    return Outcome(call=call, status=TaskStatus.COMPLETED, result_key=key, **texts, **times, **numbers)


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


class _Inputs:
    """The results of upstream tasks: each is read when it is first asked for; those that are lost are collected."""

    def __init__(self, setup: TaskSetup, cache: ResultCache) -> None:
        self._inputs = setup.inputs
        self._by_task = {upstream.task: place for place, upstream in enumerate(setup.inputs)}
        self._cache = cache
        self._read: dict[int, Any] = {}
        self._lost: list[str] = []

    def place(self, place: int) -> Any:
        if place not in self._read:
            upstream = self._inputs[place]
            results = [self._result(key) for key in upstream.keys]
            self._read[place] = results if upstream.parallel else results[0]
        return self._read[place]

    def task(self, tag: str, number: Any) -> Any:
        return self.place(self._by_task[number])

    def check(self) -> None:
        if self._lost:
            raise LostInputsError(tuple(self._lost))

    def _result(self, key: str) -> Any:
        try:
            return values.load(self._cache.get(key))
        except ResultMissingError:
            self._lost.append(key)
            return None


def _passed(found: list[tuple[Argument, Any]]) -> tuple[list[Any], dict[str, Any]]:
    by_position = any(argument.kind == Kind.VAR_POSITIONAL for argument, _ in found)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for argument, value in found:
        if argument.kind == Kind.VAR_POSITIONAL:
            args.extend(value)
        elif argument.kind == Kind.VAR_KEYWORD:
            kwargs.update(value)
        elif argument.kind == Kind.POSITIONAL_ONLY or (by_position and argument.kind == Kind.POSITIONAL_OR_KEYWORD):
            args.append(value)
        else:
            kwargs[argument.parameter] = value
    return args, kwargs


def called(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call a function; one that is a coroutine is run to its end."""
    given = function(*args, **kwargs)
    if inspect.iscoroutine(given):
        import asyncio

        return asyncio.run(given)
    return given


def _with_key(done: Outcome, key: str) -> Outcome:
    return replace(done, result_key=key)


def _frames(error: BaseException) -> list[tracebacks.FrameSummary]:
    frames = tracebacks.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not _is_ours(frame.filename)]
    return theirs[-50:] if len(theirs) <= 60 else [*theirs[:10], *theirs[-40:]]


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE) and not filename.startswith(_EXAMPLES)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # the user's code, once more
        return "(its message cannot be printed)"


def _with_cause(error: BaseException) -> str:
    return _message(error) or type(error).__name__
