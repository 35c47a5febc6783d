"""What widgets cost a notebook: their import, a monitor of a run of 1,760 parts, a graph of 1,000 nodes in JupyterLab.

``python -m benchmarks.notebook [--parts N] [--seconds S] [--rounds R]``; the graph needs JupyterLab and Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dtscheduler
from benchmarks.monitor import TASKS, dag, started
from dtscheduler.api.handle import Run
from dtscheduler.ui.notebook import RunMonitor

TARGETS = {
    "import dtscheduler.ui.notebook / import ipywidgets": "<= 1.5",
    "monitor: updates a second": "<= 10",
    "monitor: share of a core": "<= 0.10",
    "monitor: kB a second": "< 20",
    "monitor: seconds until its thread has gone": "<= 2",
    "graph of 1,000 nodes: seconds until drawn": "<= 2",
    "graph of 1,000 nodes: ms until selected": "<= 100",
}
IMPORTS = {
    "import ipywidgets": "import ipywidgets",
    "import dtscheduler.ui.notebook": "import dtscheduler.ui.notebook",
    "from dtscheduler.ui.notebook import RunMonitor": "from dtscheduler.ui.notebook import RunMonitor",
    "import of all six widgets": "from dtscheduler.ui.notebook import *",
}
CELL = """
import time
from dtscheduler import DAG, Task
from dtscheduler.ui.notebook import DagView

with DAG(Name="large", Image="desk") as dag:
    tasks = [Task(Name=f"step {n}", Entrypoint="desk.risk.step") for n in range(1000)]
    for n, task in enumerate(tasks[8:], 8):
        [tasks[n - 8 + (n * 7 + k * 3) % 5] for k in range(2)] >> task
"""
SHOW = "DagView(dag)"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
DRAWN = """() => new Promise((done) => {
  const begun = performance.now();
  const look = () => document.querySelectorAll(".dagview .node").length >= 1000
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun), 0))
    : setTimeout(look, 5);
  jupyterapp.commands.execute("notebook:run-all-cells");
  look();
})"""
CHOSEN = """(number) => new Promise((done) => {
  const node = document.querySelectorAll(".dagview .node")[number];
  const begun = performance.now();
  const watch = new MutationObserver(() => {
    if (!node.classList.contains("selected")) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun), 0));
  });
  watch.observe(node, { attributes: true });
  const at = node.getBoundingClientRect();
  const place = { clientX: at.x + at.width / 2, clientY: at.y + at.height / 2 };
  const how = { ...place, bubbles: true, pointerId: 1, button: 0, isPrimary: true };
  for (const kind of ["pointerdown", "pointerup"]) node.dispatchEvent(new PointerEvent(kind, how));
})"""


def main() -> int:
    """Measure and print; exit code 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notebook", description=__doc__)
    parser.add_argument("--parts", type=int, default=1758, help="of the fan-out that is watched")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long it is watched")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    missed = 0
    parts: tuple[Callable[[], dict[str, float]], ...] = (
        lambda: imports(arguments.rounds),
        lambda: monitor(arguments.parts, arguments.seconds),
        lambda: graph(arguments.rounds),
    )
    for part in parts:
        for name, value in part().items():
            target = TARGETS.get(name, "")
            missed += bool(target) and value > float(target.split()[-1])
            print(f"{name:58} {value:9.3f}   {target}", flush=True)
    return int(bool(missed))


def imports(rounds: int) -> dict[str, float]:
    """Seconds of processes that import, alternating, and their ratios; the empty interpreter is taken off."""
    seconds: dict[str, list[float]] = {name: [] for name in ("pass", *IMPORTS)}
    for _ in range(max(rounds, 5)):
        for name in seconds:
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", IMPORTS.get(name, "pass")], check=True)
            seconds[name].append(time.perf_counter() - begun)
    best = {name: statistics.median(found) for name, found in seconds.items()}
    base = best["import ipywidgets"]
    found = {f"{name}, s": best[name] for name in IMPORTS}
    return found | {f"{name} / import ipywidgets": best[name] / base for name in IMPORTS if "ipywidgets" not in name}


