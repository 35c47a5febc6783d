"""What the parts of the composer are put together of: messages in words, sections that open, rows that wrap."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any, Literal

import ipywidgets as widgets

from dtscheduler.model.shown import printable

_COLOURS = {
    "alarm": "var(--jp-error-color1, #b3261e)",
    "good": "var(--jp-success-color0, #1b5e20)",
    "quiet": "var(--jp-ui-font-color2, inherit)",
    "plain": "var(--jp-ui-font-color1, inherit)",
}
Tone = Literal["alarm", "good", "quiet", "plain"]


class Message(widgets.HTML):  # type: ignore[misc] # ipywidgets has no types
    """Says something in words, a paragraph each; takes no room while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__(layout=widgets.Layout(display="none", margin="0"))

    def say(self, *texts: str, tone: Tone = "alarm") -> None:
        """Say this and nothing else; all of it is text."""
        said = [text for text in texts if text]
        role = "alert" if tone == "alarm" else "status"
        look = f"color:{_COLOURS[tone]};line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere"
        lines = "".join(f"<div>{escape(printable(text))}</div>" for text in said)
        self.value = f'<div role="{role}" style="{look}">{lines}</div>' if said else ""
        self.layout.display = "block" if said else "none"


def row(children: Iterable[widgets.Widget]) -> widgets.Box:
    """Controls beside each other, and below where there is no room."""
    layout = widgets.Layout(display="flex", flex_flow="row wrap", align_items="flex-start", grid_gap="8px")
    return widgets.Box(list(children), layout=layout)


def column(children: Iterable[widgets.Widget]) -> widgets.VBox:
    """Controls below each other, with room between them."""
    return widgets.VBox(list(children), layout=widgets.Layout(grid_gap="8px", width="auto"))


def section(title: str, child: widgets.Widget) -> widgets.Accordion:
    """What is closed at first."""
    return widgets.Accordion([child], titles=(title,), selected_index=None)


def button(text: str, act: Callable[[], object], **facts: Any) -> widgets.Button:
    """A button as wide as its text."""
    found = widgets.Button(description=text, layout=widgets.Layout(width="auto", max_width="100%"), **facts)
    found.on_click(lambda _: act())
    return found


def shown_if(widget: widgets.Widget, condition: object) -> None:
    """Show a widget, or take it off the page."""
    widget.layout.display = None if condition else "none"


def shortened(text: str, longest: int = 32) -> str:
    """A name on a button."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
