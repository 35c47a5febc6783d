"""A saved job as users hold it: run, backfill, pause, delete, why, versions, and what its methods refuse."""

import sys
from datetime import UTC, date, datetime, timedelta

import pytest

import dtscheduler
from dtscheduler import DAG, Job, Run, Schedule, Task, testing
from dtscheduler.errors import InvalidJobError, NotFoundError, SchedulerError
from dtscheduler.model.saved import ImageRecord
from dtscheduler.model.status import RunStatus

EVENING = Schedule(at_hours=[18], timezone="Europe/Paris", rundate_offset=-1)


@pytest.fixture
def ws(tmp_path, work_dir):
    """A workspace with an image, on 29 January 2026, 00:00 UTC."""
    with testing.workspace(tmp_path / "ws", now="2026-01-29") as place:
        folder = str(work_dir({"steps.py": CODE}))
        place.place.put_image(
            ImageRecord(
                name="Risk", tag="dev", path=folder, python=sys.executable, added=place.clock.now(), added_by="ada"
            )
        )
        yield place


CODE = """
    from dtscheduler import batch

    @batch()
    def one():
        return 1
"""


def dag(name="Risk", schedule=EVENING, **parameters):
    written = DAG(Name=name, Image="Risk", Schedule=schedule, **parameters)
    Task(Name="one", Entrypoint="steps.one", dag=written)
    return written


@pytest.fixture
def job(ws):
    return dag().save()


# -- what it is


def test_a_saved_job_tells_its_name_version_schedule_and_id(job):
    assert (job.name, job.version, job.schedule, job.id) == ("Risk", 1, EVENING, job.record.uuid)
    assert repr(job) == "<Job 'Risk' version 1>"


def test_a_job_is_found_by_its_name_and_by_its_id(job):
    assert dtscheduler.job("Risk") == dtscheduler.job(job.id) == job
    assert dtscheduler.jobs() == [job]


def test_a_job_that_is_not_there_is_missed_by_name_and_workspace(ws):
    with pytest.raises(NotFoundError, match=r"^there is no job 'Nope' in this workspace \(.*ws.workspace\)$"):
        dtscheduler.job("Nope")


@pytest.mark.parametrize("no_name", [None, 5, "", b"Risk", ["Risk"], "\ud800", "\0", "x" * 5000])
def test_no_name_is_no_job(job, no_name):
    with pytest.raises(SchedulerError):
        dtscheduler.job(no_name)


@pytest.mark.parametrize("no_number", [None, "x", 0, -1, 10**30, 1.5])
def test_no_number_is_no_run(job, no_number):
    job.run()
    with pytest.raises(SchedulerError):
        dtscheduler.run(no_number)


def test_versions_are_listed_oldest_first_with_when_and_by_whom(ws, job):
    ws.step(hours=1)
    second = dag(Labels=["x"]).save()
    assert [(v.version, v.saved.hour, v.saved_by) for v in job.versions()] == [
        (1, 0, ws.place.user),
        (2, 1, ws.place.user),
    ]
    assert (second.version, job.version) == (2, 1)
    assert second != job
    assert len({second, job, dtscheduler.job("Risk")}) == 2


def test_saving_an_unchanged_dag_gives_the_same_job(job):
    assert dag().save() == job
    assert len(job.versions()) == 1


@pytest.mark.parametrize("change", [{"CatchUp": "all"}, {"CatchUpWindow": "2h"}, {"Overlap": "skip"}])
def test_another_policy_is_another_version(job, change):
    assert dag(**change).save().version == 2


def test_saving_a_job_of_another_without_naming_an_owner_leaves_it_theirs(ws):
    dag(Owner="olga", Group="desk", Permissions="rwrwrw").save()
    saved = dag(Permissions="rwrwrw", Labels=["changed"]).save()
    assert (saved.version, saved.record.owner, saved.record.group) == (2, "olga", "desk")


# -- run


def test_a_run_is_left_to_the_service_and_returns_at_once(ws, job):
    run = job.run()
    assert isinstance(run, Run)
    assert (run.status, run.record.job_version, run.record.submitted_by) == (RunStatus.READY, 1, ws.place.user)
    ws.step()
    assert (run.wait(), run.result("one")) == (RunStatus.COMPLETED, 1)


def test_a_run_by_hand_is_for_the_day_with_the_offset_of_the_schedule(job):
    assert job.run().rundate == date(2026, 1, 28)


def test_the_day_is_that_of_the_schedules_clock(ws):
    ws.step(hours=23, minutes=30)
    assert dag(schedule=Schedule(at_hours=[18], timezone="Asia/Tokyo")).save().run().rundate == date(2026, 1, 30)


