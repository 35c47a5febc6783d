"""The suites of a server: one process for each visitor and suite, and no more than so many."""

import pytest

from dtscheduler.suites.pool import SuitePool
from dtscheduler.suites.states import Stage

TEXT = """
@suite
def flights(n: int = 1) -> DAG:
    return job()
"""


@pytest.fixture
def pool():
    made = SuitePool(most=1)
    yield made
    made.close()


def pid_of(suite):
    return suite._process.pid if suite._process is not None and suite._process.alive else None


def test_who_asks_again_gets_the_same_process_and_others_their_own(pool, remote):
    ours = pool.of("ours", lambda: remote(TEXT))
    assert pool.of("ours", lambda: pytest.fail("it is there")) is ours
    assert pool.of("theirs", lambda: remote(TEXT)) is not ours


def test_the_process_that_was_asked_longest_ago_ends_and_begins_anew_when_it_is_needed(pool, remote):
    first = pool.of("first", lambda: remote(TEXT))
    assert first.construct({}).problems == ()
    before = pid_of(first)
    assert before
    pool.of("second", lambda: remote(TEXT))
    assert pid_of(first) is None
    assert first.state.stage is Stage.READY
    assert [field.name for field in first.fields] == ["n"]
    assert first.construct({}).problems == ()
    assert pid_of(first) not in (None, before)
