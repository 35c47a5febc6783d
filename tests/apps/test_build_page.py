"""The build page: a suite, single tasks or a saved job become a DAG that is looked at, run and saved."""

from dataclasses import replace

import pytest

from dtscheduler import DAG, ParallelTask, Schedule, Task, grid, job, jobs, runs
from dtscheduler.ui.streamlit.studio import suite_choice

PAGE = """
import sys
sys.argv = ["studio", "--folder", {folder!r}]
from dtscheduler.ui.streamlit.studio.pages import build
build.show()
"""
STEPS = "from dtscheduler import batch\n@batch()\ndef one(): return 1\n@batch()\ndef cell(x): return x\n"
SUITE = """
from dtscheduler import DAG, Task, suite

@suite
def delays(n: int = 2, several: bool = False) -> list[DAG]:
    '''How late are **they**?'''
    dags = []
    for i in range(n):
        dag = DAG(Name=f"Delays {i}", DevRun=True, WorkDir=FOLDER)
        Task(Name="one", Entrypoint="steps.one", dag=dag)
        dags.append(dag)
    return dags
"""


@pytest.fixture
def folder(work_dir):
    return str(work_dir({"steps.py": STEPS}))


@pytest.fixture
def page(app, folder):
    """Runs the page, with what its address says: ``page(job="Risk")``."""
    return lambda **query: app(PAGE.format(folder=folder), **query)


@pytest.fixture
def saved(folder):
    dag = DAG(Name="Risk **x**", DevRun=True, WorkDir=folder, Schedule=Schedule(at_hours=[18]))
    one = Task(Name="one", Entrypoint="steps.one", dag=dag)
    one >> ParallelTask(Name="cells", Entrypoint="steps.cell", ConfigurationJson=grid(x=range(3)), dag=dag)
    return dag.save()


def press(at, label):
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception


def editor(at, number=0):
    return at.data_editor[number].key


def edit(at, *added, number=0, **changed):
    """Edit a table; AppTest forgets edits with the next run, where a browser sends them again."""
    rows = {int(row[1:]): cells for row, cells in changed.items()}
    at.session_state[editor(at, number)] = {"edited_rows": rows, "added_rows": list(added), "deleted_rows": []}


@pytest.fixture
def tasks_page(page):
    """The page with single tasks in a job named Risk."""
    at = page()
    at.segmented_control[0].set_value("tasks").run()
    at.text_input[0].set_value("Risk").run()
    return at


ONE = {"Task": "one", "Entrypoint": "steps.one", "CPU": 400, "Memory": 400, "Retries": 0}


def test_without_a_suite_the_page_says_the_next_step(page):
    at = page()
    assert not at.exception
    assert "@suite" in at.info[0].value
    assert jobs() == []


def test_single_tasks_become_a_job_that_is_saved(tasks_page):
    edit(tasks_page, ONE, ONE | {"Task": "two", "Waits for": ["one"], "Configuration": '{"limit": 5}'})
    tasks_page.run()
    assert not tasks_page.exception
    press(tasks_page, "Save")
    spec = job("Risk").plan().foresight.plan.spec
    assert [task.name for task in spec.tasks] == ["one", "two"]
    assert spec.upstream == ((), (0,))
    assert "version 1" in tasks_page.success[0].value


def test_saving_twice_makes_one_version(tasks_page):
    edit(tasks_page, ONE)
    tasks_page.run()
    press(tasks_page, "Save")
    edit(tasks_page, ONE)
    tasks_page.run()
    press(tasks_page, "Save")
    assert len(job("Risk").versions()) == 1


def test_what_is_wrong_with_the_tasks_is_said_and_nothing_can_be_saved(tasks_page):
    edit(tasks_page, ONE | {"Waits for": ["nobody"], "CPU": None})
    tasks_page.run()
    said = " ".join(text.value for text in tasks_page.markdown).replace("\\", "")
    assert "'nobody', which is no task" in said
    assert "CPU" in said
    assert "Save" not in [button.label for button in tasks_page.button]


def test_a_saved_job_is_opened_by_its_name_in_the_address(page, saved):
    at = page(job="Risk **x**")
    assert not at.exception
    table = at.data_editor[0].value
    assert table["Task"].tolist() == ["one", "cells"]
    assert table["Configuration"].tolist() == ["", "grid(x=range(3))"]


