"""The command: `python -m benchmarks.pages [--rounds 5] [--home FOLDER] [--json FILE]`: the studio on a big store."""

import argparse
import json
import logging
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import streamlit
from streamlit.testing.v1 import AppTest

from benchmarks.screens import JOBS, NOW, READERS, RUNS, TASK_RUNS, fill
from dtscheduler.api.place import in_use
from dtscheduler.connect import connect
from dtscheduler.model.access import Identity
from dtscheduler.settings import Settings
from dtscheduler.testing import Clock

MOST_SECONDS = 0.3
JOB = "Rates risk 42"
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "jobs": ("jobs", {}),
    "jobs, the 300th page": ("jobs", {"jobs_page": "300"}),
    "jobs, searched": ("jobs", {"text": "build 7"}),
    "jobs, one selected": ("jobs", {"job": JOB}),
    "calendar of a day": ("calendar", {"days": "Today"}),
    "calendar of 7 days": ("calendar", {}),
    "calendar of 30 days": ("calendar", {"days": "30 days"}),
    "calendar of 30 days, an owner": ("calendar", {"days": "30 days", "fires_owner": "user 7"}),
    "calendar of 30 days, a text": ("calendar", {"days": "30 days", "fires_text": "9"}),
    "reports": ("reports", {}),
    "reports of 90 days": ("reports", {"span": "90 days"}),
    "reports of a job": ("reports", {"report_job": JOB}),
    "service": ("service", {}),
}


def main() -> int:
    choice = _arguments()
    logging.disable(logging.WARNING)  # of Streamlit, that it runs without a server
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Streamlit {streamlit.__version__}")
    print(f"load {os.getloadavg()[0]:.1f}; {JOBS:,} jobs, {RUNS:,} runs, {TASK_RUNS:,} task runs")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=choice.home or Path(folder))
        if not Path(settings.store_place).exists():
            fill(settings)
        figures = {name: dict(timed(settings, who, choice.rounds)) for name, who in READERS.items()}
    print(f"\n{'seconds, median of a rerun':32}" + "".join(f"{name:>12}" for name in figures))
    for page in PAGES:
        cells = [figures[name][page] for name in figures]
        print(
            f"{page:32}" + "".join(f"{cell:12.3f}" for cell in cells), "" if max(cells) <= MOST_SECONDS else "  missed"
        )
    if choice.json:
        choice.json.write_text(json.dumps(figures, indent=1))
    return 0


def timed(settings: Settings, who: Identity, rounds: int) -> Iterator[tuple[str, float]]:
    """Median seconds of a rerun of each page for somebody, with nothing kept from the one before."""
    place = connect(settings, identity=who, identity_of=lambda user: Identity(user=user), clock=Clock(NOW))
    with in_use(place):
        for name, (page, query) in PAGES.items():
            yield name, _rerun(page, query, rounds)


def _rerun(page: str, query: dict[str, str], rounds: int) -> float:
    script = f"from dtscheduler.ui.streamlit.studio.pages.{page} import show\nshow()"
    test = AppTest.from_string(script, default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    taken = []
    for _ in range(rounds):
        streamlit.cache_data.clear()
        start = time.perf_counter()
        test.run()
        taken.append(time.perf_counter() - start)
        if test.exception:
            raise SystemExit(f"{page}: {test.exception[0].message}")
    return statistics.median(taken)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages", description="The studio's pages on a big store."
    )
    parser.add_argument("--rounds", type=int, default=5, help="counted reruns after one (default 5)")
    parser.add_argument(
        "--home", type=Path, metavar="FOLDER", help="keep the store here, and use the one that is there"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
