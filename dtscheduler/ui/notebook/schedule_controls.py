"""The controls of a form for a schedule: they are filled from what is entered, and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets as widgets

from dtscheduler.model.shown import printable
from dtscheduler.ui.views.schedule_form import OUTCOMES, WEEKDAY_NAMES, WHICH, Entered, Group, Kind, Mode
from dtscheduler.ui.views.schedule_levels import LEVELS, Level, Unread

LABELS = "88px"
LINE = widgets.Layout
_NOT_SET = "Not set"
_UNSET = 0  # ipywidgets shows no choice at all for None
_ERROR = f"color:var(--jp-error-color1,#d32f2f);line-height:20px;white-space:normal;margin-left:calc({LABELS} + 10px)"
_DATES = "The date that a run is for, in days after its fire; -1 is the day before. The fire itself does not move."


class LevelControls:
    """A level that is a list of values or a step, or neither: what is chosen brings the control for it."""

    def __init__(self, level: Level) -> None:
        self.level = level
        words = [(_NOT_SET, Mode.NOT_SET), (level.list_word, Mode.LISTED), (level.step_word, Mode.STEPS)]
        self.mode = _toggles(words, level.label)
        self.text = widgets.Text(
            placeholder=level.example,
            continuous_update=False,
            layout=LINE(width="200px"),
            tooltip=f"{level.label}, such as {level.example}",
        )
        self.step = widgets.IntText(
            1, continuous_update=False, layout=LINE(width="72px"), tooltip=f"Every so many {level.label.lower()}"
        )
        self.row = _line(level.label, self.mode, self.text, self.step)

    def fill(self, entered: Entered) -> None:
        values = entered.listed[self.level.listed]
        self.mode.value = entered.mode(self.level.listed)
        self.text.value = values.text if isinstance(values, Unread) else self.level.written(values)
        self.step.value = entered.steps[self.level.listed]

    def arrange(self) -> None:
        """Show the control for what is chosen."""
        _show(self.text, self.mode.value is Mode.LISTED)
        _show(self.step, self.mode.value is Mode.STEPS)

    @property
    def inputs(self) -> tuple[Any, ...]:
        return self.mode, self.text, self.step


class Controls:
    """All controls of the form, each group with a line below it for what is wrong there.

    Args:
        changed: called after something was entered.
    """

    def __init__(self, changed: Callable[[Any], None]) -> None:
        self.kind = _toggles([(kind.value, kind) for kind in Kind], "When it runs")
        self.levels = [LevelControls(level) for level in LEVELS]
        self.weekdays = {
            short: widgets.ToggleButton(description=short, tooltip=name, layout=LINE(width="56px", margin="0"))
            for short, name in WEEKDAY_NAMES.items()
        }
        self.day = _choices([str(day) for day in range(1, 32)], range(1, 32), "Day of the month")
        self.which = _choices(WHICH, WHICH, "Which one of the weekdays of the month")
        self.weekday = widgets.Dropdown(
            options=[(name, short) for short, name in WEEKDAY_NAMES.items()],
            layout=LINE(width="120px"),
            tooltip="Which weekday",
        )
        self.zone = _typed("Time zone", "Type to search, e.g. Paris")
        self.offset = widgets.IntText(0, continuous_update=False, layout=LINE(width="88px"), tooltip=_DATES)
        self.job = _typed("Job that it runs after", "Choose a job, or type its name")
        self.uuid = widgets.Text(continuous_update=False, layout=LINE(width="330px"), tooltip="Its uuid")
        self.condition = _toggles([(word, condition.value) for condition, word in OUTCOMES.items()], "When that job")
        self._slots = {group: widgets.HTML(layout=LINE(min_height="20px", margin="0")) for group in [*Group, None]}
        self._boxes = self._grouped()
        self.form = widgets.VBox(
            [_line("When it runs", self.kind), *self._boxes.values(), self._slots[None]], layout=LINE(margin="0")
        )
        for control in self._inputs():
            control.observe(changed, "value")

    def _grouped(self) -> dict[Group, widgets.VBox]:
        minutes, hours, months = self.levels
        self._uuid_row = _line("Its uuid", self.uuid)
        lines = {
            Group.MINUTES: [minutes.row],
            Group.HOURS: [hours.row],
            Group.DAYS: [
                _line("Days", *self.weekdays.values()),
                _line("Day of month", self.day, widgets.Label("and the"), self.which, self.weekday),
            ],
            Group.MONTHS: [months.row],
            Group.AFTER: [_line("Job", self.job, widgets.Label("when it"), self.condition), self._uuid_row],
            Group.PLACE: [_line("Time zone", self.zone, widgets.Label("Rundate, days after"), self.offset)],
        }
        return {group: widgets.VBox([*found, self._slots[group]]) for group, found in lines.items()}

    def _inputs(self) -> list[Any]:
        found = [self.kind, *self.weekdays.values(), self.day, self.which, self.weekday, self.zone, self.offset]
        return [*found, self.job, self.uuid, self.condition, *(one for level in self.levels for one in level.inputs)]

    def fill(self, entered: Entered, zones: Sequence[str]) -> None:
        """Let the controls hold what is entered."""
        self.kind.value = entered.kind
        for level in self.levels:
            level.fill(entered)
        for short, button in self.weekdays.items():
            button.value = short in entered.weekdays
        self.day.value, self.which.value = entered.day_of_month or _UNSET, entered.which or _UNSET
        self.weekday.value = entered.weekday
        self.zone.options = tuple(zones)
        self.zone.value, self.offset.value = entered.timezone, entered.rundate_offset
        self.job.value, self.uuid.value = entered.job_name or "", entered.job_uuid
        self.condition.value = entered.condition
        _show(self._uuid_row, bool(entered.job_uuid))

    def offer(self, jobs: Sequence[str]) -> None:
        """Let these jobs be chosen."""
        self.job.options = tuple(jobs)

    def read(self, before: Entered) -> Entered:
        """What the controls hold."""
        return replace(
            before,
            kind=self.kind.value,
            modes={level.level.listed: level.mode.value for level in self.levels},
            listed={level.level.listed: level.level.read(level.text.value) for level in self.levels},
            steps={level.level.listed: level.step.value for level in self.levels},
            weekdays=tuple(short for short, button in self.weekdays.items() if button.value),
            day_of_month=self.day.value or None,
            which=self.which.value or None,
            weekday=self.weekday.value,
            timezone=self.zone.value.strip(),
            rundate_offset=self.offset.value,
            job_name=self.job.value or None,
            job_uuid=self.uuid.value.strip(),
            condition=self.condition.value,
        )

    def arrange(self, entered: Entered) -> None:
        """Show what belongs to the kind that is chosen."""
        for group, box in self._boxes.items():
            _show(box, entered.shows(group))
        for level in self.levels:
            level.arrange()
        self.weekday.disabled = entered.which is None

    def complain(self, wrong: str, group: Group | None) -> None:
        """Say what is wrong below the controls it is about, and nothing below the others."""
        said = f'<div role="alert" style="{_ERROR}">{escape(printable(wrong))}</div>' if wrong else ""
        for place, slot in self._slots.items():
            slot.value = said if place is group else ""
        _show(self._slots[None], bool(wrong) and group is None)


def _toggles(options: Sequence[tuple[str, Any]], tooltip: str) -> Any:
    found = widgets.ToggleButtons(options=options, tooltip=tooltip, layout=LINE(margin="0"))
    found.style.button_width = "auto"
    return found


def _choices(labels: Sequence[str], values: Sequence[Any], tooltip: str) -> Any:
    options = [(_NOT_SET, _UNSET), *zip(labels, values, strict=True)]
    return widgets.Dropdown(options=options, value=_UNSET, layout=LINE(width="88px"), tooltip=tooltip)


def _typed(tooltip: str, placeholder: str) -> Any:
    """A text with suggestions, which are searched while it is typed."""
    return widgets.Combobox(
        placeholder=placeholder, continuous_update=False, layout=LINE(width="240px"), tooltip=tooltip
    )


def _line(label: str, *controls: Any) -> widgets.HBox:
    layout = LINE(flex_flow="row wrap", align_items="center", grid_gap="4px 8px", overflow="visible")
    return widgets.HBox([widgets.Label(label, layout=LINE(width=LABELS, margin="0")), *controls], layout=layout)


def _show(control: Any, shown: bool) -> None:
    control.layout.display = None if shown else "none"
