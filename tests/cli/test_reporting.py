"""Reports on the command line: a table, or a file of each kind; nothing in them is obeyed by anything."""

import csv
import io
import json
import subprocess
import sys

import pytest

import dtscheduler.cli.reporting  # noqa: F401 # adds the commands


@pytest.fixture
def ran(ws, save):
    """Three runs: of two jobs that complete, and of one that fails with a text that terminals would obey."""
    for name, does in (("Ok", "one"), ("=Other", "one"), ("Bad", "fail_strangely")):
        save(name, None, does, Labels=["late" if name == "Bad" else "good"])
        ws.place.submit_job(name, rundate=None)
    ws.step()
    return ws


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_runs_are_a_table_newest_first(ran, cli):
    done = cli("report", "runs")
    assert done.code == 0 and done.out.index("Bad") < done.out.index("=Other") < done.out.index("Ok")
    assert "\x1b" not in done.out and "\\x1b" in done.out


def test_runs_are_filtered_as_their_list_is(ran, cli):
    for choice in (
        ["--job", "Ok"],
        ["--status", "completed", "--owner", ran.place.user, "-n", "2"],
        ["--label", "good"],
    ):
        found = json.loads(cli("report", "runs", "--json", *choice).out)
        assert "Ok" in [row["job"] for row in found] and "Bad" not in [row["job"] for row in found]
    assert "Nothing matches" in cli("report", "runs", "--until", "2020-01-01").out


def test_json_has_every_column_with_lengths_of_time_in_seconds(ran, cli):
    [row] = json.loads(cli("report", "runs", "--job", "Ok", "--json").out)
    assert row["n_tasks"] == row["completed"] == 1 and row["rundate"] == "2026-01-29"
    assert isinstance(row["duration"], float) and row["started"].endswith("+00:00")


def test_csv_goes_to_standard_output_and_executes_nothing(ran, cli):
    found = rows(cli("report", "tasks", "--csv", "-").out)
    assert [row["job"] for row in found] == ["Bad", "'=Other", "Ok"]
    assert [row["status"] for row in found] == ["failed", "completed", "completed"]


def test_csv_goes_to_a_file_and_says_how_much_it_was(ran, cli, tmp_path):
    done = cli("report", "tasks", "--task", "task", "--run", "1", "--csv", str(tmp_path / "a.csv"))
    assert done.out == "" and done.err == f"1 row in {tmp_path / 'a.csv'}\n"
    assert [row["run"] for row in rows((tmp_path / "a.csv").read_text())] == ["1"]


def test_a_page_shows_names_and_reasons_and_runs_nothing(ran, cli, tmp_path):
    assert cli("report", "runs", "--html", str(tmp_path / "a.html")).code == 0
    page = (tmp_path / "a.html").read_text()
    assert "&lt;script&gt;" in page and "<script" not in page and "\x1b" not in page and "\u202e" not in page
    assert "http" not in page.replace("http-equiv", "") and page.count("<tr>") == 4


def test_a_parquet_file_holds_the_table(ran, cli, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    assert cli("report", "tasks", "--parquet", str(tmp_path / "a.parquet")).code == 0
    assert list(pandas.read_parquet(tmp_path / "a.parquet")["job"]) == ["Bad", "=Other", "Ok"]


@pytest.mark.parametrize("report", [("durations", "Ok"), ("sizing", "Ok"), ("slowest", "1")])
def test_reports_on_a_job_come_in_every_form(ran, cli, report, tmp_path):
    assert "task" in cli("report", *report).out
    assert json.loads(cli("report", *report, "--json").out)[-1]["task"] == "task"
    assert rows(cli("report", *report, "--csv", "-").out)[-1]["task"] == "task"
    assert cli("report", *report, "--html", str(tmp_path / "a.html")).code == 0


def test_results_are_a_table_beside_their_parameters(ran, cli):
    assert json.loads(cli("report", "results", "1", "--json").out)[0]["result"] == 1
    assert rows(cli("report", "results", "1", "--task", "task", "--csv", "-").out)[0]["status"] == "completed"
    assert "has no task 'other'" in cli("report", "results", "1", "--task", "other").err


def test_two_places_for_one_report_are_wrong_use(ran, cli):
    done = cli("report", "runs", "--csv", "-", "--json")
    assert done.code == 2 and "exclude each other" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["runs", "--status", "lost"], "not one of scheduled, ready"),
        (["tasks", "--run", "99"], "there is no run 99"),
        (["sizing", "Nothing"], "there is no job 'Nothing'"),
        (["runs", "--since", "soon"], "since is 'soon'"),
        (["runs", "--csv", "/nowhere/at/all.csv"], "cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_reported_is_said(ran, cli, arguments, said):
    done = cli("report", *arguments)
    assert done.code == 2 and said in done.err and "Traceback" not in done.err


def test_a_long_table_is_cut_on_a_terminal_only(ws, save, cli):
    save("Ok")
    for _ in range(51):
        ws.place.submit_job("Ok", rundate=None)
    assert "newest 50" in cli("report", "runs").err
    assert len(rows(cli("report", "runs", "--csv", "-").out)) == 51
    assert cli("report", "runs", "-n", "50").err == ""


def test_a_csv_file_of_task_runs_needs_no_pandas(ran, tmp_path):
    script = (
        "import sys, dtscheduler.cli.reporting; from dtscheduler.cli.exits import exit_code; "
        f"exit_code(dtscheduler.cli.reporting.commands, ['--workspace', {str(ran.place.home)!r}, 'report', 'tasks', "
        "'--csv', '-']); assert 'pandas' not in sys.modules, 'pandas'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "" and len(done.stdout.splitlines()) == 4
