"""What a job is: its tasks, what they wait for, and how it should be run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from dtscheduler.model.config import EMPTY
from dtscheduler.model.priority import Priority
from dtscheduler.model.schedule import AS_USUAL, NEVER, AfterCondition, FiringPolicy, ScheduleSpec


class Isolation(Enum):
    """How far apart attempts are kept: in a worker that is used again, or each in a process of its own."""

    WORKER = "worker"
    PROCESS = "process"


class Reuse(Enum):
    """Which earlier results may stand in for a computation with the same fingerprint."""

    LINEAGE = "lineage"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a part asks for: CPU in MHz (4000 = one core), memory and disk in MB."""

    cpu_mhz: int = 400
    memory_mb: int = 400
    disk_mb: int = 300


@dataclass(frozen=True, slots=True)
class PartSpec:
    """One part of a task; its config is text as ``model.config.encode`` writes it, without the translation table."""

    name: str
    description: str = ""
    config: str = EMPTY


@dataclass(frozen=True, slots=True)
class CallSpec:
    """Arguments of a task that was made by calling a function: ``{"args": [...], "kwargs": {...}}`` as text.

    A task among the arguments is written ``{"$task": number}``.
    """

    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """One task: a function and the parts in which it is called. A plain task has one part, named like the task.

    ``code`` names a function kept by value in the workspace, for functions that no file holds; ``argument_tasks``
    is the translation table: upstream task's name → parameter.
    """

    name: str
    entrypoint: str
    parts: tuple[PartSpec, ...]
    parallel: bool = False
    image: str | None = None
    description: str = ""
    argument_tasks: tuple[tuple[str, str], ...] = ()
    call: CallSpec | None = None
    code: str | None = None
    needs: Resources = Resources()
    retries: int = 0
    priority: Priority = Priority.NORMAL
    arch: str = "amd64"
    os: str = "fedora"
    count_for_prewarming: bool = False
    isolation: Isolation = Isolation.WORKER


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSpec:
    """Who is told how a run ended."""

    email: tuple[str, ...] = ()
    sms: tuple[str, ...] = ()
    only_failures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSpec:
    """Whose job it is, and who may see and change it; ``permissions`` reads owner, group, others: ``rwrwr-``.

    Owner and group may be empty until the job is saved or run: it is then of those who do so, and stays theirs.
    """

    owner: str = ""
    group: str = ""
    permissions: str = "rwrwr-"
    run_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A whole job. ``upstream[i]`` are the numbers of the tasks that task ``i`` waits for, in declared order."""

    name: str
    tasks: tuple[TaskSpec, ...]
    upstream: tuple[tuple[int, ...], ...]
    access: AccessSpec
    tag: str = "dev"
    schedule: ScheduleSpec = NEVER
    dev_run: bool = False
    work_dir: str | None = None
    image: str | None = None
    labels: tuple[str, ...] = ()
    fail_after: timedelta | None = None
    fail_after_run_children: AfterCondition = AfterCondition.SUCCESS
    priority: Priority = Priority.NORMAL
    alerts: AlertSpec = AlertSpec()
    reuse: Reuse = Reuse.LINEAGE
    firing: FiringPolicy = AS_USUAL

    @property
    def part_count(self) -> int:
        return sum(len(task.parts) for task in self.tasks)
