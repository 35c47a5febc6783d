"""The monitor as a widget: what it says of a run, what a click does, and that it leaves nothing behind."""

import threading
from types import SimpleNamespace

import pytest
from runs_given import written

import dtscheduler
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.run import RunChange
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.notebook import RunMonitor, run_monitor

FAILED = [TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.DID_NOT_RUN]


@pytest.fixture
def monitor(workspace):
    """Makes monitors of runs that are written just so, and closes them in the end."""
    made = []

    def make(**given):
        made.append(RunMonitor(dtscheduler.run(written(workspace, **given))))
        return made[-1]

    yield make
    for each in made:
        each.close()


def say(widget, **content):
    widget._heard(content, [])


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "dtscheduler-widget"]


def test_its_value_is_the_status_and_changes_when_the_run_ends(workspace, monitor):
    shown = monitor(statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    ended = threading.Event()
    shown.observe(lambda change: change.new == "stopped" and ended.set(), "value")
    assert shown.value == "running"
    change = RunChange(status=RunStatus.STOPPED, reason="stopped by ada", ended=workspace.clock.now())
    workspace.store.record(shown.run.id, 1, lease_until=None, change=change)
    assert ended.wait(10)
    assert shown.head["reason"] == "stopped by ada"


def test_its_thread_goes_when_it_is_closed(monitor):
    shown = monitor(statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    assert len(threads()) == 1
    shown.close()
    for thread in threads():
        thread.join(2)
    assert not threads()


def test_its_thread_goes_with_its_last_view_and_comes_back_with_the_next(monitor):
    shown = monitor(statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    shown._view_count = 1
    assert len(threads()) == 1
    shown._view_count = 0
    for thread in threads():
        thread.join(2)
    assert not threads()
    shown._view_count = 1
    assert len(threads()) == 1


def test_two_monitors_of_one_run_say_the_same(monitor):
    first = monitor(statuses=FAILED, status=RunStatus.FAILED)
    second = RunMonitor(first.run)
    assert (first.head, first.failures, first.states) == (second.head, second.failures, second.states)
    second.close()
    assert first.head


def test_a_failure_leads_to_its_log_and_a_node_to_all_about_it(monitor):
    shown = monitor(statuses=FAILED, status=RunStatus.FAILED)
    say(shown, do="show", place=shown.failures[0]["place"], view="log")
    assert shown.panel["title"] == "cells / JFK-0"
    say(shown, do="select", node={"id": "n0", "label": "load"})
    assert (shown.selected, shown.panel["title"]) == ("load", "load")
    say(shown, do="show", place=None)
    assert shown.panel is None


def test_parts_are_drawn_one_by_one_when_they_are_asked_for(monitor):
    shown = monitor(statuses=FAILED, status=RunStatus.FAILED)
    say(shown, do="unfold", names=["cells"])
    assert [node["label"] for node in shown.graph["nodes"]] == ["load", "JFK-0", "JFK-1", "JFK-2", "total"]


def test_running_again_submits_what_is_shown_once(monitor, monkeypatch):
    shown = monitor(statuses=FAILED, status=RunStatus.FAILED)
    tokens, again = [], shown.run
    plan = SimpleNamespace(summary="1 to run")

    def submit(given, token):
        tokens.append((given, token))
        return again

    monkeypatch.setattr(run_monitor, "rerun_from_notebook", submit)
    shown._model._plan, shown._model.again = plan, {"scope": "FAILED"}
    say(shown, do="submit")
    say(shown, do="submit")
    assert len(tokens) == 1
    assert shown.again is None


def test_stopping_asks_the_driver_to(workspace, monitor):
    shown = monitor(statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    say(shown, do="stop")
    assert workspace.run(shown.run.id).stop_requested_by


def test_it_says_itself_as_text_and_picture(monitor):
    bundle = monitor(statuses=FAILED, status=RunStatus.FAILED)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("run 1 of Flight delays: failed.")
    assert bundle["image/svg+xml"].startswith("<svg")


def test_another_run_is_shown_in_its_place(workspace, monitor):
    shown = monitor(statuses=FAILED, status=RunStatus.FAILED)
    other = dtscheduler.run(written(workspace))
    shown.show(other)
    assert (shown.run, shown.value, shown.failures) == (other, "completed", [])


def test_only_a_run_is_shown():
    with pytest.raises(InvalidJobError, match="RunMonitor shows a Run, not int"):
        RunMonitor(5)


@pytest.mark.parametrize("place", [[2**70, 0], [-1, 0], [0], {"task": 1}])
def test_a_place_that_no_page_would_name_changes_nothing(monitor, place):
    shown = monitor()
    say(shown, do="show", place=place, view="log", attempt=2**80)
    assert shown.panel is None
