"""The entrypoints that there are to choose from, and those that somebody looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dtscheduler.errors import ImageError, NotFoundError
from dtscheduler.ui.views.code import Code, entrypoints_of

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace


class Entrypoints:
    """What there is in an image or a folder; ``problem`` says why there is nothing."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.problem = ""

    def look(self, place: Workspace, code: Code | None) -> None:
        """Read from the files what there is; nothing is executed, and what is wrong is kept to be said."""
        self.names, self.problem = (), ""
        if code is None:
            return
        try:
            self.names = tuple(entrypoints_of(place, code))
        except (ImageError, NotFoundError) as error:
            self.problem = str(error)
            return
        if not self.names:
            self.problem = f"{code.label} has no function marked with @batch, and no __batch_main__"

    def found(self, text: str) -> list[str]:
        """Those that hold each of the words; first those whose function begins so."""
        words = text.casefold().split()
        matching = [each for each in self.names if all(word in each.casefold() for word in words)]
        begins = "".join(words[:1])
        return sorted(matching, key=lambda each: not function_of(each).casefold().startswith(begins))


def function_of(entrypoint: str) -> str:
    """The name of the function of an entrypoint, or of its file."""
    return entrypoint.rpartition(".")[2]
