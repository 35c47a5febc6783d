"""Reports hold what their reader may read, and nothing of the rest."""

from dataclasses import replace

import pytest
from past_runs import part

from dtscheduler.api.people import identity_of
from dtscheduler.api.place import in_use
from dtscheduler.api.reporting import durations, runs_report, sizing, slowest, tasks_report
from dtscheduler.connect import connect
from dtscheduler.errors import NotFoundError
from dtscheduler.model.access import Identity
from dtscheduler.reports.results import results_frame


@pytest.fixture
def as_eve(workspace):
    """The same workspace, through the door of somebody else."""
    settings = replace(workspace.settings, admins=())
    place = connect(settings, identity=Identity(user="eve"), identity_of=lambda account: identity_of(account, ()))
    with in_use(place):
        yield place


def test_a_run_that_may_not_be_read_is_in_no_report(past, as_eve):
    run = past([part(0)], permissions="rw----", owner="ada")
    assert runs_report().empty and tasks_report().empty and tasks_report(attempts=True).empty
    assert durations("risk", since=None).empty
    for report in (tasks_report, slowest, lambda number: results_frame(as_eve, number)):
        with pytest.raises(NotFoundError, match=f"there is no run {run}"):
            report(run)
    with pytest.raises(NotFoundError, match="no job 'risk'"):
        sizing("risk")


def test_a_run_that_may_be_read_is_in_all_of_them(past, as_eve):
    run = past([part(0)], permissions="rw--r-", owner="ada")
    assert len(runs_report()) == len(tasks_report(run)) == len(slowest(run)) == len(sizing("risk")) == 1
    assert len(durations("risk", since=None)) == 2
