"""A timeline as a picture that stands alone: SVG without scripts and without anything loaded from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from dtscheduler.drawing.axis import ticks
from dtscheduler.drawing.bars import Bar, instant
from dtscheduler.drawing.gantt_foot import EARLIER, WAIT, foot_of
from dtscheduler.drawing.gantt_styles import timeline_styles
from dtscheduler.drawing.lanes import Heading, Lane, Line, Row
from dtscheduler.drawing.lettering import fitted, width_of
from dtscheduler.drawing.looks import Theme
from dtscheduler.drawing.markup import NOTHING, Markup, element, joined, number
from dtscheduler.drawing.sheet import LEGEND_SIZE, MARGIN, TITLE_SIZE, badge, framed, stylesheet
from dtscheduler.drawing.timeline import Timeline, described
from dtscheduler.model.durations import show_duration
from dtscheduler.model.text import one_line

_WIDTH = 1120.0
_LABEL_SIZE, _SMALL_SIZE = 12.5, 11.0
_NARROWEST, _WIDEST = 96.0, 250.0
_SIGN, _INDENT, _GAP = 20.0, 14.0, 16.0
_BAR = 14.0
_LEAST = 3.0
_HEIGHTS = {Row: 24.0, Heading: 26.0, Lane: 50.0}
_AXIS_BELOW_TOO = 30
_SHORTEST_AXIS = 0.001
_MOST_COLUMNS, _LEAST_COLUMNS = 16_000, 60


def timeline_svg(timeline: Timeline, *, theme: str = "auto", title: str = "") -> str:
    """Draw a timeline.

    Args:
        timeline: Of a run.
        theme: ``"light"``, ``"dark"``, or ``"auto"``: what the reader's browser prefers.
        title: A heading; it also names the picture for screen readers.
    """
    chosen = Theme(theme)
    heading = fitted(one_line(title, 200), _WIDTH - 2 * MARGIN, TITLE_SIZE, bold=True)
    top = MARGIN + (TITLE_SIZE + 10 if heading else 0)
    body = [element("text", heading, class_="title", x=MARGIN, y=MARGIN + TITLE_SIZE - 2) if heading else NOTHING]
    if timeline.start is None:
        body.append(element("text", "Nothing has run.", class_="note", x=MARGIN, y=top + LEGEND_SIZE))
        bottom = top + LEGEND_SIZE + 20
    else:
        chart = _Chart(timeline, top)
        body.append(chart.drawn())
        bottom = chart.bottom + 20
    foot, foot_height = foot_of(timeline, bottom, _WIDTH)
    statuses = {status for status, _ in (*timeline.counts, *timeline.earlier)}
    return framed(
        [*body, foot],
        width=_WIDTH,
        height=bottom + foot_height + MARGIN,
        theme=chosen,
        title=heading or "When the tasks ran",
        description=described(timeline),
        css=stylesheet(chosen, statuses) + timeline_styles(chosen),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of the picture: where it begins and ends, in pixels."""

    line: Line
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


