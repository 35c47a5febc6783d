"""The fingerprint of code: comments, formatting and docstrings do not count, anything else that is executed does."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from textwrap import dedent

import pytest

from dtscheduler.running.code import file_code, function_code
from dtscheduler.running.sources import project
from dtscheduler.running.sources.module import parsed

FILES = {
    "risk/__init__.py": "",
    "risk/batch.py": """
        from dtscheduler import batch
        from risk.curves import bend

        @batch()
        def size(value):
            return bend(value) + 1
        """,
    "risk/curves.py": """
        def bend(value):
            return value * 2
        """,
    "risk/unused.py": "x = 1",
}


@pytest.fixture
def fingerprint(work_dir):
    """Of ``risk.batch.size``, with some files written otherwise."""
    return lambda changed={}: file_code(str(work_dir(FILES | changed)), "risk.batch.size").fingerprint


def batch_file(text):
    return {"risk/batch.py": "from dtscheduler import batch\nfrom risk.curves import bend\n\n" + dedent(text)}


# Files


@pytest.mark.parametrize(
    "same",
    [
        "# a comment\n@batch()\ndef size(value):\n    return bend(value) + 1  # another\n",
        "@batch()\ndef size(value):\n    '''What it says.'''\n    return bend(value) + 1\n",
        "\n\n\n@batch()\ndef size( value ):\n\n        return (bend( value )\n            + 1)\n",
        "@batch()\ndef size(value): return bend(value) + 0x1\n",
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(fingerprint, same):
    before = fingerprint()
    assert fingerprint(batch_file(same)) == before


def test_a_docstring_at_the_top_of_a_file_does_not_count(fingerprint):
    before = fingerprint()
    assert fingerprint({"risk/curves.py": "'How curves bend.'\n" + dedent(FILES["risk/curves.py"])}) == before


@pytest.mark.parametrize(
    "other",
    [
        "@batch()\ndef size(value):\n    return bend(value) + 2\n",
        "@batch()\ndef size(value, more=0):\n    return bend(value) + 1\n",
        "@batch({'value': 'rundate'})\ndef size(value):\n    return bend(value) + 1\n",
        "@batch()\ndef size(value):\n    return bend(value) + 1.0\n",
        "@batch()\ndef size(value):\n    return bend(value) + True\n",
    ],
)
def test_a_change_of_the_function_or_its_file_counts(fingerprint, other):
    before = fingerprint()
    assert fingerprint(batch_file(other)) != before


def test_a_changed_helper_in_another_file_counts(fingerprint):
    before = fingerprint()
    assert fingerprint({"risk/curves.py": "def bend(value):\n    return value * 3\n"}) != before


def test_a_comment_in_a_helper_does_not_count(fingerprint):
    before = fingerprint()
    assert fingerprint({"risk/curves.py": "def bend(value):\n    # twice\n    return value * 2\n"}) == before


def test_a_file_that_is_not_imported_does_not_count(fingerprint):
    before = fingerprint()
    assert fingerprint({"risk/unused.py": "x = 2", "more.py": "y = 3"}) == before


def test_a_helper_of_a_helper_counts(fingerprint):
    bend = "from .deep import factor\n\ndef bend(value):\n    return value * factor\n"
    helpers = {"risk/curves.py": bend, "risk/deep.py": "factor = 2"}
    before = fingerprint(helpers)
    assert fingerprint(helpers | {"risk/deep.py": "factor = 3"}) != before


@pytest.mark.parametrize(
    ("importing", "use"),
    [("import deep.er", "deep.er.x"), ("import deep.er as d", "d.x"), ("from deep import er", "er.x"),
     ("from deep.er import x as y", "y"), ("from deep.er import *", "x"), ("if True:\n    from deep import er", "er.x"),
     ("from . import near", "near.x"), ("from .near import x", "x"), ("from ..risk import near", "near.x"),
     ("import deep.er", "vars(deep)"), ("import deep.er", "(lambda: deep.er.x)()"),
     ("def late():\n    import deep.er\n    return deep.er.x", "late()"),
     ("import importlib", "importlib.import_module('deep.er').x"), ("import importlib as i", "i.import_module(value).x"),
     ("import sys", "sys.modules[value].x\nimport deep.er")],
)  # fmt: skip
def test_every_way_of_using_another_file_counts(fingerprint, importing, use):
    helpers = {"risk/curves.py": f"{importing}\ndef bend(value):\n    return {use}\n", "deep/er.py": "x = 1"}
    helpers |= {"risk/near.py": "x = 1"}
    before = fingerprint(helpers)
    assert fingerprint(helpers | {"deep/er.py": "x = 2", "risk/near.py": "x = 2"}) != before


def test_a_file_that_is_imported_and_not_used_does_not_count(fingerprint):
    helpers = {"risk/curves.py": "import deep.er\nbend = abs", "deep/er.py": "x = 1"}
    before = fingerprint(helpers)
    assert fingerprint(helpers | {"deep/er.py": "x = 2"}) == before


def test_the_init_of_the_package_counts_because_it_is_executed(fingerprint):
    alone = {"risk/batch.py": "from dtscheduler import batch\n\n@batch()\ndef size():\n    return 1\n"}
    before = fingerprint(alone)
    assert fingerprint(alone | {"risk/__init__.py": "import os\nos.environ['RISK'] = '1'"}) != before


def test_of_a_file_and_a_package_of_one_name_the_package_counts_because_it_is_imported(fingerprint):
    both = {"risk/curves.py": "x = 1", "risk/curves/__init__.py": "x = 1"}
    before = fingerprint(both)
    assert fingerprint(both | {"risk/curves/__init__.py": "x = 2"}) != before


def test_a_new_file_that_hides_an_installed_module_counts(fingerprint):
    helpers = {"risk/curves.py": "import colorsys\ndef bend(value): return colorsys.x"}
    before = fingerprint(helpers)
    assert fingerprint({"colorsys.py": "x = 1", **helpers}) != before


def test_files_that_import_each_other_have_a_fingerprint(fingerprint):
    circle = {"risk/curves.py": "from risk.batch import y", "risk/batch.py": "from risk.curves import y\nsize = y"}
    before = fingerprint(circle)
    assert fingerprint(circle | {"risk/curves.py": "from risk.batch import y\ny = 1"}) != before


def test_a_file_that_cannot_be_parsed_counts_as_it_is(fingerprint):
    before = fingerprint({"risk/curves.py": "def ("})
    assert fingerprint({"risk/curves.py": "def (("}) != before


def test_the_folder_does_not_count(work_dir):
    one, other = work_dir(FILES, folder="one"), work_dir(FILES, folder="other")
    assert file_code(str(one), "risk.batch.size").fingerprint == file_code(str(other), "risk.batch.size").fingerprint


def test_a_definition_says_what_it_is_and_where(work_dir):
    text = "import functools\nLIMIT = 3\n\n@functools.cache\ndef bend(x):\n    return x + LIMIT\n\nclass Model:\n    pass\n"
    folder = work_dir({"risk/job.py": text + "def size():\n    return bend(1), Model()\nimport os\nos.umask(0)\n"})
    known = {found.name: found for found in file_code(str(folder), "risk.job.size").definitions}
    assert [(known[f"risk.job.{name}"].kind, known[f"risk.job.{name}"].lines) for name in ("bend", "LIMIT", "Model")] == [
        ("function", (4, 6)), ("constant", (2, 2)), ("class", (8, 9)),
    ]  # fmt: skip
    assert (known["risk.job (top level)"].kind, known["risk.job (top level)"].lines) == ("statements", (13, 13))
    assert {found.file for found in known.values() if found.kind != "python"} == {"risk/job.py"}
    assert known["Python"].digest == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_a_library_counts_by_its_version_where_it_is_used(work_dir):
    folder = work_dir(
        {"job.py": "import pandas as pd, pytest, json\nimport sqlalchemy\ndef size(): return pd.NA, json\n"}
    )
    libraries = [(f.name, f.digest) for f in file_code(str(folder), "job.size").definitions if f.kind == "distribution"]
    assert libraries == [("pandas", version("pandas"))]


@pytest.mark.parametrize(
    "text",
    ["x = " + "(" * 300 + "1" + ")" * 300, "x = " + "+".join(["1"] * 20_000), "x = " + "-" * 3_000 + "1", "def (",
     "x = '\0'", "#" * 1_600_000, "\xff\xfe", "if 1:\n" + "".join(" " * n + "if 1:\n" for n in range(1, 120))],
    ids=["brackets", "long sum", "signs", "syntax", "NUL", "large", "not UTF-8", "indents"],
)  # fmt: skip
def test_a_file_that_cannot_be_followed_counts_as_it_is_with_all_it_imports(work_dir, text):
    folder = work_dir({"job.py": "from odd import f\ndef size(): return f()", "more.py": "y = 1"})
    (folder / "odd.py").write_bytes(b"import more\n" + text.encode("latin-1"))
    before = file_code(str(folder), "job.size").fingerprint
    (folder / "odd.py").write_bytes(b"import more\nf = more.y\n" + text.encode("latin-1"))
    after = file_code(str(folder), "job.size").fingerprint
    (folder / "more.py").write_text("y = 2")
    assert len({before, after, file_code(str(folder), "job.size").fingerprint}) == 3


def test_a_project_that_is_asked_again_is_read_again_only_where_it_changed(work_dir, monkeypatch):
    folder = work_dir(FILES)
    read = []
    monkeypatch.setattr(project, "parsed", lambda content: read.append(content) or parsed(content))
    file_code(str(folder), "risk.batch.size")
    first = len(read)
    file_code(str(folder), "risk.batch.size")
    assert (first, len(read)) == (3, 3)
    (folder / "risk/curves.py").write_text("def bend(value): return 7")
    file_code(str(folder), "risk.batch.size")
    assert len(read) == 4


def test_a_file_on_a_path_that_the_code_adds_counts(work_dir):
    code = "import sys\nsys.path.insert(0, 'src/lib')\nimport far\n\ndef size(): return far.f()\n"
    folder = work_dir({"job.py": code, "src/lib/far.py": "import farther\ndef f(): return farther.x"})
    work_dir({"src/lib/farther.py": "x = 1"})
    before = file_code(str(folder), "job.size").fingerprint
    work_dir({"src/lib/far.py": "import farther\ndef f(): return 5"})
    assert file_code(str(folder), "job.size").fingerprint != before


def test_without_a_work_dir_the_distribution_of_the_entrypoint_counts():
    names = [(found.name, found.kind) for found in file_code(None, "pandas.io.common.size").definitions]
    assert names == [("Python", "python"), ("pandas", "distribution")]


def test_another_interpreter_is_asked_what_it_has(work_dir, tmp_path):
    python = tmp_path / "python"
    (tmp_path / "site/numpy").mkdir(parents=True)
    (tmp_path / "site/numpy/__init__.py").touch()
    (tmp_path / "site/numpy-9.9.dist-info").mkdir()
    (tmp_path / "site/numpy-9.9.dist-info/RECORD").write_text("numpy/__init__.py,,\n")
    answer = json.dumps([[3, 12], [str(tmp_path / "site")], ["json"]])
    python.write_text(f"#!/bin/sh\necho '{answer}'\n")
    python.chmod(0o755)
    folder = work_dir({"job.py": "import numpy as np\ndef size(): return np.nan"})
    found = file_code(str(folder), "job.size", str(python)).definitions
    assert [(f.name, f.digest) for f in found if f.kind != "function"] == [("Python", "3.12"), ("numpy", "9.9")]


# Functions that no file of a work dir holds


def made(text, name="size"):
    """A function, as a cell of a notebook would make it."""
    cell = {"__name__": "__main__"}
    exec(dedent(text), cell)
    return function_code(cell[name]).fingerprint


PLAIN = """
    def bend(value):
        return value * 2

    def size(value):
        return bend(value) + 1
