"""The charts of the reports page, in the colours that statuses have everywhere and in the theme of the page.

Text from data stands in them as text; every chart has a table beside it.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import streamlit as st

from dtscheduler.drawing.looks import PAPERS, look_of
from dtscheduler.model.durations import show_duration
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.streamlit.marks import theme, tone

if TYPE_CHECKING:
    import pandas as pd

CHART = 280
MOST_BARS = 20


def durations_chart(runs: pd.DataFrame, zone: tzinfo) -> None:
    """How long runs took: a point a run in the colour and shape of its status, and a line through the medians of days.

    Args:
        runs: as ``views.reports.recent_runs`` gives them.
        zone: on whose clock the days are.
    """
    import altair as alt
    import pandas as pd

    shown = runs.dropna(subset=["duration", "submitted"])
    points = shown.assign(
        seconds=shown["duration"].dt.total_seconds(),
        submitted=shown["submitted"].dt.tz_convert(zone).dt.tz_localize(None),
        status=[look_of(RunStatus(status)).word for status in shown["status"]],
        took=[show_duration(length) for length in shown["duration"]],
    )[["run", "job", "submitted", "seconds", "status", "took"]]
    noon = points["submitted"].dt.floor("D") + pd.Timedelta(hours=12)
    daily = points.groupby(noon)["seconds"].median()
    x = alt.X("submitted:T", title=None, axis=alt.Axis(format="%-d %b", tickCount="day", labelOverlap=True))
    line = (
        alt.Chart(daily.reset_index())
        .mark_line(color=_muted(), strokeWidth=2)
        .encode(x=x, y=alt.Y("seconds:Q", title="Seconds"))
    )
    present = [status for status in RunStatus if look_of(status).word in set(points["status"])]
    words = [look_of(status).word for status in present]
    marks = (
        alt.Chart(points)
        .mark_point(filled=True, size=45, opacity=0.9)
        .encode(
            x=x,
            y=alt.Y("seconds:Q", title="Seconds"),
            color=_colours(words, present),
            shape=alt.Shape("status:N", scale=alt.Scale(domain=words, range=_shapes(words)), title=None),
            tooltip=["run:Q", "job:N", "submitted:T", "took:N", "status:N"],
        )
    )
    st.altair_chart((line + marks).properties(height=CHART), alt="How long the runs took, by when they were submitted")


def outcomes_chart(daily: pd.DataFrame) -> None:
    """How many runs of each day completed, failed, or neither; as ``views.reports.outcomes`` gives them."""
    import altair as alt

    kinds = {"completed": RunStatus.COMPLETED, "failed": RunStatus.FAILED, "other": RunStatus.STOPPED}
    long = daily.melt("day", list(kinds), var_name="outcome", value_name="runs")
    bars = (
        alt.Chart(long[long["runs"] > 0].assign(order=long["outcome"].map(list(kinds).index)))
        .mark_bar()
        .encode(
            x=alt.X(
                "yearmonthdate(day):O", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True, labelAngle=0)
            ),
            y=alt.Y("sum(runs):Q", title="Runs", axis=alt.Axis(tickMinStep=1)),
            color=_colours(list(kinds), list(kinds.values()), field="outcome"),
            order=alt.Order("order:Q"),
            tooltip=["day:T", "outcome:N", "runs:Q"],
        )
    )
    st.altair_chart(bars.properties(height=CHART), alt="How the runs of each day ended")


def tasks_chart(tasks: pd.DataFrame) -> None:
    """How long tasks take, the slowest first: a bar to the length that 95 of 100 do not exceed, a tick at the median.

    Args:
        tasks: as ``views.reports.task_durations`` gives them.
    """
    import altair as alt

    shown = tasks.head(MOST_BARS)
    lengths = shown.assign(
        median_seconds=shown["median"].dt.total_seconds(),
        p95_seconds=shown["p95"].dt.total_seconds(),
        median_took=[show_duration(length) for length in shown["median"]],
        p95_took=[show_duration(length) for length in shown["p95"]],
    )[["task", "count", "median_seconds", "p95_seconds", "median_took", "p95_took"]]
    y = _names_axis(list(lengths["task"]))
    tooltip = ["task:N", "count:Q", "median_took:N", "p95_took:N"]
    base = alt.Chart(lengths)
    bars = base.mark_bar(color=tone(RunStatus.RUNNING).solid).encode(
        y=y, x=alt.X("p95_seconds:Q", title="Seconds: 95 % take at most (bar), median (tick)"), tooltip=tooltip
    )
    ticks = base.mark_tick(color=_strong(), thickness=3, size=18).encode(y=y, x="median_seconds:Q", tooltip=tooltip)
    st.altair_chart((bars + ticks).properties(height=_tall(len(lengths))), alt="How long tasks take, the slowest first")


def memory_chart(sizes: pd.DataFrame) -> None:
    """The memory that tasks ask for beside the highest peak, and a tick at the suggestion; see ``dtscheduler.sizing``."""
    import altair as alt

    shown = sizes[sizes["memory_mb_max"].notna()].sort_values("memory_mb", ascending=False).head(MOST_BARS)
    flat = shown.assign(memory_mb_suggested=shown["memory_mb_suggested"].astype("float64"))
    long = flat.melt("task", ["memory_mb", "memory_mb_max"], var_name="what", value_name="mb")
    long["what"] = long["what"].map({"memory_mb": "asked", "memory_mb_max": "used at most"})
    kinds = ["asked", "used at most"]
    y = _names_axis(list(flat["task"]))
    colour = alt.Color(
        "what:N",
        scale=alt.Scale(domain=kinds, range=[_muted(), tone(RunStatus.RUNNING).solid]),
        legend=alt.Legend(orient="top", title=None),
    )
    bars = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            y=y,
            yOffset=alt.YOffset("what:N", sort=kinds),
            x=alt.X("mb:Q", title="MB; the tick is what to ask for"),
            color=colour,
            tooltip=["task:N", "what:N", alt.Tooltip("mb:Q", format=",.0f")],
        )
    )
    ticks = alt.Chart(flat).mark_tick(color=_strong(), thickness=3, size=26).encode(y=y, x="memory_mb_suggested:Q")
    st.altair_chart((bars + ticks).properties(height=_tall(len(flat), 44)), alt="Memory asked for beside memory used")


def _colours(words: list[str], statuses: list[RunStatus], field: str = "status") -> Any:
    import altair as alt

    scale = alt.Scale(domain=words, range=[tone(status).solid for status in statuses])
    return alt.Color(f"{field}:N", scale=scale, legend=alt.Legend(orient="top", title=None))


def _shapes(words: list[str]) -> list[str]:
    """A shape for each status, so that colour is not the only sign."""
    completed = look_of(RunStatus.COMPLETED).word
    others = iter(("triangle-up", "square", "diamond", "triangle-down", "cross", "triangle-left", "triangle-right"))
    return ["circle" if word == completed else next(others, "cross") for word in words]


def _names_axis(names: list[str]) -> Any:
    import altair as alt

    return alt.Y("task:N", sort=names, title=None, axis=alt.Axis(labelLimit=220))


def _tall(bars: int, each: int = 28) -> int:
    return max(120, each * bars + 60)


def _muted() -> str:
    """The colour of what has no status on this page, as ``#rrggbb``."""
    return PAPERS[theme()].line


def _strong() -> str:
    """The colour of what must be seen on this page, as ``#rrggbb``."""
    return PAPERS[theme()].strong