@pytest.mark.parametrize("rundate", ["2025-12-24", date(2025, 12, 24)])
def test_a_rundate_is_taken_as_it_is_given(job, rundate):
    run = job.run(rundate=rundate)
    assert (run.rundate, run.record.custom_rundate) == (date(2025, 12, 24), True)


def test_waiting_for_a_run_that_nobody_drives_ends_when_the_time_is_up(job):
    assert job.run().wait(timeout=0) is RunStatus.READY
    assert job.run().wait(timeout=timedelta(0)) is RunStatus.READY


def test_a_run_that_has_not_begun_says_so_when_it_is_asked_for_results(job):
    run = job.run()
    for ask in (run.result, run.log, run.part):
        with pytest.raises(SchedulerError, match="has not begun"):
            ask("one")
    assert (run.results(), run.records(), len(run.task_runs())) == ({}, [], 0)


def test_a_run_that_expired_says_why_when_it_is_asked_for_results(ws, job):
    job.pause()
    [run] = ws.step(days=1)
    with pytest.raises(SchedulerError, match="the job was paused by"):
        run.result("one")


def test_a_dag_that_differs_from_the_saved_job_is_submitted_as_it_is(ws, job):
    saved = dag().run(detach=True)
    edited = dag(Labels=["edited"]).run(detach=True, rundate="2025-12-24")
    ws.step()
    assert (saved.record.job_version, edited.record.job_version) == (1, None)
    assert (edited.status, edited.rundate, edited.record.labels) == (
        RunStatus.COMPLETED,
        date(2025, 12, 24),
        ("edited",),
    )


def test_what_cannot_run_is_refused_before_it_is_submitted(ws):
    broken = dag("Broken")
    Task(Name="two", Entrypoint="steps.two", dag=broken)
    with pytest.raises(SchedulerError, match="task 'two'"):
        broken.run(detach=True)
    assert ws.runs() == []


# -- bad values


REFUSED = {
    "run, rundate": lambda job, bad: job.run(rundate=bad),
    "dag.run, rundate": lambda job, bad: dag().run(rundate=bad, detach=True),
    "backfill, start": lambda job, bad: job.backfill(bad, "2026-01-31"),
    "backfill, end": lambda job, bad: job.backfill("2026-01-01", bad),
}


NO_DATES = ["yesterday", "2026-1-1", "2026-02-30", "20260101", "", 20260101, 1.5, b"2026-01-01"]


@pytest.mark.parametrize("where", REFUSED)
def test_a_date_that_means_nothing_is_named_by_its_parameter(job, where):
    parameter = where.split(", ")[1]
    for bad in NO_DATES:
        with pytest.raises(InvalidJobError) as caught:
            REFUSED[where](job, bad)
        assert f"{parameter} is {bad!r}" in str(caught.value)


@pytest.mark.parametrize("where", REFUSED)
def test_a_time_is_not_taken_for_a_date(job, where):
    with pytest.raises(InvalidJobError, match="is a date, not a time: give '2026-01-05'"):
        REFUSED[where](job, datetime(2026, 1, 5, 18))


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"which": "some"}, "which is 'some' (str); allowed: 'missing', 'failed', 'all'"),
        ({"which": None}, "which is None; allowed: 'missing', 'failed', 'all'"),
        ({"max_active": 0}, "max_active is 0; allowed: from 1 to 1000"),
        ({"max_active": 1001}, "max_active is 1001; allowed: from 1 to 1000"),
        ({"max_active": "2"}, "max_active must be an int, not '2' (str)"),
        ({"max_active": True}, "max_active must be an int, not True (bool)"),
        ({"reverse": "no"}, "reverse must be True or False, not 'no' (str)"),
        ({"dry_run": 1}, "dry_run must be True or False, not 1 (int)"),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_name(ws, job, parameters, complaint):
    with pytest.raises(InvalidJobError) as caught:
        job.backfill("2026-01-01", "2026-01-02", **parameters)
    assert str(caught.value) == f"backfill of 'Risk': {complaint}"
    assert ws.runs() == []


@pytest.mark.parametrize(("start", "end"), [(None, "2026-01-01"), ("2026-01-01", None), (None, None)])
def test_a_backfill_needs_both_ends(job, start, end):
    with pytest.raises(InvalidJobError, match="backfill of 'Risk' needs a start and an end"):
        job.backfill(start, end)


def test_a_range_that_ends_before_it_begins_is_refused_with_both_dates(job):
    with pytest.raises(InvalidJobError, match=r"backfill of 'Risk': end \(2026-01-01\) is before start \(2026-01-02\)"):
        job.backfill("2026-01-02", "2026-01-01")


