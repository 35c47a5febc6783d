"""A JupyterLab of the tests' own, and a notebook in it, driven as somebody at the browser would."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import psutil

PATIENCE = 30.0
KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
KERNEL = {
    "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "display_name": KERNELSPEC["display_name"],
    "language": "python",
}
NO_NEWS = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
SERVER = ["--no-browser", "--allow-root", "--expose-app-in-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"]
BEGIN = """([number, command]) => {
  const { content } = jupyterapp.shell.currentWidget;
  content.deselectAll();
  content.activeCellIndex = number;
  window.ended ??= {};
  window.ended[number] = false;
  const end = () => (window.ended[number] = true);
  jupyterapp.commands.execute(command).then(end, end);
}"""


class JupyterLab:
    """A server with configuration, runtime files and kernels of its own below a folder.

    Args:
        folder: A new folder; notebooks are in ``folder / "work"``, the workspace of their kernels is ``home``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.work, self.home = folder, folder / "work", folder / "home"
        self.token = secrets.token_hex(16)
        self.work.mkdir(parents=True)
        written(folder / "data" / "kernels" / "python3" / "kernel.json", KERNEL)
        written(folder / "config" / "labconfig" / "page_config.json", NO_NEWS)
        places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
        own = {name: str(folder / place) for name, place in (places | {"IPYTHONDIR": "ipython"}).items()}
        own |= {"DTSCHEDULER_HOME": str(self.home), "DTSCHEDULER_PROGRESS": "1"}
        command = [sys.executable, "-m", "jupyterlab", *SERVER, f"--IdentityProvider.token={self.token}"]
        with (folder / "log.txt").open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.work, env=os.environ | own
            )
        self._facts = folder / "runtime" / f"jpserver-{self.process.pid}.json"
        until(self._answers, "JupyterLab did not start", self.log)
        self.url = f"http://127.0.0.1:{json.loads(self._facts.read_text())['port']}"

    def log(self) -> str:
        """What the server has said."""
        return (self.folder / "log.txt").read_text(errors="replace")[-4000:]

    def ask(self, path: str, method: str = "GET") -> Any:
        """Ask the server's own interface; JSON, or None where it answers with nothing."""
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or "null")

    def end_kernels(self) -> None:
        """End the kernels of all notebooks."""
        for session in self.ask("sessions"):
            self.ask(f"sessions/{session['id']}", "DELETE")

    def end(self) -> None:
        """End the server and all that came of it."""
        processes = [self.process_of_server, *self.process_of_server.children(recursive=True)]
        self.process.send_signal(signal.SIGTERM)
        end_all(processes)

    @property
    def process_of_server(self) -> psutil.Process:
        """The server, as one who looks for its children."""
        return psutil.Process(self.process.pid)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"JupyterLab ended: {self.log()}")
        return self._facts.exists() and self._facts.stat().st_size > 0


class Notebook:
    """A notebook open in JupyterLab.

    Args:
        page: A page of a browser.
        lab: The server.
        name: Of the notebook, without suffix.
        cells: The text of its cells, in order; they are numbered from 0.
    """

    def __init__(self, page: Any, lab: JupyterLab, name: str, cells: tuple[str, ...]) -> None:
        self.page, self.lab = page, lab
        made = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": KERNELSPEC}
        )
        nbformat.write(made, lab.work / f"{name}.ipynb")
        page.goto(f"{lab.url}/lab/tree/{name}.ipynb?reset&token={lab.token}")
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.isReady")
        page.evaluate("jupyterapp.shell.currentWidget.context.ready")
        self._until_ready()

    def start(self, cell: int) -> None:
        """Run a cell, and do not wait for it."""
        self.page.evaluate(BEGIN, [cell, "notebook:run-cell"])

    def ended(self, cell: int, seconds: float = PATIENCE) -> None:
        """Wait until a cell that was started has ended, however it did."""
        self._wait(f"window.ended[{cell}]", seconds)
        self._until_ready()

    def run(self, *cells: int, seconds: float = PATIENCE) -> None:
        """Run cells one after the other, and wait until each has ended.

        A kernel that was interrupted or restarted just now drops what it is asked to execute: then it is asked again.
        """
        for cell in cells:
            before = self._executed(cell)
            until(lambda cell=cell, before=before: self._has_run(cell, before, seconds), f"cell {cell} does not run")

    def _has_run(self, cell: int, before: int | None, seconds: float) -> bool:
        self.start(cell)
        self.ended(cell, seconds)
        return self._executed(cell) not in (None, before)

    def _executed(self, cell: int) -> int | None:
        """The number of its execution, None where it was not executed in this kernel."""
        return self.page.evaluate(
            "number => jupyterapp.shell.currentWidget.content.widgets[number].model.executionCount", cell
        )

    def output(self, cell: int) -> Any:
        """The part of the page below a cell."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(cell).locator(".jp-Cell-outputArea")

    def outputs(self, cell: int) -> list[Mapping[str, Any]]:
        """The outputs of a cell as the document has them."""
        return self.page.evaluate(
            "number => jupyterapp.shell.currentWidget.content.widgets[number].model.outputs.toJSON()", cell
        )

    def said(self, cell: int) -> str:
        """What the outputs of a cell say as text, one after the other."""
        return "".join(map(text_of, self.outputs(cell)))

    def clear(self, cell: int) -> None:
        """Delete the outputs of a cell."""
        self.page.evaluate(BEGIN, [cell, "notebook:clear-cell-output"])

    @property
    def sources(self) -> list[str]:
        """The text of all cells."""
        return self.page.evaluate(
            "jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(cell => cell.getSource())"
        )

    @property
    def kernel(self) -> psutil.Process:
        """The process that executes cells."""
        (kernel,) = [
            each
            for each in psutil.Process(self.lab.process.pid).children()
            if "ipykernel_launcher" in " ".join(each.cmdline())
        ]
        return kernel

    def interrupt(self) -> None:
        """Interrupt the kernel, as the button with the square does."""
        self.page.evaluate("void jupyterapp.commands.execute('notebook:interrupt-kernel')")

    def restart(self) -> None:
        """Restart the kernel, say yes to that, and wait until it is there again."""
        before = self.kernel
        self.page.evaluate("void jupyterapp.commands.execute('notebook:restart-kernel')")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        before.wait(PATIENCE)
        self._until_ready()

    def _until_ready(self) -> None:
        """Wait for a kernel that takes cells: before, one that is run counts as ended and nothing has happened."""
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")
        self._wait("jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")

    def _wait(self, condition: str, seconds: float = PATIENCE) -> None:
        self.page.wait_for_function(f"() => {condition}", timeout=seconds * 1000, polling=50)


def written(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON into a file of a new folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def text_of(output: Mapping[str, Any]) -> str:
    """What an output says as text."""
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    text = output["text"] if output["output_type"] == "stream" else output["data"].get("text/plain", "")
    return text if isinstance(text, str) else "".join(text)


def until(holds: Callable[[], bool], otherwise: str, more: Callable[[], str] = str, seconds: float = PATIENCE) -> None:
    """Wait until something holds; fail with what is said otherwise when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{otherwise} {more()}"
        time.sleep(0.05)


def end_all(processes: list[psutil.Process]) -> None:
    """Wait for processes that were asked to end, and kill those that do not."""
    _, alive = psutil.wait_procs(processes, timeout=15)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=15)


def end_services(workspace: Any) -> None:
    """End the services that notebooks have started for a workspace."""
    found = []
    for service in workspace.services():
        process = psutil.Process(int(service.holder.split(":")[1]))
        process.terminate()
        found.append(process)
    end_all(found)
