"""The commands about schedules and the service: what they print, as text and as JSON, and how they exit."""

import json
import shlex
import sqlite3
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

import dtscheduler
from dtscheduler import Schedule
from dtscheduler.cli.complete import commands
from dtscheduler.model.service import ServiceRecord
from dtscheduler.model.status import RunStatus

EVENING = Schedule(at_hours=[18], timezone="Europe/Paris", rundate_offset=-1)
DESK = {"AlertEmail": "desk@example.com"}


def beat(ws, *, ago=timedelta(0), driving=()):
    """A service says that it is alive."""
    now = ws.clock.now()
    service = ServiceRecord(
        holder="host:4711:1", user="ada", since=now, beat=now - ago, driving=driving, capacity=4, version="1"
    )
    ws.place.store.beat(service)


# -- status


def test_status_fails_without_a_service_and_says_how_to_start_one(ws, cli):
    done = cli("status")
    assert done.code == 1
    assert "No service is running. Start one with: dtscheduler serve" in done.out


def test_status_succeeds_while_a_service_is_alive(ws, cli):
    beat(ws, driving=(7, 8))
    done = cli("status")
    assert done.code == 0
    assert "host:4711" in done.out
    assert "7, 8" in done.out


def test_a_service_that_has_been_silent_for_a_minute_is_not_alive(ws, cli):
    beat(ws, ago=timedelta(minutes=1))
    assert cli("status").code == 1


def test_status_as_json_has_counts_the_next_fire_and_the_services(ws, save, cli):
    save("Daily", EVENING, "fail", **DESK).run()
    beat(ws)
    found = json.loads(cli("status", "--json").out)
    assert (found["running"], found["ready"], found["waiting_for_their_turn"]) == (0, 1, 0)
    assert found["next_fire"] == "2026-01-29T17:00:00+00:00"
    [service] = found["services"]
    assert (service["alive"], service["user"], service["at_most"]) == (True, "ada", 4)


def test_status_shows_what_could_not_be_sent_and_why(ws, save, cli):
    save("Daily", EVENING, "fail", **DESK)
    ws.step(days=1)
    cli("outbox", "--send")
    assert "1 to send, 1 tried before: DTSCHEDULER_SMTP_HOST is not set" in cli("status").out


# -- next


def test_next_lists_the_fires_of_all_jobs_in_their_order(ws, save, cli):
    save("Daily", EVENING)
    save("Night", Schedule(at_hours=[3]))
    rows = json.loads(cli("next", "-n", "3", "--json").out)
    assert [(row["job"], row["utc"], row["rundate"]) for row in rows] == [
        ("Night", "2026-01-29T03:00:00+00:00", "2026-01-29"),
        ("Daily", "2026-01-29T17:00:00+00:00", "2026-01-28"),
        ("Night", "2026-01-30T03:00:00+00:00", "2026-01-30"),
    ]
    assert rows[1]["local_time"] == "Thu 2026-01-29 18:00 Europe/Paris"


def test_next_of_one_job_lists_its_fires_only(ws, save, cli):
    save("Daily", EVENING)
    save("Night", Schedule(at_hours=[3]))
    assert {row["job"] for row in json.loads(cli("next", "Daily", "--json").out)} == {"Daily"}


def test_next_is_twenty_fires_unless_told_otherwise(ws, save, cli):
    save("Daily", EVENING)
    assert len(json.loads(cli("next", "--json").out)) == 20
    assert len(json.loads(cli("next", "--json", "-n", "1000").out)) == 1000


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_column_utc_is_utc_wherever_the_machine_is(ws, save, cli, monkeypatch, zone):
    save("Daily", EVENING)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        done = cli("next", "-n", "1")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "Thu 2026-01-29 18:00 Europe/Paris" in done.out
    assert "2026-01-29 17:00" in done.out


def test_next_marks_a_paused_job(ws, save, cli):
    save("Daily", EVENING).pause()
    assert {row["note"] for row in json.loads(cli("next", "--json").out)} == {f"paused by {ws.place.user}"}


