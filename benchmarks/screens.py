"""The command: `python -m benchmarks.screens [--rounds 7] [--home FOLDER] [--json FILE]`: what screens ask of a store."""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from dtscheduler.api.upcoming import coming
from dtscheduler.connect import connect
from dtscheduler.model.access import Identity
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord, TaskRunPage, TaskRunRecord
from dtscheduler.model.schedule import NEVER, TimeSchedule
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.settings import Settings
from dtscheduler.stores.saving import first_version
from dtscheduler.stores.sql import open_store, rows
from dtscheduler.testing import Clock
from dtscheduler.timing.calendar import next_fire
from dtscheduler.workspace import Workspace

MOST_MS = 50
JOBS, RUNS, TASK_RUNS, ALERTS = 10_000, 200_000, 1_000_000, 20_000
SMALL, WIDE = 1_760, 10_000
A_DAY = 10_000
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
GROUPS, OWNERS = 20, 100
PERMISSIONS = ("rwrwr-", "rwr---", "rw----")
STATUSES = (*["completed"] * 15, *["failed"] * 2, "failed_after", "stopped", "expired")
ENDED = [status for status in RunStatus if status.final]
NAMES = ("Rates risk", "Équities P&L", "flight delays", "Curve build", "Backtest", "100% hedge")
READERS = {
    "ada": Identity(user="ada", groups=frozenset(f"desk {number}" for number in range(GROUPS))),
    "newcomer": Identity(user="newcomer"),
    "admin": Identity(user="root", admin=True),
}
"""The first reads two thirds of all, the second one third, the third everything."""

_TASK_RUNS = ", ".join(("run_id", *rows.TASK_RUN))
_PLACES = ", ".join("?" * (len(rows.TASK_RUN) + 1))
Calls = dict[str, Callable[[], object]]


def main() -> int:
    choice = _arguments()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=choice.home or Path(folder))
        if not Path(settings.store_place).exists():
            taken = _milliseconds(lambda: fill(settings), 1)
            print(
                f"{JOBS:,} jobs, {RUNS:,} runs, {TASK_RUNS:,} task runs, {ALERTS:,} alerts written in {taken / 1000:.0f} s"
            )
        figures = {name: dict(_timed(_place(settings, who), choice.rounds)) for name, who in READERS.items()}
    print(f"\n{'milliseconds, median':40}" + "".join(f"{name:>12}" for name in figures))
    for call in figures["ada"]:
        cells = [figures[name][call] for name in figures]
        print(f"{call:40}" + "".join(f"{cell:12.1f}" for cell in cells), "" if max(cells) <= MOST_MS else "  missed")
    if choice.json:
        choice.json.write_text(json.dumps(figures, indent=1))
    return 0


