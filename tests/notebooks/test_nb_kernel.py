"""Runs from a notebook's kernel that has no front end: shown as text and pictures, left to a service that outlives it."""

import os
import signal

import nbformat
import pytest
from nbclient import NotebookClient

import dtscheduler

FUNCTIONS = """
from dtscheduler import DAG, batch

@batch()
def load():
    return 20

@batch()
def rank(load, top):
    print("ranking", load)
    return load // top

def job(top=2):
    dag = DAG(Name="ranks <b>", DevRun=True, WorkDir=".")
    dag.call(rank, [dag.call(load, [], {}), top], {})
    return dag
"""


@pytest.fixture
def executed(workspace, tmp_path, monkeypatch):
    """Executes cells in a kernel of its own, and gives the outputs of all but the first; ends services it started."""
    monkeypatch.setenv("DTSCHEDULER_HOME", str(workspace.home))
    monkeypatch.setenv("DTSCHEDULER_PROGRESS", "1")

    def execute(*cells):
        notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, (FUNCTIONS, *cells))))
        NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
        return [cell.outputs for cell in notebook.cells[1:]]

    yield execute
    for service in workspace.services():
        os.kill(int(service.holder.split(":")[1]), signal.SIGTERM)


@pytest.mark.slow
def test_a_run_leaves_its_summary_where_it_was_shown(executed):
    ((shown,), (failed,), _) = executed("run = job().run()", "bad = job(0).run()", "run.result('rank')")
    assert shown.output_type == failed.output_type == "display_data"
    assert set(shown.data) == {"text/plain", "image/svg+xml"}
    assert shown.data["text/plain"].startswith("run 1 of 'ranks <b>' completed in")
    assert "ranks &lt;b&gt;, run 1" in shown.data["image/svg+xml"]
    assert "ZeroDivisionError" in failed.data["text/plain"]
    assert "    | ranking 20" in failed.data["text/plain"]
    assert "1 of 2 task runs failed" in failed.data["image/svg+xml"]


@pytest.mark.slow
def test_a_run_that_is_not_waited_for_outlives_the_kernel(executed):
    ((submitted,),) = executed("run = job().run(wait=False)\nrun.id")
    run = dtscheduler.run(int(submitted.data["text/plain"]))
    assert run.wait(30) == "completed"
    assert run.result("rank") == 10
    assert run.rerun(full=True, progress=False).status == "completed"


@pytest.mark.slow
def test_widgets_say_what_they_show_where_nobody_draws_them(executed):
    build = "from dtscheduler.ui.notebook import DagView, RunMonitor\nDagView(job())"
    ((view,), _, (monitor,)) = executed(build, "run = job().run(progress=False)", "RunMonitor(run)")
    assert view.data["text/plain"] == "ranks <b>: 2 tasks"
    assert monitor.data["text/plain"].startswith("run 1 of ranks <b>: completed.")
    assert all(output.data["image/svg+xml"].startswith("<svg") for output in (view, monitor))


def test_there_is_no_notebook_where_there_is_no_kernel():
    from dtscheduler.api.front import front
    from dtscheduler.ui.notebook.kernel import sit_down

    sit_down(object())
    assert front() is None
