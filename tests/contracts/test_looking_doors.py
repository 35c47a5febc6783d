"""What somebody sees through the door of a workspace: figures by day, parts by number, and only what may be read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from dtscheduler.errors import InvalidJobError, NotFoundError
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord, TaskRunPage, TaskRunRecord
from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.model.status import RunStatus

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TASK = TaskSpec(name="load", entrypoint="delays.load", parts=(PartSpec("load"),))
SPEC = JobSpec(name="flights", tasks=(TASK,), upstream=((),), access=AccessSpec(owner="ada", permissions="rw----"))
PARTS = [TaskRunRecord(task=0, part=number, task_name="load", part_name=f"p{number}") for number in range(3)]


@pytest.fixture
def ada(store, door):
    return door(store, "ada")


@pytest.fixture
def ben(store, door):
    return door(store, "ben")


@pytest.fixture
def add(store):
    """Adds a run of ada's that nobody else may read."""

    def added(**changes):
        run = RunRecord(
            id=0, uuid=uuid4().hex, job_name="flights", spec_hash="", status=RunStatus.COMPLETED, submitted=NOON,
            rundate=NOON.date(), owner="ada", permissions="rw----",
        )  # fmt: skip
        return store.add_run(replace(run, **changes), SPEC, PARTS)

    return added


def test_figures_end_today(ada, add):
    add()
    add(submitted=NOON - 13 * DAY)
    add(submitted=NOON - 14 * DAY)
    figures = ada.run_figures(RunQuery())
    assert [figure.day for figure in (figures[0], figures[-1])] == [date(2026, 1, 18), date(2026, 1, 31)]
    assert [figure.completed for figure in figures] == [1, *[0] * 12, 1]


@pytest.mark.parametrize(
    ("until", "days"),
    [
        (NOON - 3 * DAY, [date(2026, 1, 27), date(2026, 1, 28)]),
        (datetime(2026, 1, 28, tzinfo=UTC), [date(2026, 1, 26), date(2026, 1, 27)]),
        (NOON + 99 * DAY, [date(2026, 1, 30), date(2026, 1, 31)]),
        (datetime(1, 1, 1, tzinfo=UTC), [date(1969, 12, 31), date(1970, 1, 1)]),
    ],
)
def test_figures_of_an_earlier_time_end_with_it(ada, until, days):
    assert [figure.day for figure in ada.run_figures(RunQuery(until=until), days=2)] == days


@pytest.mark.parametrize("days", [0, -1, 367])
def test_figures_of_no_days_or_of_more_than_a_year_are_refused(ada, days):
    with pytest.raises(InvalidJobError, match=f"not of {days}"):
        ada.run_figures(RunQuery(), days=days)


def test_figures_of_a_whole_year_are_given(ada, add):
    add(submitted=NOON - 365 * DAY)
    assert [figure.completed for figure in ada.run_figures(RunQuery(), days=366)] == [1, *[0] * 365]


def test_one_part_is_found_by_its_numbers(ada, add):
    run = add()
    assert ada.task_run_record(run.id, 0, 2) == PARTS[2]
    for task, part in ((0, 3), (1, 0), (-1, 0)):
        with pytest.raises(NotFoundError, match=f"no part {part} of a task {task}"):
            ada.task_run_record(run.id, task, part)


def test_lists_and_figures_are_of_what_may_be_read(store, ada, ben, add):
    job = store.save_job(SPEC, saved_by="ada", now=NOON)
    first = add(job_id=job.id)
    add(job_id=job.id, rerun_of=first.id, lineage=first.id, submitted=NOON + DAY)

    def seen(place):
        figures = place.run_figures(RunQuery(), days=1)[0].completed
        reruns = len(place.reruns_of([first.id])[first.id])
        return (
            place.count_jobs(JobQuery()),
            place.count_runs(RunQuery()),
            len(place.latest_runs([job.id])),
            reruns,
            figures,
        )

    assert seen(ada) == (1, 2, 1, 1, 1)
    assert seen(ben) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "look",
    [
        lambda place, run: place.task_counts(run),
        lambda place, run: place.part_states(run),
        lambda place, run: place.task_run_page(run, TaskRunPage()),
        lambda place, run: place.count_task_runs(run, TaskRunPage()),
        lambda place, run: place.task_run_record(run, 0, 0),
    ],
)
def test_the_parts_of_a_run_are_for_those_who_may_read_it(ada, ben, add, look):
    run = add()
    assert look(ada, run.id)
    with pytest.raises(NotFoundError, match="no run"):
        look(ben, run.id)


def test_the_next_fire_is_that_of_the_first_job_that_is_readable_and_not_paused(store, ada, ben):
    def save(name, fire, owner="ada"):
        access = AccessSpec(owner=owner, permissions="rw----")
        spec = replace(SPEC, name=name, access=access, schedule=TimeSchedule(at_hours=(18,)))
        return store.save_job(spec, saved_by=owner, now=NOON, next_fire=fire)

    assert ada.next_fire() is None
    save("late", NOON + DAY)
    save("of ben", NOON + 2 * DAY, owner="ben")
    store.pause(save("paused", NOON + DAY / 2).id, paused=NOON, by="ada")
    assert (ada.next_fire(), ben.next_fire()) == (NOON + DAY, NOON + 2 * DAY)
    save("overdue", NOON - DAY)
    assert ada.next_fire() == NOON
