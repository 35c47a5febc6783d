"""What every SVG picture has: its frame with title and description, its style sheet, badges and the legend."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dtscheduler.drawing.lettering import width_of
from dtscheduler.drawing.looks import MOST_TELLING, PAPERS, Look, Paper, Theme, Tone, look_of
from dtscheduler.drawing.markup import NOTHING, Markup, element, joined, number
from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import one_line

MARGIN = 24.0
LEGEND_SIZE, TITLE_SIZE = 11.5, 15.0
_FONTS = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_SHAPES = (
    f"font-family:{_FONTS};font-size:13px",
    "path{fill:none}",
    ".label{font-weight:600;font-size:13px}",
    ".detail,.note,.key{font-size:11px}",
    ".key,.note{font-size:11.5px}",
    ".title{font-weight:650;font-size:15px}",
    ".card{stroke-width:1.25}",
    ".edge{stroke-width:1.4}",
    ".glyph{stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}",
    ".did_not_run .card{stroke-dasharray:4 3}",
    ".critical .card{stroke-width:2.4}",
    ".critical .edge{stroke-width:2.6}",
)


def framed(
    body: Sequence[Markup], *, width: float, height: float, theme: Theme, title: str, description: str, css: str
) -> Markup:
    """The whole picture. Nothing in it is loaded from elsewhere, nothing in it runs."""
    return element(
        "svg",
        element("title", one_line(title, 400)),
        element("desc", description),
        element("style", css),
        element("rect", class_="page", width=width, height=height, rx=10),
        *body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
        class_=f"dts dts-{theme.value}",
    )


def stylesheet(theme: Theme, statuses: Collection[TaskStatus]) -> str:
    """The rules for the statuses that occur; ``auto`` follows the reader's preference.

    Every rule names the theme, so that pictures of several themes can stand in one page.
    """
    root = f".dts-{theme.value}"
    found = sorted(statuses, key=MOST_TELLING.index)
    base = Theme.DARK if theme is Theme.DARK else Theme.LIGHT
    rules = [f"{root}{{{_SHAPES[0]}}}", *_scoped(root, _SHAPES[1:]), *_scoped(root, _colours(base, found))]
    if theme is Theme.AUTO:
        dark = "".join(_scoped(root, _colours(Theme.DARK, found)))
        rules.append(f"@media (prefers-color-scheme:dark){{{dark}}}")
    return "".join(rules)


def badge(status: TaskStatus, x: float, y: float, radius: float = 10.0) -> Markup:
    """The sign of a status: a disc with its middle at (x, y), and the glyph on it."""
    scale = radius / 10
    place = f"translate({number(x - 8 * scale)} {number(y - 8 * scale)})"
    return joined(
        element("circle", class_="badge", cx=x, cy=y, r=radius),
        element(
            "path",
            class_="glyph",
            d=look_of(status).path,
            transform=place if scale == 1 else f"{place} scale({number(scale)})",
        ),
    )


def legend(counts: Sequence[tuple[TaskStatus, int]], *, x: float, y: float, width: float) -> tuple[Markup, float]:
    """Signs and words of the statuses that occur, in lines that begin at (x, y); also how high that is."""
    if not counts:
        return NOTHING, 0.0
    keys = []
    left, top = x, y
    for status, count in counts:
        said = f"{count:,} {look_of(status).word}"
        needed = 20 + width_of(said, LEGEND_SIZE) + 20
        if left > x and left + needed > x + width:
            left, top = x, top + 22
        words = element("text", said, class_="key", x=left + 20, y=top + 12)
        keys.append(element("g", badge(status, left + 8, top + 8, 7.5), words, class_=status.value))
        left += needed
    return joined(*keys), top + 18 - y


def _scoped(root: str, rules: Sequence[str]) -> list[str]:
    found = []
    for rule in rules:
        selectors, _, body = rule.partition("{")
        found.append(",".join(f"{root} {selector}" for selector in selectors.split(",")) + "{" + body)
    return found


def _colours(theme: Theme, statuses: Sequence[TaskStatus]) -> list[str]:
    rules = _paper_rules(PAPERS[theme])
    for status in statuses:
        rules += _status_rules(status.value, _tone(look_of(status), theme), PAPERS[theme])
    return rules


def _paper_rules(paper: Paper) -> list[str]:
    return [
        f".page{{fill:{paper.page}}}",
        f"text{{fill:{paper.text}}}",
        f".detail,.note,.key{{fill:{paper.muted}}}",
        f".card{{fill:{paper.card};stroke:{paper.border}}}",
        f".edge{{stroke:{paper.line}}}",
        f".tip,.dot{{fill:{paper.line}}}",
        f".rule{{stroke:{paper.border}}}",
        f".critical .edge{{stroke:{paper.strong}}}",
        f".critical .tip,.critical .dot{{fill:{paper.strong}}}",
        f".critical .card{{stroke:{paper.strong}}}",
    ]


def _status_rules(name: str, tone: Tone, paper: Paper) -> list[str]:
    return [
        f".{name} .card{{fill:{tone.fill};stroke:{tone.solid}}}",
        f".{name} .badge{{fill:{tone.ink}}}",
        f".{name} .glyph{{stroke:{tone.fill}}}",
        f".{name} .detail{{fill:{tone.ink}}}",
        f".{name}.solid,.{name} .solid{{fill:{tone.solid}}}",
        f".{name}.critical .card{{stroke:{paper.strong}}}",
    ]


def _tone(look: Look, theme: Theme) -> Tone:
    return look.dark if theme is Theme.DARK else look.light
