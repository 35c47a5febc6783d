"""``dtscheduler suite``: a suite's parameters are options, checked as everywhere."""

import sys

import pytest

from dtscheduler import use
from dtscheduler.model.run import RunQuery

DELAYS = '''
from typing import Annotated, Literal
from pydantic import Field
from dtscheduler import DAG, batch, suite

@batch()
def count(origin, worst):
    if origin == "LGA":
        raise ValueError("closed")
    return worst

@suite
def flight_delays(origins: list[Literal["EWR", "JFK", "LGA"]] = ["JFK"],
                  worst: Annotated[int, Field(ge=1, le=100, description="carriers to list")] = 10,
                  rundate: str = "any", quiet: bool = False) -> list[DAG]:
    """Count what is late.

    Args:
        origins: Airports to look at.
    """
    made = []
    for origin in origins:
        with DAG(Name=f"Delays {origin}", DevRun=True, WorkDir=".") as dag:
            count(origin, worst)
        made.append(dag)
    return made

NOT_A_SUITE = 3
'''


@pytest.fixture
def suites(workspace, work_dir, monkeypatch, cli):
    """Runs a command in a folder with the file ``delays.py``: ``suites("run", "delays:flight_delays")``."""
    folder = work_dir({"delays.py": DELAYS, "broken.py": "import nothing_like_it\n", "bad.py": "x = 1 / 0\n"})
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("delays", "broken", "bad"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield lambda *arguments: cli("suite", *arguments)
    for name in ("delays", "broken", "bad"):
        sys.modules.pop(name, None)


def test_a_suite_runs_with_the_options_of_its_parameters(suites, workspace):
    done = suites(
        "run", "delays:flight_delays", "--origins", "JFK", "--origins", "EWR", "--worst", "5", "--executor", "inline"
    )
    assert done.code == 0, done.err
    runs = workspace.runs(RunQuery())
    assert [run.job_name for run in runs] == ["Delays EWR", "Delays JFK"]
    assert workspace.task_runs(runs[0].id)[0].preview == "5"


def test_the_exit_code_is_that_of_the_worst_run(suites):
    assert (
        suites("run", "delays:flight_delays", "--origins", "LGA", "--origins", "JFK", "--executor", "inline").code == 1
    )


def test_a_suite_is_saved_and_planned(suites, workspace):
    done = suites("save", "delays:flight_delays")
    assert done.code == 0, done.err
    assert done.out.startswith("job 'Delays JFK' is saved: version 1")
    done = suites("plan", "delays:flight_delays", "--worst", "7", "--rundate", "2026-01-29")
    assert "Delays JFK for 2026-01-29: 1 to run" in done.out
    assert workspace.runs(RunQuery()) == []


def test_runs_can_be_left_to_the_service(suites, workspace):
    done = suites("run", "delays:flight_delays", "--detach", "--rundate", "2026-01-29")
    assert "run 1 of 'Delays JFK' is submitted" in done.out
    (run,) = workspace.runs(RunQuery())
    assert (run.status, str(run.rundate)) == ("ready", "2026-01-29")


def test_help_lists_the_options_with_what_they_mean(suites):
    done = suites("run", "delays:flight_delays", "--help")
    assert done.code == 0
    told = " ".join(done.out.split())
    assert "Count what is late." in told
    assert "--origins EWR|JFK|LGA Airports to look at. (may be repeated) [default: JFK]" in told
    assert "--worst INTEGER carriers to list (at least 1, at most 100) [default: 10]" in told
    assert "--quiet / --no-quiet" in told
    assert "--suite-rundate TEXT" in told  # --rundate is the run's


@pytest.mark.parametrize("command", ["run", "save", "plan"])
def test_an_option_has_the_same_name_in_every_command(suites, command):
    assert "--suite-rundate TEXT" in " ".join(suites(command, "delays:flight_delays", "--help").out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["delays:flight_delays", "--worst", "500"], "suite flight_delays: worst: 500 is too large: it is at most 100"),
        (["delays:flight_delays", "--worst", "x"], "worst: 'x' does not fit: it is a whole number"),
        (["delays:flight_delays", "--origins", "XXX"], "origins[0]: 'XXX' is not one of EWR, JFK, LGA"),
        (["delays:flight_delays", "--wurst", "1"], "No such option"),
        (["delays:flights"], "there is no suite 'flights' in delays; there is delays:flight_delays"),
        (["delays:NOT_A_SUITE"], "there is no suite 'NOT_A_SUITE' in delays"),
        (["nowhere:flights"], "there is no module 'nowhere' in this folder"),
        (
            ["broken:x"],
            "broken cannot be imported: ModuleNotFoundError: No module named 'nothing_like_it' (broken.py line 1",
        ),
        (["bad:x"], "bad cannot be imported: ZeroDivisionError: division by zero (bad.py line 1: x = 1 / 0)"),
        (["../delays:x"], "is no module; name a suite as MODULE:NAME"),
        ([":x"], "is no module; name a suite as MODULE:NAME"),
        (["delays:flight_delays", "--detach", "--executor", "inline"], "--executor is for runs here"),
    ],
)
def test_wrong_use_is_said_and_nothing_is_run(suites, workspace, arguments, said):
    done = suites("run", *arguments)
    assert done.code == 2
    assert said in " ".join(done.err.split())
    assert workspace.runs(RunQuery()) == []


def test_the_only_suite_of_a_module_needs_no_name(suites):
    assert suites("plan", "delays").code == 0


def test_suites_are_listed_without_importing_their_files(suites):
    done = suites("list")
    assert done.out == "delays:flight_delays  Count what is late.\n"
    assert "delays" not in sys.modules


def test_the_workspace_can_be_chosen_as_everywhere(suites, tmp_path, cli):
    done = cli("--workspace", str(tmp_path / "other"), "suite", "run", "delays:flight_delays", "--detach")
    assert done.code == 0, done.err
    assert len(use(tmp_path / "other").runs(RunQuery())) == 1
