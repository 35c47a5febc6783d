"""The rules of schedules once more, as slowly and plainly as they are told: minute by minute."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def expected_fires(schedule, after, until):
    """All fires in (after, until]; both are full minutes, in UTC."""
    minutes = minutes_and_labels(schedule.timezone, after - timedelta(days=2), until)
    matches = rules(schedule)
    if in_effect_all_day(schedule):
        found = [instant for instant, label in minutes if matches(label)]
    else:
        found = at_first_sight(minutes, matches)
    return [instant for instant in found if after < instant]


def at_first_sight(minutes, matches):
    """A label fires when the clock first shows it, or jumps over it; what was reached once does not fire again."""
    found, reached = [], minutes[0][1]
    for instant, label in minutes[1:]:
        fires = False
        while reached < label:
            reached += MINUTE
            fires = matches(reached) or fires
        if fires:
            found.append(instant)
    return found


@lru_cache(maxsize=4)
def minutes_and_labels(zone, start, end):
    instants = [start + number * MINUTE for number in range((end - start) // MINUTE + 1)]
    return [(instant, instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)) for instant in instants]


@lru_cache(maxsize=100)
def rules(schedule):
    """Whether a label of the wall clock matches at all four levels."""
    minute_set = schedule.at_minutes != () or schedule.every_minute is not None
    hour_set = schedule.at_hours != () or schedule.every_hour is not None
    day_set = schedule.weekdays != () or schedule.day_of_month is not None or schedule.first_last is not None

    def minute_matches(minute):
        if not minute_set:
            return minute == 0
        return minute in schedule.at_minutes or (schedule.every_minute and minute % schedule.every_minute == 0)

    def hour_matches(hour):
        if not hour_set:
            return minute_set or hour == 0
        return hour in schedule.at_hours or (schedule.every_hour and hour % schedule.every_hour == 0)

    def day_matches(day):
        if not day_set:
            return ((minute_set or hour_set) and not schedule.every_month) or day.day == 1
        of_week = WEEKDAYS[day.weekday()] in [weekday.value for weekday in schedule.weekdays]
        return of_week or day.day == schedule.day_of_month or is_nth(day, schedule.first_last)

    def month_matches(month):
        if schedule.every_month:
            return (month - 1) % schedule.every_month == 0
        return not schedule.in_months or month in schedule.in_months

    times = {
        (hour, minute) for hour in range(24) for minute in range(60) if hour_matches(hour) and minute_matches(minute)
    }
    days = cache(lambda day: bool(month_matches(day.month) and day_matches(day)))
    return lambda label: (label.hour, label.minute) in times and label.second == 0 and days(label.date())


def is_nth(day, nth):
    if nth is None or WEEKDAYS[day.weekday()] != nth.weekday.value:
        return False
    if nth.which.value == "Last":
        return day.day + 7 > monthrange(day.year, day.month)[1]
    return (day.day - 1) // 7 == ["First", "Second", "Third", "Fourth", "Fifth"].index(nth.which.value)


def in_effect_all_day(schedule):
    if schedule.every_hour is not None:
        return schedule.every_hour == 1
    if schedule.at_hours:
        return len(schedule.at_hours) == 24
    return schedule.at_minutes != () or schedule.every_minute is not None


@cache
def days_of_clock_changes(zone, first_year, last_year):
    """The starts, in UTC, of the days within which the offset of a zone changes."""
    found, day = [], datetime(first_year, 1, 1, tzinfo=UTC)
    while day.year <= last_year:
        tomorrow = day + timedelta(days=1)
        if offset(zone, day) != offset(zone, tomorrow):
            found.append(day)
        day = tomorrow
    return found


def offset(zone, instant):
    return instant.astimezone(ZoneInfo(zone)).utcoffset()
