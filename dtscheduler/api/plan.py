"""What a run would do, as users hold it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from dtscheduler.api import checks
from dtscheduler.api.code import settled
from dtscheduler.api.place import workspace
from dtscheduler.api.when import as_rundate
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.job import Reuse
from dtscheduler.model.shown import printable
from dtscheduler.running.reasons import Fate

if TYPE_CHECKING:
    import pandas

    from dtscheduler.api.dag import DAG
    from dtscheduler.model.job import JobSpec
    from dtscheduler.planning import Foresight, Rerun
    from dtscheduler.running.estimate import Estimate
    from dtscheduler.running.lookup import KnownCode
    from dtscheduler.workspace import Workspace

MOST_ROWS = 60
MOST_ROWS_ON_A_PAGE = 36
MOST_REASONS = 2


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What becomes of a task, or of those parts of a fan-out that have the same fate for the same reason.

    ``parts`` names the parts; of a plain task it is empty.
    """

    task: str
    parts: tuple[str, ...]
    fate: Fate
    reason: str

    @property
    def count(self) -> int:
        """How many parts; 1 for a plain task."""
        return len(self.parts) or 1


class Plan:
    """What a run would do: what is reused, what runs, what is not known yet, each with the reason.

    ``dag.run(plan=plan)`` or ``run.rerun(plan=plan)`` does exactly that, and refuses if the job, its code or what can
    be reused has changed meanwhile. It shows itself as a sentence, and as a table when printed.
    """

    def __init__(self, foresight: Foresight, place: Workspace, rerun: Rerun | None = None) -> None:
        self._foresight, self._workspace, self._rerun = foresight, place, rerun

    @property
    def rundate(self) -> date:
        """The date that the run would be for."""
        return self._foresight.plan.rundate

    @property
    def compared_with(self) -> int | None:
        """The number of the run that the reasons compare with: the latest of the job, or the one that is repeated."""
        return self._foresight.earlier

    @property
    def estimate(self) -> Estimate:
        """About how long it takes on this machine, from what earlier runs took: ``median_seconds``, ``p90_seconds``."""
        return self._foresight.estimate

    @property
    def differences(self) -> tuple[str, ...]:
        """Of a rerun of another version: what that does otherwise than the one that ran, a phrase each."""
        return self._rerun.differences if self._rerun else ()

    @property
    def reused(self) -> int:
        """How many parts take a result that is there."""
        return self._counts[Fate.REUSED]

    @property
    def to_run(self) -> int:
        """How many parts will be computed."""
        return self._counts[Fate.TO_RUN]

    @property
    def unknown(self) -> int:
        """How many parts will be computed only if what they wait for comes out otherwise than before."""
        return self._counts[Fate.UNKNOWN]

    @property
    def _counts(self) -> Counter[Fate]:
        return Counter(outlook.fate for outlook in self._foresight.outlooks)

    def rows(self) -> list[PlanRow]:
        """The plan as rows, in the order of the tasks; parts of a fan-out are grouped by fate and reason."""
        grouped: dict[tuple[int, Fate, str], list[int]] = {}
        for outlook in self._foresight.outlooks:
            grouped.setdefault((outlook.task, outlook.fate, outlook.reason), []).append(outlook.part)
        return [self._row(task, fate, reason, parts) for (task, fate, reason), parts in grouped.items()]

    def _row(self, task: int, fate: Fate, reason: str, parts: Sequence[int]) -> PlanRow:
        spec = self._foresight.plan.spec.tasks[task]
        names = tuple(spec.parts[part].name for part in parts) if spec.parallel else ()
        return PlanRow(spec.name, names, fate, reason)

    def frame(self) -> pandas.DataFrame:
        """The plan as a DataFrame, one row a part: ``task, part_name, fate`` (category), ``reason``."""
        import pandas as pd

        tasks = self._foresight.plan.spec.tasks
        outlooks = self._foresight.outlooks
        return pd.DataFrame(
            {
                "task": [tasks[outlook.task].name for outlook in outlooks],
                "part_name": [tasks[outlook.task].parts[outlook.part].name for outlook in outlooks],
                "fate": pd.Categorical([str(o.fate) for o in outlooks], categories=[str(fate) for fate in Fate]),
                "reason": [outlook.reason for outlook in outlooks],
            }
        )

    def __repr__(self) -> str:
        return f"<Plan of {self._foresight.plan.spec.name!r}: {self.summary}>"

    @property
    def summary(self) -> str:
        """One sentence: "1 reused, 7 to run (code changed: ...), about 40 s"."""
        counts = [(self.reused, "reused"), (self.to_run, "to run"), (self.unknown, "unknown until upstream")]
        texts = [f"{count:,} {word}" for count, word in counts if count]
        to_run = [outlook.reason for outlook in self._foresight.outlooks if outlook.fate is Fate.TO_RUN]
        reasons = Counter(phrase for reason in to_run for phrase in reason.split("; "))
        if reasons:
            named = "; ".join(printable(phrase) for phrase, _ in reasons.most_common(MOST_REASONS))
            place = next(n for n, text in enumerate(texts) if text.endswith("to run"))
            texts[place] += f" ({named}{'; ...' if len(reasons) > MOST_REASONS else ''})"
        if self.to_run or self.unknown:
            texts.append(str(self.estimate))
        return ", ".join(texts)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        name = printable(self._foresight.plan.spec.name)
        yield f"{name} for {self.rundate}: {self.summary}"
        if self.differences:
            yield f"the version that would run differs: {'; '.join(map(printable, self.differences))}"
        rows = self.rows()
        cells = [(_label(row), str(row.fate), printable(row.reason)) for row in rows[:MOST_ROWS]]
        widths = [max((len(cell[place]) for cell in cells), default=0) for place in (0, 1)]
        for task, fate, reason in cells:
            yield f"  {task:<{widths[0]}}  {fate:<{widths[1]}}  {reason}"
        if len(rows) > MOST_ROWS:
            yield f"  ... and {len(rows) - MOST_ROWS} rows more: see plan.frame()"

    def _repr_html_(self) -> str:
        from dtscheduler.model.tables import html_table, left_out

        rows = self.rows()
        caption = list(islice(self._lines(), 2 if self.differences else 1))
        cells = [(_label(row), sign_of(row.fate), row.reason) for row in rows[:MOST_ROWS_ON_A_PAGE]]
        more = left_out(len(rows), len(cells), "rows: see plan.frame()")
        return html_table(caption, ("task", "", "why"), cells, more)

    @property
    def foresight(self) -> Foresight:
        """All that is known, as plain values."""
        return self._foresight

    @property
    def workspace(self) -> Workspace:
        """Where it holds."""
        return self._workspace

    @property
    def rerun(self) -> Rerun | None:
        """The rerun that it is the plan of, if it is one."""
        return self._rerun


