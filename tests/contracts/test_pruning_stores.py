"""What every store does for pruning: which runs there are, what they refer to, and what goes with them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from dtscheduler import DAG, Task
from dtscheduler.api.place import in_use
from dtscheduler.api.pruning import prune
from dtscheduler.connect import connect
from dtscheduler.errors import NotFoundError
from dtscheduler.model.access import Identity
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import AttemptRecord, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.settings import read_settings

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPEC = JobSpec(
    name="flights",
    tasks=(TaskSpec(name="load", entrypoint="delays.load", parts=(PartSpec("AA"), PartSpec("UA")), parallel=True),),
    upstream=((),),
    access=AccessSpec(owner="ada", group="quants"),
)
DONE = RunStatus.COMPLETED


def add(store, keys=("", ""), spec=SPEC, **facts):
    """A run with two task runs; it has ended, unless told otherwise."""
    usual = {"id": 0, "uuid": uuid4().hex, "job_name": spec.name, "spec_hash": "", "status": DONE, "ended": NOON,
             "rundate": date(2026, 1, 31), "submitted": NOON, "owner": "ada", "lease_epoch": 1}  # fmt: skip
    parts = [
        TaskRunRecord(task=0, part=n, task_name="load", part_name=f"{n}", status=TaskStatus.COMPLETED, result_key=key)
        for n, key in enumerate(keys)
    ]
    return store.add_run(RunRecord(**(usual | facts)), spec, parts)


def ids(store):
    return [run.id for run in store.past_runs()]


def alert(run_id=None, **facts):
    usual = {"id": 0, "kind": AlertKind.FAILED, "channel": Channel.EMAIL, "recipient": "desk", "job_name": "flights"}
    return AlertRecord(**(usual | {"created": NOON, "run_id": run_id} | facts))


def test_all_runs_are_told_the_highest_number_first(store, monkeypatch):
    monkeypatch.setattr("dtscheduler.stores.sql.pruning.PAGE", 3)
    runs = [add(store) for _ in range(7)]
    assert ids(store) == [run.id for run in reversed(runs)]


def test_what_is_told_of_a_run_is_what_decides_about_it(store):
    first = add(store)
    run = add(store, rerun_of=first.id, lineage=first.id, status=RunStatus.FAILED, ended=NOON + HOUR, run_as="bob")
    found = next(store.past_runs())
    names = ("id", "uuid", "job_name", "status", "submitted", "ended", "rerun_of", "lineage", "owner", "run_as")
    assert [getattr(found, name) for name in names] == [getattr(run, name) for name in names]
    assert store.runs_of([run.uuid, "0" * 32]) == {run.uuid: found}


def test_a_run_of_a_saved_job_is_followed_once_the_store_was_told(store):
    job = store.save_job(SPEC, saved_by="ada", now=NOON)
    run, other = add(store, job_id=job.id), add(store)
    store.follow([run.id], [])
    last = add(store, job_id=job.id)
    assert {past.id: past.followed for past in store.past_runs()} == {last.id: False, other.id: True, run.id: True}


def test_a_run_goes_with_all_that_is_its_own(store):
    gone, kept = add(store), add(store)
    lost = AttemptRecord(task=0, part=0, attempt=1, status=TaskStatus.FAILED, reason="")
    live = add(store, status=RunStatus.RUNNING, lease_holder="here:1:1", lease_until=NOON)
    store.record(live.id, 1, lease_until=None, attempts=[lost], change=RunChange(status=DONE, ended=NOON))
    done = store.remove_runs([gone.id, live.id])
    assert (done.run_ids, done.task_runs) == ({gone.id, live.id}, 4)
    assert ids(store) == [kept.id]
    for run in (gone, live):
        with pytest.raises(NotFoundError):
            store.task_runs(run.id)
    assert store.problems() == []


def test_removing_runs_twice_or_runs_that_never_were_does_nothing(store):
    run = add(store)
    store.remove_runs([run.id])
    assert store.remove_runs([run.id, 4711]).run_ids == frozenset()
    assert store.remove_runs([]).run_ids == frozenset()


@pytest.mark.parametrize("status", [status for status in RunStatus if not status.final])
def test_a_run_that_has_not_ended_is_never_removed(store, status):
    run = add(store, status=status, ended=None)
    assert store.remove_runs([run.id]).run_ids == frozenset()
    assert ids(store) == [run.id]


def test_a_run_stays_while_the_one_that_repeats_it_does(store):
    first = add(store)
    second = add(store, rerun_of=first.id, lineage=first.id)
    third = add(store, rerun_of=second.id, lineage=first.id)
    assert store.remove_runs([first.id, second.id]).run_ids == frozenset()
    assert store.remove_runs([first.id, second.id, third.id]).run_ids == {first.id, second.id, third.id}


def test_a_run_stays_while_somebody_is_to_be_told_of_it_and_so_does_what_it_repeats(store):
    first = add(store)
    second = add(store, rerun_of=first.id, lineage=first.id)
    store.add_alerts([alert(second.id, next_try=NOON)])
    assert store.remove_runs([first.id, second.id]).run_ids == frozenset()


def test_the_number_of_a_removed_run_is_never_given_again(store):
    last = add(store)
    store.remove_runs([last.id])
    assert add(store).id > last.id


def test_task_runs_are_counted_by_run(store):
    run, empty = add(store), add(store, keys=())
    assert store.task_run_counts([run.id, empty.id]) == {run.id: 2}


def test_results_are_told_by_their_places(store):
    run = add(store, keys=("one", "two"))
    assert store.own_results([(run.id, 0, 1), (run.id, 3, 0)]) == {"two"}
    assert store.own_results([(run.id, 0, n % 2) for n in range(500)]) == {"one", "two"}
    assert store.own_results([]) == set()


def test_results_are_borrowed_that_another_run_has_computed(store):
    run = add(store, uuid="a" * 32, keys=(f"{'a' * 32}.0.0.1.1@0", ""))
    borrower = add(store, uuid="b" * 32, keys=(f"{'b' * 32}.0.0.1.1@0", f"{run.uuid}.0.0.1.1@0"))
    assert list(store.borrowed_results()) == [(borrower.id, f"{run.uuid}.0.0.1.1@0")]
    assert list(store.borrowed_results([borrower.id])) == [(borrower.id, f"{run.uuid}.0.0.1.1@0")]
    assert list(store.borrowed_results([run.id])) == []


def test_code_is_named_by_the_specs_that_are_kept(store):
    task = replace(SPEC.tasks[0], code="code.0123abcd@3")
    run = add(store, spec=replace(SPEC, tasks=(task,)))
    assert store.code_keys() == {"code.0123abcd@3"}
    store.remove_runs([run.id])
    store.remove_unreferred()
    assert store.code_keys() == set()


def test_specs_go_that_no_job_no_version_and_no_run_refers_to(store):
    versions = [store.save_job(replace(SPEC, tag=tag), saved_by="ada", now=NOON) for tag in ("dev", "pre")]
    kept, gone = add(store, spec=replace(SPEC, labels=("kept",))), add(store, spec=replace(SPEC, labels=("gone",)))
    store.remove_runs([gone.id])
    assert store.remove_unreferred() == 1
    assert [store.spec(job.spec_hash).tag for job in versions] == ["dev", "pre"]
    assert store.spec(kept.spec_hash).labels == ("kept",)
    with pytest.raises(NotFoundError):
        store.spec(gone.spec_hash)
    assert store.remove_unreferred() == 0


def test_specs_go_however_many_they_are(store, monkeypatch):
    monkeypatch.setattr("dtscheduler.stores.sql.pruning.AT_ONCE", 3)
    for number in range(8):
        store.keep_spec(replace(SPEC, labels=(str(number),)))
    kept = add(store)
    assert store.remove_unreferred() == 8
    assert store.spec(kept.spec_hash) == SPEC
    assert store.problems() == []


def test_code_goes_that_no_run_has_executed(store):
    store.keep_code("kept", "{}")
    store.keep_code("gone", "{}")
    add(store, code="kept")
    assert store.remove_unreferred() == 1
    assert (store.code("kept"), store.code("gone")) == ("{}", None)


def test_alerts_are_past_when_nothing_more_is_done_with_them(store, monkeypatch):
    monkeypatch.setattr("dtscheduler.stores.sql.pruning.PAGE", 2)
    run = add(store)
    sent, given_up = alert(run.id, sent=NOON), alert(created=NOON - HOUR)
    store.add_alerts([sent, given_up, alert(next_try=NOON), alert(sent=NOON + HOUR), *[sent] * 4])
    past = list(store.past_alerts(NOON + HOUR))
    assert [(found.id, found.run and found.run.id) for found in past] == [(1, run.id), (2, None)] + [
        (n, run.id) for n in (5, 6, 7, 8)
    ]


def test_alerts_are_removed_unless_they_are_still_to_be_sent(store):
    store.add_alerts([alert(sent=NOON), alert(next_try=NOON), alert(sent=NOON)])
    assert store.remove_alerts([1, 2]) == 1
    assert [found.id for found in store.alerts()] == [3, 2]
    store.add_alerts([alert()])
    assert [found.id for found in store.alerts()] == [4, 3, 2]


def test_a_removed_run_of_an_instant_is_not_written_again(store):
    job = store.save_job(replace(SPEC, schedule=TimeSchedule(at_minutes=(0,))), saved_by="ada", now=NOON)
    run = add(store, job_id=job.id, scheduled=NOON)
    store.remove_runs([run.id])
    assert store.runs(RunQuery(job_id=job.id)) == []
    assert store.due_jobs(NOON, 10) == []


def test_compacting_an_almost_empty_store_frees_nothing_and_harms_nothing(store):
    run = add(store)
    assert store.compact() >= 0
    assert ids(store) == [run.id]


def test_a_workspace_whose_store_is_on_a_server_is_pruned(postgres_url, tmp_path, work_dir, monkeypatch):
    monkeypatch.setenv("DTSCHEDULER_HOME", str(tmp_path / "home"))
    settings = read_settings({"DTSCHEDULER_HOME": str(tmp_path / "home"), "DTSCHEDULER_DATABASE": postgres_url})
    identity = Identity(user="ada", admin=True)
    place = connect(settings, identity=identity, identity_of=lambda account: identity, only_executor="inline")
    with in_use(place):
        folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one():\n    return 1\n"})
        for _ in range(3):
            made = DAG(Name="One", DevRun=True, WorkDir=folder)
            Task(Name="one", Entrypoint="steps.one", dag=made)
            made.run()
        done = prune(0, keep_last=1)
        assert (done.by_job, done.task_runs, done.results, done.problems) == ({"One": 2}, 2, 2, ())
        assert len(list(place.cache.keys())) == 1
        assert made.last_run.result("one") == 1
