"""Tables as Parquet files."""

import sys

import pandas as pd
import pytest
from past_runs import part

from dtscheduler.api.reporting import tasks_report, to_parquet
from dtscheduler.errors import SchedulerError


def test_a_report_comes_back_with_its_dtypes(past, tmp_path):
    pytest.importorskip("pyarrow")
    past([part(0), part(1, started=None, ended=None)])
    to_parquet(tasks_report(), tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet").astype({"rundate": "datetime64[s]"})  # Parquet has milliseconds
    pd.testing.assert_frame_equal(back, tasks_report())


def test_columns_of_mixed_values_become_text_and_names_come_once(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame([[1, "a", {"b": 1}], ["x", "c", None]], columns=["x", "x", 7], dtype=object)
    to_parquet(frame, tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet")
    assert list(back.columns) == ["x", "x.2", "7"]
    assert list(back["x"]) == ["1", "x"] and back["7"][0] == "{'b': 1}" and pd.isna(back["7"][1])


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SchedulerError, match=r"pip install 'dtscheduler\[parquet\]'"):
        to_parquet(pd.DataFrame({"x": [1]}), tmp_path / "a.parquet")
