"""Grids of parameters: which cells they have, how these are named, and what is refused."""

import itertools
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler import DAG, ParallelTask, grid, zip_
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import decode
from dtscheduler.model.status import TaskStatus

plain = st.one_of(st.integers(), st.text(max_size=8), st.booleans(), st.none(), st.dates(), st.floats(allow_nan=False))
axis = st.lists(plain, min_size=1, max_size=4, unique_by=lambda value: (type(value), value))
axes = st.dictionaries(st.sampled_from(["origin", "month", "window", "fast"]), axis, min_size=1, max_size=3)


def names(cells):
    return [cell["Name"] for cell in cells]


def values(cells):
    return [{key: cell[key] for key in cell if key not in ("Name", "Description")} for cell in cells]


# Cells


@given(axes)
def test_a_grid_has_every_combination_and_the_last_axis_changes_fastest(axes):
    expected = [dict(zip(axes, combination, strict=True)) for combination in itertools.product(*axes.values())]
    cells = grid(axes)
    assert values(cells[number] for number in range(len(cells))) == expected


@given(axes, st.data())
def test_an_enlarged_grid_keeps_names_descriptions_and_values_of_its_old_cells(axes, data):
    larger = {name: data.draw(st.permutations(values)) + ["one more", Decimal("1.5")] for name, values in axes.items()}
    old, new = grid(axes), grid(larger)
    everything = [new[number] for number in range(len(new))]
    assert all(old[number] in everything for number in range(len(old)))


def test_parts_are_named_by_their_values():
    cells = grid(origin=["EWR", "JFK"], year=[2013], month=range(1, 13))
    assert (len(cells), cells[0]["Name"], cells[-1]["Name"]) == (24, "EWR-2013-01", "JFK-2013-12")
    assert cells[13]["Description"] == "origin=JFK, year=2013, month=2"


def test_axes_that_are_zipped_go_together():
    assert names(zip_(origin=["EWR", "JFK"], carrier=["UA", "B6"])) == ["EWR-UA", "JFK-B6"]


def test_a_sum_has_the_cells_of_one_grid_after_those_of_the_other():
    assert names(grid(origin=["EWR"], month=[1, 2]) + grid(origin=["JFK"], month=[7])) == [
        "EWR-01",
        "EWR-02",
        "JFK-07",
    ]


def test_a_product_of_grids_joins_every_cell_of_one_with_every_cell_of_the_other():
    cells = zip_(origin=["EWR", "JFK"], carrier=["UA", "B6"]) * grid(month=[1, 2])
    assert names(cells) == ["EWR-UA-01", "EWR-UA-02", "JFK-B6-01", "JFK-B6-02"]
    assert values(cells)[3] == {"origin": "JFK", "carrier": "B6", "month": 2}


@given(axes)
def test_all_of_a_grid_is_the_same_as_its_cells_by_number(axes):
    cells = grid(axes, name=" ".join(f"{{{name}!r}}" for name in axes)[:150] + "…")
    backwards = [cells[-number] for number in range(1, len(cells) + 1)]
    assert backwards == list(reversed(cells))


def test_a_slice_of_a_grid_is_a_grid():
    assert names(grid(month=range(1, 13))[2:8:3] + grid(month=[12])) == ["03", "06", "12"]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ({"origin": "EWR"}, ["JFK-01", "JFK-02", "JFK-03"]),
        ({"month": [1, 3]}, ["EWR-02", "JFK-02"]),
        ([{"origin": "EWR", "month": range(2, 9)}, {"month": 1}], ["JFK-02", "JFK-03"]),
        (lambda origin, month: origin == "JFK" or month > 1, ["EWR-01"]),
        (lambda cell: cell["month"] != 2, ["EWR-02", "JFK-02"]),
        (lambda **cell: cell["origin"] == "EWR", ["JFK-01", "JFK-02", "JFK-03"]),
        ({"month": True}, ["EWR-01", "EWR-02", "EWR-03", "JFK-01", "JFK-02", "JFK-03"]),
    ],
)
def test_combinations_are_left_out_by_their_values_or_by_a_function(exclude, left):
    assert names(grid(origin=["EWR", "JFK"], month=[1, 2, 3], exclude=exclude)) == left


def test_further_combinations_come_at_the_end():
    cells = grid(origin=["EWR"], month=[1], include=[{"month": 7, "origin": "LGA"}])
    assert values(cells) == [{"origin": "EWR", "month": 1}, {"origin": "LGA", "month": 7}]


