"""Why each part of a planned run is reused or runs: what differs from the run before."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from dtscheduler.model.call import Source
from dtscheduler.model.config import decode
from dtscheduler.model.job import CallSpec, JobSpec, TaskSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.running.changes import code_changes
from dtscheduler.running.code import kept_fingerprint
from dtscheduler.running.fingerprint import NEVER_AGAIN, content_of
from dtscheduler.running.plan import PartKey, Plan

MOST_NAMED = 3
_CODE = "code changed"
_NONE = object()


class Fate(StrEnum):
    """What will become of a part."""

    REUSED = "reused"
    TO_RUN = "to run"
    UNKNOWN = "unknown until upstream"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What will become of a part, and why."""

    task: int
    part: int
    fate: Fate
    reason: str


@dataclass(frozen=True)
class Earlier:
    """An earlier run of a job, to compare with: its spec, its task runs, and the code they had.

    ``code`` maps an entrypoint, or the key of a function kept by value, to its definitions and their digests.
    """

    run: RunRecord
    spec: JobSpec
    records: tuple[TaskRunRecord, ...]
    code: Mapping[str, Mapping[str, str]]

    def of_task(self, task: int) -> Sequence[TaskRunRecord]:
        """The task runs of a task, in order of their parts."""
        return self._by_task.get(task, [])

    @cached_property
    def _by_task(self) -> dict[int, list[TaskRunRecord]]:
        found: dict[int, list[TaskRunRecord]] = {}
        for record in self.records:
            found.setdefault(record.task, []).append(record)
        return found


def outlooks(
    plan: Plan,
    earlier: Earlier | None,
    *,
    forced: Collection[PartKey] = (),
    looks_up: bool = False,
    again: bool = False,
) -> list[Outlook]:
    """Say what will become of every part, in order of task and part.

    Args:
        plan: what is about to run.
        earlier: the run to compare with: the one that is repeated, or else the latest of the job; None if there is none.
        forced: parts that were asked to run again.
        looks_up: whether results of other runs are taken where they fit, so that what waits for a part that runs
            is not certain yet.
        again: whether this is a rerun, which runs what waits for a part that runs in any case.
    """
    then = _tasks_of(earlier) if earlier else {}
    return [
        outlook
        for number, task in enumerate(plan.spec.tasks)
        for outlook in _OfTask(plan, then.get(name_key(task.name)), number, looks_up=looks_up, again=again).outlooks(
            forced
        )
    ]


def _tasks_of(earlier: Earlier) -> dict[str, _Then]:
    """The tasks of an earlier run by their names."""
    return {
        name_key(task.name): _Then(earlier, number, {name_key(r.part_name): r for r in earlier.of_task(number)})
        for number, task in enumerate(earlier.spec.tasks)
    }


@dataclass(frozen=True, slots=True)
class _Then:
    """A task in the earlier run: its number there, and its task runs by the names of their parts."""

    earlier: Earlier
    task: int
    known: Mapping[str, TaskRunRecord]

    @property
    def spec(self) -> TaskSpec:
        return self.earlier.spec.tasks[self.task]

    @property
    def code(self) -> Mapping[str, str] | None:
        return self.earlier.code.get(self.spec.code or self.spec.entrypoint)


