"""The DAG, as users write it: tasks, what waits for what, and how the job is to be run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from types import TracebackType

from dtscheduler.api import checks, people
from dtscheduler.api.call import read_call
from dtscheduler.api.context import writing
from dtscheduler.api.schedule import Schedule as ScheduleOf
from dtscheduler.api.silent import Silent
from dtscheduler.api.task import Task
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.graph import Graph
from dtscheduler.model.job import AccessSpec, AlertSpec, JobSpec
from dtscheduler.model.job import Reuse as ReuseKind
from dtscheduler.model.names import name_key
from dtscheduler.model.priority import Priority as PriorityLevel
from dtscheduler.model.schedule import AfterCondition, FiringPolicy, Never
from dtscheduler.model.schedule import CatchUp as CatchUpKind
from dtscheduler.model.schedule import Overlap as OverlapKind
from dtscheduler.running.importing import importing

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any

    import graphviz

    from dtscheduler.api.handle import Run
    from dtscheduler.api.plan import Plan
    from dtscheduler.api.saved import Job

TAGS = ("dev", "pre", "prod")


class DAG:
    """A directed acyclic graph of tasks: what a job consists of.

    Used as a context manager, tasks made and ``@batch`` functions called inside the block join it. Leaving the block
    of a DevRun runs it; any other DAG waits for ``save()`` or ``run()``. An exception inside the block saves and runs
    nothing.

    Args:
        Name: Name of the job, unique in a workspace: 1 to 200 characters without control characters.
        Tag: Environment: ``'dev'``, ``'pre'`` or ``'prod'``; only images of the same tag are used.
        Schedule: When the job runs by itself once saved. Default: never.
        DevRun: Run the code as it stands in ``WorkDir``, without an image.
        WorkDir: For a DevRun: the folder with your packages or files; ``~`` is expanded.
        Image: Name of the image for tasks that name none.
        Labels: Labels to find the job by: a list of str, or one str with commas.
        FailAfter: Longest duration of a run: ``'1h 30m'``, ``'45m'``, ``'10s'``, ``'2d'``, ``'01:30:00'`` or a
            ``timedelta``. What is running then is ended, and the run is ``failed_after``.
        FailAfterRunChildren: Which jobs that run after this one start when FailAfter ends it: ``'on success'``,
            ``'on failure'`` (both: those that wait for a failure or for any outcome) or ``'always'`` (all).
        RunAs: OS user under which the tasks run. Default: whoever drives the run.
        Owner: OS user who owns the job. Default: the user who saves or runs it first.
        Group: OS group that owns the job. Default: the primary group of that user.
        Permissions: Who may read and write, for owner, group and others: ``'rwrwr-'``.
        Priority: LOW, NORMAL or HIGH.
        AlertEmail: One e-mail address, or several separated by commas, told how runs end.
        AlertOnlyFailures: Whether only failures are told.
        AlertSMS: One phone number, or several separated by commas.
        Reuse: ``'lineage'``: results are reused only by reruns of the same run. ``'content'``: also when an earlier run
            computed the same code with the same arguments, configuration and rundate.
        CatchUp: What the service does about fires that it missed: ``'latest'`` runs the latest of them, ``'all'`` all
            of them one after the other, ``'none'`` none. Those that do not run are recorded as ``expired``.
        CatchUpWindow: Nothing older than this is caught up: ``'24h'``, or any other length of time.
        Overlap: What becomes of a fire while a run of the job is active: ``'wait'`` starts it afterwards (one waits at
            most, a later one takes its place), ``'skip'`` records it as ``expired``, ``'allow'`` runs it beside.

    Raises:
        InvalidJobError: A parameter is missing, of another type or out of range; the message names it.
    """

    takes_tasks = True

    @checks.known_keywords
    def __init__(
        self,
        Name: str | None = None,
        Tag: str = "dev",
        Schedule: ScheduleOf | None = None,
        DevRun: bool = False,
        WorkDir: str | os.PathLike[str] | None = None,
        Image: str | None = None,
        Labels: Sequence[str] | str | None = None,
        FailAfter: str | timedelta | None = None,
        FailAfterRunChildren: str = "on success",
        RunAs: str | None = None,
        Owner: str | None = None,
        Group: str | None = None,
        Permissions: str = "rwrwr-",
        Priority: PriorityLevel | str = PriorityLevel.NORMAL,
        AlertEmail: str | None = None,
        AlertOnlyFailures: bool = False,
        AlertSMS: str | None = None,
        Reuse: str = "lineage",
        CatchUp: str = "latest",
        CatchUpWindow: str | timedelta = "24h",
        Overlap: str = "wait",
    ) -> None:
        where = f"DAG {Name!r}" if isinstance(Name, str) and len(Name) < 300 else "DAG"
        self.name = checks.name(Name, where, "Name")
        self._dev_run = checks.flag(DevRun, where, "DevRun")
        if Schedule is not None and not isinstance(Schedule, ScheduleOf):
            raise InvalidJobError(f"{where}: Schedule must be a Schedule, not {type(Schedule).__name__}")
        self._header: dict[str, Any] = {
            "name": self.name,
            "tag": checks.choice(Tag, where, "Tag", TAGS),
            "schedule": Never() if Schedule is None else Schedule.spec,
            "dev_run": self._dev_run,
            "work_dir": _work_dir(WorkDir, self._dev_run, where),
            "image": None if Image is None else checks.name(Image, where, "Image"),
            "labels": checks.words(Labels, where, "Labels"),
            "fail_after": None if FailAfter is None else checks.length(FailAfter, where, "FailAfter"),
            "fail_after_run_children": checks.member(
                FailAfterRunChildren, where, "FailAfterRunChildren", AfterCondition
            ),
            "access": AccessSpec(
                owner="" if Owner is None else people.account(Owner, where, "Owner"),
                group="" if Group is None else people.account(Group, where, "Group"),
                permissions=people.permissions(Permissions, where, "Permissions"),
                run_as=None if RunAs is None else people.account(RunAs, where, "RunAs"),
            ),
            "priority": checks.member(Priority, where, "Priority", PriorityLevel),
            "alerts": AlertSpec(
                email=people.emails(AlertEmail, where, "AlertEmail"),
                sms=people.phones(AlertSMS, where, "AlertSMS"),
                only_failures=checks.flag(AlertOnlyFailures, where, "AlertOnlyFailures"),
            ),
            "reuse": checks.member(Reuse, where, "Reuse", ReuseKind),
            "firing": FiringPolicy(
                catch_up=checks.member(CatchUp, where, "CatchUp", CatchUpKind),
                catch_up_window=checks.length(CatchUpWindow, where, "CatchUpWindow"),
                overlap=checks.member(Overlap, where, "Overlap", OverlapKind),
            ),
        }
        self._tasks: list[Task] = []
        self._by_name: dict[str, Task] = {}
        self._graph = Graph()
        self.last_run: Run | Any = Silent() if importing() else None

    @classmethod
    def from_spec(cls, spec: JobSpec) -> DAG:
        """The DAG whose ``spec()`` is the one given, as another process has written it.

        Raises:
            InvalidJobError: The spec is none that a DAG gives.
        """
        from dtscheduler.api.rebuilding import rebuild

        dag = cls.__new__(cls)
        rebuild(dag, spec)
        return dag

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks in the order in which they were made."""
        return tuple(self._tasks)

    @property
    def schedule(self) -> ScheduleOf:
        """When the job runs by itself."""
        return ScheduleOf.from_spec(self._header["schedule"])

    def __getitem__(self, name: str) -> Task:
        task = self._by_name.get(name_key(name))
        if task is None:
            raise InvalidJobError(f"DAG {self.name!r} has no task {name!r}")
        return task

    def spec(self) -> JobSpec:
        """The whole job as a plain value.

        Raises:
            InvalidJobError: There is no task, or a task has no image although this is no DevRun.
        """
        if not self._tasks:
            raise InvalidJobError(f"DAG {self.name!r} has no tasks; there is nothing to save or run")
        return JobSpec(tasks=tuple(task.spec for task in self._tasks), upstream=self._graph.edges(), **self._header)

    def python(self) -> str:
        """The Python text that builds the same DAG: executed, it gives an equal ``spec()``.

        Only what differs from the defaults stands in it. Functions that no file holds are named in a comment; they
        have to be defined there.

        Raises:
            InvalidJobError: As for ``spec``.
        """
        from dtscheduler.api.written import python_of

        return python_of(self)

    def graph(self, unfold: Sequence[str] | str = ()) -> graphviz.Digraph:
        """The tasks and what they wait for, as a ``graphviz.Digraph``; a notebook shows it, with or without Graphviz.

        Args:
            unfold: Names of ParallelTasks whose parts are drawn one by one; ``'all'`` for all of them.
        """
        from dtscheduler.api.pictures import digraph

        return digraph(self.spec(), None, unfold)

    def svg(self, unfold: Sequence[str] | str = (), theme: str = "auto") -> str:
        """The same as SVG text: one picture without scripts and references, in ``'light'``, ``'dark'`` or both."""
        from dtscheduler.api.pictures import picture

        return picture(self.spec(), None, unfold, theme)

    def mermaid(self, unfold: Sequence[str] | str = ()) -> str:
        """The same as Mermaid text."""
        from dtscheduler.api.pictures import flowchart

        return flowchart(self.spec(), None, unfold)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from dtscheduler.api.pictures import bundle

        return bundle(repr(self), self.spec(), None) if self._tasks else {"text/plain": repr(self)}

    def save(self) -> Job:
        """Save the job under its name, to be run by its schedule, from the command line or by ``job.run()``.

        Saving an unchanged DAG changes nothing; a changed one becomes the next version.

        Raises:
            InvalidJobError: The DAG cannot run as it is; the message says where.
            ImageError: An image is not registered; the message has the command that registers it.
        """
        if importing():
            return self._left_alone("save")  # type: ignore[no-any-return] # Silent stands for anything
        from dtscheduler.api.saved import save

        return save(self)

    def plan(self, rundate: date | str | None = None, reuse: str | None = None) -> Plan:
        """What ``run`` would do now: what is reused, what runs, what is not known yet, why, and about how long it takes.

        Nothing is written and no task is called.

        Args:
            rundate: The date to run for. Default: today, on the schedule's clock.
            reuse: ``'lineage'`` or ``'content'`` in the place of the DAG's ``Reuse``.

        Raises:
            InvalidJobError: The DAG cannot run as it is.
            ImageError: An image is not registered.
        """
        if importing():
            return self._left_alone("plan")  # type: ignore[no-any-return] # Silent stands for anything
        from dtscheduler.api.plan import plan_dag

        return plan_dag(self, rundate=rundate, reuse=reuse)

    def run(
        self,
        rundate: date | str | None = None,
        executor: str | None = None,
        wait: bool = True,
        progress: bool | None = None,
        detach: bool = False,
        plan: Plan | None = None,
    ) -> Run:
        """Run the job now, in this process, without a service; saving it first is not needed.

        A run of the same job that was interrupted by a crash is taken over and finished instead of starting anew.

        Args:
            rundate: The date to run for, a date or ``'YYYY-MM-DD'``. Default: today, on the schedule's clock.
            executor: ``'processes'`` (the default) or ``'inline'``, which runs everything in this thread so that
                breakpoints work.
            wait: Whether to return only when the run has ended. In a notebook a run that is not waited for is left to
                the service, as with ``detach``, and one is started where none is alive: the run survives the kernel.
            progress: Whether to show progress: on the terminal, or live in the notebook. Default: yes.
            detach: Leave the run to the service (``dtscheduler serve``) and return at once; it goes on when this
                process ends. ``wait`` and ``executor`` do not count then: see ``run.wait()``.
            plan: Do exactly what ``dag.plan()`` has shown, for its rundate, or refuse with what has changed since.

        Returns:
            The run, whatever its outcome: see ``run.status`` and ``run.reason``.

        Raises:
            InvalidJobError: The DAG cannot run as it is; nothing was started.
            ImageError: An image is not registered.
            PlanChangedError: The plan no longer holds; nothing was started.
        """
        if importing():
            return self._left_alone("run")  # type: ignore[no-any-return] # Silent stands for anything
        from dtscheduler.api import driving

        where = f"DAG {self.name!r}"
        if plan is not None:
            from dtscheduler.api.plan import check_plan

            plan = check_plan(plan, where)
            if plan.rerun is not None:
                before = plan.rerun.before.id
                raise InvalidJobError(
                    f"{where}: this is the plan of a rerun of run {before}; give it to run.rerun(plan=...)"
                )
            if rundate is not None or detach:
                raise InvalidJobError(f"{where}: a plan has its own rundate, and is run here; give plan= alone")
        if checks.flag(detach, where, "detach"):
            run = driving.submit(self, rundate=rundate)
        else:
            run = driving.start(self, rundate=rundate, executor=executor, wait=wait, progress=progress, plan=plan)
        self.last_run = run
        return run

    def call(self, function: Callable[..., Any], args: Sequence[object], kwargs: Mapping[str, object]) -> Task:
        """Add a task that calls a ``@batch`` function; this is what calling the function in the block does."""
        arguments, upstream = read_call(self, function, args, kwargs)
        task = Task(Name=self._free_name(function.__name__), Entrypoint="by.value", dag=self)
        entrypoint = f"{function.__module__}.{function.__qualname__}"
        task.spec = replace(task.spec, entrypoint=entrypoint, call=arguments)
        task.function = function
        self.connect(upstream, [task])
        return task

    def join(self, task: Task) -> int:
        """Take a new task in; this is what making a Task does. Returns its number."""
        name = task.spec.name
        if not (self._dev_run or task.spec.image or self._header["image"]):
            raise InvalidJobError(
                f"{type(task).__name__} {name!r} has no image: give Image= to it or to DAG {self.name!r}, "
                "or make that a DevRun with DevRun=True, WorkDir='.'"
            )
        key = name_key(name)
        if self._by_name.setdefault(key, task) is not task:
            raise InvalidJobError(f"DAG {self.name!r} has a task {name!r} already; names of tasks are unique")
        self._tasks.append(task)
        return self._graph.add_task()

    def rename(self, task: Task, name: str) -> None:
        """Give a task another name, unless another task has it; this is what ``task.alias`` does."""
        key = name_key(name)
        if self._by_name.get(key, task) is not task:
            raise InvalidJobError(f"DAG {self.name!r} has a task {name!r} already; names of tasks are unique")
        del self._by_name[name_key(task.name)]
        self._by_name[key] = task

    def connect(self, upstream: Sequence[Task], downstream: Sequence[Task]) -> None:
        """Make each of ``downstream`` wait for each of ``upstream``; this is what ``>>`` does.

        Raises:
            InvalidJobError: A task of another DAG, or a cycle, whose path is printed.
        """
        for task in (*upstream, *downstream):
            if task.dag is not self:
                raise InvalidJobError(
                    f"{task.name!r} is a task of another DAG, {task.dag.name!r}, not of {self.name!r}"
                )
        for left in upstream:
            for right in downstream:
                cycle = self._graph.add_edge(left.number, right.number)
                if cycle:
                    path = " >> ".join(self._tasks[number].name for number in _abridged(cycle))
                    raise InvalidJobError(f"DAG {self.name!r}: {right.name!r} would wait for itself: {path}")

    def __enter__(self) -> DAG:
        writing.set((*writing.get(), self))
        self.last_run = Silent() if importing() else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        writing.set(writing.get()[:-1])
        if kind is None and self._dev_run and self.last_run is None:
            self.run()

    def __repr__(self) -> str:
        return f"<DAG {self.name!r}: {len(self._tasks)} tasks>"

    def _left_alone(self, action: str) -> Any:
        import logging

        logging.getLogger("dtscheduler").info(
            "DAG %r: %s() does nothing while its file is imported to find functions, or while a suite is built",
            self.name,
            action,
        )
        return Silent()

    def _free_name(self, name: str) -> str:
        name = name if name != "<lambda>" else "lambda"
        if name_key(name) not in self._by_name:
            return name
        count = 1
        while name_key(f"{name}-{count}") in self._by_name:
            count += 1
        return f"{name}-{count}"


def _abridged(cycle: list[int]) -> list[int]:
    return cycle if len(cycle) <= 20 else [*cycle[:10], *cycle[-10:]]


def _work_dir(value: object, dev_run: bool, where: str) -> str | None:
    if value is None:
        if dev_run:
            raise InvalidJobError(f"{where}: DevRun=True needs WorkDir, the folder with your packages or files")
        return None
    if not isinstance(value, str | os.PathLike) or not str(value) or "\0" in str(value):
        raise InvalidJobError(f"{where}: WorkDir must be a path, not {value!r:.80}")
    if not dev_run:
        raise InvalidJobError(f"{where}: WorkDir is for dev runs; add DevRun=True, or leave it out and name an Image")
    folder = os.path.realpath(os.path.expanduser(value))  # noqa: PTH111 # pathlib would be a tenth of our import time
    if not os.path.isdir(folder):  # noqa: PTH112
        raise InvalidJobError(f"{where}: WorkDir {str(value)!r} is not a folder ({folder})")
    return folder
