"""Which failures are the same error, and what sets them apart from the successes."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.model.status import TaskStatus
from dtscheduler.triage.grouping import MOST_MESSAGES, group_failures
from dtscheduler.triage.kind import blanked, error_kind

TRACEBACK = """Traceback (most recent call last):
  File "/code/risk.py", line 12, in size
    return frame.sum()
  File "/venv/lib/python3.11/site-packages/pandas/core.py", line 99, in sum
    raise ValueError
risk.errors.MarketError: no price
"""


def titles(groups):
    return [group.title for group in groups]


def test_equal_errors_are_one_group_with_their_first_part_as_example(failed, completed):
    (group,) = group_failures([failed(3), failed(1), *completed(range(4, 9))], {})
    assert group.title == "2 parts: ZeroDivisionError in size()"
    assert (group.count, group.total, group.parts, group.example.part_name) == (2, 7, (1, 3), "EUR 1")


def test_other_types_functions_messages_and_tasks_are_other_groups_the_largest_first(failed):
    groups = group_failures(
        [
            failed(0, "ValueError: no price (size(), risk.py line 12)"),
            failed(1, "KeyError: 'x' (size(), risk.py line 12)"),
            failed(2, "ValueError: no price (load(), risk.py line 12)"),
            failed(3, "ValueError: no volume (size(), risk.py line 12)"),
            failed(0, "ValueError: no price (size(), risk.py line 12)", task=1),
            failed(4, "KeyError: 'y' (size(), risk.py line 12)"),
        ],
        {},
    )
    assert titles(groups)[0] == "2 parts: KeyError in size()"
    assert [group.count for group in groups] == [2, 1, 1, 1, 1]


def test_very_many_messages_of_one_error_are_one_group(failed):
    currencies = [chr(65 + i) * 3 for i in range(MOST_MESSAGES + 1)]
    many = [
        failed(i, f"ValueError: no price for {name} (size(), risk.py line 12)") for i, name in enumerate(currencies)
    ]
    assert titles(group_failures(many, {})) == ["6 parts: ValueError in size()"]
    assert len(group_failures(many[1:], {})) == MOST_MESSAGES


def test_a_task_of_one_part_is_titled_by_its_error_alone(failed):
    assert titles(group_failures([failed(0)], {})) == ["ZeroDivisionError in size()"]


def test_what_has_no_exception_is_titled_by_its_reason(failed):
    killed = "the task's process was ended by SIGKILL; the system kills processes when memory runs out"
    used = [failed(i, f"used {i}12 MB of memory and asked for 400 MB") for i in (1, 2)]
    assert titles(group_failures([failed(0, killed), *used], {})) == [
        "2 parts: used … MB of memory and asked for … MB",
        f"1 part: {killed}",
    ]
    assert titles(group_failures([failed(0, ""), failed(1, "")], {})) == ["2 parts: no reason was recorded"]


def test_runs_out_of_time_and_memory_are_failures_and_what_did_not_run_is_none(failed):
    ended = [TaskStatus.FAILED_AFTER, TaskStatus.OUT_OF_MEMORY, TaskStatus.STOPPED, TaskStatus.DID_NOT_RUN]
    (group,) = group_failures([failed(part, status=status) for part, status in enumerate(ended)], {})
    assert group.parts == (0, 1)


def test_the_traceback_tells_what_the_reason_does_not():
    kind = error_kind("the result cannot be stored", TRACEBACK)
    assert (kind.exception, kind.function) == ("MarketError", "size")


def test_a_reason_is_read_up_to_its_last_place():
    kind = error_kind("ValueError: (a) in f(), g.py line 3 (<lambda>(), my file.py line 12)")
    assert (kind.exception, kind.function, kind.message) == ("ValueError", "<lambda>", "(a) in f(), g.py line …")


@pytest.mark.parametrize(
    "message",
    ["no price for 7", "no price for -1.5e-7", "no price for 2026-11-20", "no price for 'EUR'", 'no price for "EUR"',
     "no price for 0x7f3b", "no price for /data/eur.csv", "no price for data/eur.csv", r"no price for C:\data\eur.csv",
     "no price for 1, 2, 3", "no price for eur_6m", "no price for d41d8cd98f00b204", "no price for https://host/eur"]
)  # fmt: skip
def test_details_are_blanked(message):
    assert blanked(message) == "no price for …"


def test_an_apostrophe_opens_no_quotation():
    assert blanked("can't find it, don't know 'x'") == "can't find it, don't know …"


@given(st.uuids() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.dates() | st.datetimes())
def test_two_messages_that_differ_in_a_detail_are_the_same(detail):
    assert blanked(f"no {detail} here") == blanked(f"no {UUID(int=0)} here") == "no … here"


@given(st.text())
def test_any_reason_and_traceback_can_be_read(text):
    kind = error_kind(text, text)
    assert blanked(kind.message) == kind.message


# -- what sets failures apart


def set_apart(failed, completed, failures, successes):
    """What is said of failures and successes with the given configurations."""
    records = [*map(failed, range(len(failures))), *completed(range(100, 100 + len(successes)))]
    configs = {(0, i): config for i, config in enumerate(failures)}
    configs |= {(0, 100 + i): config for i, config in enumerate(successes)}
    (group,) = group_failures(records, configs)
    return group.set_apart


def test_a_value_that_all_failures_and_no_success_have(failed, completed):
    said = set_apart(
        failed, completed, [{"tenor": 7, "x": i} for i in range(3)], [{"tenor": 3, "x": i} for i in range(3)]
    )
    assert said == "all with tenor=7"


def test_several_such_values_are_named_up_to_three(failed, completed):
    some = {"ccy": "EUR", "a": 1, "b": None, "c": True}
    other = {"ccy": "USD", "a": 2, "b": 2, "c": False}
    assert set_apart(failed, completed, [some, some], [other]) == "all with ccy='EUR', a=1, b=None and 1 more"


def test_or_else_the_value_that_most_failures_have(failed, completed):
    failures = [{"month": 2}] * 9 + [{"month": m} for m in (3, 4, 5)]
    successes = [{"month": m} for m in range(3, 13)] * 4
    assert set_apart(failed, completed, failures, successes) == "9 of 12 with month=2"
    said = set_apart(failed, completed, failures, [*successes, {"month": 2}])
    assert said == "9 of 12 with month=2, and 1 of 41 that succeeded"


@pytest.mark.parametrize(
    ("failures", "successes"),
    [
        ([{"tenor": 7}] * 3, []),  # nothing to compare with
        ([{"tenor": 7}] * 3, [{"tenor": 7}] * 9),  # the same everywhere
        ([{"id": 1}], [{"id": i} for i in range(2, 9)]),  # every part has its own
        ([{"id": 1}, {"id": 2}, {"id": 3}], [{"id": 4}]),
        ([{"api_key": 7}] * 3, [{"api_key": 3}] * 3),  # a secret
        ([{"curve": [7]}] * 3, [{"curve": [3]}] * 3),  # not plain
        ([{}] * 3, [{"tenor": 3}]),
    ],
)
def test_nothing_is_said_where_nothing_can_be(failed, completed, failures, successes):
    assert set_apart(failed, completed, failures, successes) == ""


def test_one_failure_is_set_apart_by_a_value_that_others_share_among_them(failed, completed):
    assert set_apart(failed, completed, [{"ccy": "EUR"}], [{"ccy": "USD"}] * 4) == "with ccy='EUR'"


def test_true_and_one_are_two_values(failed, completed):
    assert set_apart(failed, completed, [{"flag": True}] * 2, [{"flag": 1}] * 2) == "all with flag=True"


def test_hostile_names_and_values_stay_on_one_line(failed, completed):
    said = set_apart(failed, completed, [{"a\nb\u202e": "c\nd" + "x" * 190}] * 2, [{"a\nb\u202e": "e"}])
    assert "\n" not in said and "\u202e" not in said and len(said) < 200


def test_a_hundred_thousand_parts_are_grouped(failed, completed):
    half = 50_000
    failures = [
        failed(i, f"ValueError: no price for {i} on 2026-11-{i % 30} (size(), risk.py line 12)") for i in range(half)
    ]
    configs = {(0, i): {"tenor": 7 if i < half else 3, "id": i, "month": i % 12} for i in range(2 * half)}
    (group,) = group_failures([*failures, *completed(range(half, 2 * half))], configs)
    assert (group.title, group.set_apart) == ("50,000 parts: ValueError in size()", "all with tenor=7")
