"""The graph in a Streamlit page: what is sent to the browser and when, and what its clicks come to."""

import json
from dataclasses import replace

import pytest
from runs_given import NASTY, spec_of, written

from dtscheduler.model.run import RunChange
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.drawn import Selection
from dtscheduler.ui.streamlit import dag_chart

JOB = """
import streamlit as st
from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.ui.streamlit import dag_chart

with DAG(Name="flights", Image="desk") as dag:
    cells = [dict(Name=f"JFK-{{n}}", Description="", month=n) for n in range(6)]
    load = Task(Name={load!r}, Entrypoint="flights.load")
    load >> ParallelTask(Name="cells", Entrypoint="flights.cell", ConfigurationJson=cells)
chosen = dag_chart(dag, {more})
st.text(f"{{chosen!r}}")
st.button("again")
"""
MOVED = """
import streamlit as st
from dtscheduler import DAG, Task
from dtscheduler.ui.streamlit import dag_chart

with DAG(Name="flights", Image="desk") as dag:
    Task(Name="load", Entrypoint="flights.load")
left, right = st.columns(2)
shown, moved = st.checkbox("shown", True), st.checkbox("moved")
if shown:
    with right if moved else left:
        st.text(f"{dag_chart(dag)!r}")
"""
RUN = """
import dtscheduler, streamlit as st
from dtscheduler.ui.streamlit import dag_chart

st.text(f"{{dag_chart(dtscheduler.run({run}), key='chart')!r}}")
"""
LIVE = """
import dtscheduler, streamlit as st
from dtscheduler.ui.streamlit import dag_chart

@st.fragment(run_every=0.5)
def graph():
    st.text(f"{{dag_chart(dtscheduler.run({run}), key='chart')!r}}")

graph()
"""


def sent(shown):
    """What the page sent to the browser."""
    (chart,) = shown.get("bidi_component")
    return json.loads(chart.proto.json)


def job(load="load", more=""):
    return JOB.format(load=load, more=more)


def labels(data):
    return [node["label"] for node in data["graph"]["nodes"]]


def test_a_job_is_drawn_without_states(app):
    shown = app(job())
    assert not shown.exception
    data = sent(shown)
    assert labels(data) == ["load", "cells"] and data["states"] is None
    assert shown.text[0].value == "None"


def test_the_graph_is_sent_once_and_then_only_its_digest(app):
    shown = app(job())
    digest = sent(shown)["digest"]
    shown.button[0].click().run()
    assert sent(shown)["graph"] is None and sent(shown)["digest"] == digest


def test_a_chart_that_was_away_gets_its_graph_again(app):
    shown = app(MOVED)
    shown.checkbox[0].uncheck().run()
    shown.checkbox[0].check().run()
    assert labels(sent(shown)) == ["load"]


def test_the_caller_says_what_is_unfolded_at_first(app):
    assert labels(sent(app(job(more='unfold=["cells"]'))))[1:] == [f"JFK-{n}" for n in range(6)]
    assert len(labels(sent(app(job(more='unfold="all"'))))) == 7


def test_unfolding_a_task_that_is_not_there_is_refused(app):
    shown = app(job(more='unfold=["cell"]'))
    assert "job 'flights' has no task 'cell'" in shown.exception[0].message


def test_a_run_that_has_ended_brings_states_times_and_the_path(app, workspace):
    statuses = (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.COMPLETED)
    data = sent(app(RUN.format(run=written(workspace, statuses=statuses, status=RunStatus.FAILED))))
    assert data["states"]["counts"] == [["failed", 1], ["completed", 4]]
    assert data["states"]["nodes"]["n0"]["detail"] == "completed · 10.0 s"
    assert data["states"]["nodes"]["n0"]["critical"] is True


def test_a_run_that_goes_on_sends_new_states_and_no_new_graph(app, workspace):
    run = written(workspace, statuses=(TaskStatus.COMPLETED, TaskStatus.RUNNING), status=RunStatus.RUNNING)
    shown = app(RUN.format(run=run))
    assert sent(shown)["states"]["counts"] == [["running", 4], ["completed", 1]]
    ended = RunChange(status=RunStatus.STOPPED, reason="stopped", ended=workspace.clock.now())
    workspace.store.record(run, 1, lease_until=None, change=ended)
    shown.run()
    assert sent(shown)["graph"] is None


def test_of_a_large_run_that_goes_on_only_states_are_asked_for(app, workspace, monkeypatch):
    spec = spec_of(parts=400)
    run = written(
        workspace, spec, statuses=(TaskStatus.COMPLETED,) * 9 + (TaskStatus.RUNNING,), status=RunStatus.RUNNING
    )
    monkeypatch.setattr(type(workspace), "task_runs", None)
    data = sent(app(RUN.format(run=run)))
    assert data["states"]["nodes"]["n1"]["counts"] == [["running", 392], ["completed", 8]]


