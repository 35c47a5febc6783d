"""The command: `python -m benchmarks.calendar [--rounds 7] [--json FILE]`: finding fires, beside two cron libraries."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter  # type: ignore[import-untyped] # it comes without types
from cronsim import CronSim

from dtscheduler import Schedule
from dtscheduler.timing.calendar import fires, next_fire

ZONE = "Europe/Paris"
START = datetime(2026, 1, 1, tzinfo=ZoneInfo(ZONE))
WORKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]
MOST_COLD_MS = 10
MOST_SINGLE_US = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A schedule, so many fires of it, and how many times faster than cronsim they are to be found."""

    title: str
    schedule: Schedule
    count: int
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians of one case, in microseconds; ``ratios`` are medians of theirs / ours."""

    title: str
    microseconds: dict[str, float]
    ratios: dict[str, float]
    single_us: float


def case(title: str, count: int, at_least: float, **parameters: Any) -> Case:
    return Case(title=title, schedule=Schedule(**parameters, timezone=ZONE), count=count, at_least=at_least)


CASES = [
    case("every minute", 5000, 10, every_minute=1),
    case("every 5 minutes, 9 to 17, workdays", 5000, 10, every_minute=5, at_hours=range(9, 18), weekdays=WORKDAYS),
    case("18:00 daily", 500, 10, at_hours=[18]),
    case("last Friday", 100, 15, first_last={"Weekday": "Fri", "Which": "Last"}),
    case("29 February", 20, 15, day_of_month=29, in_months=[2]),
]

COLD = [
    "day_of_month=29, in_months=[2]",
    "day_of_month=29, in_months=[2], weekdays=['Sun']",
    "first_last={'Weekday': 'Sun', 'Which': 'Fifth'}, in_months=[2]",
    "first_last={'Weekday': 'Sat', 'Which': 'Fifth'}, in_months=[2], every_minute=1",
    "day_of_month=31, every_month=11, every_minute=1, at_hours=range(23)",
    "every_minute=1",
    "every_minute=1, at_hours=range(23)",
]
COLD_STARTS = ["2026-03-29 12:00", "2088-03-01 00:00", "9970-01-01 00:00"]
COLD_SCRIPT = """
import time
from datetime import UTC, datetime
from dtscheduler import Schedule
from dtscheduler.timing.calendar import next_fire
schedule = Schedule({parameters}, timezone={zone!r}).spec
after = datetime.fromisoformat({start!r}).replace(tzinfo=UTC)
began = time.perf_counter()
fire = next_fire(schedule, after)
assert fire is not None and fire > after
print(1000 * (time.perf_counter() - began))
"""


def by_us(schedule: Schedule, start: datetime) -> Iterator[datetime]:
    return fires(schedule.spec, start)  # type: ignore[arg-type] # all cases have times


def by_cronsim(schedule: Schedule, start: datetime) -> Iterator[datetime]:
    return CronSim(schedule.to_cron()[0], start)


def by_croniter(schedule: Schedule, start: datetime) -> Iterator[datetime]:
    cron = croniter(schedule.to_cron()[0].replace("5L", "L5"), start)
    while True:
        yield cron.get_next(datetime)


CONTESTANTS: dict[str, Callable[[Schedule, datetime], Iterator[datetime]]] = {
    "ours": by_us,
    "cronsim": by_cronsim,
    "croniter": by_croniter,
}


def main() -> int:
    choice = _arguments()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {ZONE}")
    print(f"one warm-up and {choice.rounds} rounds in turn; medians, microseconds a fire; ratios are theirs / ours")
    print(f"\n{'':36}{'ours':>8}{'cronsim':>9}{'croniter':>10}   /cronsim  /croniter  one call")
    figures = [measure(one, choice.rounds) for one in CASES]
    missed = [_verdict(one, found) for one, found in zip(CASES, figures, strict=True)]
    cold = {f"{parameters}, after {start}": cold_ms(parameters, start) for parameters in COLD for start in COLD_STARTS}
    worst = max(cold, key=lambda name: cold[name])
    print(
        f"\ncold, in a new process, imports done: at most {cold[worst]:.2f} ms (target: at most {MOST_COLD_MS}): {worst}"
    )
    if choice.json:
        choice.json.write_text(json.dumps({"cases": [asdict(found) for found in figures], "cold_ms": cold}, indent=1))
    return int(any(missed) or cold[worst] > MOST_COLD_MS)


def measure(one: Case, rounds: int) -> Figures:
    """Let the contestants take turns; all must find the same fires."""
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for number in range(rounds + 1):
        answers = []
        for name, contestant in CONTESTANTS.items():
            began = time.perf_counter()
            answers.append(list(islice(contestant(one.schedule, START), one.count)))
            if number:
                seconds[name].append(time.perf_counter() - began)
        assert all([fire.astimezone(UTC) for fire in answer] == answers[0] for answer in answers), one.title
    ours = seconds["ours"]
    return Figures(
        title=one.title,
        microseconds={name: 1e6 * statistics.median(found) / one.count for name, found in seconds.items()},
        ratios={
            name: statistics.median(theirs / mine for theirs, mine in zip(found, ours, strict=True))
            for name, found in seconds.items()
            if name != "ours"
        },
        single_us=_single_us(one.schedule),
    )


def cold_ms(parameters: str, start: str) -> float:
    """The first call in a new process; the median of three processes."""
    command = [sys.executable, "-c", COLD_SCRIPT.format(parameters=parameters, zone=ZONE, start=start)]
    return statistics.median(
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(3)
    )


def _single_us(schedule: Schedule, calls: int = 1000) -> float:
    """The median of single calls, asked at instants spread over a year."""
    found = []
    for number in range(calls):
        after = datetime.fromtimestamp(START.timestamp() + number * 31_337, UTC)
        began = time.perf_counter()
        next_fire(schedule.spec, after)  # type: ignore[arg-type] # all cases have times
        found.append(time.perf_counter() - began)
    return 1e6 * statistics.median(found)


def _verdict(one: Case, found: Figures) -> bool:
    """Print a line of the table; whether a target is missed."""
    missed = found.ratios["cronsim"] < one.at_least or found.single_us > MOST_SINGLE_US
    print(
        f"{one.title:36}{found.microseconds['ours']:8.2f}{found.microseconds['cronsim']:9.2f}"
        f"{found.microseconds['croniter']:10.2f}{found.ratios['cronsim']:12.0f}{found.ratios['croniter']:11.0f}"
        f"{found.single_us:10.1f}   (target: at least {one.at_least:g} x cronsim)  {'MISSED' if missed else 'ok'}",
        flush=True,
    )
    return missed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calendar", description="Finding fires, beside two cron libraries."
    )
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds after one warm-up (default 7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
