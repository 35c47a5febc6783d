"""The form for a schedule without a toolkit: what fills it, what comes of it, and where what is wrong is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler import DAG, Schedule, Task
from dtscheduler.ui.views.schedule_form import Group, Kind, Mode, ScheduleFormModel
from dtscheduler.ui.views.schedule_levels import LEVELS, Unread

MINUTES, HOURS, MONTHS = LEVELS
A_UUID = "a9f7b6de-0f6c-4ef5-9a9a-0d27b2f0f0f0"


def at_times(**entered):
    """A form in which times were chosen."""
    form = ScheduleFormModel()
    form.change(kind=Kind.AT_TIMES, **entered)
    return form


def lists(level, text):
    """What is entered where the list of a level is written."""
    return {"modes": {level.listed: Mode.LISTED}, "listed": {level.listed: level.read(text)}}


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(),
        Schedule(at_minutes=[0, 30], at_hours=[2, 18], weekdays=["Mon", "Fri"], timezone="Europe/Paris"),
        Schedule(every_minute=15, in_months=[1, 12]),
        Schedule(every_hour=6, day_of_month=31, timezone="America/New_York"),
        Schedule(first_last={"Weekday": "Fri", "Which": "Last"}, every_month=3, rundate_offset=-1),
        Schedule(run_after_job_name="Load", run_after_job_condition="always", timezone="Asia/Tokyo"),
        Schedule(run_after_job_uuid=A_UUID),
        Schedule(timezone="Asia/Tokyo", rundate_offset=2),
    ],
    ids=str,
)
def test_a_schedule_that_fills_the_form_comes_out_as_it_was(schedule):
    assert ScheduleFormModel(schedule).outcome().schedule == schedule


def test_nothing_is_asked_for_of_a_job_that_runs_by_hand():
    form = ScheduleFormModel()
    assert form.entered.kind is Kind.BY_HAND
    assert not any(form.entered.shows(group) for group in Group)
    assert form.outcome().schedule == Schedule()


def test_what_is_entered_makes_the_schedule():
    form = at_times(**lists(HOURS, "9-11, 17"), weekdays=("Mon",), rundate_offset=-1)
    assert form.outcome().schedule == Schedule(at_hours=[9, 10, 11, 17], weekdays=["Mon"], rundate_offset=-1)
    assert len(form.outcome().view.fires) == 5


def test_a_weekday_of_the_month_counts_once_it_is_said_which():
    form = at_times(weekday="Fri")
    assert form.outcome().schedule is None
    form.change(which="Last")
    assert form.outcome().schedule == Schedule(first_last={"Weekday": "Fri", "Which": "Last"})


@pytest.mark.parametrize(("kind", "needed"), [(Kind.AT_TIMES, "a minute"), (Kind.AFTER_A_JOB, "the job")])
def test_a_kind_of_which_nothing_is_said_yet_is_no_schedule(kind, needed):
    form = ScheduleFormModel()
    form.change(kind=kind)
    outcome = form.outcome()
    assert (outcome.schedule, outcome.view, outcome.wrong) == (None, None, "")
    assert needed in outcome.needed


def test_what_the_core_refuses_is_said_where_it_was_entered():
    form = at_times(modes={"in_months": Mode.LISTED}, listed={"in_months": (2,)}, day_of_month=31)
    outcome = form.outcome()
    assert outcome.schedule is None
    assert "never comes in February" in outcome.wrong
    assert outcome.group is Group.DAYS


def test_a_zone_that_is_none_is_said_beside_the_zone():
    outcome = at_times(day_of_month=1, timezone="Mars/Olympus").outcome()
    assert (outcome.schedule, outcome.group) == (None, Group.PLACE)


def test_a_list_that_cannot_be_read_is_said_below_its_level_while_it_is_asked_for():
    form = at_times(**lists(MINUTES, "0, soon"), day_of_month=1)
    outcome = form.outcome()
    assert (outcome.schedule, outcome.group) == (None, Group.MINUTES)
    assert "'soon' is none of the minutes 0 to 59" in outcome.wrong
    form.change(modes={"at_minutes": Mode.NOT_SET})
    assert form.outcome().schedule == Schedule(day_of_month=1)


def test_the_job_to_run_after_is_taken_with_its_condition():
    form = ScheduleFormModel()
    form.change(kind=Kind.AFTER_A_JOB, job_name="Load", condition="on failure")
    assert form.outcome().schedule == Schedule(run_after_job_name="Load", run_after_job_condition="on failure")


def test_the_jobs_to_choose_from_are_the_given_one_and_those_saved(workspace, work_dir):
    folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): return 1\n"})
    dag = DAG(Name="<b>Load</b>", DevRun=True, WorkDir=folder)
    Task(Name="one", Entrypoint="steps.one", dag=dag)
    dag.save()
    assert ScheduleFormModel(Schedule(run_after_job_name="Other")).jobs() == ["Other", "<b>Load</b>"]


def test_the_zone_of_who_looks_is_chosen_only_where_nothing_is_said():
    assert ScheduleFormModel(own_zone="Asia/Tokyo").entered.timezone == "Asia/Tokyo"
    assert ScheduleFormModel(Schedule(at_hours=[1]), own_zone="Asia/Tokyo").entered.timezone == "UTC"
    assert ScheduleFormModel(own_zone="Nowhere").entered.timezone == "UTC"
    assert ScheduleFormModel(own_zone="Etc/UTC").entered.timezone == "UTC"
    near = ScheduleFormModel(Schedule(at_hours=[1], timezone="Europe/Paris"), own_zone="Asia/Tokyo").zones[:3]
    assert near == ["Asia/Tokyo", "Europe/Paris", "UTC"]


@pytest.mark.parametrize(
    ("level", "text", "values"),
    [
        (MINUTES, "0, 15;30 45", (0, 15, 30, 45)),
        (HOURS, "9 - 11, 17", (9, 10, 11, 17)),
        (HOURS, "22–23, 1", (1, 22, 23)),
        (MONTHS, "jan, June-Aug", (1, 6, 7, 8)),
        (MONTHS, "12, 1 to 2", (1, 2, 12)),
        (HOURS, " ", ()),
    ],
)
def test_a_list_is_read_with_ranges_and_names(level, text, values):
    assert level.read(text) == values


@pytest.mark.parametrize(
    ("level", "text", "complaint"),
    [
        (HOURS, "24", "'24' is none of the hours 0 to 23"),
        (HOURS, "9-", "'9-' is none of"),
        (HOURS, "22-3", "22-3 ends before it begins"),
        (HOURS, "1-9999999999", "none of the hours"),
        (MONTHS, "Janitor", "none of the months Jan to Dec, or 1 to 12"),
        (MINUTES, "x" * 500, "x…' is none of the minutes"),
        (MINUTES, "-5", "none of the minutes"),
        (MINUTES, "٣", "none of the minutes"),
    ],
)
def test_what_is_no_list_says_what_one_looks_like(level, text, complaint):
    found = level.read(text)
    assert isinstance(found, Unread)
    assert complaint in found.message
    assert found.text == text


@settings(max_examples=100)
@given(st.sampled_from(LEVELS).flatmap(lambda level: st.tuples(st.just(level), st.sets(st.sampled_from(level.values)))))
def test_a_list_is_read_as_it_is_written(example):
    level, values = example
    assert level.read(level.written(values)) == tuple(sorted(values))
