"""The page of a run: found by its address, and alive whatever becomes of the run."""

import sys
from dataclasses import replace

import pytest
from runs_given import NASTY, spec_of, written

from dtscheduler import DAG, Task
from dtscheduler.api.people import identity_of
from dtscheduler.api.place import in_use
from dtscheduler.connect import connect
from dtscheduler.model.access import Identity
from dtscheduler.model.run import RunQuery
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui import service_process

PAGE = "from dtscheduler.ui.streamlit.studio.pages.run import show\nshow()"
COMPLETED, FAILED, RUNNING, READY = TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.RUNNING, TaskStatus.READY
STEPS = """
from dtscheduler import batch

@batch()
def load(n=1):
    print("loading, password=hush")
    return {"rows": n}

@batch()
def total(load):
    return 10 / (load["rows"] - 1)
"""


@pytest.fixture(autouse=True)
def no_service(monkeypatch):
    """No test starts a service."""
    monkeypatch.setattr(service_process, "ensure_service", lambda place: None)


@pytest.fixture
def page(app):
    """The page of a run: ``page(12, view="Facts")``."""

    def shown(run, **query):
        return app(PAGE, id=str(run), **query)

    return shown


@pytest.fixture
def real_run(workspace, work_dir):
    """The number of a run that was really executed, in this process: ``load`` completed, ``total`` divided by zero."""
    folder = work_dir({"paged_steps.py": STEPS})
    dag = DAG(Name="real", DevRun=True, WorkDir=folder)
    Task(Name="load", Entrypoint="paged_steps.load", dag=dag) >> Task(
        Name="total", Entrypoint="paged_steps.total", dag=dag
    )
    yield dag.run(executor="inline").id
    sys.modules.pop("paged_steps", None)


def button(shown, label):
    """The button of a label."""
    return next(one for one in shown.button if one.label == label)


def texts(shown):
    """All texts of a page."""
    kinds = (shown.title, shown.subheader, shown.caption, shown.text, shown.markdown, shown.code)
    return [element.value for kind in kinds for element in kind]


def said(shown):
    assert not shown.exception
    return " ".join(texts(shown))


def test_without_a_number_the_page_says_where_runs_are(app):
    shown = app(PAGE)
    assert not shown.exception
    assert "Choose a run" in shown.info[0].value


@pytest.mark.parametrize("asked", ["99", "0", "x", "-1", "1" * 50, "1; drop table runs", "<b>"])
def test_a_run_that_is_not_there_is_said(app, asked):
    shown = app(PAGE, id=asked)
    assert not shown.exception
    assert "is not yours to see" in shown.warning[0].value


def test_a_run_that_may_not_be_seen_looks_like_one_that_is_not_there(page, workspace):
    run = written(workspace, permissions="rw----", owner="ada")
    settings = replace(workspace.settings, admins=())
    eve = connect(settings, identity=Identity(user="eve"), identity_of=lambda account: identity_of(account, ()))
    with in_use(eve):
        hidden, absent = page(run), page(run + 1)
    assert [warning.value for warning in hidden.warning] == [warning.value for warning in absent.warning]
    assert "Flight" not in said(hidden)


def test_the_head_names_job_rundate_and_progress(page, workspace):
    shown = page(written(workspace))
    assert "Flight delays" in shown.title[0].value
    assert "rundate 2026" in said(shown).replace("\\", "")
    assert "5 task runs have ended" in said(shown)


def test_a_rerun_and_its_original_lead_to_each_other(page, workspace):
    first = written(workspace, status=RunStatus.FAILED)
    again = written(workspace, rerun_of=first, lineage=first)
    assert any(f"Repeated by run {again}" in link.proto.label for link in page(first).get("page_link"))
    assert any(f"It repeats run {first}" in link.proto.label for link in page(again).get("page_link"))


def test_task_runs_are_listed_with_memory_against_what_was_asked(page, workspace):
    shown = page(written(workspace, statuses=[COMPLETED, FAILED, COMPLETED]), view="Task runs")
    table = shown.dataframe[0].value
    assert list(table["Status"]) == ["✓ completed", "✕ failed", "✓ completed", "✓ completed", "✓ completed"]
    assert set(table["Peak memory"]) == {"120 MB"} and set(table["Asked"]) == {"400 MB"}
    assert set(table["Of it"]) == {0.3}


def test_task_runs_are_paged_and_filtered_in_the_store(page, workspace):
    shown = page(written(workspace, spec_of(parts=200), statuses=[COMPLETED, FAILED, COMPLETED]), view="Task runs")
    assert len(shown.dataframe[0].value) == 50
    shown.multiselect(key="task runs statuses").select("failed").run()
    assert list(shown.dataframe[0].value["Part"]) == ["JFK-0"]
    shown.multiselect(key="task runs statuses").unselect("failed").run()
    shown.text_input(key="task runs text").set_value("jfk-19").run()
    assert set(shown.dataframe[0].value["Part"]) == {"JFK-19", *(f"JFK-{n}" for n in range(190, 200))}


def test_a_click_on_a_task_run_shows_it_and_puts_it_in_the_address(page, workspace):
    shown = page(written(workspace), view="Task runs")
    chosen = {"selection": {"rows": [2], "columns": [], "cells": []}}
    shown.session_state[shown.dataframe[0].key] = chosen
    shown.run()
    assert not shown.exception


def test_the_log_of_a_task_run_hides_secrets(page, real_run):
    shown = page(real_run, task="0", part="0")
    assert "loading" in said(shown)
    assert "hush" not in said(shown)


