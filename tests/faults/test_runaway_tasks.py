"""Tasks that do not end, print without end, or leave processes behind: the run ends, and nothing of them is left."""

import gc
import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.executors.logs import LONGEST_LOG

STUBBORN = {
    "sleeps": "time.sleep(1000)",
    "computes": "while True: pass",
    "swallows everything": """
            while True:
                try:
                    time.sleep(1000)
                except BaseException:
                    pass
            """,
    "ignores SIGTERM": "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)",
    "holds the interpreter in C": "__import__('re').match(r'(a+)+$', 'a' * 100 + 'b')",
    "stops itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "blocks all signals": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); time.sleep(1000)",
}


@pytest.mark.parametrize("kind", STUBBORN)
def test_fail_after_ends_a_task_that(short_grace, dag, kind):
    made = dag(f"""
        @batch()
        def quick():
            return 1

        @batch()
        def runaway():
            {STUBBORN[kind]}
        """, FailAfter="1s")  # fmt: skip
    done = made.run()
    assert done.status == "failed_after"
    assert done.part("runaway").status == "failed_after"
    assert "FailAfter" in done.part("runaway").reason
    assert done.result("quick") == 1


@pytest.mark.parametrize("milliseconds", [1, 50, 100, 200, 300])
def test_fail_after_ends_a_run_whose_workers_are_still_starting(fan, milliseconds):
    limit = timedelta(milliseconds=milliseconds)
    done = fan("""
        @batch()
        def f(n):
            time.sleep(1000)
        """, 4, FailAfter=limit).run()  # fmt: skip
    assert done.status == "failed_after"


def test_a_task_that_is_stopped_gets_to_clean_up(dag, tmp_path):
    made = dag(f"""
        @batch()
        def tidy():
            try:
                time.sleep(1000)
            finally:
                Path({str(tmp_path / "tidied")!r}).write_text("yes")
                print("cleaned up")
        """, FailAfter="1s")  # fmt: skip
    done = made.run()
    assert (tmp_path / "tidied").read_text() == "yes"
    assert "cleaned up" in done.log("tidy")


def test_what_was_printed_before_the_end_is_in_the_log(short_grace, dag):
    done = dag("""
        @batch()
        def talks():
            print("I began")
            sys.stdout.write("and went on")
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(1000)
        """, FailAfter="1s").run()  # fmt: skip
    assert done.log("talks").startswith("I began\nand went on")


GRANDCHILDREN = {
    "a child": "subprocess.Popen(['sleep', '1000'])",
    "a child of a shell": "subprocess.run('sleep 1000 &', shell=True)",
    "a child in a session of its own": "subprocess.Popen(['sleep', '1000'], start_new_session=True)",
    "a daemon made by a double fork": """
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.execlp('sleep', 'sleep', '1000')
                os._exit(0)
            os.wait()
            """,
    "a daemon that ignores SIGTERM": "subprocess.run(\"setsid sh -c 'trap : TERM; sleep 1000; sleep 1000' &\", shell=True)",
    "a child with an empty environment": "subprocess.Popen(['sleep', '1000'], start_new_session=True, env={})",
    "a daemon with an empty environment": (
        "subprocess.run(['/bin/sh', '-c', 'setsid sleep 1000 &'], env={'PATH': os.environ['PATH']})"
    ),
}
ENDINGS = {
    "returns": "",
    "fails": "raise RuntimeError",
    "dies": "os.kill(os.getpid(), signal.SIGKILL)",
    "never returns": "time.sleep(1000)",
}


def _sleepers(marker):
    return [p for p in psutil.process_iter(["cmdline"]) if marker in (p.info["cmdline"] or [])]


# Once its parent is dead, nothing tells whose a process was that left its session, its parent and its environment.
TRACELESS = {("a child with an empty environment", "dies"), ("a daemon with an empty environment", "dies")}


