"""What is damaged in the store is told of and left aside; everything else goes on."""

from datetime import timedelta

import pytest
from given import HOURLY, NOON

from dtscheduler import Schedule, job
from dtscheduler.model.run import JobQuery, RunQuery

HOUR = timedelta(hours=1)
COLUMNS = {
    "schedule": ["garbage", "{}", "null", '{"at":{"every_minute":"x"}}', '{"at":{"timezone":"Mars/Phobos"}}'],
    "firing": ["garbage", '{"catch_up":"sometimes"}'],
    "labels": ["garbage", '{"a":1}', "null"],
    "priority": ["garbage", ""],
    "settled": [-(10**18), 2**62],
    "permissions": [""],
}


@pytest.mark.parametrize(("column", "value"), [(name, value) for name, values in COLUMNS.items() for value in values])
def test_a_damaged_job_keeps_no_other_from_running(save, ws, once, rows, runs, column, value):
    save("damaged", Schedule=HOURLY, AlertEmail="ada@bank.example")
    save("sound", Schedule=HOURLY)
    rows(f"update jobs set {column} = ? where name = 'damaged'", value)
    for hours in (1, 2):
        ws.clock.set(NOON + hours * HOUR)
        once(ws.place)
    assert runs("scheduled", status="completed", job_name="sound") == [NOON + HOUR, NOON + 2 * HOUR]
    assert len(ws.place.store.jobs(JobQuery())) == 2


@pytest.mark.parametrize("column", ["schedule", "firing", "labels", "priority"])
def test_a_damaged_job_is_broken_says_so_once_and_is_mended_by_saving_it_again(save, ws, once, rows, runs, column):
    save("damaged", Schedule=HOURLY, AlertEmail="ada@bank.example")
    rows(f"update jobs set {column} = 'garbage' where name = 'damaged'")
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    once(ws.place)
    (found,) = ws.place.jobs(JobQuery())
    assert found.broken
    assert [(alert.kind, alert.recipient, alert.job_name) for alert in ws.alerts()] == [
        ("broken", "ada@bank.example", "damaged")
    ]
    save("damaged", Schedule=HOURLY, AlertEmail="ada@bank.example")
    ws.clock.set(NOON + 2 * HOUR)
    once(ws.place)
    assert runs("scheduled", status="completed") == [NOON + 2 * HOUR]


def test_a_broken_job_still_runs_by_hand(save, ws, once, rows):
    save("damaged", Schedule=HOURLY)
    rows("update jobs set schedule = 'garbage'")
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    run = job("damaged").run()
    once(ws.place)
    assert run.status == "completed"


@pytest.mark.parametrize("damage", ["update specs set body = 'garbage'", "update specs set body = '{}'"])
def test_a_run_whose_spec_is_damaged_fails_and_says_so(save, ws, once, rows, runs, damage):
    save("damaged").run()
    rows(damage)
    save("sound", Schedule=HOURLY)
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    assert runs("status", job_name="sound") == ["completed"]
    assert runs("status", job_name="damaged") == ["failed"]
    assert "read" in runs("reason", job_name="damaged")[0]


def test_what_runs_after_a_job_whose_spec_is_damaged_keeps_no_other_from_running(save, ws, once, rows, runs):
    damaged = save("damaged")
    save("after", Schedule=Schedule(run_after_job_name="damaged", run_after_job_condition="always"))
    run = damaged.run()
    run.stop()
    rows("update specs set body = 'garbage' where hash = (select spec_hash from jobs where name = 'damaged')")
    save("sound", Schedule=HOURLY)
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    assert runs("status", job_name="sound") == ["completed"]
    assert ws.place.store.unfollowed(10) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("rundate", "garbage"),
        ("labels", "garbage"),
        ("priority", "garbage"),
        ("trigger", "garbage"),
        ("scheduled", -(10**18)),
        ("run_as", "nobody there"),
        ("backfill", "x"),
    ],
)
@pytest.mark.parametrize("status", ["ready", "scheduled"])
def test_a_damaged_run_keeps_no_other_from_running(save, ws, once, rows, runs, column, value, status):
    damaged = save("damaged").run()
    rows(f"update runs set {column} = ?, status = ? where id = ?", value, status, damaged.id)
    save("sound", Schedule=HOURLY)
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    assert rows("select status from runs where job_name = 'sound'") == [("completed",)]


def test_a_schedule_whose_spec_is_gone_keeps_no_other_from_running(save, ws, once, rows, runs):
    save("damaged", Schedule=HOURLY)
    rows("delete from specs")  # by a tool that knows nothing of foreign keys
    save("sound", Schedule=HOURLY)
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    assert runs("status", job_name="sound") == ["completed"]


def test_runs_of_a_job_that_cannot_be_imported_fail_with_the_reason(save, ws, once, work_dir, runs):
    save("gone", Schedule=HOURLY)
    work_dir({"steps.py": "import nothing_of_that_name\n"})
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    (run,) = ws.place.store.runs(RunQuery())
    assert run.status == "failed"
    assert "it could not begin" in run.reason
    assert "nothing_of_that_name" in run.reason
