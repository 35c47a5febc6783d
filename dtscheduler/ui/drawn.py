"""What is drawn as a graph: a job, a run with its states, or a plan with what would become of each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from dtscheduler.api.dag import DAG
from dtscheduler.api.handle import Run
from dtscheduler.drawing.diagram import Node, NodeKind
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord
from dtscheduler.model.text import one_line
from dtscheduler.ui.graph import Graph, Unfolded, graph_of, states, states_of_run
from dtscheduler.ui.graph_looks import FATES

if TYPE_CHECKING:
    from dtscheduler.api.plan import Plan
    from dtscheduler.workspace import Workspace

MOST_TOLD = 300
_LONGEST_REASON = 600

Names = tuple[str, ...] | Literal["all"]


class Selection(str):
    """What the user has chosen in a graph: ``"load"``, or ``"price/JFK-2013-02"`` for one part of a fan-out.

    ``task`` is the name of the task, of several tasks drawn as one that of the first; ``part`` the name of the part,
    None where the node is not one part; ``size`` how many parts or tasks the node stands for.
    """

    task: str
    part: str | None
    size: int

    def __new__(cls, text: str, *, task: str, part: str | None = None, size: int = 1) -> Selection:
        """Name what is chosen, and say what it is."""
        self = super().__new__(cls, text)
        self.__dict__.update(task=task, part=part, size=size)
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a selection does not change; {name} is set by the user's click")


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is drawn: of which job, and what gives it states.

    Args:
        name: Tells what is drawn apart from other things on a page.
        job_name: Of the job.
        place: Where the run is read, if it is one.
        run: As it stood when it was read.
        plan: Where it is one.
        given: The job, where it has been read already.
    """

    name: str
    job_name: str
    place: Workspace
    run: RunRecord | None = None
    plan: Plan | None = None
    given: JobSpec | None = None

    @cached_property
    def spec(self) -> JobSpec:
        """The job."""
        if self.given is None and self.run is not None:
            return self.place.spec(self.run.spec_hash)
        return self.given  # type: ignore[return-value]  # one of them is there

    @cached_property
    def spec_hash(self) -> str:
        """Names the job by its content."""
        if self.run:
            return self.run.spec_hash
        from dtscheduler.stores.specs import spec_hash, write_spec

        return spec_hash(write_spec(self.spec))

    @property
    def stateful(self) -> bool:
        """Whether nodes have states."""
        return self.run is not None or self.plan is not None

    @property
    def label(self) -> str:
        """What a screen reader calls the graph."""
        return f"Tasks of {one_line(self.job_name, 200)} and what they wait for"


def drawn_of(given: object, place: Workspace, who: str) -> Drawn:
    """What a DAG, a run or a plan gives to draw.

    Args:
        given: Any of the three.
        place: Where a run is read.
        who: Who draws, for the message.

    Raises:
        InvalidJobError: It is none of them, or a DAG without tasks.
        NotFoundError: The run is not there, or not the user's to see.
    """
    from dtscheduler.api.plan import Plan

    if isinstance(given, Run):
        run = place.run(given.id)
        return Drawn(name=f"run {run.id}", job_name=run.job_name, place=place, run=run)
    if isinstance(given, Plan):
        spec = given.foresight.plan.spec
        return Drawn(name=f"the plan of {spec.name}", job_name=spec.name, place=place, plan=given, given=spec)
    if isinstance(given, DAG):
        spec = given.spec()
        return Drawn(name=spec.name, job_name=spec.name, place=place, given=spec)
    raise InvalidJobError(f"{who} draws a DAG, a Run or a Plan, not {type(given).__name__}")


def unfolded_at_first(drawn: Drawn, unfold: Unfolded | str) -> Names:
    """Names of tasks whose parts are drawn one by one. Raises ``InvalidJobError`` for a task that is not there."""
    if unfold == "all":
        return "all"
    names = (unfold,) if isinstance(unfold, str) else tuple(unfold)
    if names:
        there = {task.name for task in drawn.spec.tasks}
        for name in names:
            if name not in there:
                raise InvalidJobError(
                    f"unfold: job {drawn.job_name!r} has no task {name!r}; give names of tasks, or 'all'"
                )
    return names


def has_more(graph: Graph) -> bool:
    """Whether so many parts are unfolded that only some of them are drawn: which ones, their states decide."""
    return any(node.kind is NodeKind.MORE for node in graph.diagram.nodes)


def laid_out(drawn: Drawn, unfolded: Names) -> Graph:
    """The graph; which of very many parts are drawn is decided by how the run stands now."""
    graph = graph_of(drawn.spec, unfolded=unfolded, stateful=drawn.stateful)
    if drawn.run and has_more(graph):
        task_runs = drawn.place.task_runs(drawn.run.id)
        return graph_of(drawn.spec, unfolded=unfolded, stateful=True, task_runs=task_runs)
    return graph


def states_now(drawn: Drawn, graph: Graph) -> dict[str, Any] | None:
    """How the nodes look; None for a DAG. Of a run that goes on it is read anew."""
    if drawn.plan is not None:
        outlooks = drawn.plan.foresight.outlooks
        looks = {(one.task, one.part): FATES[one.fate] for one in outlooks}
        reasons = {(one.task, one.part): one_line(one.reason, _LONGEST_REASON) for one in outlooks}
        return states(graph, looks, reasons, missing="unknown")
    run = drawn.run
    if run is None:
        return None
    if run.status.final:
        return states_of_run(graph, drawn.place.task_runs(run.id))
    if graph.spec.part_count <= MOST_TOLD:  # of a few parts all that is known
        return states_of_run(graph, drawn.place.task_runs(run.id), ended=False)
    # of many, whose states are asked for again and again, the states alone
    found = drawn.place.part_states(run.id)
    return states(graph, {(task, part): status for task, part, status in found})


def node_named(graph: Graph, chosen: object) -> Node | None:
    """The node that a browser names as ``{"id", "label"}``, if the graph has it and it is still the same one."""
    if not isinstance(chosen, Mapping) or not isinstance(chosen.get("id"), str):
        return None
    node = graph.nodes.get(chosen["id"])
    same = node is not None and graph.labels.get(node.id) == chosen.get("label")
    return node if same else None


def names_given(chosen: object) -> tuple[str, ...] | None:
    """The names of tasks that a browser wants unfolded; None where it says nothing of the kind."""
    if not isinstance(chosen, Sequence) or isinstance(chosen, str):
        return None
    return tuple(name for name in chosen if isinstance(name, str))


def selection_of(graph: Graph, node: Node | None) -> Selection | None:
    """What a node stands for."""
    if node is None or node.task is None:
        return None
    task = graph.spec.tasks[node.task]
    if node.part is not None:
        part = task.parts[node.part].name
        return Selection(f"{task.name}/{part}", task=task.name, part=part)
    text = node.label if node.kind is NodeKind.ALIKE else task.name
    return Selection(text, task=task.name, size=node.size)


def place_of(spec: JobSpec, chosen: Selection) -> tuple[int, int] | None:
    """The numbers of the task and the part that are chosen."""
    for number, task in enumerate(spec.tasks):
        if task.name == chosen.task:
            parts = [part.name for part in task.parts]
            return (number, parts.index(chosen.part) if chosen.part in parts else 0)
    return None
