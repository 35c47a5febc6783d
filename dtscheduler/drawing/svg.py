"""A diagram as a picture that stands alone: SVG without scripts and without anything loaded from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from dtscheduler.drawing.cards import STACK, Card, card_of
from dtscheduler.drawing.crossing import Point
from dtscheduler.drawing.diagram import Diagram, Node, NodeKind, summary
from dtscheduler.drawing.layout import Box, Direction, Layout, laid_out
from dtscheduler.drawing.lettering import fitted, width_of
from dtscheduler.drawing.looks import MOST_TELLING, Theme
from dtscheduler.drawing.markup import NOTHING, Markup, element, joined, number
from dtscheduler.drawing.sheet import LEGEND_SIZE, MARGIN, TITLE_SIZE, badge, framed, legend, stylesheet
from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import one_line

_ROUND = 9
_TIP, _TIP_WIDTH = 7.0, 4.0
_SMALLEST, _CAPTION = 260.0, 760.0
LINE = 18


def svg(
    diagram: Diagram,
    *,
    theme: str = "auto",
    title: str = "",
    caption: Sequence[str] = (),
    direction: Direction = Direction.RIGHT,
) -> str:
    """Draw a diagram.

    Args:
        diagram: Of a job or a run.
        theme: ``"light"``, ``"dark"``, or ``"auto"``: what the reader's browser prefers.
        title: A heading; it also names the picture for screen readers.
        caption: Lines below the heading; what does not fit into 760 pixels is cut.
        direction: Which way edges lead.
    """
    chosen = Theme(theme)
    cards = {node.id: card_of(node) for node in diagram.nodes}
    layout = laid_out(diagram, {key: (card.width, card.height) for key, card in cards.items()}, direction=direction)
    heading = one_line(title, 200)
    counts = _counts(diagram.nodes)
    lines = [fitted(one_line(line, 400), max(layout.width, _CAPTION), LEGEND_SIZE) for line in caption]
    under = MARGIN + (TITLE_SIZE + 16 if heading else 0)
    top = under + LINE * len(lines)
    letters = (width_of(heading, TITLE_SIZE, bold=True), *(width_of(line, LEGEND_SIZE) for line in lines))
    width = max(layout.width, _SMALLEST, *letters)
    drawing = element(
        "g",
        *_edges(layout, diagram),
        *(_node(node, cards[node.id], layout.boxes[node.id]) for node in diagram.nodes),
        transform=f"translate({number(MARGIN)} {number(top)})",
    )
    foot, foot_height = _foot(diagram, counts, top + layout.height + 24, width)
    body = [
        element("text", heading, class_="title", x=MARGIN, y=MARGIN + TITLE_SIZE - 2) if heading else NOTHING,
        *(_line(line, under + LINE * place) for place, line in enumerate(lines)),
        drawing,
        foot,
    ]
    return framed(
        body,
        width=width + 2 * MARGIN,
        height=top + layout.height + foot_height + MARGIN,
        theme=chosen,
        title=heading or "Tasks and what they wait for",
        description=". ".join((*(line.rstrip(".") for line in lines), described(diagram))),
        css=stylesheet(chosen, [status for status, _ in counts]),
    )


def described(diagram: Diagram) -> str:
    """Say in a sentence or two what is to be seen."""
    nodes = [node for node in diagram.nodes if node.kind is not NodeKind.JUNCTION]
    if not nodes:
        return "no tasks"
    said = ", ".join(
        f"{count:,} {word}{'' if count == 1 else 's'}"
        for count, word in ((len(nodes), "node"), (len(diagram.edges), "edge"))
    )
    return ". ".join(part for part in (said, summary(_counts(nodes)), diagram.note) if part)


def _counts(nodes: Iterable[Node]) -> list[tuple[TaskStatus, int]]:
    found: Counter[TaskStatus] = Counter()
    for node in nodes:
        for status, count in node.counts:
            found[status] += count
    return [(status, found[status]) for status in MOST_TELLING if status in found]


def _foot(diagram: Diagram, counts: list[tuple[TaskStatus, int]], y: float, width: float) -> tuple[Markup, float]:
    keys, height = legend(counts, x=MARGIN, y=y, width=width)
    lines = [] if diagram.nodes else ["no tasks"]
    if any(edge.critical for edge in diagram.edges):
        lines.append("bold: the path that decided when the run ended")
    if diagram.note:
        lines.append(diagram.note)
    said = []
    for line in lines:
        height += LINE if height else LEGEND_SIZE
        said.append(_line(line, y + height))
    return joined(keys, *said), height + 24 if height else 0.0


def _line(text: str, y: float) -> Markup:
    return element("text", text, class_="note", x=MARGIN, y=y)


def _node(node: Node, card: Card, box: Box) -> Markup:
    place = f"translate({number(box.x)} {number(box.y)})"
    marks = "critical" if node.critical else ""
    if node.kind is NodeKind.JUNCTION:
        dot = element("circle", class_="dot", cx=box.width / 2, cy=box.height / 2, r=box.width / 2)
        return element("g", dot, class_=marks or None, transform=place)
    width, height = card.width, card.height
    behind = []
    if node.fan_out:
        width, height = width - 2 * STACK, height - 2 * STACK
        behind = [_card(width, height, STACK * step) for step in (2, 1)]
    bar = _bar(node, card.left, width - card.left - 12, height - 13) if node.fan_out and node.counts else NOTHING
    middle = (height - (8 if bar else 0)) / 2
    return element(
        "g",
        element("title", "\n".join(node.about)),
        *behind,
        _card(width, height, 0),
        NOTHING if node.status is None else badge(node.status, 21, height / 2),
        element("text", card.label, class_="label", x=card.left, y=middle - 2),
        element("text", card.detail, class_="detail", x=card.left, y=middle + 14),
        bar,
        class_=" ".join(filter(None, (node.status, marks))) or None,
        transform=place,
    )


def _card(width: float, height: float, offset: float) -> Markup:
    return element("rect", class_="card", x=offset, y=offset, width=width, height=height, rx=_ROUND)


def _bar(node: Node, x: float, width: float, y: float) -> Markup:
    """How many have which status, as lengths; the smallest number is still to be seen."""
    least, gap = 3.0, 1.5
    room = width - gap * (len(node.counts) - 1) - least * len(node.counts)
    pieces = []
    for status, count in node.counts:
        length = least + room * count / node.size
        pieces.append(element("rect", class_=f"{status.value} solid", x=x, y=y, width=length, height=4, rx=2))
        x += length + gap
    return joined(*pieces)


def _edges(layout: Layout, diagram: Diagram) -> list[Markup]:
    """The lines, those of the critical path on top; where several end in one point, one arrowhead will do."""
    down = layout.direction is Direction.DOWN
    bare = {node.id for node in diagram.nodes if node.kind is NodeKind.JUNCTION}
    groups = []
    for critical in (False, True):
        paths = []
        tips: dict[Point, Markup] = {}
        for edge, line in zip(diagram.edges, layout.lines, strict=True):
            if edge.critical is not critical:
                continue
            pointed = edge.target not in bare
            end = line.points[-1]
            paths.append(element("path", class_="edge", d=_curve(line.points, pointed=pointed, down=down)))
            if pointed and end not in tips:
                tips[end] = element("path", class_="tip", d=_tip(end, down=down))
        if paths:
            groups.append(element("g", *paths, *tips.values(), class_="critical" if critical else None))
    return groups


def _curve(points: tuple[Point, ...], *, pointed: bool, down: bool) -> str:
    """Straight where the line runs along its direction, an S-curve from one height to another."""
    along = [(y, x) for x, y in points] if down else list(points)
    if pointed:
        along[-1] = (along[-1][0] - _TIP + 1, along[-1][1])
    x, y = along[0]
    path = ["M", _at(x, y, down)]
    for next_x, next_y in along[1:]:
        if next_y == y:
            path += ["L", _at(next_x, next_y, down)]
        else:
            bend = (x + next_x) / 2
            path += ["C", _at(bend, y, down), _at(bend, next_y, down), _at(next_x, next_y, down)]
        x, y = next_x, next_y
    return " ".join(path)


def _tip(end: Point, *, down: bool) -> str:
    x, y = end[::-1] if down else end
    corners = [(x - _TIP, y - _TIP_WIDTH), (x, y), (x - _TIP, y + _TIP_WIDTH)]
    return "M" + " L".join(_at(*corner, down) for corner in corners) + " Z"


def _at(x: float, y: float, down: bool) -> str:
    return f"{number(y)} {number(x)}" if down else f"{number(x)} {number(y)}"
