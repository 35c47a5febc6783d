"""A form in which somebody says when a job runs, and sees what that means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dtscheduler.api.schedule import Schedule
from dtscheduler.ui.streamlit.remembered import filled_with
from dtscheduler.ui.streamlit.texts import alarming, literal
from dtscheduler.ui.views.schedule import ScheduleView
from dtscheduler.ui.views.schedule_form import OUTCOMES, WEEKDAY_NAMES, WHICH, Group, Kind, Mode, ScheduleFormModel
from dtscheduler.ui.views.schedule_levels import LEVELS, Level, Unread

NARROWEST = 400


def schedule_form(schedule: Schedule | None = None, key: str | None = None) -> Schedule | None:
    """Show a form for a schedule, with its sentence and its next fires below.

    Args:
        schedule: What the form is filled with at first; another one fills it anew. Default: one that runs only by hand.
        key: Tells several of these forms on one page apart.

    Returns:
        The schedule; "only by hand" is said as ``Schedule()``, which never fires. None while what is entered is no
        schedule; the form says why.
    """
    model = ScheduleFormModel(schedule, st.context.timezone)
    prefix = filled_with(f"schedule form {key or ''}", model.given)
    with st.container(border=True):
        model.change(kind=_kind(prefix, model))
        beside = st.grid(2 if model.entered.kind is Kind.AT_TIMES else 1, min_column_width=NARROWEST)
        written, meant = beside.cell(), beside.cell()
        fields = _Fields(prefix, model)
        with written:
            fields.draw()
        outcome = model.outcome()
        if outcome.wrong:
            slot = fields.slots.get(outcome.group, written) if outcome.group else written
            slot.markdown(alarming(outcome.wrong))
        with meant:
            if outcome.needed:
                st.caption(outcome.needed)
            if outcome.view:
                _show(outcome.view)
    return outcome.schedule


def _kind(prefix: str, model: ScheduleFormModel) -> Kind:
    usual = model.entered.kind
    chosen = st.segmented_control(
        "When it runs",
        [kind.value for kind in Kind],
        default=usual.value,
        required=True,
        key=f"{prefix} kind",
        persist_state="session",
    )
    return Kind(chosen or usual)


class _Fields:
    """The widgets of a form; ``slots`` holds the place below each group of them."""

    def __init__(self, prefix: str, model: ScheduleFormModel) -> None:
        self._prefix, self._model, self._filled = prefix, model, model.entered
        self.slots: dict[Group, Any] = {}

    def draw(self) -> None:
        """Draw the widgets of the kind that is chosen, and enter what they hold."""
        if self._filled.kind is Kind.AT_TIMES:
            minutes, hours, months = LEVELS
            self._levels(minutes, hours)
            self._days()
            self._levels(months)
        elif self._filled.kind is Kind.AFTER_A_JOB:
            self._after()
        if self._filled.shows(Group.PLACE):
            self._place()

    def _levels(self, *levels: Level) -> None:
        for level in levels:
            self._level(level)

    def _level(self, level: Level) -> None:
        """A level that is a list of values or a step, or neither."""
        words = {Mode.NOT_SET: "Not set", Mode.LISTED: level.list_word, Mode.STEPS: level.step_word}
        entered, listed = self._model.entered, level.listed
        with st.container(horizontal=True, vertical_alignment="bottom"):
            mode = st.segmented_control(
                level.label,
                list(words),
                default=self._filled.mode(listed),
                required=True,
                format_func=words.__getitem__,
                **self._kept(f"{listed} mode"),
            )
            if mode == Mode.LISTED:
                values = self._listed(level)
                self._model.change(listed={**entered.listed, listed: tuple(values)})
            elif mode == Mode.STEPS:
                step = st.number_input(
                    f"{level.label}: every",
                    1,
                    value=self._filled.steps[listed],
                    label_visibility="collapsed",
                    width=140,
                    **self._kept(level.step),
                )
                self._model.change(steps={**entered.steps, listed: step})
        self._model.change(modes={**entered.modes, listed: Mode(mode or Mode.NOT_SET)})
        self._below(Group(level.label))

    def _listed(self, level: Level) -> list[int]:
        given = self._filled.listed[level.listed]
        return st.multiselect(
            f"{level.label}: at",
            level.values,
            () if isinstance(given, Unread) else given,
            format_func=level.shown,
            placeholder="Choose one or several",
            label_visibility="collapsed",
            **self._kept(level.listed),
        )

    def _days(self) -> None:
        filled = self._filled
        weekdays = st.pills(
            "Days",
            list(WEEKDAY_NAMES),
            selection_mode="multi",
            default=list(filled.weekdays),
            **self._kept("weekdays"),
        )
        with st.container(horizontal=True):
            day = st.selectbox(
                "Day of the month",
                range(1, 32),
                index=self._place_of(filled.day_of_month, range(1, 32)),
                placeholder="Not set",
                **self._kept("day_of_month"),
            )
            which = st.selectbox(
                "One weekday of the month",
                WHICH,
                index=self._place_of(filled.which, WHICH),
                placeholder="Not set",
                **self._kept("which"),
            )
            weekday = st.selectbox(
                "Which weekday",
                list(WEEKDAY_NAMES),
                index=self._place_of(filled.weekday, list(WEEKDAY_NAMES)),
                format_func=WEEKDAY_NAMES.__getitem__,
                disabled=which is None,
                **self._kept("weekday"),
            )
        self._below(Group.DAYS)
        self._model.change(weekdays=tuple(weekdays), day_of_month=day, which=which, weekday=weekday)

    def _after(self) -> None:
        filled = self._filled
        with st.container(horizontal=True, vertical_alignment="bottom"):
            job = self._job()
            uuid = (
                st.text_input("Its uuid", filled.job_uuid, **self._kept("run_after_job_uuid"))
                if filled.job_uuid
                else ""
            )
            condition = st.segmented_control(
                "When that",
                [condition.value for condition in OUTCOMES],
                default=filled.condition,
                required=True,
                format_func={condition.value: word for condition, word in OUTCOMES.items()}.__getitem__,
                **self._kept("run_after_job_condition"),
            )
        self._below(Group.AFTER)
        self._model.change(job_name=job, job_uuid=uuid, condition=condition)

    def _place(self) -> None:
        """The zone, the viewer's own first, and the distance of the rundate."""
        zones = self._model.zones
        with st.container(horizontal=True):
            zone = st.selectbox("Time zone", zones, index=zones.index(self._filled.timezone), **self._kept("timezone"))
            offset = st.number_input(
                "Rundate: days after the fire",
                -36_600,
                36_600,
                self._filled.rundate_offset,
                help="The date that a run is for; -1 is the day before. The fire itself does not move.",
                **self._kept("rundate_offset"),
            )
        self._below(Group.PLACE)
        self._model.change(timezone=zone, rundate_offset=offset)

    def _job(self) -> str | None:
        return st.selectbox(
            "Job",
            self._model.jobs(),
            index=0 if self._filled.job_name else None,
            accept_new_options=True,
            placeholder="Choose a job, or type its name",
            **self._kept("run_after_job_name"),
        )

    def _kept(self, name: str) -> dict[str, Any]:
        return {"key": f"{self._prefix} {name}", "persist_state": "session"}

    def _below(self, group: Group) -> None:
        self.slots[group] = st.container()

    @staticmethod
    def _place_of(value: Any, values: Sequence[Any]) -> int | None:
        return values.index(value) if value in values else None


def _show(view: ScheduleView) -> None:
    if view.sentence != Kind.BY_HAND:
        st.markdown(f"**{literal(view.sentence)}**")
    if view.note:
        st.caption(view.note)
    if view.fires:
        st.dataframe(view.columns(), hide_index=True, alt="Next fires of the schedule")
