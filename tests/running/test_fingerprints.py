"""The fingerprint of a part: the same code, arguments, configuration, rundate and upstream, and nothing else."""

import os
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler import batch
from dtscheduler.model.config import encode
from dtscheduler.model.job import CallSpec, PartSpec, TaskSpec
from dtscheduler.running.binding import bind
from dtscheduler.running.entrypoint import describe
from dtscheduler.running.fingerprint import combined, task_fingerprints

FIRST, SECOND = date(2026, 1, 31), date(2026, 2, 1)


def fingerprints(
    function, configs=({},), *, names=None, rundate=FIRST, code="code", main=False, call=None, run="run 1"
):
    parts = [PartSpec((names or "abcdef")[n], config=encode(config, "config")) for n, config in enumerate(configs)]
    task = TaskSpec(
        name="me",
        entrypoint="code.me",
        parts=tuple(parts),
        parallel=len(parts) > 1,
        call=CallSpec(encode(call, "call")) if call else None,
    )
    arguments = bind(task, (), describe(batch()(function), "code.me", main=main))
    return task_fingerprints(task, arguments, code=code, main=main, rundate=rundate, upstream=(), run_uuid=run)


def fingerprint(function, config=(), **facts):
    return fingerprints(function, [dict(config)], **facts)[0]


# What counts


def test_code_counts():
    assert fingerprint(lambda: 0, code="one") != fingerprint(lambda: 0, code="other")


@pytest.mark.parametrize("different", [(1, 1.0, True, "1"), ([1], (1,), {1}), (None, "None", 0), ("é", "e\u0301")])
def test_configurations_that_are_only_almost_equal_differ(different):
    assert len({fingerprint(lambda x: x, {"x": value}) for value in different}) == len(different)


def test_a_key_that_no_parameter_takes_counts_too():
    assert fingerprint(lambda x: x, {"x": 1, "y": 1}) != fingerprint(lambda x: x, {"x": 1, "y": 2})


@pytest.mark.parametrize("different", [(1, 1.0, True), ([1, 2], [2, 1])])
def test_arguments_of_a_call_count(different):
    assert len({fingerprint(lambda x: x, call={"x": value}) for value in different}) == len(different)


def test_the_rundate_counts_for_a_function_that_takes_it():
    assert fingerprint(lambda rundate: 0) != fingerprint(lambda rundate: 0, rundate=SECOND)


@pytest.mark.parametrize("name", ["runtime", "scheduled_time"])
def test_a_function_that_takes_a_time_is_the_same_in_its_own_run_only(name):
    function = eval(f"lambda {name}: 0")
    assert fingerprint(function) == fingerprint(function)
    assert fingerprint(function) != fingerprint(function, run="run 2")


def test_a_batch_main_is_the_same_in_its_own_run_only():
    assert fingerprint(lambda *everything: 0, main=True) == fingerprint(lambda *everything: 0, main=True)
    assert fingerprint(lambda *everything: 0, main=True) != fingerprint(lambda *everything: 0, main=True, run="run 2")


@pytest.mark.parametrize("name", ["part_num", "num_parts", "sub_job_name"])
def test_the_place_of_a_part_counts_for_a_function_that_takes_it(name):
    function = eval(f"lambda {name}: 0")
    assert len(set(fingerprints(function, [{}, {}, {}]))) == 3


# What does not count


def test_the_order_of_keys_does_not_count():
    assert fingerprint(lambda x: x, {"x": 1, "y": [2]}) == fingerprint(lambda x: x, {"y": [2], "x": 1})


def test_the_rundate_does_not_count_for_a_function_that_does_not_take_it():
    assert fingerprint(lambda: 0) == fingerprint(lambda: 0, rundate=SECOND)


def test_the_run_does_not_count_for_a_function_that_takes_no_time():
    assert fingerprint(lambda rundate: 0) == fingerprint(lambda rundate: 0, run="run 2")


def test_the_name_and_the_place_of_a_part_do_not_count_for_a_function_that_does_not_take_them():
    one, other = [{"x": 1}, {"x": 2}], [{"x": 2}, {"x": 3}, {"x": 1}]
    a1, a2 = fingerprints(lambda x: x, one)
    b2, _, b1 = fingerprints(lambda x: x, other, names="xyz")
    assert (a1, a2) == (b1, b2)


configs = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3) | st.booleans() | st.text(max_size=2), max_size=3)


@given(configs, configs)
def test_fingerprints_are_equal_exactly_when_configurations_are_of_equal_values_and_types(one, other):
    def typed(config):
        return {key: (type(value), value) for key, value in config.items()}

    same = fingerprint(lambda: 0, one) == fingerprint(lambda: 0, other)
    assert same == (typed(one) == typed(other))


def test_the_parts_of_an_upstream_task_count_in_their_order():
    assert combined(["a" * 32, "b" * 32]) != combined(["b" * 32, "a" * 32])
    assert combined(["a" * 32]) == "a" * 32


SCRIPT = """
from datetime import date
from tests_fingerprints import fingerprint
config = {'countries': {'FR', 'DE', 'GB'}, 'b': (1, 1.0, True, None), 'a': {'x': {'y': date(2026, 1, 31)}}}
print(fingerprint(lambda rundate, countries: 0, config))
"""


def test_a_fingerprint_is_the_same_in_every_process():
    script = SCRIPT.replace("tests_fingerprints", __name__)
    folder = os.path.dirname(__file__)
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": folder},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(printed) == 1
    assert len(printed.pop().strip()) == 32
