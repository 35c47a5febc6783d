"""What pruning removes of a workspace, and what it leaves: real runs, a real store, results on disk."""

import os
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from dtscheduler import DAG, Schedule, batch
from dtscheduler.model.access import Identity
from dtscheduler.model.run import RunQuery, Trigger
from dtscheduler.model.status import RunStatus

DAILY = {"Schedule": Schedule(at_hours=[6])}
TWO_DAYS_AGO = time.time() - 2 * 86_400


def age(ws, *, results="%", seconds=2 * 86_400):
    """Let results have been written longer ago."""
    for path in (ws.place.home / "results").glob("*/cache.db"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("update Cache set store_time = store_time - ? where key like ?", (seconds, results))
            connection.commit()


def numbers(there):
    return there().runs


# -- runs


def test_runs_that_ended_long_enough_ago_go_with_their_results_and_logs(ws, dag, prune, there, sound):
    dag("Daily", **DAILY).save()
    ws.step(days=10)
    done = prune(days=7)
    assert numbers(there) == [4, 5, 6, 7, 8, 9, 10]
    assert (done.by_job, done.task_runs, done.results, done.logs) == ({"Daily": 3}, 3, 3, 3)
    assert len(there().results) == len(there().logs) == 7
    assert (done.problems, done.notes) == ((), ())
    sound()


def test_what_would_go_is_what_goes_and_saying_so_changes_nothing(ws, dag, prune, there):
    dag("Daily", "load", "twice", **DAILY).save()
    dag("Large", "large", **DAILY).save()
    ws.step(days=10)
    before = there()
    planned = prune(days=7, dry_run=True)
    assert vars(there()) == vars(before)
    done = prune(days=7)
    facts = ("by_job", "oldest", "newest", "task_runs", "results", "result_bytes", "logs", "log_bytes", "alerts")
    assert [getattr(planned, name) for name in facts] == [getattr(done, name) for name in facts]
    assert (planned.by_job, planned.result_bytes > 3 * 200_000) == ({"Daily": 3, "Large": 3}, True)
    assert (planned.oldest, planned.newest) == tuple(datetime(2026, 1, day, 6, tzinfo=UTC) for day in (1, 3))


def test_the_latest_runs_of_every_job_stay_however_old_they_are(ws, dag, prune, there, sound):
    dag("One", **DAILY).save()
    dag("Two", **DAILY).save()
    ws.step(days=3)
    ws.clock.step(timedelta(days=100))
    prune(days=7, last=2)
    assert [run.record.job_name for run in ws.runs()] == ["One", "Two"] * 2
    sound()


def test_only_runs_of_one_job_go_when_one_is_named(ws, dag, prune, there, sound):
    dag("One", **DAILY).save()
    dag("Two", **DAILY).save()
    ws.step(days=3)
    prune(days=0, job="One")
    assert {run.record.job_name for run in ws.runs()} == {"Two"}
    assert len(there().results) == len(there().logs) == 3
    sound()


def test_a_second_pruning_finds_nothing(ws, dag, prune):
    dag("Daily", **DAILY).save()
    ws.step(days=10)
    prune(days=7)
    assert prune(days=7, dry_run=True).nothing
    assert prune(days=7).nothing


def test_saved_jobs_and_their_versions_stay(ws, dag, prune, there):
    for steps in (["load"], ["load", "twice"]):
        saved = dag("Daily", *steps, **DAILY).save()
        ws.step(days=1)
    ws.clock.step(timedelta(hours=1))
    prune(days=0)
    assert numbers(there) == []
    assert [len(ws.place.spec(v.spec_hash).tasks) for v in ws.place.versions(saved.record.id)] == [1, 2]
    assert [run.status for run in ws.step(days=1)] == [RunStatus.COMPLETED]


def test_runs_that_have_not_ended_stay(ws, dag, prune, there):
    saved = dag("Daily").save()
    for _ in range(3):
        saved.run()
    first, second, third = ws.place.store.runs(RunQuery())
    store = ws.place.store
    store.take_lease(second.id, holder="elsewhere:1:1", until=ws.clock.now(), from_epoch=0)
    ws.clock.step(timedelta(days=1000))
    assert prune(days=0).nothing
    assert numbers(there) == sorted([first.id, second.id, third.id])


# -- instants and what runs after


def test_no_instant_has_a_second_run_because_the_first_was_removed(ws, dag, prune):
    dag("Daily", Schedule=Schedule(every_hour=6)).save()
    ws.absent(days=5)
    fired = [run.record.scheduled for run in ws.step(days=1, hours=1)]
    assert {str(run.status) for run in ws.runs()} == {"expired", "completed"}
    prune(days=0)
    assert ws.runs() == []
    later = ws.step(days=1)
    assert len(later) == 4
    assert min(run.record.scheduled for run in later) > max(fired)


def test_no_instant_has_a_second_run_when_the_clock_is_set_back_within_the_days_that_are_kept(ws, dag, prune):
    dag("Daily", Schedule=Schedule(every_hour=6)).save()
    ws.step(days=5)
    prune(days=3)
    left = {run.record.scheduled for run in ws.runs()}
    ws.clock.step(timedelta(days=-2))
    ws.step(days=3)
    again = [run.record.scheduled for run in ws.runs()]
    assert len(again) == len(set(again)) == len(left) + 4


def test_a_run_for_an_instant_to_come_stays_when_the_clock_was_ahead(ws, dag, prune):
    dag("Daily", **DAILY).save()
    ws.step(days=30)
    ws.clock.step(timedelta(days=-20))
    prune(days=0)
    assert [run.record.scheduled.day for run in ws.runs()] == list(range(11, 31))
    ws.step(days=21)
    scheduled = [run.record.scheduled for run in ws.runs()]
    assert len(scheduled) == len(set(scheduled)) == 21


def test_thousands_of_expired_instants_go_by_their_age(ws, dag, prune, there):
    dag("Often", Schedule=Schedule(every_minute=10), CatchUp="none").save()
    ws.absent(days=12)
    assert len(numbers(there)) > 1_700
    recorded = max(run.record.scheduled for run in ws.runs())
    ws.clock.step(timedelta(days=6))
    assert prune(days=7).nothing  # they ended when they were recorded
    ws.clock.step(timedelta(days=1, hours=1))
    assert prune(days=7).runs > 1_700
    assert numbers(there) == []
    assert min(run.record.scheduled for run in ws.step()) > recorded


def test_a_follower_that_was_removed_is_not_made_again(ws, dag, prune):
    first = dag("First").save()
    dag("After", Schedule=Schedule(run_after_job_name="First")).save()
    first.run()
    ws.step(days=1)
    assert prune(days=0, job="After").by_job == {"After": 1}
    assert ws.step(days=1) == []
    assert [run.record.job_name for run in ws.runs()] == ["First"]


def test_a_follower_stays_when_the_run_before_it_goes(ws, dag, prune, sound):
    first = dag("First").save()
    dag("After", Schedule=Schedule(run_after_job_name="First")).save()
    first.run()
    ws.step(days=1)
    prune(days=0, job="First")
    assert [(run.record.job_name, run.record.after_run) for run in ws.runs()] == [("After", 1)]
    assert ws.step(days=1) == []
    sound()


def test_a_run_stays_until_what_runs_after_it_was_started(ws, dag, prune):
    first = dag("First").save()
    dag("After", Schedule=Schedule(run_after_job_name="First")).save()
    run = first.run()
    ws.place.host.claim(run.record, executor="inline").drive()
    ws.clock.step(timedelta(days=30))
    done = prune(days=7)
    assert done.nothing
    assert "have not been started yet: 1; a service does that" in done.notes[0]
    ws.step()
    assert [run.record.job_name for run in ws.runs()] == ["First", "After"]
    assert prune(days=7).by_job == {"First": 1}


def test_a_run_nobody_runs_after_goes_although_no_service_has_seen_it(ws, dag, prune, there):
    made = dag("Daily")
    made.save()
    made.run()
    ws.clock.step(timedelta(days=1))
    prune(days=0)
    assert numbers(there) == []


def test_a_run_stays_until_people_have_been_told_of_it(ws, dag, prune, there):
    dag("Daily", "fail", AlertEmail="desk@example.com").run()
    ws.clock.step(timedelta(days=30))
    assert prune(days=7).nothing
    store = ws.place.store
    store.update_alerts([replace(alert, next_try=None, sent=alert.created) for alert in store.alerts()])
    done = prune(days=7)
    assert (done.runs, done.alerts) == (1, 1)
    assert store.alerts() == []


# -- results


def rerun_of(ws, number, *, keep=()):
    """A run that repeats another one and has its results."""
    store = ws.place.store
    (before,) = store.runs(RunQuery(id=number))
    repeated = replace(
        before, uuid=uuid4().hex, rerun_of=number, lineage=before.lineage or number, job_id=None, trigger=Trigger.RERUN
    )
    repeated = replace(repeated, scheduled=None, submitted=ws.clock.now(), ended=ws.clock.now())
    return store.add_run(repeated, store.spec(before.spec_hash), store.task_runs(number))


def test_a_run_stays_with_its_results_while_one_that_repeats_it_does(ws, dag, prune, there, sound):
    dag("Daily").run()
    dag("Other").run()
    ws.clock.step(timedelta(days=30))
    second = rerun_of(ws, 1)
    prune(days=7)
    assert numbers(there) == [1, second.id]
    sound()
    ws.clock.step(timedelta(days=30))
    prune(days=7)
    assert (numbers(there), there().results) == ([], set())


def test_results_that_a_kept_run_took_from_a_removed_one_stay(ws, dag, prune, there, sound):
    dag("Same", "same", Reuse="content").run()
    ws.clock.step(timedelta(days=30))
    later = dag("Same", "same", Reuse="content").run()
    assert [str(record.status) for record in ws.place.task_runs(2)] == ["reused"]
    done = prune(days=7)
    assert (numbers(there), done.results, done.logs) == ([2], 0, 0)
    assert later.result("same") == "the same for every rundate"
    sound()


def test_results_go_when_the_last_run_that_refers_to_them_does(ws, dag, prune, there):
    for _ in range(3):
        dag("Same", "same", Reuse="content").run()
        ws.clock.step(timedelta(days=10))
    prune(days=15)
    assert (numbers(there), len(there().results)) == ([3], 1)
    prune(days=1)
    assert (numbers(there), there().results) == ([], set())


def test_superseded_and_unknown_results_go_and_those_of_a_live_run_stay(ws, dag, prune, there):
    dag("Daily").run()
    live = dag("Waits").save().run()
    uuid = ws.place.run(1).uuid
    cache = ws.place.cache
    superseded, strange = cache.put(f"{uuid}.0.0.7.1", b"x"), cache.put(f"{'f' * 32}.0.0.1.1", b"x")
    of_live, other = cache.put(f"{live.record.uuid}.0.0.1.1", b"x"), cache.put("something else", b"x")
    age(ws)
    assert prune(days=7).results == 2
    assert cache.missing([superseded, strange, of_live, other]) == {superseded, strange}
    assert len(there().results) == 3


def test_a_result_just_written_for_a_run_that_is_not_there_yet_stays(ws, prune):
    key = ws.place.cache.put(f"{'f' * 32}.0.0.1.1", b"given by hand")
    assert prune(days=0).nothing
    assert ws.place.cache.missing([key]) == set()


def test_results_of_runs_that_another_database_may_know_are_left_alone(ws, dag, prune, there):
    dag("Daily").run()
    ws.clock.step(timedelta(days=1))
    strange = ws.place.cache.put(f"{'f' * 32}.0.0.1.1", b"x")
    (ws.place.home / "logs" / ("f" * 32)).mkdir()
    age(ws)
    os.utime(ws.place.home / "logs" / ("f" * 32), (TWO_DAYS_AGO, TWO_DAYS_AGO))
    ws.place.settings = replace(ws.place.settings, database="postgresql+psycopg://team@host/db")
    done = prune(days=0)
    assert (done.runs, done.results, there().results, there().logs) == (1, 1, {strange}, {"f" * 32})
    assert "another one may know them" in done.notes[0]


# -- code kept by value


def by_value(work_dir, factor=2):
    @batch()
    def scaled():
        return factor * 21

    made = DAG(Name="By value", DevRun=True, WorkDir=work_dir({"empty.py": ""}, folder="dev"))
    with made:
        scaled()
    return made


def codes(there):
    return {key for key in there().results if key.startswith("code.")}


def test_functions_kept_by_value_go_with_the_last_spec_that_names_them(ws, work_dir, prune, there, sound):
    by_value(work_dir, factor=2)
    ws.clock.step(timedelta(days=30))
    by_value(work_dir, factor=3)
    assert len(codes(there)) == 2
    age(ws)
    prune(days=7)
    assert len(codes(there)) == 1
    sound()
    ws.clock.step(timedelta(days=30))
    prune(days=7)
    assert there().results == set()


def test_a_function_that_was_just_kept_for_a_run_to_come_stays(ws, work_dir, prune, there):
    by_value(work_dir)
    ws.clock.step(timedelta(days=30))
    prune(days=7)
    assert (numbers(there), len(codes(there))) == ([], 1)
    age(ws)
    prune(days=7)
    assert codes(there) == set()


# -- logs


def test_folders_of_unknown_runs_go_after_a_day_and_nothing_else_in_the_folder_does(ws, dag, prune, there, tmp_path):
    dag("Daily").run()
    logs = ws.place.home / "logs"
    for name in ("a" * 32, "b" * 32, "notes", "workers"):
        (logs / name).mkdir(exist_ok=True)
        (logs / name / "0.0.1.log").write_text("text")
    for name in ("a" * 32, "notes", "workers"):
        os.utime(logs / name, (TWO_DAYS_AGO, TWO_DAYS_AGO))
    done = prune(days=7)
    assert (done.logs, done.log_bytes) == (1, 4)
    assert there().logs == {ws.place.run(1).uuid, "b" * 32, "notes"}
    assert (logs / "workers").exists()


def test_no_symbolic_link_is_followed(ws, dag, prune, tmp_path):
    dag("Daily").run()
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("text")
    logs, uuid = ws.place.home / "logs", ws.place.run(1).uuid
    (logs / uuid / "1.0.1.log").symlink_to(precious / "file")
    (logs / uuid / "folder").symlink_to(precious)
    (logs / ("c" * 32)).symlink_to(precious)
    ws.clock.step(timedelta(days=1))
    done = prune(days=0)
    assert done.logs == 1
    assert (precious / "file").read_text() == "text"
    assert (logs / ("c" * 32)).is_symlink()
    assert "belong to others or are no folders" in done.notes[0]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_log_folders_of_other_accounts_are_left_alone_with_a_word(ws, dag, prune, there):
    dag("Daily").run()
    ws.clock.step(timedelta(days=1))
    uuid = ws.place.run(1).uuid
    os.chown(ws.place.home / "logs" / uuid, 65534, 65534)
    done = prune(days=0)
    assert (done.runs, done.logs, there().logs) == (1, 0, {uuid})
    assert uuid in done.notes[0]


# -- who may


def test_runs_that_others_own_go_only_where_they_may_be_written(ws, dag, prune, there):
    dag("Ours", Owner="bob", Group="desk", Permissions="rwrwr-").save().run()
    dag("Theirs", Owner="bob", Group="desk", Permissions="rwr-r-").run()
    dag("Mine", Owner="ada", Group="desk", Permissions="rwr-r-").run()
    ws.step(days=30)
    ws.place.host.identity = Identity(user="ada", group="desk", groups=frozenset({"desk"}))
    assert prune(days=7).by_job == {"Mine": 1, "Ours": 1}
    assert [run.record.job_name for run in ws.runs()] == ["Theirs"]


# -- the disk


def test_the_store_gives_space_back(ws, dag, prune, sound):
    dag("Daily").run()
    store = ws.place.store
    (run,) = store.runs(RunQuery())
    records = [replace(record, preview="x" * 3_000_000) for record in store.task_runs(1)]
    kept = store.add_run(
        replace(run, uuid="e" * 32, ended=ws.clock.now() + timedelta(days=9)), store.spec(run.spec_hash), []
    )
    store.add_run(replace(run, uuid="d" * 32), store.spec(run.spec_hash), records)
    ws.clock.step(timedelta(days=10))
    done = prune(days=5)
    assert done.store_bytes > 2_000_000
    assert done.bytes_freed == done.store_bytes + done.result_bytes + done.log_bytes
    assert [run.id for run in store.runs(RunQuery())] == [kept.id]
    assert store.problems() == []


def test_a_run_whose_row_is_damaged_stays_and_the_others_go(ws, dag, prune, there):
    for _ in range(3):
        dag("Daily").run()
    with closing(sqlite3.connect(ws.place.home / "dtscheduler.db")) as connection:
        connection.execute("update runs set status = 'strange' where id = 2")
        connection.commit()
    ws.clock.step(timedelta(days=30))
    assert prune(days=7).runs == 2
    assert [run.id for run in ws.place.store.past_runs()] == [2]
    assert len(there().results) == len(there().logs) == 1


def test_results_of_accounts_that_have_none_here_are_left_alone_with_a_word(ws, dag, prune, there):
    dag("Theirs").run()
    with closing(sqlite3.connect(ws.place.home / "dtscheduler.db")) as connection:
        connection.execute("update runs set run_as = 'no such account'")
        connection.commit()
    ws.clock.step(timedelta(days=30))
    before = sorted(ws.place.home.iterdir())
    assert "'no such account' are not here" in prune(days=7).notes[0]
    assert sorted(ws.place.home.iterdir()) == before


def test_a_kept_run_can_be_run_again_and_replayed(ws, dag, prune, sound):
    dag("Chain", "load", "twice", **DAILY).save()
    ws.step(days=10)
    first = ws.runs()[-1]
    ws.clock.step(timedelta(days=30))
    prune(days=7, last=1)
    again = first.rerun(tasks="twice", executor="inline", progress=False)
    assert (again.status, again.result("twice")) == (RunStatus.COMPLETED, "2026-01-10" * 20)
    ws.clock.step(timedelta(days=30))
    prune(days=7, last=1)
    assert [run.id for run in ws.runs()] == [first.id, again.id]
    assert again.task_run("twice").replay() == "2026-01-10" * 20
    sound()


def test_a_kept_run_can_still_be_read(ws, dag, prune, sound):
    dag("Daily", "load", "twice", **DAILY).save()
    ws.step(days=10)
    prune(days=2)
    last = ws.runs()[-1]
    assert last.result("twice") == "2026-01-10" * 20
    assert "loading 2026-01-10" in last.log("load")
    sound()
