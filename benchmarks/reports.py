"""The command: `python -m benchmarks.reports [--rounds 5] [--rows 1000000] [--json FILE]`: reports beside bare sqlite3."""

import argparse
import csv
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dtscheduler.model.access import Identity
from dtscheduler.model.run import RunQuery, TaskRunQuery
from dtscheduler.model.status import TaskStatus
from dtscheduler.reports.columns import TASK_RUN_COLUMNS
from dtscheduler.reports.export import write_rows
from dtscheduler.stores.sql import open_store

MOST_RATIO = 1.2
MOST_MB = 80
PARTS = 1_000
RUNS_A_DAY = 10
FAILED_EVERY = 20
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
READER = Identity(user="ada", groups=frozenset({"risk"}))
NAMES = list(TASK_RUN_COLUMNS)
TIMES = ("submitted", "started", "ended")
LENGTHS = ("waited", "duration")
REASONS = (
    "ZeroDivisionError: division by zero (size(), risk.py line 12)",
    "KeyError: 'EUR 10Y' (curve(), curves.py line 88)",
    "ConnectionError: https://ada:hunter2@db.example refused, password=hunter2 (load(), risk.py line 7)",
)
BARE_SELECT = """
SELECT runs.id, runs.job_name, runs.rundate, t.task_name, t.part, t.part_name, t.status, t.reason, t.attempt, t.submitted,
    t.started, t.ended, t.started - t.submitted, t.ended - t.started, t.cpu_seconds, t.peak_memory_mb, t.result_bytes,
    t.worker, t.host, t.from_run, t.patched_by
FROM runs JOIN task_runs t ON t.run_id = runs.id
"""
OF_A_DAY = "WHERE runs.submitted >= ? AND runs.submitted < ? AND t.status IN ('failed')"


def main() -> int:
    choice = _arguments()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, load {os.getloadavg()[0]:.1f}")
    print(f"{choice.rows:,} task runs, {choice.rounds} rounds in turn; ratios are ours / theirs, below 1 is faster")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.db"
        fill(store, choice.rows)
        day = compete(_day_contestants(store, choice.rows), choice.rounds)
        files = compete(_file_contestants(store, Path(folder)), choice.rounds)
        extra_mb = peak_mb(store, "ours") - peak_mb(store, "interpreter")
    figures = [
        (
            "one day's failed task runs as a DataFrame, ours / bare with times converted",
            day["ours"] / day["bare + times"],
        ),
        ("the same, ours / bare with raw numbers", day["ours"] / day["bare"]),
        ("all task runs to CSV, ours / csv.writer over a bare cursor", files["ours"] / files["bare"]),
        ("the same, ours / csv.writer with the same rules", files["ours"] / files["bare + rules"]),
    ]
    for title, results in (("one day's failed task runs", day), ("all task runs to CSV", files)):
        print(f"\n{title}")
        print(*(f"  {name:14} {seconds * 1000:10,.1f} ms" for name, seconds in results.items()), sep="\n")
    print()
    print(
        *(f"  {_verdict(ratio <= MOST_RATIO)}  {title}: {ratio:.2f} (<= {MOST_RATIO})" for title, ratio in figures),
        sep="\n",
    )
    print(f"  {_verdict(extra_mb <= MOST_MB)}  memory of CSV above the interpreter: {extra_mb:.0f} MB (<= {MOST_MB})")
    if choice.json:
        written = {"day": day, "csv": files, "extra_mb": extra_mb, "ratios": dict(figures)}
        choice.json.write_text(json.dumps(written, indent=1))
    return 0


