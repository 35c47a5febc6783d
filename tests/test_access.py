"""Who may do what: every permission string, for owner, member of the group, others and admins, in every operation."""

import os
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from dtscheduler import DAG, Task, batch
from dtscheduler.caches.memory import MemoryCache
from dtscheduler.errors import AccessError, NotFoundError, RunError, SchedulerError
from dtscheduler.executors.inline import InlineExecutor
from dtscheduler.hosting import Host
from dtscheduler.model.access import Identity
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.call import EntrypointInfo
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import JobQuery, RunChange, RunQuery
from dtscheduler.model.saved import ImageRecord
from dtscheduler.model.schedule import NEVER, AfterSchedule
from dtscheduler.model.status import RunStatus
from dtscheduler.running.lookup import KnownCode
from dtscheduler.running.sources.facts import CodeFacts
from dtscheduler.settings import Settings
from dtscheduler.stores.memory import MemoryStore
from dtscheduler.stores.sql import open_store
from dtscheduler.testing import Clock
from dtscheduler.timing.backfill import Which
from dtscheduler.workspace import Workspace

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = date(2026, 1, 31)
ALL_PERMISSIONS = ["".join(letters) for letters in product("r-", "w-", repeat=3)]
KNOWN = {0: KnownCode(EntrypointInfo(entrypoint="risk.total", parameters=()), CodeFacts(()))}
IDENTITIES = {
    "owner": Identity(user="olga", groups=frozenset({"staff"})),
    "member": Identity(user="mika", groups=frozenset({"staff", "desk"})),
    "other": Identity(user="otto", groups=frozenset({"staff"})),
    "admin": Identity(user="anna", groups=frozenset({"staff"}), admin=True),
}


@pytest.fixture
def doors(tmp_path):
    """Makes one workspace a person over a store: ``doors()["member"]``."""
    opened = []

    def make(store=None):
        shared = MemoryStore() if store is None else store
        opened.append(shared)
        return {who: door(identity, shared, tmp_path) for who, identity in IDENTITIES.items()}

    yield make
    for store in opened:
        store.close()


@pytest.fixture(params=["memory", "sqlite"])
def places(request, doors, tmp_path):
    """One workspace a person, over a store of each kind."""
    return doors(MemoryStore() if request.param == "memory" else open_store(tmp_path / "store.db"))


def door(identity, store, folder):
    host = Host(
        home=folder,
        python=sys.executable,
        open_store=lambda: store,
        open_cache=lambda account: MemoryCache(),
        make_executor=lambda name, **urgency: InlineExecutor(cache=MemoryCache()),
        clock=Clock(NOON),
        identity=identity,
        grace_seconds=0,
    )
    by_user = {known.user: known for known in IDENTITIES.values()}
    return Workspace(host=host, identity_of=by_user.__getitem__, settings=Settings(home=folder), make_alerter=None)


def spec(permissions, *, name="Risk", owner="olga", group="desk", **changes):
    task = TaskSpec(name="total", entrypoint="risk.total", parts=(PartSpec("total"),))
    access = AccessSpec(owner=owner, group=group, permissions=permissions)
    return replace(JobSpec(name=name, tasks=(task,), upstream=((),), access=access, dev_run=True), **changes)


def changed(job, **changes):
    """The job as its owner saved it, with another label, and other access."""
    plain = spec(job.permissions)
    return replace(plain, labels=("changed",), access=replace(plain.access, **changes))


# -- the operations: whatever is not refused is really done


def list_jobs(place, job, run):
    return found(job.id in [listed.id for listed in place.jobs(JobQuery())])


def list_runs(place, job, run):
    return found(run.id in [listed.id for listed in place.runs(RunQuery())])


def list_alerts(place, job, run):
    alert = AlertRecord(
        id=0, kind=AlertKind.FAILED, channel=Channel.CHAT, recipient="", job_name="Risk", created=NOON, run_id=run.id
    )
    place.store.add_alerts([alert])
    return found(run.id in [listed.run_id for listed in place.alerts()])


def find_by_uuid(place, job, run):
    assert place.job(job.uuid).name == "Risk"


