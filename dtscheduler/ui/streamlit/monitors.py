"""A run as it goes on: its progress, its graph and its failures; and the button that starts one."""

from __future__ import annotations

import streamlit as st

from dtscheduler.api import driving
from dtscheduler.api.code import settled
from dtscheduler.api.dag import DAG
from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.errors import SchedulerError
from dtscheduler.model.run import RunQuery, RunRecord, Trigger
from dtscheduler.ui import service_process
from dtscheduler.ui.streamlit.live import EVERY_SECONDS, goes_on, show_graph, show_progress
from dtscheduler.ui.streamlit.logs import show_log
from dtscheduler.ui.streamlit.presses import Press, next_press, press, press_of, submitted
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.run import spec_of
from dtscheduler.ui.views.runs import ACTIVE


class RunMonitor:
    """Shows a run while it goes on, and how it ended: ``run_monitor(run)``; ``start_button`` starts one."""

    def __call__(self, run: Run, key: str | None = None) -> None:
        """Show how a run goes on: status, progress, about how long it still takes, its graph, and what failed.

        It looks once a second until the run has ended; then the whole script runs once more, so that what stands below
        (``run.results_frame()``, say) is final too. Most of what that costs the server is Streamlit's own collection
        of garbage after each look, which ``runner.postScriptGC = false`` in an app's configuration leaves out.

        Args:
            run: The run.
            key: Tells several monitors on one page apart.
        """
        going = goes_on(run.id)
        name = f"monitor {key or ''} {run.id}"
        st.fragment(_show, run_every=EVERY_SECONDS if going else None)(run.id, name, going)

    def start_button(self, dag: DAG, label: str = "Run now", key: str | None = None) -> Run | None:
        """A button that leaves a run of a DAG to the service: one run a click, also on a double click.

        While the run goes on it is disabled. The number of the run stands in the address of the page (``run=12``), so
        that a reload, or another tab with that address, shows the same run. A service is started where none is alive.

        Args:
            dag: What is run.
            label: Of the button, Markdown.
            key: Tells several of these buttons on one page apart; the address then says ``run-KEY=12``.

        Returns:
            The run that was started here last, whether it goes on or has ended; None before the first click, and when
            it has ended and the DAG is another one since.
        """
        try:
            return _start_button(dag, label, key)
        except SchedulerError as error:  # the store is away, say
            st.error(literal(str(error)), icon=":material/database_off:")
            return None


run_monitor = RunMonitor()


def _start_button(dag: DAG, label: str, key: str | None) -> Run | None:
    place = workspace()
    name, parameter = f"start {key or ''}", f"run-{key}" if key else "run"
    it = press_of(name)
    mine = submitted(place, it)
    run = mine or _addressed(parameter, dag) or _going_on(dag)
    busy = run is not None and (not run.status.final or it.recent)
    other = run if run and not busy and not _is_of(run, dag) else None
    if run and st.query_params.get(parameter) != str(run.id):
        st.query_params[parameter] = str(run.id)
    if mine and not busy:  # last: from here on only the address knows that run
        it = next_press(name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            label,
            key=f"{name} button",
            type="primary",
            icon=":material/play_arrow:",
            disabled=busy,
            on_click=_start,
            args=(it, dag),
        )
        if run and busy:
            _said_busy(run, name)
    if other:
        st.caption(f"Run {other.id} was of other values than these.")
    if it.error:
        st.error(literal(it.error), title="Nothing was started", icon=":material/error:")
    return Run(run.id, place) if run and not other else None


def _show(run_id: int, name: str, going: bool) -> None:
    run = show_progress(run_id, name, going)
    if run is None:
        return
    chosen = show_graph(run, name)
    if chosen is not None:
        show_log(run.id, *chosen, key=f"{name} chosen log", live=False)


def _start(it: Press, dag: DAG) -> None:
    press(it, lambda token: driving.submit(dag, token=token))


def _addressed(parameter: str, dag: DAG) -> RunRecord | None:
    """The run of this job that the address names, if it may be read."""
    text = st.query_params.get(parameter, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    found = workspace().runs(RunQuery(id=int(text), job_name=dag.name, limit=1))
    return found[0] if found else None


def _going_on(dag: DAG) -> RunRecord | None:
    """A run of just this DAG that its user has started elsewhere, in another tab say, and that goes on."""
    place = workspace()
    asked = RunQuery(job_name=dag.name, trigger=Trigger.HAND, statuses=ACTIVE, limit=5)
    return next((run for run in place.runs(asked) if run.submitted_by == place.user and _is_of(run, dag)), None)


def _is_of(run: RunRecord, dag: DAG) -> bool:
    """Whether a run is one of just this DAG, and not of what its form said before."""
    place = workspace()
    try:
        return spec_of(place.spec, run) == place.host.owned(settled(dag, place)[0])
    except SchedulerError:  # what is wrong with it is said when it is to run
        return False


def _said_busy(run: RunRecord, name: str) -> None:
    """Say why the button is disabled, until it is not any more."""
    st.fragment(_until_free, run_every=EVERY_SECONDS)(run.id, name)
    if run.status.final:
        return
    if wrong := service_process.ensure_service(workspace()):
        st.warning(literal(wrong), icon=":material/dns:")


def _until_free(run_id: int, name: str) -> None:
    going = goes_on(run_id)
    if not going and not press_of(name).recent:
        st.rerun()
    st.text(f"run {run_id} is {'running' if going else 'over'}")
