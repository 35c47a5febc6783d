"""A run that is submitted under a token is there once, whoever else submits under it at the same moment."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier
from uuid import uuid4

import pytest

from dtscheduler.errors import AccessError, InvalidJobError, WorkspaceError
from dtscheduler.model.call import EntrypointInfo
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.once import submitted_once
from dtscheduler.running.lookup import KnownCode
from dtscheduler.running.sources.facts import CodeFacts
from dtscheduler.stores.sql import open_store

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = date(2026, 1, 30)
SPAWN = multiprocessing.get_context("spawn")
TASK = TaskSpec(name="total", entrypoint="risk.total", parts=(PartSpec("total"),))
SPEC = JobSpec(
    name="Risk", tasks=(TASK,), upstream=((),), access=AccessSpec(owner="ada", permissions="rwrwrw"), dev_run=True
)
KNOWN = {0: KnownCode(EntrypointInfo(entrypoint="risk.total", parameters=()), CodeFacts(()))}
RUN = RunRecord(
    id=0, uuid="", job_name="Risk", spec_hash="", status=RunStatus.READY, rundate=DAY, submitted=NOON, owner="ada",
    submitted_by="ada",
)  # fmt: skip
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def place(store, door):
    return door(store, "ada")


def submit(place, token):
    return place.submit(SPEC, KNOWN, rundate=DAY, token=token)


def submit_saved(place, token):
    place.save(SPEC, KNOWN)
    return place.submit(SPEC, KNOWN, rundate=DAY, token=token)


def submit_job(place, token):
    place.save(SPEC, KNOWN)
    return place.submit_job("Risk", rundate=DAY, token=token)


WAYS = [submit, submit_saved, submit_job]


@pytest.mark.parametrize("way", WAYS)
def test_a_token_becomes_the_uuid_of_the_run(place, way):
    run = way(place, TOKEN)
    assert (run.uuid, run.submitted_by, run.rundate, run.status) == (TOKEN, "ada", DAY, RunStatus.READY)
    assert place.runs(RunQuery(uuid=TOKEN)) == [run]


@pytest.mark.parametrize("way", WAYS)
def test_a_second_click_finds_the_run_of_the_first(place, way):
    first = way(place, TOKEN)
    assert way(place, TOKEN) == first
    assert len(place.runs(RunQuery())) == 1


@pytest.mark.parametrize("way", WAYS)
def test_without_a_token_every_click_is_a_run(place, way):
    assert way(place, "").id != way(place, "").id


def test_a_run_is_returned_as_it_is_by_now(place):
    run = submit(place, TOKEN)
    place.stop(run.id)
    assert submit(place, TOKEN).status is RunStatus.STOPPED


def test_a_second_click_asks_nothing_of_the_job_any_more(place):
    first = submit_job(place, TOKEN)
    place.delete("Risk")
    assert place.submit_job("Risk", rundate=None, token=TOKEN).id == first.id


@pytest.mark.parametrize("way", WAYS)
def test_the_token_of_somebody_else_is_refused(place, store, door, way):
    way(place, TOKEN)
    with pytest.raises(AccessError, match="ben may not submit"):
        way(door(store, "ben"), TOKEN)


@pytest.mark.parametrize(
    "token", ["x", "../../etc/passwd", TOKEN.upper(), f"{TOKEN}0", "01234567-89ab-cdef-0123-456789abcdef", 7, b"0" * 32]
)
def test_what_is_no_token_is_refused(place, token):
    with pytest.raises(InvalidJobError, match="32 hexadecimal digits"):
        submit(place, token)
    assert place.runs(RunQuery()) == []


def test_an_error_of_the_store_is_told_as_it_is(place, monkeypatch):
    def full(*args):
        raise WorkspaceError("the disk is full")

    monkeypatch.setattr(place.store, "add_run", full)
    with pytest.raises(WorkspaceError, match="disk is full"):
        submit(place, TOKEN)


def test_whoever_is_overtaken_while_writing_is_given_the_first_run(place, store):
    def overtaken():
        first = submit(place, TOKEN)
        return store.submit([first])[0]

    run = submitted_once(store, TOKEN, "ada", overtaken, same=lambda run: run.job_name == "Risk")
    assert place.runs(RunQuery()) == [run]


@pytest.mark.parametrize("way", [submit, submit_job])
def test_threads_that_submit_under_one_token_get_one_run(store, door, way):
    door(store, "ada").save(SPEC, KNOWN)
    together = Barrier(6)

    def click(_):
        place = door(store, "ada")
        together.wait(30)
        return way(place, TOKEN).id

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(click, range(6)))) == 1
    assert len(store.runs(RunQuery())) == 1


@pytest.mark.slow
def test_processes_that_submit_under_one_token_get_one_run(two_places):
    tokens = [uuid4().hex for _ in range(20)]
    open_store(two_places[0]).close()
    with SPAWN.Manager() as manager, ProcessPoolExecutor(2, mp_context=SPAWN) as processes:
        together = manager.Barrier(2)
        clicks = [processes.submit(_click, two_places[0], tokens, together) for _ in range(2)]
        first, second = (click.result() for click in clicks)
    assert first == second
    assert len(set(first)) == len(tokens)


def _click(path, tokens, together):
    with closing(open_store(path)) as store:
        numbers = []
        for token in tokens:
            run = replace(RUN, uuid=token)
            together.wait(60)
            numbers.append(
                submitted_once(
                    store, token, "ada", lambda run=run: store.add_run(run, SPEC, ()), same=lambda run: True
                ).id
            )
        return numbers
