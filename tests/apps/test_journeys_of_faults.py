"""Journeys on which something is wrong: the service, the store, a suite's code. The page says so and goes on."""

import os
import re
import signal
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from journeys import choose_suite, shows
from playwright.sync_api import expect

from dtscheduler import DAG, ParallelTask, Schedule, Task
from dtscheduler.model.run import RunQuery

pytestmark = pytest.mark.slow
APPS = Path(__file__).resolve().parents[2] / "apps"
SLOW = """
import time
from dtscheduler import DAG, suite

time.sleep(600)

@suite
def slow_one() -> DAG: ...
"""
RAISING = """
from dtscheduler import DAG, Task, suite

@suite
def quick_one(n: int = 0) -> DAG:
    with DAG(Name=f"Share {1 / n}", Image="Risk") as dag:
        Task(Name="one", Entrypoint="steps.one")
    return dag
"""


def test_a_service_that_was_killed_is_missed_and_the_page_says_how_to_start_one(studio, page, workspace):
    address = studio()
    page.goto(f"{address}/service")
    shows(page, re.compile("A service is alive"))
    (service,) = workspace.services()
    os.kill(int(re.search(r":(\d+)", service.holder)[1]), signal.SIGKILL)
    workspace.store.beat(replace(service, beat=service.beat - timedelta(minutes=5)))  # it has been silent for long
    expect(page.get_by_text(re.compile("No service is alive")).first).to_be_visible()
    shows(page, re.compile("dtscheduler serve"))


def test_a_store_of_a_newer_version_is_said_with_what_to_do(serve_app, page, workspace):
    workspace.services()  # makes the store
    with sqlite3.connect(workspace.home / "dtscheduler.db") as store:
        store.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    address = serve_app(APPS / "studio.py")
    for path in ("build", "jobs", "runs", "run?id=1", "calendar", "reports", "service"):
        page.goto(f"{address}/{path}")
        shows(page, re.compile("was written by a newer dtscheduler.*pip install --upgrade dtscheduler"))


def test_a_suite_that_takes_long_to_import_is_cancelled_and_the_page_goes_on(studio, page, work_dir):
    folder = work_dir({"slow.py": SLOW, "quick.py": RAISING})
    address = studio(str(folder))
    page.goto(f"{address}/build")
    page.get_by_role("combobox", name="Suite").click()
    page.get_by_role("option", name=re.compile("Slow one")).click()
    shows(page, re.compile(r"Importing slow for [1-9]\d* s"))
    before = _workers(folder)
    page.get_by_role("button", name="Cancel").click()
    shows(page, re.compile("Cancelled"))
    assert len(before) == 1
    for _ in range(100):
        if not _workers(folder):
            break
        time.sleep(0.1)
    assert not _workers(folder)
    choose_suite(page, address, re.compile("Quick one"))
    shows(page, re.compile(r"ZeroDivisionError: division by zero \(quick.py line 6: with DAG"))
    page.get_by_role("spinbutton", name="N").fill("2")
    page.get_by_role("spinbutton", name="N").press("Enter")
    shows(page, "Schedule")
    assert page.get_by_text(re.compile("ZeroDivisionError")).count() == 0


def _workers(folder):
    """The processes that import suites of a folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "dtscheduler.suites.worker" in line and process.is_running():
            try:
                if process.cwd() == str(folder) or str(folder) in " ".join(line):
                    found.append(process.pid)
            except psutil.Error:
                continue
    return found


def test_what_may_only_be_read_is_not_changed_and_what_may_not_be_read_is_not_there(studio, page, workspace, work_dir):
    folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): return 1\n"})
    for name, permissions in (("Readable", "rwr-r-"), ("Hidden", "rw----")):
        dag = DAG(Name=name, DevRun=True, WorkDir=folder, Owner="ada", Group="risk", Permissions=permissions)
        Task(Name="one", Entrypoint="steps.one", dag=dag)
        dag.save()
        dag.run()
    (workspace.home / "settings.toml").write_text("admins = []\n")
    address = studio()
    page.goto(f"{address}/jobs?job=Readable")
    shows(page, "1 job")
    shows(
        page, re.compile("may not change job 'Readable': it belongs to ada|may only be read|ask for write permission")
    )
    for job in ("Hidden", "Nothing"):
        page.goto(f"{address}/jobs?job={job}")
        shows(page, f"There is no job '{job}' here, or you may not read it.")
    said = []
    for number in (2, 999):
        page.goto(f"{address}/run?id={number}")
        shows(page, "It was never there, was removed, or is not yours to see.", "All runs")
        said.append(page.get_by_role("main").inner_text().replace(str(number), "N"))
        assert "Hidden" not in page.content()
    assert said[0] == said[1]
    assert len(workspace.runs(RunQuery())) == 2


HOSTILE = (
    "**x** <img src=q onerror=alert(1)> <script>alert(2)</script> $y$ :red[z] https://evil.invalid \U0001f600 'q' \"p\""
)
OUTER = "found => found.map(element => element.outerHTML)"
PAGES = (
    "build?job={job}",
    "jobs",
    "jobs?job={job}",
    "runs",
    "run?id=1",
    "run?id=1&view=Task+runs",
    "run?id=1&view=Timeline",
    "run?id=1&view=Facts",
    "run?id=1&view=Task+runs&task={task}&part={part}",
    "calendar",
    "reports",
    "service",
)


def test_hostile_data_is_text_on_every_page(studio, page, workspace, work_dir):
    code = f"""
        from dtscheduler import batch
        @batch()
        def part(n):
            print({HOSTILE!r})
            if n == 1:
                raise ValueError({HOSTILE!r})
            return {HOSTILE!r}
    """
    dag = DAG(
        Name=HOSTILE,
        DevRun=True,
        WorkDir=work_dir({"steps.py": code}),
        Labels=[HOSTILE],
        Schedule=Schedule(every_hour=1),
    )
    cells = [{"Name": f"{HOSTILE} {n}", "Description": HOSTILE, "n": n} for n in range(2)]
    ParallelTask(Name=f"{HOSTILE} task", Entrypoint="steps.part", ConfigurationJson=cells, dag=dag)
    dag.save()
    dag.run()
    address = studio()
    names = {"job": HOSTILE, "task": f"{HOSTILE} task", "part": f"{HOSTILE} 1"}
    quoted = {name: quote(text, safe="") for name, text in names.items()}
    for path in PAGES:
        page.goto(f"{address}/{path.format(**quoted)}")
        page.get_by_role("heading", level=1).first.wait_for()
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
        assert page.locator("img[onerror], a[href*='//evil.invalid']").evaluate_all(OUTER) == [], path
        scripts = page.locator("script").evaluate_all(OUTER)  # Streamlit loads parts of pages with scripts of its own
        assert [text for text in scripts if "alert(" in text] == [], path
    page.goto(f"{address}/run?id=1")
    assert HOSTILE in page.get_by_role("heading", level=1).inner_text().replace("\u2060", "")