def plan_dag(dag: DAG, *, rundate: date | str | None, reuse: str | None) -> Plan:
    """What a run of a DAG would do now; see ``DAG.plan``."""
    place = workspace()
    return plan_spec(place, *settled(dag, place), rundate=rundate, reuse=reuse)


def plan_spec(
    place: Workspace, spec: JobSpec, known: Mapping[int, KnownCode], *, rundate: date | str | None, reuse: str | None
) -> Plan:
    """What a run of a job would do now; see ``DAG.plan``."""
    run_date = as_rundate(rundate)
    if reuse is not None:
        spec = replace(spec, reuse=checks.member(reuse, f"plan of DAG {spec.name!r}", "reuse", Reuse))
    return Plan(place.plan(spec, known, rundate=run_date), place)


def check_plan(plan: object, where: str) -> Plan:
    """The plan that was given. Raises ``InvalidJobError`` where it is something else."""
    if isinstance(plan, Plan):
        return plan
    raise InvalidJobError(f"{where}: plan must be what plan() returned, not {type(plan).__name__}")


def sign_of(fate: Fate) -> str:
    """A fate with its glyph: "↻ reused"."""
    from dtscheduler.drawing.looks import look_of
    from dtscheduler.model.status import TaskStatus

    status = {Fate.REUSED: TaskStatus.REUSED, Fate.TO_RUN: TaskStatus.RUNNING, Fate.UNKNOWN: TaskStatus.PENDING}
    return f"{look_of(status[fate]).glyph} {fate}"


def _label(row: PlanRow) -> str:
    if not row.parts:
        return printable(row.task)
    shown = printable(row.parts[0]) if len(row.parts) == 1 else f"×{len(row.parts):,}"
    return f"{printable(row.task)} {shown}"
