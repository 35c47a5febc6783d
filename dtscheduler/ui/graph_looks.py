"""How states look on a page: those of runs and task runs, and what a plan foresees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dtscheduler.drawing.looks import MOST_TELLING, PAPERS, Look, Paper, Theme, Tone, look_of
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.running.reasons import Fate

FATES = {Fate.TO_RUN: "to_run", Fate.UNKNOWN: "unknown", Fate.REUSED: "reused"}

LOOKS: Mapping[str, Look] = {status.value: look_of(status) for status in (*RunStatus, *MOST_TELLING)} | {
    FATES[Fate.TO_RUN]: replace(look_of(TaskStatus.RUNNING), word=Fate.TO_RUN.value),
    FATES[Fate.UNKNOWN]: replace(look_of(TaskStatus.READY), word=Fate.UNKNOWN.value),
}
# of a plan, what will be computed says more than what is there already
_ORDER = {key: rank for rank, key in enumerate(["to_run", "unknown", *(status.value for status in MOST_TELLING)])}


def most_telling(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Looks and how many have them, the most telling first."""
    return sorted(counts.items(), key=lambda pair: _ORDER[pair[0]])


def wired_looks() -> dict[str, Any]:
    """Looks as ``{"failed": {"word", "path", "light": {"ink", "fill", "solid"}, "dark"}}``, and the papers beside them."""
    return {
        "looks": {key: _look(look) for key, look in LOOKS.items()},
        "papers": {theme.value: _paper(PAPERS[theme]) for theme in (Theme.LIGHT, Theme.DARK)},
    }


def _look(look: Look) -> dict[str, Any]:
    return {"word": look.word, "path": look.path, "light": _tone(look.light), "dark": _tone(look.dark)}


def _tone(tone: Tone) -> dict[str, str]:
    return {"ink": tone.ink, "fill": tone.fill, "solid": tone.solid}


def _paper(paper: Paper) -> dict[str, str]:
    return {
        "page": paper.page,
        "text": paper.text,
        "muted": paper.muted,
        "line": paper.line,
        "card": paper.card,
        "border": paper.border,
        "strong": paper.strong,
    }
