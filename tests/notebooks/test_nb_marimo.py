"""The widgets in marimo, which shows them without Jupyter."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from textwrap import dedent

import pytest
from playwright.sync_api import expect
from runs_given import written

pytestmark = pytest.mark.slow

NOTEBOOK = """
    import marimo

    app = marimo.App()


    @app.cell
    def _():
        import marimo as mo
        from dtscheduler import DAG, ParallelTask, Task, grid
        from dtscheduler.ui.notebook import DagView

        with DAG(Name="flights", Image="desk") as dag:
            load = Task(Name="load", Entrypoint="flights.load")
            cells = ParallelTask(
                Name="cells", Entrypoint="flights.cells", ConfigurationJson=grid(month=[1, 2, 3], name="month {month}")
            )
            load >> cells
        view = mo.ui.anywidget(DagView(dag))
        view
        return (mo,)


    @app.cell
    def _(mo):
        import dtscheduler
        from dtscheduler.ui.notebook import RunMonitor

        mo.ui.anywidget(RunMonitor(dtscheduler.run(1)))
        return


    if __name__ == "__main__":
        app.run()
"""


@pytest.fixture
def marimo(workspace, tmp_path):
    """Serves a marimo notebook on the workspace of the test, and returns its address."""
    servers = []

    def served(text):
        (tmp_path / "notebook.py").write_text(dedent(text), encoding="utf-8")
        port = free_port()
        command = [sys.executable, "-m", "marimo", "--yes", "run", "notebook.py", "--headless", "--no-token"]
        own = {name: str(tmp_path / "xdg") for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
        own |= {"DTSCHEDULER_HOME": str(workspace.home), "MARIMO_SKIP_UPDATE_CHECK": "1"}
        with (tmp_path / "marimo.log").open("wb") as log:
            servers.append(
                subprocess.Popen(
                    [*command, "--host=127.0.0.1", f"--port={port}"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=tmp_path,
                    env=os.environ | own,
                    start_new_session=True,
                )
            )
        return f"http://127.0.0.1:{port}"

    yield served
    for server in servers:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def opened(page, address, log):
    """Open the notebook as soon as its server is there."""
    for _ in range(200):
        if log.exists() and "error:" in log.read_text(errors="replace"):
            break
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1):
                page.goto(address)
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            page.wait_for_timeout(100)
    pytest.fail(f"marimo did not start: {log.read_text(errors='replace')[-2000:]}")


def test_marimo_draws_the_graph_and_the_monitor_and_tells_python_of_clicks(workspace, marimo, page, tmp_path):
    written(workspace)
    opened(page, marimo(NOTEBOOK), tmp_path / "marimo.log")
    graph = page.locator(".dagview").first
    expect(graph.locator(".node")).to_have_count(2)
    expect(graph.get_by_role("button", name="load")).to_be_visible()
    graph.locator(".node", has_text="cells").dblclick()  # Python draws it anew
    expect(graph.locator(".node", has_text="month 2")).to_be_visible()
    monitor = page.locator(".run-monitor")
    expect(monitor.locator(".head")).to_contain_text("completed")
    monitor.locator(".node", has_text="load").click()
    monitor.get_by_role("button", name="Result").click()
    expect(monitor.locator("pre")).to_have_text("rows: 0")