class _OfTask:
    """What differs for the parts of one task."""

    def __init__(self, plan: Plan, then: _Then | None, task: int, *, looks_up: bool, again: bool) -> None:
        self._plan, self._then, self._task, self._again, self._looks_up = plan, then, task, again, looks_up
        self._spec = plan.spec.tasks[task]
        self._waiting = [plan.spec.tasks[u].name for u in plan.spec.upstream[task] if _open(plan, u)]
        self._changes = [] if then is None else list(self._changes_since(then))

    def outlooks(self, forced: Collection[PartKey]) -> list[Outlook]:
        return [self._outlook(record, forced) for record in self._plan.of_task(self._task)]

    def _outlook(self, record: TaskRunRecord, forced: Collection[PartKey]) -> Outlook:
        place = record.task, record.part
        if record.status.succeeded:
            return Outlook(*place, Fate.REUSED, record.reason + self._noted(record))
        if place in forced:
            return Outlook(*place, Fate.TO_RUN, "forced")
        known = self._then.known.get(name_key(record.part_name)) if self._then else None
        if self._then is None or known is None:
            return Outlook(*place, Fate.TO_RUN, "new")
        changes = [*self._changes, *self._config_changes(self._then, known, record.part)]
        if not known.status.succeeded:
            changes.append(f"{_ended(known)} in run {self._then.earlier.run.id}")
        open_still = self._waiting and self._looks_up and known.status.succeeded
        if changes and open_still and not self._never_again():
            return Outlook(*place, Fate.UNKNOWN, "; ".join([*changes, self._until()]))  # an older run may have it
        if changes:
            return Outlook(*place, Fate.TO_RUN, "; ".join(changes))
        return Outlook(*place, *self._unchanged(self._then, known, record))

    def _noted(self, record: TaskRunRecord) -> str:
        """Of a result that is kept although its code is another by now: that it is."""
        changed = next((change for change in self._changes if change.startswith(_CODE)), None)
        return f"; {changed} since" if changed and self._again and not record.patched_by else ""

    def _unchanged(self, then: _Then, known: TaskRunRecord, record: TaskRunRecord) -> tuple[Fate, str]:
        """What becomes of a part that is as it was and has no result to take."""
        never = self._never_again()
        if self._waiting:
            named = _named(self._waiting)
            if self._looks_up and not never:
                return Fate.UNKNOWN, self._until()
            return Fate.TO_RUN, f"upstream changed: {named}"
        if never:
            return Fate.TO_RUN, f"takes {never}, so no other run's result serves"
        if changed := self._changed_upstream(then):
            return Fate.TO_RUN, f"upstream changed: {_named(changed)}"
        if not (self._looks_up or self._again):
            return Fate.TO_RUN, "nothing changed; Reuse='content' would reuse it"
        if known.fingerprint == record.fingerprint:
            return Fate.TO_RUN, "result missing"
        kept = f"run {then.earlier.run.id} had kept it from run {known.from_run}, and its" if known.from_run else "its"
        return Fate.TO_RUN, f"{kept} code or inputs were others"

    def _until(self) -> str:
        return f"unknown until {_named(self._waiting)} {'has' if len(self._waiting) == 1 else 'have'} run"

    def _changes_since(self, then: _Then) -> Iterator[str]:
        old, spec = then.spec, self._spec
        if not (old.code or spec.code) and old.entrypoint != spec.entrypoint:
            yield f"entrypoint changed: {old.entrypoint} → {spec.entrypoint}"
        elif changes := self._code_changes(then):
            more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
            yield f"{_CODE}: {changes[0]}{more}"
        if old.call != spec.call or old.argument_tasks != spec.argument_tasks:
            yield f"arguments changed{_changed_arguments(old.call, spec.call)}"
        names = _upstream_names(self._plan.spec, self._task)
        if _upstream_names(then.earlier.spec, then.task) != names:
            yield f"upstream changed: it waits for {_named(names) or 'nothing'} now"
        if self._takes_rundate() and then.earlier.run.rundate != self._plan.rundate:
            yield f"rundate changed: {then.earlier.run.rundate} → {self._plan.rundate}"

    def _code_changes(self, then: _Then) -> list[str]:
        old, new = then.spec.code, self._spec.code
        if old and new and kept_fingerprint(old) == kept_fingerprint(new):
            return []
        return code_changes(then.code, self._plan.code[self._task].facts) if then.code else []

    def _config_changes(self, then: _Then, known: TaskRunRecord, part: int) -> list[str]:
        before, now = then.spec.parts[known.part].config, self._spec.parts[part].config
        if before == now:
            return []
        old, new = decode(before), decode(now)
        keys = sorted(key for key in {*old, *new} if repr(old.get(key, _NONE)) != repr(new.get(key, _NONE)))
        return [f"configuration changed: {_named(keys)}"] if keys else []

    def _changed_upstream(self, then: _Then) -> list[str]:
        """Upstream tasks whose results are others than in the earlier run."""
        numbers = zip(self._plan.spec.upstream[self._task], then.earlier.spec.upstream[then.task], strict=False)
        return [
            self._plan.spec.tasks[now].name
            for now, before in numbers
            if content_of(self._plan.of_task(now), parallel=self._plan.spec.tasks[now].parallel)
            != content_of(then.earlier.of_task(before), parallel=then.earlier.spec.tasks[before].parallel)
        ]

    def _reserved(self) -> set[str]:
        return {str(a.ref) for a in self._plan.arguments[self._task] if a.source is Source.RESERVED}

    def _takes_rundate(self) -> bool:
        return self._plan.code[self._task].info.main or "rundate" in self._reserved()

    def _never_again(self) -> str:
        """What keeps the function's result from ever serving another run."""
        if self._plan.code[self._task].info.main:
            return "everything there is (__batch_main__)"
        return ", ".join(sorted(self._reserved() & NEVER_AGAIN))


def _open(plan: Plan, task: int) -> bool:
    return any(not record.status.succeeded for record in plan.of_task(task))


def _changed_arguments(old: CallSpec | None, new: CallSpec | None) -> str:
    """Which arguments of a call are others, ": a, b"; empty where that is not to be told."""
    if old is None or new is None:
        return ""
    before, now = json.loads(old.arguments), json.loads(new.arguments)
    names = sorted(name for name in {*before, *now} if before.get(name, _NONE) != now.get(name, _NONE))
    return f": {_named(names)}" if names else ""


def _upstream_names(spec: JobSpec, task: int) -> list[str]:
    return [spec.tasks[preceding].name for preceding in spec.upstream[task]]


def _ended(record: TaskRunRecord) -> str:
    return "did not run" if record.status.value == "did_not_run" else record.status.value.replace("_", " ")


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
