"""A Schedule as users write it: what its parameters may be, which contradict each other, and its three round trips."""

import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler import DAG, Schedule, SchedulerError
from dtscheduler.errors import InvalidScheduleError
from dtscheduler.model.schedule import AfterCondition, AfterSchedule, Never, NthWeekday, Weekday, Which

A_UUID = "0b0a7d5e-7b1b-4f0a-9d4f-0d6c1c9f6b1a"


# What means the same


def test_none_an_empty_list_and_leaving_out_all_mean_not_set():
    assert Schedule(at_hours=[18], at_minutes=[], weekdays=None, in_months=(), first_last=None) == Schedule(
        at_hours=[18]
    )


@pytest.mark.parametrize("name", ["at_minutes", "at_hours", "in_months"])
def test_a_bare_int_is_accepted_where_a_list_of_ints_is(name):
    assert Schedule(**{name: 7}) == Schedule(**{name: [7]})


def test_the_order_of_a_list_and_repeats_in_it_do_not_count():
    assert Schedule(at_hours=[16, 10, 16], weekdays=["Wed", "Mon"]) == Schedule(
        at_hours=[10, 16], weekdays=["Mon", "Wed"]
    )


@pytest.mark.parametrize("monday", ["Mon", "mon", "MON", "Monday", "MONDAY", " monday "])
def test_weekdays_are_short_or_long_in_any_case(monday):
    assert Schedule(weekdays=[monday]).spec.weekdays == (Weekday.MON,)


def test_a_bare_weekday_is_accepted_where_a_list_of_them_is():
    assert Schedule(weekdays="Mon") == Schedule(weekdays=["Mon"])


@pytest.mark.parametrize("january", [1, "Jan", "jan", "January", "JANUARY"])
def test_months_are_numbers_or_names(january):
    assert Schedule(in_months=[january]).spec.in_months == (1,)


@pytest.mark.parametrize("zone", [None, "", "UTC"])
def test_a_zone_that_is_not_set_is_utc(zone):
    assert Schedule(at_hours=[18], timezone=zone) == Schedule(at_hours=[18])


def test_an_offset_of_zero_is_none():
    assert Schedule(at_hours=[18], rundate_offset=0) == Schedule(at_hours=[18])


@pytest.mark.parametrize("written", [A_UUID, A_UUID.upper(), A_UUID.replace("-", ""), UUID(A_UUID)])
def test_a_uuid_may_be_written_in_any_usual_way(written):
    assert Schedule(run_after_job_uuid=written).spec.job_uuid == A_UUID


@pytest.mark.parametrize("which", list(Which))
def test_a_weekday_of_the_month_is_first_to_fifth_or_last(which):
    schedule = Schedule(first_last={"Weekday": "Fri", "Which": which.value})
    assert schedule.spec.first_last == NthWeekday(which=which, weekday=Weekday.FRI)


@pytest.mark.parametrize("condition", list(AfterCondition))
def test_a_job_may_run_after_success_after_failure_or_always(condition):
    schedule = Schedule(run_after_job_name="Load", run_after_job_condition=condition.value)
    assert schedule.spec == AfterSchedule(job_name="Load", condition=condition)


def test_a_job_runs_after_the_success_of_another_by_default():
    assert Schedule(run_after_job_name="Load").spec.condition is AfterCondition.SUCCESS


def test_name_and_uuid_of_the_preceding_job_may_be_given_together():
    schedule = Schedule(run_after_job_name="Load", run_after_job_uuid=A_UUID)
    assert (schedule.spec.job_name, schedule.spec.job_uuid) == ("Load", A_UUID)


def test_a_zone_and_an_offset_alone_make_no_schedule():
    schedule = Schedule(timezone="Europe/Paris", rundate_offset=-1)
    assert schedule.spec == Never(timezone="Europe/Paris", rundate_offset=-1)


def test_a_zone_and_an_offset_may_stand_beside_a_preceding_job():
    schedule = Schedule(run_after_job_name="Load", timezone="Europe/Paris", rundate_offset=-1)
    assert (schedule.spec.timezone, schedule.spec.rundate_offset) == ("Europe/Paris", -1)


