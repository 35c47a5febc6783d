"""What looks at a run again and again until it has ended: its progress, its failures, its graph. For fragments."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dtscheduler.api.failures import said
from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.errors import NotFoundError, SchedulerError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.reports.page.wording import counted
from dtscheduler.triage.grouping import FailureGroup
from dtscheduler.ui.drawn import place_of
from dtscheduler.ui.following import Following, counted_by_task
from dtscheduler.ui.streamlit import figures, marks
from dtscheduler.ui.streamlit.charts import dag_chart
from dtscheduler.ui.streamlit.logs import show_log
from dtscheduler.ui.streamlit.remembered import kept
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.run import sign, spec_of, task_rows
from dtscheduler.ui.views.watching import Watched

EVERY_SECONDS = 1.0
MOST_GROUPS = 8


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
        found = kept(f"{name} following", (run_id, place.user), lambda: Following(run_id)).look(place)
    except NotFoundError:
        if going:
            st.rerun()
        st.warning(f"Run {run_id} is not there. It was removed, or is not yours to see.", icon=":material/search_off:")
        return None
    except SchedulerError as error:  # the store is away: it is asked again
        st.error(literal(str(error)), icon=":material/database_off:")
        return None
    run = found.run
    if going and run.status.final:
        st.rerun()
    _head(found.watched, titled=titled)
    _failures(run, found.failures, name)
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
    return place_of(spec, chosen)


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
        for row in task_rows(spec, counted_by_task(workspace().store.task_counts(run.id)))
    ]
    columns = {column: column for column in cells[0]}
    frame = marks.in_colours(figures.frame_of_rows(cells, columns), "Status")
    st.dataframe(frame, hide_index=True, placeholder="", alt="Tasks, what they wait for, and how they stand")


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


def _failures(run: RunRecord, groups: Sequence[FailureGroup], name: str) -> None:
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