def test_a_job_that_is_not_there_is_said_to_be_so(page):
    at = page(job="Nobody")
    assert "Nobody" in at.error[0].value


def test_a_changed_job_says_what_saving_changes_and_becomes_the_next_version(page, saved):
    at = page(job="Risk **x**")
    edit(at, _1={"Retries": 2})
    at.session_state["build tabs"] = "What saving changes"
    at.run()
    assert at.dataframe[-1].value["Difference"].tolist() == ["task 'cells': retries: 0 → 2"]
    press(at, "Save")
    assert job("Risk **x**").version == 2


def test_another_schedule_is_part_of_what_is_saved(page, saved):
    at = page(job="Risk **x**")
    next(w for w in at.multiselect if w.label == "Hours: at").set_value([19]).run()
    press(at, "Save")
    assert job("Risk **x**").schedule == Schedule(at_hours=[19])


def test_the_python_text_builds_the_same_job(page, saved):
    at = page(job="Risk **x**")
    at.session_state["build tabs"] = "Python"
    at.run()
    names = {}
    exec(at.code[0].value, names)
    assert names["dag"].spec() == saved._workspace.spec(saved.record.spec_hash)


def test_a_run_is_started_once_and_linked(page, saved):
    at = page(job="Risk **x**")
    press(at, "Run now")
    (run,) = runs(job="Risk **x**")
    assert f"Open run {run.id}" in [link.label for link in at.get("page_link")]
    run.stop()


def test_a_grid_is_counted_and_given_to_a_task(tasks_page):
    at, cells = tasks_page, ONE | {"Task": "cells", "Entrypoint": "steps.cell"}
    edit(at, cells)
    at.run()
    edit(at, cells)
    next(toggle for toggle in at.toggle if toggle.label == "Make parts from a grid").set_value(True).run()
    edit(at, cells)
    edit(at, {"Axis": "x", "Values": "1..4"}, {"Axis": "y", "Values": "a, b"}, number=1)
    at.run()
    assert "4 × 2 = **8 parts**" in [text.value for text in at.markdown]
    press(at, "Give it these 8 parts")
    press(at, "Save")
    spec = job("Risk").plan().foresight.plan.spec
    assert [len(task.parts) for task in spec.tasks] == [8]


def test_a_suite_is_found_filled_in_and_one_of_its_jobs_is_saved(page, work_dir, folder):
    work_dir({"delays.py": SUITE.replace("FOLDER", repr(folder))})
    at = page()
    next(reversed(suite_choice._pool()._suites.values())).wait(30)
    at.run()
    assert not at.exception
    assert "They" not in [m.value for m in at.markdown]
    chosen = next(box for box in at.selectbox if box.label.startswith("Job, one of 2"))
    chosen.set_value("Delays 1").run()
    press(at, "Save")
    assert [found.name for found in jobs()] == ["Delays 1"]
    suite_choice._pool().close()


def test_what_the_core_refuses_is_said_in_its_words(page, saved, workspace, monkeypatch):
    stranger = replace(workspace.identity, user="bo", group="", groups=frozenset(), admin=False)
    monkeypatch.setattr(workspace.host, "identity", stranger)
    workspace.__dict__.pop("gate", None)
    at = page(job="Risk **x**")
    edit(at, _1={"Retries": 2})
    at.run()
    press(at, "Save")
    assert "Risk **x**" in at.error[0].value.replace("\\", "")
    assert len(saved.versions()) == 1


def test_what_is_looked_at_stands_in_the_address_once_it_is_chosen(page, saved):
    at = page()
    at.segmented_control[0].set_value("job").run()
    assert at.query_params == {"from": "job"}
    next(box for box in at.selectbox if box.label == "Job").set_value("Risk **x**").run()
    assert at.query_params == {"from": "job", "job": "Risk **x**"}
    at.segmented_control[0].set_value("suite").run()
    assert at.query_params == {"from": "suite"}


def test_an_address_that_comes_later_is_followed(page, saved):
    at = page()
    at.query_params["job"] = "Risk **x**"
    at.run()
    assert at.data_editor[0].value["Task"].tolist() == ["one", "cells"]
    at.query_params["from"] = "tasks"
    del at.query_params["job"]
    at.run()
    assert at.text_input[0].label == "Name"
    assert len(at.data_editor[0].value) == 0