def test_each_attempt_has_its_own_log(page, workspace):
    run = written(workspace, statuses=[FAILED])
    record = replace(workspace.task_run_record(run, 0, 0), attempt=2)
    workspace.store.record(run, 1, lease_until=None, task_runs=[record])
    folder = workspace.log_folder(workspace.run(run).uuid)
    folder.mkdir(parents=True)
    for attempt in (1, 2):
        (folder / f"0.0.{attempt}.log").write_text(f"attempt number {attempt}\n")
    shown = page(run, task="0")
    assert "attempt number 2" in said(shown)
    shown.get("button_group")[0].set_value(1).run()
    assert "attempt number 1" in said(shown)


def test_the_result_is_the_text_that_the_worker_wrote(page, real_run):
    shown = page(real_run, task="0", part="0")
    shown.session_state["of task run"] = "Result"
    assert "rows" in " ".join(code.value for code in shown.run().code)


def test_the_inputs_are_configuration_and_the_results_of_others_as_text(page, workspace):
    shown = page(written(workspace), task="1", part="2")
    shown.session_state["of task run"] = "Inputs"
    shown.run()
    assert '"month": 2' in said(shown) and "hush" not in said(shown)
    assert "load: ✓ completed" in said(shown)
    assert "rows: 0" in said(shown)


def test_the_graph_has_a_table(page, workspace):
    shown = page(written(workspace, statuses=[COMPLETED, FAILED, COMPLETED]))
    next(toggle for toggle in shown.toggle if toggle.label == "As a table").set_value(True).run()
    table = shown.dataframe[0].value
    assert list(table["Waits for"]) == ["", "load", "cells"]
    assert list(table["Status"]) == ["✓ completed", "✕ failed", "✓ completed"]


def test_the_timeline_is_a_picture_with_a_table(page, workspace):
    shown = page(written(workspace), view="Timeline")
    assert not shown.exception and len(shown.image) == 1
    shown.toggle[0].set_value(True).run()
    assert list(shown.dataframe[0].value["task"]) == ["load", "cells", "cells", "cells", "total"]


def test_a_run_that_goes_on_can_be_stopped(page, workspace):
    run = written(workspace, statuses=[RUNNING], status=RunStatus.RUNNING)
    shown = page(run)
    button(shown, f"Stop run {run}").click().run()
    assert "was asked to stop" in shown.success[0].value
    assert workspace.run(run).stop_requested_by == workspace.user
    assert not any(one.label.startswith("Stop") for one in page(written(workspace)).button)


def test_who_may_not_stop_a_run_is_told_so(page, workspace):
    run = written(workspace, statuses=[RUNNING], status=RunStatus.RUNNING, owner="ada", permissions="rwr-r-")
    settings = replace(workspace.settings, admins=())
    eve = connect(settings, identity=Identity(user="eve"), identity_of=lambda account: identity_of(account, ()))
    with in_use(eve):
        shown = page(run)
        button(shown, f"Stop run {run}").click().run()
    assert "may not" in shown.error[0].value
    assert workspace.run(run).stop_requested_by is None


def test_a_rerun_shows_its_plan_and_is_submitted_once(page, workspace, real_run):
    shown = page(real_run)
    button(shown, "Run again").click().run()
    assert not shown.exception
    plan = shown.dataframe[-1].value
    assert list(plan["Task"]) == ["load", "total"]
    button(shown, "Submit the rerun").click().run()
    (again,) = workspace.runs(RunQuery(reruns=True, lineage=real_run))
    assert (again.rerun_of, again.status, again.rundate) == (real_run, RunStatus.READY, workspace.run(real_run).rundate)
    assert len(workspace.runs(RunQuery())) == 2


def test_a_task_run_leads_to_a_rerun_from_there(page, workspace, real_run):
    shown = page(real_run, task="0", part="0")
    button(shown, "Run again from here").click().run()
    assert not shown.exception
    plan = shown.dataframe[-1].value
    assert plan["Task"][0] == "load" and any("to run" in str(value) for value in plan.loc[0])


def test_nothing_left_to_do_is_said_where_the_plan_would_stand(page, workspace, work_dir):
    dag = DAG(Name="done", DevRun=True, WorkDir=work_dir({"paged_done.py": STEPS}))
    Task(Name="load", Entrypoint="paged_done.load", dag=dag)
    shown = page(dag.run(executor="inline").id)
    sys.modules.pop("paged_done", None)
    button(shown, "Run again").click().run()
    assert "nothing of it is left" in shown.warning[0].value


def test_a_run_that_is_removed_while_it_is_shown_is_said(page, workspace):
    run = written(workspace)
    shown = page(run, view="Task runs")
    workspace.store.remove_runs([run])
    shown.run()
    assert not shown.exception
    assert "was removed" in shown.warning[0].value


@pytest.mark.parametrize("view", ["Graph", "Task runs", "Timeline", "Facts"])
def test_nothing_in_names_is_markup(page, workspace, view):
    run = written(workspace, spec_of(name=NASTY, cells=NASTY), statuses=[COMPLETED, FAILED, COMPLETED], tag=NASTY)
    shown = page(run, view=view, task="1", part="0")
    assert not shown.exception
    for element in [*shown.markdown, *shown.caption, *shown.title, *shown.subheader]:
        assert "<script>" not in element.value.replace("\\<", "")
    assert not any("script" in block.proto.body for block in shown.get("html"))
