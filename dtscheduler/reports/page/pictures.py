"""The pictures of a report: the graph of the run."""

from __future__ import annotations

from dtscheduler.drawing.diagram import diagram_of
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
