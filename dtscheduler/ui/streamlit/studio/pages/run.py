"""The page of a run: how it goes on, its graph, task runs, timeline and facts; stop it, or run it again."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.errors import AccessError, NotFoundError
from dtscheduler.model.run import RunRecord
from dtscheduler.ui.streamlit import marks
from dtscheduler.ui.streamlit.filters import viewers_zone
from dtscheduler.ui.streamlit.links import link
from dtscheduler.ui.streamlit.live import EVERY_SECONDS, show_graph, show_progress
from dtscheduler.ui.streamlit.notices import errors_shown, refusals_told, show_notices, tell
from dtscheduler.ui.streamlit.remembered import kept
from dtscheduler.ui.streamlit.studio.rerun_panel import rerun_button, rerun_panel
from dtscheduler.ui.streamlit.studio.task_run_panel import select, selected, task_run_panel
from dtscheduler.ui.streamlit.studio.task_run_table import task_run_table
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.run import Fact, facts
from dtscheduler.ui.views.runs import took

VIEWS = ("Graph", "Task runs", "Timeline", "Facts")
TIMELINE_EVERY_SECONDS = 10.0
MOST_RERUNS = 3
ABSENT = "It was never there, was removed, or is not yours to see."


def show() -> None:
    """Show the page of the run that the address names: ``/run?id=12``."""
    asked = st.query_params.get("id", "")
    if not asked:
        _nothing_asked()
        return
    run = _found(asked)
    if run is None:
        st.title(f"Run {literal(asked[:20])}")
        st.warning(ABSENT, title="There is no such run", icon=":material/search_off:")
        link("runs", "All runs", icon=":material/history:")
        return
    _head(run)
    show_notices()
    above = st.container()
    rerun_panel(run)
    graph, table, timeline, known = st.tabs(VIEWS, key="view", on_change="rerun", bind="query-params")
    going = not run.status.final
    drawn = graph if graph.open else None
    # one part that looks again and again, for both: each run of a script costs Streamlit a collection of garbage
    st.fragment(_live, run_every=EVERY_SECONDS if going else None)(run.id, going, above, drawn)
    if table.open:
        with table, errors_shown():
            task_run_table(run)
    if timeline.open:
        with timeline:
            st.fragment(_timeline, run_every=None if run.status.final else TIMELINE_EVERY_SECONDS)(run.id)
    if known.open:
        with known:
            _facts(facts(run, viewers_zone(), workspace().clock.now()))
    if place := selected():
        task_run_panel(run, *place)


def _found(asked: str) -> RunRecord | None:
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 10):
        return None
    try:
        return workspace().run(int(asked))
    except (NotFoundError, AccessError):  # what may not be seen looks like what is not there
        return None


def _nothing_asked() -> None:
    st.title("Run")
    st.info("Choose a run from the list of all runs, or start one.", icon=":material/play_circle:")
    with st.container(horizontal=True):
        link("runs", "All runs", icon=":material/history:")
        link("build", "Build a job", icon=":material/construction:")


def _head(run: RunRecord) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(literal(f"Run {run.id} · {run.job_name}"), width="content")
        if not run.status.final:
            _stop_button(run)
        rerun_button(run)
    zone = viewers_zone()
    lines = {fact.label: fact for fact in facts(run, zone, workspace().clock.now())}
    told = [f"rundate {run.rundate}", f"by {lines['Made by'].value}" if "Made by" in lines else ""]
    told += [
        f"submitted {lines['Submitted'].value}",
        f"took {took(run, run.ended)}" if run.ended and run.started else "",
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(literal(" · ".join(filter(None, told))), width="content", help=literal(lines["Submitted"].about))
        if run.rerun_of:
            link("run", f"It repeats run {run.rerun_of}", icon=":material/replay:", id=str(run.rerun_of))
        for again in workspace().reruns_of([run.id]).get(run.id, [])[:MOST_RERUNS]:
            link("run", f"Repeated by run {again.id}", icon=":material/replay:", id=str(again.id))
        link("runs", "All runs of this job", icon=":material/history:", job=run.job_name)


def _stop_button(run: RunRecord) -> None:
    asked = f"{run.stop_requested_by} has asked for it" if run.stop_requested_by else ""
    with st.popover("Stop", icon=":material/stop_circle:", width="content"):
        st.text(asked or "What executes is ended, what waits does not run. Results that are there stay.")
        st.button(f"Stop run {run.id}", type="primary", on_click=_stop, args=(run.id,), disabled=bool(asked))


def _stop(run_id: int) -> None:
    with refusals_told():
        workspace().stop(run_id)
        tell(f"Run {run_id} was asked to stop.")


def _live(run_id: int, going: bool, above: DeltaGenerator, drawn: DeltaGenerator | None) -> None:
    """The parts of the page that look at the run again and again until it has ended."""
    name = f"run page {run_id}"
    with above:
        run = show_progress(run_id, name, going, titled=False)
    if run is None or drawn is None:
        return
    with drawn:
        chosen = show_graph(run, name)
    slot = f"chosen in the graph of {run_id}"
    if chosen == st.session_state.get(slot):
        return  # it was acted on; meanwhile another task run may have been chosen elsewhere
    st.session_state[slot] = chosen
    if chosen is not None and select(*chosen):
        st.rerun()


def _timeline(run_id: int) -> None:
    with errors_shown():
        place = workspace()
        run = place.run(run_id)
        theme = marks.theme().value

        def drawn() -> tuple[str, object]:
            with st.spinner("Drawing"):
                timeline = Run(run_id, place).timeline()
                return timeline.svg(theme), timeline.frame()

        if run.status.final:
            picture, frame = kept(f"timeline {run_id}", (place.user, run.uuid, theme), drawn)
        else:
            picture, frame = drawn()
        st.image(picture, width="stretch", alt="When the attempts of the run waited and ran; the table has the same")
        if st.toggle("As a table", key="timeline as a table"):
            st.dataframe(frame, hide_index=True, alt="When the attempts of the run waited and ran")


def _facts(found: list[Fact]) -> None:
    rows = {"": [literal(fact.label) for fact in found], "Value": [literal(fact.value) for fact in found]}
    rows["Also"] = [literal(fact.about) for fact in found]
    st.table(rows, hide_index=True, hide_header=True, border="horizontal", width="content", alt="Facts of the run")
