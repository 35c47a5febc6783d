"""A graph that stays on a screen: what is drawn, chosen and unfolded, and what a look at its run changes."""

from dataclasses import replace

import pytest
from runs_given import NASTY, spec_of, written

import dtscheduler
from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.errors import InvalidJobError, NotFoundError
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.views.graph import GraphModel


@pytest.fixture
def dag():
    with DAG(Name="flights", Image="desk") as made:
        cells = [{"Name": f"JFK-{n}", "Description": "", "month": n} for n in range(6)]
        Task(Name="load", Entrypoint="flights.load") >> ParallelTask(
            Name="cells", Entrypoint="flights.cell", ConfigurationJson=cells
        )
    return made


def shown(given, **options):
    model = GraphModel("DagView")
    model.show(given, **options)
    return model


def node(model, label):
    """A node as a browser names it."""
    found = next(each for each in model.document["nodes"] if each.get("label") == label)
    return {"id": found["id"], "label": found["label"]}


def change(workspace, run, task, part, status):
    record = workspace.task_run_record(run, task, part)
    workspace.store.record(run, 1, lease_until=record.started, task_runs=[replace(record, status=status)])


def test_a_click_chooses_a_task_and_a_click_on_nothing_none(workspace, dag):
    model = shown(dag)
    model.choose(node(model, "cells"))
    assert (model.selection, model.selection.task, model.selection.size) == ("cells", "cells", 6)
    model.choose(None)
    assert model.selection is None


@pytest.mark.parametrize("named", [{"id": "n99", "label": "x"}, {"id": 3}, "n0", 7, {"id": "n0", "label": "other"}])
def test_a_node_that_is_not_there_is_not_chosen(workspace, dag, named):
    model = shown(dag)
    model.choose(named)
    assert model.selection is None


def test_unfolding_draws_the_parts_and_keeps_what_is_chosen(workspace, dag):
    model = shown(dag)
    model.choose_task("load")
    assert model.unfold(["cells"])
    assert [each["label"] for each in model.document["nodes"]] == ["load", *(f"JFK-{n}" for n in range(6))]
    assert model.selection == "load"
    assert not model.unfold(["cells"])
    assert not model.unfold("cells")


def test_what_is_shown_next_keeps_what_was_unfolded_and_chosen_in_it(workspace, dag):
    model = shown(dag, unfold=["cells"])
    model.choose(node(model, "JFK-3"))
    model.show(dag)
    assert model.selection == "cells/JFK-3"


def test_nothing_else_than_a_job_a_run_or_a_plan_is_drawn(workspace):
    with pytest.raises(InvalidJobError, match="DagView draws a DAG, a Run or a Plan, not int"):
        shown(3)


def test_a_task_to_unfold_that_is_not_there_is_named(workspace, dag):
    with pytest.raises(InvalidJobError, match="has no task 'cell'"):
        shown(dag, unfold=["cell"])


def test_a_look_says_only_what_has_changed(workspace):
    run = written(workspace, statuses=[TaskStatus.RUNNING, TaskStatus.PENDING], status=RunStatus.RUNNING)
    model = shown(dtscheduler.run(run))
    assert model.goes_on
    assert model.look() == (False, None)
    change(workspace, run, 0, 0, TaskStatus.COMPLETED)
    redrawn, changed = model.look()
    assert not redrawn
    assert list(changed["nodes"]) == [node(model, "load")["id"]]
    assert model.states["nodes"][node(model, "load")["id"]]["look"] == "completed"


def test_a_run_that_was_removed_stays_as_it_was_seen(workspace, monkeypatch):
    run = written(workspace, statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    model = shown(dtscheduler.run(run))

    def removed(*arguments):
        raise NotFoundError(f"there is no run {run}")

    monkeypatch.setattr(type(workspace), "run", removed)
    with pytest.raises(NotFoundError):
        model.look()
    assert model.gone
    assert not model.goes_on
    assert model.document["nodes"]
    assert "<svg" in model.svg()


def test_names_are_text_in_its_line_and_its_picture(workspace):
    model = shown(dtscheduler.run(written(workspace, spec=spec_of(name=NASTY[:60]))))
    assert model.text.startswith(NASTY[:60])
    assert "<script" not in model.svg()


def test_nothing_shown_is_said(workspace):
    model = GraphModel("DagView")
    assert (model.text, model.svg(), model.document, model.goes_on) == ("no graph yet", None, None, False)
