"""A form for a suite whose code another process imports: the wait, the way out, failures, and the DAG."""

import pytest

SCRIPT = """
import streamlit as st
from dtscheduler.suites.listing import find_suites
from dtscheduler.suites.remote import RemoteSuite
from dtscheduler.ui.streamlit import suite_form

if "suite" not in st.session_state:
    st.session_state["suite"] = RemoteSuite(find_suites(work_dirs=[{folder!r}])[0])
made = suite_form(st.session_state["suite"])
st.session_state["made"] = None if made is None else made.spec()
"""
SUITE = """
from dtscheduler import DAG, Task, suite

@suite
def delays(n: int = 2) -> DAG:
    '''How late?'''
    if n == 13:
        raise ValueError("13 is **unlucky**")
    dag = DAG(Name=f"Delays {n}", DevRun=True, WorkDir=".")
    Task(Name="one", Entrypoint="delays.one", dag=dag)
    return dag
"""


@pytest.fixture
def form(app, work_dir):
    """Runs the form of the suite in a file, and waits until it is loaded or could not be."""
    opened = []

    def ran(source, wait=True):
        at = app(SCRIPT.format(folder=str(work_dir({"delays.py": source}))))
        opened.append(at.session_state["suite"])
        if wait:
            opened[-1].wait(30)
            at.run()
        return at

    yield ran
    for suite in opened:
        suite.close()


def test_a_suite_elsewhere_has_the_same_form_and_gives_a_dag(form):
    at = form(SUITE)
    assert at.session_state["made"].name == "Delays 2"
    at.number_input[0].set_value(3).run()
    assert at.session_state["made"].name == "Delays 3"


def test_what_its_function_raises_is_said_with_the_line_and_the_page_lives(form):
    at = form(SUITE)
    at.number_input[0].set_value(13).run()
    assert not at.exception
    said = at.error[0].value.replace("\\", "")
    assert "13 is **unlucky**" in said
    assert "delays.py line 8" in said
    at.number_input[0].set_value(1).run()
    assert at.session_state["made"].name == "Delays 1"


def test_a_suite_that_loads_for_long_can_be_cancelled_and_loaded_again(form):
    at = form("import time\ntime.sleep(60)\n" + SUITE, wait=False)
    assert at.session_state["made"] is None
    assert at.text[0].value.startswith("Importing delays for")
    at.button[0].click().run()
    assert "Cancelled" in at.info[0].value
    assert [button.label for button in at.button] == ["Load it"]
    at.button[0].click().run()
    assert at.text[0].value.startswith("Importing delays for")


def test_a_suite_that_cannot_be_imported_says_why_and_can_be_tried_again(form, work_dir):
    at = form("print('so far so good')\nimport nothing_there\n" + SUITE)
    assert "nothing_there" in at.error[0].value.replace("\\", "")
    assert "so far so good" in at.code[0].value
    work_dir({"delays.py": SUITE})
    at.button[0].click().run()
    at.session_state["suite"].wait(30)
    at.run()
    assert at.session_state["made"].name == "Delays 2"
