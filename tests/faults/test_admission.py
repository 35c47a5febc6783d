"""How many tasks run at a time, which goes first, and what happens to one that uses more than it asked for."""

import json

import pytest

SPAN = """
    import json

    def _span(name, seconds):
        began = time.time()
        time.sleep(seconds)
        with open({marks!r}, "a") as file:
            file.write(json.dumps([name, began, time.time()]).replace(" ", "") + "\\n")
    """


@pytest.fixture
def spans(marks):
    """What tasks wrote: name → when it began and ended."""
    return lambda: {name: (began, ended) for name, began, ended in map(json.loads, marks.lines())}


def most_at_once(spans):
    points = sorted([(began, 1) for began, _ in spans.values()] + [(ended, -1) for _, ended in spans.values()])
    running = most = 0
    for _, change in points:
        running += change
        most = max(most, running)
    return most


@pytest.fixture
def machine(monkeypatch):
    def set_to(cpu_mhz=16000, memory_mb=1000, **others):
        monkeypatch.setenv("DTSCHEDULER_CPU_MHZ", str(cpu_mhz))
        monkeypatch.setenv("DTSCHEDULER_MEMORY_MB", str(memory_mb))
        for name, value in others.items():
            monkeypatch.setenv(f"DTSCHEDULER_{name.upper()}", str(value))

    return set_to


@pytest.fixture
def sleepers(machine, request, marks):
    """A fan of parts that sleep, on a machine of a given size."""

    def make(parts, seconds=0.1, *, cpu_mhz=16000, memory_mb=1000, **parameters):
        machine(cpu_mhz, memory_mb)
        fan = request.getfixturevalue("fan")
        text = (
            SPAN.format(marks=marks.path)
            + f"""
    @batch()
    def f(n):
        _span(n, {seconds})
    """
        )
        return fan(text, parts, **parameters)

    return make


def test_two_tasks_of_more_than_half_the_memory_never_run_at_the_same_time(sleepers, spans):
    assert sleepers(6, Memory=501).run().status == "completed"
    assert most_at_once(spans()) == 1


def test_two_tasks_of_half_the_memory_run_at_the_same_time(sleepers, spans):
    assert sleepers(6, 0.3, Memory=500).run().status == "completed"
    assert most_at_once(spans()) == 2


def test_cpu_bounds_how_many_run_at_the_same_time(sleepers, spans):
    assert sleepers(9, 0.3, memory_mb=10_000, CPU=5000).run().status == "completed"
    assert most_at_once(spans()) == 3


def test_a_task_that_asks_for_more_than_there_is_runs_alone(sleepers, spans):
    assert sleepers(4, CPU=1_000_000, Memory=1_000_000).run().status == "completed"
    assert most_at_once(spans()) == 1


def test_short_parts_that_are_sent_ahead_keep_to_the_limits(sleepers, spans):
    assert sleepers(200, 0.001, Memory=501).run().status == "completed"
    assert most_at_once(spans()) == 1


def test_small_and_large_parts_together_keep_to_the_memory(machine, request, marks, spans):
    machine(16000, 1000)
    dag = request.getfixturevalue("dag")
    text = SPAN.format(marks=marks.path)
    for number in range(12):
        text += f"""
    @batch()
    def t{number}():
        _span("t{number}", 0.05)
    """
    made = dag(text)
    needs = {f"t{n}": 600 if n % 3 else 300 for n in range(12)}
    for name, memory in needs.items():
        made[name].options(Memory=memory)
    assert made.run().status == "completed"
    found = spans()
    for name, (began, _) in found.items():
        together = [n for n, (b, e) in found.items() if b <= began < e]
        assert sum(needs[n] for n in together) <= 1000, (name, together)


@pytest.mark.parametrize("executor", ["processes", "inline"])
def test_the_more_urgent_task_starts_first(machine, request, marks, spans, executor):
    machine(4000, 1000)
    dag = request.getfixturevalue("dag")
    names = ["low", "normal", "high", "urgent_later"]
    text = SPAN.format(marks=marks.path)
    for name in names:
        text += f"""
    @batch()
    def {name}():
        _span("{name}", 0.05)
    """
    made = dag(text, CPU=4000)
    for name, level in zip(names, ["LOW", "NORMAL", "HIGH", "HIGH"], strict=True):
        made[name].options(Priority=level)
    assert made.run(executor=executor).status == "completed"
    assert sorted(spans(), key=lambda name: spans()[name][0]) == ["high", "urgent_later", "normal", "low"]


HUNGRY = """
    @batch()
    def hungry():
        with open({marks!r}, "a") as file:
            file.write("x\\n")
        held = []
        for _ in range(40):
            held.append(bytearray(os.urandom(1000) * 10_000))
            time.sleep({pause})
        return len(held)

    @batch()
    def modest():
        time.sleep(0.5)
        return 1
    """


@pytest.mark.slow
def test_a_task_that_uses_more_memory_than_it_asked_for_is_ended_when_that_is_enforced(machine, request, marks, place):
    machine(enforce_memory="true")
    place.close()
    run = request.getfixturevalue("run")
    from dtscheduler import use

    use(place.home)
    done = run(HUNGRY.format(marks=marks.path, pause=0.05), Memory=150, Retries=1)
    assert done.status == "out_of_memory"
    assert done.part("hungry").status == "out_of_memory"
    assert "asked for 150 MB" in done.part("hungry").reason
    assert done.part("hungry").peak_memory_mb > 150
    assert len(marks.lines()) == 2
    assert done.result("modest") == 1


@pytest.mark.slow
def test_a_task_may_use_more_memory_than_it_asked_for_when_that_is_not_enforced(machine, run, marks):
    done = run(HUNGRY.format(marks=marks.path, pause=0.01), Memory=150)
    assert done.result("hungry") == 40
    assert done.part("hungry").peak_memory_mb > 400


def test_a_memory_error_is_out_of_memory(run):
    done = run("""
        @batch()
        def hungry():
            raise MemoryError
        """)
    assert done.status == "out_of_memory"


def test_memory_of_one_attempt_is_not_counted_in_the_next(machine, request):
    machine(4000)
    dag = request.getfixturevalue("dag")
    made = dag("""
        @batch()
        def large():
            return len(bytearray(os.urandom(1000) * 200_000))

        @batch()
        def small():
            return 1
        """)
    made["large"] >> made["small"]
    done = made.run()
    assert done.part("large").peak_memory_mb > 200
    assert done.part("small").peak_memory_mb < 150


def test_attempts_are_counted_exactly(run, marks, place):
    done = run(f"""
        @batch()
        def fails():
            with open({marks.path!r}, "a") as file:
                file.write("x\\n")
            raise ValueError("attempt")
        """, Retries=2)  # fmt: skip
    assert len(marks.lines()) == 3
    assert done.part("fails").attempt == 3
    assert [(a.attempt, a.status) for a in place.attempts(done.id)] == [(1, "failed"), (2, "failed")]
    assert "ValueError: attempt" in done.part("fails").reason


def test_every_part_has_retries_of_its_own(fan, marks):
    done = fan(
        f"""
        @batch()
        def f(n):
            with open({marks.path!r}, "a") as file:
                file.write(f"{{n}}\\n")
            if n % 7 == 0:
                raise ValueError(n)
            return n
        """,
        70,
        Retries=3,
    ).run()
    counts = [marks.lines().count(str(n)) for n in range(70)]
    assert counts == [4 if n % 7 == 0 else 1 for n in range(70)]
    assert done.status == "failed"
