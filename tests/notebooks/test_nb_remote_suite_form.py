"""The form as a widget of a suite that another process imports: values, problems, choices, and code that changes."""

import os

import pytest

from dtscheduler.suites.listing import find_suites
from dtscheduler.suites.remote import RemoteSuite
from dtscheduler.ui.notebook import SuiteForm

CODE = """
from typing import Annotated
from dtscheduler import DAG, Choices, Task, suite

def months(year: int) -> list[int]:
    return [1, 2] if year == 2026 else [12]

@suite
def delays(year: int = 2026, month: Annotated[int, Choices(months)] = 1) -> DAG:
    if year == 13:
        raise ValueError("13 is <b>unlucky</b>")
    dag = DAG(Name=f"Delays {year}-{month}", DevRun=True, WorkDir=".")
    Task(Name="one", Entrypoint="delays.one", dag=dag)
    return dag
"""


@pytest.fixture
def folder(work_dir):
    """The folder that the suite is in."""
    return work_dir({"delays.py": CODE})


@pytest.fixture
def form(workspace, folder):
    """The form of the suite, with its process."""
    with RemoteSuite(find_suites(work_dirs=[str(folder)])[0], patience_seconds=30, answer_seconds=30) as suite:
        shown = SuiteForm(suite)
        yield shown
        shown.close()


def fill_in(form, name, value):
    form._fields._controls[name,].input.value = value


def test_a_suite_elsewhere_has_the_same_form_and_gives_a_dag(form):
    assert (form.value, form.dag.name) == ({"year": 2026, "month": 1}, "Delays 2026-1")
    fill_in(form, "month", "2")
    assert form.dag.name == "Delays 2026-2"


def test_choices_that_another_process_gives_follow_the_values(form):
    fill_in(form, "year", 2025)
    assert form._fields._controls["month",].input.options == (("12", "12"),)
    assert form.dag is None
    fill_in(form, "month", "12")
    assert form.dag.name == "Delays 2025-12"


def test_what_its_function_raises_is_said_with_the_line_and_the_form_works_on(form):
    fill_in(form, "year", 13)
    fill_in(form, "month", "12")
    assert form.dag is None
    assert "13 is &lt;b&gt;unlucky&lt;/b&gt; (delays.py line " in form._status.value
    fill_in(form, "year", 2026)
    fill_in(form, "month", "1")
    assert form.dag.name == "Delays 2026-1"


def test_code_that_has_changed_makes_the_dag_that_is_planned(form, folder):
    file = folder / "delays.py"
    file.write_text(CODE.replace('"Delays {', '"Delays of {'))
    os.utime(file, (1, 1))
    form._plan_button.click()
    assert form.dag.name == "Delays of 2026-1"


def test_a_process_that_was_cancelled_is_said_and_begins_anew_with_all_that_was_filled_in(form):
    fill_in(form, "month", "2")
    form._model.suite.cancel()
    fill_in(form, "year", 2027)
    assert "was cancelled" in form._status.value
    assert form.value["month"] == 2
    form._again_button.click()
    assert form._fields._controls["month",].input.options == (("12", "12"),)
    assert "was cancelled" not in form._status.value


def test_parameters_that_the_code_has_got_since_are_asked_for(form, folder):
    fill_in(form, "year", 13)
    fill_in(form, "month", "12")
    file = folder / "delays.py"
    file.write_text(CODE.replace("(year: int = 2026,", "(worst: int = 7, year: int = 2026,"))
    os.utime(file, (1, 1))
    form._again_button.click()
    assert form.value == {"worst": 7, "year": 13, "month": 12}
    assert ("worst",) in form._fields._controls