def calls(place: Workspace) -> Calls:
    """What the pages ask, each with the page that asks it."""
    jobs = place.jobs(JobQuery(limit=50))
    runs = place.runs(RunQuery(limit=50))
    of_jobs, of_runs = [job.id for job in jobs], [run.id for run in runs]
    failed = [RunStatus.FAILED, RunStatus.FAILED_AFTER]
    all_runs = RunQuery(newest=place.newest_run())
    return {
        "jobs: a page": lambda: place.jobs(JobQuery(limit=50)),
        "jobs: the last page": lambda: place.jobs(JobQuery(limit=50, offset=5_000)),
        "jobs: by next fire": lambda: place.jobs(JobQuery(order="next_fire", limit=50)),
        "jobs: by a part of the name": lambda: place.jobs(JobQuery(text="éQUI", paused=False, limit=50)),
        "jobs: count": lambda: place.count_jobs(JobQuery()),
        "jobs: count by label": lambda: place.count_jobs(JobQuery(label="nightly")),
        "jobs: latest runs": lambda: place.latest_runs(of_jobs),
        "runs: a page": lambda: place.runs(replace(all_runs, limit=50)),
        "runs: a page of originals": lambda: place.runs(replace(all_runs, reruns=False, limit=50)),
        "runs: the 2,000th page": lambda: place.runs(replace(all_runs, limit=50, offset=60_000)),
        "runs: a page that failed": lambda: place.runs(replace(all_runs, statuses=failed, limit=50)),
        "runs: a page that is under way": lambda: place.runs(RunQuery(statuses=[RunStatus.RUNNING], limit=50)),
        "runs: a page of a job": lambda: place.runs(RunQuery(job_name="Rates risk 42", limit=50)),
        "runs: a page by a part of the name": lambda: place.runs(replace(all_runs, job_text="BUILD 77", limit=50)),
        "runs: a page of nothing": lambda: place.runs(replace(all_runs, job_text="no such name", limit=50)),
        "runs: a page by label": lambda: place.runs(replace(all_runs, label="weekly", limit=50)),
        "runs: a page of an owner": lambda: place.runs(replace(all_runs, owner="user 7", limit=50)),
        "runs: count": lambda: place.count_runs(RunQuery()),
        "runs: count of what ended": lambda: place.count_runs(RunQuery(statuses=ENDED)),
        "runs: count of what failed": lambda: place.count_runs(RunQuery(statuses=failed)),
        "runs: count by a part of the name": lambda: place.count_runs(RunQuery(job_text="build")),
        "runs: count by label": lambda: place.count_runs(RunQuery(label="weekly")),
        "runs: count of a week": lambda: place.count_runs(RunQuery(since=NOW - timedelta(days=7))),
        "runs: reruns": lambda: place.reruns_of(of_runs),
        "runs: figures of 14 days": lambda: place.run_figures(RunQuery()),
        "runs: figures by label": lambda: place.run_figures(RunQuery(label="nightly")),
        "runs: figures of a job": lambda: place.run_figures(RunQuery(job_name="Rates risk 42")),
        "run: found by number": lambda: place.run(1),
        "run: counts of 10,000 parts": lambda: place.task_counts(1),
        "run: states of 10,000 parts": lambda: place.part_states(1),
        "run: states of 1,760 parts": lambda: place.part_states(2),
        "run: a page of parts": lambda: place.task_run_page(1, TaskRunPage(limit=50)),
        "run: its slowest parts": lambda: place.task_run_page(1, TaskRunPage(order="duration", limit=50)),
        "run: parts by a part of the name": lambda: place.task_run_page(1, TaskRunPage(text="usd", limit=50)),
        "run: count of what failed": lambda: place.count_task_runs(1, TaskRunPage(statuses=[TaskStatus.FAILED])),
        "run: one part": lambda: place.task_run_record(1, 1, 4_000),
        "calendar: the next 200 fires": lambda: coming(place, 200),
        "service: next fire": place.next_fire,
        "service: the latest 50 alerts": lambda: place.alerts(limit=50),
        "service: alerts to be sent": lambda: place.alerts(pending=True),
    }


def _timed(place: Workspace, rounds: int) -> Iterator[tuple[str, float]]:
    with closing(place):
        for name, call in calls(place).items():
            yield name, _milliseconds(call, rounds)


