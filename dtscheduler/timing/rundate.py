"""For which date a run is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dtscheduler.model.schedule import ScheduleSpec


def rundate_of(schedule: ScheduleSpec, instant: datetime) -> date:
    """The rundate of a run that is scheduled for, or by hand started at, an instant.

    Args:
        schedule: gives the time zone on whose calendar the date is read, and the offset in days.
        instant: an aware datetime.

    Raises:
        OverflowError: The date would be outside the years 1 to 9999.
    """
    local = instant.astimezone(ZoneInfo(schedule.timezone)).date()
    return local + timedelta(days=schedule.rundate_offset)
