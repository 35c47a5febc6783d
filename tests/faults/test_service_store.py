"""A store that is locked or away for a while: the service waits for it and loses nothing."""

import signal
import time

import pytest

pytest_plugins = ["services"]
pytestmark = pytest.mark.slow


def held(seconds):
    """Do nothing for as long as somebody else holds something."""
    time.sleep(seconds)


def test_somebody_who_writes_for_a_long_time_delays_but_does_not_double(
    small, rows, serve, sound, locked, until, marks, daily
):
    for number in range(3):
        small(f"job {number}", Schedule=daily)
    small("by hand").run()
    rows.missed(2)
    locked.begin()
    service = serve()
    until(lambda: "serving" in service.log)
    held(1.2)
    locked.end()
    until(lambda: rows.runs().count("completed") == 4)
    assert len(marks.lines()) == 4
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    sound()


def test_a_run_goes_on_while_somebody_else_writes(small, serve, sound, locked, until, marks, rows):
    run = small(seconds=0.7).run()
    service = serve()
    until(marks.lines)
    locked.begin()
    held(1.2)
    locked.end()
    assert run.wait(20) == "completed"
    assert marks.lines() == ["load"]
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    sound()


def test_a_store_that_is_away_for_a_while_is_waited_for(small, rows, serve, sound, until, place, daily):
    small(Schedule=daily)
    file = place.settings.store_place
    service = serve()
    until(lambda: rows("select 1 from services"))
    rows.close()
    file.rename(file.with_name("away.db"))
    until(lambda: "the next one follows" in service.log or not service.alive)
    file.with_name("away.db").rename(file)
    rows.missed(2)
    until(lambda: rows.runs() == ["completed"])
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    sound()
