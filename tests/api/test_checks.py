"""Values that a parameter may not have: refused where they are given, with the parameter and what is allowed."""

from datetime import timedelta

import pytest

from dtscheduler import DAG, ParallelTask, Schedule, SchedulerError, Task
from dtscheduler.api.when import as_rundate
from dtscheduler.errors import InvalidJobError, UnknownParameterError


def task(**parameters):
    dag = DAG(Name="Letters", Image="Any image")
    return Task(**{"Name": "a", "Entrypoint": "letters.write", "dag": dag, **parameters})


@pytest.mark.parametrize(
    ("kind", "keyword", "meant"),
    [
        (DAG, "name", "DAG has no parameter 'name'; did you mean 'Name'?"),
        (DAG, "work_dir", "DAG has no parameter 'work_dir'; did you mean 'WorkDir'?"),
        (DAG, "schedule", "DAG has no parameter 'schedule'; did you mean 'Schedule'?"),
        (Task, "name", "Task has no parameter 'name'; did you mean 'Name'?"),
        (Task, "configuration_json", "Task has no parameter 'configuration_json'; did you mean 'ConfigurationJson'?"),
        (ParallelTask, "cpu", "ParallelTask has no parameter 'cpu'; did you mean 'CPU'?"),
        (Schedule, "at_hour", "Schedule has no parameter 'at_hour'; did you mean 'at_hours'?"),
        (Schedule, "time_zone", "Schedule has no parameter 'time_zone'; did you mean 'timezone'?"),
    ],
)
def test_an_unknown_keyword_is_answered_with_the_one_that_was_meant(kind, keyword, meant):
    with pytest.raises(UnknownParameterError) as refused:
        kind(**{keyword: "x"})
    assert str(refused.value) == meant


def test_a_keyword_that_is_like_no_other_is_answered_with_all_there_are():
    with pytest.raises(UnknownParameterError, match="DAG has no parameter 'qqq'; it has: Name, Tag, Schedule, DevRun"):
        DAG(qqq=1)


def test_an_unknown_keyword_is_caught_as_the_type_error_that_python_raises():
    with pytest.raises(TypeError):
        Task(name="a")


def test_every_complaint_is_of_one_family_and_a_value_error():
    with pytest.raises(SchedulerError):
        task(CPU=-1)
    with pytest.raises(ValueError, match="CPU"):
        task(CPU=-1)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"CPU": -1}, r"CPU \(MHz\) is -1; allowed: from 1 to"),
        ({"CPU": 0}, r"CPU \(MHz\) is 0; allowed: from 1 to"),
        ({"CPU": "400"}, r"CPU \(MHz\) must be an int, not '400' \(str\)"),
        ({"CPU": 400.0}, r"CPU \(MHz\) must be an int, not 400.0 \(float\)"),
        ({"CPU": True}, r"CPU \(MHz\) must be an int, not True \(bool\)"),
        ({"CPU": None}, r"CPU \(MHz\) must be an int, not None"),
        ({"CPU": 10**30}, r"CPU \(MHz\) is 1000000000000000000000000000000; allowed: from 1 to"),
        ({"Memory": -1}, r"Memory \(MB\) is -1; allowed: from 1 to"),
        ({"Memory": "1GB"}, r"Memory \(MB\) must be an int, not '1GB' \(str\)"),
        ({"Disk": -1}, r"Disk \(MB\) is -1; allowed: from 0 to"),
        ({"Retries": -1}, "Retries is -1; allowed: from 0 to 1000"),
        ({"Retries": 0.5}, r"Retries must be an int, not 0.5 \(float\)"),
        ({"Arch": "x86"}, r"Arch is 'x86' \(str\); allowed: 'amd64', 'arm64'"),
        ({"Os": "windows"}, r"Os is 'windows' \(str\); allowed: 'fedora', 'alpine'"),
        ({"Priority": 1}, r"Priority is 1 \(int\); allowed: 'LOW', 'NORMAL', 'HIGH'"),
        ({"CountForPrewarming": 1}, r"CountForPrewarming must be True or False, not 1 \(int\)"),
        ({"Isolation": "container"}, r"Isolation is 'container' \(str\); allowed: 'worker', 'process'"),
        ({"Description": 1}, "Description must be a str, not int"),
        ({"Description": "x" * 10_001}, "Description has 10001 characters; at most 10000 are allowed"),
        ({"Description": "a\0b"}, "Description contains a NUL"),
        ({"ConfigurationJson": [{"a": 1}]}, "ConfigurationJson must be a dict, not list"),
        ({"ConfigurationJson": "{}"}, "ConfigurationJson must be a dict, not str"),
    ],
)
def test_a_value_that_a_task_may_not_have_is_refused_with_what_is_allowed(parameters, complaint):
    with pytest.raises(InvalidJobError, match=f"Task 'a': {complaint}"):
        task(**parameters)


