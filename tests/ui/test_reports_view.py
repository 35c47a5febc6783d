"""What the reports page says of runs and tasks."""

from datetime import date, timedelta

import pytest
from jobs_saved import EVE, door, run_of, saved

from dtscheduler.errors import NotFoundError
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.views import reports
from dtscheduler.ui.views.reports import (
    ReportFilters,
    advised,
    facts,
    is_cut,
    job_names,
    needs,
    outcomes,
    recent_runs,
    slowest_parts,
    task_durations,
)

MONTH = ReportFilters(days=30)


@pytest.fixture
def place(tmp_path):
    opened = door(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def job(place):
    """A job with a run of 40 s, one of 20 s, and one that failed two days ago."""
    found = saved(place, "Rates risk", labels=("eod",))
    run_of(place, found)
    run_of(place, found, took=timedelta(seconds=20))
    run_of(place, found, RunStatus.FAILED, ago=timedelta(days=2))
    return found


def figures(place, filters=MONTH):
    found = facts(recent_runs(place, filters), outcomes(place, filters))
    return {fact.label: fact.value for fact in found}


def test_the_figures_count_runs_and_say_how_long_they_take(place, job):
    assert figures(place) == {
        "Runs": "3",
        "Success rate": "67 %",
        "Median duration": "30.0 s",
        "95 % take at most": "39.0 s",
    }


def test_without_runs_the_figures_say_so(place):
    assert list(figures(place).values()) == ["0", "–", "–", "–"]


def test_runs_are_those_of_the_days_the_job_and_the_label(place, job):
    run_of(place, saved(place, "Other"), ago=timedelta(days=20))
    assert len(recent_runs(place, MONTH)) == 4
    assert len(recent_runs(place, ReportFilters(days=7))) == 3
    assert len(recent_runs(place, ReportFilters(days=30, job="Other"))) == 1
    assert set(recent_runs(place, ReportFilters(days=30, label="eod"))["job"]) == {"Rates risk"}
    assert job_names(recent_runs(place, MONTH)) == ["Rates risk", "Other"]


def test_outcomes_have_a_row_for_each_day_and_a_rate_only_where_runs_ended(place, job):
    daily = outcomes(place, ReportFilters(days=7)).set_index("day")
    assert len(daily) == 7
    assert daily.loc[f"{date(2026, 11, 20)}", ["completed", "failed", "success_rate"]].tolist() == [2, 0, 1.0]
    assert daily.loc["2026-11-18", "success_rate"] == 0.0
    assert daily["success_rate"].isna().sum() == 5


def test_a_limit_on_the_runs_that_are_looked_at_is_said(place, job, monkeypatch):
    monkeypatch.setattr(reports, "MOST_RUNS", 2)
    found = recent_runs(place, MONTH)
    assert (len(found), is_cut(found)) == (2, "Durations are those of the latest 2 runs.")


def test_tasks_are_listed_by_how_long_they_take_the_slowest_first(place, job):
    found = task_durations(place, ReportFilters(days=30, job="Rates risk"))
    assert list(found["task"]) == ["size", "load"]
    assert list(found["count"]) == [4, 2]
    assert found["median"].dt.total_seconds().tolist() == [40.0, 30.0]
    assert found["max"].dt.total_seconds().tolist() == [80.0, 40.0]


def test_only_the_latest_task_runs_are_measured(place, job, monkeypatch):
    monkeypatch.setattr(reports, "MOST_TASK_RUNS", 3)
    assert task_durations(place, ReportFilters(days=30, job="Rates risk"))["count"].sum() == 3


def test_the_slowest_task_runs_are_those_of_the_latest_run_that_ended(place, job):
    run_of(place, job, RunStatus.RUNNING, ago=timedelta(0))
    number, found = slowest_parts(place, ReportFilters(job="Rates risk"))
    assert number is not None
    assert place.run(number).status.final
    assert found["duration"].is_monotonic_decreasing


def test_a_task_that_asks_for_too_much_memory_is_advised(place):
    run_of(place, saved(place, "Rates risk", memory_mb=4000))
    sizes = needs(place, "Rates risk")
    assert sizes.loc[0, ["memory_mb", "memory_mb_max", "memory_mb_suggested"]].tolist() == [4000, 100.0, 150]
    assert "load: 4,000 MB is asked and 100 MB is used at most: ask for 150" in "\n".join(advised(sizes))


def test_sizes_of_a_job_that_is_not_there_are_refused(place):
    with pytest.raises(NotFoundError):
        needs(place, "Rates risk")


def test_others_report_only_on_what_they_may_read(place, tmp_path):
    run_of(place, saved(place, "Rates risk", permissions="rw----"))
    eve = door(tmp_path, EVE)
    assert recent_runs(eve, MONTH).empty
    assert outcomes(eve, MONTH)["completed"].sum() == 0
    assert slowest_parts(eve, ReportFilters(job="Rates risk"))[0] is None
    eve.close()
