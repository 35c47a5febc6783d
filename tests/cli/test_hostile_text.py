"""Names and reasons that others wrote print harmlessly: control characters are shown, and HTML is only text."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

import dtscheduler
from dtscheduler import Schedule

EVENING = Schedule(at_hours=[18])
EVIL = "\x1b]0;owned\x07\x1b[2J<b>&'\"$(x)\x9b2J\u202e=cmd()"


@pytest.fixture
def evil_job(ws, save):
    """A job with a name that the API would refuse; another user wrote it to the store."""
    plain = save("Plain", EVENING, AlertEmail="desk@example.com")
    spec = replace(ws.place.spec(plain.record.spec_hash), name=EVIL, labels=(EVIL,))
    ws.place.store.save_job(
        spec, saved_by=EVIL, now=ws.clock.now(), run_as=ws.place.user, next_fire=ws.clock.now() + timedelta(hours=18)
    )
    return dtscheduler.job(EVIL)


def harmless(text):
    return all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", "--json"],
        ["next"],
        ["next", "--json"],
        ["next", EVIL],
        ["jobs"],
        ["jobs", "--json"],
        ["runs"],
        ["runs", "--json"],
        ["show", "1"],
        ["show", "1", "--json"],
        ["outbox"],
        ["outbox", "--json"],
        ["why", EVIL, "2026-01-29 18:00"],
        ["why", EVIL, "soon"],
        ["pause", EVIL],
        ["unpause", EVIL],
        ["delete", EVIL, "--yes"],
        ["backfill", EVIL, "--from", "2026-01-01", "--to", "2026-01-02"],
        ["run", EVIL, "--detach"],
        ["why", f"no {EVIL}", "2026-01-29 18:00"],
    ],
    ids=lambda command: " ".join(command).replace(EVIL, "JOB"),
)
def test_a_name_of_control_characters_is_shown_and_not_obeyed(ws, evil_job, cli, command):
    ws.step(days=1)
    done = cli(*command)
    assert harmless(done.out)
    assert harmless(done.err)
    assert done.code in (0, 1, 2)


@pytest.mark.parametrize(
    "command", [["show", "1"], ["runs"], ["runs", "--json"], ["why", "Daily", "2026-01-29 18:00"], ["run", "Daily"]]
)
def test_the_text_of_an_error_is_shown_and_not_obeyed(ws, save, cli, monkeypatch, command):
    monkeypatch.setenv("DTSCHEDULER_PROGRESS", "1")
    save("Daily", EVENING, "fail_strangely")
    ws.step(days=1)
    done = cli(*command)
    assert "owned" in done.out + done.err
    assert harmless(done.out)
    assert harmless(done.err)


def test_a_run_shows_itself_harmlessly(ws, save):
    save("Daily", EVENING, "fail_strangely")
    [run] = ws.step(days=1)
    assert "owned" in repr(run)
    assert harmless(repr(run))


def test_html_is_shown_as_it_is_and_json_keeps_it(ws, save, cli):
    name = "<img src=x onerror=alert(1)> & [bold]x[/bold]"
    save(name, EVENING)
    assert name in cli("next", "-n", "1").out.replace("\n", "")
    assert json.loads(cli("next", "-n", "1", "--json").out)[0]["job"] == name


def test_json_gives_back_exactly_what_was_written(ws, evil_job, cli):
    assert EVIL in {row["name"] for row in json.loads(cli("jobs", "--json").out)}


def test_a_line_break_forges_no_line(ws, save, cli):
    plain = save("Plain", EVENING)
    spec = replace(ws.place.spec(plain.record.spec_hash), name="x\nstatus  completed")
    ws.place.store.save_job(spec, saved_by="x", now=ws.clock.now(), run_as=ws.place.user)
    run = dtscheduler.job("x\nstatus  completed").run()
    assert [line.split() for line in cli("show", str(run.id)).out.splitlines() if line.startswith("status")] == [
        ["status", "ready"]
    ]
