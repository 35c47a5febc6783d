"""Suites in another process: what they say, what they build, and what becomes of them when their code goes wrong."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from dtscheduler.forms.fields import Choice, Kind, Problem
from dtscheduler.model.run import JobQuery, RunQuery
from dtscheduler.suites.listing import SuitePlace, SuiteRef
from dtscheduler.suites.messages import SuiteError
from dtscheduler.suites.remote import RemoteSuite
from dtscheduler.suites.states import Stage
from dtscheduler.testing.clock import Clock

SLOW = """
import subprocess
subprocess.Popen(["sleep", "600"], start_new_session=True)
time.sleep(600)

@suite
def flights(): ...
"""

FATES = """
@suite
def flights(fate: str = "") -> DAG:
    exec(fate)
    return job()
"""


def until(true, seconds=20):
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert true()


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


# The face of a suite


@pytest.fixture(scope="module")
def airports(shared):
    return shared(
        '''
        AIRPORTS = {"NY": ["JFK", "LGA"], "NJ": ["EWR"]}

        @suite(title="Delays of flights")
        def flights(
            state: Literal["NY", "NJ"],
            origin: Annotated[str, Choices(lambda state: AIRPORTS[state])],
            worst: int = 3,
        ) -> DAG:
            """How late flights are."""
            return job(origin=origin, worst=worst)
        '''
    )


def test_a_remote_suite_has_the_form_of_the_suite(airports):
    assert [(field.name, field.kind) for field in airports.fields][::2] == [("state", Kind.CHOICE), ("worst", Kind.INT)]
    assert (airports.name, airports.title, airports.doc) == ("flights", "Delays of flights", "How late flights are.")
    assert airports.state.stage is Stage.READY


def test_values_are_checked_in_the_other_process(airports):
    assert [problem.field for problem in airports.check({"state": "NY", "origin": "JFK", "worst": "x"})] == ["worst"]
    assert airports.check({"state": "NY", "origin": "JFK"}) == ()


def test_values_that_json_does_not_have_are_refused(airports):
    (problem,) = airports.check({"state": object()})
    assert "values are given in their plain form" in problem.message


def test_choices_that_depend_on_other_fields_come_from_the_other_process(airports):
    assert airports.choices({"state": "NJ"}) == {"origin": (Choice("EWR", "EWR"),)}


def test_a_dag_comes_back_as_the_suite_has_built_it(airports):
    built = airports.construct({"state": "NY", "origin": "JFK", "worst": 7})
    assert (built.problems, built.many) == ((), False)
    assert built.value["read"].spec.parts[0].config == '{"origin":"JFK","worst":7}'


def test_a_list_of_dags_comes_back_as_a_list(remote):
    built = remote("@suite\ndef flights() -> list[DAG]: return [job('A'), job('B')]").construct({})
    assert [dag.name for dag in built.value] == ["A", "B"]


def test_what_the_suite_raises_is_a_problem_with_the_line(remote):
    suite = remote("""
        @suite
        def flights(share: float = 0.0) -> DAG:
            return job(share=1 / share)
        """)
    (problem,) = suite.construct({}).problems
    assert problem == Problem(
        (), "ZeroDivisionError: float division by zero (delays.py line 13: return job(share=1 / share))"
    )


def test_a_function_that_no_file_holds_runs_where_the_dag_has_come_to(remote, workspace, tmp_path):
    suite = remote(
        """
        @suite
        def flights(of: int = 41) -> DAG:
            @batch()
            def answer(of):
                return of + 1

            with DAG(Name="Flights", DevRun=True, WorkDir=".") as dag:
                answer(of)
            return dag
        """
    )
    assert suite.construct({}).value.run(executor="inline").result("answer") == 42


def test_nothing_is_run_or_saved_by_a_suite_that_is_only_built(remote, workspace):
    suite = remote(
        """
        @suite
        def flights() -> DAG:
            with DAG(Name="Flights", DevRun=True, WorkDir=".") as dag:
                Task(Name="read", Entrypoint="delays.read")
            dag.save()
            return dag
        """
    )
    assert suite.construct({}).problems == ()
    assert workspace.jobs(JobQuery()) == [] and workspace.runs(RunQuery()) == []


def test_a_dag_of_many_parts_comes_back_whole(remote):
    suite = remote(
        """
        @suite
        def flights() -> DAG:
            dag = DAG(Name="Flights", Image="Flights")
            ParallelTask(Name="all", Entrypoint="a.b", ConfigurationJson=grid(x=range(100), y=range(100)), dag=dag)
            return dag
        """
    )
    assert len(suite.construct({}).value["all"].spec.parts) == 10_000


# Loading


def test_a_module_that_takes_long_to_import_shows_as_loading_and_can_be_cancelled(remote):
    suite = remote(SLOW, patience_seconds=0.05)
    with pytest.raises(SuiteError, match="is being imported since"):
        _ = suite.fields
    process = psutil.Process(suite._process.pid)
    until(lambda: [child for child in process.children() if child.name() == "sleep"])
    children = process.children()
    assert suite.state.stage is Stage.LOADING
    assert "is being imported" in suite.construct({}).problems[0].message

    suite.cancel()
    assert suite.state.stage is Stage.CANCELLED
    until(lambda: not any(map(alive, [process.pid, *(child.pid for child in children)])))
    with pytest.raises(SuiteError, match="was cancelled; load it again"):
        _ = suite.fields
    assert suite.load().stage is Stage.LOADING


def test_a_module_that_is_never_imported_is_given_up(remote):
    clock = Clock(datetime(2013, 1, 1, tzinfo=UTC))
    suite = remote(SLOW, clock=clock, loading_seconds=60)
    assert suite.load().since == clock.now()
    clock.step(timedelta(seconds=61))
    assert suite.state.stage is Stage.FAILED and "was not imported within 60 s" in suite.state.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", r"importing delays failed: ZeroDivisionError: division by zero \(delays.py line 13: 1 / 0\)"),
        ("import nothing_of_that_name", r"ModuleNotFoundError: No module named 'nothing_of_that_name' \(delays.py"),
        ("sys.exit('no data')", r"importing delays failed: SystemExit: no data \(delays.py line 13"),
        ("raise KeyboardInterrupt", "importing delays failed: KeyboardInterrupt"),
        ("os._exit(3)", "ended the process with exit code 3"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV"),
        ("flights = 7", "delays has no suite 'flights'; put @suite above the function"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why(remote, text, reason):
    suite = remote(f"@suite\ndef flights(x: int = 1) -> DAG: return job()\n\n{text}\n")
    with pytest.raises(SuiteError, match=reason):
        _ = suite.fields
    assert suite.state.stage is Stage.FAILED


def test_a_module_that_failed_is_imported_again_when_it_was_edited_or_is_loaded(remote, tmp_path):
    tries = tmp_path / "tries"
    suite = remote(f"open({str(tries)!r}, 'a').write('x')\n1 / 0\n@suite\ndef flights() -> DAG: return job()")
    for _ in range(3):
        with pytest.raises(SuiteError, match="ZeroDivisionError"):
            _ = suite.fields
    assert tries.read_text() == "x"
    suite.load()
    assert suite.wait(30).stage is Stage.FAILED and tries.read_text() == "xx"
    Path(suite.ref.file).write_text(Path(suite.ref.file).read_text().replace("1 / 0", ""))
    assert suite.fields == () and suite.state.stage is Stage.READY


def test_a_file_that_cannot_be_parsed_any_more_says_where(remote):
    suite = remote(FATES)
    Path(suite.ref.file).write_text("x =\n")
    with pytest.raises(SuiteError, match=r"importing delays failed: SyntaxError: .*delays.py line 1"):
        _ = suite.fields


def test_an_edited_file_is_imported_by_a_new_process(remote, work_dir):
    work_dir({"airports.py": "NAMES = ['JFK']"})
    suite = remote("from airports import NAMES\n@suite\ndef flights(of: Literal[*NAMES]) -> DAG: return job()")
    assert [choice.value for choice in suite.fields[0].choices] == ["JFK"]
    assert not suite.changed
    work_dir({"airports.py": "NAMES = ['JFK', 'EWR']"})
    assert suite.changed
    assert [choice.value for choice in suite.fields[0].choices] == ["JFK", "EWR"]
    work_dir({"airports.py": "NAMES = ['LGA', 'ATL']"})
    assert suite.construct({"of": "ATL"}).problems == ()


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"python": "/nowhere/python"}, "/nowhere/python cannot be started: No such file or directory"),
        ({"python": "/bin/false"}, "its process cannot be started with /bin/false: exit code 1"),
        ({"folder": "/nowhere"}, "its folder is not there any more: /nowhere"),
    ],
)
def test_a_suite_whose_place_is_gone_says_so(tmp_path, place, reason):
    place = SuitePlace(**{"folder": str(tmp_path), **place})
    with RemoteSuite(SuiteRef(place=place, entrypoint="delays:flights", title="")) as suite:
        assert suite.construct({}).problems == (Problem((), f"delays:flights: {reason}"),)
        assert suite.state.stage is Stage.FAILED


# Code that goes wrong


@pytest.mark.parametrize(
    ("fate", "reason"),
    [
        ("os._exit(7)", "its code ended the process with exit code 7"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL; the system kills processes when memory runs out"),
        ("import ctypes; ctypes.string_at(0)", "ended by SIGSEGV"),
        ("os.closerange(3, 256)", "Bad file descriptor"),
    ],
)
def test_a_process_that_dies_says_why_and_the_next_question_starts_another(remote, fate, reason):
    suite = remote(FATES)
    fields = suite.fields
    (problem,) = suite.construct({"fate": fate}).problems
    assert problem.path == () and reason in problem.message
    assert (suite.state.stage, suite.state.reason) == (Stage.FAILED, problem.message)
    assert suite.fields == fields
    assert suite.construct({}).problems == ()
    assert suite.state.stage is Stage.READY


def test_an_answer_that_does_not_come_is_not_waited_for(remote):
    suite = remote(FATES, answer_seconds=0.2)
    assert suite.wait(0).stage is Stage.WAITING
    suite.load()
    assert suite.wait(30).stage is Stage.READY
    assert (
        "did not answer within 0.2 s, and was ended" in suite.construct({"fate": "time.sleep(600)"}).problems[0].message
    )
    until(lambda: not suite._process.alive)


def test_a_question_that_is_cancelled_ends_the_process(remote):
    suite = remote(FATES)
    suite.load()
    suite.wait(30)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(suite.construct({"fate": "time.sleep(600)"})))
    asking.start()
    until(lambda: suite._process._waiting)
    suite.cancel()
    asking.join(20)
    assert answers[0].problems == (Problem((), "delays:flights was cancelled"),)
    assert suite.state.stage is Stage.CANCELLED


@pytest.fixture(scope="module")
def hardy(shared):
    return shared(FATES)


@pytest.mark.parametrize(
    "fate",
    [
        "print('x' * 10**6); os.write(2, bytes(range(256)) * 100)",
        "sys.stdout.close(); sys.stderr = None; os.close(1)",
        "os.chdir('/'); os.environ.clear(); sys.path.clear(); os.umask(0); signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "import threading; threading.Thread(target=time.sleep, args=(600,)).start()",
        "\nif os.fork() == 0: raise SystemExit",
        "input()",
    ],
)
def test_what_the_code_does_around_it_does_not_disturb_the_answers(hardy, fate):
    hardy.construct({"fate": fate})
    assert hardy.construct({}).value.name == "Flights"
    assert len(hardy.log) <= 64 * 1024


def test_the_end_of_what_the_code_prints_is_kept(remote):
    suite = remote("print('imported é')\n" + FATES)
    suite.construct({"fate": "print('built')"})
    until(lambda: suite.log == "imported é\nbuilt\n")


# Who asks


def test_several_threads_get_the_answers_to_their_own_questions(remote):
    suite = remote("@suite\ndef flights(n: int) -> DAG: return job(f'Job {n}')")
    found = {}

    def ask(n):
        found[n] = suite.construct({"n": n}).value.name

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == {n: f"Job {n}" for n in range(8)}


def test_a_suite_that_nobody_asks_ends_its_process_and_is_started_when_asked(remote):
    suite = remote(FATES, idle_seconds=0.5)
    assert suite.construct({}).problems == ()
    first = suite._process
    assert first.wait(20)
    assert suite.state.stage is Stage.READY and len(suite.fields) == 1
    assert suite.construct({}).problems == ()
    assert suite._process is not first


def test_a_closed_suite_leaves_no_process_and_no_open_file(written):
    ref, process = written(FATES), psutil.Process()
    files, children = process.num_fds(), process.children()
    for _ in range(3):
        with RemoteSuite(ref, patience_seconds=30) as suite:
            assert suite.fields
        assert suite._process.wait(20)
    assert process.num_fds() == files
    assert process.children() == children
    with pytest.raises(SuiteError, match="is closed"):
        suite.load()


def test_a_suite_that_is_forgotten_ends_its_process(written):
    suite = RemoteSuite(written(FATES), patience_seconds=30)
    assert suite.fields
    process = suite._process
    del suite
    assert process.wait(20)


# The end of the page


PAGE = """
import os, sys
from dtscheduler.suites.listing import SuitePlace, suites_in
from dtscheduler.suites.remote import RemoteSuite

