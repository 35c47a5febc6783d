"""Two runs beside each other, as users hold the comparison."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.shown import printable
from dtscheduler.reports.comparing import Side, TaskComparison, Verdict, compared

if TYPE_CHECKING:
    import pandas

MOST_ROWS = 36
COLUMNS = ("task", "parts", "differ", "verdict", "difference", "why")


class Comparison:
    """What two runs of a job have in common: a row a task, and the first whose result differs.

    Args:
        run_a: Number of the one run.
        run_b: Number of the other.
        rows: Of all tasks, each after those it waits for.
        tol: Up to which difference floats count as equal.
    """

    def __init__(self, run_a: int, run_b: int, rows: list[TaskComparison], tol: float) -> None:
        self.run_a, self.run_b, self.tol, self._rows = run_a, run_b, tol, tuple(rows)

    @property
    def same(self) -> bool:
        """Whether both runs have the same tasks and parts with the same results."""
        return self.first is None

    @property
    def first(self) -> TaskComparison | None:
        """The first task that differs; what differs after it may be no more than its consequence."""
        return next((row for row in self._rows if not row.verdict.alike), None)

    def rows(self) -> list[TaskComparison]:
        """One a task: ``task``, ``parts`` compared, ``differ``, ``verdict``, ``difference``, ``why``."""
        return list(self._rows)

    def frame(self) -> pandas.DataFrame:
        """The rows as a DataFrame; its columns are ``task, parts, differ, verdict, difference, why``."""
        import pandas as pd

        cells = [[getattr(row, name) for name in COLUMNS] for row in self._rows]
        frame = pd.DataFrame(cells, columns=list(COLUMNS))
        verdicts = [verdict.value for verdict in Verdict]
        frame["verdict"] = pd.Categorical([row.verdict.value for row in self._rows], categories=verdicts)
        return frame

    def __repr__(self) -> str:
        return printable(self._sentence())

    def _repr_html_(self) -> str:
        from dtscheduler.model.tables import html_table, left_out

        if not self._rows:
            return html_table([repr(self)])
        cells = [[str(getattr(row, name)) for name in COLUMNS] for row in self._rows[:MOST_ROWS]]
        return html_table([repr(self)], COLUMNS, cells, left_out(len(self._rows), len(cells), "tasks: see frame()"))

    def _sentence(self) -> str:
        first = self.first
        if first is None:
            return self._agreement()
        why = f" ({first.why})" if first.why and first.why != first.difference else ""
        others = sum(not row.verdict.alike for row in self._rows) - 1
        also = (
            f"; {others:,} task{'s' if others > 1 else ''} after it differ{'' if others > 1 else 's'} too"
            if others
            else ""
        )
        return f"task {first.task!r} {_HOW[first.verdict]}: {first.difference}{why}{also}"

    def _agreement(self) -> str:
        parts = sum(row.parts for row in self._rows)
        without = sum(row.verdict is Verdict.NO_RESULT for row in self._rows)
        within = f" within {self.tol:g}" if self.tol else ""
        lacking = f"; {without:,} of them without a result in either" if without else ""
        tasks = f"{len(self._rows):,} task{'' if len(self._rows) == 1 else 's'}"
        return (
            f"runs {self.run_a} and {self.run_b} have the same results{within}: "
            f"{tasks}, {parts:,} part{'' if parts == 1 else 's'}{lacking}"
        )


_HOW = {
    Verdict.DIFFERS: "differs first",
    Verdict.NOT_COMPLETED: "is the first without a result in both runs",
    Verdict.ONLY_IN_ONE: "is the first that is in one run only",
    Verdict.UNKNOWN: "is the first that cannot be compared",
}


def compare(run_a: Run | int, run_b: Run | int, tol: float = 0.0) -> Comparison:
    """Find the first task whose result differs between two runs, and why.

    Tasks and parts are matched by their names. Results with equal digests are equal; the others are loaded, one pair at
    a time, and compared: numbers, texts, dates, containers, dataclasses, arrays and frames value by value.

    Args:
        run_a: A run, or its number.
        run_b: Another one.
        tol: Floats are equal if they differ by at most this, or by at most this share of the larger one.

    Raises:
        NotFoundError: There is no such run.
        InvalidJobError: The tolerance is negative, or not a number.
    """
    if isinstance(tol, bool) or not isinstance(tol, int | float) or not 0 <= tol < math.inf:
        raise InvalidJobError(f"tol is {tol!r:.60}; it must be a number of at least 0, such as 1e-9")
    before, after = _side(run_a), _side(run_b)
    return Comparison(before.run.id, after.run.id, compared(before, after, float(tol)), float(tol))


def _side(run: Run | int) -> Side:
    if isinstance(run, Run):
        return Side(run.workspace, run.id)
    return Side(workspace(), run)