def test_a_very_long_value_is_shown_short():
    with pytest.raises(InvalidJobError) as refused:
        task(CPU="9" * 100_000)
    assert len(str(refused.value)) < 200


def test_a_numpy_integer_is_an_int():
    import numpy

    assert task(CPU=numpy.int64(800)).spec.needs.cpu_mhz == 800


@pytest.mark.parametrize("tag", ["production", "Dev", "", None, 1])
def test_a_tag_is_dev_pre_or_prod(tag):
    with pytest.raises(InvalidJobError, match="DAG 'Letters': Tag is .*; allowed: 'dev', 'pre', 'prod'"):
        DAG(Name="Letters", Tag=tag)


@pytest.mark.parametrize("permissions", ["rwx", "rwrwr", "rwrwr--", "RWRWR-", "wrwr-r", "rwrwr-\n", "", 664, None])
def test_permissions_are_six_letters(permissions):
    with pytest.raises(InvalidJobError, match="DAG 'Letters': Permissions is .*; it is six letters.*'rwrwr-'"):
        DAG(Name="Letters", Permissions=permissions)


@pytest.mark.parametrize(
    "length", ["0s", "0h 0m", "", "-1h", "1.5h", "soon", "90", 90, "1h30", "30m 1h", "00:00:00", "1:60:00",
               "1h 1h", timedelta(0), timedelta(seconds=-1), "99999999999d", [], True]
)  # fmt: skip
def test_fail_after_is_a_positive_length_of_time(length):
    with pytest.raises(InvalidJobError, match="DAG 'Letters': FailAfter is .*; it is a positive length of time: '1h 3"):
        DAG(Name="Letters", FailAfter=length)


@pytest.mark.parametrize("length", ["1h 30m", "1h30m", "01:30:00", "90m", "5400s", timedelta(minutes=90), " 1H 30M "])
def test_the_same_length_of_time_can_be_written_in_many_ways(length):
    dag = DAG(Name="Letters", Image="Any image", FailAfter=length)
    Task(Name="a", Entrypoint="letters.write", dag=dag)
    assert dag.spec().fail_after == timedelta(minutes=90)


@pytest.mark.parametrize("rundate", ["2026-1-31", "31.01.2026", 20260131, "yesterday", ""])
def test_a_rundate_is_a_date(workspace, tmp_path, rundate):
    dag = DAG(Name="Letters", DevRun=True, WorkDir=tmp_path)
    Task(Name="a", Entrypoint="letters.write", dag=dag)
    with pytest.raises(InvalidJobError, match="rundate is .*; it is a date or 'YYYY-MM-DD'"):
        dag.run(rundate=rundate)


def test_a_day_that_the_calendar_does_not_have_is_no_rundate():
    with pytest.raises(InvalidJobError, match="rundate is '2026-02-30', a day that the calendar does not have"):
        as_rundate("2026-02-30")
