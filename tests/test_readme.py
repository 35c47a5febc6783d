"""The README: every block of it is run, in order and in one folder, and prints what it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_every_file_and_command_of_the_readme_works_and_prints_what_is_shown(tmp_path):
    for language, text in BLOCKS:
        if language == "python":
            written(tmp_path, text)
        elif language == "console":
            for command, shown in commands(text):
                assert without_times(output(command, tmp_path)) == without_times(shown), command


def test_the_blocks_of_the_readme_are_files_commands_or_a_listing():
    assert {language for language, _ in BLOCKS} <= {"python", "console", "sh", "text"}
    assert all(text.startswith("# ") for language, text in BLOCKS if language == "python")


def test_the_commands_to_begin_with_are_targets_of_make():
    [first] = [text for language, text in BLOCKS if language == "sh"]
    assert [line.partition("#")[0].split() for line in first.splitlines()] == [["make", "demo"], ["make", "test"]]
    for line in first.splitlines():
        subprocess.run(["make", "--dry-run", line.split()[1]], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_every_setting_stands_in_the_readme():
    from dataclasses import fields

    from dtscheduler.settings import PREFIX, Settings

    assert all(f"`{PREFIX}{field.name.upper()}`" in README for field in fields(Settings))


def test_every_command_stands_in_the_readme():
    from dtscheduler.cli.complete import commands as group

    assert [name for name in group.commands if f"`dtscheduler {name}" not in README] == []


def test_the_folder_listing_is_that_of_the_package():
    listed = set(re.findall(r"^[├└]── (\w+/|\w+\.py)", README, re.MULTILINE))
    there = {f"{path.name}/" if path.is_dir() else path.name for path in (ROOT / "dtscheduler").iterdir()}
    assert listed == {name for name in there if not name.startswith("__") and name != "py.typed"} | {"__init__.py"}


def written(folder, text):
    """Write a block to the file that its first line names."""
    path = folder / text.partition("\n")[0].removeprefix("# ").split()[0]
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def commands(text):
    """The commands of a block, each with the output that is shown after it."""
    return [
        (part.partition("\n")[0], part.partition("\n")[2]) for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    ]


def output(command, folder):
    environment = {name: value for name, value in os.environ.items() if name != "DTSCHEDULER_PROGRESS"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment |= {"DTSCHEDULER_HOME": str(folder / "workspace"), "TZ": "UTC", "COLUMNS": "120"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    printed = done.stdout.replace(str(folder), "/home/you/suites")
    return re.sub(rf"{re.escape(str(Path(sys.executable).parent))}/python[\d.]*", "/usr/bin/python3", printed)


def without_times(text):
    """What does not change from run to run: no times, figures of use, rules of tables, or spaces at the end of a line."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d+m \d\ds|\d+(\.\d+)? (ms|s)\b|\b\d\.\d\d\b", "…", text)
    text = re.sub(r"\d{4}-\d\d-\d\d", lambda day: day[0] if day[0] == "2026-11-20" else "…", text)
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    return [line for line in lines if line and not set(line) <= {"─", " "}]