def fill(path: Path, rows: int) -> None:
    """A store with so many task runs, ten runs of a thousand a day, written with bare SQL."""
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO specs VALUES ('hash', '{}')")
        for run in range(1, rows // PARTS + 1):
            submitted = _micros(FIRST + timedelta(days=run // RUNS_A_DAY, minutes=run % RUNS_A_DAY))
            _insert(connection, "runs", _run(run, submitted))
            _insert(connection, "task_runs", *(_task_run(run, part, submitted) for part in range(PARTS)))
    connection.close()


def _run(run: int, submitted: int) -> dict[str, Any]:
    rundate = (FIRST + timedelta(days=run // RUNS_A_DAY)).date().isoformat()
    texts = dict.fromkeys(("reason", "executor", "host", "code", "submitted_by", "run_as"), "x")
    return texts | {
        "id": run, "uuid": f"run {run}", "job_name": "Rates risk", "job_name_key": "Rates risk", "spec_hash": "hash",
        "status": "failed", "rundate": rundate, "submitted": submitted, "owner": "ada", "tag": "prod", "labels": "[]",
        "custom_rundate": 0, "lease_epoch": 1, "group": "risk", "permissions": "rwrwr-", "priority": "NORMAL",
        "trigger": "schedule", "followed": 1, "started": submitted + 250_000, "ended": submitted + 60_000_000,
    }  # fmt: skip


def _task_run(run: int, part: int, submitted: int) -> dict[str, Any]:
    failed = part % FAILED_EVERY == 7
    started = submitted + 300_000 + part * 47_321
    taken = 1_000_000 + (part * 7919 + run * 104_729) % 9_000_000
    return {
        "run_id": run, "task": part // 500, "part": part % 500, "task_name": ("Curves", "Size")[part // 500],
        "part_name": f"{('EUR', 'USD', 'GBP')[part % 3]} {part % 500}M", "status": "failed" if failed else "completed",
        "reason": REASONS[part // 20 % 3] if failed else "", "attempt": 1 + failed, "fingerprint": f"f{run}/{part}",
        "result_key": "" if failed else f"k{run}/{part}", "result_bytes": None if failed else 1000 + part,
        "preview": "DataFrame of shape (10, 3)", "submitted": submitted + 300_000, "started": started,
        "ended": started + taken, "cpu_seconds": taken / 1_234_567, "peak_memory_mb": 80 + part / 7,
        "worker": f"w{part % 8}", "host": "host1", "from_run": None, "patched_by": "", "digest": "d",
        "traceback": "Traceback ..." if failed else "",
    }  # fmt: skip


def _insert(connection: sqlite3.Connection, table: str, *rows: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in rows[0])
    places = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", [tuple(row.values()) for row in rows])


def _day_contestants(path: Path, rows: int) -> dict[str, Callable[[], object]]:
    import pandas as pd  # here, because it is not to count as memory of the CSV

    from dtscheduler.reports.frames import frame_of

    start = FIRST + timedelta(days=rows // PARTS // RUNS_A_DAY // 2)
    end = start + timedelta(days=1)
    of_runs = RunQuery(since=start, until=end, reader=READER)
    query = TaskRunQuery(runs=of_runs, statuses=[TaskStatus.FAILED])
    store, connection = open_store(path), sqlite3.connect(path)

    def ours() -> pd.DataFrame:
        return frame_of(store.task_run_rows(query, NAMES), TASK_RUN_COLUMNS)

    def bare() -> pd.DataFrame:
        cursor = connection.execute(BARE_SELECT + OF_A_DAY, (_micros(start), _micros(end)))
        return pd.DataFrame(cursor.fetchall(), columns=NAMES)

    def bare_with_times() -> pd.DataFrame:
        frame = bare()
        for name in TIMES:
            frame[name] = pd.to_datetime(frame[name], unit="us", utc=True)
        for name in LENGTHS:
            frame[name] = pd.to_timedelta(frame[name], unit="us")
        frame["rundate"] = pd.to_datetime(frame["rundate"])
        frame["status"] = frame["status"].astype("category")
        return frame

    if len(ours()) != len(bare()):
        raise SystemExit("the contestants found different rows")
    return {"ours": ours, "bare": bare, "bare + times": bare_with_times}


def _file_contestants(path: Path, folder: Path) -> dict[str, Callable[[], object]]:
    return {
        "ours": lambda: our_csv(path, folder / "ours.csv"),
        "bare": lambda: bare_csv(path, folder / "bare.csv"),
        "bare + rules": lambda: bare_csv_with_rules(path, folder / "rules.csv"),
    }


def our_csv(path: Path, target: Path) -> None:
    """What `dtscheduler report tasks --csv` does."""
    store = open_store(path)
    write_rows(store.task_run_rows(TaskRunQuery(runs=RunQuery(reader=READER)), NAMES), TASK_RUN_COLUMNS, target)
    store.close()


def bare_csv(path: Path, target: Path) -> None:
    """What anybody would write: raw numbers for times, no rule for texts."""
    connection = sqlite3.connect(path)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(NAMES)
        writer.writerows(connection.execute(BARE_SELECT))
    connection.close()


def bare_csv_with_rules(path: Path, target: Path) -> None:
    """The same with readable times and without formulas, a row at a time; secrets are left in."""
    connection = sqlite3.connect(path)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    times = [NAMES.index(name) for name in TIMES]
    lengths = [NAMES.index(name) for name in LENGTHS]

    def quoted(cell: Any) -> Any:
        return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

    def ruled() -> Iterator[list[Any]]:
        for row in connection.execute(BARE_SELECT):
            cells = list(map(quoted, row))
            for number in times:
                cells[number] = (epoch + timedelta(microseconds=cells[number])).isoformat()
            for number in lengths:
                cells[number] /= 1e6
            yield cells

    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(NAMES)
        writer.writerows(ruled())
    connection.close()


def peak_mb(path: Path, what: str) -> float:
    """The peak of resident memory of a process that does one thing: our CSV, or nothing but two imports."""
    done = {
        "ours": "from benchmarks.reports import our_csv; our_csv(Path(sys.argv[1]), Path(sys.argv[1] + '.csv'))",
        "interpreter": "import sqlite3, csv",
    }
    # What getrusage tells began before the program did: a child starts with the peak of its parent.
    peak = "print(re.search(r'VmHWM:\\s+([0-9]+) kB', Path('/proc/self/status').read_text())[1])"
    command = [sys.executable, "-c", f"import re, sys; from pathlib import Path; {done[what]}; {peak}", str(path)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) * 1024 / 1e6


def compete(contestants: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each, after one warm-up, in turn."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for round_number in range(rounds + 1):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            if round_number:
                taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _micros(time: datetime) -> int:
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _verdict(met: bool) -> str:
    return "ok    " if met else "missed"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description="Reports beside bare sqlite3.")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds after one warm-up (default 5)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="task runs in the store (default 1,000,000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
