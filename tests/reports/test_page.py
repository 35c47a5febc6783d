"""The report of a run: what it says, in whatever state the run is."""

from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from past_runs import NOON, part, spec

from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.cli.commands import commands
from dtscheduler.cli.exits import exit_code
from dtscheduler.errors import DamagedError, NotFoundError, SchedulerError
from dtscheduler.executors.logs import log_path
from dtscheduler.model.config import encode
from dtscheduler.model.job import PartSpec
from dtscheduler.model.run import AttemptRecord, Trigger
from dtscheduler.model.schedule import Never
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.reports.page.whole import page

CODE = """
    from dtscheduler import batch

    @batch()
    def load():
        return 7

    @batch()
    def size(load, n, db_password=""):
        print("connecting to db://ana:hunter2@here\\x1b[31m red\\x1b[0m")
        if n % 2:
            raise ValueError(f"cannot size {n}")
        return load + n
"""


class Seen(HTMLParser):
    """The texts of a page, by the headings they stand under, and how often each element occurs."""

    def __init__(self, written):
        super().__init__()
        self.elements, self.section, self.texts, self.raw = Counter(), "", {}, ""
        self.feed(written)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements[tag] += 1
        self.raw = tag if tag in ("style", "script") else ""
        if tag in ("section", "footer", "header"):
            self.section = dict(attributes).get("id", tag)

    def handle_data(self, text):
        if not self.raw:
            self.texts[self.section] = self.texts.get(self.section, "") + text
        self.raw = ""

    def handle_endtag(self, tag):
        if tag in ("td", "th", "div", "p", "small", "dd"):
            self.texts[self.section] = self.texts.get(self.section, "") + " "

    def __getitem__(self, section):
        return " ".join(self.texts.get(section, "").split())


def seen(workspace, run):
    return Seen(page(workspace, run if isinstance(run, int) else run.id))


def failed(number=0, **facts):
    reason = f"ValueError: cannot size {number} (size(), steps.py line 12)"
    return part(number, status=TaskStatus.FAILED, **({"reason": reason} | facts))


def fan_out(count):
    """A job of one task of so many parts."""
    job = spec("size")
    parts = tuple(PartSpec(f"part {number}") for number in range(count))
    return replace(job, tasks=(replace(job.tasks[0], parts=parts, parallel=True),))


@pytest.fixture
def suite(workspace, work_dir):
    """A run of a task and a fan-out of six, of which the odd ones fail."""
    dag = DAG(Name="Nightly", DevRun=True, WorkDir=work_dir({"steps.py": CODE}), Labels=["risk"])
    parts = [{"Name": f"EUR {n}", "Description": "", "n": n, "db_password": "s3cret"} for n in range(6)]
    load = Task(Name="load", Entrypoint="steps.load", dag=dag)
    load >> ParallelTask(Name="size", Entrypoint="steps.size", ConfigurationJson=parts, dag=dag)
    return dag.run(executor="inline")


# -- a run that has ended


def test_the_head_says_which_run_it_was_and_how_it_ended(workspace, suite):
    head = seen(workspace, suite)["header"]
    for said in (
        "Nightly",
        f"Run {suite.id}",
        f"rundate {suite.rundate}",
        "✕ failed",
        "3 of 7 task runs failed",
        "risk",
    ):
        assert said in head


def test_failures_are_grouped_and_shown_with_their_traceback_and_log(workspace, suite):
    failures = seen(workspace, suite)["failures"]
    assert "3 task runs failed, with 1 different error" in failures
    assert "3 of 6 parts" in failures
    assert "ValueError in size()" in failures
    assert "cannot size 5" in failures
    assert "Traceback (most recent call last)" in failures


def test_secrets_are_masked_and_colours_of_logs_taken_out(workspace, suite):
    written = page(workspace, suite.id)
    assert '"db_password": "***"' in Seen(written)["failures"]
    assert "db://ana:***@here red" in Seen(written)["failures"]
    assert "s3cret" not in written
    assert "hunter2" not in written


def test_the_tables_say_all_that_the_pictures_show(workspace, suite):
    found = seen(workspace, suite)
    assert "steps.size load ✕ failed 3 ✓ completed 3" in found["tasks"]
    for record in suite.records():
        assert record.part_name in found["task-runs"]


def test_the_pictures_name_the_tables_that_say_the_same(workspace, suite):
    found = seen(workspace, suite)
    assert "The same in words: the table of tasks" in found["graph"]
    assert "What decided the end: load, then size" in found["timeline"]
    assert "The same in words: the table of task runs" in found["timeline"]
    assert found.elements["svg"] == 3


