"""``dtscheduler.testing.workspace``: a clock of its own, the real calendar, everything done at once and told to nobody."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from small_jobs import dag, utc

import dtscheduler
from dtscheduler import DAG, Schedule, Task, batch
from dtscheduler.api.place import workspace as workspace_in_use
from dtscheduler.errors import InvalidJobError, SchedulerError
from dtscheduler.model.status import RunStatus


def evening(**parameters):
    return Schedule(at_hours=[18], timezone="Europe/Paris", **parameters)


def country_risk():
    """The job of the journeys."""
    with DAG(Name="Country risk", Tag="dev", Image="Risk", Schedule=evening(rundate_offset=-1)) as written:
        Task(Name="fetch", Entrypoint="risk.batch.fetch") >> Task(Name="total", Entrypoint="risk.batch.total")
    return written


# fmt: off
def test_month_end(tmp_path, image_folder):
    dag = country_risk()
    with dtscheduler.testing.workspace(tmp_path, now="2026-01-29") as ws:
        ws.image("Risk", image_folder)
        dag.save()
        ws.step(days=5)                                  # a fake clock, the real calendar, inline executor
        assert [r.rundate.day for r in ws.runs("Country risk")] == [28, 29, 30, 31, 1]
# fmt: on


def test_the_runs_have_results_and_logs_like_any_other(ws):
    country_risk().save()
    [run] = ws.step(days=1)
    assert (run.status, run.result("total")) == (RunStatus.COMPLETED, date(2026, 1, 28))
    assert list(run.task_runs()["task"]) == ["fetch", "total"]


def test_a_month_of_a_daily_job_is_a_run_a_day(ws):
    country_risk().save()
    runs = ws.step(days=31)
    assert [run.rundate for run in runs] == [date(2026, 1, 28) + timedelta(days=n) for n in range(31)]
    assert {run.status for run in runs} == {RunStatus.COMPLETED}


def test_every_run_is_submitted_started_and_ended_at_its_instant(ws):
    dag("Daily", evening()).save()
    for run in ws.step(days=3):
        record = run.record
        assert record.scheduled == record.submitted == record.started == record.ended
        assert record.scheduled.hour == 17


def test_tasks_live_in_the_time_of_the_test(work_dir, open_workspace):
    seen = DAG(Name="When", DevRun=True, WorkDir=work_dir({"when.py": WHEN}), Schedule=Schedule(at_hours=[18]))
    Task(Name="when", Entrypoint="when.when", dag=seen)
    with open_workspace() as ws:
        seen.save()
        [run] = ws.step(days=1)
        assert run.result("when") == (utc("2026-01-29 18:00"), utc("2026-01-29 18:00"))
        [record] = run.records()
        assert record.submitted == record.started == record.ended == utc("2026-01-29 18:00")


WHEN = """
    from dtscheduler import batch

    @batch()
    def when(scheduled_time, runtime):
        return scheduled_time, runtime
