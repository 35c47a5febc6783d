"""The pictures of a report: the graph of the run, and when each task ran. Each names the table that says the same."""

from __future__ import annotations

from dtscheduler.drawing import timeline as times
from dtscheduler.drawing.diagram import diagram_of
from dtscheduler.drawing.gantt import timeline_svg
from dtscheduler.drawing.markup import NOTHING, Markup, element, joined
from dtscheduler.drawing.svg import described, svg
from dtscheduler.reports.page.material import Material
from dtscheduler.reports.page.wording import counted

MOST_NODES = 400


def graph(material: Material) -> Markup:
    """The tasks and what they wait for, fan-outs folded; the table of tasks says the same."""
    if material.spec is None:
        return NOTHING
    diagram = diagram_of(material.spec, material.records or None)
    twin = element("a", "table of tasks", href="#tasks")
    if len(diagram.nodes) > MOST_NODES:
        content = element(
            "p",
            f"It has {counted(len(diagram.nodes), 'node')}, too many to be read here; the ",
            twin,
            " says which task waits for which.",
            class_="note",
        )
    else:
        note = element("p", f"{described(diagram)}. The same in words: the ", twin, ".", class_="note")
        content = joined(note, element("div", Markup(svg(diagram)), class_="scroll picture", tabindex=0))
    return element("section", element("h2", "Graph"), content, id="graph")


def timeline(material: Material) -> Markup:
    """When the attempts of the run waited and ran, and which of them decided when it ended."""
    if material.spec is None or not any(record.started for record in material.records):
        return NOTHING
    now = None if material.run.status.final else material.now
    drawn = times.timeline_of(material.spec, material.records, material.attempts, now=now)
    twin = element("a", "table of task runs", href="#task-runs")
    return element(
        "section",
        element("h2", "Timeline"),
        element("p", f"{times.described(drawn)}. The same in words: the ", twin, ".", class_="note"),
        element("div", Markup(timeline_svg(drawn)), class_="scroll picture", tabindex=0),
        id="timeline",
    )
