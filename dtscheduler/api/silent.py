"""What ``save()`` and ``run()`` return while a worker imports user code: an object that does nothing, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any


class Silent:
    """Answers every attribute, call and item with itself, is empty and false, and reads as "not run here"."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: object, **kwargs: object) -> Silent:
        return self

    def __getitem__(self, key: object) -> Silent:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "<not run here: this file is only being imported>"