suite = RemoteSuite(suites_in(SuitePlace(folder=sys.argv[1]))[0], patience_seconds=30)
assert suite.fields
print(suite._process.pid, flush=True)
"""


def page(ref, then):
    return subprocess.Popen(
        [sys.executable, "-c", PAGE + then, ref.place.folder],
        stdin=subprocess.PIPE,  # it waits for what never comes
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )


def test_a_page_that_is_killed_takes_the_process_with_it(written):
    with page(written(FATES), "input()") as process:
        pid = int(process.stdout.readline())
        assert alive(pid)
        process.send_signal(signal.SIGKILL)
    until(lambda: not alive(pid))


def test_a_page_that_ends_takes_the_process_with_it(written):
    with page(written(FATES), "") as process:
        pid = int(process.stdout.readline())
        assert process.wait(30) == 0
    until(lambda: not alive(pid), seconds=2)


def test_a_fork_of_the_page_has_a_process_of_its_own(written):
    fork = """
child = os.fork()
if child == 0:
    assert suite.construct({}).problems == ()
    print(suite._process.pid, flush=True)
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert suite.construct({}).problems == ()
print(suite._process.pid, flush=True)
"""
    with page(written(FATES), fork) as process:
        first, of_fork, last = process.stdout.read().split()
        assert process.wait(30) == 0
    assert first == last != of_fork
    until(lambda: not alive(int(of_fork)))