def test_a_range_that_is_too_long_says_so(job):
    with pytest.raises(InvalidJobError, match="100,000 days"):
        job.backfill("1700-01-01", "2026-01-01")


@pytest.mark.parametrize("detach", ["yes", 1, None])
def test_detach_is_true_or_false(ws, detach):
    with pytest.raises(InvalidJobError, match="DAG 'Risk': detach must be True or False"):
        dag().run(detach=detach)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"CatchUp": "some"}, "CatchUp is 'some' (str); allowed: 'latest', 'all', 'none'"),
        ({"CatchUp": None}, "CatchUp is None; allowed: 'latest', 'all', 'none'"),
        ({"CatchUp": False}, "CatchUp is False (bool); allowed: 'latest', 'all', 'none'"),
        ({"CatchUpWindow": "a day"}, "CatchUpWindow is 'a day'; it is a positive length of time: '1h 30m', '45m'"),
        ({"CatchUpWindow": "-1h"}, "CatchUpWindow is '-1h'; it is a positive length of time"),
        ({"CatchUpWindow": 0}, "CatchUpWindow is 0; it is a positive length of time"),
        ({"CatchUpWindow": None}, "CatchUpWindow is None; it is a positive length of time"),
        ({"CatchUpWindow": timedelta(0)}, "CatchUpWindow is datetime.timedelta(0); it is a positive length of time"),
        ({"Overlap": "never"}, "Overlap is 'never' (str); allowed: 'wait', 'skip', 'allow'"),
        ({"Overlap": None}, "Overlap is None; allowed: 'wait', 'skip', 'allow'"),
        ({"Overlap": True}, "Overlap is True (bool); allowed: 'wait', 'skip', 'allow'"),
        ({"Catchup": "all"}, "DAG has no parameter 'Catchup'; did you mean 'CatchUp'?"),
        ({"CatchupWindow": "1h"}, "DAG has no parameter 'CatchupWindow'; did you mean 'CatchUpWindow'?"),
        ({"OverLap": "skip"}, "DAG has no parameter 'OverLap'; did you mean 'Overlap'?"),
    ],
)
def test_a_policy_that_means_nothing_is_refused_by_name(parameters, complaint):
    with pytest.raises(InvalidJobError) as caught:
        DAG(Name="Risk", Image="Risk", **parameters)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("written", ["ALL", " all ", "All"])
def test_a_policy_is_read_in_any_case(job, written):
    assert dag(CatchUp=written).save().record.firing.catch_up.value == "all"


def test_a_window_may_be_a_timedelta_of_seconds(job):
    assert dag(CatchUpWindow=timedelta(seconds=90)).save().record.firing.catch_up_window == timedelta(seconds=90)


# -- why


def answer(job, instant):
    """The last line of the answer."""
    return str(job.why(instant)).splitlines()[-1]


def test_why_of_an_instant_to_come(ws, job):
    assert answer(job, "2026-01-29 18:00") == "It will run in 17h 00m, if a service is there."
    assert answer(job, "2026-01-29 19:00") == "There is no run: the schedule does not have this instant."


def test_why_of_an_instant_that_ran_has_the_run(ws, job):
    [run] = ws.step(days=1)
    found = job.why("2026-01-29 18:00")
    assert (found.fires, found.version, found.run, found.job) == (True, 1, run.record, "Risk")
    assert answer(job, "2026-01-29 18:00").startswith("Run 1, for 2026-01-28: completed")


def test_why_shows_the_schedule_and_each_level(ws, job):
    text = str(job.why("2026-01-29 19:00"))
    assert text.startswith(
        "'Risk', version 1, 2026-01-29 18:00 UTC\nat 18:00 Europe/Paris every day, for the day before"
    )
    assert "2026-01-29 19:00 CET: does not fire, because the hour does not match" in text
    assert repr(job.why("2026-01-29 19:00")) == text


def test_why_of_an_instant_that_was_missed_has_the_reason(ws, job):
    ws.absent(days=3)
    assert "expired (missed: no service was there to start it" in answer(job, "2026-01-29 18:00")


def test_why_of_an_instant_before_the_job_was_saved(ws, job):
    assert answer(job, "2026-01-28 18:00") == "There is no run: the job was saved later, at 2026-01-29 00:00 UTC."


def test_why_of_an_instant_that_no_service_has_looked_at(ws, job):
    ws.clock.step(timedelta(days=1))
    assert answer(job, "2026-01-29 18:00") == (
        "There is no run yet: no service has looked at the job since. Start one: dtscheduler serve"
    )


def test_why_of_an_instant_to_come_of_a_paused_job(ws, job):
    job.pause()
    assert answer(job, "2026-01-29 18:00") == (
        f"It will run in 17h 00m, if a service is there, unless the job is still paused then (by {ws.place.user})."
    )


