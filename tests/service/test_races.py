"""Several services, and people, at the same moment on one store."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from given import HOURLY, NOON

from dtscheduler import Schedule, job
from dtscheduler.errors import NotFoundError
from dtscheduler.firing import Firing
from dtscheduler.model.run import RunChange, RunQuery
from dtscheduler.model.status import RunStatus

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def firing(ws):
    """Makes what follows schedules in one service; several of them share the store."""
    return lambda: Firing(ws.place.store, ws.clock, ws.place.identity_of)


@pytest.fixture
def interrupted(ws, monkeypatch):
    """Let something happen just before the store is asked for something: ``interrupted("move", act)``."""

    def before(name, act):
        real = getattr(ws.place.store, name)

        def call(*arguments, **named):
            monkeypatch.setattr(ws.place.store, name, real)
            act()
            return real(*arguments, **named)

        monkeypatch.setattr(ws.place.store, name, call)

    return before


def active(ws):
    return ws.place.store.runs(RunQuery(statuses=[RunStatus.READY, RunStatus.RUNNING]))


def test_four_services_fire_fifty_jobs_once_each(save, ws, firing, runs):
    for number in range(50):
        save(f"job {number}", Schedule=HOURLY)
    ws.clock.set(NOON + 2 * HOUR)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: one.fire(ws.clock.now()), [firing() for _ in range(4)]))
    assert Counter(runs("scheduled")) == {NOON + HOUR: 50, NOON + 2 * HOUR: 50}


def test_a_fire_that_comes_while_another_service_starts_what_waited_does_not_run_beside_it(
    save, ws, firing, interrupted
):
    hand = save(Schedule=HOURLY).run()
    one, other = firing(), firing()
    ws.clock.set(NOON + HOUR)
    one.fire(ws.clock.now())
    (waiting,) = ws.place.store.runs(RunQuery(statuses=[RunStatus.SCHEDULED]))
    hand_ends(ws, hand.record)

    def begin():
        assert ws.place.store.move(waiting.id, RunStatus.SCHEDULED, RunChange(status=RunStatus.READY))

    def meanwhile():  # another fire, which the other service sees beside the first, just before the first begins
        ws.clock.set(NOON + 2 * HOUR)
        other.fire(ws.clock.now())
        interrupted("move", begin)
        other.admit()

    interrupted("move", meanwhile)
    one.admit()
    assert [run.id for run in active(ws)] == [waiting.id]


def hand_ends(ws, run):
    ws.place.store.take_lease(run.id, holder="here:1:1", until=NOON, from_epoch=0)
    ws.place.store.request_stop(run.id, "ada")
    ws.place.host.close_abandoned(ws.place.store.runs(RunQuery(id=run.id))[0], "it ended")


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_job_edited_seconds_around_its_fire_runs_once(save, ws, firing, interrupted, runs, seconds):
    save(Schedule=HOURLY)
    service = firing()
    ws.clock.set(NOON + HOUR + timedelta(seconds=seconds))
    interrupted("save_job", lambda: service.fire(ws.clock.now()))
    save(Schedule=Schedule(at_minutes=[0, 30]))
    ws.clock.set(NOON + HOUR + 2 * MINUTE)
    service.fire(ws.clock.now())
    assert runs("scheduled") == [NOON + HOUR]
    ws.clock.set(NOON + 2 * HOUR)
    service.fire(ws.clock.now())
    assert runs("scheduled") == [NOON + HOUR, NOON + HOUR + 30 * MINUTE, NOON + 2 * HOUR]


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_fire_moved_away_just_in_time_or_just_too_late_happens_under_one_schedule(save, ws, firing, runs, seconds):
    save(Schedule=HOURLY)
    ws.clock.set(NOON + HOUR + timedelta(seconds=seconds))
    save(Schedule=Schedule(at_minutes=[30]))
    ws.clock.set(NOON + HOUR + 31 * MINUTE)
    firing().fire(ws.clock.now())
    before = [NOON + HOUR] if seconds >= 0 else []
    assert runs("scheduled") == [*before, NOON + HOUR + 30 * MINUTE]


def test_a_schedule_edited_between_the_look_and_the_step_fires_under_the_new_one_only(
    save, ws, firing, interrupted, runs
):
    save(Schedule=HOURLY)
    service = firing()
    ws.clock.set(NOON + 59 * MINUTE)

    def edit():
        ws.clock.set(NOON + 59 * MINUTE + timedelta(seconds=59))
        save(Schedule=Schedule(at_hours=[18]))
        ws.clock.set(NOON + HOUR)

    interrupted("due_jobs", edit)
    service.fire(NOON + HOUR)
    assert runs("scheduled") == []


def test_saving_the_same_again_and_again_around_the_fire_changes_nothing(save, ws, firing, runs):
    service = firing()
    for second in range(-5, 6):
        ws.clock.set(NOON + HOUR + timedelta(seconds=second))
        save(Schedule=HOURLY)
        service.fire(ws.clock.now())
    assert runs("scheduled") == [NOON + HOUR]
    assert job("risk").version == 1


@pytest.mark.parametrize("act", ["pause", "unpause", "delete"])
def test_what_is_done_to_a_job_between_the_look_and_the_step_counts(save, ws, firing, interrupted, runs, act):
    saved = save(Schedule=HOURLY)
    if act == "unpause":
        saved.pause()
    ws.clock.set(NOON + HOUR)
    interrupted("advance", getattr(saved, act))
    firing().fire(ws.clock.now())
    firing().fire(ws.clock.now())
    assert runs("scheduled") == [NOON + HOUR]


def test_a_job_deleted_while_its_run_is_followed_is_no_error(save, ws, firing, interrupted, runs):
    saved = save(Schedule=HOURLY)
    after = save("after", Schedule=Schedule(run_after_job_name="risk"))
    ws.step(hours=1)
    hand_ends(ws, saved.run().record)
    interrupted("follow", after.delete)
    firing().follow(ws.clock.now())
    with pytest.raises(NotFoundError):
        job("after")
    firing().admit()
    assert all(status.final for status in runs(job_name="after"))


def test_two_jobs_that_run_after_each_other_by_a_later_edit_are_broken_and_start_nothing(save, ws, rows, runs):
    first, second = save("first"), save("second", Schedule=Schedule(run_after_job_name="first"))
    circle = '{"after":{"job_name":"second","job_uuid":null,"condition":"always","timezone":"UTC","rundate_offset":0}}'
    rows("update jobs set schedule = ?, after_key = 'second' where name = 'first'", circle)
    second.run()
    ws.step(minutes=5)
    assert len(runs()) <= 3
    assert any("after itself" in broken for (broken,) in rows("select broken from jobs"))
    assert first.versions()


def test_a_run_that_waits_starts_when_its_job_is_saved_with_overlap_allow(save, ws, firing, runs):
    save(Schedule=HOURLY).run()
    service = firing()
    ws.clock.set(NOON + HOUR)
    service.fire(ws.clock.now())
    while service.admit():
        pass
    assert sorted(runs()) == ["ready", "scheduled"]
    save(Schedule=HOURLY, Overlap="allow")
    service.admit()
    assert runs() == ["ready", "ready"]
