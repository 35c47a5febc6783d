"""A diagram as Mermaid text, for Markdown pages that draw it."""

from __future__ import annotations

from collections.abc import Iterator

from dtscheduler.drawing.diagram import Diagram, Node, NodeKind
from dtscheduler.drawing.looks import look_of
from dtscheduler.model.status import TaskStatus


def mermaid(diagram: Diagram) -> str:
    """Write a diagram as a Mermaid flowchart: generated ids, labels in which every unusual character is an entity."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart LR"
    for node in diagram.nodes:
        yield f"    {node.id}{_shape(node)}"
    for edge in diagram.edges:
        yield f"    {edge.source} {'==>' if edge.critical else '-->'} {edge.target}"
    present = {node.status for node in diagram.nodes if node.status}
    for status in (status for status in TaskStatus if status in present):
        tone = look_of(status).light
        yield f"    classDef {_class_of(status)} fill:{tone.fill},stroke:{tone.ink},color:{tone.ink}"
        named = ",".join(node.id for node in diagram.nodes if node.status is status)
        yield f"    class {named} {_class_of(status)}"


def _shape(node: Node) -> str:
    if node.kind is NodeKind.JUNCTION:
        return '((" "))'
    glyph = f"{look_of(node.status).glyph} " if node.status else ""
    label = "<br/>".join(_plain(line) for line in (f"{glyph}{node.label}", node.detail) if line)
    return f'[["{label}"]]' if node.fan_out else f'("{label}")'


def _class_of(status: TaskStatus) -> str:
    return f"is_{status.value}"


def _plain(text: str) -> str:
    """Letters, digits and spaces as they are, anything else as a numbered entity: Mermaid reads much into the others."""
    return "".join(c if c.isalnum() or c in " -_." else _entity(c) for c in text)


def _entity(character: str) -> str:
    if not character.isprintable():
        return "#65533;"
    return f"#{ord(character)};"
