"""A job that is edited again and again: with reuse it gives what it would give from scratch."""

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtscheduler import DAG, ParallelTask, Task

VALUES = [None, 0, False, 1, True, 1.0, -0.0, "1", (1,), [1]]
NAMES = ["p", "q", "r"]
TAKES = {"": "0", "rundate": "str(rundate)", "part_num": "part_num", "sub_job_name": "sub_job_name", "day": "str(day)"}
BODIES = ["repr((C, shift(x), taken))", "isinstance(x, bool)", "[C % 2]", "kit.G"]

LAB = """
from dtscheduler import batch
import kit
from kit import shift

C = {c}

@batch({{"day": "rundate"}} if {takes!r} == "day" else None)
def leaf(x=0{parameter}):
    taken = {taken}
    return {body}

@batch()
def join(left, right={default!r}):
    {broken}
    return [left, right] if {whole} else len(str(left))

@batch()
def tail(join):
    return join, kit.limit()
"""
KIT = """
G = {g}

def shift(x):
    return {h}, x

def limit():
    return G + 1
"""

KNOBS = {
    "c": st.integers(0, 2),
    "h": st.integers(0, 2),
    "g": st.integers(0, 2),
    "takes": st.sampled_from(sorted(TAKES)),
    "body": st.sampled_from(BODIES),
    "whole": st.booleans(),
    "broken": st.sampled_from(["", "", "1 // 0"]),
    "default": st.sampled_from(VALUES),
    "parts": st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)),
        min_size=1,
        max_size=3,
        unique_by=lambda part: part[0],
    ),
    "fan": st.booleans(),
    "other": st.sampled_from(VALUES),
    "edges": st.permutations(["a", "b"]),
    "swapped": st.booleans(),
    "rundate": st.sampled_from(["2026-11-20", "2026-11-21"]),
}
WORLDS = st.fixed_dictionaries(KNOBS)
EDITS = st.lists(
    st.one_of([st.tuples(st.just(knob), values) for knob, values in KNOBS.items()]), min_size=1, max_size=5
)


@pytest.fixture
def lab(workspace, tmp_path):
    """Runs the job of a world, with or without reuse: the statuses of its task runs, and their results."""
    folder = tmp_path / "lab"
    folder.mkdir()

    def dag(world, reuse):
        made = DAG(Name="lab", DevRun=True, WorkDir=folder, **({"Reuse": "content"} if reuse else {}))
        parts = [{"Name": name, "Description": "", "x": value} for name, value in world["parts"]]
        if world["fan"]:
            a = ParallelTask(Name="a", Entrypoint="lab.leaf", ConfigurationJson=parts, dag=made)
        else:
            a = Task(Name="a", Entrypoint="lab.leaf", ConfigurationJson={"x": world["parts"][0][1]}, dag=made)
        b = Task(Name="b", Entrypoint="lab.leaf", ConfigurationJson={"x": world["other"]}, dag=made)
        table = {"a": "right", "b": "left"} if world["swapped"] else {"a": "left", "b": "right"}
        join = Task(Name="join", Entrypoint="lab.join", ConfigurationJson={"arg_translation_table": table}, dag=made)
        for name in world["edges"]:
            {"a": a, "b": b}[name] >> join
        join >> Task(Name="tail", Entrypoint="lab.tail", dag=made)
        return made

    def run(world, *, reuse):
        takes = world["takes"]
        facts = world | {"taken": TAKES[takes], "parameter": f", *, {takes}" if takes else ""}
        (folder / "lab.py").write_text(LAB.format(**facts))
        (folder / "kit.py").write_text(KIT.format(**facts))
        found = dag(world, reuse).run(rundate=world["rundate"], executor="inline")
        return [
            (record.task_name, record.part_name, found.result(record.task_name, record.part))
            if record.status.succeeded
            else (record.task_name, record.part_name, str(record.status))
            for record in found.records()
        ]

    yield run
    for name in ("lab", "kit"):
        sys.modules.pop(name, None)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(world=WORLDS, edits=EDITS)
def test_whatever_is_edited_reuse_gives_what_a_run_from_scratch_gives(lab, world, edits):
    lab(world, reuse=True)
    for knob, value in edits:
        world = world | {knob: value}
        reused, fresh = lab(world, reuse=True), lab(world, reuse=False)
        assert repr(reused) == repr(fresh), knob


USUAL = {
    "c": 1,
    "h": 1,
    "g": 1,
    "takes": "",
    "body": BODIES[0],
    "whole": True,
    "broken": "",
    "default": 0,
    "parts": [("a", 1)],
    "fan": False,
    "other": 0,
    "edges": ["a", "b"],
    "swapped": False,
    "rundate": "2026-11-20",
}
FAN = {"fan": True, "parts": [("p", 1), ("q", 2)]}


@pytest.mark.parametrize(
    ("before", "edit"),
    [
        ({}, {"fan": True}),
        ({"fan": True}, {"fan": False}),
        ({}, {"swapped": True}),
        ({"swapped": True}, {"edges": ["b", "a"]}),
        ({"takes": "day"}, {"rundate": "2026-11-21"}),
        ({"takes": "rundate"}, {"takes": "day", "rundate": "2026-11-21"}),
        (FAN, {"parts": [("q", 2), ("p", 1)]}),
        (FAN | {"takes": "sub_job_name"}, {"parts": [("r", 1), ("q", 2)]}),
        (FAN | {"takes": "part_num"}, {"parts": [("q", 2), ("p", 1)]}),
        (FAN, {"parts": [("p", 1)]}),
        ({"whole": False}, {"broken": "1 // 0"}),
    ],
    ids=str,
)
def test_an_edit_and_its_undoing_give_what_runs_from_scratch_give(lab, before, edit):
    first, second = USUAL | before, USUAL | before | edit
    expected = [lab(world, reuse=False) for world in (first, second)]
    assert repr(expected[0]) != repr(expected[1]) or "edges" in edit
    found = [lab(world, reuse=True) for world in (first, second, first, second)]
    assert repr(found) == repr(expected * 2)


@pytest.mark.parametrize("one", VALUES, ids=repr)
def test_arguments_that_only_look_equal_are_told_apart(lab, one):
    for value in VALUES:
        lab(USUAL | {"parts": [("a", value)]}, reuse=True)
    found = lab(USUAL | {"parts": [("a", one)]}, reuse=True)
    assert found[0][2] == repr((1, (1, one), 0))
