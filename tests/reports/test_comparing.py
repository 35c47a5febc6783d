"""Two runs beside each other: the first task whose result differs, and why."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dtscheduler import DAG, ParallelTask, Task, batch, runs
from dtscheduler.api.comparing import compare
from dtscheduler.cli.complete import commands
from dtscheduler.cli.exits import exit_code
from dtscheduler.errors import InvalidJobError, NotFoundError
from dtscheduler.model.status import RunStatus
from dtscheduler.reports.comparing import Verdict
from dtscheduler.reports.comparing.sides import Side

CODE = """
import os
import pandas as pd
from dtscheduler import batch

SHOCK = 0.0

def quote(day):
    return 1.2 + day / 10

@batch()
def prices(days=4):
    return {"price": [quote(day) for day in range(days)]}

@batch()
def vol(prices, window=2):
    return pd.DataFrame({"vol": [price / window + SHOCK for price in prices["price"]]})

@batch()
def cells(vol, n):
    return float(vol["vol"].sum()) + n

@batch()
def dated(rundate):
    return rundate.isoformat()

@batch()
def timed(runtime):
    return runtime

@batch()
def moody():
    return os.urandom(8).hex()

@batch()
def fails_on(limit=1):
    if limit > 1:
        raise ValueError(f"limit {limit}")
    return limit

@batch()
def last(cells, fails_on):
    return sum(cells) + fails_on
