"""The Schedule of a job, as users write it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dtscheduler.api import checks
from dtscheduler.api import schedule_fields as fields
from dtscheduler.errors import InvalidJobError, InvalidScheduleError
from dtscheduler.model.schedule import ScheduleSpec, TimeSchedule

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from datetime import date, datetime
    from typing import Any

    from dtscheduler.timing.explain import Explanation
    from dtscheduler.timing.preview import Preview


class Schedule:
    """When a job runs: at times of the clock, after another job, or - with no parameter - only by hand.

    Time fields form four levels: minute, hour, day, month. An instant fires when every level matches. Levels coarser
    than the finest one that is set do not constrain; finer ones take their first value: ``at_hours=[18]`` is 18:00,
    ``weekdays=['Mon']`` is Monday 00:00. The day's selectors (``weekdays``, ``day_of_month``, ``first_last``) add up.
    Schedules are equal when they say the same, and immutable. A bare int is taken where a list of ints is asked for;
    None, ``[]`` and leaving a parameter out mean "not set".

    Args:
        at_minutes: Minutes of the hour, 0 to 59.
        every_minute: Every so many minutes, 1 to 59, counted from the full hour. Not together with ``at_minutes``.
        at_hours: Hours of the day, 0 to 23.
        every_hour: Every so many hours, 1 to 23, counted from midnight. Not together with ``at_hours``.
        weekdays: Days of the week: ``'Mon'`` or ``'Monday'``, in any case.
        day_of_month: Day of the month, 1 to 31; months that are shorter are left out.
        first_last: One weekday of the month: ``{'Weekday': 'Fri', 'Which': 'Last'}``; ``Which`` is First, Second,
            Third, Fourth, Fifth or Last.
        in_months: Months, 1 to 12 or names (``'Jan'``, ``'January'``).
        every_month: Every so many months, 1 to 12, counted from January. Not together with ``in_months``.
        timezone: IANA name of the zone on whose clock the fields are read, e.g. ``'Europe/London'``. Default: UTC.
        rundate_offset: Days added to the date of the fire to give the rundate; the fire itself does not move.
        run_after_job_name: Name of the job after whose runs this one runs. Not together with time fields.
        run_after_job_uuid: The same by uuid.
        run_after_job_condition: ``'on success'``, ``'on failure'`` or ``'always'``.

    Raises:
        InvalidScheduleError: A value out of range, fields that contradict each other, an unknown zone, or a schedule
            that can never fire; the message names the parameter.
    """

    __slots__ = ("_spec",)

    @checks.known_keywords
    def __init__(
        self,
        at_minutes: Sequence[int] | int | None = None,
        every_minute: int | None = None,
        at_hours: Sequence[int] | int | None = None,
        every_hour: int | None = None,
        weekdays: Sequence[str] | str | None = None,
        day_of_month: int | None = None,
        first_last: Mapping[str, str] | None = None,
        in_months: Sequence[int | str] | int | str | None = None,
        every_month: int | None = None,
        timezone: str | None = None,
        rundate_offset: int | None = None,
        run_after_job_name: str | None = None,
        run_after_job_uuid: str | None = None,
        run_after_job_condition: str | None = None,
    ) -> None:
        try:
            self._spec = fields.read(
                {
                    "at_minutes": at_minutes,
                    "every_minute": every_minute,
                    "at_hours": at_hours,
                    "every_hour": every_hour,
                    "weekdays": weekdays,
                    "day_of_month": day_of_month,
                    "first_last": first_last,
                    "in_months": in_months,
                    "every_month": every_month,
                    "timezone": timezone,
                    "rundate_offset": rundate_offset,
                    "run_after_job_name": run_after_job_name,
                    "run_after_job_uuid": run_after_job_uuid,
                    "run_after_job_condition": run_after_job_condition,
                }
            )
        except InvalidScheduleError:
            raise
        except InvalidJobError as error:
            raise InvalidScheduleError(str(error)) from None

    @property
    def spec(self) -> ScheduleSpec:
        """The schedule as a plain value."""
        return self._spec

    @classmethod
    def from_spec(cls, spec: ScheduleSpec) -> Schedule:
        """Make a Schedule from the plain value that another one was kept as."""
        schedule = cls.__new__(cls)
        schedule._spec = spec
        return schedule

    def next_fires(self, after: datetime | None = None, n: int = 5) -> list[datetime]:
        """The next ``n`` fires strictly after an instant, in UTC; none for a schedule without times.

        Args:
            after: An aware datetime. Default: now.
            n: How many.
        """
        from itertools import islice

        from dtscheduler.timing.calendar import fires

        begin, count = fields.start(after), fields.count(n, "n")
        return list(islice(fires(self._spec, begin), count)) if isinstance(self._spec, TimeSchedule) else []

    def preview(self, n: int = 5, after: datetime | None = None) -> Preview:
        """The next ``n`` fires as a table that shows itself: local time, UTC, rundate, what matched, clock changes.

        Its ``rows`` are plain values; ``to_frame()`` gives a DataFrame. Parameters as in ``next_fires``.
        """
        from dtscheduler.timing.preview import preview

        with fields.within_the_calendar():
            return preview(self._spec, fields.start(after), fields.count(n, "n"))

    def describe(self) -> str:
        """The schedule as an English sentence: ``'at 18:00 Europe/Paris every day, for the day before'``."""
        from dtscheduler.timing.words import describe

        return describe(self._spec)

    def explain(self, instant: datetime) -> Explanation:
        """Why the schedule fires at an aware instant, or does not: level by level, and what a clock change does."""
        from dtscheduler.timing.explain import explain

        with fields.within_the_calendar():
            return explain(self._spec, fields.instant(instant, "instant"))

    def rundate_for(self, instant: datetime) -> date:
        """The rundate of a run that is scheduled for, or by hand started at, an aware instant."""
        from dtscheduler.timing.rundate import rundate_of

        with fields.within_the_calendar():
            return rundate_of(self._spec, fields.instant(instant, "instant"))

    @classmethod
    def from_cron(cls, text: str, timezone: str | None = None) -> Schedule:
        """Read a cron expression of five fields, or ``'@daily'`` and the like.

        Names, lists, ranges and steps are understood, and in the day of week ``'5L'`` (the last Friday) and ``'5#3'``
        (the third). As in cron, a day of month and a day of week add up.

        Args:
            text: The expression.
            timezone: As for the constructor.

        Raises:
            InvalidScheduleError: What is no cron expression, and what a Schedule cannot say, such as several days of
                the month, seconds and years; the message names the field and says what to do.
        """
        from dtscheduler.timing.cron import parameters_from_cron

        parameters: dict[str, Any] = parameters_from_cron(fields.expression(text))
        return cls(**parameters, timezone=timezone)

    def to_cron(self) -> list[str]:
        """Write cron expressions that together fire like the schedule; the zone and the offset are not in them.

        Raises:
            InvalidScheduleError: The schedule has no times.
        """
        from dtscheduler.timing.cron import to_cron

        return to_cron(self._spec)

    def to_json(self) -> str:
        """Write the schedule as JSON: an object of the parameters that are set."""
        return json.dumps(fields.written(self._spec))

    @classmethod
    def from_json(cls, text: str) -> Schedule:
        """Read what ``to_json`` wrote; the parameters are checked again."""
        try:
            parameters = json.loads(text)
        except ValueError as error:
            raise InvalidScheduleError(f"Schedule: this is not JSON: {error}") from None
        if not isinstance(parameters, dict):
            raise InvalidScheduleError("Schedule: the JSON of a schedule is an object of its parameters")
        return cls(**parameters)

    def __eq__(self, other: object) -> bool:
        return self._spec == other._spec if isinstance(other, Schedule) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._spec)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from dtscheduler.model.tables import html_table

        preview = self.preview()
        timed = isinstance(self._spec, TimeSchedule)
        shown = preview._repr_html_() if timed else html_table([preview.description])
        return {"text/plain": f"{self!r}\n{preview if timed else preview.description}", "text/html": shown}

    def __repr__(self) -> str:
        return f"Schedule({', '.join(f'{name}={value!r}' for name, value in fields.written(self._spec).items())})"