def run_after_it(place, job, run):
    """A job of theirs that runs after this one gets its run when this one's has completed."""
    access = {"owner": place.user, "group": "staff"}
    follower = spec("rw----", name="Follower", schedule=AfterSchedule(job_name="Risk"), **access)
    follower = place.save(follower, KNOWN)
    place.store.move(run.id, RunStatus.READY, RunChange(status=RunStatus.COMPLETED, ended=NOON))
    place.firing.follow(NOON)
    return found(place.runs(RunQuery(job_id=follower.id)))


def resume(place, job, run):
    place.store.move(run.id, RunStatus.READY, RunChange(status=RunStatus.COMPLETED, ended=NOON))
    with pytest.raises(RunError, match="has ended"):
        place.resume(run.id)


def stop(place, job, run):
    place.stop(run.id)
    assert place.store.runs(RunQuery(id=run.id))[0].status is RunStatus.STOPPED


def save_over(place, job, run):
    assert place.save(changed(job), KNOWN).version == 2


def found(there):
    if not there:
        raise NotFoundError


READ = {
    "list jobs": list_jobs,
    "list runs": list_runs,
    "list alerts": list_alerts,
    "find": lambda place, job, run: found(place.find("Risk")),
    "job": lambda place, job, run: place.job("Risk"),
    "job by uuid": find_by_uuid,
    "versions": lambda place, job, run: place.versions(job.id),
    "instant": lambda place, job, run: place.instant("Risk", NOON),
    "run": lambda place, job, run: place.run(run.id),
    "task runs": lambda place, job, run: place.task_runs(run.id),
    "attempts": lambda place, job, run: place.attempts(run.id),
    "run after it": run_after_it,
}
WRITE = {
    "save over": save_over,
    "submit": lambda place, job, run: place.submit_job("Risk", rundate=DAY),
    "resume": resume,
    "stop": stop,
    "dates of a backfill": lambda place, job, run: place.backfill_dates("Risk", DAY, DAY, Which.ALL),
    "backfill": lambda place, job, run: place.backfill("Risk", [DAY]),
    "pause": lambda place, job, run: place.pause("Risk"),
    "unpause": lambda place, job, run: place.unpause("Risk"),
    "delete": lambda place, job, run: place.delete("Risk"),
}
OWN = {
    "change of owner": lambda place, job, run: place.save(changed(job, owner="mika"), KNOWN),
    "change of group": lambda place, job, run: place.save(changed(job, group="staff"), KNOWN),
    "change of permissions": lambda place, job, run: place.save(changed(job, permissions="rwr-r-"), KNOWN),
}
SAVING = {"save over", *OWN}


def expected(right, who, permissions):
    """The rule, as semantics and faults have it, in words of its own."""
    if who in ("owner", "admin"):
        return "done"
    letters = {"member": permissions[2:4], "other": permissions[4:6]}[who]
    if "r" not in letters:
        return "not found"
    return "done" if right == "read" or (right == "write" and "w" in letters) else "refused"


def outcome(operation, place, job, run):
    try:
        operation(place, job, run)
    except NotFoundError:
        return "not found"
    except AccessError:
        return "refused"
    return "done"


@pytest.mark.parametrize("permissions", ALL_PERMISSIONS)
@pytest.mark.parametrize("who", IDENTITIES)
def test_each_operation_is_for_those_whom_the_letters_name(doors, who, permissions):
    became, should = {}, {}
    for right, operations in {"read": READ, "write": WRITE, "own": OWN}.items():
        for name, operation in operations.items():
            places = doors()
            job = places["owner"].save(spec(permissions), KNOWN)
            run = places["owner"].submit_job("Risk", rundate=DAY)
            became[name] = outcome(operation, places[who], job, run)
            should[name] = expected(right, who, permissions)
            if name in SAVING and should[name] == "not found":
                should[name] = "refused"  # a name that is taken cannot be hidden from who wants to use it
    assert became == should


def test_the_table_is_complete():
    assert len(set(ALL_PERMISSIONS)) == 64
    assert {expected("write", "member", permissions) for permissions in ALL_PERMISSIONS} == {
        "done",
        "refused",
        "not found",
    }


# -- the database filters by itself: the same rule, once more


