"""The reports page: figures, charts with their tables, CSV, and who sees what."""

import io
from datetime import timedelta

import pandas as pd
import pytest
import streamlit as st
from jobs_saved import EVE, door, run_of, saved

from dtscheduler.api.place import in_use
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.streamlit.figures import csv_of
from dtscheduler.ui.views.reports import ReportFilters, recent_runs

PAGE = "from dtscheduler.ui.streamlit.studio.pages.reports import show\nshow()"
NASTY = "=cmd() **x** <script>alert(1)</script> :red[z]"


@pytest.fixture
def place(app, tmp_path):
    """A workspace of ada's, in use, whose clock stands still; nothing is kept of an earlier test."""
    st.cache_data.clear()
    opened = door(tmp_path / "place")
    with in_use(opened):
        yield opened


@pytest.fixture
def job(place):
    found = saved(place, "Rates risk", memory_mb=4000, labels=("eod",))
    run_of(place, found)
    run_of(place, found, RunStatus.FAILED, ago=timedelta(days=2), reason="password=hunter2")
    return found


def opened(app, tab, **query):
    """The page with one of its tabs open."""
    page = app(PAGE, **query)
    page.session_state["report"] = tab
    page.run()
    assert not page.exception
    return page


def metrics(page):
    return {metric.label: metric.value for metric in page.metric}


def test_without_runs_the_page_says_the_next_step(app, place):
    page = app(PAGE)
    assert not page.exception
    assert "No runs in these days" in page.info[0].value
    assert not page.dataframe


def test_runs_are_drawn_and_listed_without_secrets(app, job):
    page = app(PAGE)
    assert not page.exception
    assert list(metrics(page).values()) == ["2", "50 %", "40.0 s", "40.0 s"]
    assert len(page.get("vega_lite_chart") or page.get("arrow_vega_lite_chart")) == 1
    table = page.dataframe[0].value
    assert list(table["status"]) == ["✓ completed", "✕ failed"]
    assert list(table["reason"]) == ["", "password=***"]
    assert list(table["run"]) == ["run?id=1", "run?id=2"]


def test_the_address_chooses_days_job_and_label(app, job, place):
    run_of(place, saved(place, "Other"), ago=timedelta(days=20))
    assert metrics(app(PAGE))["Runs"] == "3"
    assert metrics(app(PAGE, span="7 days"))["Runs"] == "2"
    assert metrics(app(PAGE, report_job="Other"))["Runs"] == "1"
    assert metrics(app(PAGE, report_label="eod"))["Runs"] == "2"


def test_the_success_rate_has_a_row_a_day(app, job):
    page = opened(app, "Success rate", span="7 days")
    assert list(page.dataframe[0].value["success_rate"].dropna()) == [1.0, 0.0]


@pytest.mark.parametrize("tab", ["Slowest tasks", "Memory"])
def test_what_is_of_one_job_asks_for_one(app, job, tab):
    assert "Choose a job above" in opened(app, tab).info[0].value


def test_the_slowest_tasks_come_first_and_the_slowest_parts_of_the_latest_run(app, job):
    page = opened(app, "Slowest tasks", report_job="Rates risk")
    assert list(page.dataframe[0].value["task"]) == ["size", "load"]
    assert list(page.dataframe[1].value["duration"]) == ["1m 20s", "40.0 s", "40.0 s"]


def test_memory_asked_for_is_beside_what_is_used_with_advice(app, job):
    page = opened(app, "Memory", report_job="Rates risk")
    assert list(page.dataframe[0].value["memory_mb_suggested"]) == [150, 150]
    assert "ask for 150" in "".join(caption.value for caption in page.caption)


def test_a_job_that_is_not_there_is_said(app, place):
    page = opened(app, "Memory", report_job="Rates risk")
    assert "there is no job" in page.info[-1].value


def test_what_is_cached_for_one_is_not_shown_to_another(app, job, place, tmp_path):
    saved(place, "Rates risk", permissions="rw----", memory_mb=4000, labels=("eod",))
    assert metrics(app(PAGE))["Runs"] == "2"
    with in_use(door(tmp_path / "place", EVE)):
        page = app(PAGE)
        assert not page.exception
        assert metrics(page)["Runs"] == "0"


def test_the_csv_is_the_table_without_formulas(place):
    run_of(place, saved(place, NASTY))
    rows = pd.read_csv(io.BytesIO(csv_of(recent_runs(place, ReportFilters()))))
    assert list(rows["job"]) == [f"'{NASTY}"]
    assert list(rows["duration"]) == [40.0]


def test_a_hostile_name_is_shown_exactly_so(app, place):
    run_of(place, saved(place, NASTY))
    page = opened(app, "Memory", report_job=NASTY)
    assert page.selectbox(key="report_job").value == NASTY
    assert list(opened(app, "Duration").dataframe[0].value["job"]) == [NASTY]
