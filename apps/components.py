"""Each part of the studio in an app of its own: what it looks like, and the lines that put it there.

Start it with ``streamlit run apps/components.py``.
"""

import inspect

import streamlit as st

import dtscheduler
from dtscheduler import Schedule
from dtscheduler.examples.flight_delays import flight_delays
from dtscheduler.ui.streamlit import dag_chart, plan_table, run_monitor, runs_table, schedule_form, suite_form


def a_form() -> None:
    dag = suite_form(flight_delays)
    if dag is not None:
        st.write(f"{len(dag.tasks)} tasks")


def a_schedule() -> None:
    schedule = schedule_form(Schedule(at_hours=[18], timezone="Europe/Paris", rundate_offset=-1))
    if schedule is not None:
        st.write(schedule.describe())


def a_graph() -> None:
    chosen = dag_chart(flight_delays(origins=["JFK"], months=[1, 2, 3]))
    if chosen is not None:
        st.write(f"chosen: {chosen}")


def a_plan() -> None:
    plan = plan_table(flight_delays(origins=["JFK"], months=[1, 2, 3]))
    if plan is not None:
        st.write(f"{plan.to_run} to run")


def a_run() -> None:
    run = run_monitor.start_button(flight_delays(origins=["JFK"], months=[1, 2, 3]))
    if run is not None:
        run_monitor(run)


def a_table() -> None:
    run = runs_table()
    if run is not None:
        st.write(f"{run.id}: {run.reason or run.status}")


PARTS = {
    "suite_form": a_form,
    "schedule_form": a_schedule,
    "dag_chart": a_graph,
    "plan_table": a_plan,
    "run_monitor": a_run,
    "runs_table": a_table,
}

st.set_page_config(page_title="Parts of pages", layout="wide")
st.title("Parts of pages")
st.caption(f"dtscheduler {dtscheduler.__version__}")
name = st.segmented_control("Part", list(PARTS), default="suite_form", required=True, key="part", bind="query-params")
lines = inspect.cleandoc("\n" + inspect.getsource(PARTS[name]).partition("\n")[2])
st.code(f"from dtscheduler.ui.streamlit import {name}\n\n{lines}", language="python")
st.divider()
PARTS[name]()
