"""What failed: grouped by error, with examples whose configuration, traceback and log are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from dtscheduler.drawing.markup import NOTHING, Markup, element, joined
from dtscheduler.model.config import decode
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.secrets import masked
from dtscheduler.model.shown import printable
from dtscheduler.model.text import shortened
from dtscheduler.reports.page.material import LOG_LINES, MOST_SAMPLES, Material, Sample, last_of
from dtscheduler.reports.page.wording import counted, length, megabytes, name, said, status_mark
from dtscheduler.triage.grouping import FailureGroup

MOST_GROUPS = 100
_MOST_PARTS = 40
_LONGEST_CONFIG = 4_000
_LONGEST_REASON = 1_000


def failures(material: Material) -> Markup:
    """The groups of failures, the largest first; nothing where nothing failed."""
    groups = material.groups
    if not groups:
        return NOTHING
    shown = zip(groups[:MOST_GROUPS], material.samples, strict=False)
    left = len(groups) - MOST_GROUPS
    failed = sum(group.count for group in groups)
    alike = f"{counted(failed, 'task run')} failed, with {counted(len(groups), 'different error')}."
    full = sum(map(len, material.samples))
    some = f" {full} of them are shown in full, at least one of each error where there are no more than {MOST_SAMPLES}."
    return element(
        "section",
        element("h2", "Failures"),
        element("p", alike + (some if full < failed else ""), class_="note"),
        *(_group(material, group, samples, first=number == 0) for number, (group, samples) in enumerate(shown)),
        element("p", f"And {counted(left, 'other error')}.", class_="note") if left > 0 else NOTHING,
        id="failures",
    )


def _group(material: Material, group: FailureGroup, samples: Sequence[Sample], *, first: bool) -> Markup:
    of = "" if group.total == 1 else f"{group.count:,} of {counted(group.total, 'part')}"
    title = group.title.partition(": ")[2] if group.total > 1 else group.title
    return element(
        "details",
        element(
            "summary",
            status_mark(group.example.status),
            " ",
            element("b", name(group.task_name)),
            element("span", f" {of}", class_="note") if of else NOTHING,
            element("span", title, class_="title"),
            element("span", group.set_apart, class_="apart") if group.set_apart else NOTHING,
        ),
        _parts(material, group) if group.total > 1 else NOTHING,
        *(_sample(material.spec, sample, only=group.total == 1, first=n == 0) for n, sample in enumerate(samples)),
        class_="group",
        open="" if first else None,
    )


def _parts(material: Material, group: FailureGroup) -> Markup:
    names = {record.part: record.part_name for record in material.records if record.task == group.task}
    parts = ", ".join(said(names.get(part, str(part)), 60) for part in group.parts[:_MOST_PARTS])
    more = f" and {group.count - _MOST_PARTS:,} more" if group.count > _MOST_PARTS else ""
    return element("p", element("b", "Parts: "), parts + more)


def _sample(spec: JobSpec | None, sample: Sample, *, only: bool, first: bool) -> Markup:
    record = sample.record
    body = joined(*_body(spec, sample))
    if only:
        return element("div", body, class_="sample")
    return element(
        "details",
        element("summary", element("b", f"part {record.part}: {said(record.part_name, 120)}"), f" {_facts(record)}"),
        body,
        class_="sample",
        open="" if first else None,
    )


def _facts(record: TaskRunRecord) -> str:
    tries = f"attempt {record.attempt}" if record.attempt > 1 else ""
    told = (tries, length(record.started, record.ended), megabytes(record.peak_memory_mb), name(record.host))
    return " · ".join(fact for fact in told if fact)


def _body(spec: JobSpec | None, sample: Sample) -> Iterator[Markup]:
    record = sample.record
    yield element("p", said(record.reason, _LONGEST_REASON), class_="reason")
    if config := _config(spec, record):
        yield _lines("Configuration", config)
    traceback = last_of(record.traceback)
    if traceback:
        yield _lines("Traceback", traceback)
    log = sample.log.removesuffix(traceback).rstrip()  # most logs end with it
    if log:
        yield _lines(f"Log, its last {LOG_LINES} lines at most", log)
    elif sample.no_log:
        yield element("p", sample.no_log, class_="note")


def _lines(title: str, text: str) -> Markup:
    return joined(element("h4", title), element("pre", printable(text, lines=True), tabindex=0))


def _config(spec: JobSpec | None, record: TaskRunRecord) -> str:
    """The configuration of a part, and the arguments of a call; secrets are masked before anything is cut."""
    try:
        task = spec.tasks[record.task] if spec else None
        config = decode(task.parts[record.part].config) if task else {}
        if task and task.call:
            config |= decode(task.call.arguments, lambda tag, content: f"the result of task {content}")
    except (ValueError, LookupError, TypeError):  # of a job that was damaged
        return ""
    if not config:
        return ""
    written = json.dumps(masked(config), indent=1, ensure_ascii=False, default=str)
    return shortened(written, _LONGEST_CONFIG)
