"""Pictures of jobs and runs, as users ask for them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal

from dtscheduler.errors import InvalidJobError
from dtscheduler.model.shown import printable

if TYPE_CHECKING:
    import graphviz
    import pandas

    from dtscheduler.api.handle import Run
    from dtscheduler.drawing.diagram import Diagram
    from dtscheduler.drawing.timeline import Timeline
    from dtscheduler.model.job import JobSpec
    from dtscheduler.model.run import RunRecord, TaskRunRecord
    from dtscheduler.workspace import Workspace

MOST_FAILURES = 3

Unfold = Collection[str] | Literal["all"]


def diagram(spec: JobSpec, task_runs: list[TaskRunRecord] | None, unfold: Unfold) -> Diagram:
    """What is drawn. Raises ``InvalidJobError`` for a task that is not there."""
    from dtscheduler.drawing.diagram import diagram_of

    if unfold == "all":
        return diagram_of(spec, task_runs, unfolded="all")
    names = (unfold,) if isinstance(unfold, str) else tuple(unfold)
    unknown = [name for name in names if name not in {task.name for task in spec.tasks}]
    if unknown:
        raise InvalidJobError(f"unfold: job {spec.name!r} has no task {unknown[0]!r}; give names of tasks, or 'all'")
    return diagram_of(spec, task_runs, unfolded=names)


def digraph(spec: JobSpec, task_runs: list[TaskRunRecord] | None, unfold: Unfold) -> graphviz.Digraph:
    """The graph as DOT."""
    from dtscheduler.drawing.dot import digraph

    return digraph(diagram(spec, task_runs, unfold), name=spec.name)


def picture(spec: JobSpec, task_runs: list[TaskRunRecord] | None, unfold: Unfold, theme: str) -> str:
    """The graph as SVG. Raises ``InvalidJobError`` for a theme that there is not."""
    from dtscheduler.drawing.svg import svg

    return svg(diagram(spec, task_runs, unfold), theme=checked_theme(theme), title=spec.name)


def flowchart(spec: JobSpec, task_runs: list[TaskRunRecord] | None, unfold: Unfold) -> str:
    """The graph as Mermaid text."""
    from dtscheduler.drawing.mermaid import mermaid

    return mermaid(diagram(spec, task_runs, unfold))


def bundle(text: str, spec: JobSpec, task_runs: list[TaskRunRecord] | None) -> dict[str, Any]:
    """What notebooks show: a picture, and a line where there are no pictures."""
    from dtscheduler.drawing.svg import svg

    return {"text/plain": text, "image/svg+xml": svg(diagram(spec, task_runs, ()), title=spec.name)}


def bundle_of_run(run: Run) -> dict[str, Any]:
    """What notebooks show of a run: how it stands, what failed, and its graph."""
    from dtscheduler.api.failures import said
    from dtscheduler.api.progress import ending
    from dtscheduler.drawing.looks import look_of
    from dtscheduler.drawing.svg import svg
    from dtscheduler.model.durations import show_duration
    from dtscheduler.model.secrets import masked_text

    record = run.record
    took = f" in {show_duration(record.ended - record.started)}" if record.ended and record.started else ""
    look = look_of(record.status)
    head = f"{look.glyph} {look.word}{took}" + (f": {masked_text(record.reason)}" if record.reason else "")
    failed = list(map(said, run.failures())) if record.status.final else []
    more = [f"and {len(failed) - MOST_FAILURES} other errors"] if len(failed) > MOST_FAILURES else []
    picture = svg(
        diagram(run.workspace.spec(record.spec_hash), run.records(), ()),
        title=f"{record.job_name}, run {run.id}",
        caption=[head, *failed[:MOST_FAILURES], *more],
    )
    return {"text/plain": ending(run) if record.status.final else repr(run), "image/svg+xml": picture}


class RunTimeline:
    """When the attempts of a run waited and ran; a notebook shows it as a chart, ``frame()`` is its table."""

    def __init__(self, timeline: Timeline, title: str) -> None:
        self._timeline, self._title = timeline, title

    def frame(self) -> pandas.DataFrame:
        """The same as a table: ``task, part, attempt, status, start, end`` (UTC), ``seconds, waited, critical``."""
        import pandas as pd

        from dtscheduler.drawing.timeline import TimelineRow

        return pd.DataFrame(self._timeline.table(), columns=list(TimelineRow.__annotations__))

    def svg(self, theme: str = "auto") -> str:
        """The chart as SVG text: one picture without scripts and references, in ``'light'``, ``'dark'`` or both."""
        from dtscheduler.drawing.gantt import timeline_svg

        return timeline_svg(self._timeline, theme=checked_theme(theme), title=self._title)

    def __repr__(self) -> str:
        from dtscheduler.drawing.timeline import described

        return f"<Timeline of {printable(self._title)}: {described(self._timeline)}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": repr(self), "image/svg+xml": self.svg()}


def timeline(place: Workspace, run: RunRecord) -> RunTimeline:
    """The timeline of a run; what still runs is drawn up to now."""
    from dtscheduler.drawing.timeline import timeline_of

    spec, now = place.spec(run.spec_hash), place.clock.now()
    found = timeline_of(spec, place.task_runs(run.id), place.attempts(run.id), now=now)
    return RunTimeline(found, f"{run.job_name}, run {run.id}")


def checked_theme(theme: str) -> str:
    """A theme. Raises ``InvalidJobError`` for one that there is not."""
    from dtscheduler.drawing.looks import Theme

    if theme not in list(Theme):
        raise InvalidJobError(f"theme {theme!r} is not one of {', '.join(Theme)}")
    return theme
