"""What the service page shows: whether a service is alive, what it does, what it uses, and what it could not send."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from dtscheduler.api.progress import count_text
from dtscheduler.api.upcoming import upcoming
from dtscheduler.errors import SchedulerError
from dtscheduler.executors.capacity import machine_capacity
from dtscheduler.model.alert import AlertRecord
from dtscheduler.model.durations import show_duration
from dtscheduler.model.job import Resources, TaskSpec
from dtscheduler.model.run import JobQuery, RunQuery, RunRecord, TaskRunQuery
from dtscheduler.model.service import ServiceRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.model.text import one_line
from dtscheduler.reports.page.wording import name
from dtscheduler.ui.views.jobs import distance
from dtscheduler.workspace import Workspace

SERVE = "dtscheduler serve"
DOCTOR = "dtscheduler doctor"
SEND = "dtscheduler outbox --send"
MOST_RUNS = 20
MOST_TASK_RUNS = 5_000
MOST_ALERTS = 10
MOST_PENDING = 1_000
MOST_FIRES = 6
LOOKED_AT = 50  # what was due while no service was there comes first, and fires later
MHZ_OF_A_CORE = 4000
LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that a person has to mend: what it is, and the command that does."""

    what: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One service; ``state`` has a glyph and a word."""

    name: str
    state: str
    user: str
    since: datetime
    last_sign: datetime
    drives: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrivenRun:
    """A run that is under way, and how far it is: ``done`` from 0 to 1."""

    run: int
    job: str
    started: datetime | None
    taken: str
    done: float
    progress: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """How much of something is reserved: ``part`` from 0 to 1, and the same in words."""

    title: str
    part: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One thing to tell somebody; ``state`` has a glyph and a word, ``error`` no secrets."""

    what: str
    job: str
    run: int | None
    to: str
    state: str
    created: datetime
    sent: datetime | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextFire:
    """A fire to come."""

    instant: datetime
    distance: str
    job: str
    rundate: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What people are told: how much waits, how much of that could not be sent yet, and when the latest was sent.

    ``cut`` tells that more waits than was counted.
    """

    pending: int
    failed: int
    cut: bool
    last_sent: datetime | None
    rows: tuple[AlertRow, ...]

    @property
    def to_send(self) -> str:
        """How many wait, ``12`` or ``1,000 or more``."""
        return f"{self.pending:,}{' or more' if self.cut else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """All of the page; ``counts`` are the runs that are running, ready, and waiting for their turn."""

    alive: bool
    headline: str
    troubles: tuple[Trouble, ...]
    services: tuple[ServiceRow, ...]
    counts: tuple[tuple[str, int], ...]
    next_fires: tuple[NextFire, ...]
    driven: tuple[DrivenRun, ...]
    more_driven: int
    capacity: tuple[Used, ...]
    outbox: Outbox


def service_view(place: Workspace) -> ServiceView:
    """Look at the services of a workspace, and at what they have to do."""
    now = place.clock.now()
    services = place.services()
    alive = [service for service in services if service.alive(now)]
    counts = _counts(place)
    runs = place.runs(RunQuery(statuses=[RunStatus.RUNNING], limit=MOST_RUNS))
    outbox = _outbox(place)
    running = dict(counts)["running"]
    return ServiceView(
        alive=bool(alive),
        headline=_headline(alive, running),
        troubles=tuple(_troubles(services, alive, dict(counts), outbox, now)),
        services=tuple(_service_row(service, now) for service in services),
        counts=counts,
        next_fires=tuple(_next_fires(place, now)),
        driven=tuple(_driven(place, runs, now)),
        more_driven=running - len(runs),
        capacity=_capacity(place, runs, cut=running > len(runs)),
        outbox=outbox,
    )


def _counts(place: Workspace) -> tuple[tuple[str, int], ...]:
    words = (("running", RunStatus.RUNNING), ("ready", RunStatus.READY), ("waiting", RunStatus.SCHEDULED))
    return tuple((word, place.count_runs(RunQuery(statuses=[status]))) for word, status in words)


def _headline(alive: list[ServiceRecord], running: int) -> str:
    if not alive:
        return "No service is alive"
    who = "A service is alive" if len(alive) == 1 else f"{len(alive)} services are alive"
    if not running:
        return f"{who} and {'have' if len(alive) > 1 else 'has'} nothing to drive."
    return f"{who}; {running:,} run{'s are' if running > 1 else ' is'} under way."


def _troubles(
    services: list[ServiceRecord],
    alive: list[ServiceRecord],
    counts: dict[str, int],
    outbox: Outbox,
    now: datetime,
) -> list[Trouble]:
    found = []
    if not alive:
        silent = max((service.beat for service in services), default=None)
        since = f"; the last one was heard of {show_duration(now - silent)} ago" if silent else ""
        waits = counts["running"] + counts["ready"] + counts["waiting"]
        waiting = f"{waits:,} run{'s wait' if waits > 1 else ' waits'} for one" if waits else "schedules start nothing"
        found.append(Trouble(what=f"No service is alive{since}. Until one is, {waiting}. Start one:", command=SERVE))
    if outbox.failed:
        told = f"{outbox.failed} message{'s' if outbox.failed > 1 else ''} could not be sent and will be tried again."
        found.append(Trouble(what=f"{told} Mend the settings of the mail server or chat, then send now:", command=SEND))
    return found


def _service_row(service: ServiceRecord, now: datetime) -> ServiceRow:
    silent = f"✕ silent for {show_duration(now - service.beat)}"
    drives = ", ".join(map(str, service.driving)) or "nothing"
    return ServiceRow(
        name=service.holder.rpartition(":")[0],
        state="✓ alive" if service.alive(now) else silent,
        user=service.user,
        since=service.since,
        last_sign=service.beat,
        drives=f"{drives} (of at most {service.capacity})",
        version=service.version,
    )


def _next_fires(place: Workspace, now: datetime) -> list[NextFire]:
    """The next fire of each of the jobs that fire first; all fires would often be those of one job."""
    jobs = place.jobs(JobQuery(paused=False, order="next_fire", limit=LOOKED_AT))
    found = [fire for job in jobs for fire in upcoming(place, [job], 1)]
    return [
        NextFire(
            instant=fire.instant, distance=distance(fire.instant, now), job=name(fire.job.name), rundate=fire.rundate
        )
        for fire in sorted(found, key=lambda fire: fire.instant)[:MOST_FIRES]
    ]


def _driven(place: Workspace, runs: list[RunRecord], now: datetime) -> list[DrivenRun]:
    columns = ["run", "n_tasks", "completed", "reused", "failed", "did_not_run"]
    rows = place.run_rows(RunQuery(statuses=[RunStatus.RUNNING], limit=MOST_RUNS), columns)
    figures = {row[0]: row[1:] for row in chain.from_iterable(rows)}
    return [_driven_run(run, figures.get(run.id, (0, 0, 0, 0, 0)), now) for run in runs]


def _driven_run(run: RunRecord, figures: tuple[int | None, ...], now: datetime) -> DrivenRun:
    total, *ended = (figure or 0 for figure in figures)
    named = (TaskStatus.COMPLETED, TaskStatus.REUSED, TaskStatus.FAILED, TaskStatus.DID_NOT_RUN)
    counts = Counter({status: count for status, count in zip(named, ended, strict=True) if count})
    return DrivenRun(
        run=run.id,
        job=name(run.job_name),
        started=run.started,
        taken=show_duration(now - run.started) if run.started else "",
        done=sum(ended) / total if total else 0.0,
        progress=f"{sum(ended):,} of {total:,}" + (f": {count_text(counts)}" if counts else ""),
    )


def _capacity(place: Workspace, runs: list[RunRecord], *, cut: bool) -> tuple[Used, ...]:
    """What the attempts that execute now have asked for, beside what may be reserved; ``cut``: of some runs only."""
    limits = machine_capacity(place.settings.cpu_mhz, place.settings.memory_mb)
    cpu = memory = 0
    for needs, count in _executing(place, runs):
        cpu += needs.cpu_mhz * count
        memory += needs.memory_mb * count
    cores, most = cpu / MHZ_OF_A_CORE, limits.cpu_mhz / MHZ_OF_A_CORE
    at_least = "at least " if cut else ""
    return (
        Used(
            title="CPU",
            part=min(cpu / limits.cpu_mhz, 1.0),
            words=f"{at_least}{cores:.3g} of {most:.3g} cores are reserved",
        ),
        Used(
            title="Memory",
            part=min(memory / limits.memory_mb, 1.0),
            words=f"{at_least}{memory:,} of {limits.memory_mb:,} MB are reserved",
        ),
    )


def _executing(place: Workspace, runs: list[RunRecord]) -> list[tuple[Resources, int]]:
    query = TaskRunQuery(
        runs=RunQuery(statuses=[RunStatus.RUNNING], limit=MOST_RUNS),
        statuses=[TaskStatus.RUNNING],
        limit=MOST_TASK_RUNS,
    )
    counts = Counter(chain.from_iterable(place.task_run_rows(query, ["run", "task"])))
    executing = {number for number, _ in counts}
    needs = {
        (run.id, task.name): task.needs for run in runs if run.id in executing for task in _tasks(place, run.spec_hash)
    }
    return [(needs[key], count) for key, count in counts.items() if key in needs]


def _tasks(place: Workspace, spec_hash: str) -> tuple[TaskSpec, ...]:
    try:
        return place.spec(spec_hash).tasks
    except SchedulerError:  # what is damaged of one run hides no other
        return ()


def _outbox(place: Workspace) -> Outbox:
    pending = place.alerts(pending=True, limit=MOST_PENDING)
    latest = place.alerts(limit=MOST_ALERTS)
    return Outbox(
        pending=len(pending),
        failed=sum(bool(alert.error) for alert in pending),
        cut=len(pending) >= MOST_PENDING,
        last_sent=max((alert.sent for alert in latest if alert.sent), default=None),
        rows=tuple(_alert_row(alert) for alert in latest),
    )


def _alert_row(alert: AlertRecord) -> AlertRow:
    return AlertRow(
        what=alert.kind.value,
        job=name(alert.job_name),
        run=alert.run_id,
        to=one_line(alert.recipient, 100) or alert.channel.value,
        state=_alert_state(alert),
        created=alert.created,
        sent=alert.sent,
        error=one_line(alert.error, LONGEST_ERROR),
    )


def _alert_state(alert: AlertRecord) -> str:
    if alert.sent:
        return "✓ sent"
    if alert.next_try is None:
        return "✕ given up"
    return f"◷ tried {alert.tries} time{'s' if alert.tries > 1 else ''}" if alert.tries else "○ to send"