def test_what_is_said_of_axes_can_be_said_of_a_sum_of_grids():
    both = grid(origin=["EWR"], month=[1, 2]) + grid(origin=["JFK"], month=[1, 7])
    assert names(grid(both, exclude={"month": 1}, name="{month} in {origin}")) == ["2 in EWR", "7 in JFK"]


def test_no_cell_shares_what_can_be_changed_with_another():
    cells = grid(windows=[[5, 20]], month=[1, 2])
    cells[0]["windows"].append(60)
    assert cells[1]["windows"] == [5, 20]


def test_a_grid_is_taken_by_a_parallel_task_with_its_translation_table():
    cells = grid(month=[1, 2], arg_translation_table={"read": "tables"})
    task = ParallelTask(Name="all", Entrypoint="a.b", ConfigurationJson=cells, dag=DAG(Name="D", Image="I"))
    assert [decode(part.config)["month"] for part in task.spec.parts] == [1, 2]
    assert task.spec.argument_tasks == (("read", "tables"),)


def test_an_enlarged_grid_runs_only_its_new_cells(workspace, work_dir):
    folder = work_dir({"cells.py": "from dtscheduler import batch\n@batch()\ndef cell(job_config): return job_config"})

    def run(months):
        dag = DAG(Name="Cells", DevRun=True, WorkDir=folder, Reuse="content")
        cells = grid(month=months, fast=[True])
        ParallelTask(Name="cells", Entrypoint="cells.cell", ConfigurationJson=cells, dag=dag)
        return {record.part_name: record.status for record in dag.run(executor="inline").records()}

    assert set(run([2, 3]).values()) == {TaskStatus.COMPLETED}
    assert run([1, 2, 3]) == {
        "01-fast": TaskStatus.COMPLETED,
        "02-fast": TaskStatus.REUSED,
        "03-fast": TaskStatus.REUSED,
    }


# Names


@pytest.mark.parametrize(
    ("axis", "value", "name"),
    [
        ("x", 0.1, "0.1"),
        ("x", 1.0, "1.0"),
        ("x", 1e-7, "1e-07"),
        ("x", -3, "-3"),
        ("x", Decimal("1.50"), "1.50"),
        ("x", None, "none"),
        ("hedged", True, "hedged"),
        ("hedged", False, "no-hedged"),
        ("x", date(2013, 2, 1), "2013-02-01"),
        ("x", datetime(2013, 2, 1, 9, 30), "2013-02-01T09:30"),
        ("x", datetime(2013, 2, 1, 9, 30, 5), "2013-02-01T09:30:05"),
        ("x", (5, 20), "5,20"),
        ("x", {"fast": 5, "slow": 20}, "fast=5,slow=20"),
        ("month", 2, "02"),
        ("first_month", 2, "02"),
        ("months", 2, "2"),
        ("x", "Zürich ☂", "Zürich ☂"),
        ("x", "", "empty"),
    ],
)
def test_values_are_short_and_exact_in_names(axis, value, name):
    assert grid({axis: [value]})[0]["Name"] == name


@settings(max_examples=60)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=4, unique=True))
def test_any_text_gives_parts_that_a_task_takes(texts):
    texts = [text for text in texts if not any("\ud800" <= character <= "\udfff" for character in text)] or ["x"]
    cells = grid(text=texts, note=["- a\nb", "=cmd()"])
    ParallelTask(Name="all", Entrypoint="a.b", ConfigurationJson=cells, dag=DAG(Name="D", Image="I"))


def test_long_values_are_shortened_and_stay_apart():
    one, other = names(grid(path=["/data/" + "x" * 300 + end for end in ("a", "b")]))
    assert one != other and len(one) == len(other) == 40 and one.startswith("/data/xxx")


def test_a_name_of_many_long_values_is_one_that_a_part_may_have():
    cells = grid({f"axis {number}": ["a" * 40, "b" * 40] for number in range(8)})
    assert len(set(names(cells))) == 256
    assert max(map(len, names(cells))) == 200


def test_a_secret_is_neither_in_the_name_nor_in_the_description():
    cell = grid(api_key=["hunter2"], month=[1])[0]
    assert "hunter2" not in cell["Name"] + cell["Description"]
    assert cell["api_key"] == "hunter2"


