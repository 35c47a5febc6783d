"""What is shown of a plan: a sentence, a row for each task and fate, and the estimate."""

from __future__ import annotations

from dataclasses import dataclass

from dtscheduler.api.plan import Plan, PlanRow, sign_of
from dtscheduler.model.shown import printable

MOST_ROWS = 2000
MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """What becomes of a task, or of some of its parts: ``parts`` names a few and counts, ``fate`` has its glyph."""

    task: str
    parts: str
    fate: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan in words: a sentence with the estimate, what it is for, and lines; ``more`` counts those left out."""

    sentence: str
    about: str
    differences: tuple[str, ...]
    lines: tuple[PlanLine, ...]
    more: int


def plan_view(plan: Plan) -> PlanView:
    """What is shown of a plan; of one with very many lines the first 2,000."""
    rows = plan.rows()
    compared = f", compared with run {plan.compared_with}" if plan.compared_with else ""
    return PlanView(
        sentence=plan.summary,
        about=f"For the rundate {plan.rundate}{compared}",
        differences=tuple(map(printable, plan.differences)),
        lines=tuple(map(_line, rows[:MOST_ROWS])),
        more=max(0, len(rows) - MOST_ROWS),
    )


def _line(row: PlanRow) -> PlanLine:
    return PlanLine(
        task=printable(row.task), parts=_parts(row.parts), fate=sign_of(row.fate), reason=printable(row.reason)
    )


def _parts(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    named = ", ".join(map(printable, names[:MOST_NAMED]))
    return named if len(names) <= MOST_NAMED else f"{len(names):,}: {named}, …"
