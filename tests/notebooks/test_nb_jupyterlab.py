"""Journeys in a real JupyterLab: runs that are watched, interrupted and run again, and cells that come of widgets."""

import psutil
import pytest
from playwright.sync_api import expect

import dtscheduler

pytestmark = pytest.mark.slow

DEFINED = """
import time
from pathlib import Path
from dtscheduler import DAG, batch
from dtscheduler.ui.notebook import RunMonitor

@batch()
def load():
    return 20

@batch()
def rank(load, top, gate):
    print("ranking", load, flush=True)
    for _ in range(600):
        if Path(gate).exists():
            return load // top
        time.sleep(0.1)

def job(gate, top=2):
    dag = DAG(Name="ranks", DevRun=True, WorkDir=".")
    dag.call(rank, [dag.call(load, [], {}), top, gate], {})
    return dag
"""


@pytest.fixture
def gate(tmp_path):
    """A file without which the functions of the notebooks do not go on."""
    return tmp_path / "gate"


def nodes(output, look):
    """The nodes of the graph in an output that have a colour."""
    return output.locator(f'.node[data-look="{look}"]')


def test_a_run_is_watched_while_its_cell_blocks_and_interrupting_stops_it(notebook, gate):
    opened = notebook(DEFINED, f"job({str(gate)!r}).run()", "6 * 7")
    opened.run(0)
    opened.start(1)
    output = opened.output(1)
    expect(nodes(output, "running")).to_have_count(1)
    expect(nodes(output, "completed")).to_have_count(1)
    children = opened.kernel.children(recursive=True)
    assert children
    opened.interrupt()
    opened.ended(1)
    assert dtscheduler.runs(job="ranks")[0].status == "stopped"
    assert psutil.wait_procs(children, timeout=2)[1] == []
    expect(output.locator(".jp-RenderedSVG, .jp-RenderedImage")).to_be_visible()
    assert opened.outputs(1)
    opened.run(2)
    assert opened.said(2) == "42"
