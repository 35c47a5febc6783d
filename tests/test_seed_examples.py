"""Every example of the reference, as printed and in its order, run for real.

Only one is mended: in ``TWO_TASKS`` the printed example misses a closing bracket.
"""

import re
import sys
from datetime import date

import pytest

from dtscheduler import Schedule, jobs, runs
from dtscheduler.model.schedule import AfterCondition, AfterSchedule, Never, NthWeekday, TimeSchedule, Weekday, Which

# dt.scheduler.batch

MY_FILE = """
import dt.scheduler

@dt.scheduler.batch()
def foo(rundate, job_config):
    print(f'{job_config=}')
    print(f'{rundate=}')
    return 'This is the return value of function foo'

@dt.scheduler.batch()
def bar(foo):
    print(f'{foo=}')
    return 'This is the return value of function bar'

@dt.scheduler.batch(translation_table={'running_date': 'rundate'})
def baz(foo, bar, running_date):
    print(f'{foo=}')
    print(f'{bar=}')
    print(f'I am running with a custom rundate: {running_date}')
    return 'This is the return value of function baz'
"""

WITH_DECORATORS = """
from dt.scheduler import DAG, Schedule, Task

with DAG(Name='Test batch with decorators', Tag='dev', Schedule=Schedule()) as dag:
    foo = Task(
        Name='foo task',
        Image=IMAGE,
        Entrypoint='my_package.my_file.foo',
        dag=dag,
        Description='This is for testing'
    )
    bar = Task(
        Name='bar task',
        Image=IMAGE,
        Entrypoint='my_package.my_file.bar',
        dag=dag,
        ConfigurationJson={'arg_translation_table': {'foo task': 'foo'}},
        Description='This is for testing'
    )
    baz = Task(
        Name='baz task',
        Image=IMAGE,
        Entrypoint='my_package.my_file.baz',
        dag=dag,
        ConfigurationJson={'arg_translation_table': {'foo task': 'foo', 'bar task': 'bar'}},
        Description='This is for testing'
    )
    foo >> bar
    [foo, bar] >> baz

dag.save()
"""

COMPOSITION = """
rundate = '2021-01-01'
job_config = {'key': 'value'}
foo_return = foo(rundate=rundate, job_config=job_config)
bar_return = bar(foo=foo_return)
baz_return = baz(foo=foo_return, bar=bar_return, running_date=rundate)
"""

TASKS = ("foo task", "bar task", "baz task")


@pytest.fixture
def my_package(image, monkeypatch):
    """The package of the first example, in an image and importable here."""
    monkeypatch.syspath_prepend(image("Test image", {"my_package/my_file.py": MY_FILE}))
    yield
    for name in ("my_package", "my_package.my_file"):
        sys.modules.pop(name, None)


def test_functions_with_decorators_are_saved_as_a_job_with_an_empty_schedule(my_package):
    executed(WITH_DECORATORS, IMAGE="Test image")
    [job] = jobs()
    assert (job.name, job.version, job.schedule) == ("Test batch with decorators", 1, Schedule())


def test_saving_the_example_again_changes_nothing(my_package):
    executed(WITH_DECORATORS, IMAGE="Test image")
    executed(WITH_DECORATORS, IMAGE="Test image")
    assert [len(job.versions()) for job in jobs()] == [1]


def test_bar_waits_for_foo_and_baz_for_both(my_package):
    spec = executed(WITH_DECORATORS, IMAGE="Test image")["dag"].spec()
    assert [task.name for task in spec.tasks] == list(TASKS)
    assert spec.upstream == ((), (0,), (0, 1))


def test_the_job_returns_what_the_printed_function_composition_returns(my_package):
    run = executed(WITH_DECORATORS, IMAGE="Test image")["dag"].run(rundate="2021-01-01")
    composed = executed("from my_package.my_file import *" + COMPOSITION)
    assert run.status == "completed", run.reason
    assert [run.result(task) for task in TASKS] == [composed[f"{name}_return"] for name in ("foo", "bar", "baz")]


def test_the_job_prints_what_the_printed_function_composition_prints(my_package, capsys):
    dag = executed(WITH_DECORATORS, IMAGE="Test image")["dag"]
    dag["foo task"].options(ConfigurationJson={"key": "value"})
    run = dag.run(rundate="2021-01-01")
    capsys.readouterr()
    executed("from my_package.my_file import *" + COMPOSITION.replace("'2021-01-01'", "RUNDATE"), RUNDATE=NEW_YEAR)
    assert "".join(run.log(task) for task in TASKS) == capsys.readouterr().out


def test_the_logs_show_the_config_the_rundate_and_the_results_handed_on(my_package):
    run = executed(WITH_DECORATORS, IMAGE="Test image")["dag"].run(rundate="2021-01-01")
    assert [run.log(task).splitlines() for task in TASKS] == [
        ["job_config={}", "rundate=datetime.date(2021, 1, 1)"],
        ["foo='This is the return value of function foo'"],
        [
            "foo='This is the return value of function foo'",
            "bar='This is the return value of function bar'",
            "I am running with a custom rundate: 2021-01-01",
        ],
    ]


