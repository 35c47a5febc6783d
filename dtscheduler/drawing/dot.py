"""A diagram as DOT text, through the graphviz package; the program ``dot`` is not needed for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import graphviz

from dtscheduler.drawing.diagram import Diagram, Node, NodeKind
from dtscheduler.drawing.looks import PAPERS, Theme, look_of
from dtscheduler.drawing.svg import svg

_UNCARRIED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Drawing(graphviz.Digraph):  # type: ignore[misc] # the package comes without types
    """A ``graphviz.Digraph`` that notebooks show as our own SVG: Graphviz' way would need the program ``dot``."""

    picture: str = ""

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **_: Any
    ) -> dict[str, str]:
        return {"image/svg+xml": self.picture, "text/plain": self.source}


def digraph(diagram: Diagram, *, name: str = "", theme: str = "light") -> Drawing:
    """Write a diagram as DOT.

    Nodes are called by generated ids; labels are plain text in which nothing is interpreted.

    Args:
        diagram: Of a job or a run.
        name: The title of the picture.
        theme: ``"light"`` or ``"dark"``.

    Returns:
        A ``graphviz.Digraph``; ``.source`` is the text, ``.render()`` needs the program ``dot``.
    """
    paper = PAPERS[Theme(theme)]
    graph = Drawing(
        name="run",
        graph_attr={"rankdir": "LR", "label": graphviz.nohtml(_plain(name)), "labelloc": "t", "fontname": "sans-serif"},
        node_attr={
            "shape": "box",
            "style": "rounded,filled",
            "fontname": "sans-serif",
            "color": paper.border,
            "fillcolor": paper.card,
            "fontcolor": paper.text,
        },
        edge_attr={"color": paper.line},
    )
    for node in diagram.nodes:
        graph.node(node.id, label=_label(node), **_attributes(node, Theme(theme)))
    for edge in diagram.edges:
        heavy = {"color": paper.strong, "penwidth": "2"} if edge.critical else {}
        graph.edge(edge.source, edge.target, **heavy)
    graph.picture = svg(diagram, theme="auto", title=name)
    return graph


def _attributes(node: Node, theme: Theme) -> dict[str, str]:
    if node.kind is NodeKind.JUNCTION:
        return {"shape": "point", "width": "0.06"}
    found = {"peripheries": "2"} if node.fan_out else {}
    if node.status is None:
        return found
    look = look_of(node.status)
    tone = look.dark if theme is Theme.DARK else look.light
    return {**found, "color": tone.ink, "fillcolor": tone.fill, "fontcolor": tone.ink}


def _label(node: Node) -> str:
    glyph = f"{look_of(node.status).glyph} " if node.status else ""
    lines = (_plain(line) for line in (f"{glyph}{node.label}", node.detail) if line)
    label: str = graphviz.nohtml("\\n".join(lines))  # else <b> would be taken for HTML
    return label


def _plain(text: str) -> str:
    r"""Text in which DOT finds no escape and no line of its own.

    Backslashes are doubled, because ``\N`` stands for the name of the node; ampersands are written as entities, because
    Graphviz reads entities.
    """
    line = _UNCARRIED.sub("\ufffd", text.replace("\r", " ").replace("\n", " "))
    return line.replace("&", "&amp;").replace("\\", "\\\\")
