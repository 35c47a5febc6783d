"""What every store does, whatever it is made of."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from dtscheduler.errors import InvalidJobError, LeaseLostError, NotFoundError, WorkspaceError
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import AttemptRecord, JobQuery, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.saved import ImageRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ports import Store

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
SPEC = JobSpec(
    name="flights",
    tasks=(
        TaskSpec(name="load", entrypoint="delays.load", parts=(PartSpec("load"),)),
        TaskSpec(name="mean", entrypoint="delays.mean", parts=(PartSpec("AA"), PartSpec("UA")), parallel=True),
    ),
    upstream=((), (0,)),
    access=AccessSpec(owner="ada", group="analysts"),
)
LOAD = TaskRunRecord(task=0, part=0, task_name="load", part_name="load")
TASK_RUNS = [
    LOAD,
    TaskRunRecord(task=1, part=0, task_name="mean", part_name="AA"),
    TaskRunRecord(task=1, part=1, task_name="mean", part_name="UA"),
]
LOADED = replace(
    LOAD,
    status=TaskStatus.COMPLETED,
    reason="returned",
    attempt=2,
    fingerprint="f-load",
    result_key="k-load",
    result_bytes=5_000_000_000,
    preview="336776 rows",
    submitted=NOON,
    started=NOON,
    ended=LATER,
    cpu_seconds=0.25,
    peak_memory_mb=88.5,
    worker="w1",
    host="here",
    traceback="none",
)


def a_run(**changes) -> RunRecord:
    run = RunRecord(
        id=0,
        uuid=str(uuid4()),
        job_name="flights",
        spec_hash="",
        status=RunStatus.READY,
        rundate=date(2026, 1, 31),
        submitted=NOON,
        owner="ada",
        lease_holder="laptop:1",
        lease_until=LATER,
        lease_epoch=1,
    )
    return replace(run, **changes)


def add(store: Store, **changes) -> RunRecord:
    return store.add_run(a_run(**changes), SPEC, TASK_RUNS)


def only(store: Store, run: RunRecord) -> RunRecord:
    (found,) = store.runs(RunQuery(id=run.id))
    return found


# Jobs


def test_a_saved_job_is_found_with_its_spec(store):
    saved = store.save_job(SPEC, saved_by="ada", now=NOON)
    assert (saved.name, saved.version, saved.owner, saved.group) == ("flights", 1, "ada", "analysts")
    assert store.jobs(JobQuery(name="flights")) == [saved]
    assert store.spec(saved.spec_hash) == SPEC


def test_saving_an_unchanged_job_changes_nothing(store):
    saved = store.save_job(SPEC, saved_by="ada", now=NOON)
    assert store.save_job(SPEC, saved_by="bob", now=LATER) == saved
    assert len(store.versions(saved.id)) == 1


def test_saving_a_changed_job_adds_a_version_and_keeps_its_identity(store):
    first = store.save_job(SPEC, saved_by="ada", now=NOON)
    second = store.save_job(replace(SPEC, tag="prod", labels=("nightly",)), saved_by="bob", now=LATER)
    assert (second.id, second.uuid, second.created) == (first.id, first.uuid, NOON)
    assert (second.version, second.tag, second.labels, second.saved) == (2, "prod", ("nightly",), LATER)
    assert [(v.version, v.saved_by, v.saved) for v in store.versions(first.id)] == [(1, "ada", NOON), (2, "bob", LATER)]
    assert store.spec(first.spec_hash) == SPEC


def test_going_back_to_an_earlier_content_is_a_new_version(store):
    first = store.save_job(SPEC, saved_by="ada", now=NOON)
    store.save_job(replace(SPEC, tag="prod"), saved_by="ada", now=NOON)
    third = store.save_job(SPEC, saved_by="ada", now=LATER)
    assert (third.version, third.spec_hash) == (3, first.spec_hash)


def test_two_spellings_of_the_same_letters_are_one_job(store):
    composed, decomposed = (unicodedata.normalize(form, "Übersicht é") for form in ("NFC", "NFD"))
    first = store.save_job(replace(SPEC, name=composed), saved_by="ada", now=NOON)
    assert store.save_job(replace(SPEC, name=decomposed), saved_by="ada", now=LATER) == first
    assert store.jobs(JobQuery(name=decomposed)) == [first]


def test_jobs_are_listed_by_name_and_chosen_by_each_part_of_a_query(store):
    b = store.save_job(replace(SPEC, name="b", tag="prod"), saved_by="ada", now=NOON)
    a = store.save_job(replace(SPEC, name="a", labels=("x", "y")), saved_by="ada", now=NOON)
    bob = AccessSpec(owner="bob", group="analysts")
    c = store.save_job(replace(SPEC, name="C", access=bob), saved_by="bob", now=NOON)
    assert store.jobs(JobQuery()) == [c, a, b]
    assert store.jobs(JobQuery(id=a.id)) == store.jobs(JobQuery(uuid=a.uuid)) == store.jobs(JobQuery(label="y")) == [a]
    assert store.jobs(JobQuery(tag="prod")) == [b]
    assert store.jobs(JobQuery(owner="bob")) == [c]
    assert store.jobs(JobQuery(owner="ada", tag="pre")) == []


@pytest.mark.parametrize("label", ["a", "A", "a,b", 'say "a"', "back\\slash", "100%", "under_score", ",", "é", "a\\"])
def test_a_label_finds_exactly_the_jobs_that_have_it(store, label):
    others = ("a,b,c", '","', 'x"a"', "\\", "100", "underXscore", "a,", ",b", "aa", "e", "a\\\\")
    store.save_job(replace(SPEC, name="others", labels=others), saved_by="ada", now=NOON)
    labelled = store.save_job(replace(SPEC, labels=("first", label, "last")), saved_by="ada", now=NOON)
    assert store.jobs(JobQuery(label=label)) == [labelled]
    assert labelled.labels == ("first", label, "last")


def test_jobs_saved_from_many_threads_at_once_get_one_version_each(store):
    def save(number):
        return store.save_job(replace(SPEC, labels=(f"l{number}",)), saved_by="ada", now=NOON).version

    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(save, range(24)))
    assert sorted(versions) == list(range(1, 25))
    assert len(store.jobs(JobQuery())) == 1


def test_text_that_is_no_text_is_refused_by_the_name_of_its_job(store):
    broken = replace(SPEC, tasks=(replace(SPEC.tasks[0], description="half \ud800"),), upstream=((),))
    with pytest.raises(InvalidJobError, match="'flights'"):
        store.save_job(broken, saved_by="ada", now=NOON)


# Runs


def test_a_run_comes_back_as_it_was_added(store):
    job = store.save_job(SPEC, saved_by="ada", now=NOON)
    given = a_run(
        job_id=job.id, job_version=1, scheduled=NOON, started=NOON, ended=LATER, labels=("x",), custom_rundate=True,
        reason="all good", executor="inline", host="here", code="c0de", stop_requested_by="bob",
    )  # fmt: skip
    added = store.add_run(given, SPEC, TASK_RUNS)
    assert added == replace(given, id=added.id, spec_hash=job.spec_hash)
    assert only(store, added) == added
    assert store.task_runs(added.id) == TASK_RUNS
    assert store.spec(added.spec_hash) == SPEC


def test_runs_are_numbered_from_one(store):
    assert [add(store).id, add(store).id, add(store).id] == [1, 2, 3]


def test_a_run_needs_no_saved_job_and_may_be_empty(store):
    run = store.add_run(a_run(lease_holder=None, lease_until=None, lease_epoch=0), SPEC, [])
    assert store.jobs(JobQuery()) == []
    assert store.task_runs(run.id) == store.attempts(run.id) == []


def test_the_same_run_is_not_added_twice(store):
    run = add(store)
    with pytest.raises(WorkspaceError):
        add(store, uuid=run.uuid)
    assert len(store.runs(RunQuery())) == 1


def test_runs_are_listed_newest_first(store):
    old, new, same_time = add(store), add(store, submitted=LATER), add(store, submitted=LATER)
    assert store.runs(RunQuery()) == [same_time, new, old]
    assert store.runs(RunQuery(limit=1)) == [same_time]


def test_runs_are_chosen_by_each_part_of_a_query(store):
    run = add(store, job_name="é", tag="prod", owner="bob", labels=("x", "y"), status=RunStatus.FAILED)
    add(store)
    twin = unicodedata.normalize("NFD", "é")
    for query in [
        RunQuery(id=run.id),
        RunQuery(uuid=run.uuid),
        RunQuery(job_name=twin),
        RunQuery(tag="prod"),
        RunQuery(owner="bob"),
        RunQuery(label="y"),
        RunQuery(statuses={RunStatus.FAILED, RunStatus.STOPPED}),
        RunQuery(job_name="é", tag="prod", owner="bob", label="x"),
    ]:
        assert store.runs(query) == [run]
    assert store.runs(RunQuery(statuses=[])) == store.runs(RunQuery(tag="prod", owner="ada")) == []


def test_since_is_included_and_until_is_not(store):
    first, second = add(store), add(store, submitted=LATER)
    assert store.runs(RunQuery(since=NOON, until=LATER)) == [first]
    assert store.runs(RunQuery(since=LATER)) == [second]


def test_times_keep_their_microseconds_even_before_1970_and_far_ahead(store):
    times = [datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 1, tzinfo=UTC)]
    run = add(store, started=times[0], ended=times[1])
    assert [only(store, run).started, only(store, run).ended] == times


# Recording what happens


def test_what_is_recorded_is_read_back(store):
    run = add(store)
    store.record(run.id, 1, lease_until=LATER, task_runs=[LOADED])
    assert store.task_runs(run.id) == [LOADED, *TASK_RUNS[1:]]


def test_only_what_changed_of_the_run_is_written(store):
    run = add(store)
    store.record(run.id, 1, lease_until=LATER, change=RunChange(status=RunStatus.RUNNING, started=NOON))
    store.record(run.id, 1, lease_until=LATER, change=RunChange(reason=""))
    assert only(store, run) == replace(run, status=RunStatus.RUNNING, started=NOON)


def test_recording_prolongs_the_lease(store):
    run = add(store)
    store.record(run.id, 1, lease_until=LATER + timedelta(hours=1))
    assert only(store, run) == replace(run, lease_until=LATER + timedelta(hours=1))


def test_the_last_word_gives_the_lease_up(store):
    run = add(store)
    change = RunChange(status=RunStatus.COMPLETED, reason="all tasks completed", ended=LATER)
    store.record(run.id, 1, lease_until=None, change=change)
    found = only(store, run)
    assert (found.lease_holder, found.lease_until, found.lease_epoch) == (None, None, 1)
    assert (found.status, found.reason, found.ended) == (RunStatus.COMPLETED, "all tasks completed", LATER)


def test_who_gave_the_lease_up_cannot_write(store):
    run = add(store)
    store.record(run.id, 1, lease_until=None)
    with pytest.raises(LeaseLostError, match=f"run {run.id}"):
        store.record(run.id, 1, lease_until=LATER, task_runs=[LOADED])
    assert store.task_runs(run.id) == TASK_RUNS


def test_a_driver_that_was_replaced_writes_nothing(store):
    run = add(store)
    assert store.take_lease(run.id, holder="service:2", until=LATER, from_epoch=1) == 2
    attempt = AttemptRecord(task=0, part=0, attempt=1, status=TaskStatus.FAILED, reason="late")
    with pytest.raises(LeaseLostError):
        store.record(
            run.id, 1, lease_until=LATER, change=RunChange(reason="late"), task_runs=[LOADED], attempts=[attempt]
        )
    assert only(store, run) == replace(run, lease_holder="service:2", lease_epoch=2)
    assert (store.task_runs(run.id), store.attempts(run.id)) == (TASK_RUNS, [])


def test_one_of_many_takes_the_lease(store):
    run = add(store)

    def take(number):
        return store.take_lease(run.id, holder=f"h{number}", until=LATER, from_epoch=1)

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, range(16)))
    assert sorted(taken, key=str) == [2] + [None] * 15
    assert only(store, run).lease_holder == f"h{taken.index(2)}"


def test_a_task_run_that_the_run_lacks_is_refused_with_all_that_came_with_it(store):
    run = add(store)
    with pytest.raises(NotFoundError, match=f"run {run.id}"):
        store.record(
            run.id, 1, lease_until=None, change=RunChange(reason="x"), task_runs=[LOADED, replace(LOADED, task=7)]
        )
    assert (only(store, run), store.task_runs(run.id)) == (run, TASK_RUNS)


def test_attempts_are_kept_in_order_and_one_written_again_replaces_itself(store):
    run = add(store)
    first = AttemptRecord(
        task=0, part=0, attempt=1, status=TaskStatus.FAILED, reason="no network", submitted=NOON, started=NOON,
        ended=LATER, cpu_seconds=1.5, peak_memory_mb=20.0, worker="w1", host="here", traceback="Traceback ...",
    )  # fmt: skip
    second = replace(first, attempt=2, reason="no network again")
    store.record(run.id, 1, lease_until=LATER, attempts=[second, replace(first, reason="?")])
    store.record(run.id, 1, lease_until=LATER, attempts=[first])
    assert store.attempts(run.id) == [first, second]


def test_text_no_database_can_keep_stays_readable(store):
    run = add(store)
    odd = "\ud83d NUL \0 é 雪"
    attempt = AttemptRecord(task=0, part=0, attempt=1, status=TaskStatus.FAILED, reason=odd, traceback=odd)
    shown = replace(LOADED, reason=odd, preview=odd, traceback=odd)
    store.record(run.id, 1, lease_until=LATER, change=RunChange(reason=odd), task_runs=[shown], attempts=[attempt])
    kept = "\\ud83d NUL \\x00 é 雪"
    assert only(store, run).reason == kept
    assert store.task_runs(run.id)[0] == replace(LOADED, reason=kept, preview=kept, traceback=kept)
    assert store.attempts(run.id) == [replace(attempt, reason=kept, traceback=kept)]


def test_a_stop_is_asked_of_active_runs_only(store):
    active, ended = add(store), add(store, status=RunStatus.COMPLETED)
    store.request_stop(active.id, "bob")
    store.request_stop(ended.id, "bob")
    assert only(store, active) == replace(active, stop_requested_by="bob")
    assert only(store, ended) == ended


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.task_runs(404),
        lambda store: store.attempts(404),
        lambda store: store.take_lease(404, holder="h", until=LATER, from_epoch=0),
        lambda store: store.record(404, 1, lease_until=LATER),
        lambda store: store.request_stop(404, "ada"),
        lambda store: store.versions(404),
        lambda store: store.spec("404"),
    ],
)
def test_what_does_not_exist_is_named(store, ask):
    with pytest.raises(NotFoundError, match="404"):
        ask(store)


# Results of earlier runs


def test_the_latest_completed_task_run_of_a_fingerprint_is_reusable(store):
    for key in ["old", "new"]:
        run = add(store)
        store.record(run.id, 1, lease_until=None, task_runs=[replace(LOADED, result_key=key, digest=f"d-{key}")])
    latest = replace(LOADED, result_key="new", digest="d-new", from_run=run.id)
    assert store.reusable(["f-load", "unknown", "f-load"]) == {"f-load": latest}


@pytest.mark.parametrize(
    "useless",
    [{"status": TaskStatus.FAILED}, {"status": TaskStatus.REUSED}, {"result_key": ""}, {"fingerprint": ""}],
    ids=str,
)
def test_only_results_that_were_computed_and_kept_are_reusable(store, useless):
    run = add(store)
    store.record(run.id, 1, lease_until=None, task_runs=[replace(LOADED, **useless)])
    assert store.reusable(["f-load", ""]) == {}


def test_many_thousand_fingerprints_are_looked_up_at_once(store):
    run = add(store)
    store.record(run.id, 1, lease_until=None, task_runs=[LOADED])
    assert list(store.reusable([*map(str, range(5000)), "f-load"])) == ["f-load"]


# Images and the store itself


def test_images_are_listed_by_name_and_tag_and_the_latest_of_each_wins(store):
    image = ImageRecord(name="b", tag="prod", path="/b", python="/usr/bin/python", added=NOON, added_by="ada")
    for put in [image, replace(image, tag="dev"), replace(image, name="a"), replace(image, path="/b2", added=LATER)]:
        store.put_image(put)
    a, dev, latest = replace(image, name="a"), replace(image, tag="dev"), replace(image, path="/b2", added=LATER)
    assert store.images() == [a, dev, latest]


def test_a_new_store_has_no_problems(store):
    add(store)
    assert store.problems() == []


def test_code_is_kept_once_under_its_hash(store):
    store.keep_code("h", "body")
    store.keep_code("h", "body")
    assert (store.code("h"), store.code("other")) == ("body", None)


def test_the_seconds_that_task_runs_took_are_told_by_task(store):
    run, other = add(store), add(store)
    times = {"started": NOON, "ended": NOON + timedelta(seconds=2.5)}
    store.record(run.id, 1, lease_until=None, task_runs=[replace(LOADED, **times)])
    store.record(other.id, 1, lease_until=None, task_runs=[replace(LOADED, **times, status=TaskStatus.FAILED)])
    assert store.seconds_taken([run.id, other.id]) == {LOADED.task_name: [2.5]}
    assert store.seconds_taken([]) == {}


def test_reruns_are_found_by_the_first_run(store):
    first = add(store)
    again = add(store, rerun_of=first.id, lineage=first.id, told_time=NOON)
    assert [run.id for run in store.runs(RunQuery(lineage=first.id))] == [again.id]
    assert [run.id for run in store.runs(RunQuery(reruns=False))] == [first.id]
    assert store.runs(RunQuery(id=again.id))[0].told_time == NOON
