"""The picture of a timeline: whatever the names, it is text in it, and each bar has the colour of its own attempt."""

from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from pictured import MIDNIGHT, all_completed, job, task, task_run
from test_svg import ALLOWED, HOSTILE, SECRETS, SVG

from dtscheduler.drawing.gantt import timeline_svg
from dtscheduler.drawing.timeline import timeline_of
from dtscheduler.model.run import AttemptRecord
from dtscheduler.model.status import TaskStatus


def parsed(text):
    return ElementTree.fromstring(text.encode())


def picture(text, **how):
    """A failed run in which everything that others write is this text."""
    spec = job(task(text, 3), task(f"{text} 2"), edges=[])
    task_runs = [replace(one, status=TaskStatus.FAILED, reason=text, part_name=text) for one in all_completed(spec)]
    return timeline_svg(timeline_of(spec, task_runs), title=text, **how)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_timeline_has_only_known_elements_and_attributes_whatever_the_names(text):
    for found in parsed(picture(text)).iter():
        assert set(found.attrib) <= ALLOWED[found.tag.removeprefix(SVG)]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_nowhere_in_a_timeline(text):
    assert "hunter2" not in picture(text)


def test_a_failed_first_attempt_of_a_completed_part_has_the_colour_of_failed_ones():
    spec = job("load")
    last = task_run(spec, 0, start=4, end=9, attempt=2)
    first = AttemptRecord(
        task=0,
        part=0,
        attempt=1,
        status=TaskStatus.FAILED,
        reason="",
        started=MIDNIGHT,
        ended=MIDNIGHT + timedelta(seconds=3),
    )
    root = parsed(timeline_svg(timeline_of(spec, [last], [first])))
    groups = [(group.get("class"), len(group.findall(f".//{SVG}rect/{SVG}title"))) for group in root.iter(f"{SVG}g")]
    assert [found for found in groups if found[1]] == [("failed", 1), ("completed", 1)]


def test_ten_thousand_task_runs_are_less_than_300_kb():
    spec = job(task("price", 10_000))
    assert len(timeline_svg(timeline_of(spec, all_completed(spec)))) < 300_000
