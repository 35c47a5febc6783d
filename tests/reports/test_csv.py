"""Any table as a CSV file: read back it is the same, a spreadsheet executes nothing, and no half file is left."""

import csv
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from past_runs import part

from dtscheduler.api.reporting import runs_report, tasks_report, to_csv
from dtscheduler.errors import SchedulerError
from dtscheduler.model.run import RunQuery, TaskRunQuery
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.reports.columns import RUN_COLUMNS, TASK_RUN_COLUMNS
from dtscheduler.reports.export import write_rows

FORMULAS = ["=cmd|'/C calc'!A0", "+1", "-2+3", "@SUM(A1)", "＝1", "x;=1"]


def lines(frame, **choices):
    buffer = io.StringIO()
    to_csv(frame, buffer, **choices)
    return list(csv.reader(io.StringIO(buffer.getvalue(), newline="")))


def cells(*values):
    """How values in one column of mixed kinds are written."""
    return [line[0] for line in lines(pd.DataFrame({"x": pd.Series(values, dtype=object)}))[1:]]


def test_numbers_stay_numbers_and_texts_that_look_like_formulas_do_not():
    assert cells(-5, -0.5, "-5", Decimal("-1.50"), np.int8(-3), np.float32(-0.5), True, np.True_) == [
        "-5", "-0.5", "'-5", "-1.50", "-3", "-0.5", "True", "True",
    ]  # fmt: skip


def test_what_is_missing_is_an_empty_cell():
    missing = [None, float("nan"), pd.NA, pd.NaT, np.float32("nan"), Decimal("NaN")]
    assert cells("x", *missing) == ["x"] + [""] * len(missing)


def test_times_carry_their_offset_and_lengths_of_time_are_seconds():
    noon = datetime(2026, 1, 31, 12, 0, 0, 500, tzinfo=UTC)
    paris = pd.Timestamp("2026-01-31 12:00", tz="Europe/Paris")
    assert cells(noon, paris, date(2026, 1, 31), timedelta(minutes=-2), pd.Timedelta("1ms")) == [
        "2026-01-31T12:00:00.000500Z", "2026-01-31T12:00:00+01:00", "2026-01-31", "-120.0", "0.001",
    ]  # fmt: skip


def test_a_column_of_dates_is_written_without_times_and_one_of_times_with_them():
    dates, times = pd.DatetimeIndex(["2026-01-31", None]), pd.DatetimeIndex(["2026-01-31 00:00", "2026-01-31 12:00"])
    assert lines(pd.DataFrame({"x": dates, "y": times}))[1:] == [
        ["2026-01-31", "2026-01-31T00:00:00"], ["", "2026-01-31T12:00:00"],
    ]  # fmt: skip


def test_values_of_any_other_kind_are_texts():
    class Colour(Enum):
        RED = "=red"

    assert cells(Colour.RED, b"=1", [1, 2], {"a": "=1"}, pd.Period("2026-01", "M"), 1j) == [
        "'=red", "b'=1'", "[1, 2]", "{'a': '=1'}", "2026-01", "1j",
    ]  # fmt: skip


def test_formulas_are_quoted_in_cells_names_index_and_categories():
    frame = pd.DataFrame({formula: pd.Categorical([formula] * 2) for formula in FORMULAS}, index=["=a", "+b"])
    frame.index.name, frame.columns.name = "@index", "=columns"
    found = [cell for line in lines(frame) for cell in line]
    assert len(found) == 3 * 7 and all(cell.startswith("'") or cell == "x;'=1" for cell in found)
    assert [line[0] for line in lines(frame, raw=True)] == ["@index", "=a", "+b"]


def test_levels_of_names_and_of_an_index_and_names_that_come_twice_are_all_written():
    columns = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("a", 1)])
    index = pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["part", None])
    assert lines(pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=columns, index=index)) == [
        ["part", "level_1", "a / 1", "a / 2", "a / 1"], ["x", "1", "1", "2", "3"], ["y", "2", "4", "5", "6"],
    ]  # fmt: skip


def test_an_index_that_only_numbers_rows_is_left_out_and_any_other_is_a_column():
    frame = pd.DataFrame({"x": [1, 2, 3]})
    assert lines(frame) == lines(frame.set_index(pd.Index([7, 2, 9])))
    assert lines(frame.set_index(pd.Index(["a", "b", "c"])))[:2] == [["index", "x"], ["a", "1"]]
    assert lines(frame.rename_axis("run"))[:2] == [["run", "x"], ["0", "1"]]


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame(index=["a", "b"]), pd.DataFrame({"x": []})])
def test_a_table_without_rows_or_columns_is_written(frame):
    assert len(lines(frame)) == 1 + len(frame)


def test_a_row_with_nothing_in_its_only_column_is_still_a_row():
    assert lines(pd.DataFrame({"x": [None, "a", None]}, dtype=object)) == [["x"], [""], ["a"], [""]]