"""


@pytest.mark.parametrize(
    "same",
    [
        PLAIN.replace("return bend", "# a comment\n        return bend"),
        PLAIN.replace("def size", "\n\n\n    def size"),
        PLAIN.replace("return bend", "'''What it says.'''\n        return bend"),
        PLAIN + "\n    unused = 3\n",
    ],
    ids=["comment", "formatting", "docstring", "what it does not use"],
)
def test_of_a_function_comments_formatting_and_docstrings_do_not_count(same):
    assert made(same) == made(PLAIN)


@pytest.mark.parametrize(
    "other",
    [PLAIN.replace("+ 1", "+ 2"), PLAIN.replace("* 2", "* 3"), PLAIN.replace("value)", "value, more=0)", 1),
     PLAIN.replace("+ 1", "- 1"), PLAIN.replace("+ 1", "+ 1.0")],
    ids=["constant", "helper", "signature of the helper", "operator", "type"],
)  # fmt: skip
def test_of_a_function_all_that_it_does_counts(other):
    assert made(other) != made(PLAIN)


def test_a_global_that_a_function_uses_counts():
    text = "LIMITS = {{'FR': {}}}\ndef size(value):\n    return LIMITS\n"
    assert made(text.format(1)) == made(text.format(1))
    assert made(text.format(1)) != made(text.format(2))


def test_a_variable_that_a_function_encloses_counts():
    text = "def outer(x):\n    def size():\n        return x\n    return size\nsize = outer({})\n"
    assert made(text.format(1)) != made(text.format(2))


def test_a_default_counts():
    assert made("def size(x=1):\n    return x\n") != made("def size(x=2):\n    return x\n")


def test_a_function_within_the_function_counts():
    text = "def size():\n    return [(lambda: {})() for _ in range(3)]\n"
    assert made(text.format(1)) != made(text.format(2))


def test_a_function_that_calls_itself_has_a_fingerprint():
    text = "def size(n):\n    return size(n - {}) if n else 0\n"
    assert made(text.format(1)) != made(text.format(2))


def test_a_changed_wrapper_of_a_helper_counts():
    text = """
        def more(f):
            def inner(x):
                return f(x) + {}
            inner.__wrapped__ = f
            return inner

        @more
        def bend(x):
            return x

        def size(x):
            return bend(x)
        """
    assert made(text.format(1)) != made(text.format(2))


@pytest.mark.parametrize(
    "holding",
    ["functools.partial(bend, 2)", "[bend]", "dict(x=bend)", "Holder(bend)", "collections.defaultdict(bend)",
     "Holder(2).go", "property(bend)", "functools.lru_cache(bend)", "collections.deque([bend])", "lambda x: bend(x)"],
)  # fmt: skip
def test_a_function_within_an_object_counts(holding):
    text = f"""
        import collections, functools
        def bend(x=0):
            return x * {{}}
        class Holder:
            __slots__ = ("held",)
            def __init__(self, held):
                self.held = held
            def go(self):
                return bend(self.held)
        HELD = {holding}
        def size(x):
            return HELD
        """
    assert made(text.format(1)) == made(text.format(1))
    assert made(text.format(1)) != made(text.format(2))


def test_an_attribute_in_a_slot_counts():
    text = "class P:\n    __slots__ = ('x',)\nP0 = P()\nP0.x = {}\ndef size():\n    return P0.x\n"
    assert made(text.format(1)) != made(text.format(2))


def test_what_is_caught_and_how_arguments_are_taken_counts():
    assert made("def size(a, b=1): return a") != made("def size(a, *, b=1): return a")
    caught = "def size(a):\n    try:\n        {}\n    except ValueError:\n        return 0\n    return a\n"
    assert made(caught.format("int(a)")) != made(caught.format("pass") + "    int(a)\n")


def test_the_definitions_of_a_function_and_of_what_it_reaches_are_named():
    cell = {"__name__": "__main__"}
    exec("LIMIT = 3\nclass P:\n    pass\ndef bend():\n    return LIMIT\n\ndef size():\n    return bend(), P()\n", cell)
    found = {d.name: (d.kind, d.lines) for d in function_code(cell["size"]).definitions if d.kind != "python"}
    assert found == {
        "__main__.LIMIT": ("constant", (0, 0)),
        "__main__.P": ("class", (0, 0)),
        "__main__.bend": ("function", (4, 5)),
        "__main__.size": ("function", (7, 8)),
    }


def test_files_and_libraries_that_a_function_uses_count(work_dir, monkeypatch):
    folder = work_dir({"nearby.py": "import json\ndef f(): return g()\ndef g(): return 1\ndef idle(): return 0\n"})
    monkeypatch.syspath_prepend(str(folder))
    cell = {"__name__": "__main__"}
    exec("import nearby, pandas as pd\ndef size():\n    return nearby.f(), pd.NA\n", cell)
    names = [found.name for found in function_code(cell["size"]).definitions]
    assert names == ["Python", "__main__.size", "nearby.f", "nearby.g", "pandas"]
    before = function_code(cell["size"]).fingerprint
    work_dir({"nearby.py": "def f(): return g()\ndef g(): return 2\n"})
    assert function_code(cell["size"]).fingerprint != before
    sys.modules.pop("nearby")


# The same in every process

CELL = """
from dtscheduler.running.code import function_code

