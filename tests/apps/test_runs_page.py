"""The page of all runs, and the table of runs that serves in any app."""

import pytest
from runs_given import NASTY, spec_of, written

from dtscheduler.errors import WorkspaceError
from dtscheduler.model.status import RunStatus, TaskStatus

PAGE = "from dtscheduler.ui.streamlit.studio.pages.runs import show\nshow()"
TABLE = (
    "from dtscheduler.ui.streamlit import runs_table\nimport streamlit as st\nrun = runs_table({})\nst.text(repr(run))"
)


def shown(page):
    """The table of runs on a page."""
    assert not page.exception
    return page.dataframe[0].value


def test_without_runs_the_page_says_the_next_step(app):
    page = app(PAGE)
    assert not page.exception
    assert "press Run now" in page.info[0].value
    assert not page.dataframe


def test_runs_are_listed_newest_first_with_glyph_and_word(app, workspace):
    written(workspace)
    written(workspace, statuses=[TaskStatus.FAILED], status=RunStatus.FAILED)
    table = shown(app(PAGE))
    assert list(table["Run"]) == ["2", "1"]
    assert list(table["Status"]) == ["✕ failed", "✓ completed"]
    assert list(table["Took"]) == ["40.0 s", "40.0 s"]


def test_filters_come_from_the_address(app, workspace):
    written(workspace)
    written(workspace, spec_of(name="Country risk"), status=RunStatus.FAILED, tag="prod")
    assert list(shown(app(PAGE, status="failed"))["Run"]) == ["2"]
    assert list(shown(app(PAGE, job="flight"))["Run"]) == ["1"]
    assert list(shown(app(PAGE, tag="prod"))["Job"]) == ["Country risk"]


def test_a_filter_that_finds_nothing_says_so(app, workspace):
    written(workspace)
    page = app(PAGE, job="no such")
    assert "Take a filter away" in page.info[0].value


def test_a_rerun_stands_under_its_original(app, workspace):
    first = written(workspace, status=RunStatus.FAILED)
    written(workspace, spec_of(name="Country risk"))
    again = written(workspace, rerun_of=first, lineage=first)
    assert list(shown(app(PAGE))["Run"]) == ["2", f"{first}", f"↳ {again}"]


def test_a_rerun_is_found_by_its_status_though_its_original_is_not(app, workspace):
    first = written(workspace, status=RunStatus.FAILED)
    again = written(workspace, rerun_of=first, lineage=first)
    assert list(shown(app(PAGE, status="completed"))["Run"]) == [f"{again}"]


def test_pages_are_turned_in_the_store(app, workspace):
    for _ in range(30):
        written(workspace)
    assert list(shown(app(PAGE))["Run"])[:2] == ["30", "29"]
    assert list(shown(app(PAGE, page="2"))["Run"]) == ["5", "4", "3", "2", "1"]


def test_a_run_that_is_added_moves_nothing_to_the_next_page(app, workspace):
    for _ in range(30):
        written(workspace)
    page = app(PAGE)
    page.session_state["page"] = 2
    before = list(shown(page.run())["Run"])
    written(workspace)
    assert list(shown(page.run())["Run"]) == before
    page.session_state["page"] = 1
    assert list(shown(page.run())["Run"])[0] == "31"


def test_another_filter_starts_at_the_first_page(app, workspace):
    for _ in range(60):
        written(workspace)
    page = app(PAGE, page="2")
    page.text_input(key="job").set_value("flight").run()
    assert list(shown(page)["Run"])[0] == "60"


def test_a_table_of_the_last_days_can_be_turned(app, workspace):
    for _ in range(30):
        written(workspace)
    page = app(TABLE.format('since="1d"'))
    page.session_state["runs  page"] = 2
    assert list(shown(page.run())["Run"])[0] == "5"
    assert list(shown(page.run())["Run"])[0] == "5"


def test_a_store_that_is_away_is_said_and_the_page_lives(app, workspace, monkeypatch):
    def away(*arguments):
        raise WorkspaceError("the store cannot be opened: disk full")

    monkeypatch.setattr(type(workspace), "count_runs", away)
    page = app(TABLE.format(""))
    assert not page.exception
    assert "disk full" in page.error[0].value and page.text[-1].value == "None"


def test_nothing_in_a_name_is_markup(app, workspace):
    written(workspace, spec_of(name=NASTY))
    page = app(PAGE)
    assert list(shown(page)["Job"]) == [NASTY]
    assert not any("script" in block.value for block in page.markdown)


def test_the_table_serves_alone_and_gives_the_selected_run(app, workspace):
    run = written(workspace)
    page = app(TABLE.format(""))
    assert page.text[-1].value == "None"
    chosen = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page.session_state[page.dataframe[0].key] = chosen
    assert f"Run {run} of" in page.run().text[-1].value
    written(workspace)
    assert page.run().text[-1].value == "None", "the row that was selected is that of another run now"


@pytest.mark.parametrize("bounds", ['status="failed"', 'job="Country risk"', 'since="1d", status=["failed"]'])
def test_the_table_takes_the_filters_of_reports(app, workspace, bounds):
    written(workspace)
    written(workspace, spec_of(name="Country risk"), status=RunStatus.FAILED)
    assert list(shown(app(TABLE.format(bounds)))["Run"]) == ["2"]


def test_a_status_that_there_is_not_is_refused(app):
    page = app(TABLE.format('status="done"'))
    assert "status 'done' is not one of" in page.exception[0].message
