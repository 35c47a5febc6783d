"""Why a run failed, as users hold it: failures that are the same error, and what sets them apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import overload

from dtscheduler.model.shown import printable
from dtscheduler.triage.grouping import FailureGroup

MOST_GROUPS = 30


class Failures(Sequence[FailureGroup]):
    """The failures of a run, grouped by their error, the largest group first; it shows itself, a line a group."""

    def __init__(self, groups: Sequence[FailureGroup]) -> None:
        self._groups = tuple(groups)

    @overload
    def __getitem__(self, place: int) -> FailureGroup: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[FailureGroup]: ...
    def __getitem__(self, place: int | slice) -> FailureGroup | Sequence[FailureGroup]:
        return self._groups[place]

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[FailureGroup]:
        return iter(self._groups)

    def __repr__(self) -> str:
        return "\n".join(map(said, self._groups)) or "no failures"

    def _repr_html_(self) -> str:
        from dtscheduler.model.tables import html_table, left_out

        if not self._groups:
            return html_table(["no failures"])
        cells = [_cells(group) for group in self._groups[:MOST_GROUPS]]
        more = left_out(len(self._groups), len(cells), "errors")
        return html_table((), ("task", "failed", "error", "set apart by"), cells, more)


def _cells(group: FailureGroup) -> tuple[str, ...]:
    failed = f"{group.count:,} of {group.total:,} parts" if group.total > 1 else ""
    error = re.sub(r"^[0-9,]+ parts?: ", "", group.title)
    return group.task_name, failed, error, group.set_apart


def said(group: FailureGroup) -> str:
    """One line: "cells: 3 of 12 parts: ZeroDivisionError in size(), all with month=2"."""
    text = group.title if group.total == 1 else re.sub(r" parts?\b", f" of {group.total:,} parts", group.title, count=1)
    apart = f", {group.set_apart}" if group.set_apart else ""
    return f"{printable(group.task_name)}: {text}{apart}"
