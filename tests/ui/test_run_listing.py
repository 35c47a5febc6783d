"""A list of runs a page at a time: nothing moves while runs are added, and the store counts and turns the pages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs_given import spec_of, written

from dtscheduler.model.status import RunStatus
from dtscheduler.ui.views.run_listing import A_PAGE, RunListing, RunPage, job_names, pages_of
from dtscheduler.ui.views.runs import Filters


def look(place, listing):
    """What is settled, and the page."""
    settled = listing.as_of(place)
    return settled, settled.page(place, UTC, settled.total(place, UTC))


def numbers(page):
    return [row.run for row in page.rows]


@pytest.fixture
def thirty(workspace):
    """A workspace with thirty runs."""
    for _ in range(30):
        written(workspace)
    return workspace


def test_the_newest_runs_are_on_the_first_page(thirty):
    _, page = look(thirty, RunListing())
    assert numbers(page) == list(range(30, 5, -1)) and (page.pages, page.total) == (2, 30)


def test_runs_that_are_added_move_nothing_to_the_next_page(thirty):
    listing, _ = look(thirty, RunListing())
    written(thirty)
    listing, page = look(thirty, listing.turned(2))
    assert numbers(page) == [5, 4, 3, 2, 1] and page.total == 30
    assert numbers(look(thirty, listing.turned(1))[1])[0] == 31


def test_other_filters_start_at_the_first_page(thirty):
    listing, _ = look(thirty, RunListing(number=2))
    assert listing.asking(Filters(text="flight")).number == 1
    assert listing.asking(Filters()).number == 2


def test_bounds_that_move_with_the_clock_stay_on_their_page(thirty):
    week = datetime.now(UTC) - timedelta(days=7)
    listing, page = look(thirty, RunListing(instants=(week, None), number=2))
    later = listing.asking(Filters(), (week + timedelta(seconds=5), None))
    assert later.number == 2 and numbers(page) == numbers(look(thirty, later)[1])


def test_a_page_that_is_not_there_any_more_is_the_last(thirty):
    _, page = look(thirty, RunListing(number=9))
    assert page.number == 2 and numbers(page) == [5, 4, 3, 2, 1]


def test_reruns_are_nested_and_not_counted(workspace):
    first = written(workspace, status=RunStatus.FAILED)
    again = written(workspace, rerun_of=first, lineage=first)
    _, page = look(workspace, RunListing())
    assert [(row.depth, row.run) for row in page.rows] == [(0, first), (1, again)]
    assert page.said == "1 run, and their reruns"


def test_reruns_are_counted_where_runs_of_a_status_are_asked_for(workspace):
    first = written(workspace, status=RunStatus.FAILED)
    again = written(workspace, rerun_of=first, lineage=first)
    _, page = look(workspace, RunListing(asked=Filters(statuses=(RunStatus.COMPLETED,))))
    assert numbers(page) == [again] and page.said == "1 run"


def test_without_runs_there_is_one_empty_page(workspace):
    assert look(workspace, RunListing())[1] == RunPage(rows=(), number=1, pages=1, total=0, nesting=True)


def test_days_that_are_asked_for_bound_the_list(workspace):
    written(workspace, now=datetime(2026, 11, 1, 12, tzinfo=UTC))
    found = written(workspace, now=datetime(2026, 11, 3, 12, tzinfo=UTC))
    asked = Filters(since=date(2026, 11, 2), until=date(2026, 11, 3))
    assert numbers(look(workspace, RunListing(asked=asked))[1]) == [found]


@settings(max_examples=200)
@given(st.integers(0, 10_000))
def test_pages_hold_all_runs_and_none_is_empty(total):
    assert pages_of(total) * A_PAGE >= total
    assert pages_of(total) == 1 or (pages_of(total) - 1) * A_PAGE < total


def test_jobs_to_ask_for_are_those_of_runs_too(workspace):
    written(workspace, spec_of(name="Country risk"))
    written(workspace)
    assert job_names(workspace, "") == ["Country risk", "Flight delays"]
    assert job_names(workspace, "RISK") == ["Country risk"]
