"""The batch decorator: an ordinary function outside of a DAG, a task inside of one."""

import inspect
import os
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal

import pytest

from dtscheduler import DAG, Task, batch, runs
from dtscheduler.errors import InvalidJobError

pytestmark = pytest.mark.usefixtures("one_core")


@pytest.fixture
def dag(workspace, tmp_path):
    """A DevRun that is run by ``dag.run()``: it is not left as a block."""
    return DAG(Name="Calls", DevRun=True, WorkDir=tmp_path)


@batch()
def one():
    return 1


@batch()
def two():
    return 2


@batch()
def give(value):
    """Give the value back."""
    return value


@batch()
def add(left, right=10):
    return left + right


@batch()
def gather(*values, **named):
    return values, named


def result(dag, task):
    run = dag.run()
    assert run.status == "completed", run.reason
    return run.result(task.name)


def names(dag):
    return [task.name for task in dag.tasks]


def upstream(dag, task):
    return [dag.tasks[number].name for number in dag.spec().upstream[task.number]]


def call(dag, function, *args, **kwargs):
    """What calling the function inside the block does, without the run at the end of the block."""
    return dag.call(function, args, kwargs)


# Outside of a DAG


def test_outside_a_dag_a_function_is_an_ordinary_function():
    assert (one(), add(1), add(1, right=2), gather(1, a=2)) == (1, 11, 3, ((1,), {"a": 2}))


def test_a_function_keeps_its_name_docstring_and_signature():
    assert (give.__name__, give.__doc__) == ("give", "Give the value back.")
    assert str(inspect.signature(add)) == "(left, right=10)"


def test_the_brackets_may_be_left_out():
    @batch
    def three():
        return 3

    assert three() == 3


def test_a_function_called_by_a_task_is_an_ordinary_function_there(dag):
    @batch()
    def one_and_two():
        return one() + two()

    assert result(dag, call(dag, one_and_two)) == 3


# Inside a DAG


def test_a_call_inside_a_dag_adds_a_task_and_returns_it(workspace, tmp_path):
    with DAG(Name="Calls", DevRun=True, WorkDir=tmp_path) as dag:
        task = one()
    assert isinstance(task, Task)
    assert (names(dag), dag.last_run.result("one")) == (["one"], 1)


def test_calls_are_named_after_the_function_and_numbered(dag):
    for _ in range(3):
        call(dag, one)
    assert names(dag) == ["one", "one-1", "one-2"]


def test_a_number_that_is_taken_is_left_out(dag):
    Task(Name="one-1", Entrypoint="some.where", dag=dag)
    call(dag, one), call(dag, one)
    assert names(dag) == ["one-1", "one", "one-2"]


def test_a_call_can_be_given_another_name(dag):
    task = call(dag, one).alias("the first number")
    assert result(dag, task) == 1


def test_any_parameter_of_a_task_can_be_set_on_a_call(dag):
    task = call(dag, give, [1]).options(CPU=800, Memory=600, Retries=2, Description="gives")
    assert (task.spec.needs.cpu_mhz, task.spec.retries, task.spec.description) == (800, 2, "gives")
    assert result(dag, task) == [1]


def test_the_entrypoint_of_a_call_cannot_be_changed(dag):
    with pytest.raises(InvalidJobError, match="'one': Entrypoint is given by the function that was called"):
        call(dag, one).options(Entrypoint="two.two")


def test_arguments_that_are_literals_are_passed_as_they_are(dag):
    values = {"day": date(2026, 1, 31), "at": datetime(2026, 1, 31, 12), "price": Decimal("1.1"), "pair": (1, {2})}
    assert result(dag, call(dag, give, values)) == values


def test_a_literal_is_a_copy_that_later_changes_do_not_reach(dag):
    countries = ["FR"]
    task = call(dag, give, countries)
    countries.append("DE")
    assert result(dag, task) == ["FR"]


def test_an_argument_that_is_a_task_becomes_an_upstream_task_and_its_result(dag):
    task = call(dag, add, call(dag, one), right=call(dag, two))
    assert upstream(dag, task) == ["one", "two"]
    assert result(dag, task) == 3


def test_tasks_are_found_in_lists_tuples_and_dicts(dag):
    first, second = call(dag, one), call(dag, two)
    task = call(dag, give, {"list": [first, {"deep": (second, "two")}], "again": first})
    assert upstream(dag, task) == ["one", "two"]
    assert result(dag, task) == {"list": [1, {"deep": (2, "two")}], "again": 1}


def test_tasks_are_found_among_any_number_of_arguments(dag):
    task = call(dag, gather, call(dag, one), 5, [call(dag, two)], plain="x", late=call(dag, one))
    assert upstream(dag, task) == ["one", "two", "one-1"]
    assert result(dag, task) == ((1, 5, [2]), {"plain": "x", "late": 1})


