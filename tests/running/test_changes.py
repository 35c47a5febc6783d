"""What changed in a task's code since an earlier run, in words."""

from dtscheduler.running.changes import code_changes
from dtscheduler.running.code import CodeFacts, Definition, file_code

OLD, NEW = "0" * 32, "1" * 32


def facts(*definitions):
    return CodeFacts(tuple(sorted(definitions, key=lambda found: found.name)))


ZSCORE = Definition(name="signals.zscore", kind="function", digest=NEW, file="signals.py", lines=(12, 14))
LIMIT = Definition(name="signals.LIMIT", kind="constant", digest=NEW, file="signals.py", lines=(3, 3))
MODEL = Definition(name="risk.model.Model", kind="class", digest=NEW, file="risk/model.py", lines=(5, 40))
TOP = Definition(name="signals (top level)", kind="statements", digest=NEW, file="signals.py", lines=(1, 9))
NUMPY = Definition(name="numpy", kind="distribution", digest="2.2.0")
PYTHON = Definition(name="Python", kind="python", digest="3.12")
OPAQUE = Definition(name="broken (file)", kind="file", digest=NEW, file="broken.py")


def test_functions_come_first_then_classes_constants_top_levels_files_libraries_and_python():
    every = facts(PYTHON, NUMPY, TOP, LIMIT, MODEL, ZSCORE, OPAQUE)
    before = {found.name: OLD for found in every.definitions} | {"numpy": "2.1.0", "Python": "3.11"}
    assert code_changes(before, every) == [
        "function zscore in signals.py lines 12-14",
        "class Model in risk/model.py lines 5-40",
        "constant LIMIT in signals.py line 3",
        "top level of signals.py",
        "file broken.py",
        "numpy 2.1.0 → 2.2.0",
        "Python 3.11 → 3.12",
    ]


def test_the_same_digests_are_no_change_wherever_the_lines_are():
    assert code_changes({"signals.zscore": NEW, "numpy": "2.2.0"}, facts(ZSCORE, NUMPY)) == []


def test_what_is_used_now_and_what_is_gone_come_after_what_changed():
    before = {"signals.LIMIT": OLD, "signals.old": OLD, "signals.Old": OLD, "signals.OLD": OLD, "pandas": "3.0"}
    assert code_changes(before, facts(LIMIT, ZSCORE, NUMPY)) == [
        "constant LIMIT in signals.py line 3",
        "function zscore in signals.py lines 12-14 is used now",
        "numpy 2.2.0 is used now",
        "pandas 3.0 is gone",
        "constant OLD in signals.py is gone",
        "class Old in signals.py is gone",
        "function old in signals.py is gone",
    ]


def test_the_top_level_of_a_file_can_be_gone_and_a_package_is_told_by_its_init():
    init = Definition(name="risk.LIMIT", kind="constant", digest=NEW, file="risk/__init__.py", lines=(2, 2))
    assert code_changes({"risk.LIMIT": OLD, "risk (top level)": OLD}, facts(init)) == [
        "constant LIMIT in risk/__init__.py line 2",
        "top level of risk/__init__.py is gone",
    ]


def test_a_function_of_a_notebook_has_no_file():
    cell = Definition(name="__main__.size", kind="function", digest=NEW, lines=(1, 2))
    assert code_changes({"__main__.size": OLD}, facts(cell)) == ["function size lines 1-2"]


def test_an_edit_is_told_by_the_function_and_its_lines(work_dir):
    text = "from dtscheduler import batch\n\ndef bend(x):\n    return x * {}\n\n@batch()\ndef size(x):\n    return bend(x)\n"
    folder = str(work_dir({"job.py": text.format(2)}))
    before = {found.name: found.digest for found in file_code(folder, "job.size").definitions}
    work_dir({"job.py": "# moved\n" + text.format(3)})
    assert code_changes(before, file_code(folder, "job.size")) == ["function bend in job.py lines 4-5"]
