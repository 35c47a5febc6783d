"""What becomes of instants that have passed: each one is a run or is skipped with a reason, whatever the clock does."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from chosen import instants_near_a_clock_change, timed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dtscheduler.model.run import RunRecord, Trigger
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import (
    NEVER,
    AfterCondition,
    AfterSchedule,
    CatchUp,
    FiringPolicy,
    Overlap,
    TimeSchedule,
)
from dtscheduler.model.status import RunStatus
from dtscheduler.timing.calendar import fires_between, next_fire
from dtscheduler.timing.due import MOST_SKIPPED, ON_TIME, admitted, due, following, follows

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOURLY, MINUTELY = TimeSchedule(at_minutes=(0,)), TimeSchedule(every_minute=1)
ALL, NONE = FiringPolicy(catch_up=CatchUp.ALL), FiringPolicy(catch_up=CatchUp.NONE)
READY, SCHEDULED, EXPIRED = RunStatus.READY, RunStatus.SCHEDULED, RunStatus.EXPIRED


def a_job(schedule=HOURLY, *, settled=NOON, **facts):
    usual = {"id": 7, "uuid": "u", "name": "Country risk", "version": 3, "spec_hash": "h", "tag": "prod",
             "labels": ("risk",), "owner": "ada", "group": "quants", "created": NOON, "saved": NOON, "saved_by": "ada",
             "permissions": "rwr---", "run_as": "ada", "schedule_since": NOON}  # fmt: skip
    return JobRecord(**(usual | facts), schedule=schedule, settled=settled)


def a_run(number, **facts):
    usual = {"uuid": f"u{number}", "job_name": "Country risk", "job_id": 7, "spec_hash": "h", "status": SCHEDULED,
             "rundate": date(2026, 11, 20), "submitted": NOON + number * MINUTE, "owner": "ada",
             "trigger": Trigger.SCHEDULE}  # fmt: skip
    return RunRecord(id=number, **(usual | facts))


def started(step):
    return [run.scheduled for run in step.runs]


def skipped(step):
    return [instant.scheduled for instant in step.skipped]


def reason(step):
    (found,) = {instant.reason for instant in step.skipped}
    return found


# Instants


def test_a_fire_starts_one_run_of_the_job_as_it_is():
    step = due(a_job(), NOON + HOUR, busy=False)
    (run,) = step.runs
    assert (run.scheduled, run.status, run.trigger, run.submitted) == (
        NOON + HOUR,
        READY,
        Trigger.SCHEDULE,
        NOON + HOUR,
    )
    assert (run.job_id, run.job_version, run.owner, run.run_as, run.labels) == (7, 3, "ada", "ada", ("risk",))
    assert (step.settled, step.next_fire, step.skipped) == (NOON + HOUR, NOON + 2 * HOUR, ())


def test_where_nothing_is_due_the_job_is_looked_at_again_at_its_next_fire():
    step = due(a_job(), NOON + MINUTE, busy=False)
    assert (step.runs, step.skipped, step.settled, step.next_fire) == ((), (), NOON + MINUTE, NOON + HOUR)


def test_the_instant_up_to_which_all_is_settled_does_not_fire_again():
    step = due(a_job(settled=NOON), NOON, busy=False)
    assert (step.runs, step.skipped, step.next_fire) == ((), (), NOON + HOUR)


def test_of_many_missed_instants_the_latest_runs_and_the_others_say_so():
    step = due(a_job(), NOON + 5 * HOUR + MINUTE, busy=False)
    assert started(step) == [NOON + 5 * HOUR]
    assert skipped(step) == [NOON + n * HOUR for n in range(1, 5)]
    assert "the latest missed instant, 2026-11-20 17:00 UTC, runs instead" in step.skipped[0].reason
    assert "4h 01m late" in step.skipped[0].reason


def test_the_rundate_is_that_of_the_instant_however_late_it_runs():
    job = a_job(TimeSchedule(at_hours=(18,), timezone="Europe/Paris", rundate_offset=-1), settled=NOON - 3 * DAY)
    step = due(job, datetime(2026, 11, 20, 9, tzinfo=UTC), busy=False)
    assert [run.rundate for run in step.runs] == [date(2026, 11, 18)]
    assert [instant.rundate for instant in step.skipped] == [date(2026, 11, 16), date(2026, 11, 17)]


@pytest.mark.parametrize(("late", "runs"), [(24 * HOUR, 1), (24 * HOUR + timedelta(microseconds=1), 0)])
def test_what_is_older_than_the_window_does_not_run(late, runs):
    step = due(a_job(TimeSchedule(day_of_month=20, at_hours=(13,))), NOON + HOUR + late, busy=False)
    assert len(step.runs) == runs
    assert runs or "more than CatchUpWindow allows (24h 00m)" in reason(step)


def test_catch_up_all_runs_every_instant_in_the_window_one_after_the_other():
    step = due(a_job(firing=replace(ALL, catch_up_window=3 * HOUR)), NOON + 5 * HOUR, busy=False)
    assert started(step) == [NOON + n * HOUR for n in (2, 3, 4, 5)]
    assert {run.status for run in step.runs} == {SCHEDULED}
    assert skipped(step) == [NOON + HOUR]


def test_catch_up_none_runs_what_is_on_time_only():
    step = due(a_job(firing=NONE), NOON + 2 * HOUR + ON_TIME, busy=False)
    assert (started(step), skipped(step)) == ([NOON + 2 * HOUR], [NOON + HOUR])
    late = due(a_job(firing=NONE), NOON + 2 * HOUR + ON_TIME + timedelta(microseconds=1), busy=False)
    assert (started(late), skipped(late)) == ([], [NOON + HOUR, NOON + 2 * HOUR])
    assert all(instant.reason.endswith("CatchUp='none'") for instant in late.skipped)


@pytest.mark.parametrize("catch_up", CatchUp)
def test_a_window_shorter_than_a_minute_loses_nothing_that_is_on_time(catch_up):
    policy = FiringPolicy(catch_up=catch_up, catch_up_window=timedelta(seconds=1))
    assert started(due(a_job(firing=policy), NOON + HOUR + timedelta(seconds=30), busy=False)) == [NOON + HOUR]


def test_a_run_of_a_busy_job_waits():
    (run,) = due(a_job(), NOON + HOUR, busy=True).runs
    assert run.status is SCHEDULED


def test_the_instants_of_a_paused_job_are_on_record_with_who_paused_it():
    step = due(a_job(paused=NOON, paused_by="bob"), NOON + 3 * HOUR, busy=False)
    assert (step.runs, skipped(step)) == ((), [NOON + n * HOUR for n in (1, 2, 3)])
    assert reason(step) == "the job was paused by bob"


def test_what_is_settled_in_the_future_stays_settled_and_fires_after_that():
    job = a_job(settled=NOON + 10 * HOUR)
    step = due(job, NOON + HOUR, busy=False)
    assert (step.runs, step.skipped) == ((), ())
    assert (step.settled, step.next_fire) == (NOON + 10 * HOUR, NOON + 11 * HOUR)


@pytest.mark.parametrize("schedule", [NEVER, AfterSchedule(job_name="other")])
def test_a_job_without_times_has_no_instants(schedule):
    step = due(a_job(schedule), NOON + DAY, busy=False)
    assert (step.runs, step.skipped, step.next_fire) == ((), (), None)


@pytest.mark.parametrize(
    ("hour", "day", "instants"),
    [
        ("02:30", date(2026, 3, 29), ["01:00"]),  # skipped: the first instant after the gap
        ("02:30", date(2026, 10, 25), ["00:30"]),  # shown twice: the first
        ("every hour", date(2026, 3, 29), ["00:00", "01:00", "02:00"]),
    ],
)
def test_in_a_night_when_the_clock_changes_every_instant_counts_once(hour, day, instants):
    schedule = TimeSchedule(at_minutes=(0,)) if hour == "every hour" else TimeSchedule(at_hours=(2,), at_minutes=(30,))
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    job = a_job(replace(schedule, timezone="Europe/Paris"), settled=midnight - MINUTE, firing=ALL)
    assert [f"{at:%H:%M}" for at in started(due(job, midnight + 2 * HOUR, busy=False))] == instants


# Very many


@pytest.mark.parametrize("catch_up", CatchUp)
@pytest.mark.parametrize("days", [50, 120, 3650])
def test_after_years_the_records_of_a_schedule_of_every_minute_are_bounded(days, catch_up):
    now = NOON + days * DAY
    step = due(a_job(MINUTELY, firing=FiringPolicy(catch_up=catch_up)), now, busy=False)
    assert len(step.skipped) <= MOST_SKIPPED + 1
    assert len(step.runs) <= DAY // MINUTE + 1
    assert step.next_fire == next_fire(MINUTELY, now)


def test_one_record_stands_for_all_instants_that_are_too_many():
    now = NOON + 3650 * DAY
    step = due(a_job(MINUTELY), now, busy=False)
    first, second = step.skipped[0], step.skipped[1].scheduled
    assert first.scheduled == NOON + MINUTE
    assert first.reason.startswith(f"all instants from 2026-11-20 12:01 to {second - MINUTE:%Y-%m-%d %H:%M} UTC")
    assert Counter([*skipped(step)[1:], *started(step)]) == Counter(fires_between(MINUTELY, second - MINUTE, now))


def test_a_rare_schedule_is_recorded_one_by_one_for_a_century():
    yearly = TimeSchedule(in_months=(2,), day_of_month=29)
    step = due(a_job(yearly), NOON + 36_500 * DAY, busy=False)
    assert skipped(step) == fires_between(yearly, NOON, NOON + 36_500 * DAY)


# Rules


policies = st.builds(
    FiringPolicy,
    catch_up=st.sampled_from(CatchUp),
    catch_up_window=st.integers(1, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    overlap=st.sampled_from(Overlap),
)


@st.composite
def settled_jobs(draw):
    """A job with a schedule, settled near a change of the clock, at any microsecond."""
    schedule = draw(timed()).spec
    settled = draw(instants_near_a_clock_change(schedule.timezone)) + timedelta(
        microseconds=draw(st.integers(0, 10**8))
    )
    paused = draw(st.sampled_from([None, None, settled]))
    return a_job(schedule, settled=settled, firing=draw(policies), paused=paused, paused_by="bob" if paused else "")


spans = st.integers(0, 3 * 24 * 3600 * 1000).map(lambda milliseconds: timedelta(milliseconds=milliseconds))


@settings(deadline=None)
@given(settled_jobs(), spans, st.booleans())
def test_each_instant_is_a_run_or_is_skipped_with_a_reason(job, span, busy):
    step = due(job, job.settled + span, busy=busy)
    found = Counter(started(step) + skipped(step))
    assert found == Counter(fires_between(job.schedule, job.settled, job.settled + span))
    assert all(instant.reason for instant in step.skipped)


@settings(deadline=None)
@given(settled_jobs(), spans, st.booleans())
def test_only_what_the_policy_allows_runs(job, span, busy):
    now = job.settled + span
    runs = due(job, now, busy=busy).runs
    window = ON_TIME if job.firing.catch_up is CatchUp.NONE else max(ON_TIME, job.firing.catch_up_window)
    assert all(now - run.scheduled <= window for run in runs)
    assert len(runs) <= 1 or job.firing.catch_up is not CatchUp.LATEST
    assert not (runs and job.paused)
    assert all(run.status is SCHEDULED for run in runs) or not (busy or len(runs) > 1)


@settings(deadline=None)
@given(settled_jobs(), spans, st.booleans())
def test_the_step_always_advances(job, span, back):
    now = job.settled - span if back else job.settled + span
    step = due(job, now, busy=False)
    assert step.settled == max(now, job.settled)
    assert step.next_fire == next_fire(job.schedule, step.settled) > step.settled


@settings(deadline=None)
@given(settled_jobs(), st.lists(st.integers(-600, 1500), min_size=1, max_size=12))
@example(a_job(MINUTELY), [60, -120, 1, 1, 1500, -1500, 1500])
def test_however_the_clock_goes_each_instant_comes_once(job, minutes):
    begin = now = job.settled
    found = []
    for length in minutes:
        now += length * MINUTE
        step = due(job, now, busy=False)
        found += started(step) + skipped(step)
        job = replace(job, settled=step.settled)
    assert sorted(found) == fires_between(job.schedule, begin, job.settled)


@settings(deadline=None)
@given(settled_jobs(), st.integers(1, 20))
def test_looking_exactly_when_the_step_says_misses_nothing(job, looks):
    job = replace(job, paused=None)
    for _ in range(looks):
        step = due(job, next_fire(job.schedule, job.settled), busy=False)
        assert (started(step), step.skipped) == ([step.settled], ())
        job = replace(job, settled=step.settled)


# Waiting


def moved(policy, waiting, active=()):
    return [(admission.run.id, admission.status) for admission in admitted(policy, waiting, active)]


RUNNING = a_run(1, status=RunStatus.RUNNING)
WAITING = [a_run(2), a_run(3), a_run(4)]
USUAL = FiringPolicy()
SKIP, ALLOW = FiringPolicy(overlap=Overlap.SKIP), FiringPolicy(overlap=Overlap.ALLOW)


def test_a_run_waits_while_another_one_is_active_and_starts_then():
    assert moved(USUAL, WAITING[:1], [RUNNING]) == []
    assert moved(USUAL, WAITING[:1]) == [(2, READY)]


def test_of_several_that_wait_the_last_goes_on_waiting_and_the_others_expire():
    found = admitted(USUAL, WAITING, [RUNNING])
    assert [(a.run.id, a.status) for a in found] == [(2, EXPIRED), (3, EXPIRED)]
    assert found[0].reason == "a later fire took its place while run 1 of the job was active (Overlap='wait')"


def test_of_several_that_wait_for_nothing_the_last_starts():
    assert moved(USUAL, WAITING) == [(2, EXPIRED), (3, EXPIRED), (4, READY)]


def test_which_one_is_last_goes_by_the_instant_and_not_by_when_it_was_written():
    early, late = a_run(9, scheduled=NOON), a_run(2, scheduled=NOON + HOUR)
    assert moved(USUAL, [late, early]) == [(9, EXPIRED), (2, READY)]


def test_overlap_skip_lets_nothing_wait():
    assert moved(SKIP, WAITING[:1], [RUNNING]) == [(2, EXPIRED)]
    assert admitted(SKIP, WAITING[:1], [RUNNING])[0].reason == "run 1 of the job was still active (Overlap='skip')"
    assert moved(SKIP, WAITING) == [(2, READY), (3, EXPIRED), (4, EXPIRED)]


def test_overlap_allow_starts_all_at_once():
    assert moved(ALLOW, WAITING, [RUNNING]) == [(2, READY), (3, READY), (4, READY)]


def test_with_catch_up_all_each_gets_its_turn():
    assert moved(ALL, WAITING, [RUNNING]) == []
    assert moved(ALL, WAITING) == [(2, READY)]


@pytest.mark.parametrize("status", [READY, RunStatus.RUNNING])
def test_a_fire_waits_for_a_run_by_hand_as_for_any_other(status):
    assert moved(USUAL, WAITING[:1], [a_run(1, status=status, trigger=Trigger.HAND)]) == []


def part_of(group, number, **facts):
    return a_run(number, trigger=Trigger.BACKFILL, backfill=group, **facts)


def test_a_backfill_and_fires_do_not_wait_for_each_other():
    backfill = part_of("b", 1, status=RunStatus.RUNNING, most_active=1)
    assert moved(USUAL, WAITING[:1], [backfill]) == [(2, READY)]
    assert moved(USUAL, [part_of("b", 2)], [RUNNING]) == [(2, READY)]


@pytest.mark.parametrize("policy", [USUAL, SKIP, ALLOW, ALL, NONE])
def test_of_a_backfill_so_many_run_at_a_time_in_their_order_and_none_expires(policy):
    waiting = [part_of("b", number, most_active=3, submitted=NOON) for number in (5, 2, 4, 3)]
    active = [part_of("b", 1, most_active=3, status=RunStatus.RUNNING)]
    assert moved(policy, waiting, active) == [(2, READY), (3, READY)]
    assert moved(policy, waiting, active * 3) == []
    assert moved(policy, waiting, active * 9) == []


def test_two_backfills_of_a_job_do_not_wait_for_each_other():
    active = [part_of("b", 1, most_active=1, status=RunStatus.RUNNING)]
    assert moved(USUAL, [part_of("b", 2), part_of("c", 3), part_of("c", 4)], active) == [(3, READY)]


@st.composite
def crowds(draw):
    """Runs of one job that wait, and some that are active."""
    makes = st.sampled_from(
        [a_run, lambda n, **f: part_of("b", n, most_active=2, **f), lambda n, **f: part_of("c", n, **f)]
    )
    numbers = st.lists(st.integers(1, 40), unique=True, max_size=12)
    active = st.sampled_from([READY, RunStatus.RUNNING])
    runs = [draw(makes)(number) for number in draw(numbers)]
    cut = draw(st.integers(0, len(runs)))
    return runs[:cut], [replace(run, status=draw(active)) for run in runs[cut:]]


@given(policies, crowds())
def test_nothing_waits_for_ever_and_too_much_never_runs(policy, crowd):
    waiting, active = crowd
    while waiting or active:
        admissions = admitted(policy, waiting, active)
        assert len({a.run.id for a in admissions}) == len(admissions)
        assert all(a.reason for a in admissions if a.status is EXPIRED)
        gone = {admission.run.id for admission in admissions}
        waiting = [run for run in waiting if run.id not in gone]
        ready = [admission.run for admission in admissions if admission.status is READY]
        assert ready or active, "something waits, nothing is active, and nothing starts"
        if policy.overlap is not Overlap.ALLOW:
            assert sum(run.backfill is None for run in ready) <= 1
            assert not (ready and ready[0].backfill is None and any(run.backfill is None for run in active))
        assert sum(run.backfill == "b" for run in ready) <= max(0, 2 - sum(run.backfill == "b" for run in active))
        active = [*active, *ready][1:]  # one of them ends


@given(policies, crowds())
def test_one_fire_waits_at_most_unless_all_are_caught_up(policy, crowd):
    waiting, active = crowd
    left = {run.id for run in waiting if run.backfill is None} - {
        run_id for run_id, _ in moved(policy, waiting, active)
    }
    assert len(left) <= 1 or policy.catch_up is CatchUp.ALL


# After another job


S, F, A = AfterCondition.SUCCESS, AfterCondition.FAILURE, AfterCondition.ALWAYS


@pytest.mark.parametrize(
    ("outcome", "starts"),
    [
        (RunStatus.COMPLETED, {S, A}),
        (RunStatus.FAILED, {F, A}),
        (RunStatus.OUT_OF_MEMORY, {F, A}),
        (RunStatus.FAILED_AFTER, {F, A}),
        (RunStatus.STOPPED, {A}),
        (RunStatus.EXPIRED, set()),
        (RunStatus.SCHEDULED, set()),
        (RunStatus.READY, set()),
        (RunStatus.RUNNING, set()),
    ],
)
@pytest.mark.parametrize("children", [S, F])
def test_an_outcome_starts_those_that_wait_for_it(outcome, starts, children):
    assert {condition for condition in AfterCondition if follows(condition, outcome, children)} == starts


def test_fail_after_run_children_always_starts_all_when_fail_after_has_ended_the_run():
    assert all(follows(condition, RunStatus.FAILED_AFTER, A) for condition in AfterCondition)
    assert not follows(S, RunStatus.FAILED, A)


def after(job=None, **facts):
    job = job or a_job(AfterSchedule(job_name="other", timezone="Asia/Tokyo", rundate_offset=-1))
    return following(job, a_run(41, status=RunStatus.COMPLETED, **facts), offset_before=2, now=NOON + DAY)


def test_a_run_after_another_is_for_the_day_on_which_that_ended_on_its_own_clock():
    run = after(ended=datetime(2026, 11, 20, 16, tzinfo=UTC))  # 01:00 of the 21st in Tokyo
    assert (run.rundate, run.custom_rundate) == (date(2026, 11, 20), False)
    assert (run.after_run, run.trigger, run.status, run.scheduled) == (41, Trigger.AFTER, SCHEDULED, None)


def test_a_run_after_one_with_a_custom_rundate_is_for_the_same_day_each_with_its_own_offset():
    run = after(ended=NOON, rundate=date(2024, 3, 3), custom_rundate=True)
    assert (run.rundate, run.custom_rundate) == (date(2024, 2, 29), True)


def test_the_run_after_another_of_a_paused_job_expires():
    job = a_job(AfterSchedule(job_name="other"), paused=NOON, paused_by="bob")
    run = after(job, ended=NOON)
    assert (run.status, run.reason, run.ended) == (EXPIRED, "the job was paused by bob", NOON + DAY)
