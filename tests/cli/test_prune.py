"""``dtscheduler prune``: it says what would go, asks, and removes it."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

import dtscheduler.cli.pruning
from dtscheduler import Schedule
from dtscheduler.cli.pruning import commands, show_bytes

DAILY = Schedule(at_hours=[6])


@pytest.fixture
def ten_days(ws, save):
    save("Daily", DAILY)
    ws.step(days=10)
    return ws


@pytest.fixture
def at_a_terminal(monkeypatch):
    """Answers a question as somebody at a terminal would."""

    def answer(text, *arguments):
        monkeypatch.setattr(dtscheduler.cli.pruning, "_at_a_terminal", lambda: True)
        return CliRunner().invoke(commands, list(arguments), input=text, standalone_mode=False)

    return answer


def left(ws):
    return [run.id for run in ws.runs()]


def test_without_a_terminal_it_only_shows_and_says_what_to_add(ten_days, cli):
    done = cli("prune", "--keep-days", "7")
    assert done.code == 2
    assert "add --yes" in done.err
    assert "Daily" in done.out
    assert left(ten_days) == list(range(1, 11))


def test_with_yes_it_removes_and_says_what_it_has_removed(ten_days, cli):
    done = cli("prune", "--keep-days", "7", "--yes")
    assert done.code == 0
    assert left(ten_days) == list(range(4, 11))
    lines = [line.split(maxsplit=2) for line in done.out.splitlines()]
    assert ["runs", "3"] in lines
    assert ["task", "runs", "3"] in lines
    assert "freed" in done.out


def test_a_dry_run_shows_and_changes_nothing_even_with_yes(ten_days, cli):
    done = cli("prune", "--keep-days", "7", "--dry-run", "--yes")
    assert done.code == 0
    assert "would go" in done.out
    assert "2026-01-29" in done.out
    assert left(ten_days) == list(range(1, 11))


def test_at_a_terminal_it_asks(ten_days, at_a_terminal):
    refused = at_a_terminal("n\n", "prune", "--keep-days", "7")
    assert "Remove this? [y/N]" in refused.output
    assert "nothing was removed" in refused.output
    assert left(ten_days) == list(range(1, 11))
    at_a_terminal("y\n", "prune", "--keep-days", "7")
    assert left(ten_days) == list(range(4, 11))


def test_keep_last_and_job_are_heeded(ten_days, save, cli):
    save("Night", Schedule(at_hours=[3]))
    ten_days.step(days=2)
    ten_days.clock.step(timedelta(days=100))
    cli("prune", "--keep-days", "7", "--keep-last", "1", "--yes")
    assert [run.record.job_name for run in ten_days.runs()] == ["Night", "Daily"]
    cli("prune", "--keep-days", "7", "--job", "Night", "--yes")
    assert [run.record.job_name for run in ten_days.runs()] == ["Daily"]


def test_nothing_to_remove_is_said(ten_days, cli):
    done = cli("prune", "--keep-days", "30")
    assert (done.code, done.out.strip()) == (0, "There is nothing to remove.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--keep-days", "-1"), "keep_days is -1.0; it is a number of days, 0 or more"),
        (("--keep-days", "nan"), "keep_days is nan"),
        (("--keep-days", "1e12"), "before the year 1"),
        (("--keep-days", "inf"), "before the year 1"),
        (("--keep-days", "many"), "'many' is not a valid float"),
        (("--keep-days", "1", "--keep-last", "-1"), "keep_last is -1; it is a number of runs, 0 or more"),
        (("--keep-days", "1", "--job", "Nightly"), "there is no job 'Nightly'"),
        ((), "--keep-days"),
    ],
)
def test_wrong_use_is_told_and_removes_nothing(ten_days, cli, arguments, message):
    done = cli("prune", *arguments, "--yes")
    assert done.code == 2
    assert message in done.err
    assert left(ten_days) == list(range(1, 11))


def test_runs_of_a_job_that_was_never_saved_or_is_deleted_can_be_named(ten_days, cli):
    ten_days.place.delete("Daily")
    cli("prune", "--keep-days", "0", "--job", "Daily", "--yes")
    assert len(left(ten_days)) == 0


def test_a_part_that_fails_is_told_and_the_command_fails(ten_days, cli):
    shard = next((ten_days.place.home / "results").glob("*/cache.db"))
    ten_days.place.cache.close()
    shard.write_bytes(b"no database" * 1000)
    done = cli("prune", "--keep-days", "7", "--yes")
    assert done.code == 1
    assert "file is not a database" in done.err
    assert left(ten_days) == list(range(4, 11))


def test_names_of_jobs_are_shown_as_they_are(ws, save, cli):
    save("[red]evil[/red]", DAILY)
    ws.step(days=10)
    assert "[red]evil[/red]" in cli("prune", "--keep-days", "7", "--dry-run").out


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_234_567, "1.23 MB"), (5 * 10**15, "5,000 TB")]
)
def test_sizes_are_shown_as_people_read_them(size, shown):
    assert show_bytes(size) == shown
