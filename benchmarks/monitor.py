"""What the pages of runs cost the server: a live monitor of a run of 1,760 parts, and the page of one of 10,000.

``python -m benchmarks.monitor [--parts N] [--seconds S] [--json PATH]``; it needs Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psutil

import dtscheduler
from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.api.handle import Run
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.workspace import Workspace

TARGETS = {
    "live monitor, share of a core": "<= 0.10",
    "live monitor, postScriptGC off, share of a core": "<= 0.10",
    "run page, share of a core": "<= 0.10",
    "run page of 10,000 parts, a rerun": "<= 0.3 s",
    "task runs of 10,000 parts, a rerun": "<= 0.3 s",
    "timeline of 10,000 parts, a rerun": "<= 0.3 s",
}
SETTLED = 3.0
APP = """
import streamlit as st
import dtscheduler
from dtscheduler.ui.streamlit import run_monitor

run_monitor(dtscheduler.run(int(st.query_params["id"])))
"""
TASKS = """
import time

from dtscheduler import batch


@batch()
def load():
    return 1


@batch()
def cell(n, seconds):
    time.sleep(seconds)
    if n % 50 == 7:
        raise ValueError(f"no data for {n}")
    return n


@batch()
def total(cells):
    return len(cells)
"""
STREAMLIT = [
    "--server.headless=true",
    "--server.address=127.0.0.1",
    "--browser.gatherUsageStats=false",
    "--server.fileWatcherType=none",
]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PAGE = "from dtscheduler.ui.streamlit.studio.pages.run import show\nshow()"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=1758, help="of the fan-out that is watched")
    parser.add_argument("--seconds", type=float, default=15.0, help="about how long each page is watched")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        place = dtscheduler.use(home)
        found = reruns(place)
        found |= live(place, Path(folder), arguments.parts, arguments.seconds)
    for name, value in found.items():
        print(f"{name:48} {value:9.3f}   {TARGETS.get(name, '')}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


def live(place: Workspace, folder: Path, parts: int, seconds: float) -> dict[str, float]:
    """The share of a core that a server uses while one page watches a run that a service drives.

    Streamlit collects garbage after each run of a script unless it is told not to; that is most of what an app pays.
    """
    (folder / "code").mkdir()
    (folder / "code" / "watched.py").write_text(TASKS)
    (folder / "app.py").write_text(APP)
    app = [sys.executable, "-m", "streamlit", "run", str(folder / "app.py"), *STREAMLIT]
    studio = [sys.executable, "-m", "dtscheduler", "ui", "--no-browser"]
    pages = (
        ("live monitor", [*app, "--server.port"], ""),
        ("live monitor, postScriptGC off", [*app, "--runner.postScriptGC=false", "--server.port"], ""),
        ("run page", [*studio, "--port"], "run"),
    )
    found: dict[str, float] = {}
    with started([sys.executable, "-m", "dtscheduler", "serve", "--quiet"], place):
        run = dag(folder / "code", parts, len(pages) * (seconds + 3 * SETTLED)).run(detach=True)
        for name, command, path in pages:
            with served(command, place) as (address, server), looked_at(f"{address}/{path}?id={run.id}"):
                found |= watched(name, run, server, seconds)
        run.stop()
        run.wait(30)
    return found


def watched(name: str, run: Run, server: psutil.Process, seconds: float) -> dict[str, float]:
    """What a server uses from now on, while the run goes on."""
    time.sleep(SETTLED)
    begun, before = time.perf_counter(), server.cpu_times()
    first = ended_parts(run)
    while time.perf_counter() - begun < seconds and not run.status.final:
        time.sleep(0.5)
    after, wall = server.cpu_times(), time.perf_counter() - begun
    spent = after.user + after.system - before.user - before.system
    return {
        f"{name}, share of a core": spent / wall,
        f"{name}, task runs that ended meanwhile": float(ended_parts(run) - first),
        f"{name}, MB of the server": server.memory_info().rss / 1e6,
    }


def ended_parts(run: Run) -> int:
    """How many task runs of a run have ended."""
    counts = dtscheduler.api.place.workspace().task_counts(run.id)
    return sum(counted.count for counted in counts if counted.status.final)


def reruns(place: Workspace, rounds: int = 5) -> dict[str, float]:
    """How long the script of the page of a run with 10,000 parts takes, with its harness."""
    from streamlit.testing.v1 import AppTest

    run = past_run(place, 10_000)
    found = {}
    for name, view in (("run page", "Graph"), ("task runs", "Task runs"), ("timeline", "Timeline")):
        page = AppTest.from_string(PAGE, default_timeout=60)
        page.query_params["id"], page.query_params["view"] = str(run), view
        begun = time.perf_counter()
        page.run()
        found[f"{name} of 10,000 parts, first"] = time.perf_counter() - begun
        assert not page.exception, page.exception
        found[f"{name} of 10,000 parts, a rerun"] = statistics.median(timed(page) for _ in range(rounds))
    return found


def timed(page: object) -> float:
    """Seconds that a script takes."""
    begun = time.perf_counter()
    page.run()  # type: ignore[attr-defined] # an AppTest
    return time.perf_counter() - begun


def past_run(place: Workspace, parts: int) -> int:
    """Write a run of a fan-out of so many parts, of which one in fifty failed."""
    now = datetime.now(UTC)
    cells = tuple(PartSpec(f"cell {n}", config=json.dumps({"n": n, "group": n % 7})) for n in range(parts))
    task = TaskSpec(name="cells", entrypoint="watched.cell", parts=cells, parallel=True)
    spec = JobSpec(name="past", tasks=(task,), upstream=((),), access=AccessSpec(owner=place.user))
    run = RunRecord(
        id=0,
        uuid=uuid4().hex,
        job_name="past",
        spec_hash="",
        status=RunStatus.FAILED,
        rundate=date(2026, 11, 20),
        submitted=now - timedelta(hours=1),
        started=now - timedelta(hours=1),
        ended=now,
        owner=place.user,
        run_as=place.user,
        submitted_by=place.user,
        lease_epoch=1,
    )
    return place.store.add_run(run, spec, [past_part(n, now) for n in range(parts)]).id


def past_part(number: int, now: datetime) -> TaskRunRecord:
    """A part that has ended."""
    failed = number % 50 == 7
    begun = now - timedelta(seconds=3_600 - number * 0.3)
    return TaskRunRecord(
        task=0,
        part=number,
        task_name="cells",
        part_name=f"cell {number}",
        status=TaskStatus.FAILED if failed else TaskStatus.COMPLETED,
        reason=f"ValueError: no data for {number} (cell(), watched.py line 15)" if failed else "",
        attempt=1,
        submitted=now - timedelta(hours=1),
        started=begun,
        ended=begun + timedelta(seconds=2),
        cpu_seconds=1.5,
        peak_memory_mb=90.0,
        preview=f"{number}",
    )


def dag(folder: Path, parts: int, seconds: float) -> DAG:
    """A job whose parts do nothing, slowly enough that it takes about so many seconds."""
    at_once = os.cpu_count() or 1  # each part asks for a core
    each = seconds * at_once / parts
    with_config = [{"Name": f"cell {n}", "Description": "sleeps", "n": n, "seconds": each} for n in range(parts)]
    made = DAG(Name="watched", DevRun=True, WorkDir=folder)
    load = Task(Name="load", Entrypoint="watched.load", dag=made)
    cells = ParallelTask(
        Name="cells", Entrypoint="watched.cell", ConfigurationJson=with_config, CPU=4000, Memory=20, dag=made
    )
    load >> cells >> Task(Name="total", Entrypoint="watched.total", dag=made)
    return made


@contextmanager
def started(command: list[str], place: Workspace) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended when the block is left."""
    process = subprocess.Popen(
        command, env=os.environ | {"DTSCHEDULER_HOME": str(place.home)}, stdout=subprocess.DEVNULL, stderr=None
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def served(command: list[str], place: Workspace) -> Iterator[tuple[str, psutil.Process]]:
    """A Streamlit server, or what starts one, given its port: the address, and the process that serves."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with started([*command, str(port)], place) as process:
        address = f"http://127.0.0.1:{port}"
        until_well(f"{address}/_stcore/health")
        first = psutil.Process(process.pid)
        family = [first, *first.children(recursive=True)]
        yield address, next(one for one in family if "streamlit" in one.cmdline() and "run" in one.cmdline())


def until_well(address: str) -> None:
    """Wait until a server answers."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise SystemExit("the server did not become ready")


@contextmanager
def looked_at(address: str) -> Iterator[None]:
    """A page that is open in a browser, and shows that a run goes on."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.goto(address)
        page.get_by_text("task runs have ended").first.wait_for(timeout=60_000)
        yield
        browser.close()


if __name__ == "__main__":
    main()
