"""A runner that is killed, stands still or is overtaken: its run is finished once, and what was finished is kept."""

import os
import shutil
import signal
import sqlite3
import time
from datetime import timedelta

import psutil
import pytest

import dtscheduler
from dtscheduler.api.driving import resume
from dtscheduler.errors import RunError
from dtscheduler.model.run import RunQuery

pytestmark = pytest.mark.slow

JOB = """
import os, signal, sys, threading, time
from dtscheduler import DAG, ParallelTask, Task, batch

MARKS = {marks!r}

@batch()
def one(n, seconds):
    with open(MARKS, "a") as file:
        file.write(f"{{n}}\\n")
    print("part", n)
    time.sleep(seconds)
    return n * n

@batch()
def total(one):
    return sum(one)

if __name__ == "__main__":
    parts = [{{"Name": f"p{{n}}", "Description": "", "n": n, "seconds": {seconds}}} for n in range({parts})]
    with DAG(Name="job", DevRun=True, WorkDir=".", {header}) as dag:
        fan = ParallelTask(Name="one", Entrypoint="job.one", ConfigurationJson=parts, Retries={retries})
        fan >> Task(Name="total", Entrypoint="job.total")
    print(dag.last_run.id, dag.last_run.status, dag.last_run.result("total"))
"""


@pytest.fixture
def job(script, marks, place):
    def start(parts=200, seconds=0.01, retries=0, header=""):
        return script(JOB.format(marks=marks.path, parts=parts, seconds=seconds, retries=retries, header=header))

    return start


def workers(living):
    return [p for p in living() if "dtscheduler.executors.worker" in " ".join(p.cmdline())]


def computed_again(marks):
    return len(marks.lines()) - len(set(marks.lines()))


@pytest.mark.parametrize(("seconds", "parts"), [(0, 200), (0.003, 200), (0.02, 100)])
def test_after_sigkill_the_same_script_finishes_the_run(job, marks, living, until, seconds, parts):
    first = job(seconds=seconds, parts=parts)
    until(lambda: len(marks.lines()) > 0.3 * parts)
    count = len(workers(living))
    first.kill()
    first.wait()
    until(lambda: not living(), seconds=3)
    output, _ = job(seconds=seconds, parts=parts).communicate(timeout=30)
    assert output == f"1 completed {sum(n * n for n in range(parts))}\n"
    assert len(dtscheduler.runs()) == 1
    assert computed_again(marks) <= count


def test_after_sigkill_a_resume_finishes_the_run(job, marks, living, until):
    first = job()
    until(lambda: len(marks.lines()) > 60)
    count = len(workers(living))
    first.kill()
    first.wait()
    done = resume(1)
    assert done.status == "completed"
    assert done.result("total") == sum(n * n for n in range(200))
    assert computed_again(marks) <= count


def test_a_runner_that_is_killed_again_and_again_gets_there(job, marks, living, until):
    lost = 0
    for number in range(1, 6):
        runner = job(seconds=0.005)
        until(lambda number=number: len(set(marks.lines())) > 30 * number)
        lost += len(workers(living))
        runner.kill()
        runner.wait()
    output, _ = job(seconds=0.005).communicate(timeout=30)
    assert output == f"1 completed {sum(n * n for n in range(200))}\n"
    assert computed_again(marks) <= lost


def test_attempts_that_were_lost_with_their_runner_are_on_record(job, marks, place, until):
    first = job(parts=2, seconds=1)
    until(lambda: dtscheduler.runs() and [r.status for r in place.task_runs(1)].count("running") == 2)
    first.kill()
    first.wait()
    done = resume(1)
    assert done.status == "completed"
    lost = place.attempts(1)
    assert [(a.task, a.part, a.attempt, a.status) for a in lost] == [(0, 0, 1, "stopped"), (0, 1, 1, "stopped")]
    assert all("lost" in a.reason for a in lost)
    assert [done.log("one", part, attempt=2) for part in (0, 1)] == ["part 0\n", "part 1\n"]


def test_what_was_printed_before_the_runner_was_lost_is_still_in_the_log(job, marks, place, until):
    first = job(parts=1, seconds=1)
    until(lambda: dtscheduler.runs() and place.task_runs(1)[0].status == "running")
    first.kill()
    first.wait()
    done = resume(1)
    assert done.log("one", attempt=1) == "part 0\n"


def test_lost_attempts_do_not_use_up_retries_and_failures_do(script, marks, place, until):
    text = f"""
        import os, time
        from dtscheduler import DAG, batch

        @batch()
        def fails():
            with open({marks.path!r}, "a") as file:
                file.write("x\\n")
            count = len(open({marks.path!r}).readlines())
            if count == 2:
                time.sleep(1000)
            raise ValueError(count)

        if __name__ == "__main__":
            with DAG(Name="job", DevRun=True, WorkDir="."):
                fails().options(Retries=2)
        """
    first = script(text)
    until(lambda: len(marks.lines()) == 2 and place.task_runs(1)[0].status == "running")
    first.kill()
    first.wait()
    script(text).communicate(timeout=30)
    assert dtscheduler.run(1).status == "failed"
    assert len(marks.lines()) == 4
    statuses = [a.status for a in place.attempts(1)] + [place.task_runs(1)[0].status]
    assert statuses == ["failed", "stopped", "failed", "failed"]


@pytest.mark.parametrize("moment", [0.3, 0.45, 0.6, 0.75, 0.9])
def test_a_runner_killed_at_any_moment_leaves_no_process(job, marks, living, until, moment):
    runner = job()
    time.sleep(moment)
    runner.kill()
    runner.wait()
    until(lambda: not living(), seconds=3)
    output, _ = job().communicate(timeout=30)
    assert "completed" in output
    assert computed_again(marks) <= 2 * (os.cpu_count() or 1)


