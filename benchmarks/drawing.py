"""The command: `python -m benchmarks.drawing [--rounds 3] [--most-seconds 120]`: drawing graphs, beside Graphviz' dot."""

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dtscheduler.drawing.cards import card_of
from dtscheduler.drawing.crossing import Point, line_crossings
from dtscheduler.drawing.diagram import Diagram, Edge, Node, NodeKind
from dtscheduler.drawing.layout import laid_out
from dtscheduler.drawing.svg import svg

MOST_CROSSINGS = 1.3
MOST_REPEATED = 1000
SAMPLES = 6
POINTS_PER_INCH = 72
Pairs = set[tuple[int, int]]
Lines = dict[tuple[str, str], Sequence[Point]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A graph, and how many times faster than dot it is to be drawn."""

    title: str
    count: int
    edges: Pairs
    at_least: float


def main() -> int:
    choice = _arguments()
    dot = shutil.which("dot")
    if dot is None:
        print("the program dot is not installed")
        return 2
    version = subprocess.run([dot, "-V"], capture_output=True, text=True, check=True).stderr.strip()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {version}")
    print(f"{choice.rounds} rounds in turn: svg(diagram) against dot -Tsvg (process included), seconds, the best ones")
    print(
        "crossings: of the lines, dot's curves as 6 straight pieces each; edges that share an end are left out in both"
    )
    print(f"\n{'':34}{'edges':>7}{'ours':>8}{'dot':>8}{'ratio':>8}{'median':>8}{'crossings':>14}{'dot':>8}")
    cases = [case for case in _cases() if not choice.only or choice.only in case.title]
    missed = [_measured(case, dot, choice.rounds, choice.most_seconds) for case in cases]
    return int(any(missed))


def _cases() -> list[Case]:
    return [
        Case(title="random, near, 1,000", count=1000, edges=random_edges(1000, 8, 1), at_least=1),
        Case(title="random, far, 1,000", count=1000, edges=random_edges(1000, 30, 2), at_least=1),
        Case(title="layered, 1,000", count=1000, edges=layered_edges(1000, 25, 3), at_least=1),
        Case(title="fans out and in, 1,000", count=1000, edges=fan_edges(1000, 4), at_least=1),
        Case(title="tree, 1,000", count=1000, edges=tree_edges(1000, 5), at_least=1),
        Case(title="map-reduce, 1,000", count=1000, edges=map_reduce_edges(1000, 6), at_least=1),
        Case(title="layered, 5,000", count=5000, edges=layered_edges(5000, 50, 7), at_least=10),
        Case(title="fans out and in, 5,000", count=5000, edges=fan_edges(5000, 8), at_least=10),
        Case(title="tree, 5,000", count=5000, edges=tree_edges(5000, 9), at_least=10),
    ]


def random_edges(count: int, reach: float, seed: int) -> Pairs:
    """Each waits for one or two of those shortly before it."""
    draw = random.Random(seed)
    edges = set()
    for target in range(1, count):
        for _ in range(draw.choice((1, 1, 2))):
            edges.add((max(0, target - 1 - int(draw.expovariate(1 / reach))), target))
    return edges


def layered_edges(count: int, width: int, seed: int) -> Pairs:
    """Layers of one width; each waits for one or two near it in the layer before, some for one farther back."""
    draw = random.Random(seed)
    edges = set()
    for target in range(width, count):
        for _ in range(draw.choice((1, 2))):
            near = target % width + int(draw.gauss(0, 2))
            layer = target // width - (1 if draw.random() < 0.9 else 2)
            edges.add((max(0, layer) * width + min(width - 1, max(0, near)), target))
    return edges


def fan_edges(count: int, seed: int) -> Pairs:
    """A chain of stages, each of which splits into 3 to 12 chains of one to three tasks and joins them again."""
    draw = random.Random(seed)
    edges, last, used = set(), 0, 1
    while used < count - 40:
        ends = []
        for _ in range(draw.randint(3, 12)):
            before = last
            for _ in range(draw.randint(1, 3)):
                edges.add((before, used))
                before, used = used, used + 1
            ends.append(before)
        edges |= {(end, used) for end in ends}
        last, used = used, used + 1
    return edges | set(pairwise([last, *range(used, count)]))


def tree_edges(count: int, seed: int) -> Pairs:
    draw = random.Random(seed)
    return {(draw.randrange(max(0, target // 3 - 5), target // 3 + 1), target) for target in range(1, count)}


def map_reduce_edges(count: int, seed: int) -> Pairs:
    """Jobs of 8 maps, each of which leads to all of 4 reduces, and these to the maps of the next one."""
    draw = random.Random(seed)
    edges = set()
    for start in range(0, count - 12, 12):
        maps, reduces = range(start, start + 8), range(start + 8, start + 12)
        edges |= {(one, other) for one in maps for other in reduces}
        following = range(start + 12, min(count, start + 20))
        edges |= {(draw.choice(reduces), other) for other in following}
    return edges


def diagram_for(case: Case) -> Diagram:
    nodes = tuple(
        Node(id=f"n{number}", kind=NodeKind.TASK, label=f"task {number}", detail="desk.risk.price")
        for number in range(case.count)
    )
    return Diagram(nodes=nodes, edges=tuple(Edge(source=f"n{a}", target=f"n{b}") for a, b in sorted(case.edges)))


def dot_text(diagram: Diagram) -> str:
    """The same nodes in the same sizes."""
    lines = ["digraph {", "rankdir=LR; node [shape=box fixedsize=true];"]
    for node in diagram.nodes:
        card = card_of(node)
        size = f"width={card.width / POINTS_PER_INCH:.3f} height={card.height / POINTS_PER_INCH:.3f}"
        lines.append(f'{node.id} [label="{node.label}" {size}];')
    lines += [f"{edge.source} -> {edge.target};" for edge in diagram.edges]
    return "\n".join([*lines, "}"])


def our_lines(diagram: Diagram) -> Lines:
    return {(line.source, line.target): line.points for line in laid_out(diagram).lines}


def dot_lines(dot: str, text: str) -> Lines:
    """dot's curves, each piece of them as a few straight ones."""
    done = subprocess.run([dot, "-Tjson"], input=text, capture_output=True, text=True, check=True)
    drawn = json.loads(done.stdout)
    names = {node["_gvid"]: node["name"] for node in drawn["objects"]}
    return {(names[edge["tail"]], names[edge["head"]]): _curve(edge["pos"]) for edge in drawn["edges"]}


def crossings_apart(lines: Lines) -> int:
    """Crossings of edges without a common end: where curves fan out of one point is a matter of their shape."""
    at: dict[str, list[Sequence[Point]]] = {}
    for ends, points in lines.items():
        for end in ends:
            at.setdefault(end, []).append(points)
    return line_crossings(lines.values()) - sum(map(line_crossings, at.values()))


def _curve(pos: str) -> list[Point]:
    """Points beside the joints and the middles of its pieces: symmetric curves meet there, which would not count."""
    numbers = [part for part in pos.split() if not part.startswith(("e,", "s,"))]
    controls = [(float(x), float(y)) for x, y in (part.split(",") for part in numbers)]
    points = [controls[0]]
    for start in range(0, len(controls) - 1, 3):
        points += [_on_bezier(controls[start : start + 4], (step + 0.5) / SAMPLES) for step in range(SAMPLES)]
    return [*points, controls[-1]]


def _on_bezier(controls: Sequence[Point], at: float) -> Point:
    weights = ((1 - at) ** 3, 3 * at * (1 - at) ** 2, 3 * at**2 * (1 - at), at**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, controls, strict=True)) for axis in (0, 1))
    return x, y


