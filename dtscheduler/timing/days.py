"""Which days of a month a schedule asks for."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from dtscheduler.model.schedule import NthWeekday, Weekday, Which

_NUMBER = {day: number for number, day in enumerate(Weekday)}
_PLACE = {Which.FIRST: 0, Which.SECOND: 1, Which.THIRD: 2, Which.FOURTH: 3, Which.FIFTH: 4, Which.LAST: -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The day level: every day, or the union of weekdays, a day of the month and one weekday of the month."""

    every: bool = False
    weekdays: tuple[Weekday, ...] = ()
    day: int | None = None
    nth: NthWeekday | None = None

    def in_month(self, first_weekday: int, length: int) -> tuple[int, ...]:
        """The matching days of a month that starts on a weekday (Monday is 0) and has so many days."""
        if self.every:
            return tuple(range(1, length + 1))
        wanted = {number_of(weekday) for weekday in self.weekdays}
        found = {day for day in range(1, length + 1) if (first_weekday + day - 1) % 7 in wanted}
        if self.day is not None and self.day <= length:
            found.add(self.day)
        if self.nth is not None:
            found.update(_nth_in_month(self.nth, first_weekday, length))
        return tuple(sorted(found))

    def selectors(self) -> list[str]:
        """What is asked for, in short words: ``['Mon', 'Wed', 'day 15', 'last Fri']``; nothing for every day."""
        by_month = [f"day {self.day}"] if self.day is not None else []
        return [weekday.value for weekday in self.weekdays] + by_month + ([_short(self.nth)] if self.nth else [])

    def selectors_of(self, day: date) -> list[str]:
        """Those of the selectors that a day matches."""
        weekdays = [weekday.value for weekday in self.weekdays if number_of(weekday) == day.weekday()]
        by_month = [f"day {self.day}"] if self.day == day.day else []
        length = monthrange(day.year, day.month)[1]
        first_weekday = (day.weekday() - day.day + 1) % 7
        nth = self.nth is not None and day.day in _nth_in_month(self.nth, first_weekday, length)
        return weekdays + by_month + ([_short(self.nth)] if self.nth and nth else [])

    def match(self, day: date) -> bool:
        """Whether a day matches, whatever its month."""
        return self.every or bool(self.selectors_of(day))


def number_of(weekday: Weekday) -> int:
    """The place of a day in the week; Monday is 0."""
    return _NUMBER[weekday]


def _short(nth: NthWeekday) -> str:
    return f"{nth.which.value.lower()} {nth.weekday.value}"


def _nth_in_month(nth: NthWeekday, first_weekday: int, length: int) -> list[int]:
    first = 1 + (number_of(nth.weekday) - first_weekday) % 7
    days = list(range(first, length + 1, 7))
    place = _PLACE[nth.which]
    return [days[place]] if place < len(days) else []