def test_why_answers_for_the_schedule_in_force_at_the_instant(ws, job):
    ws.step(days=1)
    edited = dag(schedule=Schedule(at_hours=[7], timezone="Europe/Paris")).save()
    ws.step(days=1)
    before, after = edited.why("2026-01-29 18:00"), edited.why("2026-01-30 18:00")
    assert (before.version, before.fires, after.version, after.fires) == (1, True, 2, False)
    assert (before.run.id, after.run) == (1, None)


def test_why_of_a_job_that_runs_after_another_or_by_hand(ws):
    after = dag("After", Schedule(run_after_job_name="Risk")).save()
    by_hand = dag("By hand", None).save()
    assert answer(after, "2026-01-29 18:00") == "It runs after another job, not at instants."
    assert "after 'Risk' completes" in str(after.why("2026-01-29 18:00"))
    assert answer(by_hand, "2026-01-29 18:00") == "There is no run: the schedule does not have this instant."


@pytest.mark.parametrize(
    "instant",
    [
        "2026-01-29 18:00",
        "2026-01-29T18:00:00",
        "2026-01-29 17:00Z",
        datetime(2026, 1, 29, 18),
        datetime(2026, 1, 29, 17, tzinfo=UTC),
    ],
)
def test_an_instant_without_a_zone_is_read_on_the_schedules_clock(job, instant):
    assert job.why(instant).instant == datetime(2026, 1, 29, 17, tzinfo=UTC)
    assert job.why(instant).fires


def test_why_of_a_time_that_the_clocks_skip_speaks_of_the_instant_after_the_gap(ws):
    ws.clock.set(datetime(2026, 3, 28, 12, tzinfo=UTC))
    job = dag(schedule=Schedule(at_hours=[2], at_minutes=[30], timezone="Europe/Paris")).save()
    ws.step(days=1)
    found = job.why("2026-03-29 02:30")
    assert (found.instant, found.fires) == (datetime(2026, 3, 29, 1, tzinfo=UTC), True)
    assert "the clocks skip 02:30" in found.rule
    assert found.run.rundate == date(2026, 3, 29)


def test_why_of_a_time_that_comes_twice_speaks_of_the_first(job):
    job = dag(schedule=Schedule(at_hours=[2], at_minutes=[30], timezone="Europe/Paris")).save()
    found = job.why("2026-10-25 02:30")
    assert (found.instant, found.fires) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True)
    assert "comes twice, and this is the first time" in found.rule


@pytest.mark.parametrize("bad", ["soon", "", "2026-01-29 25:00", 20260129, 1.5])
def test_an_instant_that_means_nothing_is_refused(job, bad):
    with pytest.raises(InvalidJobError, match=f"instant is {bad!r}; write '2026-11-20'"):
        job.why(bad)


def test_why_needs_an_instant(job):
    with pytest.raises(InvalidJobError, match="why 'Risk': give an instant such as '2026-11-20 18:00'"):
        job.why(None)


@pytest.mark.parametrize("far", ["0001-01-01 00:00", "9999-12-31 23:59", datetime.min, datetime.max])
def test_an_instant_outside_the_calendar_is_refused_in_words(job, far):
    with pytest.raises(SchedulerError, match="outside"):
        job.why(far)


# -- pause, delete


def test_pausing_and_going_on_are_seen_on_the_job(job):
    job.pause()
    assert job.record.paused_by
    job.unpause()
    assert (job.record.paused, job.record.paused_by) == (None, "")


def test_pausing_through_an_old_handle_leaves_its_version_as_it_was(job):
    dag(Labels=["x"]).save()
    job.pause()
    assert (job.version, dtscheduler.job("Risk").version) == (1, 2)


def test_unpausing_a_job_that_is_not_paused_changes_nothing(job):
    before = job.record
    job.unpause()
    assert job.record == before


@pytest.mark.parametrize("method", ["run", "pause", "unpause", "delete", "versions"])
def test_a_handle_of_a_deleted_job_says_which_job_is_gone(job, method):
    job.delete()
    with pytest.raises(NotFoundError, match="'Risk'"):
        getattr(job, method)()


def test_a_job_of_the_same_name_is_another_job_for_an_old_handle(job):
    job.delete()
    dag().save()
    with pytest.raises(NotFoundError):
        job.run()


def test_a_file_that_is_imported_by_a_worker_does_nothing_with_jobs(monkeypatch):
    """While a worker imports the user's file, dag.save() gives something that answers everything with nothing."""
    import dtscheduler.api.dag as module

    monkeypatch.setattr(module, "importing", lambda: True)
    job = dag().save()
    job.pause()
    job.run().wait()
    assert not isinstance(job, Job)
