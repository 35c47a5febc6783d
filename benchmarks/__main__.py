"""The command: `python -m benchmarks [W1 W2 ... kill] [--rounds 5] [--peers bare,doit] [--json FILE]`."""

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from benchmarks import kill, report
from benchmarks.environments import PINS
from benchmarks.harness import adopt_orphans, compete
from benchmarks.lineup import TITLES, contestants
from benchmarks.targets import TARGETS, Entries


def main() -> int:
    choice = _arguments()
    peers = {"ours", *choice.peers.split(",")}
    adopt_orphans()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"one warm-up and {choice.rounds} rounds in turn; ratios are ours / theirs, below 1 is faster")
    results: dict[str, Entries] = {}
    for workload in [name for name in choice.workloads if name != "kill"]:
        chosen = [contestant for contestant in contestants(workload) if contestant.peer in peers]
        results[workload] = compete(chosen, choice.rounds)
        print(report.table(workload, results[workload]))
        print(*report.verdicts(TARGETS[workload], results[workload]), sep="\n", flush=True)
    if "kill" in choice.workloads:
        print(f"\nkill  {kill.TITLE}\n  {kill.verdict()}")
    if choice.json:
        choice.json.write_text(json.dumps(report.as_json(results), indent=1))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Ours beside the peers, on the same work."
    )
    known = [*TITLES, "kill"]
    parser.add_argument("workloads", nargs="*", choices=[*known, []], metavar="workload", help=", ".join(known))
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds after one warm-up (default 5)")
    parser.add_argument("--peers", default=",".join(["bare", *PINS]), help="comma-separated (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every measurement here")
    choice = parser.parse_args()
    choice.workloads = choice.workloads or known
    return choice


if __name__ == "__main__":
    sys.exit(main())
