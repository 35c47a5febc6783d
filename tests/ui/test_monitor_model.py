"""What a monitor says of a run, of one of its task runs, and of running it again."""

from dataclasses import replace

import pytest
from runs_given import spec_of, written

import dtscheduler
from dtscheduler.errors import NotFoundError, WorkspaceError
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.views.monitor import MonitorModel, grown_by

FAILED = [TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.DID_NOT_RUN]


def monitor(workspace, **given):
    return MonitorModel(dtscheduler.run(written(workspace, **given)))


def failed(workspace, **more):
    return monitor(workspace, statuses=FAILED, status=RunStatus.FAILED, reason="2 of 5 task runs failed", **more)


def test_it_says_how_a_run_stands(workspace):
    model = monitor(workspace, statuses=[TaskStatus.COMPLETED, TaskStatus.RUNNING], status=RunStatus.RUNNING)
    assert (model.head["word"], model.head["progress"]) == ("running", "1 of 5 task runs have ended")
    assert model.head["counts"] == [["running", 4], ["completed", 1]]
    assert model.goes_on


def test_failures_are_grouped_and_each_leads_to_its_first_log(workspace):
    model = failed(workspace)
    (group,) = model.failures
    assert group["said"] == "cells: 2 of 3 parts: ZeroDivisionError in size()"
    assert (group["first"], group["place"]) == ("JFK-0", [1, 0])
    model.show_place(group["place"], "log")
    assert model.panel["title"] == "cells / JFK-0"
    assert model.panel["note"] == "It printed nothing."


def test_a_chosen_task_run_shows_its_result_inputs_and_facts(workspace):
    model = monitor(workspace)
    model.show_place([1, 2], "result")
    assert model.panel["text"] == "rows: 2"
    model.show_place([1, 2], "inputs")
    assert "hush" not in str(model.panel)
    assert [heading for heading, _ in model.panel["blocks"]] == ["Configuration", "load: ✓ completed"]
    model.show_place([1, 2], "facts")
    assert ["Peak memory", "120 MB of 400 MB asked"] in model.panel["facts"]
    model.show_place(None)
    assert model.panel is None


@pytest.mark.parametrize("place", [[9, 0], [0, 9], [1], "load", {"task": 1}, [True, 0], [1.0, 2.0]])
def test_a_task_run_that_is_none_breaks_nothing(workspace, place):
    model = monitor(workspace)
    model.show_place(place, "log", "latest")
    model.look()
    assert model.panel is None or "has no part" in model.panel["note"]


def test_a_folded_fan_out_asks_to_be_unfolded(workspace):
    model = monitor(workspace)
    model.choose({"id": "n1", "label": "cells"})
    assert model.panel == {"title": "cells", "note": "3 parts. Unfold it to choose one of them."}


def test_only_a_run_that_has_ended_is_run_again(workspace):
    model = monitor(workspace, statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    model.open_again()
    assert model.again is None


def test_what_cannot_be_run_again_says_why_and_can_be_closed(workspace):
    model = failed(workspace)
    model.open_again()
    assert "delays" in model.again["error"] or "image" in model.again["error"]
    assert model.submit_again(lambda plan: pytest.fail("there is no plan")) is None
    model.close_again()
    assert model.again is None


def test_from_here_on_needs_a_chosen_node(workspace):
    model = failed(workspace)
    model.open_again("CHOSEN")
    assert model.again["error"] == "Choose a node of the graph from which on it is to run again."
    model.show_place([1, 1])
    model.open_again("CHOSEN")
    assert model.again["from"] == "cells / JFK-1"


def test_a_removed_run_is_said_and_looked_at_no_more(workspace, monkeypatch):
    model = monitor(workspace, statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)

    def removed(*arguments):
        raise NotFoundError("there is no such run")

    monkeypatch.setattr(type(workspace), "run", removed)
    model.look()
    assert "was removed" in model.trouble
    assert not model.goes_on


def test_a_store_that_is_away_is_said_and_asked_again(workspace, monkeypatch):
    model = monitor(workspace, statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    with monkeypatch.context() as patch:

        def away(*arguments):
            raise WorkspaceError("the store cannot be opened: disk full")

        patch.setattr(type(workspace), "run", away)
        model.look()
        assert (model.trouble, model.goes_on) == ("the store cannot be opened: disk full", True)
    model.look()
    assert model.trouble == ""


def test_the_log_of_a_task_run_that_has_ended_is_read_once(workspace, monkeypatch):
    model = failed(workspace)
    model.show_place([1, 0], "log")
    monkeypatch.setattr("dtscheduler.ui.views.monitor.log_tail", lambda *given: pytest.fail("it was read already"))
    model.look()


def test_a_task_run_that_goes_on_is_read_at_each_look(workspace):
    model = monitor(workspace, statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    model.show_place([0, 0], "facts")
    record = workspace.task_run_record(model.run.id, 0, 0)
    ended = replace(record, status=TaskStatus.COMPLETED)
    workspace.store.record(model.run.id, 1, lease_until=record.started, task_runs=[ended])
    model.look()
    assert model.panel["word"] == "completed"


def test_of_a_log_that_grows_only_what_is_new_is_told():
    before = {"view": "log", "text": "one\n", "note": "", "place": [0, 0]}
    assert grown_by(before, before | {"text": "one\ntwo\n"}) == "two\n"
    assert grown_by(before, before | {"text": "two\n"}) == ""
    assert grown_by(before, before | {"text": "one\ntwo\n", "place": [0, 1]}) == ""
    assert grown_by(None, before) == ""


def test_it_says_itself_in_a_few_lines(workspace):
    assert failed(workspace).text.splitlines() == [
        "run 1 of Flight delays: failed. 5 task runs have ended: 2 failed, 1 did not run, 2 completed. In 40.0 s.",
        "2 of 5 task runs failed",
        "  cells: 2 of 3 parts: ZeroDivisionError in size()",
    ]


def test_hostile_names_stay_text(workspace):
    model = monitor(workspace, spec=spec_of(cells="<img src=x onerror=alert(1)>\u202e"))
    model.show_place([1, 0])
    assert model.panel["title"].startswith("<img src=x onerror=alert(1)>")
    assert "\u202e" not in str(model.panel) + str(model.text)
