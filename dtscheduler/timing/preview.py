"""The next fires of a schedule, as a table that shows itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING

from dtscheduler.model.schedule import ScheduleSpec, TimeSchedule
from dtscheduler.model.tables import html_table, text_table
from dtscheduler.timing.calendar import fires
from dtscheduler.timing.landing import landing_of, show_local
from dtscheduler.timing.levels import ALL_HOURS, ALL_MINUTES, ALL_MONTHS, levels_of
from dtscheduler.timing.names import MONTHS, joined
from dtscheduler.timing.rundate import rundate_of
from dtscheduler.timing.words import describe

if TYPE_CHECKING:
    import pandas

_HEADER = ("local", "utc", "rundate", "rule", "clock change")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """One fire.

    Args:
        local: What the wall clock of the schedule's zone shows, with the zone's abbreviation.
        utc: The instant.
        rundate: The date that the run is for.
        rule: Which minute, hour, days and month matched.
        clock_change: What a clock change does to this fire; mostly empty.
    """

    local: str
    utc: datetime
    rundate: date
    rule: str
    clock_change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The next fires of a schedule; on a terminal and in a notebook it shows itself as a table."""

    description: str
    rows: tuple[PreviewRow, ...]

    def to_frame(self) -> pandas.DataFrame:
        """The rows as a DataFrame; ``utc`` is UTC-aware, ``rundate`` holds dates."""
        import pandas as pd

        columns: dict[str, object] = {
            "local": pd.Series([row.local for row in self.rows], dtype="str"),
            "utc": pd.Series([row.utc for row in self.rows], dtype="datetime64[us, UTC]"),
            "rundate": pd.Series([row.rundate for row in self.rows], dtype="object"),
            "rule": pd.Series([row.rule for row in self.rows], dtype="str"),
            "clock_change": pd.Series([row.clock_change for row in self.rows], dtype="str"),
        }
        return pd.DataFrame(columns)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PreviewRow]:
        return iter(self.rows)

    def __repr__(self) -> str:
        table = text_table(*self._shown()) if self.rows else "no fires ahead"
        return f"{self.description}\n{table}"

    def _repr_html_(self) -> str:
        if not self.rows:
            return html_table([self.description, "no fires ahead"], (), ())
        return html_table([self.description], *self._shown())

    def _shown(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Header and cells, without the last column where no clock changes."""
        width = 5 if any(row.clock_change for row in self.rows) else 4
        cells = [
            (row.local, f"{row.utc:%Y-%m-%d %H:%M}", row.rundate.isoformat(), row.rule, row.clock_change)
            for row in self.rows
        ]
        return _HEADER[:width], [row[:width] for row in cells]


def preview(schedule: ScheduleSpec, after: datetime, n: int) -> Preview:
    """The first fires strictly after an aware instant; none for a schedule without times."""
    rows: tuple[PreviewRow, ...] = ()
    if isinstance(schedule, TimeSchedule):
        rows = tuple(_row(schedule, fire) for fire in islice(fires(schedule, after), n))
    return Preview(description=describe(schedule), rows=rows)


def _row(schedule: TimeSchedule, fire: datetime) -> PreviewRow:
    landing = landing_of(schedule, fire)
    return PreviewRow(
        local=show_local(landing.local),
        utc=fire,
        rundate=rundate_of(schedule, fire),
        rule=_rule(schedule, landing.labels[0]),
        clock_change=landing.change.value,
    )


def _rule(schedule: TimeSchedule, label: datetime) -> str:
    """Which values of the levels, and which selectors of the day, a label matches."""
    levels = levels_of(schedule)
    found = [
        "every minute" if levels.minutes == ALL_MINUTES else f"minute {label.minute}",
        "every hour" if levels.hours == ALL_HOURS else f"hour {label.hour}",
        joined(levels.days.selectors_of(label)) if not levels.days.every else "every day",
    ]
    if levels.months != ALL_MONTHS:
        found.append(MONTHS[label.month - 1])
    return ", ".join(found)