def test_the_page_needs_no_network_and_no_other_file(workspace, suite):
    written = page(workspace, suite.id)
    found = Seen(written)
    assert found.elements.keys().isdisjoint({"link", "img", "iframe", "object", "embed", "base", "form"})
    assert written.replace("http://www.w3.org/2000/svg", "").count("://") == Seen(written)["failures"].count("://")
    assert "url(" not in written
    assert "@import" not in written
    assert " style=" not in written


def test_cpu_and_wall_time_give_the_parallelism(workspace, past):
    run = past([part(0, 60, cpu_seconds=90.0), part(1, 60, cpu_seconds=30.0)])
    figures = seen(workspace, run)["figures"]
    assert "wall time 1m 00s" in figures
    assert "2.0" in figures.partition("parallelism")[2]


def test_what_a_reused_task_run_has_cost_another_run_is_not_counted(workspace, past):
    run = past([part(0, 60, cpu_seconds=30.0), part(1, 60, cpu_seconds=500.0, status=TaskStatus.REUSED)])
    assert "0.50" in seen(workspace, run)["figures"].partition("parallelism")[2]


def test_a_task_that_used_more_than_it_asked_for_is_marked(workspace, past):
    run = past([part(0, peak_memory_mb=900.0)], spec=spec("size", memory_mb=400))
    assert "900 MB ▲ more than asked 400 MB" in seen(workspace, run)["tasks"]


def test_times_are_those_of_the_zone_of_the_schedule(workspace, past):
    run = past([part()], spec=replace(spec("size"), schedule=Never(timezone="Europe/Paris")))
    assert "2026-01-31 13:00:00 CET" in seen(workspace, run)["header"]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"trigger": Trigger.SCHEDULE, "scheduled": NOON}, "its schedule, for 2026-01-31 12:00 UTC"),
        ({"trigger": Trigger.RERUN, "rerun_of": 12, "lineage": 7, "submitted_by": "ana"}, "a rerun of run 12, by ana"),
        ({"trigger": Trigger.AFTER, "after_run": 3}, "the end of run 3"),
    ],
)
def test_the_head_says_what_made_the_run(workspace, past, facts, told):
    assert told in seen(workspace, past([part()], **facts))["header"]


def test_attempts_that_were_tried_again_are_listed(workspace, past):
    lost = AttemptRecord(task=0, part=0, attempt=1, status=TaskStatus.FAILED, reason="out of luck", started=NOON)
    table = seen(workspace, past([part(0, attempt=2)], attempts=[lost]))["attempts"]
    assert "size part 0 1 ✕ failed out of luck 2026-01-31 12:00:00 UTC" in table


# -- runs that have not ended, or never began


def test_a_run_that_goes_on_says_so(workspace, past):
    parts = [part(0), part(1, status=TaskStatus.RUNNING, ended=None, cpu_seconds=None)]
    found = seen(workspace, past(parts, status=RunStatus.RUNNING, ended=None))
    assert "The run went on when this was written" in found["header"]
    assert "so far" in found["header"]
    assert "▶ running" in found["task-runs"]


@pytest.mark.parametrize("status", [RunStatus.SCHEDULED, RunStatus.READY, RunStatus.EXPIRED])
def test_a_run_that_never_began_shows_the_tasks_of_its_job(workspace, past, status):
    found = seen(workspace, past([], spec=spec("size", "sum"), status=status, started=None, reason="missed"))
    assert "The run has no task runs: these are the tasks of its job." in found["tasks"]
    assert "sum" in found["tasks"]
    assert "missed" in found["header"]


def test_a_run_outlives_its_job(workspace, image):
    image("Risk", {"steps.py": CODE})
    dag = DAG(Name="Gone", Image="Risk")
    Task(Name="load", Entrypoint="steps.load", dag=dag)
    dag.save()
    run = dag.run(executor="inline")
    workspace.delete("Gone")
    assert "Gone" in seen(workspace, run)["header"]


def test_a_run_of_one_task_has_no_column_of_parts(workspace, past):
    table = seen(workspace, past([part(part_name="size")]))["task-runs"]
    assert "Part" not in table


# -- logs


def test_a_log_that_is_gone_is_said_to_be(workspace, past):
    assert "There is no log" in seen(workspace, past([failed()]))["failures"]


def test_of_a_long_log_only_the_end_is_shown(workspace, past):
    run = past([failed()])
    path = log_path(workspace.log_folder(workspace.run(run).uuid), 0, 0, 1)
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"line {number} of the log\n" for number in range(50_000)))
    failures = seen(workspace, run)["failures"]
    assert "line 49999 of the log" in failures
    assert "line 49930 of the log" not in failures


def test_a_secret_at_the_cut_of_a_long_log_is_not_shown(workspace, past):
    run = past([failed()])
    path = log_path(workspace.log_folder(workspace.run(run).uuid), 0, 0, 1)
    path.parent.mkdir(parents=True)
    path.write_text("password=" + "hunter2" * 100_000)
    assert "hunter2" not in page(workspace, run)