def test_a_template_names_and_describes_the_parts():
    cell = grid(
        {"origin": ["JFK"], "month": [2], "day": [date(2013, 2, 1)]},
        name="{origin}-{month:03d} {{{day}}}",
        description="Departures from {origin!r}",
    )[0]
    assert (cell["Name"], cell["Description"]) == ("JFK-002 {2013-02-01}", "Departures from 'JFK'")


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{carrier}", "name= names 'carrier', which is no axis; there are: origin, month"),
        ("{origin.__class__}", "which is no axis"),
        ("{origin[0]}", "which is no axis"),
        ("{origin:>9999999999}", "format that is not allowed"),
        ("{origin:{month}}", "format that is not allowed"),
        ("{origin:02d}", r"\{origin:02d\} cannot write 'EWR'"),
        ("{origin", "cannot be read"),
        (7, "must be a str"),
    ],
)
def test_a_template_that_cannot_be_written_is_refused(template, complaint):
    with pytest.raises(InvalidJobError, match=complaint):
        grid(origin=["EWR"], month=[1], name=template)


# What is refused


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("JFK", r"grid: origin is a str, 'JFK'; an axis is a list: origin=\['JFK'\]"),
        (b"JFK", "origin is a bytes"),
        ([], "grid: origin has no values"),
        (iter([]), "grid: origin has no values"),
        (7, "origin must be a list of values, not int"),
        (None, "origin must be a list of values, not NoneType"),
        (np.array(7), "origin must be a list of values, not ndarray"),
        (np.array([[1, 2]]), r"grid: origin\[0\] is a numpy.ndarray"),
        ({"JFK": 1}, "origin must be a list of values, not dict"),
        ({"JFK"}, r"origin is a set, which has no order; give origin=sorted"),
        (["EWR", object()], r"grid: origin\[1\] is a builtins.object"),
        ([[1, object()]], r"grid: origin\[0\]\[1\] is a builtins.object"),
        ([Colour.RED], r"grid: origin\[0\] is a .*Colour"),
        ([{1: 2}], r"grid: origin\[0\] has the key 1"),
        (["EWR", "JFK", "EWR"], r"grid: origin\[2\] is 'EWR', as origin\[0\] is"),
        (itertools.count(), "grid: origin has more than 100,000 values"),
        (range(10**30), "combinations are more than the limit of 100,000"),
        ([pd.Timestamp("2013-02-01 00:00:00.000000001")], r"origin\[0\] has nanoseconds"),
    ],
)
def test_what_is_no_axis_is_refused_by_name(bad, complaint):
    with pytest.raises(InvalidJobError, match=complaint):
        grid(origin=bad)


@pytest.mark.parametrize("axis", ["Name", "Description", "arg_translation_table", "rundate", "", "a\nb"])
def test_an_axis_has_a_name_of_its_own(axis):
    with pytest.raises(InvalidJobError, match="grid: "):
        grid({axis: [1]})


def test_a_million_combinations_are_counted_and_refused_before_any_is_made():
    with pytest.raises(InvalidJobError, match="4 × 1,000 × 1,000 = 4,000,000 combinations .* limit=4_000_000"):
        grid(regime=["a", "b", "c", "d"], window=range(1000), seed=range(1000))


def test_a_million_combinations_are_made_one_at_a_time_where_they_are_confirmed():
    cells = grid(window=range(1000), seed=range(1000), limit=10**6)
    assert len(cells) == 10**6 and cells[-1]["Name"] == "999-999"


def test_sums_and_products_of_grids_are_counted_too():
    half = grid(window=range(300), seed=range(200))
    with pytest.raises(InvalidJobError, match="120,000 combinations"):
        half + half
    with pytest.raises(InvalidJobError, match="300 × 200 × 9 = 540,000 combinations"):
        half * grid(fee=range(9))


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"exclude": {"carrier": "UA"}}, "exclude names 'carrier', which is no axis"),
        ({"exclude": {}}, "an empty dict in exclude would leave out everything"),
        ({"exclude": "EWR"}, "exclude is a dict, a list of dicts or a function, not str"),
        ({"exclude": ["EWR"]}, "exclude has a str; it takes dicts of axes"),
        ({"exclude": lambda origin, carrier: True}, "exclude takes 'carrier', which is no axis"),
        ({"exclude": lambda month: 1 / (month - 2)}, "exclude failed at cell 1 .*month=2.*ZeroDivisionError"),
        ({"exclude": {"month": [1, 2]}}, "exclude leaves no combination"),
        ({"include": {"month": 3}}, r"include\[0\] has no 'origin'; it names all axes"),
        ({"include": [{"month": 3, "origin": "LGA", "x": 1}]}, "include names 'x'"),
        ({"include": [{"month": object(), "origin": "LGA"}]}, r"include: month\[0\] is a builtins.object"),
        ({"limit": 0}, "limit is 0; allowed: 1 or more"),
    ],
)
def test_what_cannot_be_left_out_or_added_is_refused(parameters, complaint):
    with pytest.raises(InvalidJobError, match=complaint):
        grid(origin=["EWR"], month=[1, 2], **parameters)


