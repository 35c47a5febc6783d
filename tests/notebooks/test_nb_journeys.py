"""Journeys through the widgets in a real JupyterLab: from a form to a rerun, over a restart of the kernel, into a cell."""

import re

import pytest
from playwright.sync_api import expect

import dtscheduler

pytestmark = pytest.mark.slow

NASTY = "<img src=x onerror='window.hit=1'>"
SUITE = """
from pathlib import Path
from time import sleep
from dtscheduler import DAG, batch, suite

@batch()
def load(gate):
    while not Path(gate, "open").exists():
        sleep(0.05)
    return 20

@batch()
def rank(load, top, gate):
    if not Path(gate, "mended").exists():
        raise ValueError(f"no ranks for {load}")
    return load // top

@suite
def ranks(top: int, gate: str) -> DAG:
    "Ranks <b>all</b> there is."
    with DAG(Name="Ranks", DevRun=True, WorkDir=".") as dag:
        rank(load(gate), top, gate)
    return dag
"""
CELLS = """
from time import sleep
from pathlib import Path
from dtscheduler import DAG, batch

class Rank:
    def __init__(self, value):
        self.value = value

@batch()
def slow(gate):
    while not Path(gate, "open").exists():
        sleep(0.05)
    return Rank(42)

@batch()
def value(slow):
    return slow.value

dag = DAG(Name="Of cells", DevRun=True, WorkDir=".")
dag.call(value, [dag.call(slow, [{gate!r}], {{}})], {{}})
"""
THREADS = "import threading\nlen([each for each in threading.enumerate() if each.name == 'dtscheduler-widget'])"


@pytest.fixture
def gate(tmp_path):
    """A folder with whose files a test lets functions go on."""
    return tmp_path


def looks(output):
    """The colours of the nodes of the graph in an output, by what is written on them."""
    return {
        node.locator(".label").text_content(): node.get_attribute("data-look") for node in output.locator(".node").all()
    }


def test_from_a_form_to_a_run_that_fails_to_its_log_and_to_its_rerun(lab, notebook, gate):
    (lab.work / "ranks.py").write_text(SUITE)
    opened = notebook("from ranks import ranks\nfrom dtscheduler.ui.notebook import SuiteForm\nSuiteForm(ranks)")
    opened.run(0)
    output = opened.output(0)
    expect(output.get_by_text("Ranks <b>all</b> there is.")).to_be_visible()
    run = output.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_disabled()
    top, place = output.locator("input[type=text]").all()
    place.fill(str(gate))
    top.fill("two")
    expect(output.get_by_text("'two'")).to_be_visible()
    top.fill("2")
    run.dblclick()
    load, rank = output.locator(".node", has_text="load"), output.locator(".node", has_text="rank")
    expect(load).to_have_attribute("data-look", "running")
    expect(rank).to_have_attribute("data-look", "pending")
    (gate / "open").touch()
    expect(load).to_have_attribute("data-look", "completed")
    expect(rank).to_have_attribute("data-look", "failed")
    rank.click()
    expect(output.locator(".run-monitor pre")).to_contain_text("ValueError: no ranks for 20")
    (gate / "mended").touch()
    output.get_by_role("button", name="Run again").click()
    expect(output.locator(".run-monitor .again")).to_contain_text("1 reused, 1 to run")
    output.get_by_role("button", name="Submit the rerun").dblclick()
    expect(output.locator(".run-monitor .head")).to_contain_text(re.compile(r"completed.*again of run"))
    assert looks(output) == {"load": "reused", "rank": "completed"}
    first, again = dtscheduler.runs(job="Ranks")[::-1]
    assert (first.status, again.status, again.result("rank"), again.record.rerun_of) == (
        "failed",
        "completed",
        10,
        first.id,
    )


def test_a_run_of_functions_in_cells_goes_on_while_the_kernel_is_restarted(notebook, gate):
    opened = notebook(
        CELLS.format(gate=str(gate)),
        "run = dag.run(wait=False)\nprint(run.id)",
        "import dtscheduler\nrun = dtscheduler.run(dtscheduler.runs(job='Of cells')[0].id)\nrun",
        "print(run.wait(30), run.result('value'))",
        THREADS,
    )
    opened.run(0, 1)
    opened.restart()
    opened.run(2)
    expect(opened.output(2).locator('.node[data-look="running"]')).to_have_count(1)
    opened.run(4)
    assert opened.said(4) == "1"
    (gate / "open").touch()
    expect(opened.output(2).locator('.node[data-look="completed"]')).to_have_count(2)
    opened.run(3)
    assert opened.said(3) == "completed 42\n"


