"""What tasks should ask for, seen from what they used."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from past_runs import after, part, spec

from dtscheduler.api.reporting import sizing
from dtscheduler.errors import NotFoundError
from dtscheduler.model.status import TaskStatus
from dtscheduler.reports.sizing import suggested_cpu, suggested_memory


def test_more_memory_than_is_asked_is_asked_for_in_words(past):
    past([part(0, peak_memory_mb=1180.0), part(1, peak_memory_mb=700.0)], spec=spec("size", memory_mb=400))
    row = sizing("risk").iloc[0]
    assert (row["memory_mb"], row["memory_mb_max"], row["memory_mb_suggested"]) == (400, 1180.0, 1500)
    assert "400 MB is asked and 1,180 MB is used at most: ask for 1,500" in row["advice"]


def test_cpu_is_time_of_cpu_by_time_of_the_clock(past):
    past([part(0, seconds=10, cpu_seconds=20.0, peak_memory_mb=300.0)], spec=spec("size", cpu_mhz=400))
    row = sizing("risk").iloc[0]
    assert (row["cpu_mhz"], row["cpu_mhz_used"], row["cpu_mhz_suggested"]) == (400, 8000.0, 8800)
    assert row["advice"] == "400 MHz is asked and 8,000 MHz is used: ask for 8,800"


def test_what_fits_is_left_alone(past):
    past([part(0, cpu_seconds=1.0, peak_memory_mb=300.0)], spec=spec("size", cpu_mhz=400, memory_mb=400))
    row = sizing("risk").iloc[0]
    assert (row["cpu_mhz_suggested"], row["memory_mb_suggested"], row["advice"]) == (400, 400, "fits")


def test_a_part_that_ran_out_of_memory_asks_for_more_than_its_peak(past):
    past([part(0, status=TaskStatus.OUT_OF_MEMORY, peak_memory_mb=1000.0)], spec=spec("size", memory_mb=1000))
    row = sizing("risk").iloc[0]
    assert row["memory_mb_suggested"] == 1500 and "1 ended for want of it" in row["advice"]


@pytest.mark.parametrize(("count", "sure"), [(0, "none"), (1, "low"), (5, "fair"), (20, "high")])
def test_the_number_of_measurements_says_how_sure_it_is(past, count, sure):
    past([part(number) for number in range(count)])
    row = sizing("risk").iloc[0]
    assert (row["measurements"], row["sure"]) == (count, sure)


def test_a_task_that_was_not_measured_is_there_without_figures(past):
    past([part(0)], spec=spec("size", "save"))
    row = sizing("risk").iloc[1]
    assert row["task"] == "save" and row["advice"] == "nothing was measured yet"
    assert pd.isna(row["memory_mb_suggested"]) and pd.isna(row["cpu_mhz_used"])


def test_only_the_latest_runs_count(past):
    past([part(0, peak_memory_mb=5000.0)])
    past([part(0, peak_memory_mb=100.0)], submitted=after(60))
    assert sizing("risk", runs=1)["memory_mb_max"][0] == 100.0
    assert sizing("risk")["memory_mb_max"][0] == 5000.0


def test_what_took_no_time_says_nothing_of_the_cpu(past):
    past([part(0, seconds=0.001, cpu_seconds=0.5)])
    assert pd.isna(sizing("risk")["cpu_mhz_used"][0])


def test_a_job_that_is_not_there_is_said_so(workspace):
    with pytest.raises(NotFoundError, match="no job 'other'"):
        sizing("other")


@given(st.integers(1, 10**6), st.floats(0, 10**6))
def test_a_suggestion_is_enough_and_following_it_ends_the_advice(asked, peak):
    memory, cpu = suggested_memory(asked, peak), suggested_cpu(asked, peak)
    assert memory >= peak and cpu >= peak
    assert suggested_memory(memory, peak) == memory and suggested_cpu(cpu, peak) == cpu
