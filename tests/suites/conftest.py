"""Suites in files of their own, called in processes of their own."""

import textwrap

import pytest

from dtscheduler.suites.listing import SuitePlace, suites_in
from dtscheduler.suites.remote import RemoteSuite

HEAD = """
import os, signal, sys, time
from typing import Annotated, Literal
from dtscheduler import DAG, Choices, ParallelTask, Task, batch, grid, suite

def job(name="Flights", **config):
    dag = DAG(Name=name, Image="Flights")
    Task(Name="read", Entrypoint="flights.read", ConfigurationJson=config, dag=dag)
    return dag
"""


@pytest.fixture
def written(work_dir):
    """Writes a file ``delays.py`` with a suite and returns what was found in it."""

    def write(text):
        folder = work_dir({"delays.py": HEAD + textwrap.dedent(text)})
        return suites_in(SuitePlace(folder=str(folder)))[0]

    return write


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Makes remote suites that the tests of a module share."""
    made = []

    def make(text, **options):
        folder = tmp_path_factory.mktemp("shared")
        (folder / "delays.py").write_text(HEAD + textwrap.dedent(text))
        (ref,) = suites_in(SuitePlace(folder=str(folder)))
        made.append(RemoteSuite(ref, patience_seconds=30, answer_seconds=30, **options))
        return made[-1]

    yield make
    for suite in made:
        suite.close()


@pytest.fixture
def remote(written):
    """Makes remote suites of texts; they are closed at the end."""
    made = []

    def make(text, **options):
        made.append(RemoteSuite(written(text), **{"patience_seconds": 30, "answer_seconds": 30, **options}))
        return made[-1]

    yield make
    for suite in made:
        suite.close()
        if suite._process is not None:
            assert suite._process.wait(10)
