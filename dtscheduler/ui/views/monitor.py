"""A run on a screen that stays: how far it is, what failed, its graph, all about one chosen task run, and doing it again.

What it gives is plain, as JSON has it; texts are text, never markup, with secrets masked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dtscheduler.api.failures import said
from dtscheduler.api.handle import Run
from dtscheduler.drawing.looks import look_of
from dtscheduler.errors import InvalidJobError, NotFoundError, SchedulerError
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.shown import printable
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.model.text import last_lines
from dtscheduler.reports.page.wording import counted
from dtscheduler.ui.drawn import Selection, place_of
from dtscheduler.ui.following import Following, Look
from dtscheduler.ui.views.again import Repeat, Scope, Version, about, has_other_version, plan_again, said_chosen
from dtscheduler.ui.views.graph import GraphModel
from dtscheduler.ui.views.inputs import inputs_of
from dtscheduler.ui.views.logs import log_tail
from dtscheduler.ui.views.plan import plan_view
from dtscheduler.ui.views.run import preview, task_run_facts, titled

if TYPE_CHECKING:
    from dtscheduler.api.plan import Plan
    from dtscheduler.triage.grouping import FailureGroup

MOST_GROUPS = 8
MOST_LINES = 400
MOST_PLAN_ROWS = 50
MOST_NUMBERED = 2**31
VIEWS = ("log", "result", "inputs", "facts")

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A task run that is looked at, by the numbers of its task and its part, and which view of it."""

    task: int
    part: int
    view: str = "log"
    attempt: int | None = None


