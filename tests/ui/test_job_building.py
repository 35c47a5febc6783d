"""Jobs put together as rows of a table: what they make, and what is said to be wrong."""

from dataclasses import replace
from datetime import date

import pytest

from dtscheduler import DAG, ParallelTask, Schedule, Task, batch, grid
from dtscheduler.model.run import JobQuery
from dtscheduler.ui.views.building import (
    TaskRow,
    changed_dag,
    changes,
    new_dag,
    python_shown,
    rows_of,
    schedule_at_first,
    with_schedule,
    written_by_calls,
)
from dtscheduler.ui.views.code import Code, codes, entrypoints_of, own_work_dirs, suites_of

STEPS = "from dtscheduler import batch\n@batch()\ndef one(): return 1\n@batch()\ndef cell(x): return x\n"
ROWS = [
    TaskRow(name="one", entrypoint="steps.one"),
    TaskRow(name="cells", entrypoint="steps.cell", waits_for=("one",), configuration="grid(x=range(3))", cpu_mhz=4000),
]


@pytest.fixture
def folder(work_dir):
    return str(work_dir({"steps.py": STEPS}))


@pytest.fixture
def job(folder):
    """A DAG with all sorts of tasks."""
    dag = DAG(Name="Risk", DevRun=True, WorkDir=folder, Labels=["eur"], Schedule=Schedule(at_hours=[18]))
    one = Task(
        Name="one", Entrypoint="steps.one", Description="first", ConfigurationJson={"day": date(2026, 1, 2)}, dag=dag
    )
    cells = ParallelTask(Name="cells", Entrypoint="steps.cell", ConfigurationJson=grid(x=range(3)), Retries=2, dag=dag)
    last = Task(Name="last", Entrypoint="steps.one", ConfigurationJson={"limit": 5}, dag=dag)
    one >> cells >> last
    return dag


def faults(found):
    return [(fault.row, fault.message) for fault in found]


def test_rows_make_the_dag_that_python_would(folder):
    made = new_dag("Risk", Code(folder=folder), ROWS)
    dag = DAG(Name="Risk", DevRun=True, WorkDir=folder)
    one = Task(Name="one", Entrypoint="steps.one", dag=dag)
    one >> ParallelTask(Name="cells", Entrypoint="steps.cell", ConfigurationJson=grid(x=range(3)), CPU=4000, dag=dag)
    assert made.spec() == dag.spec()


def test_rows_with_an_image_make_a_job_of_that_image_and_tag():
    made = new_dag("Risk", Code(image="Desk", tag="pre"), [ROWS[0]])
    assert (made.spec().image, made.spec().tag, made.spec().dev_run) == ("Desk", "pre", False)


def test_a_job_that_is_opened_and_not_changed_is_the_same(job):
    assert changed_dag(job.spec(), rows_of(job.spec()), "Risk", rows_of(job.spec())).spec() == job.spec()


def test_only_what_was_changed_in_a_row_differs(job):
    rows = rows_of(job.spec())
    made = changed_dag(
        job.spec(), rows_of(job.spec()), "Risk", [rows[0], replace(rows[1], memory_mb=900), rows[2]]
    ).spec()
    tasks = job.spec().tasks
    needs = replace(tasks[1].needs, memory_mb=900)
    assert made == replace(job.spec(), tasks=(tasks[0], replace(tasks[1], needs=needs), tasks[2]))


def test_rows_may_be_taken_out_moved_and_added(job):
    rows = rows_of(job.spec())
    added = TaskRow(name="new", entrypoint="steps.one", waits_for=("last",))
    made = changed_dag(job.spec(), rows_of(job.spec()), "Risk", [added, replace(rows[2], waits_for=()), rows[0]]).spec()
    assert [task.name for task in made.tasks] == ["new", "last", "one"]
    assert made.upstream == ((1,), (), ())
    assert made.tasks[2] == job.spec().tasks[0]


