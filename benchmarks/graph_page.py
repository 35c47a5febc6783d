"""The command: `python -m benchmarks.graph_page [--rounds 5]`: graphs in a browser, drawn and recoloured."""

import argparse
import os
import platform
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import dtscheduler.ui
from benchmarks.drawing import fan_edges
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.ui.graph import Graph, graph_of, states

MOST_DRAWN_MS, MOST_RECOLOURED_MS = 2000, 100
JUDGED = 1000
ASSETS = Path(dtscheduler.ui.__file__).parent / "assets"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
HTML = """<!doctype html><link rel="stylesheet" href="dagview.css"><div id="graph" style="height: 700px"></div>
<script type="module">import { DagView } from "./dagview.js"; window.DagView = DagView;</script>"""
# a step counts until the browser has painted what came of it
STEPS = """async ([graph, first, second]) => {
  const root = document.querySelector("#graph");
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const timed = async (step) => {
    const start = performance.now();
    step();
    await painted();
    return performance.now() - start;
  };
  window.view?.destroy();
  window.view = new DagView(root);
  await painted();
  const drawn = await timed(() => { view.draw(graph); view.recolour(first); });
  const recoloured = await timed(() => view.recolour(second));
  view.fit(false);
  await painted();
  const afar = await timed(() => view.recolour(first));
  return [drawn, recoloured, afar];
}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.graph_page", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("there is no Chromium")
        return 2
    from playwright.sync_api import sync_playwright

    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {rounds} rounds")
    print(
        "milliseconds until painted, medians and the worst; laid out: in Python; afar: recoloured with all in sight\n"
    )
    print(f"{'nodes':>7}{'laid out':>10}{'drawn':>8}{'worst':>8}{'recoloured':>12}{'worst':>8}{'afar':>8}{'worst':>8}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.route("http://graph.test/**", _serve)
        page.goto("http://graph.test/")
        page.wait_for_function("Boolean(window.DagView)")
        missed = [_measured(page, count, rounds) for count in (40, 1000, 5000)]
        browser.close()
    return int(any(missed))


def _measured(page: Any, count: int, rounds: int) -> bool:
    """Print a line of the table; whether a target is missed."""
    start = time.perf_counter()
    graph = _graph(count)
    document = graph.document
    laid_out = (time.perf_counter() - start) * 1000
    numbers = range(count)
    first = states(graph, {(number, 0): ("completed", "failed", "running")[number % 3] for number in numbers})
    second = states(graph, {(number, 0): ("failed", "running", "reused")[number % 3] for number in numbers})
    results = [page.evaluate(STEPS, [document, first, second]) for _ in range(rounds)]
    figures = "".join(
        f"{statistics.median(found):>{width}.0f}{max(found):>8.0f}"
        for found, width in zip(zip(*results, strict=True), (8, 12, 8), strict=True)
    )
    print(f"{count:>7,}{laid_out:>10.0f}{figures}")
    drawn, *recoloured = (statistics.median(found) for found in zip(*results, strict=True))
    return count == JUDGED and (drawn > MOST_DRAWN_MS or max(recoloured) > MOST_RECOLOURED_MS)


def _graph(count: int) -> Graph:
    upstream: list[list[int]] = [[] for _ in range(count)]
    for source, target in sorted(fan_edges(max(count, 80), 4)):
        if target < count:
            upstream[target].append(source)
    tasks = [_task(number) for number in range(count)]
    spec = JobSpec(
        name="graph", tasks=tuple(tasks), upstream=tuple(map(tuple, upstream)), access=AccessSpec(owner="ana")
    )
    return graph_of(spec, stateful=True)


def _task(number: int) -> TaskSpec:
    name = f"step {number}"
    return TaskSpec(name=name, entrypoint=f"desk.risk.step{number}", parts=(PartSpec(name),))


def _serve(route: Any) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    if name in ("dagview.js", "dagview.css"):
        route.fulfill(path=ASSETS / name, content_type="text/javascript" if name.endswith("js") else "text/css")
    else:
        route.fulfill(body=HTML, content_type="text/html")


if __name__ == "__main__":
    sys.exit(main())
