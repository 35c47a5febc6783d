"""How a spec is kept as text: JSON in which what equals its default is left out.

Leaving defaults out makes the text of a large job a third as long and three times as fast to read. It also means
that a new field with a default changes no spec that is already kept, and that a default can never be changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from dtscheduler.errors import InvalidJobError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.schedule import AfterSchedule, Never, TimeSchedule

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def write_spec(spec: JobSpec) -> str:
    """Write a spec as JSON; equal specs have equal text."""
    try:
        return _adapter().dump_json(_document(spec), exclude={"job": {"schedule"}}, exclude_defaults=True).decode()
    except ValueError as error:
        raise InvalidJobError(f"job {spec.name!r} contains text that cannot be kept: {error}") from error


def read_spec(text: str) -> JobSpec:
    """Read what ``write_spec`` wrote."""
    document = _adapter().validate_json(text)
    schedule = document.at or document.after or document.never
    return document.job if schedule is None else replace(document.job, schedule=schedule)


def spec_hash(text: str) -> str:
    """Name a spec by its content: 32 hexadecimal digits of the text that ``write_spec`` wrote."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A spec, and beside it its schedule under a key that says which kind it is: their fields alone do not."""

    job: JobSpec
    at: TimeSchedule | None = None
    after: AfterSchedule | None = None
    never: Never | None = None


def _document(spec: JobSpec) -> _Document:
    match spec.schedule:
        case TimeSchedule():
            return _Document(job=spec, at=spec.schedule)
        case AfterSchedule():
            return _Document(job=spec, after=spec.schedule)
        case Never():
            return _Document(job=spec, never=spec.schedule)


@cache
def _adapter() -> TypeAdapter[_Document]:
    from pydantic import TypeAdapter  # 0.04 s that only those pay who write or read a spec

    return TypeAdapter(_Document)
