"""Edits that reach a task by roundabout ways: registries, aliases, iterators, paths, names made at run time."""

from pathlib import Path

import pytest
from code_programs import written

from dtscheduler.running.code import file_code, function_code


def surprises(file):
    """Name, program, and what of it is replaced by what."""
    found = []
    blocks = (Path(__file__).parent / file).read_text(encoding="utf-8").split("\n=== ")[1:]
    for block in blocks:
        name, edit, program = block.split("\n", 2)
        old, new = (part.replace("\\n", "\n") for part in edit.split(" => "))
        assert old in program, name
        found.append(pytest.param(program.rstrip("\n") + "\n", old, new, id=name))
    return found


@pytest.mark.parametrize(("program", "old", "new"), surprises("surprises_of_files.txt"))
def test_an_edit_that_reaches_a_task_in_a_roundabout_way_counts(tmp_path, program, old, new):
    entrypoint = "pk.job.size" if "--- pk/job.py" in program else "job.size"
    folders = written(program, tmp_path / "before"), written(program.replace(old, new, 1), tmp_path / "after")
    before, after = (file_code(folder, entrypoint).fingerprint for folder in folders)
    assert before != after


@pytest.mark.parametrize(("program", "old", "new"), surprises("surprises_of_cells.txt"))
def test_an_edit_that_reaches_a_function_in_a_roundabout_way_counts(program, old, new):
    def fingerprint(text):
        cell = {"__name__": "__main__"}
        exec(text, cell)
        return function_code(cell["size"]).fingerprint

    assert fingerprint(program) == fingerprint(program)
    assert fingerprint(program) != fingerprint(program.replace(old, new, 1))
