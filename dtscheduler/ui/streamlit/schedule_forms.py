"""A form in which somebody says when a job runs, and sees what that means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.api.schedule import Schedule
from dtscheduler.errors import SchedulerError
from dtscheduler.model.run import JobQuery
from dtscheduler.model.schedule import AfterCondition, AfterSchedule, Never, TimeSchedule, Weekday, Which
from dtscheduler.timing.names import MONTHS, WEEKDAYS
from dtscheduler.ui.streamlit.remembered import filled_with
from dtscheduler.ui.streamlit.texts import alarming, literal
from dtscheduler.ui.views.schedule import (
    Refused,
    ScheduleView,
    is_zone,
    parameters_of,
    read_schedule,
    schedule_view,
    zone_names,
)

BY_HAND, AT_TIMES, AFTER_A_JOB = "Only by hand", "At times", "After a job"
NOT_SET, LISTED, STEPS = "not set", "listed", "steps"
MOST_JOBS, NARROWEST = 1000, 400
_NEEDED = {
    AT_TIMES: "Set a minute, an hour, a day or a month.",
    AFTER_A_JOB: "Choose the job that it runs after.",
}
_OUTCOMES = {AfterCondition.SUCCESS: "completes", AfterCondition.FAILURE: "fails", AfterCondition.ALWAYS: "ends"}

Problem = Callable[..., None]


def schedule_form(schedule: Schedule | None = None, key: str | None = None) -> Schedule | None:
    """Show a form for a schedule, with its sentence and its next fires below.

    Args:
        schedule: What the form is filled with at first; another one fills it anew. Default: one that runs only by hand.
        key: Tells several of these forms on one page apart.

    Returns:
        The schedule; "only by hand" is said as ``Schedule()``, which never fires. None while what is entered is no
        schedule; the form says why.
    """
    given = Schedule() if schedule is None else schedule
    prefix = filled_with(f"schedule form {key or ''}", given)
    with st.container(border=True):
        kind = _kind(prefix, given)
        beside = st.grid(2 if kind == AT_TIMES else 1, min_column_width=NARROWEST)
        written, meant = beside.cell(), beside.cell()
        fields = _Fields(prefix, parameters_of(given))
        with written:
            parameters, slots = {BY_HAND: fields.by_hand, AT_TIMES: fields.times, AFTER_A_JOB: fields.after}[kind]()
        found = given if kind == BY_HAND and isinstance(given.spec, Never) else read_schedule(parameters)
        if isinstance(found, Refused):
            slots.get(found.parameter, written).markdown(alarming(found.message))
            return None
        with meant:
            if kind != BY_HAND and isinstance(found.spec, Never):
                st.caption(_NEEDED[kind])
                return None
            _show(schedule_view(found))
    return found


def _kind(prefix: str, given: Schedule) -> str:
    usual = {TimeSchedule: AT_TIMES, AfterSchedule: AFTER_A_JOB, Never: BY_HAND}[type(given.spec)]
    chosen = st.segmented_control(
        "When it runs",
        (BY_HAND, AT_TIMES, AFTER_A_JOB),
        default=usual,
        required=True,
        key=f"{prefix} kind",
        persist_state="session",
    )
    return chosen or usual


class _Fields:
    """The widgets of a form; each method draws those of one kind of schedule.

    They return parameters of ``Schedule(...)``, and for each parameter the place below its widget.
    """

    def __init__(self, prefix: str, given: dict[str, Any]) -> None:
        self._prefix, self._given = prefix, given
        self._slots: dict[str, Any] = {}

    def by_hand(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, self._slots

    def times(self) -> tuple[dict[str, Any], dict[str, Any]]:
        found = self._level("Minutes", "at_minutes", "every_minute", range(60), lambda minute: f":{minute:02d}")
        found |= self._level("Hours", "at_hours", "every_hour", range(24), lambda hour: f"{hour:02d} h")
        found |= self._days()
        found |= self._level("Months", "in_months", "every_month", range(1, 13), lambda month: MONTHS[month - 1][:3])
        return found | self._place(), self._slots

    def after(self) -> tuple[dict[str, Any], dict[str, Any]]:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            found = {"run_after_job_name": self._job()}
            if uuid := self._given.get("run_after_job_uuid"):
                found["run_after_job_uuid"] = st.text_input("Its uuid", uuid, **self._kept("run_after_job_uuid"))
            usual = self._given.get("run_after_job_condition", AfterCondition.SUCCESS.value)
            condition = st.segmented_control(
                "When that",
                [condition.value for condition in _OUTCOMES],
                default=usual,
                required=True,
                format_func=lambda value: _OUTCOMES[AfterCondition(value)],
                **self._kept("run_after_job_condition"),
            )
        self._below("run_after_job_name", "run_after_job_uuid", "run_after_job_condition")
        if any(found.values()):
            found["run_after_job_condition"] = condition
        return found | self._place(), self._slots

    def _level(
        self, label: str, listed: str, step: str, values: Sequence[int], shown: Callable[[int], str]
    ) -> dict[str, Any]:
        """A level that is a list of values or a step, or neither."""
        usual = LISTED if listed in self._given else STEPS if step in self._given else NOT_SET
        words = {NOT_SET: "Not set", LISTED: listed.split("_")[0].capitalize(), STEPS: f"Every n {label.lower()}"}
        found: dict[str, Any] = {}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            mode = st.segmented_control(
                label,
                list(words),
                default=usual,
                required=True,
                format_func=words.__getitem__,
                **self._kept(f"{listed} mode"),
            )
            if mode == LISTED:
                found[listed] = st.multiselect(
                    f"{label}: at",
                    values,
                    self._given.get(listed, []),
                    format_func=shown,
                    placeholder="Choose one or several",
                    label_visibility="collapsed",
                    **self._kept(listed),
                )
            elif mode == STEPS:
                found[step] = st.number_input(
                    f"{label}: every",
                    1,
                    value=self._given.get(step, 1),
                    label_visibility="collapsed",
                    width=140,
                    **self._kept(step),
                )
        self._below(listed, step)
        return found

    def _days(self) -> dict[str, Any]:
        names = dict(zip((day.value for day in Weekday), WEEKDAYS, strict=True))
        weekdays = st.pills(
            "Days",
            list(names),
            selection_mode="multi",
            default=self._given.get("weekdays", []),
            **self._kept("weekdays"),
        )
        with st.container(horizontal=True):
            day = st.selectbox(
                "Day of the month",
                range(1, 32),
                index=self._place_of(self._given.get("day_of_month"), range(1, 32)),
                placeholder="Not set",
                **self._kept("day_of_month"),
            )
            nth = self._given.get("first_last") or {}
            which = st.selectbox(
                "One weekday of the month",
                [which.value for which in Which],
                index=self._place_of(nth.get("Which"), [which.value for which in Which]),
                placeholder="Not set",
                **self._kept("which"),
            )
            weekday = st.selectbox(
                "Which weekday",
                list(names),
                index=self._place_of(nth.get("Weekday", "Mon"), list(names)),
                format_func=lambda short: names[short],
                disabled=which is None,
                **self._kept("weekday"),
            )
        self._below("weekdays", "day_of_month", "first_last")
        first_last = None if which is None else {"Weekday": weekday, "Which": which}
        return {"weekdays": weekdays, "day_of_month": day, "first_last": first_last}

    def _place(self) -> dict[str, Any]:
        """The zone, the viewer's own first, and the distance of the rundate."""
        own = st.context.timezone
        own = own if is_zone(own) else None
        given = self._given.get("timezone") or ("UTC" if self._given else own or "UTC")
        zones = zone_names(own, given)
        with st.container(horizontal=True):
            zone = st.selectbox("Time zone", zones, index=zones.index(given), **self._kept("timezone"))
            offset = st.number_input(
                "Rundate: days after the fire",
                -36_600,
                36_600,
                self._given.get("rundate_offset", 0),
                help="The date that a run is for; -1 is the day before. The fire itself does not move.",
                **self._kept("rundate_offset"),
            )
        self._below("timezone", "rundate_offset")
        return {"timezone": zone, "rundate_offset": offset}

    def _job(self) -> str | None:
        given = self._given.get("run_after_job_name")
        names = _job_names()
        names = [given, *(name for name in names if name != given)] if given else names
        return st.selectbox(
            "Job",
            names,
            index=0 if given else None,
            accept_new_options=True,
            placeholder="Choose a job, or type its name",
            **self._kept("run_after_job_name"),
        )

    def _kept(self, name: str) -> dict[str, Any]:
        return {"key": f"{self._prefix} {name}", "persist_state": "session"}

    def _below(self, *parameters: str) -> None:
        slot = st.container()
        self._slots.update(dict.fromkeys(parameters, slot))

    @staticmethod
    def _place_of(value: Any, values: Sequence[Any]) -> int | None:
        return values.index(value) if value in values else None


def _job_names() -> list[str]:
    """Names of jobs to choose from; none where the workspace cannot be asked: names can be typed."""
    try:
        return [record.name for record in workspace().jobs(JobQuery(limit=MOST_JOBS))]
    except SchedulerError:
        return []


def _show(view: ScheduleView) -> None:
    if view.sentence != BY_HAND:
        st.markdown(f"**{literal(view.sentence)}**")
    if view.note:
        st.caption(view.note)
    if not view.fires:
        return
    columns = {
        f"Next fires ({view.zone})": [row.local for row in view.fires],
        "UTC": [row.utc for row in view.fires],
        "Rundate": [row.rundate for row in view.fires],
    }
    if any(row.clock_change for row in view.fires):
        columns["Clock change"] = [row.clock_change and f"⚠ {row.clock_change}" for row in view.fires]
    st.dataframe(columns, hide_index=True, alt="Next fires of the schedule")