def test_a_link_in_the_place_of_a_log_is_not_followed(workspace, past, tmp_path):
    run = past([failed()])
    path = log_path(workspace.log_folder(workspace.run(run).uuid), 0, 0, 1)
    path.parent.mkdir(parents=True)
    (tmp_path / "private").write_text("not for others")
    path.symlink_to(tmp_path / "private")
    assert "not for others" not in page(workspace, run)


# -- large runs


def test_a_thousand_parts_make_a_page_of_less_than_two_megabytes(workspace, past):
    parts = [part(number, number % 50, preview="x" * 500, worker="w" * 20) for number in range(990)]
    parts += [failed(number) for number in range(990, 1000)]
    written = page(workspace, past(parts, spec=fan_out(1000), status=RunStatus.FAILED))
    assert len(written.encode()) < 2_000_000
    assert "part 555" in Seen(written)["task-runs"]


def test_of_very_many_task_runs_only_those_that_did_not_complete_are_listed(workspace, past):
    parts = [part(number) for number in range(6_000)] + [failed(6_000)]
    written = page(workspace, past(parts, spec=fan_out(6_001), status=RunStatus.FAILED))
    table = Seen(written)["task-runs"]
    assert "6,000 are not in this table" in table
    assert "report tasks --run 1 --csv" in table
    assert "part 6000" in table
    assert "part 5999" not in table
    assert "completed 6,000" in Seen(written)["tasks"]
    assert len(written.encode()) < 2_000_000


def test_twenty_failures_at_most_are_shown_in_full_and_each_error_once_before_any_twice(workspace, past):
    parts = [failed(number) for number in range(40)] + [failed(40, reason="KeyError: 'x' (load(), a.py line 3)")]
    found = seen(workspace, past(parts, spec=fan_out(41), status=RunStatus.FAILED))
    assert found["failures"].count("There is no log") == 20
    assert "KeyError: 'x'" in found["failures"]


# -- the file


def test_the_report_is_written_to_a_file(workspace, suite, tmp_path):
    written = suite.report(tmp_path / "run.html")
    assert written == tmp_path / "run.html"
    assert written.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.glob("*.html")] == ["run.html"]


def test_a_report_that_cannot_be_written_leaves_nothing_behind(workspace, suite, tmp_path):
    with pytest.raises(SchedulerError, match="cannot be written"):
        suite.report(tmp_path / "missing" / "run.html")


def test_there_is_no_report_of_a_run_that_is_not_there(workspace):
    with pytest.raises(NotFoundError):
        page(workspace, 99)


def test_configuration_is_masked_before_it_is_cut(workspace, past):
    config = {"padding": "x" * 3_960, "connection": "db://ana:hunter2@host/" + "y" * 500}
    job = spec("size")
    task = replace(job.tasks[0], parts=(PartSpec("size", "", encode(config, "config")),))
    run = past([failed(part_name="size")], spec=replace(job, tasks=(task,)), status=RunStatus.FAILED)
    assert "hunter" not in page(workspace, run)


def test_the_command_writes_the_report(workspace, suite, tmp_path, capfd):
    assert exit_code(commands, ["show", str(suite.id), "--html", str(tmp_path / "run.html")]) == 0
    assert "the report of run 1 is in" in capfd.readouterr().err
    assert "Nightly" in (tmp_path / "run.html").read_text(encoding="utf-8")


def test_the_command_writes_the_report_to_standard_output(workspace, suite, capfd):
    assert exit_code(commands, ["show", str(suite.id), "--html", "-"]) == 0
    assert capfd.readouterr().out.startswith("<!doctype html>")


def test_what_of_a_job_is_damaged_is_left_out(workspace, past, monkeypatch):
    run = past([failed()], status=RunStatus.FAILED)

    def damaged(spec_hash):
        raise DamagedError("it cannot be read")

    monkeypatch.setattr(workspace.store, "spec", damaged)
    found = seen(workspace, run)
    assert "ValueError: cannot size 0" in found["failures"]
    assert found["graph"] == ""
    assert "✕ failed" in found["task-runs"]


def test_the_results_of_another_account_are_shown_as_previews(workspace, past, monkeypatch):
    run = past([part(preview="{'price': 1.2}")])
    monkeypatch.setattr(type(workspace), "made_elsewhere", lambda *_: "eve")
    monkeypatch.setattr(type(workspace), "results", lambda *_: pytest.fail("results were opened"))
    found = seen(workspace, run)
    assert "{'price': 1.2}" in found["task-runs"]
    assert "Results were made by account eve" in found["footer"]
