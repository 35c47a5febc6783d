"""Executes the tutorial notebooks, and takes what tells the machine that did it out of their outputs.

``python tests/notebooks/tutorials.py [NAME ...]`` writes the outputs into ``notebooks/``.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from in_jupyterlab import end_services
from nbclient import NotebookClient

from dtscheduler import use

FOLDER = Path(__file__).parents[2] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
SECONDS = 60


def tutorials() -> list[Path]:
    """The committed notebooks, in the order in which they are read."""
    return sorted(FOLDER.glob("*.ipynb"))


def executed(path: Path, folder: Path) -> Any:
    """The notebook with the outputs of a fresh kernel, cleaned; it works in a copy, and leaves no process behind.

    It ends with a workspace of the notebook as that of this process: a test chooses its own again.

    Args:
        path: a notebook; it is not changed.
        folder: where the copy is put and all that it writes; it must be there.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell raises.
    """
    working, written = folder / "reader", folder / "written"
    working.mkdir(parents=True)
    written.mkdir()
    shutil.copy(path, working)
    notebook = nbformat.read(working / path.name, as_version=4)
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(working)}})
    try:
        client.execute(env=_environment(written))
    finally:
        _end_services(written)
    return cleaned(notebook, {str(written): "/tmp", str(working): "."})


def cleaned(notebook: Any, places: dict[str, str]) -> Any:
    """The notebook without widgets' state, times of execution and what tells the machine.

    Args:
        notebook: as it was executed; it is changed.
        places: what paths of this machine are written as.
    """
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = _joined([shown for output in cell.outputs if (shown := _cleaned(output, places))])
    return notebook


def texts(notebook: Any) -> Iterator[str]:
    """All texts that cells have shown, of whatever kind."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield from output.data.values() if "data" in output else [output.get("text", "")]


def kinds(notebook: Any) -> list[list[str]]:
    """Per code cell the kinds of its outputs: mime types, names of streams, names of errors; streams come in any order."""
    return [sorted(_kind(output) for output in cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]


def _kind(output: Any) -> str:
    if "data" in output:
        return f"{output.output_type}: {', '.join(sorted(output.data))}"
    return str(output.get("name") or output.get("ename"))


def _environment(written: Path) -> dict[str, str]:
    """What the kernel inherits: nothing that says which workspace is used, and a clock that is the same everywhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DTSCHEDULER_")}
    return kept | {"TMPDIR": str(written), "TZ": "UTC", "DTSCHEDULER_HOME": str(written / "the reader's own")}


def _end_services(written: Path) -> None:
    """End the services that a notebook has started in workspaces of its own."""
    for folder in {path.parent for path in written.rglob("*.db")}:
        workspace = use(folder)
        end_services(workspace)
        workspace.close()


def _cleaned(output: Any, places: dict[str, str]) -> Any:
    if "data" in output:
        output.data.pop(WIDGET, None)
        output.metadata = {}
        output.data = {kind: _anonymous(text, places) for kind, text in output.data.items()}
        return output if output.data else None
    if "text" in output:
        output.text = _anonymous(output.text, places)
        return output if output.text else None
    return output


def _joined(outputs: list[Any]) -> list[Any]:
    """Streams came in pieces that depend on timing; one after another of the same name are one."""
    found: list[Any] = []
    for output in outputs:
        if found and "text" in output and found[-1].get("name") == output.get("name"):
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def _anonymous(text: Any, places: dict[str, str]) -> Any:
    if not isinstance(text, str):
        return text
    for place, name in places.items():
        text = text.replace(place, name)
    text = re.sub(r"/tmp/dtscheduler-\w+", "/tmp/dtscheduler-tutorial", text)
    for told, name in ((socket.gethostname(), "host"), (getpass.getuser(), "you")):
        text = re.sub(rf"(?<![\w-]){re.escape(told)}(?![\w-])", name, text)
    return text


def main(names: list[str]) -> None:
    """Execute the tutorials of these names, or all, and write their outputs."""
    for path in tutorials():
        if names and path.stem not in names and path.name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(path, Path(folder))
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