# dt.scheduler.DAG

TWO_TASKS = """
from dt.scheduler import DAG, Schedule, Task

with DAG(Name='Test Batch', Tag='dev', Schedule=Schedule(at_hours=[18], at_minutes=[0])) as dag:
    task1 = Task(Image='Test Image', Entrypoint='test_entrypoint.main', Name='Task 1', dag=dag)
    task2 = Task(Image='Test Image', Entrypoint='test_entrypoint.main', Name='Task 2', dag=dag)
    task1 >> task2

dag.save()
"""

TEST_ENTRYPOINT = """
def __batch_main__(sub_job_name, scheduled_time, runtime, part_num, num_parts, job_config, rundate, *results):
    print(f'{sub_job_name} runs after {results}')
    return f'{sub_job_name} is done'
"""


def test_two_tasks_are_saved_to_run_at_18h_utc(image):
    image("Test Image", {"test_entrypoint/main.py": TEST_ENTRYPOINT})
    executed(TWO_TASKS)
    [job] = jobs()
    assert (job.name, job.schedule) == ("Test Batch", Schedule(at_hours=[18], at_minutes=[0], timezone="UTC"))


def test_task_2_is_only_triggered_after_task_1_completes(image):
    image("Test Image", {"test_entrypoint/main.py": TEST_ENTRYPOINT})
    run = executed(TWO_TASKS)["dag"].run()
    assert run.results() == {"Task 1": "Task 1 is done", "Task 2": "Task 2 is done"}
    assert run.log("Task 2") == "Task 2 runs after ('Task 1 is done',)\n"
    times = run.task_runs().set_index("task")
    assert times.loc["Task 1", "ended"] <= times.loc["Task 2", "started"]


DEV_RUN = """
from my_test_batch.entrypoints import *
from dt.scheduler import DAG

with DAG(Name='Test Batch DevRun', DevRun=True, WorkDir='~/example'):
    value = load()
    compute(input=value)
"""

ENTRYPOINTS = """
import dt.scheduler

@dt.scheduler.batch()
def load():
    return [1, 2, 3]

@dt.scheduler.batch()
def compute(input):
    print(f'computing with {input}')
    return sum(input)
"""


def test_a_dev_run_runs_when_its_block_ends(workspace, work_dir, monkeypatch):
    home = work_dir({"example/my_test_batch/entrypoints.py": ENTRYPOINTS}, folder="user")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.syspath_prepend(home / "example")
    executed(DEV_RUN)
    [run] = runs(job="Test Batch DevRun")
    assert (run.status, run.results()) == ("completed", {"load": [1, 2, 3], "compute": 6})
    assert run.log("compute") == "computing with [1, 2, 3]\n"


# dt.scheduler.Schedule

ON_SOME_DAYS = """
from dt.scheduler import Schedule

schedule = Schedule(
    at_minutes=[30], # Run at 30 minutes past the hour
    at_hours=[10, 16], # Run at 10 AM and 4 PM
    weekdays=['Mon', 'Wed'], # Mondays and Wednesdays only
    first_last={'Weekday': 'Fri', 'Which': 'Last'}, # And on Last Friday of the month
    timezone='Europe/Paris', # Set the timezone to Paris
    rundate_offset=-1 # Add a -1 day offset
)
"""


def test_a_schedule_on_some_weekdays_and_the_last_friday_in_paris():
    assert executed(ON_SOME_DAYS)["schedule"].spec == TimeSchedule(
        at_minutes=(30,),
        at_hours=(10, 16),
        weekdays=(Weekday.MON, Weekday.WED),
        first_last=NthWeekday(which=Which.LAST, weekday=Weekday.FRI),
        timezone="Europe/Paris",
        rundate_offset=-1,
    )


AFTER_ANOTHER = """
from dt.scheduler import Schedule

schedule = Schedule(
    run_after_job_name='My other Batch Job', # Preceding job Name
    run_after_job_condition='on success' # Run only if the preceding job succeeds
)
"""


def test_a_schedule_after_another_job_succeeds():
    spec = executed(AFTER_ANOTHER)["schedule"].spec
    assert spec == AfterSchedule(job_name="My other Batch Job", condition=AfterCondition.SUCCESS)


def test_a_schedule_without_parameters_is_empty():
    assert Schedule().spec == Never()


# dt.scheduler.Task

