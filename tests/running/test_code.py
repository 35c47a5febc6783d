"""The fingerprint of code: comments, formatting and docstrings do not count, anything else that is executed does."""

import os
import subprocess
import sys
from textwrap import dedent

import pytest

from dtscheduler.running.code import file_fingerprint, function_fingerprint

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
    return lambda changed={}: file_fingerprint(str(work_dir(FILES | changed)), "risk.batch.size")


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
        "LIMIT = 3\n@batch()\ndef size(value):\n    return bend(value) + 1\n",
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


@pytest.mark.parametrize("chained", ["", "\n\ndef bend(value):\n    return value * 2\n"])
def test_a_helper_of_a_helper_counts(fingerprint, chained):
    helpers = {"risk/curves.py": "from .deep import factor\n" + chained, "risk/deep.py": "factor = 2"}
    before = fingerprint(helpers)
    assert fingerprint(helpers | {"risk/deep.py": "factor = 3"}) != before


@pytest.mark.parametrize(
    "importing",
    ["import deep.er", "import deep.er as d", "from deep import er", "from deep.er import x", "from deep.er import *",
     "def later():\n    import deep.er", "if True:\n    from deep import er"],
)  # fmt: skip
def test_every_way_of_importing_a_file_counts(fingerprint, importing):
    helpers = {"risk/curves.py": importing, "deep/er.py": "x = 1"}
    before = fingerprint(helpers)
    assert fingerprint(helpers | {"deep/er.py": "x = 2"}) != before


@pytest.mark.parametrize("importing", ["from . import near", "from .near import x", "from ..risk import near"])
def test_relative_imports_count(fingerprint, importing):
    helpers = {"risk/curves.py": importing, "risk/near.py": "x = 1"}
    before = fingerprint(helpers)
    assert fingerprint(helpers | {"risk/near.py": "x = 2"}) != before


def test_the_init_of_the_package_counts_because_it_is_executed(fingerprint):
    alone = {"risk/batch.py": "from dtscheduler import batch\n\n@batch()\ndef size():\n    return 1\n"}
    before = fingerprint(alone)
    assert fingerprint(alone | {"risk/__init__.py": "import os\nos.environ['RISK'] = '1'"}) != before


def test_of_a_file_and_a_package_of_one_name_the_package_counts_because_it_is_imported(fingerprint):
    both = {"risk/curves.py": "x = 1", "risk/curves/__init__.py": "x = 1"}
    before = fingerprint(both)
    assert fingerprint(both | {"risk/curves/__init__.py": "x = 2"}) != before


def test_a_new_file_that_hides_an_installed_module_counts(fingerprint):
    helpers = {"risk/curves.py": "import colorsys"}
    before = fingerprint(helpers)
    assert fingerprint({"colorsys.py": "x = 1", **helpers}) != before


def test_files_that_import_each_other_have_a_fingerprint(fingerprint):
    circle = {"risk/curves.py": "import risk.batch", "risk/batch.py": "import risk.curves\nx = 1"}
    before = fingerprint(circle)
    assert fingerprint(circle | {"risk/curves.py": "import risk.batch\ny = 1"}) != before


def test_a_file_that_cannot_be_parsed_counts_as_it_is(fingerprint):
    before = fingerprint({"risk/curves.py": "def ("})
    assert fingerprint({"risk/curves.py": "def (("}) != before


def test_the_folder_does_not_count(work_dir):
    one, other = work_dir(FILES, folder="one"), work_dir(FILES, folder="other")
    assert file_fingerprint(str(one), "risk.batch.size") == file_fingerprint(str(other), "risk.batch.size")


# Functions that no file of a work dir holds


def made(text, name="size"):
    """A function, as a cell of a notebook would make it."""
    cell = {"__name__": "__main__"}
    exec(dedent(text), cell)
    return function_fingerprint(cell[name])


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


# The same in every process

CELL = """
from dtscheduler.running.code import function_fingerprint

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
    text = f"from dtscheduler.running.code import file_fingerprint as f\nprint(f({folder!r}, 'risk.batch.size'))"
    assert len(printed_under_hash_seeds(text)) == 1


def test_a_function_that_uses_sets_has_the_same_fingerprint_in_every_process():
    assert len(printed_under_hash_seeds(CELL + "print(function_fingerprint(size))")) == 1


def test_a_function_that_uses_a_class_beside_it_has_the_same_fingerprint_in_every_process():
    assert len(printed_under_hash_seeds(CELL + "print(function_fingerprint(bent))")) == 1