@pytest.mark.parametrize("who", IDENTITIES)
def test_listings_show_exactly_what_may_be_read(places, who):
    for permissions in ALL_PERMISSIONS:
        places["owner"].save(spec(permissions, name=permissions), KNOWN)
        places["owner"].submit_job(permissions, rundate=DAY)
        places["owner"].submit(spec(permissions, name=f"{permissions} unsaved"), KNOWN, rundate=DAY)
    readable = [name for name in sorted(ALL_PERMISSIONS) if expected("read", who, name) == "done"]
    assert [job.name for job in places[who].jobs(JobQuery())] == readable
    runs = places[who].runs(RunQuery())
    assert sorted(run.job_name for run in runs) == sorted([*readable, *(f"{name} unsaved" for name in readable)])


def test_a_page_of_a_listing_is_full_although_some_may_not_be_read(places):
    for name, permissions in (("open", "rwrwr-"), ("closed", "rw----")):
        places["owner"].save(spec(permissions, name=name), KNOWN)
    for _ in range(10):
        seen = places["owner"].submit_job("open", rundate=DAY)
        hidden = places["owner"].submit_job("closed", rundate=DAY)
    alert = AlertRecord(
        id=0, kind=AlertKind.FAILED, channel=Channel.CHAT, recipient="", job_name="", created=NOON, run_id=seen.id
    )
    places["owner"].store.add_alerts([alert, replace(alert, run_id=hidden.id)] * 10)
    assert [run.job_name for run in places["other"].runs(RunQuery(limit=7))] == ["open"] * 7
    assert [told.run_id for told in places["other"].alerts(limit=7)] == [seen.id] * 7


def test_a_run_that_is_not_of_a_saved_job_has_permissions_of_its_own(doors):
    places = doors()
    run = places["owner"].submit(spec("rwr---", name="Once"), KNOWN, rundate=DAY)
    assert places["member"].run(run.id) == run
    with pytest.raises(AccessError):
        places["member"].stop(run.id)
    with pytest.raises(NotFoundError):
        places["other"].run(run.id)


def test_the_runs_of_a_saved_job_are_as_readable_as_the_job_is_now(doors):
    places = doors()
    places["owner"].save(spec("rwr---"), KNOWN)
    run = places["owner"].submit_job("Risk", rundate=DAY)
    places["owner"].save(spec("rw--r-"), KNOWN)
    assert places["other"].run(run.id).id == run.id
    with pytest.raises(NotFoundError):
        places["member"].run(run.id)


def test_the_runs_of_a_deleted_job_keep_the_access_they_were_made_with(places):
    places["owner"].save(spec("rwrwrw"), KNOWN)
    run = places["owner"].submit_job("Risk", rundate=DAY)
    places["owner"].delete("Risk")
    readers = [who for who, place in places.items() if place.runs(RunQuery(id=run.id))]
    assert readers == list(places)


def test_deleting_a_job_does_not_open_runs_that_were_closed(places):
    places["owner"].save(spec("rwrwrw"), KNOWN)
    run = places["owner"].submit_job("Risk", rundate=DAY)
    places["owner"].save(spec("rw----"), KNOWN)
    places["owner"].delete("Risk")
    readers = [who for who, place in places.items() if place.runs(RunQuery(id=run.id))]
    assert readers == ["owner", "admin"]


def test_the_run_of_a_follower_ceases_when_its_author_may_not_read_the_job_any_more(doors):
    places = doors()
    places["owner"].save(spec("rwrwr-"), KNOWN)
    after = spec("rw----", name="After", owner="otto", schedule=AfterSchedule(job_name="Risk"))
    places["other"].save(after, KNOWN)
    places["owner"].save(spec("rwrw--"), KNOWN)
    run = places["owner"].submit_job("Risk", rundate=DAY)
    places["owner"].store.move(run.id, RunStatus.READY, RunChange(status=RunStatus.COMPLETED, ended=NOON))
    places["admin"].firing.follow(NOON)
    assert places["other"].runs(RunQuery(job_name="After")) == []


# -- what is said


def message(action):
    with pytest.raises((NotFoundError, AccessError)) as caught:
        action()
    return f"{type(caught.value).__name__}: {caught.value}"