def test_processes_that_tasks_have_hidden_end_with_the_runner(script, place, living, until):
    process = script("""
        import subprocess, time
        from dtscheduler import DAG, batch

        @batch()
        def hides():
            subprocess.Popen(["sleep", "1000"], start_new_session=True)
            subprocess.run("setsid sleep 1000 &", shell=True)
            subprocess.run(["/usr/bin/env", "-i", "/bin/sh", "-c", "setsid sleep 1234567 &"])
            print("ready")
            time.sleep(1000)

        if __name__ == "__main__":
            with DAG(Name="job", DevRun=True, WorkDir="."):
                hides()
        """)
    until(lambda: place.home.joinpath("dtscheduler.db").exists() and dtscheduler.runs() and len(living()) >= 4)
    until(lambda: [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "1234567"]])
    process.kill()
    process.wait()
    until(lambda: not living(), seconds=3)
    left = [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "1234567"]]
    for each in left:
        each.kill()
    assert not left


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_runner_that_is_ended_by_a_signal_leaves_no_process_and_can_be_resumed(job, marks, living, until, number):
    runner = job(parts=12, seconds=0.1)
    until(lambda: len(marks.lines()) > 3)
    runner.send_signal(number)
    runner.wait(timeout=10)
    until(lambda: not living(), seconds=3)
    assert runner.returncode != 0
    done = dtscheduler.run(1)
    if not done.status.final:
        done = resume(1)
        assert done.result("total") == sum(n * n for n in range(12))


def test_a_runner_that_stood_still_and_was_overtaken_writes_nothing_more(job, marks, place, until, stand_still):
    first = job(parts=6, seconds=0.3)
    until(lambda: len(marks.lines()) >= 2 and place.runs(RunQuery())[0].status == "running")
    stand_still(first.send_signal)
    _expire_lease(place)
    done = resume(1)
    assert done.status == "completed"
    before = place.task_runs(1), place.run(1)
    first.send_signal(signal.SIGCONT)
    output, _ = first.communicate(timeout=15)
    assert first.returncode != 0
    assert "LeaseLostError" in output
    assert (place.task_runs(1), place.run(1)) == before
    assert done.result("total") == sum(n * n for n in range(6))


def _expire_lease(place):
    with sqlite3.connect(place.home / "dtscheduler.db", timeout=10) as database:
        database.execute("update runs set lease_until = 1")
    database.close()


def test_a_run_that_is_driven_cannot_be_resumed(job, marks, until):
    runner = job(parts=4, seconds=0.5)
    until(lambda: len(marks.lines()) >= 1)
    with pytest.raises(RunError, match="driven by"):
        resume(1)
    runner.communicate(timeout=30)


def test_a_run_that_is_driven_elsewhere_is_not_taken_over_by_the_same_script(job, marks, until):
    first = job(parts=4, seconds=0.5)
    until(lambda: len(marks.lines()) >= 1)
    second, _ = job(parts=4, seconds=0.5).communicate(timeout=30)
    first, _ = first.communicate(timeout=30)
    assert {first[0], second[0]} == {"1", "2"}


def test_two_scripts_that_find_the_same_lost_run_finish_it_once(job, marks, until):
    lost = job(parts=40, seconds=0.05)
    until(lambda: len(marks.lines()) > 10)
    lost.kill()
    lost.wait()
    both = [job(parts=40, seconds=0.05) for _ in range(2)]
    outputs = [process.communicate(timeout=30)[0] for process in both]
    assert all("completed" in output for output in outputs)
    assert sorted(output[0] for output in outputs) == ["1", "2"]


def test_a_run_is_stopped_from_another_process(job, marks, living, until):
    runner = job(seconds=0.2)
    until(lambda: len(marks.lines()) > 3)
    run = dtscheduler.run(1)
    run.stop()
    assert run.wait(10) == "stopped"
    assert "stopped by" in run.reason
    runner.communicate(timeout=10)
    assert runner.returncode != 0
    until(lambda: not living(), seconds=3)
    assert sum(run.task_runs()["status"] == "completed") >= 1


def test_stopping_a_run_whose_runner_is_gone_closes_it(job, marks, until):
    runner = job(seconds=0.05)
    until(lambda: len(marks.lines()) > 3)
    runner.kill()
    runner.wait()
    run = dtscheduler.run(1)
    run.stop()
    assert run.status == "stopped"
    assert set(run.task_runs()["status"]) <= {"completed", "did_not_run", "stopped"}
    assert sum(run.task_runs()["status"] == "completed") >= 1


def test_fail_after_does_not_count_the_time_in_which_nobody_drove_the_run(job, marks, place, until):
    runner = job(parts=6, seconds=0.3, header="FailAfter='4s'")
    until(lambda: len(marks.lines()) > 1)
    runner.kill()
    runner.wait()
    hour = timedelta(hours=1) // timedelta(microseconds=1)
    with sqlite3.connect(place.home / "dtscheduler.db") as database:
        database.execute("update runs set started = started - ?, submitted = submitted - ?", (hour, hour))
    database.close()
    assert resume(1).status == "completed"


def test_results_that_were_lost_together_with_the_runner_are_computed_again(job, marks, place, until):
    runner = job(parts=60, seconds=0.02)
    until(lambda: len(marks.lines()) > 30)
    runner.kill()
    runner.wait()
    place.close()
    shutil.rmtree(place.home / "results")
    done = resume(1)
    assert done.status == "completed"
    assert done.result("total") == sum(n * n for n in range(60))
