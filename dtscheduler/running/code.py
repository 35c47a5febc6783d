"""What a task's code is: every function, class and constant that it reaches, and a fingerprint of all of them.

Comments, formatting, docstrings, the order of definitions and what a task does not reach do not count; anything that can
change what it computes does, and where that cannot be told, it counts. Not seen, by design: data files, environment
variables and the network; code of compiled libraries whose version stays the same; objects changed from outside, by another
task in the same process or by a patched library; classes that only a pickle names; ``if __name__ == "__main__"``; what a
``DAG`` block of the file builds; side effects of importing a library that is not used by name; the libraries that a library
uses in turn; docstrings that a library reads; scripts that are started as processes; folders of more than 3,000 files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from dtscheduler.running.sources.facts import CodeFacts, Definition

__all__ = ["CodeFacts", "Definition", "code_key", "file_code", "function_code", "kept_fingerprint"]

_KEPT = "code."


def file_code(work_dir: str | None, entrypoint: str, python: str = sys.executable) -> CodeFacts:
    """Find what an entrypoint reaches, from the files and without importing them.

    Args:
        work_dir: folder of the user's files; an empty one is the current folder, None is none.
        entrypoint: ``'package.file.function'``, or ``'package.file'`` of a file with ``__batch_main__``.
        python: the interpreter that will execute it; its version and what is installed for it count.
    """
    from dtscheduler.running.sources import catalog  # what reads code is imported where code is read

    return catalog.file_code(work_dir, entrypoint, python)


def function_code(function: Callable[..., Any]) -> CodeFacts:
    """Find what a function reaches that no file of a work dir holds: by its byte code and all it refers to."""
    from dtscheduler.running.sources import catalog

    return catalog.function_code(function)


def code_key(fingerprint: str) -> str:
    """The key under which a function is kept by value."""
    return f"{_KEPT}{fingerprint}"


def kept_fingerprint(key: str) -> str:
    """The fingerprint of a function that is kept by value, from its key; the cache adds whose it is."""
    return key.removeprefix(_KEPT).partition("@")[0]
