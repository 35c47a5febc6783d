"""Where each parameter of a function takes its value from, and what is refused before any task starts."""

import pytest

from dtscheduler import batch
from dtscheduler.errors import BindingError
from dtscheduler.model.config import encode
from dtscheduler.model.job import CallSpec, PartSpec, TaskSpec
from dtscheduler.running.binding import bind
from dtscheduler.running.entrypoint import describe

RESERVED = ("sub_job_name", "scheduled_time", "runtime", "part_num", "num_parts", "job_config", "rundate")


def task(name, function=None, *, configs=({},), table=None, call=None):
    """A task ``name`` of the function ``code.function``, with a part for each configuration."""
    return TaskSpec(
        name=name,
        entrypoint=f"code.{function or name}",
        parts=tuple(PartSpec(f"part {n}", config=encode(config, "config")) for n, config in enumerate(configs)),
        parallel=len(configs) > 1,
        argument_tasks=tuple((table or {}).items()),
        call=CallSpec(encode(call, "call")) if call else None,
    )


def sources(function, *upstream, config=None, configs=None, main=False, translation=None, **facts):
    """For every parameter that is filled: where from."""
    function = function if main else batch(translation)(function)
    spec = task("me", configs=configs or [config or {}], **facts)
    names = [preceding.name for preceding in upstream]
    return {
        argument.parameter: (
            f"result of {names[argument.ref]}"
            if argument.source.name == "UPSTREAM"
            else f"{argument.source.name.lower()} {argument.ref}"
        )
        for argument in bind(spec, upstream, describe(function, "code.me", main=main))
    }


# The order of the sources


def test_a_reserved_argument_is_filled_by_the_scheduler():
    assert sources(lambda rundate, part_num: 0) == {"rundate": "reserved rundate", "part_num": "reserved part_num"}


@pytest.mark.parametrize("name", RESERVED)
def test_a_reserved_argument_wins_over_everything_else(name):
    function = eval(f"lambda {name}=0: 0")
    assert sources(function, task(name), config={name: 1}) == {name: f"reserved {name}"}


def test_the_decorators_table_makes_an_own_name_reserved():
    found = sources(lambda day: 0, task("day"), config={"day": 1}, translation={"day": "rundate"})
    assert found == {"day": "reserved rundate"}


def test_an_argument_of_the_call_wins_over_a_result_and_a_configuration():
    assert sources(lambda load: 0, task("load"), config={"load": 1}, call={"load": 2}) == {"load": "call load"}


def test_a_result_wins_over_the_configuration_and_the_default():
    assert sources(lambda load=None: 0, task("load"), config={"load": 1}) == {"load": "result of load"}


def test_the_configuration_wins_over_the_default():
    assert sources(lambda month=1: 0, config={"month": 2}) == {"month": "config month"}


def test_a_default_needs_nothing():
    assert sources(lambda month=1: 0) == {}


def test_a_key_of_the_configuration_fills_the_parameter_of_that_name_and_no_other():
    assert sources(lambda carrier: 0, config={"carrier": "AA", "month": 1}) == {"carrier": "config carrier"}


# Results of upstream tasks


def test_the_translation_table_wins_over_names():
    found = sources(lambda foo: 0, task("foo"), task("other"), table={"other": "foo"})
    assert found == {"foo": "result of other"}


def test_the_upstream_functions_name_wins_over_the_tasks_name():
    found = sources(lambda load: 0, task("load", "read"), task("read France", "load"))
    assert found == {"load": "result of read France"}


def test_the_name_of_an_upstream_task_fills_a_parameter_where_it_is_an_identifier():
    assert sources(lambda france: 0, task("france", "load")) == {"france": "result of france"}


def test_a_task_that_the_table_names_fills_nothing_else():
    found = sources(lambda x, load=None: 0, task("load"), table={"load": "x"})
    assert found == {"x": "result of load"}


def test_results_that_no_parameter_asks_for_are_left():
    assert sources(lambda load: 0, task("load"), task("another")) == {"load": "result of load"}


def test_a_table_fills_keyword_arguments_that_the_signature_does_not_name():
    found = sources(lambda **results: 0, task("foo task"), table={"foo task": "foo"})
    assert found == {"foo": "result of foo task"}


