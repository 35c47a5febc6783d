"""How a widget shows itself where there is no JavaScript: as text, and if it has one as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"


class Shown:
    """Goes before the widget's class: ``class SuiteForm(Shown, widgets.VBox)``. A saved notebook holds what it says."""

    def _text(self) -> str:
        """What there is to see, in a line or a few."""
        raise NotImplementedError

    def _svg(self) -> str | None:
        """The same as a picture, if there is one."""
        return None

    def __repr__(self) -> str:
        return self._text()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        static: dict[str, Any] = {"text/plain": self._text()}
        picture = self._svg()
        if picture:
            static["image/svg+xml"] = picture
        view_name, model_id = getattr(self, "_view_name", None), getattr(self, "_model_id", None)
        if view_name is None or model_id is None:  # it was closed
            return static
        return static | {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": model_id}}


def close_within(children: Iterable[Any]) -> None:
    """Close widgets with all that is in them; a box that is closed leaves its children open."""
    for child in children:
        close_within(getattr(child, "children", ()))
        child.close()
