"""A spec that another process has written: what the constructors would not have made is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtscheduler import DAG, ParallelTask, Schedule, Task, batch, grid
from dtscheduler.api.parameters import check_spec
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.access import Right
from dtscheduler.model.job import AccessSpec, AlertSpec, CallSpec, PartSpec, Resources
from dtscheduler.model.schedule import TimeSchedule


@batch()
def load(n=1): ...


@pytest.fixture
def spec(tmp_path):
    schedule = Schedule(at_hours=[18], timezone="Europe/Paris", rundate_offset=-1)
    with DAG(Name="Risk", DevRun=True, WorkDir=tmp_path, Labels=["fx"], FailAfter="2h", Schedule=schedule) as dag:
        first = load(3)
        cells = ParallelTask(Name="cells", Entrypoint="a.b", ConfigurationJson=grid(x=[1, 2]), Retries=2)
        first >> cells >> Task(Name="last", Entrypoint="a.c", ConfigurationJson={"k": (1, 2)}, Priority="high")
        dag.last_run = "not to be run"
    return dag.spec()


def with_task(spec, number, **changes):
    tasks = list(spec.tasks)
    tasks[number] = replace(tasks[number], **changes)
    return replace(spec, tasks=tuple(tasks))


def test_what_the_constructors_made_is_right(spec):
    check_spec(spec)
    check_spec(DAG.from_spec(spec).spec())


WRONG = [
    lambda s: replace(s, name="a\0b"),
    lambda s: replace(s, name="a" * 10_000),
    lambda s: replace(s, labels=("x" * 100_000,)),
    lambda s: replace(s, tag="production"),
    lambda s: replace(s, fail_after=timedelta(seconds=-5)),
    lambda s: replace(s, access=AccessSpec(permissions="zzzzzz")),
    lambda s: replace(s, access=AccessSpec(run_as="a b")),
    lambda s: replace(s, alerts=AlertSpec(email=("a@example.com\nBcc: b@example.com",))),
    lambda s: replace(s, schedule=TimeSchedule(at_hours=(99,))),
    lambda s: replace(s, work_dir="somewhere/else"),
    lambda s: replace(s, work_dir=None),
    lambda s: replace(s, priority=Right.READ),
    lambda s: with_task(s, 1, name="a\nb"),
    lambda s: with_task(s, 1, name="last"),
    lambda s: with_task(s, 1, retries=-5),
    lambda s: with_task(s, 1, needs=Resources(cpu_mhz=-1)),
    lambda s: with_task(s, 1, parts=()),
    lambda s: with_task(s, 1, parts=s.tasks[1].parts[:1] * 2),
    lambda s: with_task(s, 1, parts=(PartSpec("x", config="not json"),)),
    lambda s: with_task(s, 1, parts=(PartSpec("x", config="[]"),)),
    lambda s: with_task(s, 1, entrypoint="../../etc"),
    lambda s: with_task(s, 1, parallel=False),
    lambda s: with_task(s, 0, code="../../key"),
    lambda s: with_task(s, 0, call=CallSpec("[1]")),
    lambda s: with_task(s, 0, call=CallSpec("{")),
    lambda s: with_task(s, 2, isolation="thread"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_what_they_refuse_is_refused(spec, number):
    with pytest.raises(InvalidJobError):
        check_spec(WRONG[number](spec))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(retries=st.integers(0, 5), memory=st.integers(1, 10_000), labels=st.lists(st.sampled_from("abc"), unique=True))
def test_whatever_they_make_is_right(tmp_path, retries, memory, labels):
    dag = DAG(Name="Risk", DevRun=True, WorkDir=tmp_path, Labels=labels)
    Task(Name="one", Entrypoint="a.b", Retries=retries, Memory=memory, dag=dag)
    check_spec(dag.spec())
