"""The apps that come as models, as their users meet them: from the form to the table, the map and the CSV."""

import io
import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from dtscheduler import run
from dtscheduler.model.run import RunQuery

pytestmark = pytest.mark.slow
APPS = Path(__file__).resolve().parents[2] / "apps"


def test_the_flight_app_leads_from_a_form_to_a_csv(serve_app, page, workspace):
    page.goto(serve_app(APPS / "flight_delays.py"))
    for month in range(2, 13):
        page.get_by_role("button", name=str(month), exact=True).click()
    expect(page.get_by_text(re.compile("^6 to run"))).to_be_visible()  # read, three parts, rank, report
    page.get_by_role("button", name="Run now").dblclick()
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    (record,) = workspace.runs(RunQuery())  # the second click made no other
    assert page.url.endswith(f"?run={record.id}")
    given = pd.read_csv(io.BytesIO(download.value.path().read_bytes()))
    pd.testing.assert_frame_equal(given, run(record.id).result("report"), check_dtype=False)


def test_the_map_of_the_backtests_fills_in_and_a_cell_tells_about_itself(serve_app, page, workspace):
    page.set_viewport_size({"width": 1280, "height": 2600})
    page.goto(serve_app(APPS / "backtest_grid.py"))
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("1,760 cells, 0 still to come. Click one for its log and inputs.")).to_be_visible()
    counts = {one.status: one.count for one in workspace.task_counts(1) if one.task_name == "cells"}
    assert counts == {"completed": 1568, "failed": 192}
    chart = page.get_by_test_id("stVegaLiteChart")
    box = chart.bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 60)
    title = page.get_by_role("heading", name=re.compile("^Cell bust-"))
    expect(title).to_be_visible()
    name = re.match(r"Cell (\S+):", title.inner_text())[1]
    page.get_by_role("button", name="Run this cell again").click()
    expect(page.get_by_text("Run 2", exact=True)).to_be_visible()
    again = workspace.runs(RunQuery(id=2))[0]
    assert again.rerun_of == 1
    ran = [part for part in run(2).records() if part.from_run is None and part.status != "reused"]
    assert name in [part.part_name for part in ran]


def test_the_apps_are_short_enough_to_be_models():
    assert len((APPS / "flight_delays.py").read_text().splitlines()) <= 60


@pytest.mark.parametrize(
    "part", ["suite_form", "schedule_form", "dag_chart", "plan_table", "run_monitor", "runs_table"]
)
def test_every_part_of_pages_has_an_example_of_a_few_lines(app, part):
    shown = app(APPS / "components.py", part=part)
    assert not shown.exception
    text = shown.code[0].value
    assert text.startswith(f"from dtscheduler.ui.streamlit import {part}\n")
    assert f"{part}(" in text or f"{part}." in text
    assert len(text.splitlines()) <= 5
