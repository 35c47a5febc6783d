"""A form for a schedule: what is chosen gives a Schedule, a sentence and its next fires, or says what is wrong."""

import pytest

from dtscheduler import DAG, Schedule, Task

SCRIPT = """
import streamlit as st
from dtscheduler import Schedule
from dtscheduler.ui.streamlit import schedule_form

st.session_state["made"] = schedule_form({given})
"""


@pytest.fixture
def form(app):
    """Runs the form, filled with a schedule: ``form("Schedule(at_hours=[18])")``."""
    return lambda given="": app(SCRIPT.format(given=given))


def pick(at, label, value):
    kinds = ("segmented_control", "pills", "selectbox", "multiselect", "number_input")
    found = next(w for kind in kinds for w in at.get(kind) if w.label == label)
    found.set_value(value).run()


def test_at_first_a_job_runs_only_by_hand(form):
    at = form()
    assert at.session_state["made"] == Schedule()
    assert "Nothing starts it by itself" in at.caption[0].value


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(at_minutes=[0, 30], at_hours=[2, 18], weekdays=["Mon", "Fri"], timezone="Europe/Paris"),
        Schedule(every_minute=15, in_months=[1, 12]),
        Schedule(every_hour=6, day_of_month=31, timezone="America/New_York"),
        Schedule(first_last={"Weekday": "Fri", "Which": "Last"}, every_month=3, rundate_offset=-1),
        Schedule(run_after_job_name="Load", run_after_job_condition="always", timezone="Asia/Tokyo"),
        Schedule(run_after_job_uuid="a9f7b6de-0f6c-4ef5-9a9a-0d27b2f0f0f0"),
        Schedule(timezone="Asia/Tokyo", rundate_offset=2),
    ],
    ids=str,
)
def test_a_schedule_that_fills_the_form_comes_out_as_it_was(form, schedule):
    at = form(repr(schedule))
    assert not at.exception
    assert at.session_state["made"] == schedule


def test_what_is_chosen_makes_the_schedule(form):
    at = form("Schedule(timezone='Europe/Paris', at_hours=[18])")
    pick(at, "Days", ["Mon"])
    pick(at, "Rundate: days after the fire", -1)
    expected = Schedule(at_hours=[18], weekdays=["Mon"], timezone="Europe/Paris", rundate_offset=-1)
    assert at.session_state["made"] == expected
    sentence = expected.describe()
    assert at.markdown[0].value.replace("\\", "") == f"**{sentence[0].upper()}{sentence[1:]}**"


def test_the_next_fires_are_shown_in_local_time_utc_and_rundate(form):
    at = form("Schedule(at_hours=[18], timezone='Asia/Tokyo', rundate_offset=1)")
    table = at.dataframe[0].value
    assert list(table.columns) == ["Next fires (Asia/Tokyo)", "UTC", "Rundate"]
    assert len(table) == 5
    assert table["UTC"].str.endswith("09:00").all()
    assert table.iloc[0, 0].startswith(table["UTC"][0][:10])
    assert (table["Rundate"] > table["UTC"].str[:10]).all()


def test_what_the_core_refuses_is_said_in_the_form_and_gives_no_schedule(form):
    at = form("Schedule(day_of_month=31, in_months=[1])")
    pick(at, "Months: at", [2])
    assert at.session_state["made"] is None
    assert "never comes in February" in at.markdown[0].value.replace("\\", "")


def test_times_that_are_not_set_yet_are_no_schedule(form):
    at = form()
    pick(at, "When it runs", "At times")
    assert at.session_state["made"] is None
    assert "Set a minute" in at.caption[0].value


def test_a_job_to_run_after_is_chosen_among_the_saved_ones(form, work_dir):
    folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): return 1\n"})
    dag = DAG(Name="Load **all**", DevRun=True, WorkDir=folder)
    Task(Name="one", Entrypoint="steps.one", dag=dag)
    dag.save()
    at = form()
    pick(at, "When it runs", "After a job")
    assert at.session_state["made"] is None
    pick(at, "Job", "Load **all**")
    pick(at, "When that", "on failure")
    made = at.session_state["made"]
    assert made == Schedule(run_after_job_name="Load **all**", run_after_job_condition="on failure")


def test_the_viewers_own_zone_comes_first(app):
    at = app(SCRIPT.format(given=""))
    at.context = {"timezone": "Asia/Tokyo"}
    at.run()
    pick(at, "When it runs", "At times")
    zones = next(w for w in at.selectbox if w.label == "Time zone")
    assert zones.options[:2] == ["Asia/Tokyo", "UTC"]
    assert zones.value == "Asia/Tokyo"


def test_another_schedule_fills_the_form_anew(app):
    at = app(
        "import streamlit as st\nfrom dtscheduler import Schedule\n" + SCRIPT.format(given="st.session_state.get('g')")
    )
    at.session_state["g"] = Schedule(at_hours=[3])
    at.run()
    assert at.session_state["made"] == Schedule(at_hours=[3])
    pick(at, "Hours: at", [4])
    at.session_state["g"] = Schedule(at_hours=[5])
    at.run()
    assert at.session_state["made"] == Schedule(at_hours=[5])