def test_next_has_a_job_whose_fires_are_years_apart(ws, save, cli):
    save("Leap Sunday", Schedule(day_of_month=29, in_months=["Feb"]))
    fires = [row["utc"][:10] for row in json.loads(cli("next", "--json", "-n", "3").out)]
    assert fires == ["2028-02-29", "2032-02-29", "2036-02-29"]


def test_next_in_an_empty_workspace_says_what_to_do(ws, cli):
    assert cli("next").out == "No jobs are saved here. Save one from Python with dag.save().\n"
    assert cli("next", "--json").out == "[]\n"


def test_a_paused_job_that_runs_after_another_says_so(ws, save, cli):
    save("Daily", EVENING)
    save("After", Schedule(run_after_job_name="Daily")).pause()
    [line] = [line for line in cli("next").out.splitlines() if line.startswith("'After'")]
    assert f"paused by {ws.place.user}" in line


def test_next_of_a_job_that_is_broken_says_so(ws, save, cli):
    save("Daily", EVENING)
    with sqlite3.connect(ws.place.settings.store_place) as database:
        database.execute("UPDATE jobs SET schedule = replace(schedule, 'Paris', 'Atlantis')")
    ws.step(days=1)
    done = cli("next", "Daily")
    assert "broken" in done.out
    assert "Give a DAG a Schedule" not in done.out


@pytest.mark.parametrize("command", ["next", "unpause", "jobs", "status"])
def test_a_broken_job_breaks_no_command(ws, save, cli, command):
    save("Daily", EVENING)
    with sqlite3.connect(ws.place.settings.store_place) as database:
        database.execute("UPDATE jobs SET schedule = replace(schedule, 'Paris', 'Atlantis')")
    for _ in range(2):  # before the service has looked at it, and after
        assert cli(command, *(["Daily"] if command == "unpause" else [])).code in (0, 1)
        ws.step(days=1)


# -- why


def test_why_prints_the_rule_and_what_became_of_the_instant(ws, save, cli):
    save("Daily", EVENING)
    ws.step(days=1)
    done = cli("why", "Daily", "2026-01-29 18:00")
    assert done.code == 0
    assert done.out.startswith("'Daily', version 1, 2026-01-29 17:00 UTC\nat 18:00 Europe/Paris every day")
    assert done.out.splitlines()[-1].startswith("Run 1, for 2026-01-28: completed")


def test_why_of_an_instant_that_the_schedule_does_not_have_is_no_failure(ws, save, cli):
    save("Daily", EVENING)
    done = cli("why", "Daily", "2026-01-29 12:00")
    assert (done.code, done.out.splitlines()[-1]) == (
        0,
        "There is no run: the schedule does not have this instant.",
    )


# -- pause, unpause, delete


def test_pause_and_unpause_say_what_they_did(ws, save, cli):
    save("Daily", EVENING)
    assert "'Daily' is paused" in cli("pause", "Daily").out
    assert dtscheduler.job("Daily").record.paused_by == ws.place.user
    assert cli("unpause", "Daily").out == "'Daily' goes on; next: 2026-01-29 17:00 UTC\n"
    assert dtscheduler.job("Daily").record.paused is None


def test_jobs_shows_that_a_job_is_paused(ws, save, cli):
    save("Daily", EVENING)
    cli("pause", "Daily")
    assert json.loads(cli("jobs", "--json").out)[0]["state"] == f"paused by {ws.place.user}"


def test_unpausing_a_job_without_times_names_no_next_fire(ws, save, cli):
    save("By hand")
    assert cli("unpause", "By hand").out == "'By hand' goes on\n"


