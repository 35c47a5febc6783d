"""What the pages of runs give as files: exactly what was asked for, and no secrets."""

import csv
import io
from dataclasses import replace

import pytest
from runs_given import spec_of, written

from dtscheduler import tasks_report, to_csv
from dtscheduler.model.run import RunQuery, TaskRunPage
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.reports.columns import RUN_COLUMNS, TASK_RUN_COLUMNS
from dtscheduler.ui.streamlit.downloads import runs_csv, task_runs_csv
from dtscheduler.ui.views.logs import log_tail, whole_log


def read(content):
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture
def logged(workspace):
    """A task run that failed at its second attempt, with the logs of both; ``logged("...")`` writes the second."""

    def write(text, status=TaskStatus.FAILED, **changes):
        run = workspace.run(written(workspace, spec_of(parts=1), statuses=[status]))
        folder = workspace.log_folder(run.uuid)
        folder.mkdir(parents=True)
        (folder / "0.0.1.log").write_bytes(text if isinstance(text, bytes) else text.encode())
        return run, workspace.task_run_record(run.id, 0, 0)

    return write


def test_the_csv_of_runs_has_all_pages_of_what_was_asked_for(workspace):
    for status in [RunStatus.COMPLETED] * 30 + [RunStatus.FAILED] * 3:
        written(workspace, status=status)
    found = read(runs_csv(workspace, RunQuery(statuses=[RunStatus.COMPLETED], limit=25, offset=25))())
    assert len(found) == 30 and {row["status"] for row in found} == {"completed"}
    assert list(found[0]) == list(RUN_COLUMNS)


def test_a_job_that_is_named_like_a_formula_is_text_in_csv(workspace):
    written(workspace, spec_of(name="=cmd()"))
    assert read(runs_csv(workspace, RunQuery())())[0]["job"] == "'=cmd()"


def test_the_csv_of_task_runs_has_those_of_one_run_that_are_asked_for(workspace):
    run = written(
        workspace, spec_of(parts=12), statuses=[TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.COMPLETED]
    )
    written(workspace)
    page = TaskRunPage(text="jfk-1", statuses=[TaskStatus.COMPLETED], limit=2, offset=1)
    found = read(task_runs_csv(workspace, run, page)())
    assert [row["part_name"] for row in found] == ["JFK-1", "JFK-10", "JFK-11"]
    assert {row["run"] for row in found} == {str(run)} and list(found[0]) == list(TASK_RUN_COLUMNS)


def test_the_csv_of_task_runs_is_what_the_report_writes(workspace):
    run, report = written(workspace, statuses=[TaskStatus.COMPLETED, TaskStatus.FAILED]), io.StringIO()
    to_csv(tasks_report(run=run), report)
    assert task_runs_csv(workspace, run, TaskRunPage())().decode() == report.getvalue()


def test_the_log_that_is_shown_and_downloaded_hides_secrets_and_acts_on_nothing(workspace, logged):
    run, record = logged("a\x1b[31mred\x1b[0m\npassword=hush\n\x07bell \u202e\n")
    for text in (log_tail(workspace, run, record).text, whole_log(workspace, run, record)):
        assert "hush" not in text and "\x1b" not in text and "\x07" not in text and "\u202e" not in text
        assert "ared" in text


def test_of_a_long_log_the_end_is_shown_and_all_is_downloaded(workspace, logged):
    run, record = logged("".join(f"line {n}\n" for n in range(50_000)))
    tail = log_tail(workspace, run, record)
    assert not tail.whole and tail.text.endswith("line 49999") and tail.text.count("\n") < 1_000
    assert whole_log(workspace, run, record).startswith("line 0\n")


def test_a_cut_line_at_the_start_of_the_end_is_left_out(workspace, logged):
    run, record = logged("token=" + "s" * 200_000 + "\nlast\n")
    assert log_tail(workspace, run, record).text == "last"


def test_bytes_that_are_no_text_are_shown_as_escapes(workspace, logged):
    run, record = logged(b"\xff\xfe ok\n")
    assert log_tail(workspace, run, record).text == "\\xff\\xfe ok"


def test_a_task_run_that_printed_nothing_says_so(workspace, logged):
    run, record = logged("")
    assert log_tail(workspace, run, record).said == "It printed nothing."


def test_no_link_is_followed_to_a_log(workspace, logged, tmp_path):
    run, record = logged("mine\n")
    (tmp_path / "secret").write_text("of somebody else")
    log = workspace.log_folder(run.uuid) / "0.0.1.log"
    log.unlink()
    log.symlink_to(tmp_path / "secret")
    tail = log_tail(workspace, run, record)
    assert tail.text == "" and "cannot be read" in tail.said


def test_the_log_of_a_reused_result_is_that_of_the_run_that_computed_it(workspace, logged):
    first, record = logged("computed here\n", status=TaskStatus.COMPLETED)
    again = workspace.run(written(workspace, spec_of(parts=1), statuses=[TaskStatus.REUSED]))
    reused = workspace.task_run_record(again.id, 0, 0)
    tail = log_tail(workspace, again, replace(reused, from_run=first.id))
    assert tail.text == "computed here" and f"run {first.id}" in tail.said
    gone = log_tail(workspace, again, replace(reused, from_run=999))
    assert "not there any more" in gone.said
