"""The graph as data for the page: what is drawn once, and what recolours it."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler.drawing.lettering import width_of
from dtscheduler.drawing.looks import look_of
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.ui.graph import graph_of, states, states_of_run
from dtscheduler.ui.graph_looks import LOOKS

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def task(name, parts=0, entrypoint="flights.load"):
    names = [f"{name} {number}" for number in range(parts)] or [name]
    return TaskSpec(name=name, entrypoint=entrypoint, parts=tuple(map(PartSpec, names)), parallel=parts > 0)


def chain(*tasks):
    """A job in which each task waits for the one before."""
    upstream = tuple((number - 1,) if number else () for number in range(len(tasks)))
    return JobSpec(name="flights", tasks=tasks, upstream=upstream, access=AccessSpec(owner="ana"))


def task_runs(spec, statuses):
    """A task run for each part: the statuses in turn; each takes as many seconds as the number of its task, and one."""
    found = []
    for number, one in enumerate(spec.tasks):
        for part, named in enumerate(one.parts):
            status = statuses[len(found) % len(statuses)]
            start = MIDNIGHT + timedelta(seconds=number * 10)
            found.append(
                TaskRunRecord(
                    task=number,
                    part=part,
                    task_name=one.name,
                    part_name=named.name,
                    status=status,
                    attempt=1,
                    reason="KeyError: 'JFK'" if status is TaskStatus.FAILED else "",
                    started=start,
                    ended=start + timedelta(seconds=number + 1),
                )  # fmt: skip
            )
    return found


FLIGHTS = chain(task("load"), task("cells", 3), task("sum"))
SAME_FUNCTION = [task(f"sum {number}") for number in range(30)]


def nodes(graph):
    return {node["id"]: node for node in graph.document["nodes"]}


@st.composite
def jobs(draw):
    count = draw(st.integers(1, 6))
    tasks = [task(f"t{number}", draw(st.sampled_from([0, 2, 40])), f"f.g{number}") for number in range(count)]
    return chain(*tasks)


@settings(deadline=None, max_examples=30)
@given(jobs(), st.sets(st.sampled_from(["t0", "t1", "t2", "gone"])), st.booleans())
def test_every_part_belongs_to_one_node_whatever_is_unfolded(spec, unfolded, stateful):
    graph = graph_of(spec, unfolded=unfolded, stateful=stateful)
    members = sorted(member for of_node in graph.members.values() for member in of_node)
    assert members == [(number, part) for number, one in enumerate(spec.tasks) for part in range(len(one.parts))]


@settings(deadline=None, max_examples=30)
@given(jobs(), st.lists(st.sampled_from(TaskStatus), min_size=1, max_size=5))
def test_nothing_moves_whatever_the_states(spec, statuses):
    graph = graph_of(spec, stateful=True)
    before = json.dumps(graph.document)
    written = states_of_run(graph, task_runs(spec, statuses))
    assert json.dumps(graph.document) == before
    assert set(written["nodes"]) == set(graph.members)


@settings(deadline=None, max_examples=30)
@given(jobs(), st.lists(st.sampled_from(TaskStatus), min_size=1, max_size=5))
def test_states_alone_give_the_same_looks_and_counts_as_whole_task_runs(spec, statuses):
    graph, runs = graph_of(spec, stateful=True), task_runs(spec, statuses)
    whole = states_of_run(graph, runs)
    alone = states(graph, {(one.task, one.part): one.status.value for one in runs})
    assert alone["counts"] == whole["counts"]
    seen = [{key: (state["look"], state.get("counts")) for key, state in s["nodes"].items()} for s in (alone, whole)]
    assert seen[0] == seen[1]


@settings(deadline=None, max_examples=30)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80), st.booleans())
def test_what_is_written_on_a_card_fits_beside_its_chip(name, stateful):
    graph = graph_of(chain(task(name, 1200)), stateful=stateful)
    (card,) = graph.document["nodes"]
    chip = 7.4 * len(card["chip"]) + 25 + 9
    assert card["left"] + width_of(card["label"], 13, bold=True) + chip <= card["box"][2] - 8 + 1


def test_a_folded_fan_out_says_how_many_and_how_it_is_unfolded():
    cells = nodes(graph_of(FLIGHTS))["n1"]
    assert (cells["chip"], cells["detail"], cells["unfolds"]) == ("×3", "3 parts", "cells")


def test_a_search_can_find_what_is_folded_unless_there_is_very_much_of_it():
    assert nodes(graph_of(FLIGHTS))["n1"]["inside"] == ["cells 0", "cells 1", "cells 2"]
    assert nodes(graph_of(chain(task("load"), task("cells", 5000))))["n1"]["inside"] == []


def test_unfolded_parts_say_how_they_are_folded_again():
    graph = graph_of(FLIGHTS, unfolded=["cells", "a task that is gone"])
    parts = [node for node in graph.document["nodes"] if node["kind"] == "part"]
    assert [part["folds"] for part in parts] == ["cells"] * 3
    assert graph.document["unfolded"] == ["cells"]


def test_alike_tasks_unfold_and_fold_by_the_name_of_the_first():
    spec = chain(task("load"), *SAME_FUNCTION)
    spec = JobSpec(name="alike", tasks=spec.tasks, upstream=((), *[(0,)] * 30), access=spec.access)
    folded = nodes(graph_of(spec))["n1"]
    unfolded = graph_of(spec, unfolded=["sum 7"])
    assert folded["unfolds"] == "sum 0" and folded["size"] == 30
    assert unfolded.unfolded == ("sum 0",)
    assert nodes(unfolded)["n9"]["folds"] == "sum 0"


def test_of_more_than_200_parts_the_failed_ones_are_drawn():
    spec = chain(task("cells", 400))
    runs = task_runs(spec, [TaskStatus.COMPLETED] * 399 + [TaskStatus.FAILED])
    graph = graph_of(spec, unfolded="all", stateful=True, task_runs=runs)
    written = states_of_run(graph, runs)["nodes"]
    assert written["n0p399"]["look"] == "failed"
    assert written["n0m"]["counts"] == [("completed", 200)]


def test_parts_that_were_chosen_earlier_are_coloured_though_others_tell_more_now():
    spec = chain(task("cells", 400))
    graph = graph_of(spec, unfolded="all", stateful=True)
    runs = task_runs(spec, [TaskStatus.COMPLETED] * 399 + [TaskStatus.FAILED])
    written = states_of_run(graph, runs)
    assert "n0p399" not in written["nodes"]
    assert written["nodes"]["n0m"]["look"] == "failed"
    assert written["counts"] == [("failed", 1), ("completed", 399)]


def test_a_run_says_times_reasons_and_the_path_that_decided():
    graph = graph_of(FLIGHTS, stateful=True)
    written = states_of_run(graph, task_runs(FLIGHTS, [*[TaskStatus.COMPLETED] * 4, TaskStatus.FAILED]))
    assert written["nodes"]["n0"]["detail"] == "completed · 1.0 s"
    assert written["nodes"]["n2"]["about"] == ["failed · 3.0 s", "KeyError: 'JFK'"]
    assert written["nodes"]["n1"]["detail"] == "3 completed"
    assert all(written["nodes"][key]["critical"] for key in ("n0", "n1", "n2"))
    assert written["critical"] == [0, 1]


def test_while_a_run_goes_on_nothing_has_decided_when_it_ends():
    graph = graph_of(FLIGHTS, stateful=True)
    written = states_of_run(graph, task_runs(FLIGHTS, [TaskStatus.COMPLETED]), ended=False)
    assert written["critical"] == [] and not any(state.get("critical") for state in written["nodes"].values())


def test_what_has_no_task_run_yet_is_pending():
    written = states_of_run(graph_of(FLIGHTS, stateful=True), [])
    assert {state["look"] for state in written["nodes"].values()} == {"pending"}
    assert written["said"] == "5 pending"


def test_a_plan_shows_what_runs_before_what_is_reused():
    graph = graph_of(FLIGHTS, stateful=True)
    looks = {(0, 0): "reused", (1, 0): "reused", (1, 1): "to_run", (1, 2): "reused"}
    written = states(graph, looks, {(0, 0): "nothing has changed"}, missing="unknown")
    assert written["nodes"]["n1"]["counts"] == [("to_run", 1), ("reused", 2)]
    assert written["nodes"]["n0"]["about"] == ["reused", "nothing has changed"]
    assert written["said"] == "1 to run, 1 unknown until upstream, 3 reused"


def test_looks_are_those_of_every_other_picture_and_only_words_and_colours():
    wired = graph_of(FLIGHTS).document["looks"]
    assert all(wired[status.value]["light"]["ink"] == look_of(status).light.ink for status in TaskStatus)
    assert all(re.fullmatch(r"[a-z_]+", key) for key in wired)
    colours = [
        wired[key][theme][tone] for key in LOOKS for theme in ("light", "dark") for tone in ("ink", "fill", "solid")
    ]
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in colours)


def test_the_digest_names_what_is_drawn():
    assert graph_of(FLIGHTS).digest == graph_of(FLIGHTS).digest
    assert graph_of(FLIGHTS).digest != graph_of(FLIGHTS, unfolded=["cells"]).digest
    assert graph_of(FLIGHTS).digest != graph_of(FLIGHTS, stateful=True).digest


@pytest.mark.parametrize("text", ["api_key=hunter2", "x\x1b[31m", "a\nb"])
def test_texts_are_one_line_without_secrets_and_control_characters(text):
    spec = chain(task("load", entrypoint=text))
    document = json.dumps(graph_of(spec).document, ensure_ascii=False)
    assert "hunter2" not in document and "\\u001b" not in document and "\\n" not in document


def test_a_document_is_json_and_a_job_of_one_task_has_no_edges():
    document = graph_of(chain(task("load"))).document
    assert json.loads(json.dumps(document)) == document
    assert document["edges"] == [] and len(document["nodes"]) == 1
