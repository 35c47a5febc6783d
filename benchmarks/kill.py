"""How much is computed again when the process that drives a run is killed half-way and a second one takes over."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from benchmarks.harness import LIMIT_SECONDS, contestant_environment, kill_orphans, last_line

TITLE = "SIGKILL of the runner after half of 200 tasks of 20 ms, then the same run again"
TASKS = 200
TASK_SECONDS = 0.02


def verdict() -> str:
    """Return how many tasks began twice, against the number of workers, which is the most it may be."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as scratch:
        marks, errors = Path(scratch) / "marks.txt", Path(scratch) / "stderr.txt"
        marks.touch()
        with errors.open("w") as err:
            begun, workers = _kill_half_way(_start(marks, err), marks)
            answer = _finish(_start(marks, err))
        if answer != str(sum(range(TASKS))):
            return f"failed: {last_line(errors) or f'answered {answer!r}'}"
        again = len(_lines(marks)) - TASKS
    judged = "ok" if again <= workers else "MISSED"
    return f"killed after {begun} tasks; {again} computed again (target: at most {workers}, the workers)  {judged}"


def _start(marks: Path, errors: IO[str]) -> subprocess.Popen[str]:
    folder = marks.parent
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.contestants.ours_killed", str(marks), str(TASKS), str(TASK_SECONDS)],
        cwd=folder,
        env=contestant_environment(folder),
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def _kill_half_way(process: subprocess.Popen[str], marks: Path) -> tuple[int, int]:
    """Kill the process once half of the tasks have begun; return how many had, and in how many workers."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while process.poll() is None and len(_lines(marks)) < TASKS // 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    process.kill()
    process.wait()
    begun = _lines(marks)
    return len(begun), len({line.split()[1] for line in begun})


def _finish(process: subprocess.Popen[str]) -> str:
    try:
        return process.communicate(timeout=LIMIT_SECONDS)[0].strip()
    except subprocess.TimeoutExpired:
        process.kill()
        return f"nothing within {LIMIT_SECONDS} s"
    finally:
        kill_orphans()


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