@pytest.mark.parametrize(
    ("kind", "ending"), [(k, e) for k in GRANDCHILDREN for e in ENDINGS if (k, e) not in TRACELESS]
)
def test_no_process_outlives_its_task(short_grace, dag, until, kind, ending):
    marker = f"1{time.time_ns() % 10**8:08d}"
    start = GRANDCHILDREN[kind].replace("1000", marker)
    going = dag(f"""
        @batch()
        def leaves():
            {start}
            time.sleep(0.05)
            {ENDINGS[ending]}
        """).run(wait=False)  # fmt: skip
    if ending == "never returns":
        until(lambda: _sleepers(marker))
        going.stop()
    assert going.wait(20).final
    left = _sleepers(marker)
    try:
        until(lambda: not _sleepers(marker), seconds=2)
    finally:
        for process in left:
            process.kill()


@pytest.mark.slow
def test_a_task_that_prints_300_mb_leaves_a_bounded_log_with_its_start_and_end(run, place):
    done = run("""
        @batch()
        def prints():
            print("the first line")
            line = "x" * 999_999
            for _ in range(300):
                print(line)
            print("the last line")
        """)
    assert done.status == "completed"
    log = done.log("prints")
    assert log.startswith("the first line\n")
    assert log.endswith("the last line\n")
    assert "left out" in log
    on_disk = sum(file.stat().st_blocks * 512 for file in (place.home / "logs").rglob("*") if file.is_file())
    assert on_disk <= LONGEST_LOG


@pytest.mark.slow
def test_a_task_that_prints_without_end_never_fills_the_disk(dag, place):
    made = dag("""
        @batch()
        def prints():
            line = "x" * 9_999 + "\\n"
            while True:
                sys.stdout.write(line)
                time.sleep(0.0001)
        """, FailAfter="4s")  # fmt: skip
    largest = 0
    over = threading.Event()

    def watch():
        nonlocal largest
        while not over.wait(0.02):
            largest = max(largest, sum(f.stat().st_blocks * 512 for f in (place.home / "logs").rglob("*.log")))

    watcher = threading.Thread(target=watch)
    watcher.start()
    done = made.run()
    over.set()
    watcher.join()
    assert done.status == "failed_after"
    assert 0 < largest < 6 * LONGEST_LOG
    assert len(done.log("prints")) <= LONGEST_LOG


def test_bytes_that_are_not_utf8_are_shown_as_escapes(run):
    done = run("""
        @batch()
        def prints():
            sys.stdout.buffer.write(b"\\xff\\xfe caf\\xe9\\n")
            os.write(1, b"\\x80\\n")
            print("\\ud800 é")
        """)
    assert done.status == "completed"
    assert done.log("prints") == "\\xff\\xfe caf\\xe9\n\\x80\n\\ud800 é\n"


def test_what_children_and_c_code_print_is_in_the_log(run):
    done = run("""
        @batch()
        def prints():
            subprocess.run(["echo", "from a child"])
            os.write(2, b"from a descriptor\\n")
            print("from python", file=sys.stderr)
        """)
    assert done.log("prints") == "from a child\nfrom a descriptor\nfrom python\n"


def test_names_that_look_alike_never_share_logs_or_results(place, code):
    names = ["Task #1", "task-1", "task 1", "Task_1", "..", "a/b", "a b", "ａ", "x" * 200, "con", "-rf", "0.0.1"]
    folder = code("""
        @batch()
        def says(sub_job_name, part_num):
            print(sub_job_name)
            return sub_job_name
        """)
    parts = [{"Name": name, "Description": ""} for name in names]
    with DAG(Name="job", DevRun=True, WorkDir=folder) as made:
        for name in names:
            Task(Name=name, Entrypoint="steps.says")
        ParallelTask(Name="parts", Entrypoint="steps.says", ConfigurationJson=parts)
    done = made.last_run
    assert [done.result(name) for name in names] == names
    assert [done.log(name) for name in names] == [f"{name}\n" for name in names]
    assert done.result("parts") == names
    assert [done.log("parts", name) for name in names] == [f"{name}\n" for name in names]