def test_two_upstream_tasks_of_one_function_cannot_both_fill_its_parameter():
    with pytest.raises(BindingError) as refused:
        sources(lambda load: 0, task("load France", "load"), task("load Spain", "load"))
    assert "parameter 'load' of code.me could be the result of 'load France' and 'load Spain'" in str(refused.value)
    assert "say which in ConfigurationJson['arg_translation_table']" in str(refused.value)


def test_the_table_decides_between_two_upstream_tasks_of_one_function():
    upstream = task("load France", "load"), task("load Spain", "load")
    table = {"load France": "france", "load Spain": "spain"}
    found = sources(lambda france, spain: 0, *upstream, table=table)
    assert found == {"france": "result of load France", "spain": "result of load Spain"}


# What is refused


def test_a_parameter_that_nothing_fills_is_named():
    with pytest.raises(
        BindingError, match=r"task 'me': nothing fills parameter 'month' of code.me\(month, carrier=1\)"
    ):
        sources(lambda month, carrier=1: 0)


def test_a_keyword_only_parameter_has_to_be_filled_too():
    with pytest.raises(BindingError, match="nothing fills parameter 'month'"):
        sources(lambda *, month: 0)


def test_a_part_whose_configuration_lacks_a_key_is_named():
    with pytest.raises(BindingError, match="ConfigurationJson of part 'part 1' has no such key"):
        sources(lambda month: 0, configs=[{"month": 1}, {}])


def test_a_part_may_leave_a_key_to_the_default():
    assert sources(lambda month=0: 0, configs=[{"month": 1}, {}]) == {"month": "config month"}


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"sum": "x"}, r"names 'sum', which is not an upstream task; it waits for 'load'"),
        ({"load": "y"}, r"gives 'load' to 'y', which is not a parameter of code.me\(x, rundate\)"),
        ({"load": "rundate"}, r"gives 'load' to 'rundate', which is a reserved argument"),
    ],
)
def test_a_translation_table_that_does_not_fit_is_refused(table, complaint):
    with pytest.raises(BindingError, match=f"task 'me': arg_translation_table {complaint}"):
        sources(lambda x, rundate: 0, task("load"), table=table, config={"x": 1})


def test_a_translation_table_needs_an_upstream_task():
    with pytest.raises(BindingError, match="names 'load', which is not an upstream task; it waits for no task"):
        sources(lambda x: 0, table={"load": "x"})


# __batch_main__

MAIN = "sub_job_name, scheduled_time, runtime, part_num, num_parts, job_config, rundate"
IN_ORDER = [f"reserved {name}" for name in RESERVED]


def by_position(parameters, *upstream, **facts):
    return list(sources(eval(f"lambda {parameters}: 0"), *upstream, main=True, **facts).values())


def test_a_batch_main_gets_the_reserved_arguments_then_the_results_in_the_order_of_the_edges():
    upstream = task("second"), task("first")
    assert by_position(f"{MAIN}, a, b", *upstream) == [*IN_ORDER, "result of second", "result of first"]
    assert by_position(f"{MAIN}, *results", *upstream) == [*IN_ORDER, "result of second", "result of first"]


def test_a_batch_main_may_take_fewer_results_than_there_are():
    assert by_position(MAIN, task("load")) == IN_ORDER
    assert by_position(f"{MAIN}, load", task("load"), task("more")) == [*IN_ORDER, "result of load"]


def test_a_batch_main_that_takes_anything_gets_everything():
    assert by_position("*everything", task("load")) == [*IN_ORDER, "result of load"]


def test_a_batch_main_may_leave_results_to_defaults():
    assert by_position(f"{MAIN}, load=None") == IN_ORDER


def test_a_batch_main_that_asks_for_more_results_than_there_are_is_refused():
    with pytest.raises(BindingError, match="parameter 'other' of __batch_main__ is the result of an upstream task"):
        by_position(f"{MAIN}, load, other", task("load"))


def test_an_older_batch_main_without_runtime_is_served_by_name():
    older = "sub_job_name, scheduled_time, part_num, num_parts, job_config, rundate"
    assert by_position(older) == [f"reserved {name}" for name in older.split(", ")]


def test_a_batch_main_with_the_reserved_arguments_in_another_order_is_served_by_name():
    assert by_position("rundate, job_config, load", task("load")) == [
        "reserved rundate",
        "reserved job_config",
        "result of load",
    ]


def test_a_batch_main_without_parameters_gets_nothing():
    assert by_position("", task("load")) == []
