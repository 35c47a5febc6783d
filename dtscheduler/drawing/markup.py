"""How SVG and HTML are written: the one place where text becomes markup, so that text never is taken for it."""

from __future__ import annotations

import re
from functools import lru_cache

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:.-]*")
# What XML 1.0 cannot carry, not even as a reference, and what no encoder accepts.
_UNCARRIED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNUSUAL = re.compile("[^ !#-%(-;=?-~]")  # most texts are plain, and need not be gone through twice
_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_IN_ATTRIBUTES = str.maketrans({**_IN_TEXT, '"': "&quot;", "'": "&#39;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
_IN_CONTENT = str.maketrans({**_IN_TEXT, "\r": "&#13;"})
_HTML_EMPTY = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_SHAPES = frozenset({"path", "rect", "circle", "line", "polyline", "polygon", "ellipse", "use", "stop"})
_EMPTY = _HTML_EMPTY | _SHAPES


class Markup(str):
    """Text that is markup already; only this module and what is put together from its results may make one."""

    __slots__ = ()


Content = str | int | float
NOTHING = Markup()


def element(name: str, *children: Content, **attributes: Content | None) -> Markup:
    """Write one element, fit for XML and for HTML.

    Args:
        name: Of the element; a word of ours, never of data.
        children: ``Markup`` as it is, anything else as text.
        attributes: ``class_`` is written ``class`` and ``stroke_width`` ``stroke-width``; None is left out.
    """
    given = [(key, value) for key, value in attributes.items() if value is not None]
    head = _checked(name) + "".join([f' {_attribute_name(key)}="{_attribute_text(value)}"' for key, value in given])
    if name in _EMPTY and not children:
        return Markup(f"<{head}/>")
    return Markup(f"<{head}>{joined(*children)}</{name}>")


def joined(*children: Content) -> Markup:
    """One after another: ``Markup`` as it is, anything else as text."""
    return Markup("".join([child if isinstance(child, Markup) else _content_text(child) for child in children]))


def number(value: float) -> str:
    """Write a coordinate briefly: two digits at most behind the point."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def _content_text(value: Content) -> str:
    text = str(value)
    return _UNCARRIED.sub("\ufffd", text).translate(_IN_CONTENT) if _UNUSUAL.search(text) else text


def _attribute_text(value: Content) -> str:
    if isinstance(value, float):
        return number(value)
    text = str(value)
    return _UNCARRIED.sub("\ufffd", text).translate(_IN_ATTRIBUTES) if _UNUSUAL.search(text) else text


@lru_cache(maxsize=1000)
def _attribute_name(key: str) -> str:
    return _checked(key.rstrip("_").replace("_", "-"))


@lru_cache(maxsize=1000)
def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name an element or an attribute")
    return name
