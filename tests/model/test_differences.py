"""What differs between two versions of a job, in words."""

from dataclasses import replace

import pytest

from dtscheduler.model.config import encode
from dtscheduler.model.differences import job_changes
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, Reuse, TaskSpec
from dtscheduler.model.priority import Priority

PARTS = tuple(PartSpec(f"p{n}", config=encode({"n": n, "x": 1}, "")) for n in range(3))
LOAD = TaskSpec(name="load", entrypoint="a.load", parts=(PartSpec("load"),))
SIZE = TaskSpec(name="size", entrypoint="a.size", parts=PARTS, parallel=True)
JOB = JobSpec(name="job", tasks=(LOAD, SIZE), upstream=((), (0,)), access=AccessSpec(owner="ada"))


def changed(number, **fields):
    tasks = list(JOB.tasks)
    tasks[number] = replace(tasks[number], **fields)
    return replace(JOB, tasks=tuple(tasks))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (JOB, []),
        (replace(JOB, tag="prod"), ["tag: dev → prod"]),
        (replace(JOB, reuse=Reuse.CONTENT), ["reuse: lineage → content"]),
        (replace(JOB, labels=("a",)), ["labels changed"]),
        (changed(0, retries=2), ["task 'load': retries: 0 → 2"]),
        (changed(0, entrypoint="b.load"), ["task 'load': entrypoint: a.load → b.load"]),
        (changed(0, priority=Priority.HIGH), ["task 'load': priority: NORMAL → HIGH"]),
        (replace(JOB, upstream=((), ())), ["task 'size': waits for nothing, not load"]),
        (replace(JOB, tasks=(LOAD,), upstream=((),)), ["task 'size' is gone"]),
        (
            changed(0, name="read"),
            ["task 'read' is new", "task 'size': waits for read, not load", "task 'load' is gone"],
        ),
        (changed(1, parts=PARTS[:2]), ["task 'size': 1 part gone: p2"]),
        (changed(1, parts=(*PARTS, PartSpec("p3"))), ["task 'size': 1 part new: p3"]),
        (
            changed(1, parts=(PartSpec("p0", config=encode({"n": 9, "x": 1}, "")), *PARTS[1:])),
            ["task 'size': configuration changed: n"],
        ),
        (changed(1, parts=PARTS[::-1]), []),
    ],
)
def test_differences_are_told_one_by_one(after, said):
    assert job_changes(JOB, after) == said


def test_values_of_the_configuration_are_not_told():
    secret = changed(0, parts=(PartSpec("load", config=encode({"password": "hunter2"}, "")),))
    assert job_changes(JOB, secret) == ["task 'load': configuration changed: password"]


def test_names_cannot_break_lines():
    assert "\n" not in "".join(job_changes(JOB, changed(0, description="a\nb", entrypoint="a\x1b[31m.load")))
