"""One JupyterLab for all tests that need it, and notebooks in it."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from in_jupyterlab import JupyterLab, Notebook, end_services

from dtscheduler import use
from dtscheduler.workspace import Workspace

numbers = count(1)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, _quiet_and_away_from_home: Path) -> Iterator[JupyterLab]:
    """A JupyterLab; what was started in it, and by it, is ended with it."""
    started = JupyterLab(tmp_path_factory.mktemp("lab") / "lab")
    yield started
    started.end()
    end_services(use(started.home))
    use(_quiet_and_away_from_home)


@pytest.fixture
def lab_workspace(lab: JupyterLab, _quiet_and_away_from_home: Path) -> Iterator[Workspace]:
    """The workspace of the notebooks, which all tests in JupyterLab share."""
    yield use(lab.home)
    use(_quiet_and_away_from_home)


@pytest.fixture
def notebook(lab: JupyterLab, lab_workspace: Workspace, new_page: Callable) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook with cells, in a page that is tall enough for them: ``notebook("1 + 1", "2")``."""

    def opened(*cells: str) -> Notebook:
        page = new_page(viewport={"width": 1280, "height": 1600})
        return Notebook(page, lab, f"notebook {next(numbers)}", cells)

    yield opened
    lab.end_kernels()
