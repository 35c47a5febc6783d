"""What a function really gets: the types and values of the reserved arguments, and configurations of its own."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dtscheduler import DAG, ParallelTask, Schedule, Task

CODE = {
    "functions.py": """
        from dtscheduler import batch

        @batch()
        def everything(sub_job_name, scheduled_time, runtime, part_num, num_parts, job_config, rundate):
            return locals()

        @batch()
        def day(rundate):
            return rundate

        @batch()
        def spoil(job_config, countries):
            job_config['countries'].append('??')
            countries.append('!!')
            return job_config, countries

        @batch()
        def spoil_more(spoil):
            spoil[0]['countries'].clear()
            return spoil

        @batch()
        def look(spoil, job_config):
            return spoil, job_config

        @batch()
        def only(first, /, second=2, *, third=3):
            return first, second, third

        @batch()
        def nothing():
            return None
        """
}


@pytest.fixture
def dag(workspace, work_dir):
    return DAG(Name="Arguments", DevRun=True, WorkDir=work_dir(CODE))


def task(dag, function, **parameters):
    return Task(**{"Name": function, "Entrypoint": f"functions.{function}", "dag": dag, **parameters})


def completed(run):
    assert run.status == "completed", run.reason
    return run


def test_the_reserved_arguments_have_the_promised_types(dag):
    task(dag, "everything", Name="just me", ConfigurationJson={"country": "FR"})
    before = datetime.now(UTC)
    got = completed(dag.run(rundate="2026-01-31")).result("just me")
    assert got["sub_job_name"] == "just me"
    assert (got["rundate"], type(got["rundate"]), str(got["rundate"])) == (date(2026, 1, 31), date, "2026-01-31")
    assert (got["part_num"], got["num_parts"], got["job_config"]) == (0, 1, {"country": "FR"})
    assert before - timedelta(seconds=1) <= got["scheduled_time"] <= got["runtime"] <= datetime.now(UTC)
    assert {got["runtime"].utcoffset(), got["scheduled_time"].utcoffset()} == {timedelta(0)}


def test_a_configuration_that_was_not_given_is_an_empty_dict(dag):
    task(dag, "everything")
    assert completed(dag.run()).result("everything")["job_config"] == {}


def test_each_part_knows_its_name_its_number_and_how_many_there_are(dag):
    parts = [{"Name": name, "Description": ""} for name in ("FR", "DE", "IT")]
    ParallelTask(Name="all", Entrypoint="functions.everything", ConfigurationJson=parts, dag=dag)
    got = completed(dag.run()).result("all")
    assert [(part["sub_job_name"], part["part_num"], part["num_parts"]) for part in got] == [
        ("FR", 0, 3),
        ("DE", 1, 3),
        ("IT", 2, 3),
    ]


def test_the_configuration_comes_without_the_translation_table(dag):
    task(dag, "nothing") >> task(dag, "look", ConfigurationJson={"a": 1, "arg_translation_table": {"nothing": "spoil"}})
    assert completed(dag.run()).result("look") == (None, {"a": 1})


def test_each_task_and_each_argument_gets_a_copy_of_the_configuration(dag):
    task(dag, "spoil", ConfigurationJson={"countries": ["FR"]})
    assert completed(dag.run()).result("spoil") == ({"countries": ["FR", "??"]}, ["FR", "!!"])


def test_a_task_that_changes_its_input_harms_no_other_reader(dag):
    spoil = task(dag, "spoil", ConfigurationJson={"countries": ["FR"]})
    spoil >> [task(dag, "spoil_more"), task(dag, "look")]
    run = completed(dag.run())
    assert run.result("look")[0] == run.result("spoil") == ({"countries": ["FR", "??"]}, ["FR", "!!"])


def test_parameters_of_every_kind_are_passed_as_they_must_be(dag):
    task(dag, "only", ConfigurationJson={"first": "a", "third": "c"})
    assert completed(dag.run()).result("only") == ("a", 2, "c")


def test_none_is_a_result_like_any_other(dag):
    task(dag, "nothing") >> task(dag, "look", ConfigurationJson={"arg_translation_table": {"nothing": "spoil"}})
    run = completed(dag.run())
    assert (run.result("nothing"), run.result("look")) == (None, (None, {}))


def test_a_run_by_hand_is_for_today_in_the_zone_of_its_schedule_plus_the_offset(workspace, work_dir):
    far_east = Schedule(timezone="Pacific/Kiritimati", rundate_offset=-1)
    dag = DAG(Name="Arguments", DevRun=True, WorkDir=work_dir(CODE), Schedule=far_east)
    task(dag, "day")
    run = completed(dag.run())
    today = datetime.now(UTC) + timedelta(hours=14)
    assert run.rundate == run.result("day")
    assert timedelta(days=1) <= today.date() - run.rundate <= timedelta(days=2)  # two at midnight


@pytest.mark.parametrize("rundate", [date(2026, 1, 31), "2026-01-31"])
def test_a_rundate_of_ones_own_wins_over_the_offset(workspace, work_dir, rundate):
    dag = DAG(
        Name="Arguments",
        DevRun=True,
        WorkDir=work_dir(CODE),
        Schedule=Schedule(at_hours=[1], rundate_offset=-1),
    )
    task(dag, "day")
    assert completed(dag.run(rundate=rundate)).result("day") == date(2026, 1, 31)
