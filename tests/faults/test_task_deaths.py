"""What becomes of a run when the code of a task dies, or gives what cannot be kept."""

import pytest

from dtscheduler import DAG, Task, batch

DEATHS = {
    "os.kill(os.getpid(), signal.SIGKILL)": "SIGKILL",
    "os.kill(os.getpid(), signal.SIGTERM)": "SIGTERM",
    "os.abort()": "SIGABRT",
    "__import__('ctypes').string_at(0)": "SIGSEGV",
    "os._exit(0)": "exit code 0",
    "os._exit(7)": "exit code 7",
    "sys.exit(3)": "sys.exit(3)",
    "sys.exit()": "sys.exit",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_death_fails_its_task_with_the_cause_and_no_other(run, death):
    done = run(f"""
        @batch()
        def dies():
            {death}

        @batch()
        def lives():
            return 1
        """)
    assert done.status == "failed"
    assert done.part("dies").status == "failed"
    assert DEATHS[death] in done.part("dies").reason
    assert done.result("lives") == 1


def test_sigkill_hints_at_memory(run):
    done = run("""
        @batch()
        def dies():
            os.kill(os.getpid(), signal.SIGKILL)
        """)
    assert "memory" in done.part("dies").reason


def test_a_death_is_tried_again_and_every_attempt_is_kept(run, marks, place):
    done = run(
        f"""
        @batch()
        def dies():
            with open({marks.path!r}, "a") as file:
                file.write("x\\n")
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        Retries=2,
    )
    assert len(marks.lines()) == 3
    assert done.part("dies").attempt == 3
    earlier = place.attempts(done.id)
    assert [(a.attempt, a.status) for a in earlier] == [(1, "failed"), (2, "failed")]
    assert all("SIGKILL" in a.reason for a in earlier)


def test_a_task_that_succeeds_at_the_second_attempt_completes(run, marks):
    done = run(
        f"""
        @batch()
        def flaky():
            with open({marks.path!r}, "a") as file:
                file.write("x\\n")
            if len(open({marks.path!r}).read().split()) < 2:
                os._exit(1)
            return "there"
        """,
        Retries=5,
    )
    assert done.status == "completed"
    assert done.result("flaky") == "there"
    assert len(marks.lines()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("workers_die", range(3))
def test_parts_sent_ahead_to_a_worker_that_dies_are_made_by_another(fan, marks, workers_die):
    done = fan(
        f"""
        @batch()
        def f(n):
            with open({marks.path!r}, "a") as file:
                file.write(f"{{n}}\\n")
            if n % 50 == 49:
                os.kill(os.getpid(), signal.SIGKILL)
            return n
        """,
        300,
    ).run()
    statuses = [done.part("fan", n).status for n in range(300)]
    assert [n for n in range(300) if statuses[n] != "completed"] == list(range(49, 300, 50))
    assert sorted(map(int, marks.lines())) == list(range(300))


def test_the_log_of_a_task_that_dies_is_complete_up_to_its_end(run):
    done = run("""
        @batch()
        def dies():
            print("one")
            sys.stdout.write("two without an end of line")
            os.kill(os.getpid(), signal.SIGKILL)
        """)
    assert done.log("dies") == "one\ntwo without an end of line"


def test_a_segfault_leaves_the_python_stack_in_the_log(run):
    done = run("""
        @batch()
        def crashes():
            __import__("ctypes").string_at(0)
        """)
    assert "Segmentation fault" in done.log("crashes")
    assert "in crashes" in done.log("crashes")


BAD_EXCEPTIONS = {
    "cannot be pickled": """
        class Bad(Exception):
            def __reduce__(self):
                raise TypeError("no pickle")
        """,
    "cannot be printed": """
        class Bad(Exception):
            def __str__(self):
                raise ValueError("no text")
            __repr__ = __str__
        """,
    "exits when printed": """
        class Bad(Exception):
            def __str__(self):
                sys.exit(0)
            __repr__ = __str__
        """,
    "does not derive from Exception": """
        class Bad(BaseException):
            pass
        """,
    "has a lone surrogate and a NUL": """
        class Bad(Exception):
            def __str__(self):
                return "\\ud800 and \\0"
        """,
    "is very long": """
        class Bad(Exception):
            def __str__(self):
                return "x" * 50_000_000
        """,
    "is its own cause": """
        class Bad(Exception):
            def __init__(self):
                self.__cause__ = self
        """,
}


@pytest.mark.parametrize("kind", BAD_EXCEPTIONS)
def test_an_exception_fails_its_task_also_if_it(run, kind):
    done = run(
        BAD_EXCEPTIONS[kind]
        + """
        @batch()
        def raises():
            raise Bad
        """
    )
    assert done.status == "failed"
    assert done.part("raises").status == "failed"
    assert "Bad" in done.part("raises").reason
    assert len(done.part("raises").reason) < 1000
    assert len(done.log("raises")) < 100_000


UNSTORABLE = {
    "a generator": ("(n for n in range(3))", "generator"),
    "a file open for writing": ("open('out.txt', 'w')", "TextIOWrapper"),
    "a lock": ("threading.Lock()", "lock"),
    "an object that refuses": ("Refuses()", "Refuses"),
    "a generator inside a list": ("[1, {'a': (n for n in range(3))}]", "generator"),
}


@pytest.mark.parametrize("kind", UNSTORABLE)
def test_a_result_that_cannot_be_stored_fails_its_task_saying_what_it_was(run, kind):
    value, named = UNSTORABLE[kind]
    done = run(f"""
        class Refuses:
            def __reduce_ex__(self, protocol):
                raise RuntimeError("no")

        @batch()
        def gives():
            return {value}
        """)
    assert done.part("gives").status == "failed"
    assert named in done.part("gives").reason
    assert "cannot be stored" in done.part("gives").reason


def test_a_lambda_is_a_result(run):
    done = run("""
        @batch()
        def gives():
            return lambda x: x + 1
        """)
    assert done.result("gives")(1) == 2


def test_a_result_whose_repr_fails_is_kept(run):
    done = run("""
        class Shy(list):
            def __repr__(self):
                raise RuntimeError("no")

        @batch()
        def gives():
            return Shy([1])

        @batch()
        def other():
            return 2
        """)
    assert done.status == "completed"


@pytest.mark.slow
def test_a_result_of_200_mb_travels_from_task_to_task(place, code):
    folder = code("""
        @batch()
        def make():
            return bytearray(os.urandom(1000) * 200_000)

        @batch()
        def size(make):
            return len(make), bytes(make[:1000]) == bytes(make[-1000:])
        """)
    with DAG(Name="job", DevRun=True, WorkDir=folder) as made:
        Task(Name="make", Entrypoint="steps.make") >> Task(Name="size", Entrypoint="steps.size")
    assert made.last_run.result("size") == (200_000_000, True)
    assert made.last_run.part("make").result_bytes > 200_000_000


def test_a_script_gets_back_what_its_own_classes_made(script):
    process = script("""
        from dataclasses import dataclass
        from dtscheduler import DAG, batch

        @dataclass
        class Point:
            x: int

        @batch()
        def make():
            return Point(3)

        @batch()
        def read(point):
            return point.x, type(point).__name__

        if __name__ == "__main__":
            with DAG(Name="job", DevRun=True, WorkDir=".") as dag:
                task = make()
                read(task)
            assert isinstance(dag.last_run.result("make"), Point), type(dag.last_run.result("make"))
            print(dag.last_run.result("read"))
        """)
    assert process.communicate(timeout=30)[0] == "(3, 'Point')\n"
    assert process.returncode == 0


def test_functions_and_classes_of_a_closure_travel_by_value(place, tmp_path):
    factor = 3

    class Box:
        def __init__(self, held):
            self.held = held

    @batch()
    def make(n):
        return Box(n * factor)

    @batch()
    def read(box):
        return box.held

    with DAG(Name="job", DevRun=True, WorkDir=tmp_path) as made:
        read(make(4))
    assert made.last_run.result("read") == 12


def test_a_module_that_ends_the_process_when_it_is_imported_is_a_clear_error(dag):
    made = dag("""
        os._exit(3)

        @batch()
        def never():
            pass
        """)
    with pytest.raises(Exception, match="exit code 3"):
        made.run()


def test_a_module_that_exits_when_it_is_imported_is_a_clear_error(dag):
    made = dag("""
        sys.exit("not today")

        @batch()
        def never():
            pass
        """)
    with pytest.raises(Exception, match="not today"):
        made.run()


def test_a_task_that_forks_and_does_not_exit_counts_once(run, marks):
    done = run(f"""
        @batch()
        def forks():
            child = os.fork()
            with open({marks.path!r}, "a") as file:
                file.write("child\\n" if child == 0 else "parent\\n")
            return "child" if child == 0 else "parent"

        @batch()
        def after():
            return "after"
        """)
    assert done.status == "completed"
    assert done.result("forks") == "parent"
    assert done.result("after") == "after"


def test_a_death_during_the_pickling_of_a_result_costs_that_attempt_alone(run):
    done = run("""
        class Deadly:
            def __reduce__(self):
                os.kill(os.getpid(), signal.SIGKILL)

        @batch()
        def gives():
            return Deadly()

        @batch()
        def lives():
            return 1
        """)
    assert done.part("gives").status == "failed"
    assert done.result("lives") == 1


def test_a_result_whose_class_fails_to_load_fails_the_reader_with_a_reason(place, code):
    folder = code("""
        class Trap:
            def __setstate__(self, state):
                raise RuntimeError("snapped")

            def __getstate__(self):
                return {"a": 1}

        @batch()
        def make():
            return Trap()

        @batch()
        def read(make):
            return 1
        """)
    with DAG(Name="job", DevRun=True, WorkDir=folder) as made:
        Task(Name="make", Entrypoint="steps.make") >> Task(Name="read", Entrypoint="steps.read")
    assert "snapped" in made.last_run.part("read").reason
