"""The top of a report: which run it was, how it ended, and its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dtscheduler.drawing.looks import MOST_TELLING, look_of
from dtscheduler.drawing.markup import NOTHING, Markup, element, joined
from dtscheduler.model.durations import show_duration
from dtscheduler.model.status import TaskStatus
from dtscheduler.reports.page.material import Material
from dtscheduler.reports.page.wording import counted, length, made_by, megabytes, moment, name, said, status_mark

_BAR = 1000.0
_LEAST = 6.0


def head(material: Material) -> Markup:
    """Job, run, status with its reason, and the facts of the run."""
    run = material.run
    return element(
        "header",
        element("p", f"Run {run.id}", " · rundate ", element("b", run.rundate.isoformat()), class_="over"),
        element("h1", name(run.job_name)),
        element("p", status_mark(run.status), class_="verdict"),
        element("p", said(run.reason, 2_000), class_="reason") if run.reason else NOTHING,
        element("p", f"The run went on when this was written, {_at(material)}.", class_="note")
        if not run.status.final
        else NOTHING,
        element(
            "dl",
            *(element("div", element("dt", what), element("dd", value)) for what, value in _facts(material) if value),
            class_="facts",
        ),
    )


def figures(material: Material) -> Markup:
    """Task runs by status, time, CPU, memory, and how much ran at once."""
    counts = counts_of(material)
    total = sum(counts.values())
    return element(
        "section",
        element("h2", "Figures"),
        element("div", *(_figure(*figure) for figure in _measures(material)), class_="figures"),
        _shares(counts, total) if total else NOTHING,
        id="figures",
    )


def counts_of(material: Material) -> dict[TaskStatus, int]:
    """How many task runs have which status, the most telling first."""
    found = Counter(record.status for record in material.records)
    return {status: found[status] for status in MOST_TELLING if found[status]}


def _facts(material: Material) -> Iterator[tuple[str, str | Markup]]:
    run, zone = material.run, material.zone
    ended = run.ended or (None if run.status.final else material.now)
    took = length(run.started, ended)
    yield "Made by", made_by(run, zone)
    yield "Told as scheduled", moment(run.told_time, zone)
    yield "Submitted", moment(run.submitted, zone)
    yield "Started", moment(run.started, zone)
    yield "Ended", moment(run.ended, zone)
    yield "Took", took if run.status.final or not took else f"{took} so far"
    yield "Owner", name(run.owner) + (f", group {name(run.group)}" if run.group else "")
    yield "Ran as", name(run.run_as) if run.run_as not in ("", run.owner) else ""
    yield "Tag", name(run.tag)
    yield "Labels", joined(*(element("span", name(label), class_="label") for label in run.labels))
    yield "Version", "" if run.job_version is None else str(run.job_version)
    yield "Rundate", "chosen by hand" if run.custom_rundate else ""
    yield "First of its lineage", f"run {run.lineage}" if run.lineage not in (None, run.id) else ""
    yield "Host", name(run.host)
    yield "Executor", name(run.executor)


def _at(material: Material) -> Markup:
    return moment(material.now, material.zone)


def _measures(material: Material) -> Iterator[tuple[str, str, str]]:
    run, records = material.run, material.records
    tasks = len({record.task for record in records})
    yield "task runs", f"{len(records):,}", f"of {counted(tasks, 'task')}" if records else "none were planned"
    end = run.ended or (None if run.status.final else material.now)
    wall = (end - run.started).total_seconds() if run.started and end else None
    yield (
        "wall time",
        "–" if wall is None else show_duration(max(wall, 0.0)),
        "" if run.ended else "so far" if wall else "",
    )
    cpu = [record.cpu_seconds for record in records if record.cpu_seconds is not None and not _borrowed(record.status)]
    yield "CPU time", show_duration(sum(cpu)) if cpu else "–", f"in {counted(len(cpu), 'task run')}" if cpu else ""
    peaks = [(r.peak_memory_mb, r) for r in records if r.peak_memory_mb is not None and not _borrowed(r.status)]
    most = max(peaks, key=lambda peak: peak[0], default=None)
    yield "peak memory", megabytes(most[0]) if most else "–", said(most[1].task_name, 40) if most else ""
    busy = sum(cpu) / wall if cpu and wall and wall > 0 else None
    shown = "–" if busy is None else f"{busy:.1f}" if busy >= 0.95 else f"{busy:.2f}"
    yield "parallelism", shown, "" if busy is None else "CPU time ÷ wall time"


def _borrowed(status: TaskStatus) -> bool:
    """Whether what was measured was spent by another run."""
    return status is TaskStatus.REUSED


def _figure(what: str, value: str, note: str) -> Markup:
    return element(
        "div",
        element("div", what, class_="what"),
        element("div", value, class_="value"),
        element("div", note, class_="note") if note else NOTHING,
        class_="figure",
    )


def _shares(counts: dict[TaskStatus, int], total: int) -> Markup:
    """A bar of the statuses, and the same in words."""
    room = _BAR - _LEAST * len(counts)
    pieces, x = [], 0.0
    for status, count in counts.items():
        width = _LEAST + room * count / total
        title = element("title", f"{look_of(status).word}: {count:,}")
        pieces.append(element("rect", title, class_=f"share {status.value}", x=x, y=0, width=width - 2, height=12))
        x += width
    words = (
        element("li", status_mark(status), f" {count:,} ({_percent(count, total)})") for status, count in counts.items()
    )
    bar = element(
        "svg", *pieces, viewBox=f"0 0 {_BAR:.0f} 12", preserveAspectRatio="none", aria_hidden="true", class_="shares"
    )
    return joined(bar, element("ul", *words, class_="legend"))


def _percent(count: int, total: int) -> str:
    share = 100 * count / total
    return f"{share:.0f} %" if share in (0, 100) or 1 <= share <= 99 else "< 1 %" if share < 1 else "> 99 %"
