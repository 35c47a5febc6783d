"""The jobs page: the list, and what is done with the job that is selected."""

from datetime import date, timedelta

import pytest
from jobs_saved import EVE, NOW, door, run_of, saved

from dtscheduler import Schedule
from dtscheduler.api.place import in_use
from dtscheduler.model.run import RunQuery
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.views.jobs import A_PAGE

PAGE = "from dtscheduler.ui.streamlit.studio.pages.jobs import show\nshow()"
NASTY = "**x** <script>alert(1)</script> $y$ :red[z] `q` [a](javascript:alert(2)) -> \\"
EVENING = Schedule(at_hours=[18], timezone="Europe/Paris").spec


@pytest.fixture
def place(app, tmp_path):
    """A workspace of ada's, in use, whose clock stands still."""
    opened = door(tmp_path / "place")
    with in_use(opened):
        yield opened


def shown(page):
    assert not page.exception
    return page.dataframe[0].value


def button(page, label):
    return next(each for each in page.button if each.label == label)


def said(page):
    kinds = ("text", "caption", "error", "warning", "info", "success", "subheader", "markdown")
    return "\n".join(str(each.value) for kind in kinds for each in getattr(page, kind)).replace("\\", "")


def test_an_empty_workspace_says_the_next_step(app, place):
    page = app(PAGE)
    assert not page.exception
    assert "No jobs are saved yet" in said(page)
    assert page.code[0].value == "dtscheduler suite save MODULE:SUITE"
    assert [link.value for link in page.page_link] == ["Build a job"]


def test_jobs_are_listed_with_glyph_and_word_of_their_last_run(app, place):
    run_of(place, saved(place, "Rates risk", EVENING), RunStatus.FAILED)
    saved(place, "Archive")
    table = shown(app(PAGE))
    assert list(table["name"]) == ["Archive", "Rates risk"]
    assert list(table["last"]) == ["", "✕ failed"]
    assert list(table["schedule"]) == ["only by hand", "at 18:00 Europe/Paris every day"]


@pytest.mark.parametrize("query", [{"text": "RISK"}, {"tag": "prod"}, {"label": "eod"}, {"state": "paused"}])
def test_filters_come_from_the_address(app, place, query):
    saved(place, "Archive")
    place.pause(saved(place, "Rates risk", tag="prod", labels=("eod",)).uuid)
    assert list(shown(app(PAGE, **query))["name"]) == ["Rates risk"]


def test_filters_that_find_nothing_say_so(app, place):
    saved(place, "Archive")
    assert "No job matches these filters" in said(app(PAGE, owner="bob"))


def test_the_address_names_the_page_and_a_page_beyond_the_last_is_none(app, place):
    for number in range(A_PAGE + 1):
        saved(place, f"job {number:03}")
    assert list(shown(app(PAGE, jobs_page="2"))["name"]) == [f"job {A_PAGE:03}"]
    assert len(shown(app(PAGE, jobs_page="77"))) in (1, A_PAGE)


def test_a_selected_job_shows_its_schedule_and_next_fires(app, place):
    saved(place, "Rates risk", EVENING)
    page = app(PAGE, job="Rates risk")
    assert "Fires next 2026-11-20 17:00:00 UTC, in 5h 00m" in said(page)
    assert list(page.dataframe[1].value["local"])[0] == "2026-11-20 18:00 CET"


def test_a_job_that_is_not_there_is_said(app, place):
    saved(place, "Archive")
    assert "There is no job 'Rates risk' here" in said(app(PAGE, job="Rates risk"))


def test_run_now_submits_one_run_however_often_it_is_pressed(app, place):
    saved(place, "Rates risk", EVENING)
    page = app(PAGE, job="Rates risk")
    run = button(page, "Run")
    run.click().run()
    run.click().run()  # the button that was there before
    (found,) = place.runs(RunQuery())
    assert (found.rundate, found.custom_rundate, found.submitted_by) == (date(2026, 11, 20), False, "ada")
    assert "Run 1 for 2026-11-20 is submitted" in said(page)
    assert f"Open run {found.id}" in [link.value.replace("\\", "") for link in page.page_link]