"""


# -- the clock


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-01-29", "2026-01-29 00:00"),
        ("2026-01-29 08:30", "2026-01-29 08:30"),
        ("2026-01-29T08:30+02:00", "2026-01-29 06:30"),
        (date(2026, 1, 29), "2026-01-29 00:00"),
        (datetime(2026, 1, 29, 8, 30), "2026-01-29 08:30"),
        (datetime(2026, 1, 29, 8, 30, tzinfo=UTC), "2026-01-29 08:30"),
    ],
)
def test_the_time_begins_where_it_is_told_to(open_workspace, now, begins):
    with open_workspace(now) as ws:
        assert ws.clock.now() == utc(begins)


def test_the_time_begins_now_when_it_is_not_told(open_workspace):
    before = datetime.now(UTC)
    with open_workspace(None) as ws:
        assert before <= ws.clock.now() <= datetime.now(UTC)


@pytest.mark.parametrize("now", ["tomorrow", "", 42])
def test_a_time_that_means_nothing_is_refused(open_workspace, now):
    with pytest.raises(InvalidJobError, match="^now is "), open_workspace(now):
        pass


def test_a_step_goes_exactly_as_far_as_it_says(ws):
    ws.step(weeks=1, days=1, hours=1, minutes=1, seconds=1)
    assert ws.clock.now() == utc("2026-02-06 01:01:01")


def test_a_step_of_no_time_does_what_is_due_now(ws):
    job = dag("By hand").save()
    job.run()
    assert ws.step() == []
    assert [run.status for run in ws.runs("By hand")] == [RunStatus.COMPLETED]


@pytest.mark.parametrize("way", ["step", "absent"])
def test_time_does_not_step_back(ws, way):
    with pytest.raises(InvalidJobError, match=f"{way}: time goes forward"):
        getattr(ws, way)(hours=-1)


def test_a_step_returns_what_was_submitted_in_it(ws):
    dag("Daily", evening()).save()
    first, second = ws.step(days=2), ws.step(days=1)
    assert ([run.id for run in first], [run.id for run in second]) == ([1, 2], [3])
    assert [run.id for run in ws.runs()] == [1, 2, 3]


def test_the_runs_of_a_job_are_found_by_its_name(ws):
    dag("One", evening()).save()
    dag("Two", evening()).save()
    ws.step(days=2)
    assert [run.record.job_name for run in ws.runs("Two")] == ["Two", "Two"]
    assert ws.runs("Three") == []


def test_instants_of_several_jobs_come_in_their_order(ws):
    dag("Late", Schedule(at_hours=[19])).save()
    dag("Early", Schedule(at_hours=[17])).save()
    assert [run.record.job_name for run in ws.step(days=2)] == ["Early", "Late"] * 2


def test_jobs_due_at_once_start_by_priority(ws):
    for level in ("LOW", "NORMAL", "HIGH"):
        dag(level, Schedule(at_hours=[18]), Priority=level).save()
    assert [run.record.job_name for run in ws.step(days=1)] == ["HIGH", "NORMAL", "LOW"]


# -- clock changes


@pytest.mark.parametrize(
    ("now", "fires"),
    [
        ("2026-03-28", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),  # 02:30 is skipped on the 29th
        ("2026-10-24", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),  # 02:30 comes twice on the 25th
    ],
)
def test_half_past_two_in_paris_runs_once_a_night_when_clocks_change(open_workspace, image_folder, now, fires):
    with open_workspace(now) as ws:
        ws.image("Risk", image_folder)
        dag("Nightly", Schedule(at_hours=[2], at_minutes=[30], timezone="Europe/Paris")).save()
        runs = ws.step(days=3)
        assert [f"{run.record.scheduled:%m-%d %H:%M}" for run in runs] == fires
        assert [run.rundate.day for run in runs] == [int(fire[3:5]) for fire in fires]


@pytest.mark.parametrize(("now", "hours"), [("2026-03-28 23:00", 23), ("2026-10-24 22:00", 25)])
def test_an_hourly_job_stays_hourly_when_clocks_change(open_workspace, image_folder, now, hours):
    with open_workspace(now) as ws:
        ws.image("Risk", image_folder)
        dag("Hourly", Schedule(every_hour=1, timezone="Europe/Paris")).save()
        assert len(ws.step(hours=hours)) == hours
        local = datetime.fromisoformat(now[:10]).date() + timedelta(days=2)
        assert ws.runs()[-1].rundate == local


# -- what is in use


def test_two_workspaces_one_after_the_other_do_not_see_each_other(open_workspace, image_folder):
    with open_workspace(folder="first") as first:
        first.image("Risk", image_folder)
        dag("Daily", evening()).save()
        first.step(days=1)
    with open_workspace(folder="second") as second:
        assert dtscheduler.jobs() == dtscheduler.runs() == second.runs() == []
        second.step(days=5)
        assert second.runs() == []


def test_the_workspace_used_before_is_in_use_again_afterwards(workspace, open_workspace):
    with open_workspace() as ws:
        assert workspace_in_use() is ws.place
        with open_workspace(folder="two") as inner:
            assert workspace_in_use() is inner.place
        assert workspace_in_use() is ws.place
    assert workspace_in_use() is workspace


def test_the_workspace_used_before_is_in_use_again_after_a_test_that_failed(workspace, open_workspace):
    with pytest.raises(ZeroDivisionError), open_workspace():
        _ = 1 / 0
    assert workspace_in_use() is workspace


def test_the_environment_does_not_lead_a_test_to_another_database(monkeypatch, tmp_path, open_workspace):
    monkeypatch.setenv("DTSCHEDULER_DATABASE", f"sqlite:///{tmp_path}/other.db")
    monkeypatch.setenv("DTSCHEDULER_SMTP_HOST", "mail.example.com")
    with open_workspace() as ws:
        assert ws.place.settings.database == ws.place.settings.smtp_host == ""
        assert dtscheduler.jobs() == []
    assert not (tmp_path / "other.db").exists()


def test_everything_executes_in_the_process_of_the_test(open_workspace, tmp_path):
    @batch()
    def process(rundate):
        return rundate, os.getpid()

    with open_workspace():
        with DAG(Name="Here", DevRun=True, WorkDir=tmp_path) as written:
            process()
        assert written.last_run.result("process") == (date(2026, 1, 29), os.getpid())


def rate_of_the_day():
    raise ConnectionError("no test asks the market")


@batch()
def price():
    return 100 * rate_of_the_day()


def test_tasks_see_what_the_test_has_patched(ws, monkeypatch):
    monkeypatch.setattr(f"{__name__}.rate_of_the_day", lambda: 1.25)
    written = DAG(Name="Prices", DevRun=True, WorkDir=Path(__file__).parent, Schedule=evening())
    with written:
        price()
    assert written.last_run.result("price") == 125
    written.save()
    [run] = ws.step(days=1)
    assert run.result("price") == 125


def test_a_run_that_is_left_to_the_service_happens_with_the_next_step(ws):
    run = dag("By hand").run(detach=True)
    assert run.status is RunStatus.READY
    ws.step()
    assert (run.status, run.rundate) == (RunStatus.COMPLETED, date(2026, 1, 29))


def test_an_image_that_is_not_there_is_missed_like_anywhere_else(open_workspace):
    with open_workspace(), pytest.raises(SchedulerError, match="image 'Risk' is not registered"):
        dag("Daily", evening()).save()


def test_code_that_is_gone_fails_the_run_with_the_reason(ws, image_folder):
    dag("Daily", evening()).save()
    (image_folder / "risk" / "batch.py").unlink()
    [run] = ws.step(days=1)
    assert run.status is RunStatus.FAILED
    assert "it could not begin" in run.reason
    assert "risk.batch" in run.reason