def test_deleting_an_output_ends_its_thread(notebook, gate):
    opened = notebook(
        CELLS.format(gate=str(gate)),
        "from dtscheduler.ui.notebook import RunMonitor\nRunMonitor(dag.run(wait=False))",
        THREADS,
    )
    opened.run(0, 1)
    expect(opened.output(1).locator('.node[data-look="running"]')).to_have_count(1)
    opened.clear(1)
    opened.page.wait_for_timeout(2_000)
    opened.run(2)
    assert opened.said(2) == "0"
    (gate / "open").touch()


def test_what_was_composed_becomes_a_cell(lab, notebook):
    (lab.work / "steps.py").write_text("from dtscheduler import batch\n@batch()\ndef load():\n    return 1\n")
    build = "from dtscheduler.ui.notebook import DagBuilder\nbuilder = DagBuilder(folder='.')\nbuilder"
    opened = notebook(build, "builder.insert()", "6 * 7")
    opened.run(0)
    output = opened.output(0)
    output.get_by_placeholder("of the job").fill(NASTY)
    output.get_by_placeholder("Search entrypoints").fill("steps.load")
    output.get_by_placeholder("Search entrypoints").press("Enter")
    expect(output.locator(".node", has_text="load")).to_be_visible()
    output.get_by_text("Show the Python").click()
    output.get_by_role("button", name="Insert as a cell").click()
    expect(opened.page.locator(".jp-CodeCell")).to_have_count(4)
    assert "steps.load" in opened.sources[1]
    opened.run(2)
    expect(opened.page.locator(".jp-CodeCell")).to_have_count(5)
    assert opened.sources[3] == opened.sources[1]
    assert opened.page.evaluate("window.hit") is None


def test_names_full_of_markup_are_text_in_every_widget(lab, notebook):
    hostile = f"""
from typing import Literal
import dtscheduler
from dtscheduler import DAG, ParallelTask, Task, batch, suite
from dtscheduler.ui.notebook import DagView, RunExplorer, RunMonitor, ScheduleBuilder, SuiteForm
NASTY = {NASTY!r}

@batch()
def load():
    print(NASTY)
    raise ValueError(NASTY)

dag = DAG(Name=NASTY, DevRun=True, WorkDir=".", Labels=[NASTY])
dag.call(load, [], {{}})
run = dag.run(progress=False)

@suite(title=NASTY)
def form(
    pick: Literal[{NASTY!r}, "b"] = NASTY,
    several: list[Literal[{NASTY!r}, "b"]] = [NASTY],
    words: list[str] = [NASTY],
    text: str = NASTY,
) -> DAG:
    raise ValueError(text)
"""
    shown = ["DagView(dag)", "monitor = RunMonitor(run)\nmonitor", "RunExplorer()", "SuiteForm(form)", "run.failures()"]
    more = [
        "run.plan()",
        "dtscheduler.Schedule(run_after_job_name=NASTY)",
        "ScheduleBuilder(dtscheduler.Schedule(run_after_job_name=NASTY))",
    ]
    opened = notebook(hostile, *shown, *more)
    opened.run(*range(9))
    for cell in range(1, 9):
        expect(opened.output(cell)).to_be_visible()
    monitor = opened.output(2)
    monitor.locator(".node").first.click()
    expect(monitor.locator("pre")).to_contain_text(NASTY)
    for tab in ("Result", "Inputs", "Facts"):
        monitor.get_by_role("button", name=tab).click()
    expect(monitor.locator(".run-monitor .job")).to_have_text(NASTY)
    expect(opened.output(4).get_by_text(NASTY).first).to_be_visible()
    opened.page.wait_for_timeout(300)
    assert opened.page.evaluate("window.hit") is None
    assert opened.page.locator(".jp-Notebook img[src=x]").count() == 0