BY_NAME = {
    "job": lambda place, name: place.job(name),
    "instant": lambda place, name: place.instant(name, NOON),
    "submit_job": lambda place, name: place.submit_job(name, rundate=DAY),
    "backfill_dates": lambda place, name: place.backfill_dates(name, DAY, DAY, Which.ALL),
    "backfill": lambda place, name: place.backfill(name, [DAY]),
    "pause": lambda place, name: place.pause(name),
    "unpause": lambda place, name: place.unpause(name),
    "delete": lambda place, name: place.delete(name),
}
BY_RUN = {
    "run": lambda place, number: place.run(number),
    "task_runs": lambda place, number: place.task_runs(number),
    "attempts": lambda place, number: place.attempts(number),
    "stop": lambda place, number: place.stop(number),
    "resume": lambda place, number: place.resume(number),
}


@pytest.mark.parametrize("operation", BY_NAME)
def test_a_job_that_may_not_be_read_is_missed_in_the_same_words_as_one_that_is_not_there(doors, operation):
    places = doors()
    job = places["owner"].save(spec("rw--r-"), KNOWN)
    for name, nowhere in (("Risk", "Zilch"), (job.uuid, job.uuid[::-1])):
        hidden = message(lambda name=name: BY_NAME[operation](places["member"], name))
        missing = message(lambda name=nowhere: BY_NAME[operation](places["member"], name))
        assert hidden.replace(name, nowhere) == missing
        assert missing.startswith("NotFoundError: there is no job ")


@pytest.mark.parametrize("operation", BY_RUN)
def test_a_run_that_may_not_be_read_is_missed_in_the_same_words_as_one_that_is_not_there(doors, operation):
    places = doors()
    places["owner"].save(spec("rw-w--"), KNOWN)
    run = places["owner"].submit_job("Risk", rundate=DAY)
    hidden = message(lambda: BY_RUN[operation](places["member"], run.id))
    missing = message(lambda: BY_RUN[operation](places["member"], 77))
    assert hidden.replace(f"run {run.id}", "run 77") == missing
    assert missing.startswith("NotFoundError: there is no run 77 ")


def test_the_versions_of_a_hidden_job_are_missed_like_those_of_none(doors):
    places = doors()
    job = places["owner"].save(spec("rw----"), KNOWN)
    hidden, missing = (message(lambda n=number: places["other"].versions(n)) for number in (job.id, 77))
    assert hidden.replace(f"job {job.id}", "job 77") == missing


@pytest.mark.parametrize("operation", ["submit_job", "backfill", "pause", "unpause", "delete"])
def test_what_may_be_read_and_not_changed_is_refused_with_what_it_is_and_whose(doors, operation):
    places = doors()
    places["owner"].save(spec("rwr-r-"), KNOWN)
    assert message(lambda: BY_NAME[operation](places["member"], "Risk")) == (
        "AccessError: mika may not change job 'Risk': it belongs to olga, group desk, with permissions rwr-r-; "
        "ask for write permission"
    )


@pytest.mark.parametrize("operation", ["stop", "resume"])
def test_a_run_that_may_be_read_and_not_changed_is_refused_with_what_it_is_and_whose(doors, operation):
    places = doors()
    places["owner"].save(spec("rwr-r-"), KNOWN)
    run = places["owner"].submit_job("Risk", rundate=DAY)
    assert message(lambda: BY_RUN[operation](places["other"], run.id)) == (
        f"AccessError: otto may not change run {run.id}: it belongs to olga, group desk, with permissions rwr-r-; "
        "ask for write permission"
    )


def test_one_who_may_write_is_not_told_to_ask_for_write_permission_to_change_the_owner(doors):
    places = doors()
    job = places["owner"].save(spec("rwrwr-"), KNOWN)
    said = message(lambda: places["member"].save(changed(job, owner="mika"), KNOWN))
    assert "Owner, Group or Permissions of job 'Risk'" in said
    assert "olga" in said
    assert "write permission" not in said


def test_saving_under_the_name_of_a_hidden_job_does_not_say_whose_it_is(doors):
    places = doors()
    places["owner"].save(spec("rw----"), KNOWN)
    said = message(lambda: places["other"].save(spec("rw----", owner="otto"), KNOWN))
    assert said == "AccessError: DAG 'Risk' cannot be saved under this name; choose another Name"


def test_name_and_uuid_that_disagree_do_not_reveal_the_uuid_of_a_hidden_job(doors):
    places = doors()
    hidden = places["owner"].save(spec("rw----"), KNOWN)
    after = AfterSchedule(job_name="Risk", job_uuid="0b0a7d5e-7b1b-4f0a-9d4f-0d6c1c9f6b1a")
    try:
        places["other"].save(spec("rw----", name="After", owner="otto", schedule=after), KNOWN)
    except Exception as error:
        assert hidden.uuid not in str(error)


