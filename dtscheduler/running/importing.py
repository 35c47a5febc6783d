"""What marks an entrypoint, and whether user code is being imported just to find them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MARK = "__dtscheduler_batch__"
MAIN = "__batch_main__"

_importing: ContextVar[bool] = ContextVar("dtscheduler_importing", default=False)


def importing() -> bool:
    """Whether user code is being imported to find its entrypoints, and so must not save or run anything."""
    return _importing.get()


@contextmanager
def quiet_import() -> Iterator[None]:
    """While user code is imported, DAGs in it are built but neither saved nor run."""
    token = _importing.set(True)
    try:
        yield
    finally:
        _importing.reset(token)