class _Chart:
    """The axis and the rows. A moment's place is that of its second on the axis."""

    def __init__(self, timeline: Timeline, top: float) -> None:
        self._timeline = timeline
        labels = max(width_of(_label(line), _LABEL_SIZE, bold=not isinstance(line, Row)) for line in timeline.rows)
        said = max(width_of(_beside(line), _SMALL_SIZE) for line in timeline.rows)
        self._label_width = min(_WIDEST, max(_NARROWEST, labels + _SIGN + _INDENT))
        self._left = MARGIN + self._label_width + _GAP
        self._right = _WIDTH - MARGIN - said - 14
        self._scale = (self._right - self._left) / max(timeline.seconds, _SHORTEST_AXIS)
        self._axis_y = top + 34
        self._places: list[_Place] = []
        y = self._axis_y + 10
        for line in timeline.rows:
            self._places.append(_Place(line, y, y + _HEIGHTS[type(line)]))
            y = self._places[-1].bottom
        self._end = y
        lanes = sum(isinstance(line, Lane) for line in timeline.rows)
        self._columns = max(_LEAST_COLUMNS, min(self._right - self._left, _MOST_COLUMNS / max(lanes, 1)))
        self._emphasis = len({(bar.task, bar.part) for bar in timeline.bars}) > 1

    @property
    def bottom(self) -> float:
        return self._end + (24 if len(self._places) > _AXIS_BELOW_TOO else 6)

    def drawn(self) -> Markup:
        return joined(
            self._stripes(),
            self._axis(),
            self._links(),
            *map(self._row, self._places),
        )

    def _x(self, seconds: float) -> float:
        return self._left + seconds * self._scale

    def _stripes(self) -> Markup:
        """Every other row has a ground of its own, so that the eye stays in it."""
        width = _WIDTH - 2 * MARGIN + 16
        parts = [
            f"M{number(MARGIN - 8)} {number(place.top)}h{number(width)}v{number(place.bottom - place.top)}h{number(-width)}z"
            for place in self._places[::2]
        ]
        return element("path", class_="stripe", d="".join(parts))

    def _axis(self) -> Markup:
        timeline = self._timeline
        length = max(timeline.seconds, _SHORTEST_AXIS)
        end = "now" if timeline.going else show_duration(timeline.seconds)
        end_x = self._x(timeline.seconds)
        free = end_x - width_of(end, _SMALL_SIZE, bold=True) / 2 - 8
        marks = [mark for mark in ticks(length) if self._x(mark.seconds) + width_of(mark.label, _SMALL_SIZE) / 2 < free]
        lines = "".join(
            f"M{number(self._x(mark.seconds))} {number(self._axis_y)}V{number(self._end)}" for mark in marks
        )
        start = f"from {instant(timeline.start)}" if timeline.start else ""
        words = [(mark.label, self._x(mark.seconds)) for mark in marks]
        rows = [self._axis_y - 6, *([self._end + 16] if len(self._places) > _AXIS_BELOW_TOO else [])]
        return joined(
            element("path", class_="grid", d=lines),
            element("path", class_="now" if timeline.going else "ended", d=_down(end_x, self._axis_y, self._end)),
            element("text", start, class_="note", x=MARGIN, y=self._axis_y - 24),
            *(element("text", said, class_="tick", x=x, y=y) for y in rows for said, x in words),
            *(element("text", end, class_="tick last", x=end_x, y=y) for y in rows),
        )

    def _links(self) -> Markup:
        """From each bar of the critical path to the one after it, where both are drawn."""
        if not self._emphasis:
            return NOTHING
        middles = {
            id(bar): place.middle for place in self._places if isinstance(place.line, Row) for bar in place.line.bars
        }
        parts = []
        for one, other in pairwise(self._timeline.path):
            if id(one) in middles and id(other) in middles:
                parts.append(self._link(one, middles[id(one)], other, middles[id(other)]))
        return element("path", class_="link", d="".join(parts)) if parts else NOTHING

    def _link(self, one: Bar, one_y: float, other: Bar, other_y: float) -> str:
        """Down from the end of a bar and then along to the next one."""
        x, width = self._span(one)
        x += width - 1
        across = max(self._span(other)[0], x) - x
        return f"M{number(x)} {number(one_y)}V{number(other_y)}h{number(across)}"

    def _span(self, bar: Bar) -> tuple[float, float]:
        """Where a bar begins and how long it is: long enough to be seen, and not beyond the axis."""
        width = max(bar.seconds * self._scale, _LEAST)
        return min(self._x(bar.start), self._right - width), width

    def _row(self, place: _Place) -> Markup:
        if isinstance(place.line, Row):
            return self._part(place.line, place.middle)
        if isinstance(place.line, Heading):
            return self._heading(place.line, place.middle)
        return self._lane(place.line, place)

    def _part(self, row: Row, middle: float) -> Markup:
        last = row.bars[-1]
        indent = _INDENT if row.in_fan_out else 0.0
        room = self._label_width - _SIGN - indent
        style = "name part" if row.in_fan_out else "name"
        label = fitted(row.label, room, _LABEL_SIZE, bold=not row.in_fan_out)
        x = MARGIN + indent
        own = element(
            "g",
            badge(last.status, x + 7, middle, 7),
            element("text", label, class_=style, x=x + _SIGN, y=middle + 4.5),
            self._bar(last, middle),
            element("text", _beside(row), class_="note took", x=_WIDTH - MARGIN, y=middle + 4),
            class_=last.status.value,
        )
        # Beside the group of the row, not inside it: of two groups around a bar, the later rule would choose its colour.
        earlier = [element("g", self._bar(bar, middle), class_=bar.status.value) for bar in row.bars[:-1]]
        return joined(*earlier, own)

    def _bar(self, bar: Bar, middle: float) -> Markup:
        x, width = self._span(bar)
        height = _BAR if bar.latest else EARLIER
        waited = min(bar.waited * self._scale, x - self._left)
        wait = NOTHING
        if waited >= 1:
            wait = element(
                "rect", class_="solid wait", x=x - waited, y=middle - WAIT / 2, width=waited, height=WAIT, rx=2
            )
        shape = element(
            "rect",
            element("title", "\n".join(bar.about)),
            class_="solid bar decisive" if bar.critical and self._emphasis else "solid bar",
            x=x,
            y=middle - height / 2,
            width=width,
            height=height,
            rx=min(3.0, width / 2),
        )
        if bar.latest:
            return joined(wait, shape)
        sign = badge(bar.status, x + width / 2, middle, 4.5) if width > 14 else NOTHING
        return joined(wait, shape, sign)

    def _heading(self, heading: Heading, middle: float) -> Markup:
        start, end = self._x(heading.start), self._x(heading.end)
        cap = 3.0
        bracket = f"M{number(start)} {number(middle + cap)}v{number(-cap)}H{number(max(end, start + 1))}v{number(cap)}"
        return joined(
            _name(heading, self._label_width, middle + 4.5),
            element("path", class_="bracket", d=bracket),
            element("text", _beside(heading), class_="note took", x=_WIDTH - MARGIN, y=middle + 4),
        )

    def _lane(self, lane: Lane, place: _Place) -> Markup:
        ground, height = place.bottom - 7, place.bottom - place.top - 14
        most = f"at most {lane.peak:,} at a time" if lane.peak else "took no time"
        return joined(
            _name(lane, self._label_width, place.middle - 3),
            element("text", most, class_="detail", x=MARGIN, y=place.middle + 12),
            element(
                "path",
                element("title", f"{lane.label}: {lane.parts:,} ran, {most}"),
                class_="density",
                d=self._area(lane, ground, height),
            ),
            element("text", _beside(lane), class_="note took", x=_WIDTH - MARGIN, y=place.middle + 4),
        )

    def _area(self, lane: Lane, ground: float, height: float) -> str:
        """Steps, of which those closer than the eye can tell are one: the highest, so that the peak stays."""
        if not lane.steps:
            return ""
        cell = (self._right - self._left) / self._columns
        per_head = height / lane.peak
        columns: dict[int, tuple[int, int]] = {}
        running = 0
        for seconds, count in lane.steps:
            column = int((self._x(seconds) - self._left) / cell)
            highest = max(columns[column][0] if column in columns else running, count)
            columns[column] = highest, count
            running = count
        levels: dict[int, int] = {}
        for column, (highest, after) in columns.items():
            levels[column] = highest
            levels[column + 1] = after
        path = [f"M{number(round(self._left + min(levels) * cell, 1))} {number(ground)}"]
        path += [
            f"H{number(round(self._left + column * cell, 1))}V{number(round(ground - count * per_head, 1))}"
            for column, count in levels.items()
        ]
        return "".join(path) + "z"


def _name(line: Heading | Lane, width: float, y: float) -> Markup:
    times = f" ×{line.parts:,}" if not (isinstance(line, Lane) and line.task is None) else ""
    room = width - width_of(times, _LABEL_SIZE, bold=True)
    label = fitted(line.label, room, _LABEL_SIZE, bold=True) + times
    return element("text", label, class_="name", x=MARGIN, y=y)


def _label(line: Line) -> str:
    return line.label if isinstance(line, Row) else f"{line.label} ×{line.parts:,}"


def _beside(line: Line) -> str:
    """What stands at the right end of a row: how long it took."""
    if isinstance(line, Row):
        last = line.bars[-1]
        took = show_duration(last.seconds)
        return f"{took} · attempt {last.attempt}" if last.attempt > 1 else took
    if isinstance(line, Heading):
        return show_duration(line.end - line.start)
    return show_duration(line.steps[-1][0] - line.steps[0][0]) if line.steps else show_duration(0)


def _down(x: float, top: float, bottom: float) -> str:
    return f"M{number(x)} {number(top)}V{number(bottom)}"