class MonitorModel:
    """What a monitor shows of a run, and what is done to it.

    Args:
        run: The run.
        unfold: Names of tasks whose parts are drawn one by one at first.

    Raises:
        NotFoundError: The run is not there, or not the user's to see.
    """

    def __init__(self, run: Run, unfold: Sequence[str] = ()) -> None:
        if not isinstance(run, Run):
            raise InvalidJobError(f"RunMonitor shows a Run, not {type(run).__name__}")
        self.run = run
        self.graph = GraphModel("RunMonitor")
        self.status: RunStatus = run.status
        self.trouble = ""
        self.head: Plain = {}
        self.failures: list[Plain] = []
        self.panel: Plain | None = None
        self.again: Plain | None = None
        self._following = Following(run.id)
        self._seen: Look | None = None
        self._at: Place | None = None
        self._repeat = Repeat()
        self._plan: Plan | None = None
        self._open_graph(unfold)
        self.look()

    @property
    def _record(self) -> RunRecord | None:
        return self._seen.run if self._seen else None

    @property
    def goes_on(self) -> bool:
        """Whether there is more to come."""
        return not self.status.final and not self.graph.gone

    @property
    def waits(self) -> bool:
        """Whether nobody has begun to drive it."""
        record = self._record
        return record is not None and record.status is RunStatus.READY and not record.lease_epoch

    def look(self) -> tuple[bool, Plain | None]:
        """Look at the run: ``status``, ``head``, ``failures`` and ``panel`` say how it stands then.

        Returns:
            Whether the graph is drawn anew, and else how those of its nodes look that have changed.
        """
        graph: tuple[bool, Plain | None] = (False, None)
        try:
            found = self._following.look(self.run.workspace)
            before = self._seen
            if before is None or (before.run.status, before.by_task) != (found.run.status, found.by_task):
                graph = self.graph.look()
        except NotFoundError:
            self.graph.gone = True
            self.trouble = f"Run {self.run.id} is not there any more. It was removed, or is not yours to see."
        except SchedulerError as error:  # the store is away: it is asked again
            self.trouble = printable(str(error))
        else:
            self.trouble = ""
            self._seen, self.status = found, found.run.status
            self.head = _head(found)
            self.failures = [_failure(group) for group in found.failures[:MOST_GROUPS]]
            more = len(found.failures) - MOST_GROUPS
            self.head["more"] = f"and {more:,} other errors" if more > 0 else ""
            self._renew_panel()
        return graph

    def choose(self, node: object) -> None:
        """Choose a node of the graph; of one that is one task run, all about it is shown."""
        self.graph.choose(node)
        self.show_selection(self.graph.selection)

    def show_selection(self, chosen: Selection | None) -> None:
        """Show all about a task run that is chosen; None closes that."""
        spec = self._record and self._following.spec(self.run.workspace, self._record)
        if chosen is None or not spec:
            self._at = self.panel = None
        elif chosen.size > 1:
            self._at = None
            note = f"{counted(chosen.size, 'part')}. Unfold it to choose one of them."
            self.panel = {"title": printable(str(chosen)), "note": note}
        elif (place := place_of(spec, chosen)) is not None:
            self.show_task_run(*place)

    def show_place(self, place: object, view: object = "log", attempt: object = None) -> None:
        """Show a task run as a browser names it, ``[task, part]``; None closes it. What is none is left alone."""
        if place is None:
            self._at = self.panel = None
        elif isinstance(place, list) and len(place) == 2 and all(_is_number(number) for number in place):
            number = int(str(attempt)) if _is_number(attempt) and attempt else None
            self.show_task_run(place[0], place[1], view if isinstance(view, str) else "log", number)

    def show_task_run(self, task: int, part: int, view: str = "log", attempt: int | None = None) -> None:
        """Show a task run by its numbers; ``view`` is log, result, inputs or facts."""
        self._at = Place(task, part, view if view in VIEWS else "log", attempt)
        self._renew_panel(anew=True)

    def open_again(self, scope: object = None, version: object = None) -> None:
        """Show what running it again would do; ``scope`` and ``version`` are names of ``Scope`` and ``Version``."""
        record = self._record
        if record is None or not record.status.final:
            return
        chosen = ((task, part),) if (task := self._chosen_task()) and (part := self._chosen_part()) is not None else ()
        wanted = scope if isinstance(scope, str) and scope in Scope.__members__ else "CHOSEN" if chosen else "FAILED"
        which = version if isinstance(version, str) and version in Version.__members__ else "SAME"
        self._repeat = Repeat(scope=Scope[wanted], chosen=chosen, version=Version[which])
        place = self.run.workspace
        self.again = {
            "scope": wanted,
            "version": which,
            "versions": has_other_version(place, record),
            "from": said_chosen(chosen[0]) if chosen else "",
            "about": about(record),
            "error": "",
            "plan": None,
        }
        self._plan = None
        if not self._repeat.complete:
            self.again["error"] = "Choose a node of the graph from which on it is to run again."
            return
        try:
            self._plan = plan_again(place, record, self._repeat)
        except SchedulerError as error:
            self.again["error"] = printable(str(error))
        else:
            self.again["plan"] = _plan(self._plan)

    def close_again(self) -> None:
        """Do not run it again."""
        self.again = self._plan = None

    def submit_again(self, submit: Callable[[Plan], Run]) -> Run | None:
        """Submit the rerun that is shown; None where that cannot be, and ``again`` says why."""
        if self.again is None or self._plan is None:
            return None
        try:
            found = submit(self._plan)
        except SchedulerError as error:
            self.again = self.again | {"error": printable(str(error)), "plan": None}
            self._plan = None
            return None
        self.close_again()
        return found

    @property
    def text(self) -> str:
        """How it stands, in a few lines."""
        if self.trouble or not self.head:
            return self.trouble or f"run {self.run.id}"
        head = self.head
        first = f"run {self.run.id} of {head['job']}: {head['word']}. {head['sentence']}"
        return "\n".join(filter(None, (first, head["reason"], *(f"  {each['said']}" for each in self.failures))))

    def _open_graph(self, unfold: Sequence[str]) -> None:
        try:
            self.graph.show(self.run, unfold)
        except NotFoundError:
            raise
        except SchedulerError as error:
            self.trouble = printable(str(error))

    def _chosen_task(self) -> str | None:
        spec = self._record and self._following.spec(self.run.workspace, self._record)
        return spec.tasks[self._at.task].name if self._at and spec else None

    def _chosen_part(self) -> str | None:
        spec = self._record and self._following.spec(self.run.workspace, self._record)
        if not self._at or not spec:
            return None
        task = spec.tasks[self._at.task]
        return task.parts[self._at.part].name if task.parallel else ""

    def _renew_panel(self, *, anew: bool = False) -> None:
        """Read what is shown of the chosen task run; of one that has ended only once."""
        at, run, before = self._at, self._record, self.panel
        if at is None or run is None or (before and before.get("over") and not anew):
            return
        place = self.run.workspace
        try:
            record = place.task_run_record(run.id, at.task, at.part)
            content = self._content(run, record, at)
        except SchedulerError as error:
            self.panel = {"title": "", "note": printable(str(error))}
            return
        look = look_of(record.status)
        self.panel = {
            "title": titled(record),
            "look": record.status.value,
            "word": look.word,
            "reason": last_lines(record.reason, 20, 1_000) if record.reason else "",
            "place": [at.task, at.part],
            "view": at.view,
            "attempts": record.attempt,
            "attempt": at.attempt or record.attempt,
            "over": record.status.final,
            **content,
        }

    def _content(self, run: RunRecord, record: TaskRunRecord, at: Place) -> Plain:
        place = self.run.workspace
        spec = self._following.spec(place, run)
        if at.view == "log":
            tail = log_tail(place, run, record, at.attempt)
            return {"note": tail.said, "text": last_lines(tail.text, MOST_LINES, 2_000) if tail.text.strip() else ""}
        if at.view == "result":
            return _result(record)
        if at.view == "facts":
            facts = task_run_facts(record, spec, _zone(place.clock.now()), place.clock.now())
            return {"facts": [[fact.label, fact.value] for fact in facts]}
        found = inputs_of(place, run, record, spec)
        blocks = [["Configuration", found.configuration]] if found.configuration else []
        blocks += [[f"{each.title}: {each.said}", each.preview] for each in found.upstream]
        return {"note": found.note, "blocks": blocks}


