"""Specs as text."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler.model.job import AccessSpec, AlertSpec, Isolation, JobSpec, PartSpec, Resources, Reuse, TaskSpec
from dtscheduler.model.priority import Priority
from dtscheduler.model.schedule import AfterCondition, AfterSchedule, Never, TimeSchedule
from dtscheduler.stores.specs import read_spec, spec_hash, write_spec

SPEC = JobSpec(
    name="flights",
    tasks=(TaskSpec(name="load", entrypoint="delays.load", parts=(PartSpec("load"),)),),
    upstream=((),),
    access=AccessSpec(owner="ada", group="analysts"),
)


@given(st.from_type(JobSpec))
@settings(max_examples=200, deadline=None)
def test_any_spec_is_read_back_exactly(spec):
    text = write_spec(spec)
    assert read_spec(text) == spec
    assert write_spec(read_spec(text)) == text


@pytest.mark.parametrize("schedule", [Never(), Never(timezone="Europe/Paris"), TimeSchedule(), AfterSchedule()])
def test_schedules_that_look_alike_stay_what_they_are(schedule):
    assert read_spec(write_spec(replace(SPEC, schedule=schedule))).schedule == schedule


def test_the_hash_is_the_same_in_every_process_and_version():
    assert spec_hash(write_spec(SPEC)) == "6f7df74a1932b4a7cbf8c148629f0c71"


def test_defaults_mean_today_what_they_meant_when_old_specs_were_written():
    old = (
        '{"job":{"name":"flights","tasks":[{"name":"load","entrypoint":"delays.load","parts":[{"name":"load"}]}],'
        '"upstream":[[]],"access":{"owner":"ada","group":"analysts"}},"never":{}}'
    )
    assert write_spec(SPEC) == old
    assert read_spec(old) == JobSpec(
        name="flights",
        tasks=(
            TaskSpec(
                name="load",
                entrypoint="delays.load",
                parts=(PartSpec(name="load", description="", config="{}"),),
                parallel=False,
                image=None,
                description="",
                argument_tasks=(),
                call=None,
                code=None,
                needs=Resources(cpu_mhz=400, memory_mb=400, disk_mb=300),
                retries=0,
                priority=Priority.NORMAL,
                arch="amd64",
                os="fedora",
                count_for_prewarming=False,
                isolation=Isolation.WORKER,
            ),
        ),
        upstream=((),),
        access=AccessSpec(owner="ada", group="analysts", permissions="rwrwr-", run_as=None),
        tag="dev",
        schedule=Never(timezone="UTC", rundate_offset=0),
        dev_run=False,
        work_dir=None,
        image=None,
        labels=(),
        fail_after=None,
        fail_after_run_children=AfterCondition.SUCCESS,
        priority=Priority.NORMAL,
        alerts=AlertSpec(email=(), sms=(), only_failures=False),
        reuse=Reuse.LINEAGE,
    )


def test_ten_thousand_tasks_are_written_and_read():
    tasks = tuple(
        TaskSpec(name=f"task-{i}", entrypoint="delays.load", parts=(PartSpec(f"task-{i}", config='{"month":1}'),))
        for i in range(10_000)
    )
    upstream = tuple(tuple(range(max(0, i - 3), i)) for i in range(10_000))
    spec = JobSpec(name="large", tasks=tasks, upstream=upstream, access=SPEC.access, fail_after=timedelta(hours=1))
    assert read_spec(write_spec(spec)) == spec
