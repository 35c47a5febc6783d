"""The calendar page: what fires in the next days, and why."""

from datetime import UTC, datetime

import pytest
from jobs_saved import door, run_of, saved

from dtscheduler import Schedule
from dtscheduler.api.place import in_use
from dtscheduler.ui.streamlit.texts import literal

PAGE = "from dtscheduler.ui.streamlit.studio.pages.calendar import show\nshow()"
NASTY = "**x** <script>alert(1)</script> $y$ :red[z] `q` [a](javascript:alert(2)) -> \\"
EVENING = Schedule(at_hours=[18], timezone="Europe/Paris").spec


@pytest.fixture
def place(app, tmp_path):
    """A workspace of ada's, in use, whose clock stands still."""
    opened = door(tmp_path / "place")
    with in_use(opened):
        yield opened


def said(page):
    assert not page.exception
    kinds = ("text", "caption", "error", "warning", "info", "success", "subheader")
    return "\n".join(str(each.value) for kind in kinds for each in getattr(page, kind)).replace("\\", "")


def test_without_schedules_the_page_says_the_next_step(app, place):
    page = app(PAGE)
    assert "Nothing is to fire" in said(page)
    assert [link.value for link in page.page_link] == ["Build a job"]


def test_days_are_titled_with_their_fires_and_the_first_ones_are_open(app, place):
    saved(place, "Evening", EVENING)
    page = app(PAGE)
    titles = [box.label for box in page.expander]
    assert titles[0] == "Today, Friday 20 November 2026 · 1 fire of 1 job"
    assert titles[1] == "Tomorrow, Saturday 21 November 2026 · 1 fire of 1 job"
    assert (len(titles), len(page.dataframe)) == (8, 2)
    assert list(page.dataframe[0].value["time"]) == ["17:00"]
    assert "7 fires of 1 job · times on the clock of UTC" in said(page)


def test_times_are_those_of_the_viewers_clock(app, place):
    saved(place, "Evening", EVENING)
    page = app(PAGE)
    page.context = {"timezone": "Asia/Tokyo"}
    page.run()
    assert list(page.dataframe[0].value["time"]) == ["02:00"]
    assert list(page.dataframe[0].value["utc"]) == ["20 Nov 17:00"]


def test_a_dense_schedule_is_folded(app, place):
    saved(place, "Heartbeat", Schedule(every_minute=1).spec)
    (row,) = app(PAGE).dataframe[1].value.to_dict("records")
    assert (row["time"], row["words"]) == ("00:00 – 23:59", "1,440 times: every minute, UTC")


def test_a_closed_day_opens(app, place):
    saved(place, "Evening", EVENING)
    page = app(PAGE)
    page.session_state["day 2026-11-24"] = True
    page.run()
    assert len(page.dataframe) == 3


def test_filters_that_find_nothing_say_so(app, place):
    saved(place, "Evening", EVENING)
    assert "No job that matches these filters fires" in said(app(PAGE, fires_tag="prod"))


def test_jobs_without_times_are_listed_with_the_reason(app, place):
    saved(place, "Archive")
    page = app(PAGE)
    page.session_state["without times"] = True
    page.run()
    assert page.dataframe[0].value.to_dict("records") == [{"job": "Archive", "why": "runs by hand only"}]


def test_the_address_asks_why_a_job_fires(app, place):
    saved(place, "Evening", EVENING)
    page = app(PAGE, why="Evening", at="2026-11-20T18:00")
    assert "Evening fires at 2026-11-20 18:00 CET (2026-11-20 17:00:00 UTC). Because every level matches." in said(page)
    assert list(page.dataframe[0].value["matches"]) == ["✓ matches"] * 4


def test_a_time_that_does_not_fire_says_the_level(app, place):
    saved(place, "Evening", EVENING)
    page = app(PAGE, why="Evening", at="2026-11-20T19:00")
    assert "does not fire" in said(page)
    assert "the hour does not match" in said(page)


def test_the_run_of_an_instant_is_a_click_away(app, place):
    number = run_of(place, saved(place, "Evening", EVENING), scheduled=datetime(2026, 11, 19, 17, tzinfo=UTC))
    page = app(PAGE, why="Evening", at="2026-11-19T18:00")
    assert f"Open run {number}" in [link.value.replace("\\", "") for link in page.page_link]


def test_a_job_that_is_not_there_is_said_and_the_page_lives(app, place):
    page = app(PAGE, why="Evening")
    assert "there is no job 'Evening'" in said(page)


def test_a_hostile_name_is_shown_exactly_so(app, place):
    saved(place, NASTY, EVENING)
    assert list(app(PAGE).dataframe[0].value["job"]) == [NASTY]
    page = app(PAGE, why=NASTY, at="2026-11-20T18:00")
    assert literal(NASTY) in page.success[0].value