def test_a_run_that_is_gone_is_said_to_be(app, workspace):
    run = written(workspace)
    script = RUN.format(run=run).replace(f"dtscheduler.run({run})", "Run(999, workspace())")
    script = "from dtscheduler.api.handle import Run\nfrom dtscheduler.api.place import workspace\n" + script
    assert "there is no run 999" in app(script).exception[0].message


def test_a_plan_shows_what_would_become_of_each_part(app, work_dir, workspace):
    folder = work_dir({"steps.py": "from dtscheduler import batch\n\n@batch()\ndef load():\n    return 1\n"})
    shown = app(f"""
from dtscheduler import DAG, Task
from dtscheduler.ui.streamlit import dag_chart

dag = DAG(Name="steps", DevRun=True, WorkDir={str(folder)!r})
Task(Name="load", Entrypoint="steps.load", dag=dag)
dag_chart(dag.plan())
""")
    assert not shown.exception
    assert sent(shown)["states"]["counts"] == [["to_run", 1]]
    assert sent(shown)["states"]["nodes"]["n0"]["about"][0] == "to run"


def test_anything_else_is_refused(workspace):
    with pytest.raises(Exception, match="dag_chart draws a DAG, a Run or a Plan, not str"):
        dag_chart("flights")


def test_a_selection_is_a_name_that_knows_what_it_names():
    chosen = Selection("cells/JFK-3", task="cells", part="JFK-3")
    assert (chosen, chosen.task, chosen.part, chosen.size) == ("cells/JFK-3", "cells", "JFK-3", 1)
    with pytest.raises(AttributeError, match="does not change"):
        chosen.task = "load"


def script(tmp_path, text):
    path = tmp_path / "app.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_in_the_browser_a_fan_out_unfolds_a_part_is_chosen_and_names_stay_text(serve_app, page, tmp_path):
    page.goto(serve_app(script(tmp_path, job(load=NASTY))))
    page.locator(".dagview .node").first.wait_for()
    page.locator(".dagview .chip").click()
    page.locator("[data-id=n1p3]").wait_for()
    page.locator("[data-id=n1p3] .card").click()
    page.get_by_text("'cells/JFK-3'", exact=True).wait_for()
    page.get_by_role("button", name="again").click()
    page.get_by_text("'cells/JFK-3'", exact=True).wait_for()
    assert page.locator("[data-id=n1p3]").get_attribute("aria-pressed") == "true"
    page.get_by_label("Search tasks by name").press_sequentially("cr")  # shortcuts of Streamlit's
    page.get_by_label("Search tasks by name").press("Escape")
    assert page.get_by_role("dialog").count() == 0
    page.get_by_role("button", name="Show everything").click()
    page.locator("[data-id=n0] .card").click()
    page.get_by_text(repr(NASTY), exact=True).wait_for()
    assert NASTY.startswith(page.locator("[data-id=n0] .label").text_content().rstrip("…"))


def test_in_the_browser_a_chart_that_moves_on_the_page_is_drawn_again_and_knows_what_was_chosen(
    serve_app, page, tmp_path
):
    page.goto(serve_app(script(tmp_path, MOVED)))
    page.locator("[data-id=n0] .card").click()
    page.get_by_text("'load'", exact=True).wait_for()
    before = page.locator(".dagview").bounding_box()["x"]
    page.get_by_text("moved").click()
    page.locator(".stColumn").nth(1).locator(".dagview").wait_for()
    page.locator("[data-id=n0][aria-pressed=true]").wait_for()
    page.locator(".stColumn").nth(1).get_by_text("'load'", exact=True).wait_for()
    assert page.locator(".dagview").bounding_box()["x"] > before


def test_in_the_browser_a_live_run_is_recoloured_in_place(serve_app, page, workspace, tmp_path):
    run = written(workspace, statuses=(TaskStatus.COMPLETED, TaskStatus.RUNNING), status=RunStatus.RUNNING)
    page.goto(serve_app(script(tmp_path, LIVE.format(run=run))))
    card = page.locator('[data-id=n1][data-look="running"]')
    card.wait_for()
    card.evaluate("(node) => { node.marked = true; }")
    failed = [replace(one, status=TaskStatus.FAILED) for one in workspace.task_runs(run) if one.task == 1]
    workspace.store.record(run, 1, lease_until=None, task_runs=failed)
    page.locator('[data-id=n1][data-look="failed"]').wait_for()
    assert page.locator("[data-id=n1]").evaluate("(node) => node.marked") is True