# What is refused


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"at_minutes": [60]}, "at_minutes is 60; allowed: from 0 to 59"),
        ({"at_minutes": [-1]}, "at_minutes is -1; allowed: from 0 to 59"),
        ({"at_minutes": ["30"]}, r"at_minutes must be an int, not '30' \(str\)"),
        ({"at_minutes": [True]}, r"at_minutes must be an int, not True \(bool\)"),
        ({"at_minutes": True}, r"at_minutes must be an int, not True \(bool\)"),
        ({"at_minutes": [1.5]}, r"at_minutes must be an int, not 1.5 \(float\)"),
        ({"at_hours": [24]}, "at_hours is 24; allowed: from 0 to 23"),
        ({"at_hours": {"18": 0}}, "at_hours must be a list"),
        ({"every_minute": 0}, "every_minute is 0; allowed: from 1 to 59"),
        ({"every_minute": 60}, "every_minute is 60; allowed: from 1 to 59"),
        ({"every_hour": 0}, "every_hour is 0; allowed: from 1 to 23"),
        ({"every_hour": 24}, "every_hour is 24; allowed: from 1 to 23"),
        ({"every_month": 0}, "every_month is 0; allowed: from 1 to 12"),
        ({"every_month": 13}, "every_month is 13; allowed: from 1 to 12"),
        ({"every_hour": [2]}, r"every_hour must be an int, not \[2\] \(list\)"),
        ({"day_of_month": 0}, "day_of_month is 0; allowed: from 1 to 31"),
        ({"day_of_month": 32}, "day_of_month is 32; allowed: from 1 to 31"),
        ({"in_months": [0]}, "in_months is 0; allowed: from 1 to 12"),
        ({"in_months": ["Juno"]}, "in_months 'Juno' is no month; allowed: 1-12, 'Jan', 'January'"),
        ({"in_months": [""]}, "in_months '' is no month"),
        ({"weekdays": ["Mo"]}, "weekdays 'Mo' is no weekday; allowed: Mon, Tue"),
        ({"weekdays": [1]}, "weekdays 1 is no weekday"),
        ({"weekdays": "Mon,Tue"}, "weekdays 'Mon,Tue' is no weekday"),
        ({"first_last": {"Weekday": "Fri"}}, "first_last is .*; it is written {'Weekday': 'Fri', 'Which': 'Last'}"),
        ({"first_last": {"weekday": "Fri", "which": "Last"}}, "first_last is .*; it is written"),
        ({"first_last": {"Weekday": "Fri", "Which": "Sixth"}}, r"first_last\['Which'\] is 'Sixth' .*'First', 'Second'"),
        ({"first_last": {"Weekday": "Fry", "Which": "Last"}}, r"first_last\['Weekday'\] 'Fry' is no weekday"),
        ({"first_last": "Last Friday"}, "first_last is 'Last Friday'; it is written"),
        ({"rundate_offset": "yesterday"}, "rundate_offset must be an int"),
        ({"rundate_offset": 10**9}, "rundate_offset is 1000000000; allowed"),
        ({"run_after_job_uuid": "42"}, "run_after_job_uuid '42' is not a UUID"),
        ({"run_after_job_name": 42}, "run_after_job_name: its name must be a str, not int"),
        ({"run_after_job_name": "a\nb"}, r"run_after_job_name: .* contains U\+000A"),
        ({"run_after_job_name": "Load", "run_after_job_condition": "sometimes"}, "allowed: 'on success', 'on failure'"),
        ({"run_after_job_condition": "always"}, "run_after_job_condition needs run_after_job_name or"),
    ],
)  # fmt: skip
def test_a_value_that_means_nothing_is_refused_with_what_is_allowed(parameters, complaint):
    with pytest.raises(InvalidScheduleError, match=f"Schedule: .*{complaint}"):
        Schedule(**parameters)


@pytest.mark.parametrize(
    "zone",
    ["Europe/Atlantis", "Mars", "europe/paris/", "Europe", "/etc/localtime", "../../etc/passwd", "./UTC",
     "Europe/../UTC", " UTC", "UTC ", "UTC\n", "Europe/Paris\0", "+02:00", "\\UTC", ".", 2, "x" * 10_000]
)  # fmt: skip
def test_a_zone_that_is_unknown_or_looks_like_a_path_is_refused(zone):
    with pytest.raises(InvalidScheduleError, match="timezone .* is not an IANA time zone such as 'Europe/London'"):
        Schedule(at_hours=[18], timezone=zone)


@pytest.mark.parametrize(
    ("listed", "step"), [("at_minutes", "every_minute"), ("at_hours", "every_hour"), ("in_months", "every_month")]
)
def test_both_members_of_a_level_are_refused(listed, step):
    with pytest.raises(InvalidScheduleError, match=f"{listed} and {step} are both set; choose one"):
        Schedule(**{listed: [5], step: 2})


def test_any_mix_of_day_selectors_is_allowed():
    Schedule(weekdays=["Mon"], day_of_month=15, first_last={"Weekday": "Fri", "Which": "Last"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("at_minutes", [0]), ("every_minute", 5), ("at_hours", [0]), ("every_hour", 2), ("weekdays", ["Mon"]),
     ("day_of_month", 1), ("first_last", {"Weekday": "Mon", "Which": "First"}), ("in_months", [1]), ("every_month", 3)]
)  # fmt: skip
@pytest.mark.parametrize("after", [{"run_after_job_name": "Load"}, {"run_after_job_uuid": A_UUID}])
def test_a_time_together_with_a_preceding_job_is_refused(name, value, after):
    with pytest.raises(InvalidScheduleError, match=f"{name} and {next(iter(after))} are both set"):
        Schedule(**{name: value}, **after)


