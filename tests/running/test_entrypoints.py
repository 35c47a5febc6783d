"""Which function an entrypoint names: marked functions, files with ``__batch_main__``, and what is not there."""

import pytest

from dtscheduler import DAG, Task
from dtscheduler.errors import EntrypointError


@pytest.fixture
def returned(workspace, work_dir):
    """Runs one task over some files, and gives what it returned."""

    def run(entrypoint, files, **parameters):
        dag = DAG(Name="One task", DevRun=True, WorkDir=work_dir(files))
        task = Task(**{"Name": "task", "Entrypoint": entrypoint, "dag": dag, **parameters})
        done = dag.run(rundate="2026-01-31")
        assert done.status == "completed", done.reason
        return done.result(task.name)

    return run


MARKED = """
    from dtscheduler import batch

    @batch()
    def load():
        return __name__

    def not_marked():
        return 1
"""
MAIN = """
    def __batch_main__(sub_job_name, scheduled_time, runtime, part_num, num_parts, job_config, rundate):
        return f'{sub_job_name} on {rundate}'
"""
SEVERAL_MAINS = """
    def first(job_config):
        return 'first'

    def second(job_config):
        return 'second'

    __batch_main__ = {'first': first, 'second': second}
"""


# What an entrypoint can name


@pytest.mark.parametrize("file", ["risk.py", "risk/curves.py", "risk/batch/curves.py"])
def test_a_marked_function_is_named_by_package_file_and_function(returned, file):
    module = file.removesuffix(".py").replace("/", ".")
    assert returned(f"{module}.load", {file: MARKED}) == module


def test_a_package_may_have_an_init(returned):
    files = {"risk/__init__.py": "", "risk/curves.py": MARKED}
    assert returned("risk.curves.load", files) == "risk.curves"


def test_a_function_may_stand_in_the_init_of_a_package(returned):
    assert returned("risk.load", {"risk/__init__.py": MARKED}) == "risk"


def test_a_function_may_be_imported_from_another_file(returned):
    files = {"risk/curves.py": MARKED, "jobs.py": "from risk.curves import load"}
    assert returned("jobs.load", files) == "risk.curves"


def test_a_function_marked_through_the_references_import_path_is_an_entrypoint(returned):
    text = "import dt.scheduler\n\n@dt.scheduler.batch()\ndef load():\n    return 'loaded'\n"
    assert returned("risk.load", {"risk.py": text}) == "loaded"


def test_a_file_with_a_batch_main_is_named_by_package_and_file(returned):
    assert returned("risk.curves", {"risk/curves.py": MAIN}) == "task on 2026-01-31"


def test_a_batch_main_may_be_a_marked_function(returned):
    assert returned("risk", {"risk.py": MARKED.replace("def load", "def __batch_main__")}) == "risk"


def test_an_older_batch_main_without_runtime_is_called_by_name(returned):
    older = MAIN.replace("runtime, ", "")
    assert returned("risk", {"risk.py": older}) == "task on 2026-01-31"


def test_one_of_several_batch_mains_is_named_after_the_file(returned):
    assert returned("risk.second", {"risk.py": SEVERAL_MAINS}) == "second"


def test_one_of_several_batch_mains_is_chosen_by_the_name_of_the_task(returned):
    assert returned("risk", {"risk.py": SEVERAL_MAINS}, Name="first") == "first"


def test_the_only_one_of_a_dict_of_batch_mains_is_meant(returned):
    only = SEVERAL_MAINS.replace(", 'second': second", "")
    assert returned("risk", {"risk.py": only}) == "first"


def test_a_marked_function_wins_over_a_file_of_its_name(returned):
    files = {"risk/__init__.py": MARKED, "risk/load.py": MAIN}
    assert returned("risk.load", files) == "risk"


def test_code_finds_its_data_beside_it_and_its_neighbours(returned):
    files = {
        "risk/curves.py": """
            from pathlib import Path
            from dtscheduler import batch
            from risk import helper
            from .helper import double

            @batch()
            def load():
                return double(int(Path('number.txt').read_text())) + helper.double(1)
            """,
        "risk/helper.py": "double = lambda value: 2 * value",
        "number.txt": "21",
    }
    assert returned("risk.curves.load", files) == 44


def test_a_file_that_prints_and_leaves_the_folder_while_it_is_imported_is_no_problem(returned):
    rude = "import os\nprint('hello')\nos.chdir('/')\n\ndef __batch_main__():\n    return 'polite'\n"
    assert returned("risk", {"risk.py": rude}) == "polite"


# What is not there


@pytest.mark.parametrize(
    ("entrypoint", "text", "complaint"),
    [
        ("risk.load", "", "found neither a function of that name marked with @batch() in risk, nor a file risk/load.py"),
        ("elsewhere.load", "", "found neither a function of that name marked with @batch() in elsewhere"),
        ("risk.not_marked", MARKED, "risk.not_marked: the function is not marked; put @batch() above it"),
        ("risk", MARKED, "risk is a file without __batch_main__; name one of its @batch functions"),
        ("risk", SEVERAL_MAINS, "__batch_main__ holds several functions and none is named 'task'; use risk.first, risk."),
        ("risk.third", SEVERAL_MAINS, "risk.third"),
        ("risk", "__batch_main__ = 3", "__batch_main__ must be a function or a dict of functions"),
        ("risk", "__batch_main__ = {}", "__batch_main__"),
        ("risk.load", "import no_such_module", "importing risk failed: no module named 'no_such_module'"),
        ("risk.load", "import risk.missing", "risk.missing"),
        ("risk.load", "x = (", "importing risk failed at risk.py line 1: SyntaxError: '(' was never closed"),
        ("risk.load", "\n1 / 0", "importing risk failed at risk.py line 2: ZeroDivisionError: division by zero"),
        ("risk.load", "raise SystemExit(3)", "importing risk failed at risk.py line 1: SystemExit: 3"),
        ("risk.load", "raise RuntimeError('so ' + chr(0) + ' so')", "RuntimeError: so"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_is_an_error_that_names_task_and_entrypoint(returned, entrypoint, text, complaint):
    with pytest.raises(EntrypointError) as refused:
        returned(entrypoint, {"risk.py": text})
    assert str(refused.value).startswith(f"task 'task': {entrypoint}")
    assert complaint in str(refused.value)


@pytest.mark.slow
def test_a_file_that_kills_its_process_while_it_is_imported_is_an_error(returned):
    with pytest.raises(EntrypointError, match="risk.load"):
        returned("risk.load", {"risk.py": "import os\nos._exit(3)"})


def test_looking_an_entrypoint_up_leaves_no_module_here(returned):
    import sys

    returned("risk.curves", {"risk/curves.py": MAIN})
    assert not {"risk", "risk.curves"} & set(sys.modules)
