"""When did buying the dip pay? A sweep over 1,760 combinations, watched as it fills in.

Start it with ``streamlit run apps/backtest_grid.py``. The suite is ``dtscheduler/examples/backtest_grid.py``. Results are
reused by content: a grid that is enlarged runs its new cells only.
"""

import altair as alt
import pandas as pd
import streamlit as st

from dtscheduler.examples.backtest_grid import backtest_grid
from dtscheduler.ui.streamlit import plan_table, run_monitor, suite_form

FIGURES = {
    "sharpe": "Sharpe ratio",
    "total_return": "Total return",
    "max_drawdown": "Deepest fall",
    "trades": "Trades",
    "days_invested": "Days invested",
}
INPUTS = ["regime", "window", "entry", "exit", "cost"]
DIVERGING = {"sharpe", "total_return"}
HATCHED = (
    "M-1,-0.7L-0.7,-1L-1,-1ZM-1,0.2L0.2,-1L-0.2,-1L-1,-0.2ZM-1,1L1,-1L0.7,-1L-1,0.7Z"
    "M-0.2,1L1,-0.2L1,0.2L0.2,1ZM0.7,1L1,0.7L1,1Z"
)
CELL = 15
NOT_DONE = ("pending", "ready", "running")


def heat_map(cells: pd.DataFrame, figure: str) -> alt.Chart:
    """One small map for each regime and exit; a cell for each window and entry; hatched where the cell failed."""
    chosen = alt.selection_point(name="cell", fields=["part_name"], on="click", clear="dblclick")
    scheme = alt.Scale(scheme="redblue", domainMid=0) if figure in DIVERGING else alt.Scale(scheme="viridis")
    at = {"x": alt.X("window:O", title=None), "y": alt.Y("entry:O", sort="descending", title=None)}
    told = ["part_name", "status", *(name for name in FIGURES if name in cells)]
    base = alt.Chart(cells).encode(**at, tooltip=told)
    done = base.mark_rect(stroke="#8a93a3", strokeWidth=0.3).encode(
        color=alt.condition(
            f"isValid(datum['{figure}'])",
            alt.Color(f"{figure}:Q", scale=scheme, title=FIGURES[figure]),
            alt.value("#8a93a322"),
        ),
        opacity=alt.condition(chosen, alt.value(1.0), alt.value(0.45)),
    )
    broken = base.mark_point(shape=HATCHED, size=CELL * CELL, filled=True, color="#8a93a3").transform_filter(
        "datum.status == 'failed' || datum.status == 'out_of_memory' || datum.status == 'failed_after'"
    )
    maps = alt.layer(done.add_params(chosen), broken).properties(width=CELL * 8, height=CELL * 11)
    return maps.facet(
        row=alt.Row("regime:N", sort=list(cells["regime"].unique()), title=None),
        column=alt.Column("exit:O", title="exit, by window (across) and entry (upwards)"),
        spacing=8,
    )


def cell_details(cell: pd.Series) -> None:
    """What is known of one cell, and the way to run it again."""
    name = cell["part_name"]
    st.subheader(f"Cell {name}: {cell['status']}")
    inputs, log = st.columns(2)
    with inputs:
        st.caption("Inputs")
        st.dataframe(cell[INPUTS].astype(str).rename("value"))
    with log:
        st.caption("Log")
        st.code(run.log("cells", name) or run.part("cells", name).reason or "It printed nothing.", language=None)
    if run.status.final and st.button("Run this cell again", icon=":material/replay:"):
        st.query_params["run"] = str(run.rerun(tasks=[("cells", name)], detach=True).id)
        st.rerun()


st.set_page_config(page_title="Backtest grid", layout="wide")
st.title("When did buying the dip pay?")
with st.sidebar:
    dag = suite_form(backtest_grid)
if dag is None:
    st.stop()

plan_table(dag)
run = run_monitor.start_button(dag)
if run is None:
    st.stop()
run_monitor(run)

figure = st.segmented_control("Figure", list(FIGURES), default="sharpe", format_func=FIGURES.get, required=True)


@st.fragment(run_every=None if run.status.final else 2.0)
def watch() -> None:
    """The map, filling in while the run goes on, and the cell that is chosen in it."""
    cells = run.results_frame("cells")
    if cells.empty:
        st.caption("The run is about to begin.")
        return
    cells["status"] = cells["status"].astype(str)
    for name in FIGURES:
        if name not in cells:
            cells[name] = float("nan")
    shown = cells.drop(columns=["task", "duration"])
    waiting = int(shown["status"].isin(NOT_DONE).sum())
    st.caption(f"{len(shown):,} cells, {waiting:,} still to come. Click one for its log and inputs.")
    picked = st.altair_chart(heat_map(shown, figure), on_select="rerun", key="map", alt="Heat map of the sweep")
    points = picked.selection["cell"]
    chosen = shown[shown["part_name"].isin([point["part_name"] for point in points])]
    if not chosen.empty:
        cell_details(chosen.iloc[0])
    with st.expander("The same as a table"):
        st.dataframe(shown, hide_index=True)


watch()
