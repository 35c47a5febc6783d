"""What a workspace keeps under a name: saved jobs with their versions, and registered images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A saved job: its identity and its latest version."""

    id: int
    uuid: str
    name: str
    version: int
    spec_hash: str
    tag: str
    labels: tuple[str, ...]
    owner: str
    group: str
    created: datetime
    saved: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobVersion:
    """One version of a saved job, counted from 1."""

    job_id: int
    version: int
    spec_hash: str
    saved: datetime
    saved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """A registered image: the work dir that holds the code and the interpreter that runs it, under a tag."""

    name: str
    tag: str
    path: str
    python: str
    added: datetime
    added_by: str
