"""The results of the parts of a ParallelTask: a list that knows which part each is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

MOST_PARTS = 30
LONGEST_NAME, LONGEST_PREVIEW = 200, 300


class PartResults(list[Any]):
    """What the parts returned, in their order: a list in every respect, which shows itself in a notebook as a table.

    A copy, a slice and what is unpickled are plain lists. Once it has been changed it shows itself as a plain list too.

    Args:
        results: one a part.
        names: of the parts, ``names`` afterwards.
        previews: the results as short texts; secrets in them are masked when they are shown.
    """

    def __init__(self, results: Iterable[Any], names: Sequence[str], previews: Sequence[str]) -> None:
        super().__init__(results)
        if not len(self) == len(names) == len(previews):
            raise ValueError(f"{len(self)} results, {len(names)} names and {len(previews)} previews")
        self.names = tuple(names)
        self._previews = tuple(previews[:MOST_PARTS])  # the others are not kept alive for nothing
        self._of_parts = tuple(map(id, self))

    def __reduce__(self) -> tuple[type[list[Any]], tuple[list[Any]]]:
        return list, (list(self),)

    def __reduce_ex__(self, protocol: Any) -> tuple[type[list[Any]], tuple[list[Any]]]:
        return self.__reduce__()

    def copy(self) -> list[Any]:
        """A plain list of the same results."""
        return list(self)

    def _repr_html_(self) -> str | None:
        from dtscheduler.model.tables import html_table, left_out
        from dtscheduler.model.text import one_line, shortened

        if tuple(map(id, self)) != self._of_parts:
            return None
        shown = zip(self.names, self._previews, strict=False)
        cells = [(shortened(name, LONGEST_NAME), one_line(preview, LONGEST_PREVIEW)) for name, preview in shown]
        count = f"{len(self):,} part{'' if len(self) == 1 else 's'}"
        return html_table([count], ("part", "result"), cells, left_out(len(self), len(cells)))
