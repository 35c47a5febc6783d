"""The rules of style for what only the picture of a timeline has."""

from __future__ import annotations

from collections.abc import Sequence

from dtscheduler.drawing.looks import PAPERS, Paper, Theme


def timeline_styles(theme: Theme) -> str:
    """Rules for what only a timeline has; like all rules they name the theme."""
    root = f".dts-{theme.value}"
    shapes = (
        ".name{font-size:12.5px;font-weight:600}",
        ".name.part{font-weight:400}",
        ".tick,.took{font-size:11px;font-variant-numeric:tabular-nums}",
        ".tick{text-anchor:middle}",
        ".tick.last{font-weight:600}",
        ".took{text-anchor:end}",
        ".wait{fill-opacity:.4}",
        ".grid,.now,.ended,.bracket{stroke-width:1}",
        ".now{stroke-dasharray:4 3}",
        ".bracket{stroke-width:1.5}",
        ".link{stroke-width:1.5;stroke-linejoin:round}",
        ".decisive{stroke-width:1.75}",
        ".density{fill-opacity:.4;stroke-width:1}",
    )
    paper = PAPERS[Theme.DARK if theme is Theme.DARK else Theme.LIGHT]
    rules = "".join(f"{root} {rule}" for rule in (*_each(shapes), *_each(_colours(paper))))
    if theme is Theme.AUTO:
        dark = "".join(f"{root} {rule}" for rule in _each(_colours(PAPERS[Theme.DARK])))
        rules += f"@media (prefers-color-scheme:dark){{{dark}}}"
    return rules


def _colours(paper: Paper) -> tuple[str, ...]:
    return (
        f".stripe{{fill:{paper.card}}}",
        f".grid{{stroke:{paper.border};stroke-opacity:.6}}",
        f".now,.ended,.bracket{{stroke:{paper.line}}}",
        f".tick{{fill:{paper.muted}}}",
        f".tick.last{{fill:{paper.text}}}",
        f".link,.decisive{{stroke:{paper.strong}}}",
        f".density{{fill:{paper.line};stroke:{paper.line}}}",
        f".sample{{fill:{paper.line}}}",
        ".sample.decisive{fill:none}",
    )


def _each(rules: Sequence[str]) -> list[str]:
    """Rules with one selector each, so that all of them can name the theme."""
    found = []
    for rule in rules:
        selectors, _, body = rule.partition("{")
        found += [f"{selector}{{{body}" for selector in selectors.split(",")]
    return found
