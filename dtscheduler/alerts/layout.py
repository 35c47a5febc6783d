"""How a message is drawn: the same blocks as plain text and as HTML, which is escaped here and nowhere else."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """What the following blocks are about."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """One line each."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """A table of names and values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Lines that are shown as they are: a command, the end of a traceback."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """An address of a page of ours."""

    url: str


Block = Heading | Paragraph | Items | Facts | Code | Link


def fitting(blocks: Sequence[Block], limit_bytes: int) -> list[Block]:
    """The leading blocks that fit into a length, with a word on what is left out; HTML is the longer form."""
    sizes = [len(_html(block).encode()) for block in blocks]
    if sum(sizes) <= limit_bytes:
        return list(blocks)
    fit, size = 0, len(_html(_CUT))
    while size + sizes[fit] <= limit_bytes:
        size, fit = size + sizes[fit], fit + 1
    return [*blocks[:fit], _CUT]


def as_text(blocks: Sequence[Block]) -> str:
    """Plain text, a blank line between the blocks."""
    return "\n\n".join(_text(block) for block in blocks) + "\n"


def as_html(blocks: Sequence[Block]) -> str:
    """A page without scripts, images or anything else that a mail program would fetch."""
    content = "\n".join(_html(block) for block in blocks)
    return f'<!doctype html>\n<html><body style="font-family: sans-serif">\n{content}\n</body></html>\n'


_CUT = Paragraph("The rest is left out: this message would be too long.")


def _text(block: Block) -> str:
    match block:
        case Heading(text) | Paragraph(text):
            return text
        case Items(lines):
            return "\n".join(f"- {line}" for line in lines)
        case Facts(rows):
            width = max((len(name) for name, _ in rows), default=0)
            return "\n".join(f"{name:{width}}  {value}" for name, value in rows)
        case Code(text):
            return "\n".join(f"    {line}" for line in text.split("\n"))
        case Link(url):
            return url


def _html(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h3>{_escaped(text)}</h3>"
        case Paragraph(text):
            return f"<p>{_escaped(text)}</p>"
        case Items(lines):
            return f"<ul>{''.join(f'<li>{_escaped(line)}</li>' for line in lines)}</ul>"
        case Facts(rows):
            return f"<table>{''.join(_row(name, value) for name, value in rows)}</table>"
        case Code(text):
            return f"<pre>{_escaped(text)}</pre>"
        case Link(url):
            return f'<p><a href="{_escaped(url)}">{_escaped(url)}</a></p>'


def _row(name: str, value: str) -> str:
    return f"<tr><td>{_escaped(name)}</td><td>{_escaped(value)}</td></tr>"


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)