def test_a_grid_makes_a_task_parallel_and_an_empty_cell_makes_it_plain(job):
    rows = rows_of(job.spec())
    changed = [replace(rows[0], configuration="grid(x=[1, 2])"), replace(rows[1], configuration=""), rows[2]]
    made = changed_dag(job.spec(), rows, "Risk", changed).spec()
    assert [len(task.parts) for task in made.tasks] == [2, 1, 1]
    assert [task.parallel for task in made.tasks] == [True, False, False]
    assert made.tasks[0].description == "first"


def test_configurations_are_said_as_grids_as_json_or_as_what_was_saved(job):
    said = [row.configuration for row in rows_of(job.spec())]
    assert said == ["as saved", "grid(x=range(3))", '{"limit": 5}']


def test_all_that_is_wrong_is_said_at_once_in_the_words_of_the_core(folder):
    rows = [
        TaskRow(name="one", entrypoint="not an entrypoint"),
        TaskRow(name="two", entrypoint="steps.one", cpu_mhz=None, waits_for=("nobody",)),
        TaskRow(name="three", entrypoint="steps.one", configuration="{"),
    ]
    found = faults(new_dag("Risk", Code(folder=folder), rows))
    assert [row for row, _ in found] == [0, 1, 1, 2]
    assert "CPU" in found[1][1]
    assert "'nobody', which is no task" in found[2][1]
    assert "not JSON" in found[3][1]


@pytest.mark.parametrize(
    ("rows", "place", "said"),
    [
        ([ROWS[0], ROWS[0]], (1, "name"), "two tasks 'one'"),
        ([replace(ROWS[0], waits_for=("cells",)), ROWS[1]], (1, "waits_for"), "wait for itself: cells >> one >> cells"),
        ([], (None, ""), "has no tasks"),
    ],
    ids=["twice", "circle", "none"],
)
def test_what_is_wrong_between_rows_is_said_where_it_stands(folder, rows, place, said):
    (fault,) = new_dag("Risk", Code(folder=folder), rows)
    assert (fault.row, fault.column) == place
    assert said in fault.message


def test_each_cell_that_is_wrong_is_named(folder, job):
    wrong = replace(ROWS[1], name=" x", entrypoint="no file", cpu_mhz=0, memory_mb=None, retries=-1, configuration="[")
    columns = ["name", "entrypoint", "configuration", "cpu_mhz", "memory_mb", "retries"]
    assert [fault.column for fault in new_dag("Risk", Code(folder=folder), [ROWS[0], wrong])] == columns
    rows = rows_of(job.spec())
    changed = [rows[0], replace(rows[1], memory_mb=0, configuration="["), rows[2]]
    assert [fault.column for fault in changed_dag(job.spec(), rows, "Risk", changed)] == ["configuration", "memory_mb"]


def test_a_job_without_a_name_still_has_its_rows_looked_at(folder):
    found = new_dag("", Code(folder=folder), [replace(ROWS[0], cpu_mhz=0)])
    assert [(fault.row, fault.column) for fault in found] == [(None, "name"), (0, "cpu_mhz")]


@pytest.mark.parametrize("name", ["", " x", "a\nb"])
def test_a_name_that_no_job_may_have_is_refused(folder, job, name):
    assert "Name" in new_dag(name, Code(folder=folder), ROWS)[0].message
    assert "Name" in changed_dag(job.spec(), rows_of(job.spec()), name, rows_of(job.spec()))[0].message


def test_another_name_makes_a_job_of_its_own(job):
    assert changed_dag(job.spec(), rows_of(job.spec()), "Other", rows_of(job.spec())).spec() == replace(
        job.spec(), name="Other"
    )


