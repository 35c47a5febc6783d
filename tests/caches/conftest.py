"""A test of a cache that hangs fails."""

import signal

import pytest


@pytest.fixture(autouse=True)
def in_time():
    def late(number, frame):
        pytest.fail("the test took more than 20 seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 20, 5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
