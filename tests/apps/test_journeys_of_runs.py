"""Journeys of runs in a browser: from the form to the end, through reloads and clicks too many, to a file of them."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from journeys import EXAMPLES, choose_suite, open_run, pressed, release, runs_of, shows, until
from playwright.sync_api import expect
from runs_given import spec_of, written

from dtscheduler import DAG, Task, runs_report
from dtscheduler.model.status import RunStatus, TaskStatus

pytestmark = pytest.mark.slow
STEPS = """
import time
from pathlib import Path
from dtscheduler import batch

HERE = Path(__file__).parent

@batch()
def wait(n):
    while not (HERE / f"go {n}").exists():
        time.sleep(0.02)
    return n

@batch()
def total(wait):
    return sum(wait)
"""
SUITE = """
from pathlib import Path
from dtscheduler import DAG, ParallelTask, Task, grid, suite

@suite
def waits(parts: int = 2) -> DAG:
    '''Waits for files.'''
    dag = DAG(Name="Waits", DevRun=True, WorkDir=Path(__file__).parent)
    cells = ParallelTask(Name="wait", Entrypoint="steps.wait", ConfigurationJson=grid(n=range(parts)), dag=dag)
    cells >> Task(Name="total", Entrypoint="steps.total", dag=dag)
    return dag
"""


def test_the_flight_suite_is_built_in_the_form_and_run_to_its_end_by_a_double_click(studio, page, workspace):
    button = choose_suite(page, studio(EXAMPLES), "Flight delays")
    release(page, "Origins", "EWR", "LGA")
    release(page, "Months", *map(str, range(2, 13)))
    expect(pressed(page, "Months")).to_have_text(["1"])
    button.dblclick()
    open_run(page)
    shows(page, "✓ completed", "4 task runs have ended")
    (run,) = runs_of(workspace)
    until(page, lambda: runs_of(workspace)[0].status is RunStatus.COMPLETED)
    assert run.job_name == "Flight delays"
    assert workspace.task_run_record(run.id, 1, 0).part_name == "JFK-2013-01"


@pytest.fixture
def folder(work_dir):
    """The folder of a suite whose parts wait for files ``go 0``, ``go 1``."""
    return work_dir({"steps.py": STEPS, "waits.py": SUITE})


def test_a_reload_and_a_second_tab_go_on_with_the_run(studio, page, folder, workspace):
    address = studio(str(folder))
    choose_suite(page, address, "Waits").click()
    open_run(page)
    (folder / "go 0").touch()
    shows(page, "▶ running", "1 of 3 task runs have ended")
    page.reload()
    shows(page, "▶ running", "1 of 3 task runs have ended")
    second = page.context.new_page()
    second.goto(page.url)
    shows(second, f"Run {runs_of(workspace)[0].id} · Waits", "▶ running", "1 of 3 task runs have ended")
    (folder / "go 1").touch()
    for tab in (page, second):
        shows(tab, "✓ completed", "3 task runs have ended")
    until(page, lambda: [run.status for run in runs_of(workspace)] == [RunStatus.COMPLETED])


def test_three_clicks_on_run_now_make_one_run(studio, page, folder, workspace):
    button = choose_suite(page, studio(str(folder)), "Waits")
    button.click(click_count=3, delay=20)
    expect(page.get_by_role("link", name="Open run")).to_have_count(1)
    expect(button).to_be_disabled()
    for part in range(2):
        (folder / f"go {part}").touch()
    open_run(page)
    shows(page, "✓ completed")
    assert len(runs_of(workspace)) == 1


def test_a_part_that_failed_is_mended_by_its_log_and_run_again(studio, page, work_dir, workspace):
    broken = "from dtscheduler import batch\n\n@batch()\ndef size():\n    print('sizing EUR')\n    return 1 / 0\n"
    folder = work_dir({"sizes.py": broken})
    dag = DAG(Name="Sizes", DevRun=True, WorkDir=folder)
    Task(Name="size", Entrypoint="sizes.size", dag=dag)
    first = dag.save().run()
    page.goto(f"{studio()}/run?id={first.id}")
    expect(page.get_by_role("button", name="Run again", exact=True)).to_be_visible()
    page.get_by_text("size: ZeroDivisionError in size()").click()
    shows(page, "sizing EUR")
    (folder / "sizes.py").write_text(broken.replace("1 / 0", "1 / 1"))
    page.get_by_role("button", name="Run again", exact=True).click()
    page.get_by_role("button", name="Submit the rerun").click()
    shows(page, f"It repeats run {first.id}", "✓ completed")
    again, before = runs_of(workspace)
    until(page, lambda: runs_of(workspace)[0].status is RunStatus.COMPLETED)
    assert (again.rerun_of, before.status) == (first.id, RunStatus.FAILED)


def test_a_schedule_that_is_saved_in_the_form_is_shown_and_fired(studio, page, folder, workspace):
    for part in range(2):
        (folder / f"go {part}").touch()
    address = studio(str(folder))
    choose_suite(page, address, "Waits")
    page.get_by_role("radio", name="At times").click()
    page.get_by_role("radiogroup", name="Hours").get_by_role("radio", name="Every n hours").click()
    shows(page, "every hour")
    page.get_by_role("button", name="Save").click()
    shows(page, "Saved Waits as version 1")
    page.goto(f"{address}/jobs?job=Waits")
    fires = f"{workspace.job('Waits').next_fire:%Y-%m-%d %H:%M:%S} UTC"
    shows(page, f"({fires})")
    workspace.store.look_again(datetime.now(UTC) - timedelta(hours=2), timedelta(0))
    until(page, lambda: RunStatus.COMPLETED in {run.status for run in runs_of(workspace)})
    page.reload()
    page.get_by_role("tab", name="Latest runs").click()
    shows(page, "All its runs")
    done = next(run for run in runs_of(workspace) if run.status is RunStatus.COMPLETED)
    assert (done.job_name, done.scheduled is not None) == ("Waits", True)
    page.goto(f"{address}/run?id={done.id}")
    shows(page, f"Run {done.id} · Waits", "✓ completed")


def test_the_runs_that_a_filter_leaves_are_downloaded(studio, page, workspace):
    written(workspace)
    for name in ("Sizes", "Rates, **all**"):
        written(workspace, spec_of(name=name), statuses=[TaskStatus.FAILED], status=RunStatus.FAILED)
    page.goto(f"{studio()}/runs?status=failed")
    shows(page, "2 runs")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV").click()
    found, report = pd.read_csv(downloading.value.path()), runs_report(status="failed")
    assert list(found.columns) == list(report.columns)
    exact = ["run", "job", "status", "rundate", "n_tasks", "completed", "failed", "peak_memory_mb", "owner"]
    assert found[exact].astype(str).values.tolist() == report[exact].astype(str).values.tolist()
    assert pd.to_datetime(found["submitted"], utc=True).tolist() == report["submitted"].tolist()
    assert found["job"].tolist() == ["Rates, **all**", "Sizes"]
