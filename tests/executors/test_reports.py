"""What workers tell the runner comes through unchanged, and nothing else comes through."""

from datetime import UTC, datetime

import pytest

from dtscheduler.executors import reports
from dtscheduler.executors.wire import GarbledError
from dtscheduler.model.call import EntrypointInfo, Kind, Outcome, Parameter, PartCall
from dtscheduler.model.status import TaskStatus

CALL = PartCall(1, 2, "part", "{}", 3, "key")
NOW = datetime(2026, 11, 22, 12, 30, 15, 123457, tzinfo=UTC)
OUTCOMES = [
    Outcome(
        call=CALL, status=TaskStatus.COMPLETED, started=NOW, ended=NOW, result_key="k@1", result_bytes=0, preview=""
    ),
    Outcome(call=CALL, status=TaskStatus.FAILED, reason="it says “no”\n\0\udcff", traceback="…", cpu_seconds=0.1),
    Outcome(call=CALL, status=TaskStatus.OUT_OF_MEMORY, peak_memory_mb=12, lost=("a@0", "b@1")),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=[outcome.status for outcome in OUTCOMES])
def test_an_outcome_comes_through(outcome):
    found = reports.read(reports.outcomes([outcome], retiring=True))
    assert found.retiring
    assert found.reports[0].identity == (1, 2, 3)
    assert found.reports[0].outcome_of(CALL, "") == outcome


def test_descriptions_come_through():
    parameters = tuple(Parameter(f"p{kind}", kind, bool(kind % 2)) for kind in Kind)
    info = EntrypointInfo(entrypoint="a.b", parameters=parameters, translation=(("x", "rundate"),), doc="ü", line=7)
    assert reports.read(reports.described(4, [info, "not found"])) == reports.Described(4, [info, "not found"])


def test_calls_that_are_given_back_come_through():
    assert reports.read(reports.recalled([(1, 2, 3)])) == reports.Recalled([(1, 2, 3)])
    assert reports.read(reports.ready()) == reports.Ready()


ROW = [[1, 2, 3], "completed", "", "", None, None, None, None, "k", 1, "d", "", []]


def changed(place, value):
    import json

    row = list(ROW)
    row[place] = value
    return json.dumps(["outcomes", [row], False]).encode()


def test_the_row_that_is_changed_is_one():
    assert reports.read(changed(1, "failed")).reports[0].facts["status"] is TaskStatus.FAILED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"{}",
        b"[]",
        b'["leave"]',
        b'["outcomes", [[]], false]',
        b'["outcomes", [], 1]',
        b"[" * 100_000,
        b'["recalled", [[1, 2]]]',
        b'["described", 0, [[[["x", 9, true]], [], [false, false], ["", "", "", ""], 0]]]',
        changed(0, [1, 2, -3]),
        changed(0, [1, 2, True]),
        changed(0, [1, 2, 2**63]),
        changed(1, "reused"),
        changed(1, ["completed"]),
        changed(2, None),
        changed(4, 1e300),
        changed(4, float("nan")),
        changed(6, float("inf")),
        changed(6, "1"),
        changed(9, 1.5),
        changed(10, 1),
        changed(12, [1]),
        changed(12, None),
    ],
)
def test_nothing_else_comes_through(content):
    with pytest.raises(GarbledError):
        reports.read(content)


def test_a_text_of_any_length_is_cut():
    assert len(reports.read(changed(2, "x" * 10**6)).reports[0].facts["reason"]) == reports.LONGEST_TEXT
