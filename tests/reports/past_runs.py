"""What past runs are made of."""

from datetime import UTC, datetime, timedelta

from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, Resources, TaskSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def after(seconds):
    """An instant so many seconds after noon of 31 January 2026."""
    return NOON + timedelta(seconds=seconds)


def part(number=0, seconds=10.0, **facts):
    """A task run that started at noon, took so long, and used half a core and 80 MB."""
    usual = {
        "task": 0, "task_name": "size", "part_name": f"part {number}", "status": TaskStatus.COMPLETED, "attempt": 1,
        "submitted": NOON, "started": NOON, "ended": after(seconds), "cpu_seconds": seconds / 2, "peak_memory_mb": 80.0,
    }  # fmt: skip
    return TaskRunRecord(part=number, **(usual | facts))


def spec(*tasks, name="risk", **needs):
    """A job whose tasks all ask for the same."""
    made = tuple(
        TaskSpec(name=task, entrypoint="a.b", parts=(PartSpec(task),), needs=Resources(**needs)) for task in tasks
    )
    return JobSpec(name=name, tasks=made, upstream=((),) * len(made), access=AccessSpec(owner="ada"))