TASK_PER_COUNTRY = """
from dt.scheduler import DAG, Schedule, Task

list_of_countries = ['FR', 'DE', 'GB', 'IT', 'NL']

with DAG(Name='My Batch Job', Tag='dev', Schedule=Schedule(at_hours=[10], at_minutes=[0])) as dag:
    tasks_per_country = [Task(
        Name=f'Task #{i} - {country_code}',
        Image='My image',
        Description=f'This job calculates something for {country_code}',
        dag=dag,
        CPU=1000,
        Memory=1500,
        Entrypoint='my_package.file_with_entrypoint',
        CountForPrewarming=True,
        ConfigurationJson={'country': country_code}
    ) for i, country_code in enumerate(list_of_countries)]

    final_task = Task(
        Name='Final Task',
        Image='My image',
        Description='The final job which aggregates results',
        dag=dag,
        Entrypoint='my_package.other_file_with_entrypoint',
        CountForPrewarming=False,
        ConfigurationJson={'all_countries': list_of_countries}
    )

    tasks_per_country >> final_task

dag.save()
"""

COUNTRY_PACKAGE = {
    "my_package/file_with_entrypoint.py": """
        def __batch_main__(sub_job_name, scheduled_time, runtime, part_num, num_parts, job_config, rundate):
            print(f'part {part_num} of {num_parts}')
            return len(sub_job_name), job_config['country']
        """,
    "my_package/other_file_with_entrypoint.py": """
        def __batch_main__(sub_job_name, scheduled_time, runtime, part_num, num_parts, job_config, rundate, *results):
            return {'of': job_config['all_countries'], 'found': results}
        """,
}
COUNTRIES = ["FR", "DE", "GB", "IT", "NL"]
SOMETHING = [(len("Task #0 - FR"), country) for country in COUNTRIES]


def test_the_final_task_gets_what_each_of_five_tasks_calculated(image):
    image("My image", COUNTRY_PACKAGE)
    run = executed(TASK_PER_COUNTRY)["dag"].run()
    assert run.status == "completed", run.reason
    assert [run.result(f"Task #{i} - {country}") for i, country in enumerate(COUNTRIES)] == SOMETHING
    assert run.result("Final Task") == {"of": COUNTRIES, "found": tuple(SOMETHING)}


def test_the_final_task_has_the_default_resources_and_the_others_those_given(image):
    image("My image", COUNTRY_PACKAGE)
    *per_country, final = executed(TASK_PER_COUNTRY)["dag"].spec().tasks
    assert {(task.needs.cpu_mhz, task.needs.memory_mb) for task in per_country} == {(1000, 1500)}
    assert (final.needs.cpu_mhz, final.needs.memory_mb) == (400, 400)
    assert [task.count_for_prewarming for task in (*per_country, final)] == [True] * 5 + [False]


# dt.scheduler.ParallelTask

PARALLEL = """
from dt.scheduler import DAG, ParallelTask, Schedule, Task

list_of_countries = ['FR', 'DE', 'GB', 'IT', 'NL']

config_parallel = [{
    'country': country_code,
    'Name': f'Task #{i} - {country_code}',
    'Description': f'This job calculates something for {country_code}'
} for i, country_code in enumerate(list_of_countries)]

with DAG(Name='My Batch Job', Tag='dev', Schedule=Schedule(at_hours=[10], at_minutes=[0])) as dag:
    tasks_per_country = ParallelTask(
        Name='Parallel Task for countries',
        Image='My image',
        Description='This job calculates something for specified countries',
        dag=dag,
        CPU=1000,
        Memory=1500,
        Entrypoint='my_package.file_with_entrypoint',
        CountForPrewarming=True,
        ConfigurationJson=config_parallel
    )

    final_task = Task(
        Name='Final Task',
        Image='My image',
        Description='The final job which aggregates results',
        dag=dag,
        Entrypoint='my_package.other_file_with_entrypoint',
        CountForPrewarming=False,
        ConfigurationJson={'all_countries': list_of_countries}
    )

    tasks_per_country >> final_task

dag.save()
"""


def test_the_final_task_gets_the_results_of_a_parallel_task_as_a_list(image):
    image("My image", COUNTRY_PACKAGE)
    run = executed(PARALLEL)["dag"].run()
    assert run.status == "completed", run.reason
    assert run.result("Parallel Task for countries") == SOMETHING
    assert run.result("Final Task") == {"of": COUNTRIES, "found": (SOMETHING,)}


def test_each_part_has_its_name_its_number_and_its_log(image):
    image("My image", COUNTRY_PACKAGE)
    run = executed(PARALLEL)["dag"].run()
    parts = run.task_runs().query("task == 'Parallel Task for countries'")
    assert list(parts["part_name"]) == [f"Task #{i} - {country}" for i, country in enumerate(COUNTRIES)]
    assert run.log("Parallel Task for countries", part="Task #3 - IT") == "part 3 of 5\n"


def test_the_parallel_job_replaces_the_one_of_single_tasks_as_its_next_version(image):
    image("My image", COUNTRY_PACKAGE)
    executed(TASK_PER_COUNTRY)
    executed(PARALLEL)
    [job] = jobs()
    assert (job.name, job.version) == ("My Batch Job", 2)


NEW_YEAR = date(2021, 1, 1)


def executed(example, **names):
    """Run an example as a script would be run, and return the names it defines."""
    script = {"__name__": "example", **names}
    exec(compile(re.sub(r"\A\n", "", example), "<example>", "exec"), script)
    return script
