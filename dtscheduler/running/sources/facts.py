"""What is known of the code of a task: every definition that it reaches, with a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One thing of the user's code that a task reaches.

    ``name`` is dotted: ``signals.zscore``, ``signals.LIMIT``, ``signals (top level)``, ``numpy``. ``kind`` is one of
    ``function``, ``class``, ``constant``, ``statements`` (what a module executes besides its definitions), ``file``
    (counts by its bytes, because it cannot be parsed), ``distribution`` and ``python``. ``digest`` has 32 hex digits;
    of a distribution it is the version, of Python ``3.11``. ``file`` is relative to the work dir. ``lines`` are the
    first and the last, decorators included, and count in no digest.
    """

    name: str
    kind: str
    digest: str
    file: str = ""
    lines: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """All that a task reaches, sorted by name."""

    definitions: tuple[Definition, ...]

    @property
    def fingerprint(self) -> str:
        """32 hex digits over the names and digests of all definitions, the same in every process."""
        return digest_of(f"{found.name}={found.digest}" for found in self.definitions)


def facts_of(definitions: Iterable[Definition]) -> CodeFacts:
    """The facts, sorted, each name once."""
    by_name = {found.name: found for found in definitions}
    return CodeFacts(tuple(by_name[name] for name in sorted(by_name)))


def digest_of(texts: Iterable[str]) -> str:
    """32 hex digits of some texts, in the order given."""
    return digest_of_bytes("\0".join(texts).encode("utf-8", "surrogatepass"))


def digest_of_bytes(content: bytes) -> str:
    """32 hex digits of some bytes."""
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()
