"""Executors of several runs in one process, each in a thread of its own, on one machine."""

import threading
import time

import pytest


@pytest.fixture
def in_threads():
    """Run functions at the same time; an exception in one of them is raised."""

    def run(*functions):
        failures = []

        def guarded(function):
            try:
                function()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not failures

    return run


def most_at_once(spans):
    points = sorted([(began, 1) for _, began, _ in spans] + [(ended, -1) for _, _, ended in spans])
    running = most = 0
    for _, change in points:
        running += change
        most = max(most, running)
    return most


def order_of(spans):
    return [name for name, _, _ in spans]


def test_all_runs_together_keep_to_the_machine(hands, spans, in_threads):
    runs = [hands(urgency=(1, n)).add("f", 6, given={"name": str(n)}, cpu_mhz=4000) for n in range(4)]
    in_threads(*(one.run for one in runs))
    assert most_at_once(spans()) == 2
    assert sorted(order_of(spans())) == sorted("0123" * 6)


def test_short_parts_that_are_sent_ahead_keep_to_the_machine_too(hands, spans, in_threads):
    values = {"name": "x", "seconds": 0.001}
    runs = [hands(urgency=(1, n)).add("f", 60, given=values, memory_mb=6000) for n in range(3)]
    in_threads(*(one.run for one in runs))
    assert most_at_once(spans()) == 1
    assert len(spans()) == 180


@pytest.mark.parametrize("second", [(0, 2), (1, 0)], ids=["of higher priority", "older"])
def test_a_more_urgent_run_gets_what_becomes_free(hands, spans, in_threads, second):
    first = hands(cores=1, urgency=(1, 1)).add("f", 8, given={"name": "first"}, cpu_mhz=4000)
    urgent = hands(cores=1, urgency=second).add("f", 4, given={"name": "urgent"}, cpu_mhz=4000)
    while not first.outcomes:
        first.step(0.05)
    in_threads(first.run, urgent.run)
    names = order_of(spans())
    assert names.index("urgent") <= 4
    assert names[names.index("urgent") :][:4] == ["urgent"] * 4


def test_short_parts_that_never_end_give_way_to_a_more_urgent_run(hands, spans, in_threads):
    first = hands(cores=1, urgency=(1, 1)).add("f", 1500, given={"name": "first", "seconds": 0.001}, cpu_mhz=4000)
    urgent = hands(cores=1, urgency=(0, 2)).add("f", 1, given={"name": "urgent"}, cpu_mhz=4000)
    while len(first.outcomes) < 100:
        first.step(0.05)
    in_threads(first.run, urgent.run)
    names = order_of(spans())
    assert names.index("urgent") < 1000
    assert len(names) == 1501


def test_a_part_that_asks_for_more_than_there_is_runs_alone_and_in_its_turn(hands, spans, in_threads, monkeypatch):
    small = [hands(urgency=(1, n)).add("f", 20, given={"name": "small"}, cpu_mhz=4000) for n in (2, 3)]
    large = hands(urgency=(1, 1)).add("f", 1, given={"name": "large"}, cpu_mhz=1_000_000)
    with monkeypatch.context() as patch:
        patch.setattr("dtscheduler.executors.machine.RECENT_SECONDS", 0.1)  # they ask one after the other
        for one in small:
            while not one.outcomes:
                one.step(0.05)
    in_threads(large.run, *(one.run for one in small))
    found = spans()
    (place,) = [number for number, (name, _, _) in enumerate(found) if name == "large"]
    _, began, ended = found[place]
    assert place < 20
    assert not [name for name, b, e in found if name == "small" and b < ended and e > began]


def test_what_becomes_free_is_noticed_at_once(hands, spans, in_threads):
    first = hands(urgency=(1, 1)).add("f", 1, given={"name": "first", "seconds": 0.5}, cpu_mhz=8000)
    second = hands(urgency=(1, 2)).add("f", 1, given={"name": "second", "seconds": 0}, cpu_mhz=8000)
    first.step(0.05)
    second.add("f", 1, given={"name": "wakes its worker", "seconds": 0}, cpu_mhz=8000)
    in_threads(first.run, second.run)
    (_, _, ended), (_, began, _) = spans()[:2]
    assert began - ended < 1.0


def test_a_waiting_run_that_ends_lets_the_others_go_on(hands, spans, in_threads):
    running = hands(urgency=(1, 3)).add("f", 1, given={"name": "running", "seconds": 1}, cpu_mhz=4000)
    waiting = hands(urgency=(1, 1)).add("f", 1, given={"name": "waiting"}, cpu_mhz=8000)
    behind = hands(urgency=(1, 2)).add("f", 1, given={"name": "behind"}, cpu_mhz=4000)
    running.step(0.05)
    waiting.step(0.05)
    behind.step(0.05)
    assert behind.executor._seat.waits

    def give_up():
        time.sleep(0.1)
        waiting.executor.close()

    in_threads(running.run, behind.run, give_up)
    assert order_of(spans()) == ["running", "behind"]
    assert most_at_once(spans()) == 2


def test_a_run_that_is_cancelled_gives_back_what_it_had(hands, spans):
    first = hands(urgency=(1, 1)).add("f", 4, given={"name": "first", "seconds": 100}, cpu_mhz=4000)
    first.step(0.3)
    first.executor.cancel(grace_seconds=0)
    second = hands(urgency=(1, 2)).add("f", 2, given={"name": "second"}, cpu_mhz=4000)
    assert [outcome.status for outcome in second.run(20)] == ["completed", "completed"]


def test_a_worker_that_dies_gives_back_what_was_reserved_for_it(hands, steps):
    steps("""
        def dies(n):
            os.kill(os.getpid(), signal.SIGKILL)

        def works(n):
            return n
        """)
    first, second = hands(urgency=(1, 1)), hands(urgency=(1, 2))
    assert [outcome.status for outcome in first.add("dies", 3, cpu_mhz=8000).run()] == ["failed"] * 3
    assert second.add("works", 1, cpu_mhz=8000).run()[0].status == "completed"
    assert first.machine.free_mhz == 8000


def test_the_first_run_starts_a_worker_for_every_core_and_the_next_one_only_one(hands, steps):
    steps("def works(n): return n")
    runs = [hands(cores=3, urgency=(1, n)) for n in range(3)]
    for one in runs:
        one.executor.start(one.environment, 100, [])
    assert [len(one.executor._crew.workers) for one in runs] == [3, 1, 1]


def test_a_run_that_stays_alone_grows_to_all_cores(hands, steps):
    steps("def works(n): time.sleep(0.3)")
    first, second = hands(cores=3, urgency=(1, 1)), hands(cores=3, urgency=(1, 2))
    first.executor.start(first.environment, 100, [])
    second.executor.start(second.environment, 100, [])
    first.executor.close()
    assert len(second.add("works", 6, cpu_mhz=4000).run()) == 6
    assert len(second.executor._crew.workers) == 3