def test_tasks_made_by_calls_keep_their_calls_when_resources_change(folder):
    @batch()
    def load(): ...

    @batch()
    def rank(load, top): ...

    dag = DAG(Name="Calls", DevRun=True, WorkDir=folder, Image=None)
    dag.__enter__()
    try:
        rank(load(), top=5)
        spec = dag.spec()
    finally:
        dag.__exit__(ValueError, None, None)
    assert written_by_calls(spec)
    rows = rows_of(spec)
    made = changed_dag(spec, rows, "Calls", [rows[0], replace(rows[1], cpu_mhz=800)]).spec()
    assert made.tasks[1] == replace(spec.tasks[1], needs=replace(spec.tasks[1].needs, cpu_mhz=800))


def test_saving_says_beforehand_what_it_changes(workspace, job):
    assert "no job 'Risk' yet" in changes(workspace, job).sentence
    job.save()
    assert "version 1" in changes(workspace, job).sentence
    assert changes(workspace, job).differences == ()
    later = with_schedule(job, Schedule(at_hours=[19]))
    said = "schedule: at 18:00 UTC every day → at 19:00 UTC every day"
    assert changes(workspace, later).differences == (said,)
    assert "version 2" in changes(workspace, later).sentence


def test_code_comes_from_folders_and_images(workspace, image, folder):
    image("Desk", {"steps.py": STEPS})
    found = codes(workspace, [folder])
    assert [code.label for code in found] == [folder, "Desk (dev)"]
    assert [entrypoints_of(workspace, code) for code in found] == [["steps.cell", "steps.one"]] * 2


def test_suites_are_found_in_work_dirs_of_ones_own_jobs(workspace, job, folder, work_dir):
    assert own_work_dirs(workspace) == []
    job.save()
    assert own_work_dirs(workspace) == [folder]
    work_dir({"delays.py": "from dtscheduler import suite\n@suite\ndef delays(n: int = 1): ...\n"})
    assert list(suites_of(workspace, [folder])) == [f"delays:delays in {folder}"]


def test_a_dag_without_a_schedule_begins_with_that_of_its_saved_job(workspace, job):
    bare = with_schedule(job, Schedule())
    assert schedule_at_first(workspace, bare) == Schedule()
    job.save()
    assert schedule_at_first(workspace, bare) == Schedule(at_hours=[18])
    assert schedule_at_first(workspace, with_schedule(job, Schedule(at_hours=[3]))) == Schedule(at_hours=[3])


def test_secrets_of_a_job_stand_neither_in_its_rows_nor_in_its_python(folder):
    dag = DAG(Name="Risk", DevRun=True, WorkDir=folder)
    Task(Name="one", Entrypoint="steps.one", ConfigurationJson={"db": {"password": "hunter2"}}, dag=dag)
    cells = [{"Name": str(n), "Description": "", "x": n, "api_key": f"hunter{n}"} for n in range(3)]
    ParallelTask(Name="cells", Entrypoint="steps.cell", ConfigurationJson=cells, dag=dag)
    rows = rows_of(dag.spec())
    assert [row.configuration for row in rows] == ["as saved, with secrets"] * 2
    text, masked = python_shown(dag)
    assert masked
    assert "hunter" not in text
    assert "***" in text
    assert changed_dag(dag.spec(), rows, "Risk", rows).spec() == dag.spec()  # what is not shown is kept


def test_python_without_secrets_is_shown_as_it_is(job):
    assert python_shown(job) == (job.python(), False)


def test_a_work_dir_that_somebody_else_saved_in_ones_name_is_not_offered(workspace, job, monkeypatch):
    job.save()
    assert own_work_dirs(workspace) == [job.spec().work_dir]
    theirs = [replace(record, saved_by="eve") for record in workspace.jobs(JobQuery())]
    monkeypatch.setattr(workspace, "jobs", lambda query: theirs)
    assert own_work_dirs(workspace) == []


def test_a_cell_gives_no_limit_of_its_own(folder):
    (fault,) = new_dag(
        "Risk", Code(folder=folder), [replace(ROWS[1], waits_for=(), configuration="grid(x=range(9), limit=9)")]
    )
    assert "no limit to give" in fault.message
