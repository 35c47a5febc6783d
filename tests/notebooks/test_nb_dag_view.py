"""The graph as a widget: what it tells the page, and what it hears from it."""

import threading

import pytest
from runs_given import NASTY, spec_of, written

import dtscheduler
from dtscheduler import DAG, Task
from dtscheduler.errors import NotFoundError
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.notebook import DagView

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def dag():
    with DAG(Name="flights", Image="desk") as made:
        Task(Name="load", Entrypoint="flights.load") >> Task(Name="rank", Entrypoint="flights.rank")
    return made


@pytest.fixture
def view():
    """Makes widgets, and closes them in the end."""
    made = []

    def make(*given, **options):
        made.append(DagView(*given, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def click(view, label):
    found = next(node for node in view.graph["nodes"] if node["label"] == label)
    view._heard({"do": "select", "node": {"id": found["id"], "label": label}}, [])


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "dtscheduler-widget"]


def test_a_click_on_a_node_is_its_value(workspace, view, dag):
    shown, heard = view(dag), []
    shown.observe(lambda change: heard.append(change.new), "value")
    click(shown, "rank")
    shown._heard({"do": "select", "node": None}, [])
    assert heard == ["rank", None]


def test_another_job_is_drawn_in_its_place(workspace, view, dag):
    shown = view(dag, height=300)
    click(shown, "load")
    with DAG(Name="others", Image="desk") as other:
        Task(Name="load", Entrypoint="flights.load")
    shown.show(other)
    assert [node["label"] for node in shown.graph["nodes"]] == ["load"]
    assert shown.value == "load"
    shown.show(None)
    assert (shown.graph, shown.value) == (None, None)


def test_it_shows_itself_as_text_and_picture_where_there_is_no_javascript(workspace, view, dag):
    bundle = view(dag)._repr_mimebundle_()
    assert bundle["text/plain"] == "flights: 2 tasks"
    assert bundle["image/svg+xml"].startswith("<svg")
    assert VIEW in bundle


def test_a_closed_one_still_says_what_it_showed(workspace, view, dag):
    shown = view(dag)
    shown.close()
    assert repr(shown) == "flights: 2 tasks"


def test_it_follows_a_run_until_it_is_closed(workspace, view):
    run = written(workspace, statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    shown = view(dtscheduler.run(run))
    assert len(threads()) == 1
    shown.close()
    for thread in threads():
        thread.join(2)
    assert not threads()


def test_a_run_that_has_ended_needs_no_thread(workspace, view):
    shown = view(dtscheduler.run(written(workspace)))
    assert not threads()
    assert shown.states["said"] == "5 completed"


def test_what_a_page_says_that_makes_no_sense_changes_nothing(workspace, view, dag):
    shown = view(dag)
    for content in (
        {},
        {"do": "select"},
        {"do": "select", "node": [1]},
        {"do": "unfold"},
        {"do": "unfold", "names": 3},
    ):
        shown._heard(content, [])
    assert shown.value is None


def test_names_full_of_markup_are_text(workspace, view):
    shown = view(dtscheduler.run(written(workspace, spec=spec_of(name=NASTY[:60], cells="<b>x</b>"))))
    assert "<script" not in shown._repr_mimebundle_()["image/svg+xml"]
    assert {"<b>x</b>"} <= {node["label"] for node in shown.graph["nodes"]}


def test_a_run_that_was_removed_stays_as_it_was_seen(workspace, view, monkeypatch):
    run = dtscheduler.run(written(workspace, statuses=[TaskStatus.FAILED], status=RunStatus.FAILED))
    shown = view(run)

    def removed(*given):
        raise NotFoundError("there is no run 1")

    for name in ("run", "task_runs"):
        monkeypatch.setattr(type(workspace), name, removed)
    shown._heard({"do": "unfold", "names": ["cells"]}, [])
    assert "image/svg+xml" not in shown._repr_mimebundle_()
    assert repr(run) == "<Run 1: there is no run 1>"
    assert run._repr_mimebundle_() == {"text/plain": "<Run 1: there is no run 1>"}
