"""Which facts about services, fires and alerts the command line shows."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dtscheduler.api.upcoming import NotTimed, Upcoming
from dtscheduler.model.alert import AlertRecord
from dtscheduler.model.run import RunQuery
from dtscheduler.model.status import RunStatus
from dtscheduler.workspace import Workspace


def service_rows(place: Workspace) -> list[dict[str, Any]]:
    """A row a service."""
    now = place.clock.now()
    return [
        {
            "service": service.holder.rpartition(":")[0],
            "alive": service.alive(now),
            "user": service.user,
            "since": service.since,
            "last_sign": service.beat,
            "drives": ", ".join(map(str, service.driving)) or "nothing",
            "at_most": service.capacity,
            "version": service.version,
        }
        for service in place.services()
    ]


def overview(place: Workspace) -> dict[str, Any]:
    """What is waiting, running and to come."""
    runs = place.runs(RunQuery(statuses=[RunStatus.READY, RunStatus.RUNNING, RunStatus.SCHEDULED]))
    pending = place.alerts(pending=True)
    unsent = [alert for alert in pending if alert.tries]
    return {
        "workspace": str(place.home),
        "running": sum(run.status is RunStatus.RUNNING for run in runs),
        "ready": sum(run.status is RunStatus.READY for run in runs),
        "waiting_for_their_turn": sum(run.status is RunStatus.SCHEDULED for run in runs),
        "next_fire": place.next_fire() or "none",
        "outbox": f"{len(pending)} to send" + (f", {len(unsent)} tried before: {unsent[0].error}" if unsent else ""),
    }


def upcoming_row(fire: Upcoming, *, as_json: bool) -> dict[str, Any]:
    """A row a fire."""
    zone = fire.job.schedule.timezone
    return {
        "local_time": f"{fire.instant.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}",
        "utc": fire.instant if as_json else f"{fire.instant:%Y-%m-%d %H:%M}",  # a table shows instants on our clock
        "job": fire.job.name,
        "rundate": fire.rundate,
        "note": fire.note,
    }


def not_timed_row(found: NotTimed) -> dict[str, Any]:
    """A row, for programs, a job that does not fire at times."""
    return {"local_time": None, "utc": None, "job": found.job.name, "rundate": None, "note": found.why}


def alert_row(alert: AlertRecord) -> dict[str, Any]:
    """A row an alert."""
    return {
        "id": alert.id,
        "what": alert.kind,
        "job": alert.job_name,
        "run": alert.run_id,
        "to": alert.recipient or alert.channel,
        "created": alert.created,
        "sent": alert.sent,
        "tries": alert.tries,
        "next_try": alert.next_try,
        "error": alert.error,
    }