@pytest.mark.parametrize(
    "parameters",
    [
        {"day_of_month": 30, "in_months": [2]},
        {"day_of_month": 31, "in_months": [2, 4, 6, 9, 11]},
        {"day_of_month": 31, "in_months": ["April"], "at_hours": [18]},
    ],
)
def test_a_schedule_that_can_never_fire_is_refused(parameters):
    with pytest.raises(InvalidScheduleError, match=f"day_of_month={parameters['day_of_month']} never comes in "):
        Schedule(**parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {"day_of_month": 29, "in_months": [2]},
        {"day_of_month": 31, "in_months": [2, 3]},
        {"day_of_month": 31, "every_month": 5},
        {"day_of_month": 30, "in_months": [2], "weekdays": ["Mon"]},
        {"day_of_month": 30, "in_months": [2], "first_last": {"Weekday": "Mon", "Which": "Last"}},
        {"first_last": {"Weekday": "Sun", "Which": "Fifth"}, "in_months": [2]},
    ],
)
def test_a_schedule_that_fires_but_rarely_is_allowed(parameters):
    Schedule(**parameters)


def test_a_refused_schedule_is_a_complaint_like_any_other():
    with pytest.raises(SchedulerError):
        Schedule(every_minute=0)


# What a Schedule is


def test_a_schedule_cannot_be_changed():
    schedule = Schedule(at_hours=[18])
    with pytest.raises(AttributeError):
        schedule.at_hours = [19]


def test_a_schedule_shows_the_parameters_that_are_set():
    schedule = Schedule(at_hours=[18], timezone="Europe/Paris", rundate_offset=-1)
    assert repr(schedule) == "Schedule(at_hours=[18], timezone='Europe/Paris', rundate_offset=-1)"


def test_a_schedule_is_not_equal_to_other_things():
    assert Schedule() != Schedule(at_hours=[18])
    assert Schedule() != "Schedule()"


def test_a_dag_gives_its_schedule_back():
    schedule = Schedule(at_hours=[18], weekdays=["Mon"])
    assert DAG(Name="Letters", Schedule=schedule).schedule == schedule


@pytest.mark.parametrize("text", ["", "[]", "3", '"daily"', "{", '{"at_hours": [24]}', '{"hour": 3}'])
def test_json_that_is_no_schedule_is_refused(text):
    with pytest.raises(SchedulerError):
        Schedule.from_json(text)


# Round trips

weekday_names = st.sampled_from([day.value for day in Weekday])
times = st.fixed_dictionaries(
    {},
    optional={
        "at_minutes": st.lists(st.integers(0, 59), min_size=1),
        "at_hours": st.lists(st.integers(0, 23), min_size=1),
        "weekdays": st.lists(weekday_names, min_size=1),
        "day_of_month": st.integers(1, 29),
        "first_last": st.fixed_dictionaries(
            {"Weekday": weekday_names, "Which": st.sampled_from([which.value for which in Which])}
        ),
        "in_months": st.lists(st.integers(1, 12), min_size=1),
    },
)
steps = st.fixed_dictionaries(
    {},
    optional={"every_minute": st.integers(1, 59), "every_hour": st.integers(1, 23), "every_month": st.integers(1, 12)},
)
after = st.fixed_dictionaries(
    {"run_after_job_name": st.sampled_from(["Load", "Été", "a/b"])},
    optional={
        "run_after_job_uuid": st.builds(lambda: str(uuid4())),
        "run_after_job_condition": st.sampled_from([condition.value for condition in AfterCondition]),
    },
)
place = st.fixed_dictionaries(
    {},
    optional={
        "timezone": st.sampled_from(["UTC", "Europe/Paris", "Asia/Kolkata"]),
        "rundate_offset": st.integers(-9, 9),
    },
)


def without_clashes(steps, times):
    twins = {"every_minute": "at_minutes", "every_hour": "at_hours", "every_month": "in_months"}
    return {name: value for name, value in times.items() if name not in {twins[step] for step in steps}}


timed = st.builds(lambda steps, times: {**steps, **without_clashes(steps, times)}, steps, times)
schedules = st.builds(lambda when, where: Schedule(**when, **where), timed | after | st.just({}), place)


@given(schedules)
def test_what_a_schedule_shows_is_the_schedule_again(schedule):
    shown = repr(schedule)
    again = eval(shown, {"Schedule": Schedule})
    assert (again, repr(again)) == (schedule, shown)


@given(schedules)
def test_a_schedule_comes_back_from_json_as_it_was(schedule):
    text = schedule.to_json()
    again = Schedule.from_json(text)
    assert (again, again.to_json(), hash(again)) == (schedule, text, hash(schedule))


@given(schedules)
def test_the_json_of_a_schedule_holds_the_parameters_that_are_set(schedule):
    assert Schedule(**json.loads(schedule.to_json())) == schedule


@given(schedules)
def test_a_schedule_comes_back_from_the_value_it_is_kept_as(schedule):
    assert Schedule.from_spec(schedule.spec) == schedule


@given(schedules, schedules)
def test_schedules_are_equal_exactly_when_they_show_the_same(one, other):
    assert (one == other) == (repr(one) == repr(other))
