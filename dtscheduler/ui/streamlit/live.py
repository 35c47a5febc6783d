"""What looks at a run again and again until it has ended: its progress, its failures, its graph. For fragments."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dtscheduler.api.failures import said
from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.errors import NotFoundError, SchedulerError
from dtscheduler.executors.capacity import machine_capacity
from dtscheduler.model.figures import TaskCount
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.reports.page.wording import counted
from dtscheduler.triage.grouping import FAILED, FailureGroup
from dtscheduler.ui.streamlit import figures, marks
from dtscheduler.ui.streamlit.charts import Selection, dag_chart
from dtscheduler.ui.streamlit.logs import show_log
from dtscheduler.ui.streamlit.remembered import kept
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.run import sign, spec_of, task_rows
from dtscheduler.ui.views.watching import Watched, seconds_left, waiting, watched

EVERY_SECONDS = 1.0
RUNS_TIMED = 20
MOST_GROUPS = 8
LEAST_BETWEEN = 3.0
TIMES_ITS_COST = 100


def goes_on(run_id: int) -> bool:
    """Whether a run is there, may be read, and has not ended; also where the store cannot say so now."""
    try:
        found = workspace().runs(RunQuery(id=run_id, limit=1))
    except SchedulerError:
        return True
    return bool(found) and not found[0].status.final


def show_progress(run_id: int, name: str, going: bool, *, titled: bool = True) -> RunRecord | None:
    """Show how a run stands: status, counts, time, and what failed. None where it cannot be shown; the page says why.

    When it has ended, or was removed, the whole script runs once more.

    Args:
        run_id: the run.
        name: unique to what shows it on the page.
        going: whether it went on when the script ran.
        titled: whether number and job of the run are said too.
    """
    place = workspace()
    try:
        run = place.run(run_id)
        counts = place.store.task_counts(run_id)  # it may be read: that was just asked
    except NotFoundError:
        if going:
            st.rerun()
        st.warning(f"Run {run_id} is not there. It was removed, or is not yours to see.", icon=":material/search_off:")
        return None
    except SchedulerError as error:  # the store is away: it is asked again
        st.error(literal(str(error)), icon=":material/database_off:")
        return None
    if going and run.status.final:
        st.rerun()
    _head(_watched(run, counts, name), titled=titled)
    _failures(run, counts, name)
    return run


def show_graph(run: RunRecord, name: str) -> tuple[int, int] | None:
    """Show the graph of a run with its states; the numbers of the task and the part whose node is selected."""
    spec = kept(f"{name} spec", run.spec_hash, lambda: spec_of(workspace().spec, run))
    if spec is None:
        st.caption("What was kept of its job cannot be read, so there is no graph.")
        return None
    chosen = dag_chart(Run(run.id, workspace()), key=f"{name} graph")
    if st.toggle("As a table", key=f"{name} graph as a table"):
        _tasks(run, spec)
    if chosen is None:
        return None
    if chosen.size > 1:
        st.caption(literal(f"{chosen}: {counted(chosen.size, 'part')}. Unfold it to choose one of them."))
        return None
    return _place_of(spec, chosen)


def _tasks(run: RunRecord, spec: JobSpec) -> None:
    """What the graph shows, as a table."""
    cells = [
        {
            "Task": row.task,
            "Waits for": row.waits_for,
            "Parts": row.parts,
            "Status": sign(row.status) if row.status else "",
            "Of its parts": row.said,
        }
        for row in task_rows(spec, _by_task(workspace().store.task_counts(run.id)))
    ]
    columns = {column: column for column in cells[0]}
    frame = marks.in_colours(figures.frame_of_rows(cells, columns), "Status")
    st.dataframe(frame, hide_index=True, placeholder="", alt="Tasks, what they wait for, and how they stand")


def _by_task(counts: Sequence[TaskCount]) -> dict[int, dict[TaskStatus, int]]:
    by_task: dict[int, dict[TaskStatus, int]] = defaultdict(dict)
    for one in counts:
        by_task[one.task][one.status] = one.count
    return by_task


def _watched(run: RunRecord, counts: Sequence[TaskCount], name: str) -> Watched:
    place = workspace()
    now = place.clock.now()
    by_task = _by_task(counts)
    if run.status.final:
        return watched(run, by_task, now)
    if not run.lease_epoch:
        return watched(run, by_task, now, waits_for=waiting(run, served=place.served()))
    left = kept(f"{name} left", by_task, lambda: _left(run, by_task, name)) if counts else None
    return watched(run, by_task, now, left=left)


def _left(run: RunRecord, by_task: Mapping[int, Mapping[TaskStatus, int]], name: str) -> float | None:
    place = workspace()
    spec = kept(f"{name} spec", run.spec_hash, lambda: spec_of(place.spec, run))
    if spec is None:
        return None
    elapsed = (place.clock.now() - run.started).total_seconds() if run.started else None
    found = machine_capacity(place.settings.cpu_mhz, place.settings.memory_mb)
    history = kept(f"{name} history", run.id, lambda: _history(run))
    return seconds_left(spec, by_task, history, elapsed=elapsed, capacity=(found.cpu_mhz, found.memory_mb))


def _history(run: RunRecord) -> dict[str, list[float]]:
    """What the tasks of the job took in its latest runs, as far as these may be read."""
    place = workspace()
    latest = place.runs(RunQuery(job_name=run.job_name, limit=RUNS_TIMED))
    return place.store.seconds_taken([found.id for found in latest if found.id != run.id])


def _head(found: Watched, *, titled: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        marks.show_status(found.status)
        if titled:
            st.markdown(f"**Run {found.run_id}**", width="content")
            st.text(found.job)
        st.caption(" · ".join(filter(None, (found.progress, found.time))), width="content")
    if found.counts:
        marks.show_shares(found.counts, found.sentence)
        marks.show_counts(found.counts)
    if found.reason and found.status is not RunStatus.COMPLETED:
        st.text(found.reason)


@dataclass(frozen=True, slots=True)
class _Found:
    """The failures of a run when it was looked for them last, and when that may be done again."""

    count: int
    groups: Sequence[FailureGroup]
    again: float


def _failures(run: RunRecord, counts: Sequence[TaskCount], name: str) -> None:
    failed = sum(one.count for one in counts if one.status in FAILED)
    if not failed:
        return
    groups = _grouped(run, failed, name)
    if not groups:
        return
    st.markdown("**What failed**")
    for number, group in enumerate(groups[:MOST_GROUPS]):
        opened = st.expander(
            literal(said(group)),
            key=f"{name} failure {group.task} {hash(group.kind)}",
            icon=":material/error:",
            on_change="rerun",
        )
        if opened.open:
            with opened:
                st.text(f"The log of {group.example.part_name}, the first of them:" if group.count > 1 else "Its log:")
                show_log(run.id, group.task, group.example.part, key=f"{name} log {number}", live=False)
    if len(groups) > MOST_GROUPS:
        st.caption(f"and {len(groups) - MOST_GROUPS:,} other errors")


def _grouped(run: RunRecord, failed: int, name: str) -> Sequence[FailureGroup]:
    """The failures, looked for only when there are others, and so seldom that this costs little."""
    slot, now = f"{name} failures", time.monotonic()
    before = st.session_state.get(slot, _Found(0, (), 0.0))
    if before.count == failed or (now < before.again and not run.status.final):
        return list(before.groups)
    groups = workspace().failures(run.id)
    ended = time.monotonic()
    st.session_state[slot] = _Found(failed, groups, ended + max(LEAST_BETWEEN, TIMES_ITS_COST * (ended - now)))
    return groups


def _place_of(spec: JobSpec, chosen: Selection) -> tuple[int, int] | None:
    """The numbers of the task and the part that are chosen."""
    for number, task in enumerate(spec.tasks):
        if task.name == chosen.task:
            parts = [part.name for part in task.parts]
            return (number, parts.index(chosen.part) if chosen.part in parts else 0)
    return None
