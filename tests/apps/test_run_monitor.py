"""The monitor of a run, and the button that starts one: one run a click, whatever happens to the script."""

from itertools import count

import pytest
from runs_given import NASTY, spec_of, written
from streamlit.runtime.scriptrunner import RerunException
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from dtscheduler.errors import WorkspaceError
from dtscheduler.model.run import RunChange, RunQuery
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui import service_process
from dtscheduler.ui.streamlit import presses

BUTTON = """
import streamlit as st
from dtscheduler import DAG, Task
from dtscheduler.ui.streamlit import run_monitor

dag = DAG(Name={name!r}, DevRun=True, WorkDir={folder!r})
Task(Name="load", Entrypoint="steps.load", dag=dag)
run = run_monitor.start_button(dag)
st.text(f"run {{run.id}}" if run else "no run")
"""
MONITOR = """
import dtscheduler, streamlit as st
from dtscheduler.ui.streamlit import run_monitor

run_monitor(dtscheduler.run({run}))
st.text("below")
"""
STEPS = "from dtscheduler import batch\n\n@batch()\ndef load():\n    return 1\n"


@pytest.fixture(autouse=True)
def no_service(monkeypatch):
    """No test starts a service; which workspaces one was asked for."""
    asked = []
    monkeypatch.setattr(service_process, "ensure_service", lambda place: asked.append(place))
    return asked


