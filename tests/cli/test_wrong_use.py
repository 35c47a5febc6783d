"""Commands about schedules that are used wrongly: exit code 2, one message that says what was wrong, nothing done."""

import pytest

from dtscheduler import DAG, Schedule, Task, testing
from dtscheduler.cli.complete import commands
from dtscheduler.cli.exits import exit_code

WRONG = [
    (["why", "Daily", "soon"], "instant is 'soon'; write '2026-11-20', '2026-11-20 18:00' or '7d'"),
    (["why", "Daily", "2026-02-30 18:00"], "instant is '2026-02-30 18:00'"),
    (["why", "Daily", "0001-01-01"], "outside"),
    (["why", "Daily"], "Missing argument 'INSTANT'"),
    (["why", "Nope", "2026-01-29"], "there is no job 'Nope' in this workspace"),
    (["next", "Nope"], "there is no job 'Nope' in this workspace"),
    (["next", "-n", "0"], "0 is not in the range 1<=x<=10000"),
    (["pause", "Nope"], "there is no job 'Nope' in this workspace"),
    (["unpause", "Nope"], "there is no job 'Nope' in this workspace"),
    (["delete", "Nope", "--yes"], "there is no job 'Nope' in this workspace"),
    (["backfill", "Nope", "--from", "2026-01-01", "--to", "2026-01-01"], "there is no job 'Nope' in this workspace"),
    (["backfill", "Daily"], "Missing option '--from'"),
    (["backfill", "Daily", "--from", "2026-01-01"], "Missing option '--to'"),
    (["backfill", "Daily", "--from", "soon", "--to", "2026-01-01"], "start is 'soon'; it is a date or 'YYYY-MM-DD'"),
    (["backfill", "Daily", "--from", "2026-01-01", "--to", "2026-02-30"], "end is '2026-02-30'"),
    (["backfill", "Daily", "--from", "2026-01-02", "--to", "2026-01-01"], "2026-01-01) is before start (2026-01-02)"),
    (["backfill", "Daily", "--from", "2026-01-01", "--to", "2026-01-01", "--max-active", "0"], "--max-active"),
    (["run", "Daily", "--detach", "--rundate", "soon"], "rundate is 'soon'; it is a date or 'YYYY-MM-DD'"),
    (["run", "Nope", "--detach"], "there is no job 'Nope' in this workspace"),
    (["run", "nope.py", "--detach"], "there is no job 'nope.py'"),
    (["outbox", "-n", "0"], "0 is not in the range x>=1"),
    (["serve", "--idle-exit", "soon"], "--idle-exit: 'soon' is no length of time such as '10m'"),
    (["serve", "--idle-exit", "0s"], "--idle-exit: '0s' is no length of time such as '10m'"),
    (["show", "99999999999999999999"], "there is no run 99999999999999999999"),
    (["stop", "0"], "there is no run 0"),
    (["logs", "1", "one"], "there is no run 1"),
    (["why", "not UTF-8: \udcff", "2026-01-29"], "there is no job"),
    (["runs", "--since", "0001-01-01"], "outside"),
    (["runs", "--since", "soon"], "since is 'soon'; write '2026-11-20'"),
    (["runs", "--status", "done"], "is not one of scheduled, ready, running"),
]


@pytest.fixture(scope="module")
def ws(tmp_path_factory):
    """A workspace with one job, which no test here changes."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "steps.py").write_text("from dtscheduler import batch\n@batch()\ndef one(): return 1\n")
    with testing.workspace(folder / "ws", now="2026-01-29") as place:
        daily = DAG(Name="Daily", DevRun=True, WorkDir=folder, Schedule=Schedule(at_hours=[18]))
        Task(Name="one", Entrypoint="steps.one", dag=daily)
        daily.save()
        yield place


@pytest.mark.parametrize(("arguments", "complaint"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_wrong_use_exits_2_with_what_was_wrong(ws, capfd, arguments, complaint):
    code = exit_code(commands, arguments)
    printed = capfd.readouterr()
    assert (code, printed.out) == (2, "")
    assert complaint in printed.err
    assert ws.runs() == []


@pytest.mark.parametrize("arguments", [arguments for arguments, _ in WRONG], ids=" ".join)
def test_what_is_said_is_for_the_command_line(ws, capfd, arguments):
    exit_code(commands, arguments)
    said = capfd.readouterr().err
    assert "timedelta" not in said
    assert said.count("dtscheduler: ") <= 1
    assert "dtscheduler: dtscheduler" not in said
