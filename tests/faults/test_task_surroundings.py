"""Whatever an attempt does to its process, the next attempt in it finds everything as it should be."""

import pytest

DIRT = {
    "cwd": ("os.chdir('/')", "os.getcwd()"),
    "a cwd that is gone": ("import tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)", "os.getcwd()"),
    "a new variable": ("os.environ['NEW'] = '1'", "os.environ.get('NEW')"),
    "a variable taken away": ("del os.environ['PATH']", "os.environ.get('PATH')"),
    "an environment that is emptied": ("os.environ.clear()", "sorted(os.environ.items())"),
    "the time zone": ("os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()", "time.tzname"),
    "umask": ("os.umask(0o777)", "os.umask(os.umask(0)) or os.umask(0o022)"),
    "signal handlers": (
        "signal.signal(signal.SIGUSR1, lambda *a: None); signal.signal(signal.SIGINT, signal.SIG_DFL)",
        "[str(signal.getsignal(s)) for s in (signal.SIGUSR1, signal.SIGINT)]",
    ),
    "SIGTERM": ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", "signal.getsignal(signal.SIGTERM) == signal.SIG_IGN"),
    "blocked signals": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])",
        "sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))",
    ),
    "a timer": ("signal.setitimer(signal.ITIMER_REAL, 100)", "signal.getitimer(signal.ITIMER_REAL)"),
    "sys.path": ("sys.path.insert(0, '/tmp/elsewhere')", "sys.path"),
    "sys.argv": ("sys.argv[:] = ['x']", "sys.argv"),
    "the recursion limit": ("sys.setrecursionlimit(5000)", "sys.getrecursionlimit()"),
    "a closed stdout": ("sys.stdout.close()", "sys.stdout.closed"),
    "a closed stdout at descriptor level": ("os.close(1); os.close(2)", "os.fstat(1).st_size >= 0"),
    "a closed stdin": ("sys.stdin.close()", "sys.stdin.closed"),
    "a replaced stdout": ("import io; sys.stdout = io.StringIO()", "type(sys.stdout).__name__"),
    "a stdout of None": ("sys.stdout = sys.stderr = None", "type(sys.stdout).__name__"),
    "a stdout that is taken away": ("del sys.stdout", "type(sys.stdout).__name__"),
    "a detached stdout": ("import io; sys.stdout = io.TextIOWrapper(sys.stdout.detach())", "sys.stdout.closed"),
    "a stdout that cannot be flushed": (
        "sys.stdout = type('S', (), {'write': len, 'flush': lambda self: 1 / 0})()",
        "type(sys.stdout).__name__",
    ),
}


@pytest.mark.parametrize("kind", DIRT)
def test_nothing_leaks_into_the_next_task(one_worker, dag, kind):
    dirt, look = DIRT[kind]
    made = dag(f"""
        @batch()
        def before():
            return os.getpid(), {look}

        @batch()
        def soils():
            {dirt}

        @batch()
        def after():
            print("still printing")
            return os.getpid(), {look}
        """)
    made["before"] >> made["soils"] >> made["after"]
    done = made.run()
    assert done.status == "completed", done.reason
    assert done.result("after") == done.result("before")
    assert "still printing" in done.log("after")


LEFT = {
    "a thread": "threading.Thread(target=lambda: [time.sleep(0.01) or print('ghost') for _ in range(2000)]).start()",
    "a daemon thread": (
        "threading.Thread(target=lambda: [time.sleep(0.01) or print('ghost') for _ in range(2000)], daemon=True).start()"
    ),
    "a child": "subprocess.Popen(['sh', '-c', 'while :; do echo ghost; sleep 0.01; done'])",
    "a daemon": "subprocess.run('(while :; do echo ghost; sleep 0.01; done) &', shell=True)",
    "a daemon in a session of its own": (
        "subprocess.run(\"setsid sh -c 'while :; do echo ghost; sleep 0.01; done' &\", shell=True)"
    ),
}


@pytest.mark.parametrize("kind", LEFT)
def test_what_a_task_leaves_running_prints_into_no_other_log(one_worker, dag, kind):
    made = dag(f"""
        @batch()
        def leaves():
            {LEFT[kind]}

        @batch()
        def after():
            print("mine")
            time.sleep(0.2)
        """)
    made["leaves"] >> made["after"]
    done = made.run()
    assert done.status == "completed"
    assert done.log("after") == "mine\n"


@pytest.mark.slow
def test_parts_that_leave_threads_behind_are_each_made_once(fan, marks):
    done = fan(f"""
        @batch()
        def f(n):
            with open({marks.path!r}, "a") as file:
                file.write(f"{{n}}\\n")
            if n % 10 == 9:
                threading.Thread(target=time.sleep, args=(60,)).start()
            return n
        """, 200).run()  # fmt: skip
    assert done.status == "completed", done.reason
    assert sorted(map(int, marks.lines())) == list(range(200))


def test_a_process_pool_within_a_task_works_and_says_nothing(run):
    done = run("""
        import multiprocessing

        def _double(x):
            return 2 * x

        @batch()
        def pooled():
            with multiprocessing.Pool(2) as pool:
                return pool.map(_double, range(4))
        """)
    assert done.result("pooled") == [0, 2, 4, 6]
    assert done.log("pooled") == ""


def test_process_pools_end_however_soon_they_are_told_to(run):
    done = run("""
        import multiprocessing

        def _double(x):
            return 2 * x

        @batch()
        def pooled():
            for _ in range(150):
                with multiprocessing.Pool(1):
                    pass
            return "ended"
        """)
    assert done.result("pooled") == "ended"


def test_a_task_that_mutates_its_input_harms_no_other(dag):
    made = dag("""
        @batch()
        def load():
            return {"rows": [1, 2, 3]}

        @batch()
        def spoils(load):
            load["rows"].clear()

        @batch()
        def reads(load):
            return load["rows"]
        """)
    made["load"] >> made["spoils"]
    made["load"] >> made["reads"]
    made["spoils"] >> made["reads"]
    assert made.run().result("reads") == [1, 2, 3]
    assert made.run(executor="inline").result("reads") == [1, 2, 3]


def test_every_attempt_of_an_isolated_task_has_a_process_of_its_own(fan):
    done = fan("""
        @batch()
        def f(n):
            return os.getpid()
        """, 6, Isolation="process").run()  # fmt: skip
    assert len(set(done.result("fan"))) == 6


def test_no_descriptor_of_the_scheduler_leaks_into_what_tasks_start(run):
    done = run("""
        @batch()
        def looks():
            found = subprocess.run(["sh", "-c", "ls -l /proc/self/fd"], capture_output=True, text=True).stdout
            return [line for line in found.splitlines() if "->" in line and "proc" not in line]
        """)
    assert len(done.result("looks")) == 3


def test_a_task_cannot_read_the_keyboard(run):
    done = run("""
        @batch()
        def asks():
            return input("name? ")
        """)
    assert "EOFError" in done.part("asks").reason
