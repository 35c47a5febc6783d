"""Ctrl-C in a terminal, Interrupt in a notebook, many threads: the run stops, what is finished stays, nothing is left."""

import os
import signal
import threading
import time
from contextlib import contextmanager

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

import dtscheduler
from dtscheduler import DAG, ParallelTask, Task, use

SLOW_JOB = """
import os, signal, subprocess, sys, time
from dtscheduler import DAG, batch

@batch()
def quick():
    return 1

@batch()
def slow():
    subprocess.Popen(["sleep", "1000"])
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    {how}
    print("started", flush=True)
    time.sleep(1000)

@batch()
def after(slow):
    return 2

if __name__ == "__main__":
    dag = DAG(Name="job", DevRun=True, WorkDir=".")
    with dag:
        quick()
        after(slow())
        {begin}
"""


def running(home, task="slow"):
    """The run of the only job of a workspace, once that task executes."""
    if not (home / "dtscheduler.db").exists():
        return None
    found = dtscheduler.runs()
    return found[0] if found and found[0].part(task).status == "running" else None


@pytest.mark.slow
@pytest.mark.parametrize("how", ["pass", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
@pytest.mark.parametrize(
    "begin", ["", "dag.run()", "dag.run(wait=False).wait()", "dag.run(wait=False, progress=True).wait(60)"]
)
def test_ctrl_c_stops_the_run_and_all_its_processes(short_grace, script, place, living, until, begin, how):
    process = script(SLOW_JOB.format(begin=begin, how=how))
    run = until(lambda: running(place.home))
    until(lambda: run.part("quick").status == "completed")
    until(lambda: len(living()) > 3)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=12)
    assert process.returncode != 0
    assert run.status == "stopped", output
    assert run.part("slow").status == "stopped"
    assert run.part("after").status == "did_not_run"
    assert run.result("quick") == 1
    until(lambda: not living(), seconds=2)


@pytest.mark.parametrize("moment", [0.2, 0.4, 0.5, 0.6, 0.7, 0.9])
def test_ctrl_c_at_any_moment_ends_the_script_and_leaves_nothing(script, place, living, until, moment):
    process = script(SLOW_JOB.format(begin="", how="pass"))
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=12)
    assert process.returncode != 0
    until(lambda: not living(), seconds=2)
    if (place.home / "dtscheduler.db").exists():
        assert all(run.status.final or run.status == "ready" for run in dtscheduler.runs())


def test_ctrl_c_twice_ends_at_once(script, place, living, until):
    process = script(SLOW_JOB.format(begin="", how="signal.signal(signal.SIGTERM, signal.SIG_IGN)"))
    until(lambda: running(place.home))
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=4)
    assert process.returncode != 0
    until(lambda: not living(), seconds=2)


def test_ctrl_c_stops_an_inline_run(script, place, until):
    text = SLOW_JOB.replace("{how}", "pass").replace('subprocess.Popen(["sleep"', "str(['sleep'")
    text = text.replace(', "1000"], start_new_session=True)', ', "1000"])')
    process = script(text.format(begin='dag.run(executor="inline")'))
    until(lambda: (place.home / "dtscheduler.db").exists() and dtscheduler.runs())
    until(lambda: dtscheduler.runs()[0].part("quick").status == "completed")
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode != 0
    assert dtscheduler.runs()[0].status == "stopped"
    assert dtscheduler.runs()[0].result("quick") == 1


def test_a_script_whose_terminal_is_gone_still_finishes_its_run(script, place):
    reads, writes = os.pipe()
    os.close(reads)
    process = script(
        """
        import time
        from dtscheduler import DAG, batch

        @batch()
        def one():
            time.sleep(0.3)

        @batch()
        def two(one):
            return 2

        if __name__ == "__main__":
            dag = DAG(Name="job", DevRun=True, WorkDir=".")
            with dag:
                two(one())
            dag.run(progress=True)
        """,
        stderr=writes,
    )
    os.close(writes)
    process.communicate(timeout=30)
    assert dtscheduler.runs()[0].status == "completed"


