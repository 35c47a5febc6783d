"""The tutorial notebooks: each runs from top to bottom in a fresh kernel, and its committed outputs are of that kind."""

import re
from itertools import pairwise

import nbformat
import pytest
import tutorials

from dtscheduler import use

MOST_BYTES = 300_000
OF_A_MACHINE = r"/(?:home|root|work|Users|usr|var|opt|private)/[\w.-]+|/tmp/(?!dtscheduler-tutorial)\w|[A-Z]:\\\w"


@pytest.fixture(scope="module", params=tutorials.tutorials(), ids=lambda path: path.stem)
def path(request):
    """Each of the tutorials."""
    return request.param


@pytest.fixture(scope="module")
def committed(path):
    """The notebook as it is in the repository."""
    return nbformat.read(path, as_version=4)


def test_there_are_tutorials():
    assert [path.name[:3] for path in tutorials.tutorials()] == ["01_", "02_", "03_", "04_", "05_"]


@pytest.fixture(scope="module")
def folder(path, tmp_path_factory):
    """Where the notebook is executed."""
    return tmp_path_factory.mktemp(path.stem)


@pytest.fixture(scope="module")
def fresh(path, folder, _quiet_and_away_from_home):
    """The notebook as a fresh kernel shows it; executed once for the tests of this file."""
    try:
        return tutorials.executed(path, folder)
    finally:
        use(_quiet_and_away_from_home)


@pytest.mark.slow
def test_a_fresh_kernel_shows_what_the_committed_notebook_does(fresh, committed):
    assert [cell.source for cell in fresh.cells] == [cell.source for cell in committed.cells]
    assert tutorials.kinds(fresh) == tutorials.kinds(committed)
    counts = [[cell.get("execution_count") for cell in notebook.cells] for notebook in (fresh, committed)]
    assert counts[0] == counts[1]


@pytest.mark.slow
def test_a_tutorial_writes_only_to_temporary_folders(fresh, path, folder):
    assert not (folder / "written" / "the reader's own").exists()
    assert [file.name for file in (folder / "reader").iterdir()] == [path.name]
    assert fresh.cells


def test_no_output_of_a_tutorial_tells_a_machine(committed):
    found = [re.search(OF_A_MACHINE, text) for text in tutorials.texts(committed)]
    assert [match.group() for match in found if match] == []


def test_tutorials_show_results_and_no_errors(committed):
    nbformat.validate(committed)
    outputs = [output for cell in committed.cells for output in cell.get("outputs", [])]
    assert outputs
    assert not [output.evalue for output in outputs if output.output_type == "error"]
    assert not [
        text for text in tutorials.texts(committed) if re.search(r"Error displaying widget|VBox\(|Model\(", text)
    ]


def test_tutorials_keep_no_state_of_widgets_and_no_times(path, committed):
    assert path.stat().st_size < MOST_BYTES
    assert set(committed.metadata) == {"kernelspec", "language_info"}
    assert not any(cell.metadata for cell in committed.cells)
    assert tutorials.WIDGET not in path.read_text(encoding="utf-8")


def test_each_code_cell_of_a_tutorial_is_introduced(committed):
    cells = committed.cells
    bare = [cell.source for before, cell in pairwise(cells) if before.cell_type == cell.cell_type == "code"]
    assert cells[0].cell_type == "markdown"
    assert bare == []


def test_cleaning_takes_out_widgets_paths_and_accounts(monkeypatch):
    monkeypatch.setattr(tutorials.getpass, "getuser", lambda: "ada")
    notebook = nbformat.v4.new_notebook(metadata={"widgets": {"a": 1}}, cells=[nbformat.v4.new_code_cell("form")])
    shown = {"text/plain": "by ada in /tmp/x/1/dtscheduler-ab_1, adaptive", tutorials.WIDGET: {"model_id": "1"}}
    only_a_widget = {tutorials.WIDGET: {"model_id": "2"}}
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", data) for data in (shown, only_a_widget)]
    (output,) = tutorials.cleaned(notebook, {"/tmp/x/1": "/tmp"}).cells[0].outputs
    assert output.data == {"text/plain": "by you in /tmp/dtscheduler-tutorial, adaptive"}
    assert "widgets" not in notebook.metadata


def test_pieces_of_a_stream_are_one_output():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1); print(2)")])
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("1\n", "2\n")]
    assert list(tutorials.texts(tutorials.cleaned(notebook, {}))) == ["1\n2\n"]
