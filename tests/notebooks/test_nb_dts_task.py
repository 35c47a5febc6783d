"""``%%dts_task``: a cell becomes a module of the notebook's image, from which jobs run without the kernel."""

import errno
import os
import sys
from textwrap import dedent
from unittest.mock import Mock

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from dtscheduler import DAG, Run
from dtscheduler.api.code import entrypoint_of
from dtscheduler.api.images import image_entrypoints
from dtscheduler.ui.notebook import magics
from dtscheduler.ui.notebook.cells import Cell
from dtscheduler.ui.notebook.dev_image import image_name, notebook_path

LOAD = "def load(n=2):\n    return list(range(n))\n"
TOTAL = "def total(values):\n    return sum(values)\n"


@pytest.fixture
def shell(tmp_path, monkeypatch, workspace):
    """An IPython with the magics, in notebook prices, which forgets the modules of its cells at the end."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = tmp_path / "prices.ipynb"
    notebook.touch()
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
    monkeypatch.setattr(sys, "path", list(sys.path))
    modules = dict(sys.modules)
    found = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    magics.load(found)
    yield found
    for name in set(sys.modules) - set(modules):
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def run(shell, cell, line=""):
    """Execute a cell under the magic; the namespace after it."""
    shell.run_cell_magic("dts_task", line, cell)
    return shell.user_ns


def refused(shell, cell, line=""):
    """What is said of a cell that is refused."""
    with pytest.raises(UsageError) as found:
        run(shell, cell, line)
    return str(found.value)


def file_of(workspace, module, image="prices"):
    return workspace.home / "notebooks" / image / f"{module}.py"


def test_it_says_what_the_cell_has_become(shell, capsys):
    run(shell, LOAD, "curves")
    assert capsys.readouterr().out == "load() is an entrypoint of image 'prices' (dev): curves.load\n"


def test_functions_of_cells_make_a_job_that_runs_from_the_image(shell, workspace):
    load, total = run(shell, LOAD)["load"], run(shell, TOTAL)["total"]
    with DAG("Sums", Image="prices") as dag:
        total(load(4))
    dag.save()
    saved = workspace.spec(workspace.job("Sums").spec_hash)
    assert [(task.entrypoint, task.code) for task in saved.tasks] == [("load.load", None), ("total.total", None)]
    assert dag.run(executor="inline").result("total") == 6


def test_outside_a_dag_the_function_is_an_ordinary_one(shell):
    assert run(shell, LOAD)["load"](3) == [0, 1, 2]


def test_workers_find_the_function_by_the_name_of_its_module(shell, workspace):
    assert entrypoint_of(run(shell, LOAD, "curves")["load"], None) == "curves.load"
    assert [name for name, _ in image_entrypoints("prices")] == ["curves.load"]


def test_a_cell_that_is_executed_again_replaces_what_was_there(shell, workspace):
    run(shell, LOAD)
    before = file_of(workspace, "load").stat().st_mtime
    namespace = run(shell, "def load(n=2):\n    return 'other'\n")
    assert namespace["load"]() == "other" and "other" in file_of(workspace, "load").read_text()
    assert int(file_of(workspace, "load").stat().st_mtime) > int(before), "else an old .pyc would count as current"


def test_names_that_the_cell_lacks_are_told_with_what_to_do(shell, workspace):
    shell.run_cell("import collections as co\nfrom json import dumps\nrates = 3")
    assert "`co` is not defined in this cell" in refused(shell, "def load():\n    return co.Counter()")
    assert refused(shell, "def load():\n    return co.Counter()").endswith("import it here: import collections as co")
    assert "from json import dumps" in refused(shell, "def load():\n    return dumps(1)")
    assert "make it a parameter" in refused(shell, "def load():\n    return rates")
    assert "`np`, `pd` are not defined" in refused(shell, "def load():\n    return pd, np")
    assert not file_of(workspace, "load").exists()


def test_nothing_is_executed_of_a_cell_that_lacks_a_name(shell, tmp_path):
    mark = tmp_path / "executed"
    refused(shell, f"from pathlib import Path\nPath({str(mark)!r}).touch()\ndef load():\n    return pd")
    assert not mark.exists()


COMPLETE = {
    "arguments and comprehensions": """
        import os.path as p
        def f(a, *b, c=1, **d):
            return [x + a for x in b], p, {k: v for k, v in d.items()}, c
        """,
    "a global that another function makes": """
        def f():
            global g
            g = 1
        def h():
            return g
        """,
    "a class": """
        class C:
            x = 1
            y = x
            def m(self):
                return __class__, C.x
        def f(c: C) -> "C":
            return c
        """,
    "an import that may fail": """
        try:
            import tomllib as t
        except ImportError as error:
            t = None
        def f():
            return t, __name__, __file__
        """,
    "an import of everything": """
        from os.path import *
        def f():
            return join("a", "b")
        """,
    "names of the function around": """
        def f():
            def inner():
                nonlocal n
                n += 1
            n = (m := 0)
            inner()
            return n, m, len
        """,
    "patterns": """
        def f(x):
            match x:
                case {"a": y, **rest}:
                    return y, rest
                case [z, *more]:
                    return z, more
        """,
}


@pytest.mark.parametrize("cell", COMPLETE.values(), ids=COMPLETE)
def test_names_that_python_finds_are_not_missed(cell):
    assert Cell(dedent(cell)).missing() == set()


@pytest.mark.parametrize("name", ["display", "get_ipython"])
def test_what_only_kernels_have_is_missed(name):
    assert Cell(f"def f():\n    return {name}()").missing() == {name}


@pytest.mark.parametrize(
    "cell",
    [
        "def f(x: lost.Series):\n    pass",
        "@lost\ndef f():\n    pass",
        "def f():\n    return [lost for _ in ()]",
        "class A:\n    def m(self):\n        return lost\ndef f():\n    pass",
        "class A(lost):\n    pass\ndef f():\n    pass",
        "def f():\n    return lambda x=lost: x",
    ],
)
def test_names_are_missed_wherever_they_stand(cell):
    assert Cell(cell).missing() == {"lost"}


def test_a_cell_that_is_no_python_leaves_the_module_of_before(shell, workspace):
    run(shell, LOAD)
    assert refused(shell, "def load():\n    return (").startswith("line 2 of the cell:")
    assert "magics" in refused(shell, "def load():\n    pass\n%time load()")
    assert file_of(workspace, "load").read_text().endswith(LOAD) and sys.modules["load"].load(1) == [0]


def test_a_cell_that_raises_leaves_the_module_of_before(shell, workspace):
    run(shell, LOAD)
    said = refused(shell, "'''doc'''\nfrom __future__ import annotations\n\ndef load():\n    return 1\n1 / 0\n")
    assert said == (
        "the cell raises ZeroDivisionError: division by zero (line 6 of the cell); what was there before stays"
    )
    assert file_of(workspace, "load").read_text().endswith(LOAD) and sys.modules["load"].load(1) == [0]


def test_an_interrupt_while_it_is_imported_leaves_the_module_of_before(shell, workspace):
    run(shell, LOAD)
    with pytest.raises(KeyboardInterrupt):
        run(shell, "def load():\n    return 1\nraise KeyboardInterrupt")
    assert sys.modules["load"].load(1) == [0]


def test_a_docstring_and_the_future_stay_first(shell):
    head = "'''About.'''\nfrom __future__ import annotations; import json\n"
    namespace = run(shell, head + "@staticmethod\ndef load() -> Unknown:\n    return json\n")
    assert sys.modules["load"].__doc__ == "About." and namespace["load"].__annotations__ == {"return": "Unknown"}


def test_functions_with_an_underscore_and_classes_are_there_but_no_entrypoints(shell, workspace):
    cell = "class Row:\n    pass\ndef _row():\n    return Row()\ndef load():\n    return _row()\n"
    namespace = run(shell, cell)
    assert isinstance(namespace["load"](), namespace["Row"]) and "_row" in namespace
    assert [name for name, _ in image_entrypoints("prices")] == ["load.load"]


def test_a_cell_that_marks_functions_itself_decides(shell, workspace):
    run(shell, "from dtscheduler import batch\ndef other():\n    return 1\n@batch\ndef load():\n    return other()\n")
    assert [name for name, _ in image_entrypoints("prices")] == ["load.load"]


def test_cells_of_one_notebook_import_each_other(shell):
    run(shell, LOAD)
    assert run(shell, "from load import load\ndef twice():\n    return load() * 2\n")["twice"]() == [0, 1, 0, 1]


def test_a_module_that_would_hide_another_is_refused(shell, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "beside.py").write_text("x = 1")
    assert "comes with Python" in refused(shell, LOAD, "statistics")
    assert "there is a module 'dtscheduler' already" in refused(shell, LOAD, "dtscheduler")
    assert "beside.py" in refused(shell, LOAD, "beside")


@pytest.mark.parametrize("module", ["a.b", "../x", "class", "__init__", "x" * 81, "1a"])
def test_a_module_has_a_name_like_a_variable(shell, module):
    assert "named like a variable" in refused(shell, LOAD, module)


@pytest.mark.parametrize("cell", ["# nothing", "x = 1", "def _hidden():\n    pass", "class A:\n    pass"])
def test_a_cell_without_an_entrypoint_is_refused(shell, cell):
    assert "defines no function" in refused(shell, cell)


def test_an_image_that_is_another_folder_is_left_alone(shell, workspace, image):
    folder = image("prices", {"risk.py": "x = 1"})
    said = refused(shell, LOAD)
    assert f"is the folder {folder} already" in said and "--image NAME" in said
    run(shell, LOAD, "--image prices2")
    assert workspace.image("prices", "dev").path == str(folder)
    assert file_of(workspace, "load", "prices2").is_file()


def test_a_module_of_another_notebook_is_left_alone_while_that_is_there(shell, workspace, tmp_path, monkeypatch):
    run(shell, LOAD)
    other = tmp_path / "other" / "prices.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(other))
    assert "that of another notebook" in refused(shell, "def load():\n    return 5")
    (tmp_path / "prices.ipynb").unlink()  # it has moved
    assert run(shell, "def load():\n    return 5")["load"]() == 5


def test_a_file_that_no_cell_wrote_is_left_alone(shell, workspace):
    run(shell, LOAD)
    file_of(workspace, "mine").write_text("x = 1\n")
    assert "was not written from a cell" in refused(shell, LOAD, "mine")


def test_a_folder_that_cannot_be_written_is_said(shell, workspace):
    workspace.images()  # opens the store, and so makes the home
    (workspace.home / "notebooks").write_text("in the way")
    assert "Not a directory" in refused(shell, LOAD)
    assert "load" not in sys.modules


def test_a_file_that_cannot_be_written_leaves_the_module_of_before(shell, monkeypatch):
    run(shell, LOAD)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr("dtscheduler.reports.files.os.fsync", Mock(side_effect=full))
    assert "No space left" in refused(shell, "def load():\n    return 5")
    assert sys.modules["load"].load(1) == [0]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/ada/prices.ipynb", "prices"),
        ("C:\\work\\My prices (2).ipynb", "My-prices-2"),
        ("/x/..ipynb", "notebook"),
        ("", "notebook"),
        ("/x/ééé.ipynb", "notebook"),
        ("/x/" + "a" * 300 + ".ipynb", "a" * 80),
    ],
)
def test_an_image_is_named_after_its_notebook(path, name):
    assert image_name(path) == name


def test_the_front_end_says_which_notebook_it_is():
    assert notebook_path({}, {"JPY_SESSION_NAME": "RTC:/x/a.ipynb"}) == "/x/a.ipynb"
    assert notebook_path({"__vsc_ipynb_file__": "/x/b.ipynb"}, {"JPY_SESSION_NAME": "/x/a.ipynb"}) == "/x/b.ipynb"
    assert notebook_path({}, {}) == ""


def test_a_source_in_another_coding_is_kept_as_it_is(shell, workspace):
    cell = "# -*- coding: latin-1 -*-\ndef load():\n    return 'é\u2028'\n"
    assert run(shell, cell)["load"]() == "é\u2028"
    with DAG("Coded", Image="prices") as dag:
        shell.user_ns["load"]()
    assert dag.run(executor="inline").result("load") == "é\u2028"


def test_results_are_reused_until_the_cell_says_something_else(shell):
    def plan():
        with DAG("Sums", Image="prices", Reuse="content") as dag:
            shell.user_ns["total"]([1, 2])
        return dag

    run(shell, TOTAL)
    plan().run(executor="inline")
    run(shell, "# the same\n\n" + TOTAL)
    assert plan().plan().reused == 1
    run(shell, TOTAL.replace("sum", "max"))
    assert plan().plan().to_run == 1


@pytest.mark.slow
def test_workers_execute_what_the_cell_says_now(shell, workspace, one_core):
    def value() -> str:
        with DAG("Values", Image="prices") as dag:
            shell.user_ns["load"]()
        made: Run = dag.run()
        assert made.status == "completed", made.reason
        return made.result("load")

    run(shell, "def load():\n    return 'one'\n")
    assert value() == "one"
    run(shell, "def load():\n    return 'two'\n")
    assert value() == "two"
