"""The table of what a run would do: a sentence, grouped rows with reasons; or why it cannot run."""

import pytest

from dtscheduler import DAG

SCRIPT = """
import streamlit as st
from dtscheduler import DAG, ParallelTask, Task, grid
from dtscheduler.ui.streamlit import plan_table

def build(name, entrypoint="steps.cell", parts=3):
    dag = DAG(Name=name, DevRun=True, WorkDir={folder!r})
    one = Task(Name="one", Entrypoint="steps.one", dag=dag)
    cells = ParallelTask(Name={task!r}, Entrypoint=entrypoint, ConfigurationJson=grid(x=range(parts)), dag=dag)
    _ = one >> cells  # without a name for it, Streamlit would write it on the page
    return dag

dag = {dag}
plan = plan_table(dag)
st.session_state["plan"] = plan
st.session_state["plans"] = st.session_state.get("plans", set()) | {{id(plan)}}
"""
HOSTILE = "**x** <script>alert(1)</script> $y$ :red[z]"


@pytest.fixture
def table(app, work_dir):
    """Runs the table for a DAG: ``table('build("Risk")')``."""
    folder = work_dir(
        {"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): return 1\n@batch()\ndef cell(x): return x\n"}
    )
    return lambda dag, task="cells": app(SCRIPT.format(folder=str(folder), dag=dag, task=task))


def shown(at):
    return at.markdown[0].value.replace("\\", "")


def test_a_plan_says_what_runs_and_why_grouped_by_reason(table):
    at = table("build('Risk')")
    assert at.session_state["plan"].to_run == 4
    assert shown(at).startswith("**4 to run (new)")
    rows = at.dataframe[0].value
    assert rows["Task"].tolist() == ["one", "cells"]
    assert rows["Parts"].tolist() == ["", "0, 1, 2"]
    assert rows["Fate"].tolist() == ["▶ to run"] * 2


def test_a_plan_of_ten_thousand_parts_is_a_few_rows(table):
    at = table("build('Risk', parts=10_000)")
    assert len(at.dataframe[0].value) == 2
    assert at.dataframe[0].value["Parts"][1] == "10,000: 0, 1, 2, …"


def test_the_same_dag_is_planned_once_until_it_is_asked_to_be_planned_again(table):
    at = table("build('Risk')")
    at.run()
    assert len(at.session_state["plans"]) == 1
    at.button[0].click().run()
    assert len(at.session_state["plans"]) == 2


def test_what_cannot_run_says_why_and_gives_no_plan(table):
    at = table("build('Risk', 'steps.nothing')", HOSTILE)
    assert at.session_state["plan"] is None
    assert "steps.nothing" in at.error[0].value.replace("\\", "")
    assert HOSTILE in at.error[0].value.replace("\\", "")
    assert "**x**" not in at.error[0].value


def test_names_of_others_are_text_in_the_table(table):
    at = table("build('Risk')", HOSTILE)
    assert at.dataframe[0].value["Task"][1] == HOSTILE


def test_a_plan_that_was_made_is_shown_as_it_is(table):
    at = table("build('Risk').plan()")
    assert at.session_state["plan"].to_run == 4
    assert not at.button


def test_a_dag_is_planned_anew_when_a_run_of_it_has_ended(table):
    at = table("build('Risk')")
    assert "compared with" not in at.caption[0].value
    run = DAG.from_spec(at.session_state["plan"].foresight.plan.spec).run(executor="inline")
    at.run()
    assert f"compared with run {run.id}" in at.caption[0].value
