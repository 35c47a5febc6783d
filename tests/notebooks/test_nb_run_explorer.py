"""The explorer of runs: which runs it lists, how its pages turn, and what it says when something is away."""

from datetime import UTC, date, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
import traitlets
from runs_given import NASTY, spec_of, written

import dtscheduler
from dtscheduler.errors import InvalidJobError, WorkspaceError
from dtscheduler.model.run import RunChange
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.notebook import RunExplorer


@pytest.fixture
def explorer(workspace):
    """Makes explorers, and closes them at the end."""
    made = []

    def make(job=None):
        made.append(RunExplorer(job))
        return made[-1]

    yield make
    for one in made:
        one.close()


def numbers(explorer):
    return [row[0] for row in explorer._table.rows]


def trouble(explorer):
    return explorer._trouble.value


def jobs(explorer):
    return [label for label, _ in explorer._jobs.options]


def many(workspace, count):
    for _ in range(count):
        written(workspace)


def test_runs_are_listed_newest_first_with_the_look_of_their_status(explorer, workspace):
    written(workspace)
    written(workspace, status=RunStatus.FAILED)
    found = explorer()
    assert numbers(found) == ["2", "1"] and found._table.looks == ["failed", "completed"]
    assert found._table.rows[0][2] == "failed" and found._table.look_column == "status"


def test_a_status_that_tasks_do_not_have_shows_its_sign(explorer, workspace):
    written(workspace, status=RunStatus.EXPIRED)
    assert explorer()._table.rows[0][2].endswith("expired")


def test_without_runs_the_next_step_is_said(explorer):
    found = explorer()
    assert "dag.run()" in found._table.empty and numbers(found) == []
    found._status.value = RunStatus.FAILED
    assert "Take a filter away" in found._table.empty


def test_reruns_stand_under_what_they_repeat(explorer, workspace):
    first = written(workspace, status=RunStatus.FAILED)
    written(workspace, spec_of(name="Country risk"))
    again = written(workspace, rerun_of=first, lineage=first)
    assert numbers(explorer()) == ["2", f"{first}", f"↳ {again}"]


def test_jobs_can_be_searched_and_chosen(explorer, workspace):
    written(workspace)
    written(workspace, spec_of(name="Country risk"))
    found = explorer()
    assert jobs(found) == ["All jobs", "Country risk", "Flight delays"]
    found._search.value = "FLIGHT"
    assert jobs(found) == ["All jobs", "Flight delays"] and numbers(found) == ["1"]
    found._search.value = ""
    found._jobs.value = "Country risk"
    assert numbers(found) == ["2"]
    found._search.value = "flight"
    assert found._jobs.value == "" and numbers(found) == ["1"], "what is searched for is not among what was chosen"


def test_it_begins_with_one_job_that_may_have_no_runs_yet(explorer, workspace):
    written(workspace)
    found = explorer("Country risk")
    assert numbers(found) == [] and found._jobs.value == "Country risk" and "All jobs" in jobs(found)
    found._jobs.value = ""
    assert numbers(found) == ["1"]


def test_a_job_is_named_by_a_str():
    with pytest.raises(InvalidJobError, match="name of a job"):
        RunExplorer(7)


def test_runs_are_those_of_a_status_and_of_days(explorer, workspace):
    old = datetime.now(UTC) - timedelta(days=30)
    written(workspace, now=old)
    written(workspace, status=RunStatus.FAILED)
    found = explorer()
    found._since.value = (datetime.now() - timedelta(days=2)).date()
    assert numbers(found) == ["2"]
    found._since.value = None
    found._until.value = (old + timedelta(days=2)).date()
    assert numbers(found) == ["1"]
    found._status.value = RunStatus.FAILED
    assert numbers(found) == []


def test_days_outside_of_the_calendar_are_said_and_do_no_harm(explorer, workspace, monkeypatch):
    monkeypatch.setattr("dtscheduler.ui.notebook.run_explorer.viewers_zone", lambda: ZoneInfo("Asia/Tokyo"))
    written(workspace)
    found = explorer()
    found._since.value = date.min
    assert "outside" in trouble(found) and numbers(found) == ["1"]
    found._since.value = None
    assert numbers(found) == ["1"] and trouble(found) == ""


def test_pages_are_turned_and_do_not_move_while_runs_are_added(explorer, workspace):
    many(workspace, 55)
    found = explorer()
    assert len(numbers(found)) == 25 and numbers(found)[0] == "55"
    assert found._newer.disabled and not found._older.disabled
    written(workspace)
    found._older.click()
    assert numbers(found)[0] == "30" and found._number.value == 2
    found._number.value = 3
    assert numbers(found) == ["5", "4", "3", "2", "1"] and found._older.disabled
    found._number.value = 1
    assert numbers(found)[0] == "56"


def test_another_filter_starts_at_the_first_page(explorer, workspace):
    many(workspace, 30)
    found = explorer()
    found._older.click()
    found._search.value = "flight"
    assert numbers(found)[0] == "30" and found._number.value == 1


