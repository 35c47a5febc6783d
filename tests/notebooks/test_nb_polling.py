"""The thread of a widget: it looks while there is something to see, and goes when its widget does."""

import gc
import threading

import pytest

from dtscheduler.ui.notebook.polling import Poller


class Looked:
    """What is looked at; ``enough`` is set at the second look."""

    def __init__(self):
        self.looks, self.enough, self.goes_on = 0, threading.Event(), True

    def look(self):
        self.looks += 1
        if self.looks > 1:
            self.enough.set()
        return self.goes_on


@pytest.fixture
def owner():
    return Looked()


def gone(poller, seconds=2):
    """Whether its thread has gone within so many seconds."""
    poller._thread.join(seconds)
    return not poller.alive


def test_it_looks_until_there_is_no_more_to_see(owner):
    poller = Poller(owner, Looked.look)
    poller.begin()
    assert owner.enough.wait(5)
    owner.goes_on = False
    assert gone(poller)


def test_it_ends_when_it_is_told_to(owner):
    poller = Poller(owner, Looked.look)
    poller.begin()
    assert owner.enough.wait(5)
    poller.end()
    assert gone(poller)


def test_it_goes_when_its_owner_is_collected():
    owner = Looked()
    poller, enough = Poller(owner, Looked.look), owner.enough
    poller.begin()
    assert enough.wait(5)
    del owner
    gc.collect()
    assert gone(poller)


def test_it_can_begin_again_and_never_looks_twice_at_a_time(owner):
    poller = Poller(owner, Looked.look)
    poller.begin()
    first = poller._thread
    poller.begin()
    assert poller._thread is first
    poller.end()
    assert gone(poller)
    owner.enough.clear()
    poller.begin()
    assert owner.enough.wait(5)
    poller.end()


def test_it_may_end_itself(owner):
    poller = Poller(owner, lambda looked: poller.end() or looked.look())
    poller.begin()
    assert gone(poller)
    assert owner.looks == 1
