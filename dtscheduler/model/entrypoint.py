"""How an entrypoint is written, and which argument names are the scheduler's."""

from __future__ import annotations

import keyword
from functools import lru_cache

RESERVED = ("sub_job_name", "scheduled_time", "runtime", "part_num", "num_parts", "job_config", "rundate")


def entrypoint_problem(entrypoint: object) -> str | None:
    """Say what is wrong with the text of an entrypoint, or None: identifiers joined by dots, nothing else."""
    if not isinstance(entrypoint, str):
        return f"must be a str, not {type(entrypoint).__name__}"
    return _text_problem(entrypoint)


@lru_cache(maxsize=1024)
def _text_problem(entrypoint: str) -> str | None:
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in entrypoint.split(".")):
        return f"is {entrypoint[:80]!r}; it is written 'package.file.function' or 'package.file'"
    return None
