"""Pictures of jobs and runs, as users ask for them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal

from dtscheduler.errors import InvalidJobError

if TYPE_CHECKING:
    import graphviz

    from dtscheduler.drawing.diagram import Diagram
    from dtscheduler.model.job import JobSpec
    from dtscheduler.model.run import TaskRunRecord

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
    from dtscheduler.drawing.looks import Theme
    from dtscheduler.drawing.svg import svg

    if theme not in list(Theme):
        raise InvalidJobError(f"theme {theme!r} is not one of {', '.join(Theme)}")
    return svg(diagram(spec, task_runs, unfold), theme=theme, title=spec.name)


def flowchart(spec: JobSpec, task_runs: list[TaskRunRecord] | None, unfold: Unfold) -> str:
    """The graph as Mermaid text."""
    from dtscheduler.drawing.mermaid import mermaid

    return mermaid(diagram(spec, task_runs, unfold))


def bundle(text: str, spec: JobSpec, task_runs: list[TaskRunRecord] | None) -> dict[str, Any]:
    """What notebooks show: a picture, and a line where there are no pictures."""
    from dtscheduler.drawing.svg import svg

    return {"text/plain": text, "image/svg+xml": svg(diagram(spec, task_runs, ()), title=spec.name)}