@contextmanager
def kernel(folder):
    manager = KernelManager()
    manager.start_kernel(cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


NOTEBOOK_JOB = """
import os, time
from dtscheduler import DAG, batch, use

class Point:
    def __init__(self, x):
        self.x = x

factor = 10

@batch()
def quick():
    return Point(factor)

@batch()
def slow(point, seconds):
    time.sleep(seconds)
    return type(point).__name__, point.x

def go(seconds):
    with DAG(Name="job", DevRun=True, WorkDir=".") as dag:
        slow(quick(), seconds)
    return dag.last_run
"""


@pytest.mark.slow
def test_functions_and_classes_of_cells_run_in_a_notebook(place, tmp_path):
    notebook = nbformat.v4.new_notebook()
    cells = [NOTEBOOK_JOB, "print(go(0).result('slow'))", "factor = 20", "print(go(0).result('slow'))"]
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert notebook.cells[1].outputs[0]["text"] == "('Point', 10)\n"
    assert notebook.cells[3].outputs[0]["text"] == "('Point', 20)\n"


@pytest.mark.slow
def test_interrupt_in_a_notebook_stops_the_run_and_the_next_cell_works(place, tmp_path, living, until):
    with kernel(tmp_path) as (manager, client):
        assert client.execute_interactive(NOTEBOOK_JOB, timeout=30)["content"]["status"] == "ok"
        asked = client.execute("go(1000)")
        run = until(lambda: running(place.home))
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=15))["parent_header"]["msg_id"] != asked:
            continue
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        until(lambda: run.status == "stopped", seconds=10)
        assert run.part("quick").status == "completed"
        until(lambda: len(living()) <= 1, seconds=5)
        reply = client.execute_interactive("assert go(0).result('slow') == ('Point', 10)", timeout=30)
        assert reply["content"]["status"] == "ok"


@pytest.mark.slow
def test_the_run_of_a_kernel_that_was_restarted_is_finished_by_the_next(place, tmp_path, living, until):
    with kernel(tmp_path) as (manager, client):
        client.execute_interactive(NOTEBOOK_JOB, timeout=30)
        client.execute("go(1.5)")
        first = until(lambda: running(place.home))
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=30)
        until(lambda: len(living()) <= 1, seconds=5)
        client.execute_interactive(NOTEBOOK_JOB, timeout=30)
        reply = client.execute_interactive("assert go(1.5).result('slow') == ('Point', 10)", timeout=30)
        assert reply["content"]["status"] == "ok"
        assert first.status == "completed"


def test_a_parent_with_many_busy_threads_does_not_hang(run):
    over = threading.Event()

    def churn():
        import logging

        while not over.wait(0.001):
            logging.getLogger("churn").debug("x")
            open(os.devnull).close()

    threads = [threading.Thread(target=churn) for _ in range(100)]
    for thread in threads:
        thread.start()
    try:
        done = run("""
            @batch()
            def counts():
                return threading.active_count()
            """)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert done.status == "completed"
    assert done.result("counts") <= 2


@pytest.mark.parametrize("executor", ["processes", "inline"])
def test_two_runs_at_once_from_two_threads_do_not_disturb_each_other(place, code, executor):
    folder = code("""
        @batch()
        def f(n):
            print("part", n)
            return n * 10

        @batch()
        def total(f):
            return sum(f)
        """)
    found = {}

    def work(number):
        parts = [{"Name": f"p{n}", "Description": "", "n": n * number} for n in range(40)]
        with DAG(Name=f"job {number}", DevRun=True, WorkDir=folder) as made:
            fan = ParallelTask(Name="f", Entrypoint="steps.f", ConfigurationJson=parts)
            fan >> Task(Name="total", Entrypoint="steps.total")
            made.run(executor=executor)
        found[number] = made.last_run

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, run in found.items():
        assert run.status == "completed", run.reason
        assert run.result("total") == sum(range(40)) * 10 * number
        assert [run.log("f", n) for n in range(40)] == [f"part {n * number}\n" for n in range(40)]


def test_a_fork_of_the_parent_does_not_keep_workers_alive(script, place, living, until):
    process = script("""
        import os, sys, time
        from dtscheduler import DAG, batch

        @batch()
        def slow():
            time.sleep(1000)

        if __name__ == "__main__":
            with DAG(Name="job", DevRun=True, WorkDir=".") as dag:
                slow()
                run = dag.run(wait=False)
            while run.part("slow").status != "running":
                time.sleep(0.01)
            if os.fork() == 0:
                print("forked", os.getpid(), flush=True)
                time.sleep(20)
                os._exit(0)
            time.sleep(1000)
        """)
    fork = int(process.stdout.readline().split()[1])
    process.kill()
    try:
        until(lambda: [p.pid for p in living()] == [fork], seconds=4)
    finally:
        os.kill(fork, signal.SIGKILL)


def test_choosing_another_workspace_does_not_end_what_runs(tmp_path, home, code, until):
    folder = code("""
        @batch()
        def slow():
            time.sleep(0.5)
            return 1
        """)
    use(tmp_path / "one")
    made = DAG(Name="job", DevRun=True, WorkDir=folder)
    Task(Name="slow", Entrypoint="steps.slow", dag=made)
    run = made.run(wait=False)
    use(tmp_path / "two").close()
    assert run.wait(20) == "completed"
