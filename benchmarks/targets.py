"""What is to be reached, as ratios of two medians of one run."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.harness import Entry, Measurement

Entries = dict[str, Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A claim about the entries of one workload, and the limit its figure must keep to."""

    claim: str
    figure: Callable[[Entries], float]
    at_most: float = float("inf")
    at_least: float = float("-inf")

    def met_by(self, figure: float) -> bool:
        return self.at_least <= figure <= self.at_most


def efficiency(measurement: Measurement) -> float:
    """Return the share of all CPU that the task functions themselves spent."""
    return float(measurement.facts["useful_cpu"]) / measurement.cpu_seconds


def slowness(ours: str, peer: str) -> Callable[[Entries], float]:
    return lambda entries: entries[ours].seconds / entries[peer].seconds


def speedup(ours: str, peer: str) -> Callable[[Entries], float]:
    return lambda entries: entries[peer].seconds / entries[ours].seconds


def memory(ours: str, peer: str) -> Callable[[Entries], float]:
    return lambda entries: entries[ours].peak_rss_mb / entries[peer].peak_rss_mb


TARGETS = {
    "W1": [
        Target(claim="ours / bare pool", figure=slowness("ours", "bare"), at_most=2),
        Target(claim="ours / doit", figure=slowness("ours", "doit"), at_most=1.5),
        Target(claim="times faster than luigi", figure=speedup("ours", "luigi"), at_least=20),
        Target(claim="times faster than hamilton", figure=speedup("ours", "hamilton"), at_least=20),
        Target(claim="times faster than luigi, 2 processes", figure=speedup("ours", "luigi-n2"), at_least=20),
        Target(claim="times faster than hamilton, 2 processes", figure=speedup("ours", "hamilton-n2"), at_least=20),
    ],
    "W2": [
        Target(claim="ours / bare pool", figure=slowness("ours", "bare"), at_most=3),
    ],
    "W3": [Target(claim="ours / doit", figure=slowness("ours", "doit"), at_most=1)],
    "W4": [
        Target(claim="ours / doit, time", figure=slowness("ours", "doit"), at_most=1),
        Target(claim="ours / doit, peak RSS", figure=memory("ours", "doit"), at_most=2),
        Target(
            claim="time a task, 100,000 / 10,000",
            figure=lambda entries: entries["ours-100k"].seconds / entries["ours"].seconds / 10,
            at_most=1.5,
        ),
        Target(claim="save and reload, store open / build", figure=slowness("ours-save", "ours"), at_most=3),
    ],
    "W5": [
        Target(claim="import ours / import sqlite3", figure=slowness("import ours", "import sqlite3"), at_most=3),
        Target(claim="seconds to the first result", figure=lambda entries: entries["ours"].seconds, at_most=1),
    ],
    "W6": [Target(claim="CPU efficiency", figure=lambda entries: entries["ours"].median(efficiency), at_least=0.9)],
}