def test_secrets_of_columns_that_look_secret_are_masked():
    frame = pd.DataFrame({"db_password": ["hunter2", None, ""], "apiKey": [1, 2, 3], "name": ["a", "b", "c"]})
    assert lines(frame)[1:] == [["***", "***", "a"], ["", "***", "b"], ["", "***", "c"]]
    assert "hunter2" not in str(lines(frame, raw=True))


def test_line_breaks_and_separators_inside_a_cell_stay_inside_it():
    text = 'a\nb\r\nc,"d"\0\ud800é👩‍👧'
    assert lines(pd.DataFrame({"x": pd.Series([text, "y"], dtype=object)}))[1:] == [
        [text.replace("\0", "\\x00").replace("\ud800", "\\ud800")], ["y"],
    ]  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="=+-@＝＋－＠")),
            st.integers(),
            st.floats(allow_nan=False),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_a_table_without_formulas_comes_back_as_it_was(rows):
    frame = pd.DataFrame(rows, columns=list("abcd")).astype(object)
    back = [(a, int(b), float(c), d == "True") for a, b, c, d in lines(frame)[1:]]
    assert back == rows


def test_a_file_holds_utf_8_and_an_open_file_stays_open(tmp_path):
    frame = pd.DataFrame({"é": ["ü"]})
    to_csv(frame, tmp_path / "a.csv")
    binary = io.BytesIO()
    to_csv(frame, binary)
    assert (tmp_path / "a.csv").read_bytes() == binary.getvalue() == "é\nü\n".encode()


class Unwritable:
    """A value that cannot be written."""

    def __str__(self):
        raise OSError(28, "No space left on device")


def test_a_disk_that_is_full_leaves_the_earlier_file_and_no_other(tmp_path):
    target = tmp_path / "report.csv"
    target.write_text("earlier")
    with pytest.raises(SchedulerError, match="report.csv cannot be written: No space left on device"):
        to_csv(pd.DataFrame({"x": [Unwritable()]}), target)
    assert target.read_text() == "earlier" and os.listdir(tmp_path) == ["report.csv"]


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(SchedulerError, match="cannot be written: No such file or directory"):
        to_csv(pd.DataFrame({"x": [1]}), tmp_path / "missing" / "a.csv")


def test_a_file_keeps_its_mode_and_a_link_its_place(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("")
    real.chmod(0o640)
    link.symlink_to(real)
    to_csv(pd.DataFrame({"x": [1]}), link)
    assert link.is_symlink() and real.read_text() == "x\n1\n" and real.stat().st_mode & 0o777 == 0o640


def test_every_name_and_reason_of_a_report_is_harmless_and_every_number_is_intact(past, workspace, tmp_path):
    for formula in FORMULAS:
        texts = dict.fromkeys(("task_name", "part_name", "reason", "worker", "host", "patched_by"), formula)
        texts_of_run = dict.fromkeys(("job_name", "owner", "group", "reason", "submitted_by"), formula)
        past([part(7, cpu_seconds=-1.5, status=TaskStatus.FAILED, **texts)], labels=(formula,), **texts_of_run)
    for frame in (runs_report(), tasks_report()):
        rows = lines(frame)
        assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+@＝") or cell == "-2+3"]
        assert {row[rows[0].index("cpu_seconds")] for row in rows[1:]} == {"-1.5"}


def test_rows_are_streamed_as_the_tables_of_them_are_written(past, workspace):
    past([part(0, reason="password=hunter2", result_bytes=7), part(1, status=TaskStatus.PENDING, started=None)])
    past([part(0, part_name='=1,"x"\n')], labels=("a", "b"), status=RunStatus.FAILED, reason="no data")
    for frame, chunks, kinds in (
        (tasks_report(), workspace.task_run_rows(TaskRunQuery(), list(TASK_RUN_COLUMNS)), TASK_RUN_COLUMNS),
        (runs_report(), workspace.run_rows(RunQuery(), list(RUN_COLUMNS)), RUN_COLUMNS),
    ):
        streamed = io.StringIO()
        assert write_rows(chunks, kinds, streamed) == len(frame)
        whole = io.StringIO()
        to_csv(frame, whole)
        assert streamed.getvalue() == whole.getvalue() and "hunter2" not in whole.getvalue()


def test_a_process_that_is_killed_while_it_writes_leaves_the_earlier_file(tmp_path):
    script = """
        import os, signal, sys
        from dtscheduler.reports.columns import Kind
        from dtscheduler.reports.export import write_rows
        def rows():
            yield [(number,) for number in range(200_000)]
            os.kill(os.getpid(), signal.SIGKILL)
        write_rows(rows(), {"x": Kind.COUNT}, sys.argv[1])
    """
    target = tmp_path / "report.csv"
    target.write_text("earlier")
    done = subprocess.run([sys.executable, "-c", dedent(script), target])
    assert done.returncode == -signal.SIGKILL and target.read_text() == "earlier"
