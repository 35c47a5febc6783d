"""What the parts of a run gave as a table: parameters, how it went, results."""

import sys
from datetime import date, timedelta

import pandas as pd
import pytest

from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.errors import NotFoundError
from dtscheduler.reports import results
from dtscheduler.reports.results import results_frame

CODE = """
    from collections import namedtuple
    from dataclasses import dataclass
    import pandas as pd
    from dtscheduler import batch

    Pair = namedtuple("Pair", "low high")

    @dataclass
    class Fit:
        slope: float
        good: bool

    KINDS = {
        "number": lambda: 1.5, "text": lambda: "=cmd()", "none": lambda: None, "dict": lambda: {"low": 1, "name": "x"},
        "pair": lambda: Pair(1, 2), "fit": lambda: Fit(0.5, True), "row": lambda: pd.DataFrame({"low": [3], "high": [4]}),
        "series": lambda: pd.Series({"low": 5}), "nested": lambda: {"low": [1]}, "list": lambda: [1, 2],
        "rows": lambda: pd.DataFrame({"low": [3, 4]}), "wide": lambda: {str(n): n for n in range(101)},
        "large": lambda: "x" * 2_000_000, "own": lambda: {"status": "mine", "country": "y"}, "huge": lambda: 2**70,
    }

    @batch()
    def give(kind):
        return KINDS[kind]()

    @batch()
    def scale(country, tenor=None, settings=None, status=None, db_password=None, day=None):
        if country == "XX":
            raise ValueError("no such country")
        return len(country) + 0.5

    @batch()
    def one():
        return 7
"""


@pytest.fixture
def ran(workspace, image):
    """Runs parts of a function here, and returns the number of the run: ``ran("scale", {"country": "DE"})``."""
    image("Risk", {"steps.py": CODE})

    def run(function, *configs, extra=False):
        with DAG(Name="risk", Image="Risk") as dag:
            parts = [{"Name": f"part {number}", "Description": "", **config} for number, config in enumerate(configs)]
            if parts:
                ParallelTask(Name="fan", Entrypoint=f"steps.{function}", ConfigurationJson=parts)
            if extra or not parts:
                Task(Name="single", Entrypoint="steps.one")
        return dag.run(executor="inline").id

    yield run
    sys.modules.pop("steps", None)


def test_there_is_a_row_a_part_with_parameters_figures_and_result(ran, workspace):
    frame = results_frame(workspace, ran("scale", {"country": "DE", "tenor": 5}, {"country": "ITA"}))
    assert list(frame.columns) == [
        "task", "part_name", "country", "tenor", "status", "duration", "peak_memory_mb", "result",
    ]  # fmt: skip
    assert list(frame["country"]) == ["DE", "ITA"] and list(frame["result"]) == [2.5, 3.5]
    assert str(frame["tenor"].dtype) == "Int64" and frame["tenor"][0] == 5 and pd.isna(frame["tenor"][1])
    assert frame["duration"][0] >= timedelta(0) and list(frame["status"]) == ["completed"] * 2


def test_a_part_that_failed_has_its_parameters_and_no_result(ran, workspace):
    frame = results_frame(workspace, ran("scale", {"country": "DE"}, {"country": "XX"}))
    assert list(frame["status"]) == ["completed", "failed"] and pd.isna(frame["result"][1])


def test_parameters_are_values_nested_ones_texts_secrets_masked_and_ours_renamed(ran, workspace):
    config = {
        "country": "DE",
        "settings": {"a": [1]},
        "status": "x",
        "db_password": "hunter2",
        "day": date(2026, 1, 31),
    }
    row = results_frame(workspace, ran("scale", config)).iloc[0]
    assert (row["settings"], row["config_status"], row["status"]) == ("{'a': [1]}", "x", "completed")
    assert (row["db_password"], row["day"]) == ("***", date(2026, 1, 31))


def test_a_result_of_few_values_is_columns_and_any_other_its_preview(ran, workspace, tmp_path, monkeypatch):
    expected = {
        "number": {"result": 1.5}, "text": {"result": "=cmd()"}, "none": {}, "dict": {"low": 1, "name": "x"},
        "pair": {"low": 1, "high": 2}, "fit": {"slope": 0.5, "good": True}, "row": {"low": 3, "high": 4},
        "series": {"low": 5}, "huge": {"result": 2**70}, "own": {"result_status": "mine", "country": "y"},
        "nested": {"result": "{'low': [1]}"}, "list": {"result": "[1, 2]"},
    }  # fmt: skip
    monkeypatch.syspath_prepend(tmp_path / "image 1")  # where the classes are that are unpickled
    frame = results_frame(workspace, ran("give", *({"kind": kind} for kind in expected))).set_index("kind")
    given = frame.iloc[:, list(frame.columns).index("peak_memory_mb") + 1 :].astype(object)
    assert {kind: row.dropna().to_dict() for kind, row in given.iterrows()} == expected


def test_a_large_result_is_shown_in_short(ran, workspace):
    frame = results_frame(workspace, ran("give", {"kind": "rows"}, {"kind": "wide"}, {"kind": "large"}))
    for text, start in zip(frame["result"], ["DataFrame of shape (2, 1)", "{'0': 0", "'xx"], strict=True):
        assert text.startswith(start) and len(text) <= 500


def test_a_result_that_is_gone_is_missing_with_a_warning_and_no_error(ran, workspace, monkeypatch, caplog):
    run = ran("scale", {"country": "DE"}, {"country": "ITA"})
    gone = workspace.task_runs(run)[0]
    keys = {gone.result_key}
    cache, get = workspace.results(workspace.run(run)), type(workspace.results(workspace.run(run))).get

    def found(self, key):
        return get(self, "absent" if key in keys else key)

    monkeypatch.setattr(type(cache), "get", found)
    frame = results_frame(workspace, run)
    assert pd.isna(frame["result"][0]) and frame["result"][1] == 3.5
    assert "1 of 2 results cannot be read here: fan/part 0" in caplog.text


def test_a_result_of_a_class_that_is_not_here_is_shown_in_short_with_a_warning(ran, workspace, caplog):
    frame = results_frame(workspace, ran("give", {"kind": "pair"}))
    assert list(frame["result"]) == ["Pair(low=1, high=2)"] and "cannot be read here" in caplog.text


def test_results_of_another_account_are_not_read(ran, workspace, monkeypatch):
    run = ran("scale", {"country": "DE"})
    monkeypatch.setattr(type(workspace), "made_elsewhere", lambda self, run: "eve")
    monkeypatch.setattr(results.values, "load", lambda payload: pytest.fail("it was read"))
    assert list(results_frame(workspace, run)["result"]) == ["2.5"]


def test_fan_outs_are_shown_unless_a_task_is_chosen_or_there_is_none(ran, workspace):
    both = ran("scale", {"country": "DE"}, extra=True)
    assert list(results_frame(workspace, both)["task"]) == ["fan"]
    assert list(results_frame(workspace, both, task="single")["result"]) == [7]
    assert list(results_frame(workspace, ran(""))["task"]) == ["single"]
    with pytest.raises(NotFoundError, match="has no task 'other'; it has 'fan', 'single'"):
        results_frame(workspace, both, task="other")
