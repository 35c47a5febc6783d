"""What stands below a timeline: what its signs mean, and what no row shows."""

from __future__ import annotations

from dtscheduler.drawing.lanes import Lane, Row
from dtscheduler.drawing.lettering import fitted, width_of
from dtscheduler.drawing.markup import Markup, element, joined, number
from dtscheduler.drawing.sheet import LEGEND_SIZE, MARGIN, legend
from dtscheduler.drawing.timeline import Timeline

EARLIER, WAIT = 9.0, 4.0


def foot_of(timeline: Timeline, y: float, sheet_width: float) -> tuple[Markup, float]:
    """The legend of what occurs, and what no row shows; and how high that is, in pixels, as is its place."""
    width = sheet_width - 2 * MARGIN
    keys, height = legend(timeline.counts, x=MARGIN, y=y, width=width)
    signs = _signs(timeline, sheet_width)
    if signs:
        height += 8 if height else 0
        x = MARGIN
        for sign, words in signs:
            keys = joined(
                keys,
                element("g", sign, transform=f"translate({number(x)} {number(y + height + 2)})"),
                element("text", words, class_="key", x=x + 26, y=y + height + 12),
            )
            x += 26 + width_of(words, LEGEND_SIZE) + 20
        height += 18
    lines = []
    for note in timeline.notes:
        height += 18
        words = fitted(note, width, LEGEND_SIZE)
        lines.append(element("text", words, class_="note", x=MARGIN, y=y + height))
    return joined(keys, *lines), height


def _signs(timeline: Timeline, sheet_width: float) -> list[tuple[Markup, str]]:
    """What else is drawn, as small samples in a box of 18 x 14, and what it means."""
    bars = [bar for row in timeline.rows if isinstance(row, Row) for bar in row.bars]
    signs = []
    if len({(bar.task, bar.part) for bar in timeline.bars}) > 1 and any(bar.critical for bar in bars):
        outline = element("rect", class_="sample decisive", x=1, y=1, width=16, height=11, rx=3)
        signs.append((outline, "decided when the run ended" if not timeline.going else "decides so far"))
    if any(bar.waited * sheet_width > timeline.seconds for bar in bars):
        signs.append((element("rect", class_="sample wait", x=0, y=5, width=18, height=WAIT, rx=2), "waited"))
    if any(not bar.latest for bar in bars):
        thin = element("rect", class_="sample", x=0, y=2.5, width=18, height=EARLIER, rx=3)
        signs.append((thin, "earlier attempt"))
    if any(isinstance(row, Lane) for row in timeline.rows):
        signs.append((element("path", class_="density", d="M0 13V8H5V2H12V6H18V13z"), "how many ran at a time"))
    return signs
