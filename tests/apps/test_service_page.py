"""The service page: whether a service is alive, what it does, and what mends what is wrong."""

from datetime import timedelta

import pytest
from jobs_saved import NOW, door, run_of, saved

from dtscheduler import Schedule
from dtscheduler.api.place import in_use
from dtscheduler.errors import WorkspaceError
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.service import ServiceRecord
from dtscheduler.model.status import RunStatus

PAGE = "from dtscheduler.ui.streamlit.studio.pages.service import show\nshow()"
NASTY = "**x** <script>alert(1)</script> $y$ :red[z]"


@pytest.fixture
def place(app, tmp_path):
    """A workspace of ada's, in use, whose clock stands still."""
    opened = door(tmp_path / "place")
    with in_use(opened):
        yield opened


def beat(place):
    place.store.beat(ServiceRecord(holder="host:17:3", user="ada", since=NOW, beat=NOW, driving=(1,), capacity=8))


def metrics(page):
    assert not page.exception
    return {metric.label: metric.value for metric in page.metric}


def test_without_a_service_the_page_says_the_command(app, place):
    page = app(PAGE)
    assert metrics(page)["Next fire"] == "none"
    assert "No service is alive" in page.error[0].value
    assert page.code[0].value == "dtscheduler serve"


def test_a_service_that_drives_shows_its_runs_and_capacity(app, place):
    run_of(place, saved(place, "Rates risk"), RunStatus.RUNNING, ago=timedelta(minutes=2))
    beat(place)
    page = app(PAGE)
    assert metrics(page)["Runs running"] == "1"
    assert not page.error
    assert "1 run is under way" in page.success[0].value
    (row,) = page.dataframe[0].value.to_dict("records")
    assert (row["run"], row["job"], row["progress"], row["taken"]) == ("run?id=1", "Rates risk", "0 of 3", "2m 00s")
    assert list(page.dataframe[1].value["state"]) == ["✓ alive"]


def test_the_next_fires_are_listed(app, place):
    saved(place, "Hourly", Schedule(every_hour=1).spec)
    page = app(PAGE)
    assert metrics(page)["Next fire"] == "in 1h 00m"
    assert list(page.dataframe[0].value["job"]) == ["Hourly"]


def test_messages_that_could_not_be_sent_are_shown_with_the_command(app, place):
    job = saved(place, "Rates risk")
    failed = AlertRecord(
        id=0, kind=AlertKind.FAILED, channel=Channel.EMAIL, recipient="a@example.com", job_name="Rates risk",
        created=NOW, run_id=run_of(place, job), tries=1, next_try=NOW, error="refused, password=hunter2",
    )  # fmt: skip
    place.store.add_alerts([failed])
    page = app(PAGE)
    assert metrics(page)["Messages to send"] == "1"
    assert [code.value for code in page.code] == ["dtscheduler serve", "dtscheduler outbox --send"]
    assert list(page.dataframe[0].value["error"]) == ["refused, password=***"]


def test_a_store_that_fails_is_said_in_its_place_and_the_page_lives(app, place, monkeypatch):
    def gone():
        raise WorkspaceError("the store is away; examine it with: dtscheduler doctor")

    monkeypatch.setattr(place.store, "services", gone)
    page = app(PAGE)
    assert not page.exception
    assert "the store is away" in page.error[0].value
    monkeypatch.undo()
    assert metrics(page.run())["Runs running"] == "0"


def test_a_hostile_name_is_shown_exactly_so(app, place):
    run_of(place, saved(place, NASTY, Schedule(every_hour=1).spec), RunStatus.RUNNING)
    page = app(PAGE)
    assert not page.exception
    assert [list(table.value["job"]) for table in page.dataframe[:2]] == [[NASTY], [NASTY]]
