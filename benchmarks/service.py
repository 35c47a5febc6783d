"""What the service costs: its ticks, its restart after a long absence, and how late it starts runs.

``python -m benchmarks.service [--rounds N] [--jobs N] [--json PATH]``
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from dtscheduler.clock import SystemClock
from dtscheduler.firing import Firing
from dtscheduler.model.access import Identity
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.model.status import RunStatus
from dtscheduler.ports import Store
from dtscheduler.stores.sql import open_store
from dtscheduler.timing.calendar import next_fire

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TARGETS = {
    "tick, 10,000 jobs, 100 due": "<= 0.5 s",
    "idle tick": "<= 0.05 s",
    "idle tick with 200,000 ended runs": "<= 0.05 s",
    "three weeks away, every minute": "<= 1 s",
    "start delay p99": "<= 1 s",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1000, help="jobs of the start delay; 0 leaves it out")
    parser.add_argument("--minutes", type=int, default=2, help="minutes over which their fires are spread")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        found |= ticks(Path(folder) / "ticks.db", arguments.rounds)
        rounds = [three_weeks(Path(folder) / f"weeks{n}.db") for n in range(arguments.rounds)]
        found |= {name: median([each[name] for each in rounds]) for name in rounds[0]}
        if arguments.jobs:
            found |= start_delays(Path(folder), arguments.jobs, arguments.minutes)
    for name, seconds in found.items():
        print(f"{name:40} {seconds * 1000:9.1f} ms   {TARGETS.get(name, '')}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


def ticks(path: Path, rounds: int) -> dict[str, float]:
    """A tick over 10,000 scheduled jobs: with 100 of them due, with nothing to do, and with a long history."""
    with closing(open_store(path)) as store:
        for number in range(10_000):
            months = () if number % 100 == 0 else (1 + number % 9,)  # those of a month are not due in November
            save(store, f"job {number}", TimeSchedule(at_hours=(13,), in_months=months, timezone="Europe/Paris"))
        firing = Firing(store, SystemClock(), nobody)
        days = [NOW + timedelta(days=day, minutes=1) for day in range(rounds)]
        due = [timed(partial(tick, firing, day)) for day in days]
        quiet = NOW + timedelta(days=rounds, minutes=2)
        tick(firing, quiet)
        idle = [timed(partial(tick, firing, quiet)) for _ in range(rounds * 4)]
        ended = [replace(run, status=RunStatus.COMPLETED, ended=NOW) for run in store.runs(RunQuery(limit=1))]
        for start in range(0, 200_000, 10_000):
            store.submit([replace(ended[0], uuid=f"old {n}", scheduled=None) for n in range(start, start + 10_000)])
        tick(firing, quiet)
        later = [timed(partial(tick, firing, quiet)) for _ in range(rounds * 4)]
    return {
        "tick, 10,000 jobs, 100 due": median(due),
        "idle tick": median(idle),
        "idle tick with 200,000 ended runs": median(later),
    }


def three_weeks(path: Path) -> dict[str, float]:
    """From opening the store until the run of the latest instant can begin, and until all others are on record."""
    with closing(open_store(path)) as store:
        save(store, "every minute", TimeSchedule(every_minute=1, timezone="Europe/Paris"), now=NOW - timedelta(weeks=3))
    begun = time.perf_counter()
    with closing(open_store(path)) as store:
        ready: list[float] = []
        Firing(store, SystemClock(), nobody).fire(NOW, meanwhile=lambda: _note(store, ready))
        seconds = time.perf_counter() - begun
        assert len(store.claimable(10, None)) == 1
        assert len(store.runs(RunQuery(statuses=[RunStatus.EXPIRED]))) == 3 * 7 * 24 * 60 - 1
    return {"three weeks away, all on record": seconds, "three weeks away, every minute": ready[0] - begun}


def start_delays(folder: Path, count: int, minutes: int) -> dict[str, float]:
    """How long after its instant a run begins, and its first task, for jobs spread over some minutes."""
    home, code = folder / "home", folder / "code"
    code.mkdir()
    (code / "steps.py").write_text("from dtscheduler import batch\n\n\n@batch()\ndef nothing():\n    return None\n")
    home.mkdir(mode=0o700)
    begin = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2)
    with closing(open_store(home / "dtscheduler.db")) as store:
        for number in range(count):
            minute = (begin + timedelta(minutes=number % minutes)).minute
            schedule = TimeSchedule(at_minutes=(minute,))
            save(store, f"job {number}", schedule, now=datetime.now(UTC), work_dir=str(code))
        service = subprocess.Popen([sys.executable, "-m", "dtscheduler", "--workspace", str(home), "serve", "--quiet"])
        try:
            runs = _ended(store, count, begin + timedelta(minutes=minutes + 3))
        finally:
            service.terminate()
            service.wait(15)
        late = sorted((run.started - run.scheduled).total_seconds() for run in runs if run.started and run.scheduled)
        firsts = [(run, store.task_runs(run.id)[0].started) for run in runs]
        tasks = sorted((first - run.scheduled).total_seconds() for run, first in firsts if first and run.scheduled)
    return {
        "start delay p50": late[len(late) // 2],
        "start delay p99": late[int(len(late) * 0.99)],
        "start delay of the first task p99": tasks[int(len(tasks) * 0.99)],
    }


def _note(store: Store, ready: list[float]) -> None:
    if store.claimable(1, None):
        ready.append(time.perf_counter())


def _ended(store: Store, count: int, until: datetime) -> list[RunRecord]:
    while True:
        runs = store.runs(RunQuery(statuses=[RunStatus.COMPLETED]))
        if len(runs) >= count or datetime.now(UTC) > until:
            print(f"{len(runs)} of {count} runs completed", file=sys.stderr)
            return runs
        time.sleep(2)


def save(
    store: Store, name: str, schedule: TimeSchedule, *, now: datetime = NOW - timedelta(hours=1), work_dir: str = "."
) -> None:
    """Save a job of one task."""
    spec = JobSpec(
        name=name,
        tasks=(TaskSpec(name="nothing", entrypoint="steps.nothing", parts=(PartSpec("nothing"),)),),
        upstream=((),),
        access=AccessSpec(owner="root", group="root"),
        schedule=schedule,
        dev_run=True,
        work_dir=work_dir,
    )
    store.save_job(spec, saved_by="root", now=now, run_as="", next_fire=next_fire(schedule, now))


def tick(firing: Firing, now: datetime) -> None:
    """What a service does at each look, apart from driving runs."""
    firing.fire(now)
    firing.follow(now)
    firing.admit()


def timed(action: Callable[[], None]) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def median(seconds: list[float]) -> float:
    """The middle one."""
    return statistics.median(seconds)


def nobody(account: str) -> Identity:
    """Who an account is, where nobody asks."""
    return Identity(user=account)


if __name__ == "__main__":
    main()
