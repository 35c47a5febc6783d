"""Explanations and previews agree with the fires, also where the clock changes."""

from datetime import timedelta

from chosen import instants_near_a_clock_change, timed
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import MINUTE, expected_fires, offset


@settings(deadline=None)
@given(st.data(), timed())
def test_an_instant_is_explained_as_a_fire_exactly_if_it_is_one(data, schedule):
    instant = data.draw(instants_near_a_clock_change(schedule.spec.timezone))
    fires = expected_fires(schedule.spec, instant - MINUTE, instant) == [instant]
    explanation = schedule.explain(instant)
    assert explanation.fires == fires
    assert not fires or all(check.matches for check in explanation.levels)


@settings(deadline=None)
@given(st.data(), timed())
def test_every_fire_has_its_line_in_the_preview_and_is_explained_as_one(data, schedule):
    start = data.draw(instants_near_a_clock_change(schedule.spec.timezone))
    fires = schedule.next_fires(start, n=10)
    assert [row.utc for row in schedule.preview(n=10, after=start)] == fires
    assert all(schedule.explain(fire).fires for fire in fires)


@settings(deadline=None)
@given(st.data(), timed())
def test_what_a_clock_change_does_is_told_only_near_one(data, schedule):
    start = data.draw(instants_near_a_clock_change(schedule.spec.timezone))
    for row in schedule.preview(n=10, after=start):
        early, late = (row.utc + sign * timedelta(hours=25) for sign in (-1, 1))
        assert not row.clock_change or offset(schedule.spec.timezone, early) != offset(schedule.spec.timezone, late)