def test_looking_again_shows_what_is_new_and_keeps_the_choice(explorer, workspace):
    written(workspace)
    found = explorer()
    found._table.selected = 0
    written(workspace, spec_of(name="Country risk"))
    found._again.click()
    assert numbers(found) == ["2", "1"] and "Country risk" in jobs(found)
    assert found.value.id == 1 and found._table.selected == 1


def test_the_run_that_is_chosen_is_shown_below(explorer, workspace):
    many(workspace, 2)
    found, seen = explorer(), []
    found.observe(lambda change: seen.append(change.new.id), "value")
    found._table.selected = 1
    (monitor,) = found._below.children
    assert found.value.id == monitor.run.id == 1
    found._table.selected = 0
    assert found._below.children == (monitor,) and monitor.run.id == 2 and seen == [1, 2]


def test_a_run_can_be_set_be_it_on_the_page_or_not(explorer, workspace):
    many(workspace, 30)
    found = explorer()
    found.value = dtscheduler.run(29)
    assert found._table.selected == 1 and found._below.children[0].run.id == 29
    found.value = dtscheduler.run(1)
    assert found._table.selected is None and found._below.children[0].run.id == 1
    found._older.click()
    assert found._table.selected == 4
    found.value = None
    assert found._below.children == () and found._table.selected is None


def test_only_a_run_can_be_set(explorer):
    with pytest.raises(traitlets.TraitError, match="a run or None, not int"):
        explorer().value = 3


def test_a_run_that_was_removed_is_said_and_the_explorer_goes_on(explorer, workspace):
    many(workspace, 2)
    found = explorer()
    workspace.store.remove_runs([2])
    found._table.selected = 0
    assert "there is no run 2" in trouble(found) and found.value is None
    found._again.click()
    assert numbers(found) == ["1"] and trouble(found) == ""


def test_a_store_that_is_away_is_said_and_what_was_listed_stays(explorer, workspace, monkeypatch):
    def away(*arguments):
        raise WorkspaceError("the store cannot be opened: <b>disk full</b>")

    written(workspace)
    found = explorer()
    with monkeypatch.context() as patch:
        patch.setattr(type(workspace), "newest_run", away)
        found._again.click()
        assert "&lt;b&gt;disk full" in trouble(found) and numbers(found) == ["1"]
    found._again.click()
    assert trouble(found) == ""


def test_it_can_be_made_while_the_store_is_away(explorer, workspace, monkeypatch):
    def away(*arguments):
        raise WorkspaceError("the store cannot be opened: disk full")

    with monkeypatch.context() as patch:
        for name in ("newest_run", "jobs", "runs"):
            patch.setattr(type(workspace), name, away)
        found = explorer()
    assert "disk full" in trouble(found)
    written(workspace)
    found._again.click()
    assert numbers(found) == ["1"]


def test_a_rerun_of_the_run_below_is_chosen_and_listed(explorer, workspace):
    first = written(workspace, status=RunStatus.FAILED)
    found = explorer()
    found._table.selected = 0
    again = written(workspace, rerun_of=first, lineage=first)
    found._below.children[0].show(dtscheduler.run(again))
    assert found.value.id == again and numbers(found) == [f"{first}", f"↳ {again}"] and found._table.selected == 1


def test_the_row_follows_the_status_of_the_run_below(explorer, workspace):
    free = {"lease_epoch": 0, "lease_holder": None, "lease_until": None}
    run = written(workspace, statuses=[TaskStatus.PENDING], status=RunStatus.READY, **free)
    found = explorer()
    found._table.selected = 0
    ended = RunChange(status=RunStatus.STOPPED, ended=datetime.now(UTC))
    assert workspace.store.move(run, RunStatus.READY, ended)
    found._below.children[0]._look()
    assert found._table.looks == ["stopped"] and found._table.selected == 0


def test_names_are_text_and_never_markup(explorer, workspace):
    written(workspace, spec_of(name=NASTY))
    found = explorer()
    assert found._table.rows[0][1] == NASTY and jobs(found)[1] == NASTY
    assert "<script" not in found._said.value + trouble(found)


def test_a_static_notebook_has_its_rows_as_text(explorer, workspace):
    written(workspace)
    text = explorer()._repr_mimebundle_()["text/plain"]
    assert text.splitlines()[0] == "1 run, and their reruns, page 1 of 1"
    assert "Flight delays" in text and "VBox" not in text


def test_two_threads_may_use_it_at_once(explorer, workspace):
    many(workspace, 30)
    found, wrong = explorer(), []

    def use():
        try:
            for row in range(10):
                found._table.selected = row
                found._older.click()
                found._newer.click()
        except Exception as error:
            wrong.append(error)

    threads = [Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(thread.is_alive() for thread in threads)
    assert len(found._below.children) == 1 and found._below.children[0].run.id == found.value.id


def test_what_is_closed_shows_nothing_and_looks_at_nothing(workspace):
    written(workspace, statuses=[TaskStatus.RUNNING], status=RunStatus.RUNNING)
    found = RunExplorer()
    found._table.selected = 0
    poller = found._below.children[0]._poller
    found.close()
    poller._thread.join(5)
    assert not poller.alive and found._table.comm is None
