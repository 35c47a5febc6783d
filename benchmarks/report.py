"""How results read: a table a workload, the targets under it, and everything as JSON."""

import statistics
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from benchmarks.harness import Entry
from benchmarks.lineup import TITLES
from benchmarks.targets import TARGETS, Entries, Target, efficiency

HEADER = ("", "median s", "min..max", "CPU s", "RSS MB", "ours/it", "pairwise", "efficiency")


def table(workload: str, entries: Entries) -> str:
    rows = [HEADER, *[_row(entry, _ours_beside(entry, entries)) for entry in entries.values()]]
    if not any(row[-1] for row in rows[1:]):
        rows = [row[:-1] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
    failures = [f"{name}: {entry.error}" for name, entry in entries.items() if entry.error]
    return "\n".join([f"\n{workload}  {TITLES[workload]}", *lines, *failures])


def verdicts(targets: Iterable[Target], entries: Entries) -> list[str]:
    return [f"  {_verdict(target, entries)}" for target in targets]


def as_json(results: dict[str, Entries]) -> dict[str, Any]:
    return {workload: _workload_json(workload, entries) for workload, entries in results.items()}


def _workload_json(workload: str, entries: Entries) -> dict[str, Any]:
    return {
        "title": TITLES[workload],
        "rounds": {name: [asdict(measurement) for measurement in entry.rounds] for name, entry in entries.items()},
        "errors": {name: entry.error for name, entry in entries.items() if entry.error},
        "targets": [verdict.strip() for verdict in verdicts(TARGETS[workload], entries)],
    }


def _ours_beside(entry: Entry, entries: Entries) -> Entry | None:
    """Return our own entry that this one is compared with, if both were measured."""
    name = "import ours" if entry.contestant.name.startswith("import") else "ours"
    ours = entries.get(name)
    return ours if ours and ours.rounds and ours is not entry else None


def _row(entry: Entry, ours: Entry | None) -> tuple[str, ...]:
    if not entry.rounds:
        return (entry.contestant.name, "failed", *[""] * 6)
    seconds = [measurement.seconds for measurement in entry.rounds]
    return (
        entry.contestant.name,
        f"{entry.seconds:.3f}",
        f"{min(seconds):.3f}..{max(seconds):.3f}",
        f"{entry.median(lambda measurement: measurement.cpu_seconds):.2f}",
        f"{entry.peak_rss_mb:.0f}",
        f"{ours.seconds / entry.seconds:.2f}" if ours else "",
        f"{_pairwise(ours, entry):.2f}" if ours else "",
        f"{entry.median(efficiency):.2f}" if "useful_cpu" in entry.rounds[0].facts else "",
    )


def _pairwise(ours: Entry, other: Entry) -> float:
    pairs = zip(ours.rounds, other.rounds, strict=False)  # one that failed late has fewer rounds
    return statistics.median(mine.seconds / its.seconds for mine, its in pairs)


def _verdict(target: Target, entries: Entries) -> str:
    wanted = f"at most {target.at_most:g}" if target.at_most != float("inf") else f"at least {target.at_least:g}"
    try:
        figure = target.figure(entries)
    except (KeyError, statistics.StatisticsError):
        return f"{target.claim}: not measured (target: {wanted})"
    return f"{target.claim}: {figure:.2f} (target: {wanted})  {'ok' if target.met_by(figure) else 'MISSED'}"