def test_axes_that_are_zipped_have_the_same_length():
    with pytest.raises(InvalidJobError, match="zip_: origin has 2 values and month has 12"):
        zip_(origin=["EWR", "JFK"], month=range(1, 13))


def test_a_grid_without_axes_is_refused():
    with pytest.raises(InvalidJobError, match="there are no axes"):
        grid()


def test_the_factors_of_a_product_have_different_axes():
    with pytest.raises(InvalidJobError, match="both grids have 'month'"):
        grid(month=[1]) * grid(month=[2])


def test_the_same_cell_twice_is_refused_when_the_cells_are_made():
    cells = grid(month=[1, 2]) + grid(month=[2])
    with pytest.raises(InvalidJobError, match="cells 1 and 2 are the same: month=2"):
        list(cells)


def test_two_cells_of_one_name_are_refused_with_what_they_are():
    with pytest.raises(InvalidJobError, match="cells 0 .*'a-b'.* and 3 .* are both named 'a-b-c'"):
        list(grid(x=["a-b", "a"], y=["c", "b-c"]))


# Frames


def test_the_rows_of_a_frame_are_cells_of_plain_values():
    frame = pd.DataFrame(
        {
            "origin": ["EWR", "JFK"],
            "month": np.array([1, 2], dtype="int8"),
            "fee": [0.5, np.nan],
            "day": pd.to_datetime(["2013-01-01 10:00", None]),
            "count": pd.array([3, None], dtype="Int64"),
        }
    )
    first, second = grid.from_frame(frame)
    assert list(first.values()) == [
        "EWR-01-0.5-2013-01-01T10:00-3",
        "origin=EWR, month=1, fee=0.5, day=2013-01-01T10:00, count=3",
        "EWR",
        1,
        0.5,
        datetime(2013, 1, 1, 10),
        3,
    ]
    assert {type(value) for value in first.values()} == {str, int, float, datetime}
    assert [second["fee"], second["day"], second["count"]] == [None, None, None]


def test_a_frame_may_name_its_parts():
    frame = pd.DataFrame({"Name": ["Newark", "Kennedy"], "origin": ["EWR", "JFK"]})
    assert [(cell["Name"], cell["origin"]) for cell in grid.from_frame(frame)] == [
        ("Newark", "EWR"),
        ("Kennedy", "JFK"),
    ]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ([{"month": 1}], "takes a DataFrame, not list"),
        (pd.DataFrame({"month": []}), "month has no values"),
        (pd.DataFrame(index=[1, 2]), "no columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns 'a'"),
        (pd.DataFrame([[1, 2]]), "name of an axis"),
        (pd.DataFrame({"Name": [1], "month": [1]}), r"Name\[0\] must be a str, not int"),
        (pd.DataFrame({"month": range(100_001)}), "100,001 combinations are more than the limit"),
    ],
)
def test_a_frame_that_gives_no_grid_is_refused(frame, complaint):
    with pytest.raises(InvalidJobError, match=complaint):
        grid.from_frame(frame)


def test_axes_take_arrays_and_columns():
    cells = grid(
        x=np.linspace(0, 1, 3), day=pd.date_range("2013-01-01", periods=2), d=np.array(["2013-01-01"], "M8[D]")
    )
    assert names(cells)[:2] == ["0.0-2013-01-01T00:00-2013-01-01", "0.0-2013-01-02T00:00-2013-01-01"]
    assert [type(value) for value in values(cells)[0].values()] == [float, datetime, date]


def test_a_grid_says_what_it_is():
    assert repr(grid(origin=["EWR", "JFK"], month=range(1, 13))) == "<Grid of origin, month: 2 × 12 = 24 cells>"


@pytest.mark.parametrize("name", [None, "{conn}", "{conn!r}"])
def test_a_secret_inside_a_value_stands_neither_in_names_nor_in_descriptions(name):
    two = grid(conn=[{"host": "db", "password": "hunter2"}, {"host": "db", "password": "hunter3"}], name=name)
    first, second = two
    assert "hunter" not in f"{first['Name']} {first['Description']} {second['Name']}"
    assert first["Name"].startswith("host=db,password=***~")
    assert first["Name"] != second["Name"]
    assert first["conn"]["password"] == "hunter2"