def test_run_now_takes_a_rundate_and_can_be_asked_for_again(app, place):
    saved(place, "Rates risk", EVENING)
    page = app(PAGE, job="Rates risk")
    page.date_input[0].set_value(date(2026, 11, 18)).run()
    button(page, "Run").click().run()
    button(page, "Another run").click().run()
    button(page, "Run").click().run()
    assert [f"{run.rundate}" for run in place.runs(RunQuery())] == ["2026-11-18", "2026-11-18"]


def test_a_job_is_paused_and_goes_on(app, place):
    job = saved(place, "Rates risk", EVENING)
    page = app(PAGE, job="Rates risk")
    button(page, "Pause").click().run()
    assert place.job(job.uuid).paused
    assert "It is paused by ada; its instants are recorded as expired" in said(page)
    button(page, "Go on").click().run()
    assert not place.job(job.uuid).paused
    assert "Rates risk goes on." in said(page)


def test_a_job_is_deleted_only_when_its_name_is_typed(app, place):
    job = saved(place, "Rates risk")
    page = app(PAGE, job="Rates risk")
    page.text_input(key=f"confirm {job.uuid}").set_value("rates")
    button(page, "Delete this job").click().run()
    assert place.find("Rates risk")
    assert "Nothing was deleted" in said(page)
    page.text_input(key=f"confirm {job.uuid}").set_value("Rates risk")
    button(page, "Delete this job").click().run()
    assert place.find("Rates risk") is None
    assert "Rates risk is deleted" in said(page)


def test_who_may_only_read_gets_no_way_to_change_and_the_reason(app, place, tmp_path):
    saved(place, "Rates risk", EVENING)
    with in_use(door(tmp_path / "place", EVE)):
        page = app(PAGE, job="Rates risk")
        assert button(page, "Pause").disabled
        assert "eve may not change job 'Rates risk': it belongs to ada" in said(page)


def test_rights_that_were_taken_away_meanwhile_are_refused_in_the_words_of_the_core(app, place, tmp_path):
    job = saved(place, "Rates risk", EVENING, permissions="rwrwrw")
    with in_use(door(tmp_path / "place", EVE)):
        page = app(PAGE, job="Rates risk")
        saved(place, "Rates risk", EVENING, permissions="rwr-r-", at=NOW)
        button(page, "Pause").click().run()
        assert "eve may not change job 'Rates risk'" in page.error[0].value.replace("\\", "")
    assert not place.job(job.uuid).paused


def test_a_broken_job_is_flagged_with_the_reason(app, place):
    place.store.mark_broken(saved(place, "Rates risk", EVENING), "there is no zone Mars")
    page = app(PAGE, job="Rates risk")
    assert list(shown(page)["state"]) == ["✕ broken: there is no zone Mars"]
    assert "Nothing starts it until it is saved again" in said(page)


def test_latest_runs_and_versions_have_tabs(app, place):
    job = saved(place, "Rates risk", at=NOW - timedelta(days=2))
    saved(place, "Rates risk", tag="prod", at=NOW - timedelta(days=1))
    run_of(place, job)
    page = app(PAGE, job="Rates risk")
    page.session_state[f"tabs {job.uuid}"] = "Latest runs"
    assert list(page.run().dataframe[1].value["status"]) == ["✓ completed"]
    page.session_state[f"tabs {job.uuid}"] = "Versions"
    assert list(page.run().dataframe[1].value["changes"]) == ["tag: dev → prod", "new"]


def test_a_hostile_name_is_shown_exactly_so(app, place):
    saved(place, NASTY, labels=(NASTY,))
    page = app(PAGE, job=NASTY)
    assert list(shown(page)["name"]) == [NASTY]
    assert "**" not in page.subheader[0].value.replace("\\*", "")
    assert ":red[" not in page.subheader[0].value
    button(page, "Pause").click().run()
    assert ":red[" not in page.success[0].value