def test_delete_with_yes_asks_nothing(ws, save, cli):
    save("Daily", EVENING)
    assert cli("delete", "Daily", "--yes").out == "'Daily' is deleted\n"
    assert dtscheduler.jobs() == []


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
def test_delete_asks_first(ws, save, answer, left):
    save("Daily", EVENING)
    done = CliRunner().invoke(commands, ["delete", "Daily"], input=answer)
    assert "Delete job 'Daily', version 1? [y/N]" in done.output
    assert len(dtscheduler.jobs()) == left


def test_a_delete_that_is_not_confirmed_says_that_nothing_was_deleted(ws, save):
    save("Daily", EVENING)
    assert "nothing was deleted" in CliRunner().invoke(commands, ["delete", "Daily"], input="n\n").output


# -- backfill


def test_a_dry_run_of_a_backfill_prints_its_rundates(ws, save, cli):
    save("Daily", EVENING)
    done = cli("backfill", "Daily", "--from", "2026-01-01", "--to", "2026-01-03", "--dry-run")
    assert done.out == "2026-01-01\n2026-01-02\n2026-01-03\n"
    assert done.err == "3 runs would be submitted\n"
    assert ws.runs() == []


def test_a_backfill_submits_its_runs(ws, save, cli):
    save("Daily", EVENING)
    done = cli("backfill", "Daily", "--from", "2026-01-01", "--to", "2026-01-03", "--reverse", "--max-active", "2")
    assert done.out.startswith("3 runs submitted")
    assert [run.rundate.day for run in ws.runs()] == [3, 2, 1]
    assert {run.record.most_active for run in ws.runs()} == {2}


@pytest.mark.parametrize(("which", "days"), [([], [2]), (["--missing"], [2]), (["--failed"], [2]), (["--all"], [1, 2])])
def test_missing_failed_and_all_choose_the_rundates(ws, save, cli, which, days):
    save("Daily", EVENING).run(rundate="2026-01-01")
    ws.step()
    save("Daily", EVENING, "fail").run(rundate="2026-01-02")
    ws.step()
    done = cli("backfill", "Daily", "--from", "2026-01-01", "--to", "2026-01-02", "--dry-run", *which)
    assert [int(line[-2:]) for line in done.out.splitlines()] == days


def test_one_run_is_one_run(ws, save, cli):
    save("Daily", EVENING)
    done = cli("backfill", "Daily", "--from", "2026-01-01", "--to", "2026-01-01")
    assert done.out.startswith("1 run submitted")


def test_a_backfill_of_nothing_says_so(ws, save, cli):
    save("Mondays", Schedule(weekdays=["Mon"]))
    range_ = ("--from", "2026-01-01", "--to", "2026-01-02")
    assert cli("backfill", "Mondays", *range_).out == "0 runs submitted\n"
    assert cli("backfill", "Mondays", *range_, "--dry-run").out == "no rundates\n"


@pytest.mark.parametrize("name", ["Daily", "It's a job", 'Cost $HOME `x` "y"'])
@pytest.mark.parametrize("by", ["name", "id"])
def test_the_command_that_a_backfill_names_finds_its_runs(ws, save, cli, name, by):
    job = save(name, EVENING)
    done = cli("backfill", getattr(job, by), "--from", "2026-01-01", "--to", "2026-01-01")
    command = shlex.split(done.out.partition("see them with: ")[2])
    assert command[0] == "dtscheduler"
    assert len(json.loads(cli(*command[1:], "--json").out)) == 1


# -- outbox


def test_the_outbox_lists_what_people_are_told_newest_first(ws, save, cli):
    save("Daily", EVENING, **DESK)
    ws.step(days=2)
    rows = json.loads(cli("outbox", "--json").out)
    assert [(row["id"], row["what"], row["run"], row["to"], row["sent"]) for row in rows] == [
        (2, "completed", 2, "desk@example.com", None),
        (1, "completed", 1, "desk@example.com", None),
    ]
    assert len(json.loads(cli("outbox", "--json", "-n", "1").out)) == 1
    assert "desk@example.com" in cli("outbox", "--pending").out