def _is_number(said: object) -> bool:
    """Whether a browser has named the number of something."""
    return type(said) is int and 0 <= said < MOST_NUMBERED


def grown_by(before: Plain | None, after: Plain | None) -> str:
    """What a log has got at its end, if that is all that has changed in what is shown; else empty."""
    if not before or not after or after.get("view") != "log":
        return ""
    old, new = before.get("text", ""), after.get("text", "")
    same = all(before.get(key) == value for key, value in after.items() if key not in ("text", "note"))
    return new[len(old) :] if same and old and new.startswith(old) else ""


def _zone(now: datetime) -> Any:
    """The viewer's own zone: that of the kernel."""
    return now.astimezone().tzinfo


def _head(found: Look) -> Plain:
    seen = found.watched
    look = look_of(seen.status)
    return {
        "run": seen.run_id,
        "job": printable(seen.job),
        "look": seen.status.value,
        "word": look.word,
        "progress": seen.progress,
        "time": seen.time,
        "sentence": seen.sentence,
        "reason": printable(seen.reason) if seen.status is not RunStatus.COMPLETED else "",
        "counts": [[status.value, count] for status, count in seen.counts],
        "over": seen.status.final,
        "again_of": found.run.rerun_of,
    }


def _failure(group: FailureGroup) -> Plain:
    first = printable(group.example.part_name) if group.count > 1 else ""
    return {"said": said(group), "first": first, "place": [group.task, group.example.part]}


def _result(record: TaskRunRecord) -> Plain:
    if record.traceback and not record.status.succeeded:
        return {"note": "", "text": last_lines(record.traceback, 200, 2_000)}
    if text := preview(record):
        reused = record.status is TaskStatus.REUSED and record.from_run
        note = f"It was computed by run {record.from_run}." if reused else ""
        return {"note": note, "text": text}
    return {"note": "It has no result." if record.status.final else "It has no result yet.", "text": ""}


def _plan(plan: Plan) -> Plain:
    seen = plan_view(plan)
    lines = [[line.task, line.parts, line.fate, line.reason] for line in seen.lines[:MOST_PLAN_ROWS]]
    more = seen.more + max(0, len(seen.lines) - MOST_PLAN_ROWS)
    return {
        "sentence": seen.sentence,
        "differences": list(seen.differences),
        "lines": lines,
        "more": f"and {more:,} more" if more else "",
    }
