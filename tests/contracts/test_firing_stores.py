"""What every store does for the service: instants, runs that wait, leases, the outbox, who may read what."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from threading import Barrier
from uuid import uuid4

import pytest

from dtscheduler.errors import LeaseLostError, NotFoundError, WorkspaceError
from dtscheduler.model.access import Identity, Right, may
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.firing import FireStep, Skipped
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.priority import Priority
from dtscheduler.model.run import JobQuery, RunChange, RunQuery, RunRecord, TaskRunRecord, Trigger
from dtscheduler.model.schedule import AfterSchedule, CatchUp, FiringPolicy, TimeSchedule
from dtscheduler.model.service import ServiceRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.timing.due import due

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ONE = datetime(2026, 1, 31, 13, tzinfo=UTC)
HOURLY = TimeSchedule(at_minutes=(0,))
SPEC = JobSpec(
    name="flights",
    tasks=(TaskSpec(name="load", entrypoint="delays.load", parts=(PartSpec("load"),)),),
    upstream=((),),
    access=AccessSpec(owner="ada", group="quants"),
    schedule=HOURLY,
)
READY, SCHEDULED, EXPIRED = RunStatus.READY, RunStatus.SCHEDULED, RunStatus.EXPIRED
COMPLETED = RunChange(status=RunStatus.COMPLETED, reason="done", ended=ONE)


def save(store, name="flights", *, now=NOON, next_fire=ONE, **facts):
    return store.save_job(replace(SPEC, name=name, **facts), saved_by="ada", now=now, run_as="ada", next_fire=next_fire)


def a_run(store, job=None, **facts):
    usual = {"id": 0, "uuid": uuid4().hex, "job_name": "flights", "spec_hash": store.keep_spec(SPEC), "status": READY,
             "rundate": date(2026, 1, 31), "submitted": NOON, "owner": "ada", "run_as": "ada"}  # fmt: skip
    if job is not None:
        usual |= {"job_id": job.id, "job_version": job.version, "job_name": job.name, "spec_hash": job.spec_hash}
    return RunRecord(**(usual | facts))


def submit(store, job=None, **facts):
    (run,) = store.submit([a_run(store, job, **facts)])
    return run


def found(store, run):
    (record,) = store.runs(RunQuery(id=run.id))
    return record


def end(store, run, change=COMPLETED):
    epoch = store.take_lease(run.id, holder="here:1", until=ONE, from_epoch=run.lease_epoch)
    store.record(run.id, epoch, lease_until=None, change=change)


def names(jobs):
    return [job.name for job in jobs]


def instants(store, job):
    return Counter(run.scheduled for run in store.runs(RunQuery(job_id=job.id)))


def at_once(number, work):
    """Do the same in so many threads, as much at the same moment as can be."""
    barrier = Barrier(number)

    def begin(n):
        barrier.wait()
        return work(n)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(begin, range(number)))


# Jobs that are due


def test_a_job_is_due_from_its_next_fire_on(store):
    job = save(store)
    assert store.due_jobs(ONE - timedelta(microseconds=1), 10) == []
    assert store.due_jobs(ONE, 10) == [job]
    assert store.next_due() == ONE


def test_a_job_that_never_fires_is_never_due(store):
    save(store, next_fire=None)
    assert (store.due_jobs(NOON + 1000 * HOUR, 10), store.next_due()) == ([], None)


def test_the_most_urgent_jobs_are_due_first_and_of_these_the_latest(store):
    save(store, "later", next_fire=ONE + HOUR)
    save(store, "low", priority=Priority.LOW, next_fire=ONE - HOUR)
    save(store, "first")
    save(store, "second")
    save(store, "high", priority=Priority.HIGH, next_fire=ONE + HOUR)
    order = ["high", "first", "second", "later", "low"]
    assert names(store.due_jobs(ONE + HOUR, 10)) == order
    assert names(store.due_jobs(ONE + HOUR, 2)) == order[:2]


def test_the_next_that_is_due_is_the_earliest(store):
    save(store, "late", next_fire=ONE + HOUR)
    save(store, "early", next_fire=ONE)
    save(store, "never", next_fire=None)
    assert store.next_due() == ONE


# Steps


def test_a_step_writes_its_runs_and_what_was_skipped_and_moves_the_job_on(store):
    job = save(store)
    step = due(job, ONE + 2 * HOUR, busy=False)
    assert store.advance([step]) == [job.id]
    runs = {run.scheduled: run for run in store.runs(RunQuery(job_id=job.id))}
    assert [runs[ONE + n * HOUR].status for n in range(3)] == [EXPIRED, EXPIRED, READY]
    assert "was there to start it" in runs[ONE].reason
    assert runs[ONE].ended == runs[ONE].submitted == ONE + 2 * HOUR
    (moved,) = store.jobs(JobQuery(id=job.id))
    assert moved == replace(job, settled=ONE + 2 * HOUR, next_fire=ONE + 3 * HOUR)


def test_every_fact_of_a_run_that_fired_comes_back(store):
    job = save(store, labels=("a", "b"), tag="prod", priority=Priority.HIGH)
    (run,) = due(job, ONE, busy=False).runs
    store.advance([due(job, ONE, busy=False)])
    (written,) = store.runs(RunQuery(job_id=job.id))
    assert written == replace(run, id=written.id, uuid=written.uuid)


def test_a_skipped_instant_has_its_own_rundate_and_reason(store):
    job = save(store)
    template = a_run(store, job, status=EXPIRED, ended=ONE, trigger=Trigger.SCHEDULE)
    skipped = Skipped(ONE, date(2020, 2, 29), "because \x00 \ud800")
    store.advance([FireStep(job=job, settled=ONE, next_fire=None, skipped=(skipped,), template=template)])
    (run,) = store.runs(RunQuery(scheduled=ONE))
    assert (run.rundate, run.status, run.trigger) == (date(2020, 2, 29), EXPIRED, Trigger.SCHEDULE)
    assert run.reason.startswith("because ")


def saved_meanwhile(store, job):
    save(store, tag="prod", now=NOON + MINUTE)


def paused_meanwhile(store, job):
    store.pause(job.id, paused=NOON, by="bob")


def advanced_meanwhile(store, job):
    store.advance([FireStep(job=job, settled=NOON + MINUTE, next_fire=ONE)])


def deleted_meanwhile(store, job):
    store.delete_job(job.id, NOON + MINUTE)


@pytest.mark.parametrize("meanwhile", [saved_meanwhile, paused_meanwhile, advanced_meanwhile, deleted_meanwhile])
def test_a_job_that_changed_meanwhile_is_left_alone(store, meanwhile):
    job, other = save(store), save(store, "other")
    meanwhile(store, job)
    before = store.jobs(JobQuery(id=job.id))
    assert store.advance([due(job, ONE, busy=False), due(other, ONE, busy=False)]) == [other.id]
    assert store.jobs(JobQuery(id=job.id)) == before
    assert (instants(store, job), instants(store, other)) == (Counter(), Counter([ONE]))


def test_a_job_that_goes_on_meanwhile_is_left_alone(store):
    job = save(store)
    store.pause(job.id, paused=NOON, by="bob")
    (paused,) = store.jobs(JobQuery(id=job.id))
    store.pause(job.id, paused=None, by="bob")
    assert store.advance([due(paused, ONE, busy=False)]) == []


def test_the_same_step_twice_is_done_once(store):
    job = save(store)
    assert store.advance([due(job, ONE, busy=False), due(job, ONE, busy=False)]) == [job.id]
    assert store.advance([due(job, ONE, busy=False)]) == []
    assert instants(store, job) == Counter([ONE])


def test_an_instant_that_has_a_run_gets_no_other(store):
    job = save(store)
    submit(store, job, scheduled=ONE, status=SCHEDULED)
    store.advance([due(job, ONE + HOUR, busy=False)])
    assert instants(store, job) == Counter([ONE, ONE + HOUR])
    assert store.runs(RunQuery(scheduled=ONE))[0].status is SCHEDULED


def test_no_steps_are_no_change(store):
    assert store.advance([]) == []


def test_two_jobs_may_fire_at_the_same_instant(store):
    jobs = [save(store, f"job {n}") for n in range(3)]
    assert store.advance([due(job, ONE, busy=False) for job in jobs]) == [job.id for job in jobs]
    assert len(store.runs(RunQuery(scheduled=ONE))) == 3


def test_of_many_who_advance_the_same_jobs_each_job_is_moved_by_one(store):
    jobs = [save(store, f"job {n}", firing=FiringPolicy(catch_up=CatchUp.ALL)) for n in range(20)]
    steps = [due(job, ONE + HOUR, busy=False) for job in jobs]
    done = at_once(4, lambda n: store.advance([replace(step) for step in (steps, steps[::-1])[n % 2]]))
    assert sorted(job_id for ids in done for job_id in ids) == [job.id for job in jobs]
    assert all(instants(store, job) == Counter([ONE, ONE + HOUR]) for job in jobs)


def test_many_services_with_different_clocks_give_each_instant_one_run(store):
    jobs = [save(store, f"job {n}") for n in range(5)]

    def serve(number):
        for hours in range(6):
            now = ONE + (hours + number % 3) * HOUR
            store.advance([due(job, now, busy=False) for job in store.due_jobs(now, 100)])

    at_once(4, serve)
    store.advance([due(job, ONE + 7 * HOUR, busy=False) for job in store.due_jobs(ONE + 7 * HOUR, 100)])
    expected = Counter(ONE + n * HOUR for n in range(8))
    assert all(instants(store, job) == expected for job in jobs)


def test_saving_a_job_and_firing_it_at_the_same_time_loses_no_instant_and_doubles_none(store):
    job = save(store)

    def work(number):
        for hours in range(8):
            now = ONE + hours * HOUR
            if number:
                store.advance([due(found, now, busy=False) for found in store.due_jobs(now, 10)])
            else:
                store.pause(job.id, paused=now if hours % 2 else None, by="bob")

    at_once(3, work)
    (left,) = store.jobs(JobQuery(id=job.id))
    store.advance([due(left, ONE + 8 * HOUR, busy=False)])
    assert instants(store, job) == Counter(ONE + n * HOUR for n in range(9))


# Broken jobs


def test_a_broken_job_is_not_due_until_it_is_saved_again(store):
    job = save(store)
    store.mark_broken(job, "its schedule \x00 cannot be followed")
    (broken,) = store.jobs(JobQuery(id=job.id))
    assert broken.broken.startswith("its schedule ")
    assert (broken.next_fire, store.due_jobs(ONE, 10)) == (None, [])
    again = save(store, now=NOON + MINUTE)
    assert (again.broken, again.next_fire, again.id) == ("", ONE, job.id)


def test_marking_a_job_broken_that_was_deleted_meanwhile_is_no_error(store):
    job = save(store)
    store.delete_job(job.id, NOON)
    store.mark_broken(job, "too late")
    assert store.jobs(JobQuery()) == []


# Clocks


def test_after_the_clock_was_set_back_schedules_are_followed_from_now_on(store):
    job = save(store)
    store.advance([due(job, ONE + 5 * HOUR, busy=False)])
    assert store.look_again(ONE + 2 * HOUR, timedelta(0)) == 1
    (again,) = store.due_jobs(ONE + 2 * HOUR, 10)
    assert again.settled == ONE + 2 * HOUR
    assert instants(store, job) == Counter([ONE, ONE + HOUR, ONE + 2 * HOUR, ONE + 5 * HOUR])
    store.advance([due(again, ONE + 6 * HOUR, busy=False)])
    assert instants(store, job) == Counter(ONE + n * HOUR for n in range(7))


@pytest.mark.parametrize(("ahead", "tolerance", "found"), [(HOUR, HOUR, 0), (HOUR, MINUTE, 1), (MINUTE, HOUR, 0)])
def test_a_job_that_is_a_little_ahead_is_left_alone(store, ahead, tolerance, found):
    job = save(store)
    store.advance([FireStep(job=job, settled=ONE + ahead, next_fire=ONE + 3 * HOUR)])
    assert store.look_again(ONE, tolerance) == found
    assert store.next_due() == (ONE + 3 * HOUR if not found else datetime(1970, 1, 1, tzinfo=UTC))


def test_a_job_that_is_broken_or_has_no_times_keeps_what_it_has_when_the_clock_is_set_back(store):
    broken, idle = save(store, "broken"), save(store, "idle", next_fire=None, now=ONE + 9 * HOUR)
    store.advance([due(broken, ONE + 5 * HOUR, busy=False)])
    store.mark_broken(broken, "whatever")
    [before], fired = store.jobs(JobQuery(name="broken")), instants(store, broken)
    assert store.look_again(ONE, timedelta(0)) == 0
    assert (store.jobs(JobQuery(name="broken")), instants(store, broken)) == ([before], fired)
    [after] = store.jobs(JobQuery(name="idle"))
    assert after == replace(idle, schedule_since=ONE)  # else a job that runs after another one would not, until then


def test_a_job_saved_before_the_clock_was_set_back_is_computed_from_where_it_was(store):
    job = save(store)
    store.advance([due(job, ONE + 5 * HOUR, busy=False)])
    again = save(store, tag="prod", now=ONE + HOUR, next_fire=ONE + 2 * HOUR)
    assert again.settled == ONE + 5 * HOUR
    (looked_at,) = store.due_jobs(ONE + HOUR, 10)
    assert due(looked_at, ONE + HOUR, busy=False).next_fire == ONE + 6 * HOUR


# Busy jobs, runs that wait


def test_a_job_is_busy_while_a_run_of_it_has_not_ended(store):
    jobs = [save(store, f"job {n}") for n in range(5)]
    for job, status in zip(jobs, [READY, SCHEDULED, RunStatus.RUNNING, EXPIRED], strict=False):
        submit(store, job, status=status)
    submit(store)
    assert store.busy_jobs() == {job.id for job in jobs[:3]}
    end(store, store.runs(RunQuery(job_id=jobs[0].id))[0])
    assert store.busy_jobs() == {jobs[1].id, jobs[2].id}


def test_runs_are_claimable_by_priority_then_age_then_number(store):
    late = submit(store, submitted=NOON + HOUR)
    low = submit(store, priority=Priority.LOW, submitted=NOON - HOUR)
    first, second = submit(store), submit(store)
    high = submit(store, priority=Priority.HIGH, submitted=NOON + 2 * HOUR)
    order = [high, first, second, late, low]
    assert store.claimable(10, None) == order
    assert store.claimable(2, None) == order[:2]


def test_only_ready_runs_that_nobody_drives_are_claimable(store):
    submit(store, status=SCHEDULED)
    driven, ready = submit(store), submit(store)
    store.take_lease(driven.id, holder="here:1", until=ONE, from_epoch=0)
    assert store.claimable(10, None) == [ready]
    assert [run.id for run in store.begun()] == [driven.id]


def test_runs_are_claimable_for_the_accounts_asked_for(store):
    mine, _, nobodys = submit(store), submit(store, run_as="bob"), submit(store, run_as="")
    assert store.claimable(10, ("ada", "")) == [mine, nobodys]
    assert store.claimable(10, ()) == []


def test_a_run_that_has_ended_is_not_begun_any_more(store):
    run = submit(store)
    end(store, run)
    assert store.begun() == []


def test_the_pulse_changes_with_everything_that_runs_wait_for(store):
    job = save(store)
    seen = [store.pulse()]

    def changed():
        seen.append(store.pulse())
        return seen[-1] != seen[-2]

    run = submit(store, job, status=SCHEDULED)
    assert changed()
    store.move(run.id, SCHEDULED, RunChange(status=READY))
    assert changed()
    epoch = store.take_lease(run.id, holder="here:1", until=ONE, from_epoch=0)
    store.record(run.id, epoch, lease_until=ONE, change=RunChange(status=RunStatus.RUNNING))
    assert changed()
    store.record(run.id, epoch, lease_until=None, change=COMPLETED)
    assert changed()
    assert not changed()


# Moving and taking


def test_a_run_that_waits_is_moved_once(store):
    run = submit(store, status=SCHEDULED)
    assert store.move(run.id, SCHEDULED, RunChange(status=EXPIRED, reason="late \x00", ended=ONE))
    assert not store.move(run.id, SCHEDULED, RunChange(status=READY))
    moved = found(store, run)
    assert (moved.status, moved.ended, moved.reason.startswith("late ")) == (EXPIRED, ONE, True)


def test_a_run_with_a_driver_is_not_moved(store):
    run = submit(store)
    store.take_lease(run.id, holder="here:1", until=ONE, from_epoch=0)
    assert not store.move(run.id, READY, RunChange(status=RunStatus.STOPPED))
    assert found(store, run).status is READY


def test_of_a_stop_and_a_claim_at_the_same_time_one_wins(store):
    for _ in range(10):
        run = submit(store)
        stop, claim = at_once(
            2,
            lambda n, run=run: (
                store.take_lease(run.id, holder="here:1", until=ONE, from_epoch=0)
                if n
                else store.move(run.id, READY, RunChange(status=RunStatus.STOPPED, ended=ONE))
            ),
        )
        assert stop != bool(claim)
        assert (found(store, run).status is RunStatus.STOPPED) == stop


def test_a_run_has_one_driver_however_many_want_it(store):
    run = submit(store)
    epochs = at_once(6, lambda n: store.take_lease(run.id, holder=f"here:{n}", until=ONE, from_epoch=0))
    assert sorted(epochs, key=str) == [1, None, None, None, None, None]
    assert found(store, run).lease_holder == f"here:{epochs.index(1)}"


@pytest.mark.parametrize("status", [status for status in RunStatus if status.final])
def test_a_run_that_has_ended_gets_no_driver(store, status):
    run = submit(store, status=status)
    assert store.take_lease(run.id, holder="here:1", until=ONE, from_epoch=0) is None
    assert found(store, run) == run


def test_the_task_runs_of_a_submitted_run_are_written_by_its_driver(store):
    run = submit(store)
    assert store.task_runs(run.id) == []
    record = TaskRunRecord(task=0, part=0, task_name="load", part_name="load")
    epoch = store.take_lease(run.id, holder="here:1", until=ONE, from_epoch=0)
    store.plan_run(run.id, epoch, code="c", task_runs=[record])
    assert (store.task_runs(run.id), found(store, run).code) == ([record], "c")


@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_only_the_driver_may_write_the_task_runs(store, epoch):
    run = submit(store)
    for number in range(2):
        store.take_lease(run.id, holder="here:1", until=ONE, from_epoch=number)
    record = TaskRunRecord(task=0, part=0, task_name="load", part_name="load")
    with pytest.raises(LeaseLostError):
        store.plan_run(run.id, epoch, code="c", task_runs=[record])
    assert (store.task_runs(run.id), found(store, run).code) == ([], "")


def test_submitting_writes_all_or_nothing(store):
    first = a_run(store)
    with pytest.raises(WorkspaceError):
        store.submit([first, a_run(store), first])
    assert store.runs(RunQuery()) == []


def test_submitted_runs_come_back_in_their_order_with_their_numbers(store):
    wanted = [a_run(store, rundate=date(2026, 1, day)) for day in (3, 1, 2)]
    runs = store.submit(wanted)
    assert [replace(run, id=0) for run in runs] == wanted
    assert sorted(run.id for run in runs) == [run.id for run in runs]
    assert store.submit([]) == []


def test_runs_are_chosen_by_what_made_them(store):
    job = save(store)
    one = submit(store, job, scheduled=ONE, trigger=Trigger.SCHEDULE, rundate=date(2026, 1, 1))
    two = submit(store, job, after_run=one.id, trigger=Trigger.AFTER, rundate=date(2026, 1, 5))
    assert store.runs(RunQuery(trigger=Trigger.AFTER)) == [two]
    assert store.runs(RunQuery(scheduled=ONE)) == [one]
    assert store.runs(RunQuery(after_run=one.id)) == [two]
    assert store.runs(RunQuery(rundates=(date(2026, 1, 1), date(2026, 1, 4)))) == [one]


# Run-After


def test_the_jobs_after_a_job_are_found_by_its_name_in_any_spelling_and_by_its_uuid(store):
    job = save(store, "Flügè")
    by_name = save(store, "by name", schedule=AfterSchedule(job_name="Flu\u0308ge\u0300"), next_fire=None)
    by_uuid = save(store, "by uuid", schedule=AfterSchedule(job_uuid=job.uuid), next_fire=None)
    save(store, "other", schedule=AfterSchedule(job_name="by name"), next_fire=None)
    assert store.run_after_jobs(job) == [by_name, by_uuid]


def test_a_deleted_job_runs_after_nothing(store):
    job, after = save(store), save(store, "after", schedule=AfterSchedule(job_name="flights"), next_fire=None)
    store.delete_job(after.id, NOON)
    assert store.run_after_jobs(job) == []


def test_a_job_that_was_saved_with_another_schedule_does_not_run_after_any_more(store):
    job = save(store)
    save(store, "after", schedule=AfterSchedule(job_name="flights"), next_fire=None)
    save(store, "after", schedule=HOURLY)
    assert store.run_after_jobs(job) == []


def test_runs_that_ended_are_followed_once_the_earliest_first(store):
    job = save(store)
    late, early, active = (submit(store, job) for _ in range(3))
    end(store, late, replace(COMPLETED, ended=ONE + HOUR))
    end(store, early, replace(COMPLETED, ended=ONE))
    end(store, submit(store))  # of no saved job: nothing can run after it
    assert [run.id for run in store.unfollowed(10)] == [early.id, late.id]
    assert [run.id for run in store.unfollowed(1)] == [early.id]
    store.follow([early.id], [])
    assert [run.id for run in store.unfollowed(10)] == [late.id]
    store.follow([late.id], [])
    end(store, active)
    assert [run.id for run in store.unfollowed(10)] == [active.id]


def test_a_job_runs_once_after_a_run_however_often_that_is_followed(store):
    job, after, other = save(store), save(store, "after", next_fire=None), save(store, "other", next_fire=None)
    before = submit(store, job)
    end(store, before)
    runs = [(after, before.id), (after, before.id), (other, before.id)]

    def follow(number):
        store.follow([before.id], [a_run(store, a, after_run=b, trigger=Trigger.AFTER) for a, b in runs])

    at_once(4, follow)
    assert len(store.runs(RunQuery(after_run=before.id))) == 2
    assert store.unfollowed(10) == []


# Outbox


def alert(**facts):
    usual = {"id": 0, "kind": AlertKind.FAILED, "channel": Channel.EMAIL, "recipient": "ada@bank.example",
             "job_name": "flights", "created": NOON, "next_try": NOON, "text": "oh"}  # fmt: skip
    return AlertRecord(**(usual | facts))


def test_alerts_come_back_as_they_were_put_the_newest_first(store):
    put = [alert(), alert(channel=Channel.SMS, recipient="+33 6 12", run_id=41, next_try=None, sent=ONE, error="x")]
    store.add_alerts(put)
    assert [replace(found, id=0) for found in store.alerts()] == put[::-1]
    assert [found.channel for found in store.alerts(pending=True)] == [Channel.EMAIL]
    assert len(store.alerts(limit=1)) == 1


def test_putting_no_alerts_into_the_outbox_changes_nothing(store):
    store.add_alerts([])
    store.update_alerts([])
    assert store.alerts() == []


def test_alerts_that_are_due_are_claimed_once_until_the_claim_is_over(store):
    store.add_alerts([alert(), alert(next_try=ONE), alert(next_try=None, sent=NOON), alert(text="second")])
    claimed = store.claim_alerts(NOON, NOON + MINUTE)
    assert [(found.text, found.next_try) for found in claimed] == [("oh", NOON + MINUTE), ("second", NOON + MINUTE)]
    assert store.claim_alerts(NOON, NOON + MINUTE) == []
    assert [found.id for found in store.claim_alerts(NOON + MINUTE, ONE)] == [found.id for found in claimed]


def test_of_many_who_claim_alerts_each_gets_others(store):
    store.add_alerts([alert(recipient=f"{n}@bank.example") for n in range(50)])
    claims = at_once(5, lambda n: [found.id for found in store.claim_alerts(NOON, ONE)])
    assert sorted(found for claim in claims for found in claim) == sorted(found.id for found in store.alerts())


def test_what_has_become_of_alerts_is_kept_and_when_each_recipient_was_told(store):
    bob = {"recipient": "bob@bank.example"}
    store.add_alerts([alert(), alert(), alert(**bob), alert(recipient="eve@bank.example")])
    first, second, his, _ = store.claim_alerts(NOON, ONE)
    told = [replace(first, sent=NOON), replace(second, sent=NOON + MINUTE), replace(his, sent=NOON - HOUR)]
    store.update_alerts([replace(found, next_try=None, tries=1) for found in told])
    assert store.last_sent(NOON) == {(Channel.EMAIL, "ada@bank.example"): NOON + MINUTE}
    assert store.last_sent(NOON - HOUR)[Channel.EMAIL, "bob@bank.example"] == NOON - HOUR
    assert [found.recipient for found in store.alerts(pending=True)] == ["eve@bank.example"]


def test_alerts_are_put_in_the_transaction_that_ends_a_run(store):
    run = submit(store)
    with pytest.raises(LeaseLostError):
        store.record(run.id, 7, lease_until=None, change=COMPLETED, alerts=[alert(run_id=run.id)])
    assert store.alerts() == []
    epoch = store.take_lease(run.id, holder="here:1", until=ONE, from_epoch=0)
    store.record(run.id, epoch, lease_until=None, change=COMPLETED, alerts=[alert(run_id=run.id)])
    assert [found.run_id for found in store.alerts()] == [run.id]


# Services


def a_service(name, **facts):
    return ServiceRecord(**({"holder": name, "user": "ada", "since": NOON, "beat": NOON} | facts))


def test_services_are_listed_until_they_sign_off_the_oldest_first(store):
    late, early = a_service("late", since=ONE), a_service("early", driving=(3, 41), capacity=2, version="1.0")
    for service in (late, early, replace(late, beat=ONE)):
        store.beat(service)
    assert store.services() == [early, replace(late, beat=ONE)]
    store.sign_off("early")
    store.sign_off("nobody")
    assert store.services() == [replace(late, beat=ONE)]


# Pausing, deleting, saving again


def test_a_job_is_paused_by_somebody_until_it_goes_on(store):
    job = save(store)
    store.pause(job.id, paused=NOON, by="bob")
    assert store.jobs(JobQuery()) == [replace(job, paused=NOON, paused_by="bob")]
    assert save(store, tag="prod", now=NOON + MINUTE).paused == NOON
    store.pause(job.id, paused=None, by="bob")
    assert store.jobs(JobQuery())[0].paused_by == ""


def test_a_deleted_job_is_off_the_list_its_runs_stay_and_its_name_is_free(store):
    job = save(store)
    run = submit(store, job)
    store.delete_job(job.id, NOON)
    assert (store.jobs(JobQuery()), store.due_jobs(ONE + HOUR, 10), store.next_due()) == ([], [], None)
    assert found(store, run).job_id == job.id
    again = save(store, now=NOON + MINUTE)
    assert (again.id != job.id, again.uuid != job.uuid, again.version) == (True, True, 1)
    store.delete_job(again.id, NOON)
    assert save(store).id not in (job.id, again.id)


@pytest.mark.parametrize("act", ["pause", "delete"])
def test_what_is_deleted_cannot_be_changed(store, act):
    job = save(store)
    store.delete_job(job.id, NOON)
    with pytest.raises(NotFoundError):
        store.pause(job.id, paused=NOON, by="bob") if act == "pause" else store.delete_job(job.id, ONE)


def test_the_schedule_is_in_effect_since_it_was_saved_first(store):
    save(store)
    assert save(store, tag="prod", now=NOON + MINUTE).schedule_since == NOON
    changed = save(store, tag="prod", now=NOON + 2 * MINUTE, schedule=TimeSchedule(at_minutes=(5,)))
    assert changed.schedule_since == changed.settled == NOON + 2 * MINUTE


# Who may read


PERMISSIONS = ["".join(letters) for letters in product("r-", "w-", "r-", "w-", "r-", "w-")]
READERS = [
    Identity(user="ada"),
    Identity(user="bob", groups=frozenset({"quants", "staff"})),
    Identity(user="eve", groups=frozenset({"staff"})),
    Identity(user="eve"),
    Identity(user="", groups=frozenset({""})),
    Identity(user="root", admin=True),
    Identity(user="ADA", groups=frozenset({"QUANTS"})),
]


def readable(reader, things):
    return {thing.permissions for thing in things if may(reader, Right.READ, thing)}


def test_everybody_finds_exactly_the_jobs_that_they_may_read(store):
    for letters in PERMISSIONS:
        save(store, f"job {letters}", access=AccessSpec(owner="ada", group="quants", permissions=letters))
    jobs = store.jobs(JobQuery())
    assert len(jobs) == 64
    for reader in READERS:
        assert {job.permissions for job in store.jobs(JobQuery(reader=reader))} == readable(reader, jobs)


def test_everybody_finds_exactly_the_runs_that_they_may_read(store):
    store.submit([a_run(store, group="quants", permissions=letters) for letters in PERMISSIONS])
    runs = store.runs(RunQuery())
    for reader in READERS:
        assert {run.permissions for run in store.runs(RunQuery(reader=reader))} == readable(reader, runs)


def test_a_run_of_a_saved_job_is_as_readable_as_the_job_is_now(store):
    ada, eve = READERS[0], READERS[2]
    job = save(store, access=AccessSpec(owner="ada", group="quants", permissions="rwr---"))
    run = submit(store, job, group="quants", permissions="rwr---")
    assert (store.runs(RunQuery(reader=ada)), store.runs(RunQuery(reader=eve))) == ([run], [])
    save(store, access=AccessSpec(owner="zoe", group="quants", permissions="rw--r-"), now=NOON + MINUTE)
    assert (store.runs(RunQuery(reader=ada)), store.runs(RunQuery(reader=eve))) == ([run], [run])
    save(store, access=AccessSpec(owner="zoe", group="quants", permissions="rw----"), now=NOON + 2 * MINUTE)
    assert (store.runs(RunQuery(reader=ada)), store.runs(RunQuery(reader=eve))) == ([], [])


def test_the_runs_of_a_deleted_job_have_the_access_that_the_job_had_last(store):
    job = save(store, access=AccessSpec(owner="eve", group="staff", permissions="rwr---"))
    submit(store, job, group="quants", permissions="rwrwrw")
    store.delete_job(job.id, NOON)
    [run] = store.runs(RunQuery())
    assert (run.owner, run.group, run.permissions) == ("eve", "staff", "rwr---")
    for reader in READERS:
        assert {found.permissions for found in store.runs(RunQuery(reader=reader))} == readable(reader, [run])
