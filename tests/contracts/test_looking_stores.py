"""What every store answers to screens: pages, counts and figures, of what may be read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler.errors import NotFoundError
from dtscheduler.model.access import Identity
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.figures import DayFigures, TaskCount
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord, TaskRunPage, TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.stores.memory import MemoryStore
from dtscheduler.stores.sql import open_store

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TASK = TaskSpec(name="load", entrypoint="delays.load", parts=(PartSpec("load"),))
SPEC = JobSpec(name="flights", tasks=(TASK,), upstream=((),), access=AccessSpec(owner="ada", permissions="rw----"))
ADA, BEN = Identity(user="ada"), Identity(user="ben")
NAMES = (
    "alpha",
    "Beta",
    "gamma",
    "Delta",
    "100% sure",
    "a_b",
    "back\\slash",
    "Équité É",
    "straße",
    "STRASSE",
    "é*? [x] (y) ^$.+|{2}",
)


@pytest.fixture
def save(store):
    """Saves jobs by name: ``save("flights", "hotels", owner="ben")``; gives the last one."""

    def saved(*names, owner="ada", next_fire=None, **changes):
        for name in names:
            access = AccessSpec(owner=owner, permissions="rw----")
            spec = replace(SPEC, name=name, access=access, **changes)
            job = store.save_job(spec, saved_by=owner, now=NOON, next_fire=next_fire)
        return job

    return saved


@pytest.fixture
def add(store):
    """Adds a run: ``add(minute=3, tag="prod")``; gives it as it is kept."""

    def added(task_runs=(), minute=0, job=None, **changes):
        of_job = {"job_id": job.id, "job_name": job.name, "job_version": 1} if job else {"job_name": "flights"}
        run = RunRecord(
            id=0, uuid=uuid4().hex, spec_hash="", status=RunStatus.RUNNING, submitted=NOON + minute * MINUTE,
            rundate=date(2026, 1, 31), owner="ada", permissions="rw----", **of_job,
        )  # fmt: skip
        return store.add_run(replace(run, **changes), SPEC, task_runs)

    return added


def part(task, number, status=TaskStatus.PENDING, name=None, **facts):
    title = f"p{number}" if name is None else name
    return TaskRunRecord(task=task, part=number, task_name=f"t{task}", part_name=title, status=status, **facts)


def names(jobs):
    return [job.name for job in jobs]


def ids(runs):
    return [run.id for run in runs]


# Jobs


def test_jobs_come_by_name_a_page_at_a_time(store, save):
    save("b", "C", "a", "é", "z")
    pages = [names(store.jobs(JobQuery(offset=offset, limit=2))) for offset in (0, 2, 4, 6)]
    assert pages == [["C", "a"], ["b", "z"], ["é"], []]
    assert store.count_jobs(JobQuery(limit=2, offset=4)) == 5


def test_the_job_that_fires_next_comes_first_and_those_that_fire_no_more_last(store, save):
    save("never", "hand")
    save("late", next_fire=NOON + DAY)
    save("soon", next_fire=NOON + MINUTE)
    store.pause(save("paused", next_fire=NOON).id, paused=NOON, by="ada")
    assert names(store.jobs(JobQuery(order="next_fire"))) == ["soon", "late", "hand", "never", "paused"]
    assert names(store.jobs(JobQuery(order="next_fire", offset=1, limit=2))) == ["late", "hand"]


def test_jobs_are_chosen_by_whether_they_are_paused(store, save):
    save("goes on")
    store.pause(save("waits").id, paused=NOON, by="ada")
    assert names(store.jobs(JobQuery(paused=True))) == ["waits"]
    assert names(store.jobs(JobQuery(paused=False))) == ["goes on"]
    assert store.count_jobs(JobQuery(paused=True)) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ALPHA", ["alpha"]),
        ("t", ["Beta", "Delta", "STRASSE", "straße", "Équité É"]),
        ("0%", ["100% sure"]),
        ("%", ["100% sure"]),
        ("(y)", ["é*? [x] (y) ^$.+|{2}"]),
        ("_", ["a_b"]),
        ("\\", ["back\\slash"]),
        ("/", []),
        ("éQUIT", ["Équité É"]),
        ("É É", ["Équité É"]),
        ("é E\u0301", ["Équité É"]),
        ("RASSE", ["STRASSE"]),
        ("STRAßE", ["straße"]),
        ("éxé", []),
        ("É*? [X] (Y) ^$.+|{2}", ["é*? [x] (y) ^$.+|{2}"]),
        ("é*", ["é*? [x] (y) ^$.+|{2}"]),
        ("é.", []),
        ("é?", []),
        ("ü" + "".join(map(chr, range(0x430, 0x450))), []),
        ("sure\n", []),
        ("\x00", []),
        ("\ud800", []),
        ("a" * 60_000, []),
        ("' OR 1=1 --", []),
        ("", sorted(NAMES)),
    ],
)
def test_a_part_of_a_name_is_found_in_capitals_or_not_and_taken_literally(store, save, add, text, found):
    for name in NAMES:
        save(name)
        add(job_name=name)
    assert names(store.jobs(JobQuery(text=text))) == found
    assert sorted(run.job_name for run in store.runs(RunQuery(job_text=text))) == found
    assert (store.count_jobs(JobQuery(text=text)), store.count_runs(RunQuery(job_text=text))) == (len(found),) * 2


def test_a_reader_counts_and_pages_only_the_jobs_that_are_readable(store, save):
    save("a", "b", "c")
    save("x", owner="ben")
    assert store.count_jobs(JobQuery(reader=BEN)) == 1
    assert names(store.jobs(JobQuery(reader=ADA, offset=1, limit=5))) == ["b", "c"]


def test_each_job_has_the_run_that_was_submitted_last(store, save, add):
    flights, hotels, trains = save("flights"), save("hotels"), save("trains")
    add(job=flights, minute=3)
    newest = add(job=flights, minute=5)
    add(job=flights, minute=4)
    only = add(job=hotels)
    add(minute=9)
    assert store.latest_runs([flights.id, hotels.id, trains.id, 10**6]) == {flights.id: newest, hotels.id: only}
    assert store.latest_runs([flights.id]) == {flights.id: newest}
    assert store.latest_runs([]) == {}


def test_the_latest_run_of_what_may_not_be_read_is_left_out(store, save, add):
    mine, theirs = save("flights"), save("hotels", owner="ben")
    runs = [add(job=mine), add(job=theirs)]
    assert ids(store.latest_runs([mine.id, theirs.id], ADA).values()) == ids(runs[:1])


def test_the_latest_runs_of_very_many_jobs_are_found(store, save, add):
    job = save("flights")
    run = add(job=job)
    assert store.latest_runs(range(1, 2_000)) == {job.id: run}


# Runs


def test_pages_of_runs_together_are_all_runs_newest_first(store, add):
    runs = [add(minute=minute) for minute in (2, 9, 4, 4, 1)]
    in_order = ids([runs[1], runs[3], runs[2], runs[0], runs[4]])
    pages = [ids(store.runs(RunQuery(offset=offset, limit=2))) for offset in (0, 2, 4, 6)]
    assert pages == [in_order[:2], in_order[2:4], in_order[4:], []]
    assert ids(store.runs(RunQuery(offset=3))) == in_order[3:]
    assert store.count_runs(RunQuery(offset=3, limit=1)) == 5


def test_runs_that_are_added_do_not_move_others_to_the_next_page(store, add):
    for minute in range(6):
        add(minute=minute)
    first = RunQuery(newest=store.newest_run(), limit=3)
    before = ids(store.runs(first)), ids(store.runs(replace(first, offset=3)))
    add(minute=9)
    add(minute=2)
    assert (ids(store.runs(first)), ids(store.runs(replace(first, offset=3)))) == before
    assert (store.count_runs(first), store.count_runs(RunQuery())) == (6, 8)


def test_the_newest_run_is_known_by_its_number(store, add):
    assert store.newest_run() == 0
    add(minute=5)
    last = add(minute=1)
    assert store.newest_run() == last.id


def test_rows_for_reports_come_in_the_same_pages(store, add):
    runs = [add(minute=minute) for minute in range(5)]
    rows = [row for chunk in store.run_rows(RunQuery(offset=1, limit=2), ["run", "n_tasks"]) for row in chunk]
    assert [run for run, _ in rows] == [runs[3].id, runs[2].id]


def test_a_reader_counts_runs_as_their_jobs_are_now_and_others_as_they_were_made(store, save, add):
    mine, theirs, gone = save("flights"), save("hotels", owner="ben"), save("trains", owner="ben")
    add(job=mine, owner="ben")
    add(job=theirs, owner="ada")
    add(job=gone, owner="ada")
    add(owner="ada")
    store.delete_job(gone.id, NOON)
    counted = [store.count_runs(RunQuery(reader=reader)) for reader in (ADA, BEN, Identity(user="x", admin=True))]
    assert counted == [2, 2, 4]
    assert [len(store.runs(RunQuery(reader=reader, limit=9))) for reader in (ADA, BEN)] == [2, 2]


def test_reruns_are_found_under_the_first_run_of_their_lineage(store, add):
    first, other = add(), add()
    again = add(minute=1, rerun_of=first.id, lineage=first.id)
    thrice = add(minute=2, rerun_of=again.id, lineage=first.id)
    assert store.reruns_of([first.id, other.id, again.id]) == {first.id: [thrice, again], other.id: [], again.id: []}
    assert store.reruns_of([]) == {}


def test_reruns_that_may_not_be_read_are_left_out(store, add):
    first = add()
    add(rerun_of=first.id, lineage=first.id, owner="ben")
    assert store.reruns_of([first.id], ADA) == {first.id: []}


# Figures


def test_every_day_has_figures_also_one_without_runs(store, add):
    done = {"started": NOON, "ended": NOON + MINUTE}
    add(status=RunStatus.COMPLETED, **done)
    add(status=RunStatus.FAILED_AFTER, **done)
    add(status=RunStatus.OUT_OF_MEMORY, submitted=NOON - 2 * DAY, **done)
    add(status=RunStatus.RUNNING, started=NOON)
    add(status=RunStatus.EXPIRED, submitted=NOON - 3 * DAY)
    assert store.run_figures(RunQuery(), NOON.date() - 2 * DAY, NOON.date()) == [
        DayFigures(day=date(2026, 1, 29), failed=1, seconds=60.0),
        DayFigures(day=date(2026, 1, 30)),
        DayFigures(day=date(2026, 1, 31), completed=1, failed=1, other=1, seconds=120.0),
    ]


def test_a_day_is_from_midnight_to_midnight_in_utc(store, add):
    midnight = datetime(2026, 2, 1, tzinfo=UTC)
    for submitted in (midnight - timedelta(microseconds=1), midnight, midnight + DAY - timedelta(microseconds=1)):
        add(submitted=submitted)
    figures = store.run_figures(RunQuery(), date(2026, 1, 31), date(2026, 2, 2))
    assert [figure.other for figure in figures] == [1, 2, 0]


def test_figures_are_of_what_the_query_asks_for_on_all_its_pages(store, add):
    for owner in ("ada", "ben", "ada"):
        add(owner=owner, status=RunStatus.COMPLETED)
    [figures] = store.run_figures(RunQuery(reader=ADA, limit=1, offset=1), NOON.date(), NOON.date())
    assert (figures.completed, figures.other) == (2, 0)
    [figures] = store.run_figures(RunQuery(owner="ben"), NOON.date(), NOON.date())
    assert figures.completed == 1


# Task runs


def test_parts_are_counted_by_task_and_status(store, add):
    done, failed = TaskStatus.COMPLETED, TaskStatus.FAILED
    run = add([part(1, 0, done), part(1, 1, done), part(1, 2, failed), part(0, 0, done)])
    add([part(0, 0, failed)])
    assert store.task_counts(run.id) == [
        TaskCount(task=0, task_name="t0", status=done, count=1),
        TaskCount(task=1, task_name="t1", status=done, count=2),
        TaskCount(task=1, task_name="t1", status=failed, count=1),
    ]


def test_the_states_of_all_parts_are_plain_values_in_order(store, add):
    run = add([part(1, 1, TaskStatus.RUNNING), part(1, 0), part(0, 0, TaskStatus.REUSED)])
    assert store.part_states(run.id) == [(0, 0, "reused"), (1, 0, "pending"), (1, 1, "running")]
    assert {type(cell) for row in store.part_states(run.id) for cell in row} == {int, str}


def test_a_run_that_is_not_planned_yet_has_no_parts(store, add):
    run = add()
    empty = store.task_counts(run.id), store.part_states(run.id), store.task_run_page(run.id, TaskRunPage())
    assert empty == ([], [], [])
    assert store.count_task_runs(run.id, TaskRunPage()) == 0


@pytest.mark.parametrize("asked", ["task_counts", "part_states", "task_runs"])
def test_a_run_that_is_not_there_has_no_parts_to_tell_of(store, asked):
    with pytest.raises(NotFoundError, match="no run 7"):
        getattr(store, asked)(7)
    with pytest.raises(NotFoundError, match="no run 7"):
        store.task_run_page(7, TaskRunPage())


MEASURED = [
    part(0, 0, started=NOON, ended=NOON + MINUTE, peak_memory_mb=90.5),
    part(0, 1, started=NOON + 2 * MINUTE, ended=NOON + 5 * MINUTE, peak_memory_mb=10.0),
    part(0, 2, started=NOON + MINUTE),
    part(0, 3),
    part(1, 0, started=NOON, ended=NOON + MINUTE, peak_memory_mb=100.0),
]


@pytest.mark.parametrize(
    ("order", "places"),
    [
        ("part", [0, 1, 2, 3, 4]),
        ("duration", [1, 0, 4, 2, 3]),
        ("memory", [4, 0, 1, 2, 3]),
        ("started", [1, 2, 0, 4, 3]),
    ],
)
def test_parts_come_in_the_order_that_is_asked_for_unmeasured_ones_last(store, add, order, places):
    run = add(MEASURED)
    assert store.task_run_page(run.id, TaskRunPage(order=order)) == [MEASURED[place] for place in places]
    page = store.task_run_page(run.id, TaskRunPage(order=order, offset=1, limit=2))
    assert page == [MEASURED[place] for place in places[1:3]]


@pytest.mark.parametrize(
    ("page", "places"),
    [
        ({"task": 1}, [3, 4]),
        ({"task": 1, "part": 1}, [4]),
        ({"task": 0, "part": 7}, []),
        ({"statuses": [TaskStatus.FAILED]}, [1, 3]),
        ({"statuses": []}, []),
        ({"text": "USD"}, [1, 4]),
        ({"text": "%"}, [2]),
        ({"text": "É"}, [3]),
        ({"text": "e\u0301"}, [3]),
        ({"task": 0, "text": "5", "statuses": [TaskStatus.PENDING]}, [2]),
    ],
)
def test_parts_are_chosen_by_each_part_of_a_page(store, add, page, places):
    parts = [
        part(0, 0, name="eur 1"), part(0, 1, TaskStatus.FAILED, "usd 1"), part(0, 2, name="5 %"),
        part(1, 0, TaskStatus.FAILED, "Caf\u00e9"), part(1, 1, name="Usd 5"),
    ]  # fmt: skip
    run = add(parts)
    assert store.task_run_page(run.id, TaskRunPage(**page)) == [parts[place] for place in places]
    assert store.count_task_runs(run.id, TaskRunPage(**page, offset=1, limit=1)) == len(places)


# Alerts


def test_alerts_are_about_runs_or_jobs_that_may_be_read(store, save, add):
    mine, theirs, gone = save("mine"), save("theirs", owner="ben"), save("gone")
    of_runs = [add(job=mine).id, add(job=theirs).id, add(owner="ben").id, add().id, 10**6]
    of_jobs = ["mine", "theirs", "gone", "never there"]
    store.delete_job(gone.id, NOON)
    alert = AlertRecord(id=0, kind=AlertKind.FAILED, channel=Channel.CHAT, recipient="", job_name="mine", created=NOON)
    store.add_alerts([replace(alert, run_id=run_id) for run_id in of_runs])
    store.add_alerts([replace(alert, job_name=name) for name in of_jobs])
    assert [(told.run_id, told.job_name) for told in store.alerts(reader=ADA)] == [
        (None, "mine"), (of_runs[3], "mine"), (of_runs[0], "mine"),
    ]  # fmt: skip
    assert [told.run_id for told in store.alerts(reader=ADA, limit=2)] == [None, of_runs[3]]
    assert len(store.alerts(reader=Identity(user="root", admin=True))) == len(store.alerts()) == 9


# Both kinds of stores agree


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    stores = MemoryStore(), open_store(tmp_path_factory.mktemp("both") / "store.db")
    for number in range(60):
        name = NAMES[number % len(NAMES)]
        access = AccessSpec(owner=("ada", "ben", "cy")[number % 3], group=("x", "y")[number % 2])
        access = replace(access, permissions=("rwrwr-", "rwr---", "rw----")[number % 3])
        spec = replace(SPEC, name=name, access=access)
        run = RunRecord(
            id=0, uuid=uuid4().hex, spec_hash="", rundate=date(2026, 1, 31), submitted=NOON + number % 7 * DAY,
            status=list(RunStatus)[number % 9], job_name=name, owner=access.owner, group=access.group,
            permissions=access.permissions, labels=("a", "b,c")[: number % 3], job_id=number % 9 + 1 if number % 4 else None,
            started=NOON, ended=NOON + number * MINUTE,
        )  # fmt: skip
        for kept in stores:
            if number < len(NAMES):
                kept.save_job(spec, saved_by="ada", now=NOON)
            kept.add_run(run, spec, ())
    for kept in stores:
        kept.delete_job(3, NOON)
    yield stores
    stores[1].close()


QUERIES = st.builds(
    RunQuery,
    job_text=st.sampled_from(["", "A", "_", "é", "ß", "zz"]),
    label=st.sampled_from([None, "a", "b,c", "b"]),
    owner=st.sampled_from([None, "ada", "ben"]),
    statuses=st.none() | st.sets(st.sampled_from(RunStatus)),
    since=st.none() | st.just(NOON + DAY),
    newest=st.none() | st.integers(0, 70),
    reader=st.none() | st.builds(Identity, user=st.sampled_from(["ada", "ben", "zoe"]), groups=st.frozensets(st.just("x"))),
    offset=st.integers(0, 70),
    limit=st.none() | st.integers(0, 70),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(query=QUERIES)
def test_memory_and_a_database_answer_alike(both, query):
    in_memory, in_database = both
    assert ids(in_memory.runs(query)) == ids(in_database.runs(query))
    assert in_memory.count_runs(query) == in_database.count_runs(query)
    first, last = NOON.date() - DAY, NOON.date() + 7 * DAY
    assert in_memory.run_figures(query, first, last) == in_database.run_figures(query, first, last)
