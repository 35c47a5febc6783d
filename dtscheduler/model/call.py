"""What crosses between the runner and a worker: how a function is called, what is to be called, what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, IntEnum

from dtscheduler.model.config import EMPTY
from dtscheduler.model.job import Isolation, Resources
from dtscheduler.model.status import TaskStatus


class Kind(IntEnum):
    """How a parameter may be passed, as ``inspect.Parameter.kind`` counts."""

    POSITIONAL_ONLY = 0
    POSITIONAL_OR_KEYWORD = 1
    VAR_POSITIONAL = 2
    KEYWORD_ONLY = 3
    VAR_KEYWORD = 4


class Source(Enum):
    """Where a parameter takes its value from."""

    RESERVED = "reserved argument"
    CALL = "argument of the call"
    UPSTREAM = "result of an upstream task"
    CONFIG = "key of the configuration"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an entrypoint."""

    name: str
    kind: Kind
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrypointInfo:
    """What is known of an entrypoint without running it.

    ``translation`` maps the function's own parameter names to reserved arguments; ``main`` tells a ``__batch_main__``.
    ``by_task``: a file with several functions, of which the name of the task chooses one; the rest is then not known.
    """

    entrypoint: str
    parameters: tuple[Parameter, ...]
    translation: tuple[tuple[str, str], ...] = ()
    main: bool = False
    by_task: bool = False
    signature: str = ""
    doc: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A function to look up: its entrypoint, and its key in the cache if it is kept by value.

    The task's name matters only to a file with several functions, and is left out until that is known.
    """

    entrypoint: str
    code: str | None = None
    task_name: str = ""


@dataclass(frozen=True, slots=True)
class Argument:
    """How one parameter is filled.

    ``ref`` is the reserved name, the parameter of the call, the place of the upstream task among those waited for, or
    the key of the configuration.
    """

    parameter: str
    kind: Kind
    source: Source
    ref: str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The results of one upstream task: keys in the order of its parts."""

    task: int
    keys: tuple[str, ...]
    parallel: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a worker must be to execute a task: its interpreter, the work dir on its path, and its account.

    ``account`` None is that of this process.
    """

    python: str
    work_dir: str | None
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSetup:
    """All that the calls of one task share. ``call`` is a ``CallSpec.arguments`` text; ``log_dir`` is a full path."""

    task: int
    name: str
    entrypoint: str
    environment: Environment
    arguments: tuple[Argument, ...]
    num_parts: int
    scheduled_time: datetime
    rundate: date
    log_dir: str
    code: str | None = None
    call: str = EMPTY
    inputs: tuple[Input, ...] = ()
    needs: Resources = field(default_factory=Resources)
    isolation: Isolation = Isolation.WORKER


@dataclass(frozen=True, slots=True)
class PartCall:
    """One attempt to be made. ``key`` is where its result goes, up to the suffix that the cache may add."""

    task: int
    part: int
    name: str
    config: str
    attempt: int
    key: str


@dataclass(frozen=True, slots=True)
class Started:
    """An attempt has begun to execute."""

    call: PartCall
    at: datetime
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended. ``lost`` are keys of inputs that could not be read: the attempt then counts for nothing."""

    call: PartCall
    status: TaskStatus
    reason: str = ""
    traceback: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    cpu_seconds: float | None = None
    peak_memory_mb: float | None = None
    result_key: str = ""
    result_bytes: int | None = None
    digest: str = ""
    preview: str = ""
    worker: str = ""
    lost: tuple[str, ...] = ()


Event = Started | Outcome
