"""A notebook as a page without a kernel and without a network: what objects and widgets have left there."""

import os
import signal

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

pytestmark = pytest.mark.slow

CELLS = [
    """
from dtscheduler import DAG, batch
from dtscheduler.ui.notebook import DagView, RunMonitor, ScheduleBuilder

@batch()
def load():
    return 20

@batch()
def rank(load):
    raise ValueError("no <b>ranks</b>")

dag = DAG(Name="Ranks <i>all</i>", DevRun=True, WorkDir=".")
dag.call(rank, [dag.call(load, [], {})], {})
dag
""",
    "run = dag.run()",
    "run",
    "dag.plan()",
    "DagView(dag)",
    "RunMonitor(run)",
    "ScheduleBuilder()",
]
DRAWN = (0, 1, 2, 4, 5)


@pytest.fixture
def exported(workspace, tmp_path, monkeypatch):
    """A notebook executed in a kernel and converted to HTML; its file."""
    monkeypatch.setenv("DTSCHEDULER_HOME", str(workspace.home))
    monkeypatch.setenv("DTSCHEDULER_PROGRESS", "1")
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, CELLS)))
    where = {"metadata": {"path": str(tmp_path)}}
    # as JupyterLab saves notebooks: the states of widgets would draw them anew, with modules from the network
    NotebookClient(notebook, timeout=60, resources=where, store_widget_state=False).execute()
    text, _ = HTMLExporter().from_notebook_node(notebook)
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    yield tmp_path / "page.html"
    for service in workspace.services():
        os.kill(int(service.holder.split(":")[1]), signal.SIGTERM)


def test_a_page_without_a_kernel_shows_graphs_tables_and_text(exported, new_page):
    page = new_page(offline=True)
    page.goto(exported.as_uri())
    cells = page.locator(".jp-CodeCell")
    for number in DRAWN:
        picture = cells.nth(number).locator("svg, img")
        assert picture.first.bounding_box()["width"] > 200, number
    assert "to run" in cells.nth(3).locator(".jp-OutputArea").text_content()
    assert "by hand" in cells.nth(6).locator(".jp-OutputArea").text_content().lower()
    text = page.locator("body").text_content()
    assert "Error displaying widget" not in text
    assert "Ranks <i>all</i>" in text