def test_a_text_that_is_the_name_of_a_task_stays_a_text(dag):
    call(dag, one)
    task = call(dag, give, ["one", {"$task": 0}])
    assert upstream(dag, task) == []
    assert result(dag, task) == ["one", {"$task": 0}]


def test_arguments_may_be_left_to_the_results_of_upstream_tasks(dag):
    first = call(dag, one)
    task = call(dag, needs_one)
    first >> task
    assert result(dag, task) == "got 1"


@batch()
def needs_one(one):
    return f"got {one}"


def test_an_argument_of_the_call_wins_over_an_upstream_task_of_that_name(dag):
    first = call(dag, one)
    task = call(dag, needs_one, 7)
    first >> task
    assert result(dag, task) == "got 7"


def test_an_async_function_is_awaited(dag):
    @batch()
    async def later(value):
        return value * 2

    assert result(dag, call(dag, later, 4)) == 8


def test_a_lambda_and_a_closure_can_be_tasks_of_a_dev_run(dag):
    factor = 3
    task = call(dag, batch()(lambda value: value * factor), 5)
    assert (task.name, result(dag, task)) == ("lambda", 15)


CELL = """
from dtscheduler import DAG, batch

class Curve:
    def bend(self):
        return {'FR', 'DE', 'IT'}

COUNTRIES = {'FR', 'DE', 'IT'}

@batch()
def load():
    return COUNTRIES, Curve().bend()

dag = DAG(Name='From a notebook', DevRun=True, WorkDir='.')
dag.call(load, (), {})
print(dag.save().version)
"""


def test_saving_functions_by_value_again_in_another_process_changes_nothing(tmp_path):
    def in_another_process():
        environment = {**os.environ, "DTSCHEDULER_HOME": str(tmp_path / "workspace")}
        command = [sys.executable, "-c", CELL]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=True).stdout

    assert [in_another_process() for _ in range(3)] == [b"1\n"] * 3


# What is refused, at the call


def test_an_argument_that_nothing_fills_is_an_error_before_anything_runs(dag):
    call(dag, add)
    with pytest.raises(InvalidJobError, match=r"task 'add': nothing fills parameter 'left' of .*add\(left, right=10\)"):
        dag.run()
    assert runs() == []


@pytest.mark.parametrize(
    ("args", "kwargs", "complaint"),
    [
        ((1, 2, 3), {}, r"add\(\) too many positional arguments; its signature is add\(left, right=10\)"),
        ((), {"Left": 1}, r"add\(\) got an unexpected keyword argument 'Left'; its signature is add\(left, right=10\)"),
        ((1,), {"left": 1}, r"add\(\) multiple values for argument 'left'"),
        ((object(),), {}, r"add\(\): left is a builtins.object; JSON values, .* can be kept"),
        ((), {"right": [1, {"a": open}]}, r"add\(\): right\[1\]\['a'\] is a"),
    ],
)
def test_a_call_that_does_not_fit_is_refused(dag, args, kwargs, complaint):
    with pytest.raises(InvalidJobError, match=complaint):
        call(dag, add, *args, **kwargs)


def test_a_refused_call_adds_no_task(dag):
    with pytest.raises(InvalidJobError):
        call(dag, add, object())
    assert names(dag) == []


def test_a_task_of_another_dag_is_refused_as_an_argument(dag, tmp_path):
    stranger = call(DAG(Name="Other", DevRun=True, WorkDir=tmp_path), one)
    with pytest.raises(InvalidJobError, match=r"give\(\): 'one' is a task of another DAG, 'Other'"):
        call(dag, give, [stranger])


def test_reserved_arguments_are_not_passed_in_a_call(dag):
    @batch(translation_table={"day": "rundate"})
    def dated(day, part_num=0):
        return day

    with pytest.raises(InvalidJobError, match=r"dated\(\): 'day' is filled by the scheduler \(rundate\)"):
        call(dag, dated, "2026-01-31")
    with pytest.raises(InvalidJobError, match=r"dated\(\): 'part_num' is filled by the scheduler \(part_num\)"):
        call(dag, dated, part_num=3)


def test_a_translation_table_must_name_a_parameter_of_the_function():
    with pytest.raises(
        InvalidJobError, match=r"@batch on dated\(\): translation_table names 'day', which is not a par"
    ):

        @batch(translation_table={"day": "rundate"})
        def dated(date):
            return date


def test_a_translation_table_must_map_to_a_reserved_argument():
    with pytest.raises(InvalidJobError, match="maps 'day' to 'date', which is not a reserved argument .sub_job_name"):

        @batch(translation_table={"day": "date"})
        def dated(day):
            return day


@pytest.mark.parametrize("thing", [int, 3, "load"])
def test_only_functions_are_marked(thing):
    with pytest.raises(InvalidJobError, match="batch marks functions"):
        batch()(thing)
