"""What looks the same and is not: a result is never reused for it."""

import sys

import pytest

from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.running.values import OPEN, dump, names_own


@pytest.fixture
def module(workspace, tmp_path):
    """Writes a module and runs ``first >> second`` of it with reuse by content: the result of the second."""
    folder = tmp_path / "code"
    folder.mkdir()
    file = folder / "things.py"

    def run(text, first="make", second="use", parallel=False):
        file.write_text("from dtscheduler import batch\n" + text)
        dag = DAG(Name="things", DevRun=True, WorkDir=folder, Reuse="content")
        if parallel:
            parts = [{"Name": "only", "Description": ""}]
            made = ParallelTask(Name=first, Entrypoint=f"things.{first}", ConfigurationJson=parts, dag=dag)
        else:
            made = Task(Name=first, Entrypoint=f"things.{first}", dag=dag)
        if second:
            made >> Task(Name=second, Entrypoint=f"things.{second}", dag=dag)
        return dag.run(executor="inline").result(second or first)

    yield run
    sys.modules.pop("things", None)


EACH_OTHER = """
@batch()
def even(n=10): return True if n == 0 else odd(n - 1)

@batch()
def odd(n=10): return False if n == 0 else even(n - 1)
"""


def test_two_functions_that_reach_the_same_are_two(module):
    assert module(EACH_OTHER, "even", None) is True
    assert module(EACH_OTHER, "odd", None) is False


LIST = """
@batch()
def make(): return [5]

@batch()
def use(make): return make
"""


def test_the_result_of_a_task_is_not_the_list_of_the_one_part_of_a_fan_out(module):
    assert module(LIST) == [5]
    assert module(LIST, parallel=True) == [[5]]
    assert module(LIST) == [5]


SHAPE = """
class Circle:
    def __init__(self, r): self.r = r
    def area(self): return 3 * self.r

@batch()
def make(): return Circle(2)

@batch()
def use(make): return make.area()
"""


def test_what_an_object_from_upstream_does_counts(module):
    assert module(SHAPE) == 6
    assert module(SHAPE.replace("3 *", "4 *")) == 8


FUNCTION = """
def scale(x): return 2 * x

@batch()
def make(): return scale

@batch()
def use(make): return make(1)
"""


def test_what_a_function_from_upstream_does_counts(module):
    assert module(FUNCTION) == 2
    assert module(FUNCTION.replace("2 * x", "3 * x")) == 3


class Own:
    pass


def own(x):
    return x


def plain_values():
    import datetime as dt
    from collections import Counter, OrderedDict
    from decimal import Decimal

    import numpy as np
    import pandas as pd

    day = dt.date(2026, 1, 31)
    return [1, "a", [1.5, None], {"a": {1, 2}}, [day, day], dt.datetime.now(dt.UTC), Decimal("1.5"), Counter("aab"),
            OrderedDict(a=1), np.arange(5), np.float64(3), pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
            pd.Series(pd.date_range("2026", periods=3, tz="Europe/Paris")), b"\x93" * 10, "\x93"]  # fmt: skip


@pytest.mark.parametrize("number", range(15))
def test_values_of_python_and_of_tables_are_told_by_their_bytes(number):
    assert not dump(plain_values()[number]).digest.endswith(OPEN)


def test_objects_and_functions_of_the_users_own_are_not():
    from functools import partial

    for value in (Own(), Own, own, [1, {"a": Own()}], partial(own, 1), (lambda: 3), {Own(): 1}, [Own(), Own()]):
        assert dump(value).digest.endswith(OPEN), value


def test_a_pickle_that_is_damaged_or_endless_may_name_anything():
    assert names_own(b"\x80\x05garbage")
    assert names_own(dump([float(n) for n in range(200_000)]).payload())


EDITED = """
from pathlib import Path

@batch()
def make():
    file = Path({file!r})
    file.write_text(file.read_text().replace("'old'", "'new'"))
    return 1

@batch()
def use(make):
    import lazy
    return lazy.value()
"""