def test_an_empty_outbox_says_so(ws, cli):
    assert cli("outbox").out == "The outbox is empty.\n"
    assert cli("outbox", "--json").out == "[]\n"


def test_an_outbox_that_could_not_be_sent_fails(ws, save, cli):
    save("Daily", EVENING, **DESK)
    ws.step(days=1)
    done = cli("outbox", "--send", "--json")
    [row] = json.loads(done.out)
    assert (row["tries"], row["sent"]) == (1, None)
    assert "DTSCHEDULER_SMTP_HOST is not set" in row["error"]
    assert done.code == 1


# -- run --detach


def test_a_detached_run_is_submitted_and_named(ws, save, cli):
    save("Daily", EVENING)
    beat(ws)
    done = cli("run", "Daily", "--detach", "--rundate", "2025-12-24")
    assert (done.code, done.out) == (0, "run 1 of 'Daily' is submitted; see it with: dtscheduler show 1\n")
    [run] = ws.runs()
    assert (run.status, run.rundate.isoformat()) == (RunStatus.READY, "2025-12-24")


def test_the_dags_of_a_file_are_submitted_without_being_run(ws, cli, work_dir):
    folder = work_dir(
        {
            "two.py": """
                from dtscheduler import DAG, batch

                @batch()
                def one(): return 1

                with DAG(Name="A", DevRun=True, WorkDir=".") as first:
                    one()
                with DAG(Name="B", DevRun=True, WorkDir=".") as second:
                    one()
            """
        }
    )
    done = cli("run", str(folder / "two.py"), "--detach")
    assert done.code == 0
    assert [(run.record.job_name, str(run.status)) for run in ws.runs()] == [("A", "ready"), ("B", "ready")]


def test_a_run_left_to_a_service_that_is_not_there_says_so(ws, save, cli):
    save("Daily", EVENING)
    done = cli("run", "Daily", "--detach")
    assert "dtscheduler serve" in done.out + done.err


def test_a_submitted_run_can_be_shown_stopped_and_resumed(ws, save, cli):
    job = save("Daily", EVENING)
    first, second = job.run(), job.run()
    assert json.loads(cli("show", str(first.id), "--json").out)["status"] == "ready"
    assert "stopped" in cli("stop", str(first.id)).out
    assert cli("resume", str(second.id)).code == 0
    assert (first.status, second.status) == (RunStatus.STOPPED, RunStatus.COMPLETED)


def test_detach_and_an_executor_contradict_each_other(ws, save, cli):
    save("Daily", EVENING)
    done = cli("run", "Daily", "--detach", "--executor", "inline")
    assert done.code == 2
    assert "--executor" in done.err


# -- how runs came by


def test_show_says_what_a_run_came_by(ws, save, cli):
    job = save("Daily", EVENING)
    save("After", Schedule(run_after_job_name="Daily"))
    ws.step(days=1)
    job.run()
    job.backfill("2026-01-01", "2026-01-01")
    came_by = [json.loads(cli("show", str(run.id), "--json").out)["came_by"] for run in ws.runs()]
    user = ws.place.user
    assert came_by == [
        "its schedule, 2026-01-29 17:00 UTC",
        "the end of run 1",
        user,
        f"{user}, backfill",
    ]


# -- help and zones


@pytest.mark.parametrize(
    "command", ["serve", "status", "next", "why", "pause", "unpause", "delete", "backfill", "outbox"]
)
def test_every_command_says_what_it_does(cli, command):
    done = cli(command, "--help")
    assert done.code == 0
    [sentence, *_] = done.out.partition("\n\n")[2].strip().split("\n\n")
    assert sentence.strip().endswith((".", ")."))


def test_the_zone_of_the_machine_does_not_matter_for_why(ws, save, cli, monkeypatch):
    save("Daily", EVENING)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        done = cli("why", "Daily", "2026-01-29 18:00")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "2026-01-29 18:00 CET: fires" in done.out
    assert ZoneInfo("Europe/Paris").key in done.out