def test_each_attempt_has_a_log_of_its_own(run):
    done = run("""
        @batch()
        def fails():
            print("here", os.urandom(4).hex())
            raise ValueError("again")
        """, Retries=2)  # fmt: skip
    logs = [done.log("fails", attempt=number) for number in (1, 2, 3)]
    assert len(set(logs)) == 3
    assert all("ValueError: again" in log for log in logs)


def test_a_link_planted_in_the_place_of_a_log_is_not_followed(dag, place, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    spools = place.home / "logs" / "workers"
    made = dag(f"""
        @batch()
        def plants():
            spool = Path({str(spools)!r}) / f"{{os.getpid()}}.log"
            for name in os.listdir(spool.parent):
                os.unlink(spool.parent / name)
                os.symlink({str(victim)!r}, spool.parent / name)
            print("plants")

        @batch()
        def prints():
            print("ordinary")
        """)
    made["plants"] >> made["prints"]
    made.run()
    assert victim.read_text() == "precious"


def test_a_run_that_is_stopped_ends_its_tasks_and_keeps_what_is_finished(dag, until):
    made = dag("""
        @batch()
        def quick():
            return 1

        @batch()
        def slow():
            time.sleep(1000)
        """)
    going = made.run(wait=False)
    until(lambda: going.part("slow").status == "running" and going.part("quick").status == "completed")
    going.stop()
    assert going.wait(10) == "stopped"
    assert "stopped" in going.reason
    assert going.part("slow").status == "stopped"
    assert going.result("quick") == 1


@pytest.mark.parametrize("moment", [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6])
def test_a_run_can_be_stopped_at_any_moment_and_nothing_starts_after_that(fan, marks, moment):
    going = fan(f"""
        @batch()
        def f(n):
            with open({marks.path!r}, "a") as file:
                file.write(f"{{n}}\\n")
            time.sleep(0.003)
            return n
        """, 3000).run(wait=False)  # fmt: skip
    time.sleep(moment)
    going.stop()
    assert going.wait(10) == "stopped"
    completed = sum(going.task_runs()["status"] == "completed")
    made = len(marks.lines())
    assert len(set(marks.lines())) == made
    assert completed <= made <= completed + (os.cpu_count() or 1) + 1
    time.sleep(0.1)
    assert len(marks.lines()) == made


@pytest.mark.slow
def test_a_worker_that_is_killed_from_outside_costs_its_attempt_alone(dag, until, marks):
    going = dag(f"""
        @batch()
        def slow():
            with open({marks.path!r}, "a") as file:
                file.write("slow\\n")
            if Path({marks.path!r}).read_text().count("slow") == 1:
                time.sleep(1000)
            return "done"

        @batch()
        def other():
            return 1
        """, Retries=1).run(wait=False)  # fmt: skip
    until(lambda: going.part("slow").status == "running")
    os.kill(int(going.part("slow").worker), signal.SIGKILL)
    assert going.wait(20) == "completed"
    assert going.part("slow").attempt == 2
    assert going.result("slow") == "done"


def test_a_worker_that_is_ended_politely_from_outside_fails_its_attempt(dag, until):
    going = dag("""
        @batch()
        def slow():
            time.sleep(1000)
        """).run(wait=False)  # fmt: skip
    until(lambda: going.part("slow").status == "running")
    os.kill(int(going.part("slow").worker), signal.SIGTERM)
    assert going.wait(20) == "failed"
    assert "SIGTERM" in going.part("slow").reason


@pytest.mark.slow
def test_descriptors_of_a_finished_run_are_given_back(dag):
    made = dag("""
        @batch()
        def returns():
            return 1

        @batch()
        def leaves():
            threading.Thread(target=time.sleep, args=(60,)).start()

        @batch()
        def dies():
            os._exit(1)
        """)
    counts = []
    for _ in range(4):
        made.run()
        gc.collect()
        opened = (os.readlink(link) for link in Path("/proc/self/fd").iterdir() if os.path.lexists(link))
        counts.append(sum("/results/" not in target for target in opened))  # the cache keeps its databases open
    assert counts[-1] == counts[0]