"""


@pytest.fixture
def risk(tmp_path, workspace):
    """A job ``prices >> vol >> cells``, and what else a test asks for: ``risk.run("dated", vol={"window": 3})``."""
    folder = tmp_path / "code"
    folder.mkdir()
    file = folder / "curves.py"
    file.write_text(CODE)

    def run(*others, rundate="2026-11-20", parts=3, **config):
        dag = DAG(Name="risk", DevRun=True, WorkDir=folder)
        prices, vol = (
            Task(Name=name, Entrypoint=f"curves.{name}", ConfigurationJson=config.get(name, {}), dag=dag)
            for name in ("prices", "vol")
        )
        grid = [{"Name": f"EUR {n}", "Description": "", "n": n, **config.get("cells", {})} for n in range(parts)]
        prices >> vol >> ParallelTask(Name="cells", Entrypoint="curves.cells", ConfigurationJson=grid, dag=dag)
        for name in others:
            Task(Name=name, Entrypoint=f"curves.{name}", ConfigurationJson=config.get(name, {}), dag=dag)
        sys.modules.pop("curves", None)
        return dag.run(rundate=rundate, executor="inline")

    def edit(old, new):
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    yield SimpleNamespace(run=run, edit=edit)
    sys.modules.pop("curves", None)


def row(found, task):
    return next(row for row in found.rows() if row.task == task)


def test_two_runs_of_the_same_are_the_same(risk):
    found = compare(risk.run(), risk.run())
    assert found.same
    assert found.first is None
    assert repr(found) == "runs 1 and 2 have the same results: 3 tasks, 5 parts"


def test_equal_digests_are_equal_without_loading_anything(risk, monkeypatch):
    runs = risk.run(), risk.run()
    monkeypatch.setattr(Side, "value", lambda *_: pytest.fail("it was loaded"))
    assert compare(*runs).same


def test_the_first_task_that_differs_is_named_with_where_and_why(risk):
    before = risk.run()
    risk.edit("1.2 + day / 10", "1.2 + day / 10 + (day == 3)")
    found = compare(before, risk.run())
    assert found.first.task == "prices"
    assert found.first.difference == "['price'][3]: 1.5 → 2.5"
    assert found.first.why == "code changed: function quote in curves.py"
    assert repr(found) == (
        "task 'prices' differs first: ['price'][3]: 1.5 → 2.5 (code changed: function quote in curves.py); "
        "2 tasks after it differ too"
    )


def test_what_follows_from_it_is_laid_to_what_is_upstream(risk):
    found = compare(risk.run(), risk.run(prices={"days": 3}))
    assert row(found, "prices").why == "configuration changed: days"
    assert row(found, "vol").why == "upstream differs: prices"
    assert row(found, "cells").why == "upstream differs: vol"
    assert row(found, "cells").difference.startswith("EUR 0: ")
    assert (row(found, "cells").parts, row(found, "cells").differ) == (3, 3)


def test_of_a_frame_the_cells_that_differ_are_counted(risk):
    before = risk.run()
    risk.edit("SHOCK = 0.0", "SHOCK = 0.5")
    found = compare(before, risk.run())
    assert found.first.task == "vol"
    assert found.first.difference.startswith("4 of 4 cells of column vol differ, by at most 0.5")
    assert found.first.why == "code changed: constant SHOCK in curves.py"


def test_floats_within_the_tolerance_are_the_same(risk):
    before = risk.run()
    risk.edit("SHOCK = 0.0", "SHOCK = 1e-12")
    after = risk.run()
    assert not compare(before, after).same
    assert compare(before, after, tol=1e-9).same
    assert repr(compare(before, after, tol=1e-9)).startswith("runs 1 and 2 have the same results within 1e-09")


@pytest.mark.parametrize("tol", [-1, float("nan"), float("inf"), "1e-9", None, True])
def test_a_tolerance_that_is_none_is_refused(risk, tol):
    run = risk.run()
    with pytest.raises(InvalidJobError, match="tol is"):
        compare(run, run, tol=tol)


# -- why


def test_another_rundate_is_a_reason_where_nothing_else_is(risk):
    found = compare(risk.run("dated"), risk.run("dated", rundate="2026-11-21"))
    assert [one.task for one in found.rows() if not one.verdict.alike] == ["dated"]
    assert found.first.why == "rundate differs: 2026-11-20 → 2026-11-21"


def test_beside_other_code_another_rundate_is_a_possible_reason(risk):
    before = risk.run("dated")
    risk.edit("rundate.isoformat()", "str(rundate)[:8]")
    first = compare(before, risk.run("dated", rundate="2026-11-21")).first
    assert first.why == "code changed: function dated in curves.py; rundate differs too: 2026-11-20 → 2026-11-21"


def test_what_follows_from_upstream_is_not_laid_to_the_rundate(risk):
    found = compare(risk.run(), risk.run(rundate="2026-11-21", prices={"days": 3}))
    assert row(found, "vol").why == "upstream differs: prices"


def test_a_function_that_gives_something_else_each_time_is_told_so(risk):
    first = compare(risk.run("moody"), risk.run("moody")).first
    assert first.task == "moody"
    assert first.why == "nothing that is known: the function gives different results for the same inputs"


def test_a_function_that_takes_the_time_may_differ_by_it(risk):
    first = compare(risk.run("timed"), risk.run("timed")).first
    assert first.task == "timed"
    assert "takes the time of its run" in first.why


def test_an_upstream_result_within_the_tolerance_may_still_be_the_reason(risk):
    before = risk.run()
    risk.edit("SHOCK = 0.0", "SHOCK = 1e-4")
    first = compare(before, risk.run(), tol=1.1e-4).first  # of the sum of four it is more than the tolerance
    assert first.task == "cells"
    assert first.why == "upstream is the same within the tolerance, but not in its bytes: vol"


def test_a_result_given_by_hand_is_a_reason(risk):
    before = risk.run()
    found = compare(before, before.patch("prices", {"price": [1.0]}))
    assert "given by hand in run 2, by " in found.first.why


def test_the_configuration_of_the_part_that_differs_counts(risk):
    found = compare(risk.run(), risk.run(cells={"desk": "fx", "n": 5}))
    assert found.first.task == "cells"
    assert found.first.why == "configuration changed: desk, n"


def test_what_was_reused_is_compared_by_the_code_that_computed_it(risk):
    before = risk.run("fails_on", fails_on={"limit": 2})
    risk.edit("1.2 + day / 10", "1.7 + day / 10")
    again = before.rerun(executor="inline")
    assert [one.task for one in compare(before, again).rows() if one.verdict is Verdict.DIFFERS] == []


# -- tasks and parts of one run only, and those that did not complete


def test_a_task_that_did_not_complete_is_told_with_its_reason(risk):
    found = compare(risk.run("fails_on"), risk.run("fails_on", fails_on={"limit": 2}))
    assert found.first.verdict is Verdict.NOT_COMPLETED
    assert found.first.difference == "failed in run 2"
    assert found.first.why.startswith("ValueError: limit 2")


def test_a_task_without_a_result_in_either_is_no_difference(risk):
    failing = {"fails_on": {"limit": 2}}
    found = compare(risk.run("fails_on", **failing), risk.run("fails_on", **failing))
    assert found.same
    assert row(found, "fails_on").verdict is Verdict.NO_RESULT
    assert "1 of them without a result in either" in repr(found)


def test_a_task_of_one_run_only_is_a_difference(risk):
    for pair, run in (((), ("dated",)), 2), ((("dated",), ()), 3):
        found = compare(*(risk.run(*others) for others in pair))
        assert found.first.task == "dated"
        assert found.first.difference == f"only in run {run}"


def test_parts_of_one_run_only_are_named(risk):
    found = compare(risk.run(parts=2), risk.run(parts=5))
    assert found.first.task == "cells"
    assert found.first.parts == 2
    assert found.first.difference == "3 parts only in run 2: EUR 2, EUR 3, EUR 4"


def test_tasks_and_parts_are_matched_whatever_the_spelling_of_their_letters(risk, workspace):
    before = risk.run().record
    job = workspace.spec(before.spec_hash)
    records = workspace.task_runs(before.id)
    pair = []
    for number, name in enumerate(("caf\u00e9", "cafe\u0301")):
        tasks = (replace(job.tasks[0], name=name, parts=(replace(job.tasks[0].parts[0], name=name),)), *job.tasks[1:])
        record = replace(records[0], task_name=name, part_name=name)
        run = replace(before, uuid=str(number) * 32)
        pair.append(workspace.store.add_run(run, replace(job, tasks=tasks), [record, *records[1:]]).id)
    assert compare(*pair).same


def test_a_run_that_never_began_has_no_results(risk, workspace):
    record = risk.run().record
    expired = replace(record, uuid="0" * 32, status=RunStatus.EXPIRED, reason="missed")
    never = workspace.store.add_run(expired, workspace.spec(record.spec_hash), [])
    first = compare(record.id, never.id).first
    assert (first.verdict, first.difference, first.why) == (
        Verdict.NOT_COMPLETED,
        "run 2 has no task runs, it is expired",
        "missed",
    )
    assert compare(never.id, never.id).same


# -- results that cannot be read


def test_results_of_another_account_are_never_loaded(risk, monkeypatch):
    before, after = risk.run(), risk.run(prices={"days": 3})
    monkeypatch.setattr(type(before._workspace), "made_elsewhere", lambda *_: "eve")
    monkeypatch.setattr(Side, "value", lambda *_: pytest.fail("it was loaded"))
    first = compare(before, after).first
    assert first.difference.startswith("its bytes differ; {'price': [1.2, ")
    assert first.difference.endswith("only account eve reads the values")


def test_a_result_that_is_gone_cannot_be_compared(risk, workspace):
    before, after = risk.run(), risk.run(prices={"days": 3})
    workspace.cache.remove([after.part("prices").result_key])
    first = compare(before, after).first
    assert first.verdict is Verdict.UNKNOWN
    assert first.difference.startswith("its bytes differ; ")


def test_there_is_nothing_to_compare_with_a_run_that_is_not_there(risk):
    with pytest.raises(NotFoundError):
        compare(risk.run(), 99)


# -- how it shows itself


def test_the_rows_are_a_frame(risk):
    frame = compare(risk.run(), risk.run(prices={"days": 3})).frame()
    assert list(frame.columns) == ["task", "parts", "differ", "verdict", "difference", "why"]
    assert list(frame["verdict"]) == ["differs"] * 3


def test_in_a_notebook_it_is_a_sentence_and_a_table(risk):
    shown = compare(risk.run(), risk.run(prices={"days": 3}))._repr_html_()
    assert "<table>" in shown
    assert "task 'prices' differs first" in shown.replace("&#39;", "'")


@pytest.mark.parametrize(("days", "code"), [(4, 0), (3, 1)])
def test_the_command_exits_with_1_where_something_differs(risk, capsys, days, code):
    risk.run()
    risk.run(prices={"days": days})
    assert exit_code(commands, ["compare", "1", "2", "--tol", "1e-9"]) == code
    assert ("differs first" in capsys.readouterr().out) is bool(code)


# -- functions that are called


@batch()
def scaled(factor):
    return factor * 2.0


@pytest.fixture
def called(workspace, tmp_path, monkeypatch):
    """Runs a job of one call: ``called(scaled, 2)``."""
    monkeypatch.setenv("DTSCHEDULER_EXECUTOR", "inline")

    def run(function, *arguments):
        with DAG(Name="calls", DevRun=True, WorkDir=tmp_path):
            function(*arguments).alias("it")
        return runs(limit=1)[0]

    return run


def test_other_arguments_of_a_call_are_a_reason(called):
    first = compare(called(scaled, 1), called(scaled, 2)).first
    assert first.difference == "2.0 → 4.0"
    assert first.why == "arguments changed: factor"


def test_a_function_of_a_notebook_cell_that_was_changed_is_a_reason(called):
    before, after = (batch()(make(offset)) for offset in (1, 2))
    first = compare(called(before, 1), called(after, 1)).first
    assert first.difference == "2 → 3"
    assert first.why.startswith("code changed: ")


def make(offset):
    def add(value):
        return value + offset

    return add
