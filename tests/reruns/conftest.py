"""Jobs of a few small functions in files that a test can edit, run in this process."""

import sys
from types import SimpleNamespace

import pytest

from dtscheduler import DAG, Task

STEPS = """
from dtscheduler import batch

LIMIT = 3

def mark(name):
    with open({marks!r}, "a") as file:
        file.write(name + "\\n")

@batch()
def load(limit=2):
    mark("load")
    return list(range(limit + 1))

@batch()
def clean(load):
    mark("clean")
    return sorted(load)

@batch()
def total(clean, rundate):
    mark("total")
    return sum(clean), rundate.isoformat()
"""


@pytest.fixture(autouse=True)
def one_worker(one_core):
    """That is enough for steps that follow each other."""


@pytest.fixture
def steps(tmp_path, workspace, monkeypatch):
    """A job ``load >> clean >> total``: ``steps.dag(...)`` makes it, ``steps.edit(old, new)`` changes its code.

    ``steps.ran()`` gives which functions have been executed since it was last asked.
    """
    folder, marks = tmp_path / "code", tmp_path / "marks.txt"
    folder.mkdir()
    file = folder / "steps.py"
    file.write_text(STEPS.format(marks=str(marks)))
    marks.write_text("")

    def edit(old, new):
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def ran():
        found = marks.read_text().split()
        marks.write_text("")
        return found

    def dag(config=None, **header):
        made = DAG(Name="steps", DevRun=True, WorkDir=folder, **header)
        load = Task(Name="load", Entrypoint="steps.load", ConfigurationJson=config or {}, dag=made)
        (
            load
            >> Task(Name="clean", Entrypoint="steps.clean", dag=made)
            >> Task(Name="total", Entrypoint="steps.total", dag=made)
        )
        return made

    def run(config=None, rundate="2026-11-20", **header):
        return dag(config, **header).run(rundate=rundate)

    yield SimpleNamespace(dag=dag, run=run, edit=edit, ran=ran, folder=folder, file=file)
    sys.modules.pop("steps", None)