def test_code_that_is_edited_while_its_run_goes_on_serves_no_other_run(module, tmp_path, caplog):
    lazy = tmp_path / "code" / "lazy.py"
    lazy.write_text("def value(): return 'old'\n")
    text = EDITED.replace("{file!r}", repr(str(lazy)))
    assert module(text) == "new"
    assert "the code of task use was edited while run 1 goes on" in caplog.text
    lazy.write_text("def value(): return 'old'\n")
    again = text.replace("file.write_text", "str")
    sys.modules.pop("lazy", None)
    assert module(again) == "old"
    sys.modules.pop("lazy", None)


def test_a_function_by_value_runs_with_its_own_decorators(workspace, tmp_path):
    import functools

    from dtscheduler import batch

    def decorated(added):
        def adding(function):
            @functools.wraps(function)
            def more(*args, **kwargs):
                return function(*args, **kwargs) + added

            return more

        return adding

    def result(added):
        @batch()
        @decorated(added)
        def one():
            return 1

        with DAG(Name="decorated", DevRun=True, WorkDir=tmp_path, Reuse="content") as dag:
            one()
        return dag.last_run.result("one")

    assert [result(1), result(2), result(1)] == [2, 3, 2]


def test_a_cell_that_reads_a_run_is_fingerprinted_at_once(workspace, tmp_path):
    from dtscheduler import batch
    from dtscheduler.running.code import function_code

    @batch()
    def one():
        return 1

    with DAG(Name="cell", DevRun=True, WorkDir=tmp_path) as dag:
        one()
    run, place = dag.last_run, workspace

    @batch()
    def use():
        return run.id, place.home

    assert function_code(use).fingerprint == function_code(use).fingerprint


def test_a_damaged_result_counts_as_missing_once_it_was_read(module, workspace, tmp_path):
    import dtscheduler
    from dtscheduler.errors import ResultMissingError

    assert module(LIST) == [5]
    key = workspace.task_runs(1)[1].result_key
    workspace.cache._shard_of(key).set(key, b"garbage", tag="0" * 64)
    with pytest.raises(ResultMissingError, match="damaged"):
        dtscheduler.run(1).result("use")
    assert module(LIST) == [5]
    assert [str(record.status) for record in workspace.task_runs(2)] == ["reused", "completed"]


def test_what_a_rerun_made_of_kept_objects_with_edited_classes_serves_no_other_run(module, tmp_path):
    import dtscheduler

    assert module(SHAPE) == 6
    (tmp_path / "code" / "things.py").write_text("from dtscheduler import batch\n" + SHAPE.replace("3 *", "4 *"))
    assert dtscheduler.run(1).rerun(tasks=["use"], executor="inline").result("use") == 8
    assert module(SHAPE) == 6


def test_a_class_in_a_file_named_like_a_module_of_python_is_the_users_own(module, tmp_path):
    text = "class Circle:\n    def __init__(self, r): self.r = r\n    def area(self): return 3 * self.r\n"
    use = """
@batch()
def make():
    from profile import Circle
    return Circle(2)

@batch()
def use(make): return make.area()
"""
    sys.modules.pop("profile", None)
    (tmp_path / "code" / "profile.py").write_text(text)
    assert module(use) == 6
    sys.modules.pop("profile", None)
    (tmp_path / "code" / "profile.py").write_text(text.replace("3 *", "4 *"))
    assert module(use) == 8
    sys.modules.pop("profile", None)


def test_a_work_dir_that_is_gone_is_named(module, tmp_path):
    import shutil

    import dtscheduler
    from dtscheduler.errors import ImageError

    module(LIST)
    shutil.rmtree(tmp_path / "code")
    run = dtscheduler.run(1)
    for call in (lambda: run.rerun(full=True), lambda: run.plan(full=True), run.task_run("use").replay):
        with pytest.raises(ImageError, match="the WorkDir of job 'things' is not there any more"):
            call()
