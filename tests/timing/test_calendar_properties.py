"""What holds for the fires of any schedule, in any zone, from any instant."""

from datetime import timedelta
from itertools import islice

from chosen import ZONES, instants, instants_near_a_clock_change, timed
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import expected_fires, rules

from dtscheduler.timing.calendar import fires, fires_between, next_fire

LONG = timedelta(days=3)


@settings(max_examples=150, deadline=None)
@given(st.data(), timed())
def test_fires_near_clock_changes_go_by_the_rules(data, schedule):
    start = data.draw(instants_near_a_clock_change(schedule.spec.timezone))
    assert fires_between(schedule.spec, start, start + LONG) == expected_fires(schedule.spec, start, start + LONG)


@settings(max_examples=100, deadline=None)
@given(instants, timed())
def test_fires_at_any_time_go_by_the_rules(instant, schedule):
    start = instant.replace(second=0, microsecond=0)
    if start.year >= 1973:  # before, some clocks were odd seconds ahead, and the minutes of UTC were not theirs
        assert fires_between(schedule.spec, start, start + LONG) == expected_fires(schedule.spec, start, start + LONG)


@settings(deadline=None)
@given(instants, timed())
def test_fires_are_after_the_instant_and_each_later_than_the_one_before(instant, schedule):
    found = [instant, *islice(fires(schedule.spec, instant), 50)]
    assert len(found) == 51
    assert all(early < late for early, late in zip(found, found[1:], strict=False))


@settings(deadline=None)
@given(instants, timed(zones=["UTC"]))
def test_where_no_clock_changes_every_fire_is_a_time_that_matches(instant, schedule):
    found = islice(fires(schedule.spec, instant), 30)
    assert all(rules(schedule.spec)(fire.replace(tzinfo=None)) for fire in found)


@settings(deadline=None)
@given(instants, timed())
def test_the_next_fire_is_the_first_of_the_fires(instant, schedule):
    assert next_fire(schedule.spec, instant) == next(fires(schedule.spec, instant))


@settings(deadline=None)
@given(st.data(), timed())
def test_asking_after_each_fire_gives_the_same_fires(data, schedule):
    start = fire = data.draw(instants_near_a_clock_change(schedule.spec.timezone))
    for expected in islice(fires(schedule.spec, start), 20):
        fire = next_fire(schedule.spec, fire)
        assert fire == expected


@settings(deadline=None)
@given(st.data(), st.sampled_from(ZONES))
def test_asking_a_little_before_a_fire_gives_it(data, zone):
    schedule = data.draw(timed(zones=[zone]))
    fire = next_fire(schedule.spec, data.draw(instants_near_a_clock_change(zone)))
    assert next_fire(schedule.spec, fire - timedelta(microseconds=1)) == fire


@settings(deadline=None)
@given(st.data(), timed())
def test_two_halves_of_a_time_have_the_fires_of_the_whole(data, schedule):
    start = data.draw(instants_near_a_clock_change(schedule.spec.timezone))
    middle, end = start + timedelta(hours=data.draw(st.integers(0, 72))), start + LONG
    halves = fires_between(schedule.spec, start, middle) + fires_between(schedule.spec, middle, end)
    assert halves == fires_between(schedule.spec, start, end)
