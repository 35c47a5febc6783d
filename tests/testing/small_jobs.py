"""Jobs of one task, and how what became of them is read."""

from datetime import UTC, datetime

from dtscheduler import DAG, Task


def dag(name, schedule=None, does="fetch", **parameters):
    """A job with one task."""
    written = DAG(Name=name, Image="Risk", Schedule=schedule, **parameters)
    Task(Name="task", Entrypoint=f"risk.batch.{does}", dag=written)
    return written


def statuses(runs):
    """How runs stand, by the instants of their schedules."""
    return {f"{run.record.scheduled:%m-%d %H:%M}": str(run.status) for run in runs if run.record.scheduled}


def jobs_of(runs):
    return [run.record.job_name for run in runs]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