def _measured(case: Case, dot: str, rounds: int, most_seconds: float) -> bool:
    """Let both take turns and print a line of the table; whether a target is missed."""
    diagram = diagram_for(case)
    text = dot_text(diagram)
    ours, theirs = [], []
    finished = True
    for _ in range(rounds if case.count <= MOST_REPEATED else 1):
        ours.append(_seconds(lambda: svg(diagram)))
        try:
            theirs.append(_seconds(lambda: _by_dot(dot, text, most_seconds)))
        except subprocess.TimeoutExpired:
            finished = False
            theirs.append(most_seconds)
            break
    median = statistics.median(their / mine for their, mine in zip(theirs, ours, strict=True))
    ratio = min(theirs) / min(ours)
    missed = median < case.at_least
    said = "too many to count"
    if case.count <= MOST_REPEATED and finished:
        our_crossings, their_crossings = (crossings_apart(one) for one in (our_lines(diagram), dot_lines(dot, text)))
        missed = missed or our_crossings > MOST_CROSSINGS * their_crossings
        said = f"{our_crossings:14,}{their_crossings:8,}"
    print(
        f"{case.title:34}{len(case.edges):7,}{min(ours):8.2f}{'' if finished else '>'}{min(theirs):8.2f}"
        f"{ratio:8.1f}{median:8.1f}{said:>22}   (target: at least {case.at_least:g} x)  {'MISSED' if missed else 'ok'}",
        flush=True,
    )
    return missed


def _by_dot(dot: str, text: str, most_seconds: float) -> None:
    subprocess.run([dot, "-Tsvg"], input=text.encode(), capture_output=True, check=True, timeout=most_seconds)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drawing", description="Drawing graphs, beside Graphviz' dot."
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds in turn (default 3); one for 5,000 nodes")
    parser.add_argument("--most-seconds", type=float, default=120, help="after which dot is ended (default 120)")
    parser.add_argument("--only", default="", help="only cases whose title holds this")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
