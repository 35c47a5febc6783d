"""What ``%load_ext dtscheduler`` adds to a notebook: ``%dts_runs``, ``%dts_log`` and ``%%dts_task``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from IPython.core import magic_arguments
from IPython.core.error import TryNext, UsageError

from dtscheduler.errors import SchedulerError

if TYPE_CHECKING:
    from dtscheduler.model.run import RunRecord, TaskRunRecord
    from dtscheduler.ui.notebook.listed_runs import ListedRuns
    from dtscheduler.workspace import Workspace

MOST_RUNS = 25

P = ParamSpec("P")
R = TypeVar("R")
_arguments: Any = magic_arguments  # it has no types
_argument = _arguments.argument


def load(shell: Any) -> None:
    """Add the magics to a shell."""
    shell.register_magic_function(dts_runs, "line")
    shell.register_magic_function(dts_log, "line")
    shell.register_magic_function(update_wrapper(partial(dts_task, shell), dts_task), "cell", "dts_task")
    shell.set_hook("complete_command", _complete_runs, str_key="%dts_runs")


def unload(shell: Any) -> None:
    """Take them away again."""
    for kind, name in (("line", "dts_runs"), ("line", "dts_log"), ("cell", "dts_task")):
        shell.magics_manager.magics[kind].pop(name, None)
    shell.strdispatchers["complete_command"].strs.pop("%dts_runs", None)


def _word(text: str) -> str:
    """A word of the line without the quotes that keep its spaces together."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _magic(*arguments: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a magic that takes these arguments; what the core refuses is said in a line, without a traceback."""

    def made(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def magic(*args: P.args, **kwargs: P.kwargs) -> R:
            from dtscheduler.model.shown import printable

            try:
                return function(*args, **kwargs)
            except SchedulerError as error:
                raise UsageError(printable(str(error))) from None

        for one in reversed((_arguments.magic_arguments(), *arguments)):
            magic = one(magic)
        return magic

    return made


@_magic(
    _argument("job", nargs="*", type=_word, help="Only runs of the job of this name."),
    _argument("--status", action="append", type=_word, help="Only runs in this status; may be given several times."),
    _argument("--since", type=_word, help="Submitted since: 2026-11-20, '2026-11-20 18:00', or 7d for seven days ago."),
    _argument("--limit", type=int, default=MOST_RUNS, help="At most so many. Default: 25."),
)
def dts_runs(line: str) -> ListedRuns:
    """List runs, newest first; ``runs = %dts_runs`` keeps the list, and ``runs.frame()`` is its DataFrame."""
    from dtscheduler.api.place import workspace
    from dtscheduler.api.queries import run_query
    from dtscheduler.ui.notebook.listed_runs import list_runs

    asked, place = _arguments.parse_argstring(dts_runs, line), workspace()
    if asked.limit < 1:
        raise UsageError(f"--limit is {asked.limit}; it is 1 or more")
    job, status = " ".join(asked.job) or None, asked.status
    if status and len(status) == 1:
        status = status[0]
    return list_runs(place, run_query(place, job, status=status, since=asked.since, limit=asked.limit))


@_magic(
    _argument("run", type=int, help="Number of the run."),
    _argument("task", type=_word, help="Name of the task."),
    _argument("part", nargs="?", type=_word, default="0", help="Of a fan-out: the part, by name or number."),
    _argument("--attempt", type=int, help="Which attempt, from 1. Default: the latest."),
    _argument("-f", "--follow", action="store_true", help="Go on printing until the attempt has ended."),
)
def dts_log(line: str) -> None:
    """Print the log of a task in a run, secrets masked; of a long one the end."""
    from dtscheduler.api.handle import Run
    from dtscheduler.api.place import workspace

    asked, place = _arguments.parse_argstring(dts_log, line), workspace()
    if asked.attempt is not None and asked.attempt < 1:
        raise UsageError(f"--attempt is {asked.attempt}; attempts are counted from 1")
    run = place.run(asked.run)
    record = Run(run.id, place).part(asked.task, asked.part)
    if asked.follow:
        _follow(place, run, record, asked.attempt)
    else:
        _print_end(place, run, record, asked.attempt)


@_magic(
    _argument("module", nargs="?", type=_word, help="Name of the module. Default: that of the cell's first function."),
    _argument("--image", type=_word, help="Name of the image. Default: that of the notebook."),
)
def dts_task(shell: Any, line: str, cell: str) -> None:
    """Make the functions of a cell entrypoints of the notebook's image: jobs run them when the kernel is gone.

    The cell becomes a module, in which it has to import what it uses. Give ``Image=`` of a DAG the name of the image
    that is said, and call the functions within the DAG.
    """
    from dtscheduler.ui.notebook.dev_image import keep_cell, notebook_path

    asked, namespace = _arguments.parse_argstring(dts_task, line), shell.user_ns
    kept = keep_cell(cell, namespace, module=asked.module, image=asked.image, notebook=notebook_path(namespace))
    shell.push(dict(kept.names))
    print(kept.said)


def _print_end(place: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None) -> None:
    from dtscheduler.ui.views.logs import log_tail

    if attempt is not None and attempt > record.attempt:
        raise UsageError(
            f"task {record.task_name!r} of run {run.id} has no attempt {attempt}; it made {record.attempt}"
        )
    tail = log_tail(place, run, record, attempt)
    if tail.said:
        print(tail.said)
    if not tail.whole:
        print("This is its end:")
    if tail.text.strip():
        print(tail.text)


def _follow(place: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None) -> None:
    from dtscheduler.ui.notebook.log_stream import followed

    printed = False
    try:
        for piece in followed(place, run, record, attempt):
            print(piece, end="", flush=True)
            printed = printed or bool(piece)
    except KeyboardInterrupt:
        print("The log is not followed any further; the run goes on.")
        return
    if not printed:
        print("It printed nothing.")


def _complete_runs(_shell: Any, event: Any) -> list[str]:
    """Names of jobs, or statuses, that go on with what is typed."""
    from dtscheduler.api.place import workspace
    from dtscheduler.model.status import RunStatus
    from dtscheduler.ui.views.run_listing import job_names

    typed = event.text_until_cursor.partition(" ")[2].lstrip()
    if typed.split(" ")[-2:-1] == ["--status"]:
        return [status.value for status in RunStatus]
    if "--" in typed:
        raise TryNext
    name = typed.lstrip("\"'")
    try:
        found = job_names(workspace(), name)
    except SchedulerError:
        raise TryNext from None
    # of a name with spaces only what follows the last of them is completed
    done = len(name) - len(event.symbol)
    return [job[done:] for job in found if job.isprintable() and job.startswith(name)]
