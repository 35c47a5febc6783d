"""How a spec is kept as text: JSON in which what equals its default is left out.

Leaving defaults out makes the text of a large job a third as long and three times as fast to read. It also means
that a new field with a default changes no spec that is already kept, and that a default can never be changed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from dtscheduler.errors import DamagedError, InvalidJobError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.schedule import NEVER, AfterSchedule, FiringPolicy, Never, ScheduleSpec, TimeSchedule

if TYPE_CHECKING:
    from pydantic import TypeAdapter


_AS_IT_IS = (str, int, bool)  # JSON writes these, and tuples of them, by itself


def write_spec(spec: JobSpec) -> str:
    """Write a spec as JSON; equal specs have equal text.

    Every run writes one, so this does without pydantic, whose import takes longer than many a run; what is read
    back is checked by it.
    """
    text = json.dumps(_plain(_document(spec)), ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidJobError(f"job {spec.name!r} contains text that cannot be kept: {error}") from error
    return text


def read_spec(text: str) -> JobSpec:
    """Read what ``write_spec`` wrote. Raises ``DamagedError``."""
    try:
        document = _adapter().validate_json(text)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DamagedError(f"what was kept of a job cannot be read any more ({reason}); save the job again") from error
    schedule = document.at or document.after or document.never
    return document.job if schedule is None else replace(document.job, schedule=schedule)


def write_schedule(schedule: ScheduleSpec) -> str:
    """Write a schedule as JSON, under a key that says which kind it is."""
    return json.dumps(_plain(_kinds(schedule)), separators=(",", ":"))


@lru_cache(maxsize=10_000)
def read_schedule(text: str) -> ScheduleSpec:
    """Read what ``write_schedule`` wrote."""
    found = _schedule_adapter().validate_json(text)
    return found.at or found.after or found.never or NEVER


def write_policy(policy: FiringPolicy) -> str:
    """Write a firing policy as JSON."""
    return json.dumps(_plain(policy), separators=(",", ":"))


@lru_cache(maxsize=1_000)
def read_policy(text: str) -> FiringPolicy:
    """Read what ``write_policy`` wrote."""
    return _policy_adapter().validate_json(text)


def spec_hash(text: str) -> str:
    """Name a spec by its content: 32 hexadecimal digits of the text that ``write_spec`` wrote."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    if value is None or type(value) in _AS_IT_IS:
        return value
    if isinstance(value, Enum):
        return value.value
    if type(value) is dict:
        return {name: _plain(item) for name, item in value.items()}
    if is_dataclass(value):
        written = ((name, getattr(value, name), default) for name, default in _fields(value.__class__))
        return {name: _plain(item) for name, item, default in written if item != default}
    if isinstance(value, tuple):
        plain = all(type(item) in _AS_IT_IS for item in value)
        return value if plain else [_plain(item) for item in value]
    if isinstance(value, timedelta):
        return _iso(value)
    raise TypeError(f"a spec holds no {type(value).__name__}")


def _iso(length: timedelta) -> str:
    """A length of time as ISO 8601 writes it, to the microsecond."""
    size = abs(length)
    return f"{'-' if length < timedelta() else ''}P{size.days}DT{size.seconds}.{size.microseconds:06}S"


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """The fields that are written of a dataclass, each with its default; MISSING where it has none."""
    omitted = {"schedule"} if kind is JobSpec else set()
    return tuple(
        (field.name, field.default if field.default_factory is MISSING else field.default_factory())
        for field in fields(kind)
        if field.name not in omitted
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Schedule:
    """A schedule under a key that says which kind it is: its fields alone do not."""

    at: TimeSchedule | None = None
    after: AfterSchedule | None = None
    never: Never | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document(_Schedule):
    """A spec, and beside it its schedule."""

    job: JobSpec


def _document(spec: JobSpec) -> dict[str, Any]:
    return {"job": spec, **_kinds(spec.schedule)}


def _kinds(schedule: ScheduleSpec) -> dict[str, ScheduleSpec]:
    match schedule:
        case TimeSchedule():
            return {"at": schedule}
        case AfterSchedule():
            return {"after": schedule}
        case Never():
            return {"never": schedule}


@cache
def _adapter() -> TypeAdapter[_Document]:
    from pydantic import TypeAdapter  # 0.08 s that only those pay who read a spec

    return TypeAdapter(_Document)


@cache
def _schedule_adapter() -> TypeAdapter[_Schedule]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Schedule)


@cache
def _policy_adapter() -> TypeAdapter[FiringPolicy]:
    from pydantic import TypeAdapter

    return TypeAdapter(FiringPolicy)
