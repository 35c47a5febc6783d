"""Of any spelling of the same code the fingerprint is the same, and of any other constant it is another."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from code_programs import PROGRAMS, written
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler.running.code import file_code

FILES = sorted(
    (program, part.partition("\n")[0]) for program, text in PROGRAMS.items() for part in text.split("--- ")[1:]
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """For each program a folder to be written in, and its fingerprint before."""
    found = {}
    for program, text in PROGRAMS.items():
        folder = Path(written(text, tmp_path_factory.mktemp(program)))
        found[program] = folder, file_code(str(folder), "job.size").fingerprint
    return found


def with_noise(text, places, noise):
    lines = text.splitlines()
    for place in places:
        lines.insert(place % (len(lines) + 1), noise)
    return "\n".join(lines) + "\n"


def rewritten(folders, program, file, rewrite):
    """The fingerprint after a file was written anew; the file is put back."""
    folder, before = folders[program]
    path = folder / file
    text = path.read_text()
    path.write_text(rewrite(text))
    try:
        return before, file_code(str(folder), "job.size").fingerprint
    finally:
        path.write_text(text)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(FILES),
    st.lists(st.integers(0, 99), max_size=6),
    st.sampled_from(["", "# noise", "   # noise", "  "]),
)
def test_comments_and_blank_lines_anywhere_never_count(folders, where, places, noise):
    before, after = rewritten(folders, *where, lambda text: with_noise(text, places, noise))
    assert before == after


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(FILES), st.lists(st.integers(0, 99), max_size=3))
def test_the_same_tree_written_otherwise_never_counts(folders, where, places):
    before, after = rewritten(folders, *where, lambda text: with_noise(ast.unparse(ast.parse(text)), places, "# noise"))
    assert before == after


def constants(folder):
    """All constants of the program of a folder, and whether they are within the lines of what its task reaches."""
    reached = {}
    for found in file_code(str(folder), "job.size").definitions:
        if found.kind in ("function", "class", "constant"):
            reached.setdefault(found.file, set()).update(range(found.lines[0], found.lines[1] + 1))
    for path in sorted(folder.rglob("*.py")):
        file = str(path.relative_to(folder))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
                yield file, node, node.lineno in reached.get(file, ())


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.integers(50, 99))
def test_another_constant_counts_if_it_is_reached_and_only_then(folders, choice, value):
    every = [(p, *found) for p in ("job", "more") for found in constants(folders[p][0])]
    program, file, node, reached = every[choice % len(every)]
    if "COUNT" in file or (program == "more" and node.value in (2, 20, 30)):
        return  # SHIFT counts as top level, because a star import may have replaced len()

    def other(text):
        lines = text.splitlines(keepends=True)
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = line[: node.col_offset] + str(value) + line[node.end_col_offset :]
        return "".join(lines)

    before, after = rewritten(folders, program, file, other)
    assert (before != after) == reached


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_a_program_has_the_same_fingerprint_in_every_process(folders, program):
    folder, before = folders[program]
    text = f"from dtscheduler.running.code import file_code\nprint(file_code({str(folder)!r}, 'job.size').fingerprint)"
    for seed in ("0", "1", "7"):
        run = subprocess.run(
            [sys.executable, "-c", text], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert run.stdout.decode().strip() == before
