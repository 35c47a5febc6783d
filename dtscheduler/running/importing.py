"""What marks an entrypoint, and whether user code is being imported just to find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

MARK = "__dtscheduler_batch__"
MAIN = "__batch_main__"
_MARKING = str(Path(__file__).parent.parent / "api" / "batch.py")

_importing: ContextVar[bool] = ContextVar("dtscheduler_importing", default=False)


def importing() -> bool:
    """Whether user code is being imported to find its entrypoints, and so must not save or run anything."""
    return _importing.get()


def unmarked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that ``@batch`` marked, with the user's own decorators, whatever they wrap."""
    while getattr(getattr(function, "__code__", None), "co_filename", "") == _MARKING:
        function = function.__wrapped__  # type: ignore[attr-defined] # functools.wraps in there says what it wraps
    return function


@contextmanager
def quiet_import() -> Iterator[None]:
    """While user code is imported, DAGs in it are built but neither saved nor run."""
    token = _importing.set(True)
    try:
        yield
    finally:
        _importing.reset(token)
