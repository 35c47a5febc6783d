"""What is said: one message about one alert, or one digest of several."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dtscheduler.alerts.layout import Block, Code, Facts, Heading, Items, Link, Paragraph, as_html, as_text, fitting
from dtscheduler.model.alert import AlertKind, AlertRecord, Message
from dtscheduler.model.durations import show_duration
from dtscheduler.model.run import RunRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.model.text import header, last_lines, one_line, shortened
from dtscheduler.triage.grouping import FailureGroup

LONGEST_SUBJECT = 150
LONGEST_SMS = 300
LONGEST_CHAT = 1_500
LONGEST_BODY_BYTES = 100_000
LONGEST_REASON = 1_000
MOST_GROUPS = 10
MOST_TRACEBACKS = 3
MOST_JOBS = 30
MOST_RUNS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One alert with what is known of its run; ``run`` is None if there is none, or it has been deleted."""

    alert: AlertRecord
    run: RunRecord | None = None
    groups: Sequence[FailureGroup] = ()


def compose(alerts: Sequence[Told], *, link: str) -> Message:
    """Put alerts for one recipient into words: one as it is, several as one digest.

    Args:
        alerts: at least one.
        link: address of the page of a run, in which ``{run}`` stands for its number; empty: there is none.
    """
    content = _single(alerts[0], link) if len(alerts) == 1 else _digest(alerts, link)
    blocks = fitting(content.blocks, LONGEST_BODY_BYTES)
    return Message(
        subject=header(content.subject, LONGEST_SUBJECT),
        text=as_text(blocks),
        html=as_html(blocks),
        sms=_short("; ", [content.subject, *content.highlights[:1]], content.look[:1], LONGEST_SMS),
        chat=_short("\n", map(_unmentioned, [content.subject, *content.highlights]), content.look, LONGEST_CHAT),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    subject: str
    highlights: list[str]
    look: list[str]
    blocks: list[Block]


def _short(separator: str, said: Iterable[str], look: Sequence[str], limit: int) -> str:
    """What is said, cut so that the whole of how to look fits behind it."""
    end = "".join(separator + one_line(line, limit // 3) for line in look)
    lines = separator.join(one_line(line, LONGEST_SUBJECT) for line in said)
    return shortened(lines, limit - len(end)) + end


def _unmentioned(text: str) -> str:
    """Chat text in which no name or reason calls everybody to the screen."""
    return re.sub(r"@(?=everyone|channel|here|all)|<(?=[!@#])", lambda found: f"{found.group()} ", text, flags=re.I)


# -- one alert


def _single(told: Told, link: str) -> _Content:
    alert, run = told.alert, told.run
    job, when = one_line(alert.job_name, 200), f", {run.rundate}" if run else ""
    return _Content(
        subject=f"[{_word(told)}] {shortened(job, 70)}{when}: {_outcome(told)}",
        highlights=[_group_line(group) for group in told.groups[:MOST_GROUPS]],
        look=_look(alert.run_id, link),
        blocks=[
            Heading(f"{job}{when}: {_word(told)}"),
            *(Paragraph(text) for text in _explained(told)),
            Facts(_facts(told)),
            *_group_blocks(told.groups),
            *_look_blocks(alert.run_id, link),
        ],
    )


def _word(told: Told) -> str:
    """How it ended, in a word; a run that was stopped by hand is told as an end like any other."""
    if told.alert.kind is AlertKind.COMPLETED and told.run is not None and told.run.status is RunStatus.STOPPED:
        return "stopped"
    return told.alert.kind.value


def _outcome(told: Told) -> str:
    """The reason without its details: "12 of 40 task runs failed"."""
    if told.alert.kind is AlertKind.BROKEN:
        return one_line(told.alert.text, LONGEST_REASON)
    if told.run is None:
        return f"run {told.alert.run_id}"
    return one_line(told.run.reason, LONGEST_REASON).partition(": ")[0]


def _explained(told: Told) -> Iterator[str]:
    match told.alert.kind:
        case AlertKind.BROKEN:
            yield f"Its schedule cannot be used any more: {one_line(told.alert.text, LONGEST_REASON)}"
            yield "It will not start by itself until it is saved with a schedule that can be used."
        case AlertKind.RECOVERED:
            yield "The run before it had failed; this one has completed."
    if told.run is not None and told.run.reason:
        yield one_line(told.run.reason, LONGEST_REASON)


def _facts(told: Told) -> tuple[tuple[str, str], ...]:
    alert, run = told.alert, told.run
    rows = [("job", one_line(alert.job_name, 200)), ("run", str(alert.run_id or ""))]
    if run is not None:
        rows += [
            ("status", run.status.value),
            ("rundate", str(run.rundate)),
            ("tag", one_line(run.tag, 20)),
            ("owner", one_line(run.owner, 80)),
            ("scheduled", _time(run.scheduled)),
            ("started", _time(run.started)),
            ("took", show_duration(run.ended - run.started) if run.started and run.ended else ""),
        ]
    return tuple((name, value) for name, value in rows if value)


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


# -- the groups of a run


def _group_line(group: FailureGroup) -> str:
    apart = f", {group.set_apart}" if group.set_apart else ""
    return f"{one_line(group.task_name, 100)}: {group.title}{apart}"


def _group_blocks(groups: Sequence[FailureGroup]) -> Iterator[Block]:
    for number, group in enumerate(groups[:MOST_GROUPS]):
        example = group.example
        yield Heading(f"{one_line(group.task_name, 100)}: {group.title}")
        part = f"Part {example.part}, {one_line(example.part_name, 100)}: " if group.total > 1 else ""
        said = [group.set_apart, f"{part}{one_line(example.reason, LONGEST_REASON)}"]
        yield Items(tuple(line for line in said if line))
        if example.traceback and number < MOST_TRACEBACKS:
            yield Code(last_lines(example.traceback, 12, 200))
    if len(groups) > MOST_GROUPS:
        yield Paragraph(f"And {len(groups) - MOST_GROUPS:,} other errors.")


def _look(run_id: int | None, link: str) -> list[str]:
    if run_id is None:
        return ["dtscheduler jobs"]
    return [f"dtscheduler show {run_id}", *([link.replace("{run}", str(run_id))] if link else [])]


def _look_blocks(run_id: int | None, link: str) -> Iterator[Block]:
    command, *links = _look(run_id, link)
    yield Paragraph("To look at it:")
    yield Code(command)
    yield from (Link(url) for url in links)


# -- several alerts


def _digest(alerts: Sequence[Told], link: str) -> _Content:
    by_job: dict[str, list[Told]] = defaultdict(list)
    for told in alerts:
        by_job[told.alert.job_name].append(told)
    jobs = sorted(by_job.values(), key=lambda of_job: (-sum(map(_is_bad, of_job)), -len(of_job)))
    name = f"{one_line(alerts[0].alert.job_name, 70)}: " if len(jobs) == 1 else ""
    blocks: list[Block] = []
    for of_job in jobs[:MOST_JOBS]:
        blocks += [Heading(_job_line(of_job))] if len(jobs) > 1 else []
        blocks += _job_blocks(of_job, link)
    more = [Paragraph(f"And {len(jobs) - MOST_JOBS:,} other jobs.")] if len(jobs) > MOST_JOBS else []
    return _Content(
        subject=f"{name}{_counted(alerts)}",
        highlights=[_job_line(of_job) for of_job in jobs[:MOST_RUNS]],
        look=["dtscheduler runs"],
        blocks=[
            Heading(f"{name}{_counted(alerts)}"),
            *blocks,
            *more,
            Paragraph("All of them:"),
            Code("dtscheduler runs"),
        ],
    )


def _is_bad(told: Told) -> bool:
    return told.alert.kind in (AlertKind.FAILED, AlertKind.BROKEN)


def _counted(alerts: Sequence[Told]) -> str:
    """Counts by how runs ended: "37 runs failed, 2 recovered"."""
    counts = Counter(_word(told) for told in alerts)
    runs = [word for word in ("failed", "recovered", "completed", "stopped") if counts[word]]
    said = [f"{counts[word]:,} {word}" for word in runs]
    if said:
        first = counts[runs[0]]
        said[0] = f"{first:,} run{'s' if first > 1 else ''} {runs[0]}"
    if broken := counts["broken"]:
        said.append(f"{broken:,} schedule{'s' if broken > 1 else ''} broken")
    return ", ".join(said)


def _job_line(of_job: Sequence[Told]) -> str:
    return f"{one_line(of_job[0].alert.job_name, 100)}: {_counted(of_job)}"


def _job_blocks(of_job: Sequence[Told], link: str) -> Iterator[Block]:
    newest = sorted(of_job, key=lambda told: (told.alert.created, told.alert.id), reverse=True)
    important = sorted(newest, key=lambda told: not _is_bad(told))
    more = [f"and {len(of_job) - MOST_RUNS:,} more"] if len(of_job) > MOST_RUNS else []
    yield Items((*(_run_line(told) for told in important[:MOST_RUNS]), *more))
    yield from _look_blocks(important[0].alert.run_id, link)


def _run_line(told: Told) -> str:
    if told.run is None:
        return f"{_word(told)}: {_outcome(told)}"
    reason = one_line(told.run.reason, 200)
    return f"run {told.run.id}, {told.run.rundate}, {_word(told)}: {reason}"
