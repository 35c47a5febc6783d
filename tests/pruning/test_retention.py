"""Which runs and which results may go: the rule alone."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.model.pruning import PastRun
from dtscheduler.model.status import RunStatus
from dtscheduler.running.retention import Keep, Marks, is_code, is_run_uuid, place_of, removable, unneeded

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
A, B = "a" * 32, "b" * 32


def run(
    number, *, age=10.0, status=RunStatus.COMPLETED, job="Daily", uuid="", scheduled=None, repeats=None, first=None
):
    ended = NOW - age * DAY
    return PastRun(
        id=number,
        uuid=uuid or f"{number:032x}",
        job_name=job,
        job_id=1,
        status=status,
        submitted=ended - DAY / 24,
        ended=ended if status.final else None,
        scheduled=scheduled,
        rerun_of=repeats,
        lineage=first or repeats,
        followed=True,
        owner="ada",
        group="quants",
        permissions="rwrwr-",
        run_as="ada",
    )


def gone(runs, days=7.0, last=0, job=None, may_remove=lambda run: True, awaited=lambda run: False):
    keep = Keep(since=NOW - days * DAY, last=last, job=job)
    ordered = sorted(runs, key=lambda run: -run.id)
    return {run.id for run in removable(ordered, keep, may_remove=may_remove, awaited=awaited)}


@st.composite
def histories(draw):
    """Runs of a few jobs, some of which repeat earlier ones."""
    made = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        earlier = draw(st.sampled_from([None, *made])) if made else None
        made.append(
            run(
                number,
                age=draw(st.sampled_from([0.5, 6.5, 7.5, 30.0])),
                status=draw(st.sampled_from(RunStatus)),
                job=draw(st.sampled_from(["one", "two"])),
                repeats=earlier.id if earlier else None,
                first=(earlier.lineage or earlier.id) if earlier else None,
            )
        )
    return made


LAST = st.integers(0, 3)


@given(histories(), LAST)
def test_what_goes_has_ended_long_enough_ago(runs, last):
    by_id = {run.id: run for run in runs}
    for number in gone(runs, last=last):
        assert by_id[number].status.final
        assert by_id[number].ended < NOW - 7 * DAY


@given(histories(), LAST)
def test_the_latest_runs_of_every_job_stay(runs, last):
    ran = defaultdict(list)
    for each in runs:
        if each.status.final and each.status is not RunStatus.EXPIRED:
            ran[each.job_name].append(each.id)
    latest = {number for numbers in ran.values() for number in numbers[-last:]} if last else set()
    assert latest.isdisjoint(gone(runs, last=last))


@given(histories(), LAST)
def test_nothing_that_stays_repeats_what_goes(runs, last):
    going = gone(runs, last=last)
    for each in runs:
        if each.id not in going:
            assert {each.rerun_of, each.lineage}.isdisjoint(going)


@given(histories(), LAST)
def test_what_is_old_goes_unless_there_is_a_reason_for_it_to_stay(runs, last):
    going = gone(runs, last=last)
    named = {number for each in runs if each.id not in going for number in (each.rerun_of, each.lineage)}
    for name in ("one", "two"):
        ran = [r for r in runs if r.job_name == name and r.status.final and r.status is not RunStatus.EXPIRED]
        latest = {r.id for r in ran[-last:]} if last else set()
        old = {r.id for r in runs if r.job_name == name and r.status.final and r.ended < NOW - 7 * DAY}
        assert old - latest - named <= going


@given(histories(), LAST, LAST)
def test_to_keep_more_removes_nothing_more(runs, last, more):
    assert gone(runs, days=8, last=last + more) <= gone(runs, days=7, last=last)


@given(histories(), LAST)
def test_pruning_again_removes_nothing_more(runs, last):
    left = [each for each in runs if each.id not in gone(runs, last=last)]
    assert gone(left, last=last) == set()


@given(histories(), LAST)
def test_what_may_not_be_removed_stays_with_all_that_it_repeats(runs, last):
    going = gone(runs, last=last, may_remove=lambda run: run.id % 2 == 0)
    assert all(number % 2 == 0 for number in going)
    assert all({r.rerun_of, r.lineage}.isdisjoint(going) for r in runs if r.id not in going)


@given(histories())
def test_pruning_one_job_removes_of_it_what_pruning_all_would_or_less(runs):
    going = gone(runs, job="one")
    assert {r.job_name for r in runs if r.id in going} <= {"one"}
    assert going <= gone(runs)


def test_a_run_that_ended_lately_stays_however_long_ago_it_was_submitted():
    assert gone([run(1, age=6.99), run(2, age=7.01)]) == {2}


def test_a_run_for_an_instant_to_come_keeps_that_instant_from_having_another():
    assert gone([run(1, age=30, scheduled=NOW + DAY), run(2, age=30, scheduled=NOW - 29 * DAY)]) == {2}


def test_expired_runs_go_by_age_and_push_no_run_out_that_ran():
    expired = [run(number, status=RunStatus.EXPIRED) for number in range(2, 50)]
    assert gone([run(1), *expired], last=1) == set(range(2, 50))


def test_two_spellings_of_a_name_are_one_job():
    assert gone([run(1, job="Übersicht"), run(2, job="Übersicht")], last=1) == {1}
    assert gone([run(1, job="Übersicht")], job="Übersicht") == {1}


def test_what_is_awaited_stays_with_what_it_repeats():
    assert gone([run(1), run(2, repeats=1), run(3)], awaited=lambda run: run.id == 2) == {3}


# -- results


def needed(keys, runs=(), referred=(), gone=(), freed=(), strangers=True, superseded=lambda run: True):
    known = {run.uuid: run for run in runs}
    going = unneeded(keys, known, set(referred), gone=gone, freed=freed, strangers=strangers, superseded=superseded)
    return sorted(set(keys) - set(going))


KEYS = [f"{A}.0.0.1.1@0", f"{A}.0.0.2.1@0"]


def test_results_of_a_run_that_has_gone_go_unless_another_run_refers_to_them():
    assert needed(KEYS, gone=[A]) == []
    assert needed(KEYS, gone=[A], referred=KEYS[:1]) == KEYS[:1]


@pytest.mark.parametrize("status", [status for status in RunStatus if not status.final])
def test_no_result_of_a_live_run_goes(status):
    assert needed(KEYS, runs=[run(1, uuid=A, status=status)]) == KEYS


def test_a_superseded_result_goes_when_its_run_has_ended():
    assert needed(KEYS, runs=[run(1, uuid=A)], referred=KEYS[1:]) == KEYS[1:]
    assert needed(KEYS, runs=[run(1, uuid=A)], referred=KEYS[1:], superseded=lambda run: False) == KEYS


def test_results_of_a_run_that_is_not_known_go_where_no_other_store_can_know_it():
    assert needed(KEYS, strangers=True) == []
    assert needed(KEYS, strangers=False) == KEYS


def test_a_result_goes_with_the_last_run_that_took_it_from_one_that_went_before():
    assert needed(KEYS, freed=KEYS[:1], strangers=False) == KEYS[1:]
    assert needed(KEYS, freed=KEYS, referred=KEYS[:1], strangers=False) == KEYS[:1]
    assert needed(KEYS, freed=KEYS, runs=[run(1, uuid=A, status=RunStatus.RUNNING)]) == KEYS


@pytest.mark.parametrize(
    "key", ["", "key", f"code.{A}@0", f"{A}.0.0.1@0", f"{A}.0.0.1.1.1@0", f"../{A}.0.0.1.1@0", f"{A}.0.-1.1.1@0"]
)
def test_what_is_not_the_key_of_an_attempt_is_left_alone(key):
    assert place_of(key) is None
    assert needed([key], gone=[A]) == [key]


def test_keys_of_code_are_told_from_those_of_results():
    assert is_code(f"code.{A}@3")
    assert not is_code(f"{A}.0.0.1.1@0")
    assert (place_of(KEYS[1]).run_uuid, place_of(f"{B}.3.12.2.1").task, place_of(f"{B}.3.12.2.1").part) == (A, 3, 12)


@pytest.mark.parametrize("name", ["workers", "..", "", "A" * 32, "a" * 31, "a" * 33, f"{'a' * 31}\n", "é" * 32])
def test_other_names_are_not_taken_for_those_of_runs(name):
    assert is_run_uuid(A)
    assert not is_run_uuid(name)


@given(st.lists(st.text(max_size=5)), st.text(max_size=5))
def test_marks_recognise_what_they_were_told(texts, other):
    marks = Marks(texts[:2])
    for text in texts:
        marks.add(text)
        assert text in marks
    assert (other in marks) == (other in texts)
    assert len(marks) == len(texts) + len(texts[:2])


def test_a_hundred_thousand_marks_are_recognised():
    marks = Marks(str(number) for number in range(100_000))
    assert Counter(str(number) in marks for number in range(0, 200_000, 1000)) == {True: 100, False: 100}