def _milliseconds(call: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def _place(settings: Settings, who: Identity) -> Workspace:
    return connect(settings, identity=who, identity_of=lambda user: Identity(user=user), clock=Clock(NOW))


def fill(settings: Settings) -> None:
    """Write the store with bare SQL; the first run has 10,000 parts, the second 1,760, the others four or five."""
    settings.home.mkdir(parents=True, exist_ok=True)
    open_store(settings.store_place).close()
    with closing(sqlite3.connect(settings.store_place)) as connection, connection:
        connection.execute("INSERT INTO specs VALUES ('hash', '{}')")
        _insert(connection, "jobs", map(_job, range(1, JOBS + 1)))
        _insert(connection, "runs", map(_run, range(1, RUNS + 1)))
        insert = f"INSERT INTO task_runs ({_TASK_RUNS}) VALUES ({_PLACES})"
        _insert(connection, "outbox", map(_alert, range(1, ALERTS + 1)))
        connection.executemany(insert, (row for run in range(1, RUNS + 1) for row in _task_runs(run)))


def _insert(connection: sqlite3.Connection, table: str, records: Iterator[dict[str, Any]]) -> None:
    first = next(records)
    names, places = ", ".join(f'"{name}"' for name in first), ", ".join("?" * len(first))
    insert = f"INSERT INTO {table} ({names}) VALUES ({places})"
    connection.execute(insert, tuple(first.values()))
    connection.executemany(insert, (tuple(record.values()) for record in records))


def _access(job: int) -> AccessSpec:
    owner = "ada" if job % 1_000 == 0 else f"user {job % OWNERS}"
    return AccessSpec(owner=owner, group=f"desk {job % GROUPS}", permissions=PERMISSIONS[job % 3])


def _name(job: int) -> str:
    return f"{NAMES[job % len(NAMES)]} {job}"


def _job(job: int) -> dict[str, Any]:
    schedule = TimeSchedule(at_hours=(job % 24,), at_minutes=(job % 60,)) if job % 5 else None
    spec = JobSpec(
        name=_name(job),
        tasks=(TaskSpec(name="load", entrypoint="a.b", parts=(PartSpec("load"),)),),
        upstream=((),),
        access=_access(job),
        labels=("nightly", "weekly")[: job % 3],
        schedule=schedule or NEVER,
    )
    fire = next_fire(schedule, NOW) if schedule else None
    made = first_version(spec, "hash", saved_by="ada", run_as="ada", now=NOW - timedelta(days=30), next_fire=fire)
    paused = NOW if job % 50 == 1 else None
    deleted = (
        {"deleted": rows.micros(NOW), "name_key": f"deleted:{made.uuid}"} if job % 100 == 99 else {"deleted": None}
    )
    return rows.job_values(replace(made, paused=paused)) | {"id": job} | deleted


def _run(number: int) -> dict[str, Any]:
    """Ten of a hundred are of no saved job, three are reruns, one goes on; the others fire day by day."""
    job = number % JOBS + 1
    submitted = NOW - timedelta(days=(RUNS - number) / A_DAY)
    large = number <= 2
    active = number > RUNS - 100 or large
    rerun_of = number - JOBS if number % 33 == 0 and number > JOBS else None
    access = _access(job)
    run = RunRecord(
        id=0, uuid=uuid4().hex, job_name=_name(job), job_id=None if number % 10 == 0 or large else job, job_version=1,
        spec_hash="hash", status=RunStatus.RUNNING if active else RunStatus(STATUSES[number % len(STATUSES)]),
        rundate=submitted.date(), submitted=submitted, started=submitted + timedelta(seconds=2),
        ended=None if active else submitted + timedelta(seconds=62 + number % 600), owner=access.owner,
        group=access.group, permissions=PERMISSIONS[0 if large else job % 3], labels=("nightly", "weekly")[: job % 3],
        submitted_by="ada", run_as="ada", reason="all tasks completed", host="host1", code="c" * 64, lease_epoch=1,
        lease_holder="host1:1" if active else None, rerun_of=rerun_of, lineage=rerun_of,
    )  # fmt: skip
    return rows.run_values(run) | {"id": number}


def _alert(number: int) -> dict[str, Any]:
    """One alert of a thousand is still to be sent."""
    pending = number % 1_000 == 0
    alert = AlertRecord(
        id=0, kind=AlertKind.FAILED, channel=Channel.EMAIL, recipient="ada@bank.example", job_name="flights", created=NOW,
        run_id=number * (RUNS // ALERTS), sent=None if pending else NOW, next_try=NOW if pending else None,
    )  # fmt: skip
    return rows.alert_values(alert)


def _task_runs(run: int) -> Iterator[tuple[Any, ...]]:
    count = {1: WIDE, 2: SMALL}.get(run) or 4 + (run % 100 < 94)
    for part in range(count):
        yield (run, int(part > 0), max(part - 1, 0), *_task_run(run, part))


def _task_run(run: int, part: int) -> tuple[Any, ...]:
    failed = part % 20 == 7
    record = replace(
        _DONE[failed], started=_began(run, part), ended=_began(run, part) + timedelta(seconds=part * 7 % 60)
    )
    name = f"{('EUR', 'USD', 'GBP')[part % 3]} {part}M"
    return ("size" if part else "load", name, *rows.task_run_row(replace(record, peak_memory_mb=80 + part * 13 % 999)))


def _began(run: int, part: int) -> datetime:
    return datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=run, milliseconds=part * 47)


_DONE = {
    failed: TaskRunRecord(
        task=0, part=0, task_name="", part_name="", attempt=1 + failed, submitted=NOW, cpu_seconds=1.5, worker="w1",
        status=TaskStatus.FAILED if failed else TaskStatus.COMPLETED, host="host1", digest="d" * 64, result_bytes=1000,
        fingerprint="" if failed else "f" * 64, result_key="" if failed else "k" * 64,
        preview="" if failed else "DataFrame of shape (10, 3)", traceback="Traceback\n" * 40 if failed else "",
        reason="KeyError: 'EUR 10Y' (curve(), curves.py line 88)" if failed else "",
    )
    for failed in (False, True)
}  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screens", description="What screens ask of a store.")
    parser.add_argument("--rounds", type=int, default=7, help="times each question is asked (default 7)")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="workspace to ask; filled if there is none yet")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