class Counted(RunMonitor):
    """A monitor that counts what it sends."""

    messages = 0
    sent = 0

    def _send(self, msg: Any, buffers: Any = None) -> None:
        self.messages += 1
        self.sent += len(json.dumps(msg))
        super()._send(msg, buffers)


def monitor(parts: int, seconds: float) -> dict[str, float]:
    """What a monitor uses while a service drives a run."""
    with tempfile.TemporaryDirectory() as folder:
        place = dtscheduler.use(Path(folder) / "home")
        (Path(folder) / "watched.py").write_text(TASKS)
        with started([sys.executable, "-m", "dtscheduler", "serve", "--quiet"], place):
            run = dag(Path(folder), parts, seconds * 1.5).run(detach=True)
            while run.status != "running":
                time.sleep(0.1)
            found = _watched(run, seconds)
            run.stop()
            run.wait(30)
        place.close()
    return found


def _watched(run: Run, seconds: float) -> dict[str, float]:
    widget = Counted(run)
    time.sleep(1)
    widget.messages = widget.sent = 0
    begun, spent = time.perf_counter(), time.process_time()
    time.sleep(seconds)
    wall, spent = time.perf_counter() - begun, time.process_time() - spent
    messages, sent = widget.messages, widget.sent
    begun = time.perf_counter()
    widget.close()
    while any(thread.name == "dtscheduler-widget" for thread in threading.enumerate()):
        time.sleep(0.001)
    return {
        "monitor: updates a second": messages / wall,
        "monitor: share of a core": spent / wall,
        "monitor: kB a second": sent / wall / 1000,
        "monitor: seconds until its thread has gone": time.perf_counter() - begun,
    }


def graph(rounds: int) -> dict[str, float]:
    """A graph in JupyterLab: from running its cell, which also builds it, until it is painted; and a click."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("there is no Chromium: the graph is not measured")
        return {}
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.wait_for_function("Boolean(window.jupyterapp?.shell.currentWidget?.sessionContext)")
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")
        first = page.evaluate(DRAWN) / 1000
        drawn = []
        for _ in range(rounds):
            page.evaluate("jupyterapp.commands.execute('editmenu:clear-all')")
            page.wait_for_selector(".dagview", state="detached")
            drawn.append(page.evaluate(DRAWN) / 1000)
        chosen = [page.evaluate(CHOSEN, 3 + number) for number in range(rounds)]
        browser.close()
    return {
        "graph of 1,000 nodes: seconds until drawn, first": first,
        "graph of 1,000 nodes: seconds until drawn": statistics.median(drawn),
        "graph of 1,000 nodes: ms until selected": statistics.median(chosen),
    }


@contextmanager
def lab(folder: Path) -> Iterator[str]:
    """A JupyterLab of its own with a notebook of the graph; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "DTSCHEDULER_HOME")
    own = {name: str(folder / name.lower()) for name in names}
    settings = folder / "jupyter_config_dir" / "labconfig"
    settings.mkdir(parents=True)
    announcements = {"@jupyterlab/apputils-extension:announcements": True}
    (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": announcements}))
    (folder / "work").mkdir()
    (folder / "work" / "graph.ipynb").write_text(json.dumps(notebook(CELL, SHOW)))
    options = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--IdentityProvider.token=t",
        "--expose-app-in-browser",
    ]
    command = [sys.executable, "-m", "jupyterlab", *options, "--ServerApp.ip=127.0.0.1"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=os.environ | own, cwd=folder / "work", stdout=quiet, stderr=quiet)
    try:
        _until_up(f"http://127.0.0.1:{port}/api?token=t")
        yield f"http://127.0.0.1:{port}/lab/tree/graph.ipynb?reset&token=t"
    finally:
        process.terminate()
        process.wait(30)


def notebook(*cells: str) -> dict[str, Any]:
    """A notebook of these cells."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    made = [code | {"id": f"cell-{number}", "source": text} for number, text in enumerate(cells)]
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _until_up(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {address}")


if __name__ == "__main__":
    sys.exit(main())
