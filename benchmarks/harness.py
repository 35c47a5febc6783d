"""What one whole process costs, measured from outside, and how contestants take turns."""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.environments import ROOT, python_of
from benchmarks.lineup import Contestant
from benchmarks.work import ALL_KNOWN

LIMIT_SECONDS = 300
RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
LINGER_SECONDS = 10  # how long workers may take to end after their parent


class ContestantError(Exception):
    """A contestant did not finish, or gave a wrong answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One process: wall seconds, CPU seconds of its tree, RSS in MB of the largest process in it, what it printed."""

    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    facts: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Entry:
    """One contestant in one workload: its rounds so far, or why it was dropped."""

    contestant: Contestant
    rounds: list[Measurement] = field(default_factory=list)
    error: str = ""

    def median(self, figure: Callable[[Measurement], float]) -> float:
        return statistics.median(figure(measurement) for measurement in self.rounds)

    @property
    def seconds(self) -> float:
        return self.median(lambda measurement: measurement.seconds)

    @property
    def peak_rss_mb(self) -> float:
        return self.median(lambda measurement: measurement.peak_rss_mb)


def compete(contestants: list[Contestant], rounds: int) -> dict[str, Entry]:
    """Run all contestants in turn, once to warm up and then `rounds` times; who fails is out of the later rounds."""
    entries = {contestant.name: Entry(contestant=contestant) for contestant in contestants}
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as scratch:
        for number in range(rounds + 1):
            for entry in entries.values():
                if not entry.error:
                    _take_turn(entry, Path(scratch), warm_up=number == 0)
    return entries


def _take_turn(entry: Entry, scratch: Path, *, warm_up: bool) -> None:
    try:
        measurement = _measured_in_folder(entry.contestant, scratch, populate=warm_up)
    except (ContestantError, OSError, subprocess.SubprocessError) as error:
        entry.error = str(error)
        return
    if not warm_up:
        entry.rounds.append(measurement)


def _measured_in_folder(contestant: Contestant, scratch: Path, *, populate: bool) -> Measurement:
    if not contestant.reuses:
        with tempfile.TemporaryDirectory(dir=scratch) as fresh:
            return _measure(contestant, Path(fresh), {})
    folder = scratch / contestant.name
    folder.mkdir(exist_ok=True)
    if populate:
        _measure(contestant, folder, {})
    return _measure(contestant, folder, {ALL_KNOWN: "1"})


def _measure(contestant: Contestant, folder: Path, more_environment: dict[str, str]) -> Measurement:
    command = [python_of(contestant.peer), *contestant.arguments]
    environment = contestant_environment(folder) | more_environment
    printed, errors = folder / "stdout.txt", folder / "stderr.txt"
    with printed.open("w") as out, errors.open("w") as err:
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        ended, cpu_seconds, peak_rss, code = _wait_for_tree(process)
    if code != 0:
        raise ContestantError(last_line(errors) or f"ended with code {code}")
    facts = json.loads(last_line(printed) or "{}")
    if facts.get("answer") != contestant.answer:
        raise ContestantError(f"answered {facts.get('answer')} instead of {contestant.answer}")
    seconds = {
        "process": ended - start,
        "answer": facts.get("answered_at", ended) - start,
        "inside": facts.get("seconds", 0.0),
    }[contestant.timed]
    return Measurement(
        seconds=seconds, cpu_seconds=cpu_seconds, peak_rss_mb=peak_rss * RSS_UNIT_BYTES / 1e6, facts=facts
    )


def contestant_environment(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "DTSCHEDULER_HOME": str(folder / "home")}


def _wait_for_tree(process: subprocess.Popen[bytes]) -> tuple[float, float, int, int]:
    """Wait for the process and whatever it leaves behind; return its end, the CPU, the RSS and the exit code of all."""
    timer = threading.Timer(LIMIT_SECONDS, process.kill)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    ended = time.monotonic()
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu_seconds, peak_rss = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
    reaper = threading.Timer(LINGER_SECONDS, kill_orphans)
    reaper.start()
    with suppress(ChildProcessError):
        while True:
            _, _, usage = os.wait4(-1, 0)
            cpu_seconds, peak_rss = cpu_seconds + usage.ru_utime + usage.ru_stime, max(peak_rss, usage.ru_maxrss)
    reaper.cancel()
    return ended, cpu_seconds, peak_rss, process.returncode


def adopt_orphans() -> None:
    """Become the parent of processes that contestants leave behind, so that their CPU is counted (Linux only)."""
    if sys.platform == "linux":
        import ctypes

        pr_set_child_subreaper = 36
        ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def kill_orphans() -> None:
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