@pytest.fixture
def clock(monkeypatch):
    """The seconds by which the button tells one click from the next; ``clock.now += 3``."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    found = Clock()
    monkeypatch.setattr(presses, "time", found)
    return found


@pytest.fixture
def page(app, work_dir):
    """An app with a start button: ``page()``, or with what the address names: ``page(run="1")``."""

    def shown(name="steps", **query):
        return app(BUTTON.format(name=name, folder=str(work_dir({"steps.py": STEPS}))), **query)

    return shown


def click_late(shown):
    """Click in a browser that has not yet been told that the button is off."""
    shown.button[0].proto.disabled = False
    return shown.button[0].click().run()


def end(workspace, run_id):
    """Let a run end that nobody has driven."""
    done = RunChange(status=RunStatus.COMPLETED, ended=workspace.clock.now(), reason="done")
    assert workspace.store.move(run_id, RunStatus.READY, done)


def test_before_the_first_click_there_is_no_run(page, workspace):
    shown = page()
    assert not shown.exception
    assert shown.text[-1].value == "no run" and not shown.button[0].disabled
    assert workspace.runs(RunQuery()) == []


def test_a_click_leaves_one_run_to_the_service_and_names_it_in_the_address(page, workspace, no_service):
    shown = page()
    shown.button[0].click().run()
    assert [run.status for run in workspace.runs(RunQuery())] == [RunStatus.READY]
    assert shown.text[-1].value == "run 1"
    assert shown.query_params["run"] == "1" or shown.query_params["run"] == ["1"]
    assert no_service, "a service was asked for"


def test_the_button_is_off_while_the_run_goes_on_and_says_why(page, workspace, clock):
    shown = page()
    shown.button[0].click().run()
    clock.now += 60
    shown.run()
    assert shown.button[0].disabled
    assert "run 1 is running" in [text.value for text in shown.text]


def test_a_second_click_before_the_page_knows_of_the_first_makes_no_other_run(page, workspace):
    shown = page()
    shown.button[0].click().run()
    click_late(shown)
    assert len(workspace.runs(RunQuery())) == 1


def test_a_slow_double_click_on_a_short_run_makes_one_run(page, workspace, clock):
    shown = page()
    shown.button[0].click().run()
    end(workspace, 1)
    clock.now += 1.9
    shown.run()
    assert shown.button[0].disabled
    click_late(shown)
    assert len(workspace.runs(RunQuery())) == 1


def test_when_the_run_is_over_another_click_makes_another_run(page, workspace, clock):
    shown = page()
    shown.button[0].click().run()
    end(workspace, 1)
    clock.now += 3
    assert not shown.run().button[0].disabled
    assert shown.text[-1].value == "run 1", "the run that has ended is still shown"
    shown.button[0].click().run()
    assert [run.id for run in workspace.runs(RunQuery())] == [2, 1]
    assert shown.text[-1].value == "run 2"


def test_a_script_that_is_ended_within_the_click_still_makes_one_run(page, workspace, monkeypatch):
    shown, real = page(), presses.press

    def interrupted(it, submit):
        real(it, submit)
        monkeypatch.setattr(presses, "press", real)
        raise RerunException(RerunData())

    monkeypatch.setattr("dtscheduler.ui.streamlit.monitors.press", interrupted)
    shown.button[0].click().run()
    monkeypatch.setattr("dtscheduler.ui.streamlit.monitors.press", real)
    click_late(shown)
    assert len(workspace.runs(RunQuery())) == 1
    assert shown.run().text[-1].value == "run 1"


@pytest.mark.parametrize("access", [2, 3, 5, 8, 11, 14])
def test_a_script_that_is_ended_at_any_access_to_the_session_makes_one_run(page, workspace, monkeypatch, access):
    shown, accesses = page(), count(1)

    def ended(runner):
        if next(accesses) == access:
            raise RerunException(RerunData())

    with monkeypatch.context() as patch:
        patch.setattr(ScriptRunner, "_maybe_handle_execution_control_request", ended)
        shown.button[0].click().run()
    assert next(accesses) > access, "the script was ended"
    click_late(shown.run())
    assert len(workspace.runs(RunQuery())) == 1
    assert shown.run().text[-1].value == "run 1"


def test_a_reload_shows_the_run_that_the_address_names(page):
    page().button[0].click().run()
    again = page(run="1")
    assert again.text[-1].value == "run 1" and again.button[0].disabled


def test_another_tab_finds_the_same_dag_going_on(page, workspace):
    page().button[0].click().run()
    other = page()
    assert other.text[-1].value == "run 1" and other.button[0].disabled


def test_another_tab_with_another_dag_starts_its_own(page, workspace):
    page().button[0].click().run()
    other = page(name="others")
    assert other.text[-1].value == "no run"
    other.button[0].click().run()
    assert {run.job_name for run in workspace.runs(RunQuery())} == {"steps", "others"}


@pytest.mark.parametrize("address", ["", "99", "-1", "x", "1" * 400, "²"])
def test_an_address_that_names_no_run_is_as_none(page, address):
    shown = page(run=address)
    assert not shown.exception and shown.text[-1].value == "no run"


def test_the_address_shows_no_run_of_another_job(page, workspace):
    run = written(workspace)
    assert page(run=str(run)).text[-1].value == "no run"


def test_what_the_core_refuses_stands_at_the_button_and_the_page_lives(app, workspace, tmp_path):
    shown = app(BUTTON.format(name="steps", folder=str(tmp_path)))
    shown.button[0].click().run()
    assert not shown.exception
    assert "steps" in shown.error[0].value and shown.text[-1].value == "no run"
    assert workspace.runs(RunQuery()) == []


def test_a_service_that_cannot_be_started_is_said(page, monkeypatch):
    monkeypatch.setattr(service_process, "ensure_service", lambda place: "start one with: dtscheduler serve")
    shown = page()
    shown.button[0].click().run()
    assert "dtscheduler serve" in shown.warning[0].value


def test_a_store_that_is_away_is_said_at_the_button_and_in_the_monitor(page, app, workspace, monkeypatch):
    monitor = MONITOR.format(run=written(workspace, status=RunStatus.RUNNING, statuses=[TaskStatus.RUNNING]))
    monitor = monitor.replace("dtscheduler.run(", "Run(").replace("))", ", None))")

    def away(*arguments):
        raise WorkspaceError("the store cannot be opened: disk full")

    monkeypatch.setattr(type(workspace), "runs", away)
    for shown in (page(), app("from dtscheduler.api.handle import Run\n" + monitor)):
        assert not shown.exception
        assert "disk full" in shown.error[0].value


def test_a_run_that_was_of_other_values_is_no_result_of_these(app, workspace, work_dir, clock):
    script = BUTTON.format(name="steps", folder=str(work_dir({"steps.py": STEPS})))
    shown = app(script)
    shown.button[0].click().run()
    end(workspace, 1)
    clock.now += 3
    assert app(script, run="1").text[0].value == "run 1"
    other = script.replace('Entrypoint="steps.load"', 'Entrypoint="steps.load", Retries=3')
    shown = app(other, run="1")
    assert shown.text[0].value == "no run"
    assert "Run 1 was of other values than these." in [each.value for each in shown.caption]
    assert not shown.button[0].disabled


def test_a_click_whose_submission_takes_long_counts_from_its_end(clock):
    it = presses.Press()

    def slowly(token):
        clock.now += 60

    presses.press(it, slowly)
    assert it.recent


def said(shown):
    """All that a page says in sentences."""
    return " ".join(element.value for kind in (shown.caption, shown.text, shown.markdown) for element in kind)


def test_the_monitor_says_how_far_a_run_is(app, workspace):
    statuses = [TaskStatus.COMPLETED, TaskStatus.COMPLETED, TaskStatus.RUNNING, TaskStatus.READY, TaskStatus.PENDING]
    shown = app(MONITOR.format(run=written(workspace, statuses=statuses, status=RunStatus.RUNNING)))
    assert not shown.exception
    assert "2 of 5 task runs have ended" in said(shown)
    assert "1m 20s so far" in said(shown)
    marks = " ".join(block.proto.body for block in shown.get("html"))
    assert "▶ running" in marks and "✓ completed" in marks


def test_the_monitor_groups_failures_and_shows_the_log_on_demand(app, workspace):
    statuses = [TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.FAILED, TaskStatus.COMPLETED]
    run = written(workspace, statuses=statuses, status=RunStatus.RUNNING)
    folder = workspace.log_folder(workspace.run(run).uuid)
    folder.mkdir(parents=True)
    (folder / "1.0.1.log").write_text("token=abc\nZeroDivisionError: division by zero\n")
    shown = app(MONITOR.format(run=run))
    (group,) = shown.expander
    assert "2 of 3 parts" in group.label
    shown.session_state[f"monitor  {run} failure 1 {hash(workspace.failures(run)[0].kind)}"] = True
    shown.run()
    assert "ZeroDivisionError" in shown.code[0].value
    assert "abc" not in shown.code[0].value


def test_the_monitor_of_a_run_that_was_removed_says_so(app, workspace):
    run = written(workspace)
    script = MONITOR.format(run=run).replace(
        f"dtscheduler.run({run})", f"Run({run}, dtscheduler.api.place.workspace())"
    )
    workspace.store.remove_runs([run])
    shown = app("from dtscheduler.api.handle import Run\n" + script)
    assert not shown.exception
    assert "is not there" in shown.warning[0].value and shown.text[-1].value == "below"


def test_a_run_that_nobody_drives_says_what_it_waits_for(app, workspace):
    run = written(workspace, statuses=[TaskStatus.READY], status=RunStatus.READY, lease_epoch=0, started=None)
    shown = app(MONITOR.format(run=run))
    assert "waits: no service is running; start one with: dtscheduler serve" in said(shown)


def test_a_nasty_name_stays_text(app, workspace):
    run = written(workspace, spec_of(name=NASTY), status=RunStatus.RUNNING, statuses=[TaskStatus.RUNNING])
    shown = app(MONITOR.format(run=run))
    assert NASTY in [text.value for text in shown.text]
    assert not any("script" in block.value for block in shown.markdown)
    assert not any("script" in block.proto.body for block in shown.get("html"))