def test_a_circle_through_a_hidden_job_does_not_reveal_its_name(doors):
    places = doors()
    mine = {"owner": "otto", "group": "staff"}
    first = places["other"].save(spec("rwr-r-", name="First", **mine), KNOWN)
    hidden = spec("rw----", name="Merger of X and Y", schedule=AfterSchedule(job_name="First"))
    places["owner"].save(hidden, KNOWN)
    places["owner"].save(spec("rwr-r-", name="Third", schedule=AfterSchedule(job_name="Merger of X and Y")), KNOWN)
    with pytest.raises(Exception, match="'First' would run after itself") as caught:
        places["other"].save(spec("rwr-r-", name=first.name, schedule=AfterSchedule(job_name="Third"), **mine), KNOWN)
    assert "Merger" not in str(caught.value)


def test_a_job_that_is_named_like_the_uuid_of_another_does_not_take_its_place(doors):
    places = doors()
    job = places["owner"].save(spec("rw----"), KNOWN)
    places["other"].save(spec("rwrwrw", name=job.uuid, owner="otto"), KNOWN)
    assert places["owner"].submit_job(job.uuid, rundate=DAY).job_name == "Risk"


# -- another account


@pytest.fixture
def unprivileged(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.fixture
def root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def as_bob(owner="olga"):
    plain = spec("rwrwr-", owner=owner)
    return replace(plain, access=replace(plain.access, run_as="nobody"))


STARTING = {
    "save": lambda place: place.save(as_bob(), KNOWN),
    "submit": lambda place: place.submit(as_bob(), KNOWN, rundate=DAY),
    "begin": lambda place: place.begin(as_bob(), KNOWN, rundate=DAY, executor="inline"),
}


@pytest.mark.parametrize("operation", STARTING)
@pytest.mark.parametrize("who", ["owner", "member", "other"])
@pytest.mark.usefixtures("unprivileged")
def test_another_account_is_refused_to_those_without_the_privilege(doors, operation, who):
    place = doors()[who]
    with pytest.raises(AccessError, match="DAG 'Risk': RunAs='nobody' needs root or an admin of this workspace"):
        STARTING[operation](place)
    assert place.store.jobs(JobQuery()) == place.store.runs(RunQuery()) == []


@pytest.mark.parametrize("who", ["owner", "admin"])
@pytest.mark.usefixtures("root")
def test_root_keeps_another_account_on_the_job_and_all_its_runs(doors, who):
    place = doors()[who]
    job = place.save(as_bob(owner=place.user), KNOWN)
    runs = [place.submit_job("Risk", rundate=DAY), *place.backfill("Risk", [DAY])]
    assert [job.run_as, *(run.run_as for run in runs)] == ["nobody"] * 3


@pytest.mark.usefixtures("unprivileged")
def test_an_admin_may_save_a_job_that_runs_as_another_account(doors):
    assert doors()["admin"].save(as_bob(), KNOWN).run_as == "nobody"


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@as_root
@pytest.mark.parametrize("submit", [DAG.save, lambda dag: dag.run(detach=True)], ids=["save", "submit"])
def test_an_account_that_does_not_exist_is_refused_before_anything_waits_for_it(workspace, work_dir, submit):
    folder = work_dir({"risk.py": "from dtscheduler import batch\n@batch()\ndef total(): return 1\n"})
    dag = DAG(Name="Risk", DevRun=True, WorkDir=folder, RunAs="nobody-here")
    Task(Name="total", Entrypoint="risk.total", dag=dag)
    with pytest.raises(SchedulerError, match="RunAs='nobody-here'"):
        submit(dag)
    assert workspace.jobs(JobQuery()) == workspace.runs(RunQuery()) == []


@as_root
@pytest.mark.parametrize("submit", [DAG.save, lambda dag: dag.run(detach=True)], ids=["save", "submit"])
def test_functions_that_no_file_holds_are_refused_under_another_account(workspace, tmp_path, submit):
    @batch()
    def total():
        return 1

    dag = DAG(Name="Risk", DevRun=True, WorkDir=tmp_path, RunAs="daemon")
    dag.call(total, (), {})
    with pytest.raises(SchedulerError, match="functions that no file holds"):
        submit(dag)
    assert workspace.jobs(JobQuery()) == workspace.runs(RunQuery()) == []


@pytest.mark.usefixtures("unprivileged")
def test_the_own_account_needs_no_privilege(doors):
    assert doors()["owner"].save(replace(as_bob(), access=AccessSpec(owner="olga", group="desk", run_as="olga")), KNOWN)


@pytest.mark.usefixtures("unprivileged")
def test_one_who_saves_over_a_job_of_another_account_has_it_run_under_their_own(doors):
    places = doors()
    places["admin"].save(as_bob(), KNOWN)
    with pytest.raises(AccessError, match="RunAs='nobody'"):
        places["member"].save(replace(as_bob(), labels=("mine",)), KNOWN)
    assert places["member"].save(spec("rwrwr-", labels=("mine",)), KNOWN).run_as == "mika"


def test_without_an_account_a_job_runs_as_whoever_saved_it(doors):
    places = doors()
    assert places["owner"].save(spec("rwrwr-"), KNOWN).run_as == "olga"
    assert places["member"].save(spec("rwrwr-", labels=("x",)), KNOWN).run_as == "mika"


def test_a_run_by_hand_knows_who_submitted_it_and_stays_the_owners(doors):
    places = doors()
    places["owner"].save(spec("rwrwr-"), KNOWN)
    run = places["member"].submit_job("Risk", rundate=DAY)
    assert (run.submitted_by, run.owner, run.run_as) == ("mika", "olga", "olga")


def test_pausing_says_who_did_and_is_undone_by_anyone_who_may_write(doors):
    places = doors()
    places["owner"].save(spec("rwrwr-"), KNOWN)
    assert places["member"].pause("Risk").paused_by == "mika"
    assert places["owner"].unpause("Risk").paused is None


def test_a_job_that_was_given_away_obeys_its_new_owner_only(doors):
    places = doors()
    places["owner"].save(spec("rw----"), KNOWN)
    places["owner"].save(spec("rw----", owner="otto", schedule=NEVER), KNOWN)
    assert places["other"].pause("Risk").owner == "otto"
    with pytest.raises(NotFoundError):
        places["owner"].job("Risk")


def test_a_job_that_is_saved_without_an_owner_is_that_of_whoever_made_it_also_when_others_save_it(doors):
    places = doors()
    shared = spec("rwrwr-", owner="", group="desk")
    assert places["owner"].save(shared, KNOWN).owner == "olga"
    for number, who in enumerate(("member", "admin", "owner"), start=2):
        again = places[who].save(replace(shared, labels=(who,)), KNOWN)
        assert (again.version, again.owner, again.group) == (number, "olga", "desk")


def test_an_owner_that_is_not_named_is_no_way_around_the_letters(doors):
    places = doors()
    places["owner"].save(spec("rwr---"), KNOWN)
    for who in ("member", "other"):
        with pytest.raises(AccessError):
            places[who].save(spec("rwr---", owner="", group="", labels=("x",)), KNOWN)


def test_a_broken_schedule_is_told_to_the_owner_of_the_job_too(doors):
    places = doors()
    places["owner"].save(spec("rw----"), KNOWN)
    alert = AlertRecord(
        id=0,
        kind=AlertKind.BROKEN,
        channel=Channel.EMAIL,
        recipient="desk@example.com",
        job_name="Risk",
        created=NOON,
        next_try=NOON + timedelta(minutes=1),
    )
    places["owner"].store.add_alerts([alert])
    readers = [who for who, place in places.items() if place.alerts(pending=True)]
    assert readers == ["owner", "admin"]


def test_an_image_is_replaced_by_those_alone_who_registered_it_and_by_admins(doors):
    places = doors()
    image = ImageRecord(name="Risk", tag="dev", path="/here", python="python", added=NOON, added_by="olga")
    places["owner"].put_image(image)
    places["owner"].put_image(replace(image, path="/there"))
    with pytest.raises(AccessError, match=r"may not replace image 'Risk' \(dev\): only olga"):
        places["member"].put_image(replace(image, path="/evil", added_by="mika"))
    places["admin"].put_image(replace(image, path="/elsewhere", added_by="root"))
    assert [found.path for found in places["owner"].images()] == ["/elsewhere"]