COUNTRIES = {'FR', 'DE', 'GB', 'IT', 'NL'}
GROUPS = {'north': {'NL', 'GB'}, 'south': frozenset({'IT', 'FR'})}

class Curve:
    shape = 'flat'

    def bend(self):
        return {'a', 'b', 'c'}

def helper(country):
    return country in {'FR', 'DE', 'GB'}

def size(value, curve=None):
    return value in COUNTRIES and helper(value) and GROUPS

def bent(value):
    return Curve().bend()

"""


def printed_under_hash_seeds(text):
    return {
        subprocess.run(
            [sys.executable, "-c", text], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "2")
    }


def test_a_file_has_the_same_fingerprint_in_every_process(work_dir):
    folder = str(work_dir(FILES | {"risk/curves.py": "bend = {'a', 'b', 'c'}"}))
    text = f"from dtscheduler.running.code import file_code as f\nprint(f({folder!r}, 'risk.batch.size').fingerprint)"
    assert len(printed_under_hash_seeds(text)) == 1


def test_a_function_that_uses_sets_has_the_same_fingerprint_in_every_process():
    assert len(printed_under_hash_seeds(CELL + "print(function_code(size).fingerprint)")) == 1


def test_a_function_that_uses_a_class_beside_it_has_the_same_fingerprint_in_every_process():
    assert len(printed_under_hash_seeds(CELL + "print(function_code(bent).fingerprint)")) == 1
