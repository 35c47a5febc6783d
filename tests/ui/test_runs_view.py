"""What a list of runs shows: which are asked for, where reruns stand, and figures of the last days."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.model.figures import DayFigures
from dtscheduler.model.run import RunRecord, Trigger
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.views.moments import end_of, local, start_of, zone_named
from dtscheduler.ui.views.runs import Filters, figures, nested, nests, rows, took

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def run(number=1, lineage=None, status=RunStatus.COMPLETED, **changes):
    """A run that took 65 seconds."""
    usual = {"started": NOON, "ended": NOON + timedelta(seconds=65) if status.final else None, "submitted_by": "ada"}
    return RunRecord(
        id=number, uuid=uuid4().hex, job_name="risk", spec_hash="", status=status, rundate=date(2026, 11, 19),
        submitted=NOON, owner="ada", rerun_of=lineage, lineage=lineage, **(usual | changes),
    )  # fmt: skip


def listed(runs, reruns=None):
    """Depths and numbers of what is listed."""
    return [(depth, found.id) for depth, found in nested(runs, reruns or {})]


def test_reruns_stand_under_their_original_the_newest_first():
    assert listed([run(9), run(2)], {2: [run(5, 2), run(3, 2)]}) == [(0, 9), (0, 2), (1, 5), (1, 3)]


def test_a_rerun_on_the_page_of_its_original_stands_under_it_once():
    assert listed([run(5, 2), run(2)], {2: [run(5, 2)]}) == [(0, 2), (1, 5)]


def test_a_rerun_without_its_original_on_the_page_stands_alone():
    assert listed([run(5, 2), run(4)]) == [(0, 5), (0, 4)]


@given(st.sets(st.integers(1, 40)), st.dictionaries(st.integers(2, 40), st.integers(1, 20), max_size=20))
def test_every_run_of_a_page_is_listed_once(numbers, lineages):
    page = [run(n, lineages[n] if lineages.get(n, n) < n else None) for n in sorted(numbers, reverse=True)]
    assert sorted(number for _, number in listed(page)) == sorted(numbers)


def test_days_are_those_of_the_viewers_clock():
    query = Filters(since=date(2026, 11, 20), until=date(2026, 11, 20)).query(PARIS)
    assert (query.since, query.until) == (
        datetime(2026, 11, 19, 23, tzinfo=UTC),
        datetime(2026, 11, 20, 23, tzinfo=UTC),
    )


def test_a_day_on_which_the_clocks_change_is_whole():
    day = date(2026, 10, 25)
    assert end_of(day, PARIS) - start_of(day, PARIS) == timedelta(hours=25)


def test_the_last_day_there_is_has_an_end():
    assert end_of(date.max, PARIS).year == 9999


def test_reruns_nest_only_where_all_of_them_are_asked_for():
    assert nests(Filters(text="risk", tag="prod").query(UTC))
    assert not nests(Filters(statuses=(RunStatus.FAILED,)).query(UTC))
    assert not nests(Filters(since=date(2026, 11, 1)).query(UTC))


def test_a_row_says_number_status_and_duration_in_words():
    (row,) = rows([(1, run(7, 2))], PARIS, NOON)
    assert (row.number, row.sign, row.took) == ("↳ 7", "✓ completed", "1m 05s")


def test_a_row_masks_secrets_in_its_reason():
    (row,) = rows([(0, run(reason="failed: password=hush", status=RunStatus.FAILED))], UTC, NOON)
    assert "hush" not in row.reason and row.sign == "✕ failed"


def test_what_goes_on_has_taken_so_far():
    assert took(run(status=RunStatus.RUNNING), NOON + timedelta(seconds=5)) == "5.0 s so far"
    assert took(run(started=None, status=RunStatus.READY), NOON) == ""


def test_a_scheduled_run_says_its_instant_on_the_viewers_clock():
    (row,) = rows([(0, run(trigger=Trigger.SCHEDULE, scheduled=NOON))], PARIS, NOON)
    assert "13:00 CET" in row.made_by


def test_figures_of_days_without_runs_say_so():
    found = {figure.label: figure.value for figure in figures([DayFigures(day=date(2026, 11, 20))] * 7, 0, 0)}
    assert found == {
        "Going on now": "0",
        "Runs today": "0",
        "Success rate": "–",
        "Mean duration": "–",
    }


def test_figures_count_what_has_ended():
    days = [
        DayFigures(day=date(2026, 11, 19), completed=3, failed=1, other=1, seconds=40.0),
        DayFigures(day=date(2026, 11, 20), completed=4, seconds=40.0),
    ]
    found = {figure.label: figure for figure in figures(days, 2, 3)}
    assert found["Runs today"].value == "4" and found["Runs today"].note == "9 in 2 days"
    assert found["Going on now"].note == "3 waiting"
    assert found["Success rate"].value == "88 %" and found["Success rate"].trend == (75.0, 100.0)
    assert found["Mean duration"].value == "10.0 s"


def test_a_zone_that_this_machine_does_not_know_is_utc():
    assert zone_named("Mars/Olympus") is UTC and zone_named(None) is UTC and zone_named("../etc") is UTC
    assert local(NOON, PARIS) == "2026-11-20 13:00:00 CET"
