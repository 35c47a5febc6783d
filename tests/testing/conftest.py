"""A workspace under test, and the image that its jobs use."""

import pytest

from dtscheduler import testing

CODE = """
    from dtscheduler import batch

    @batch()
    def fetch(rundate):
        return rundate

    @batch()
    def total(fetch):
        return fetch

    @batch()
    def fail():
        raise ValueError("no data")

    @batch()
    def fail_on_the_29th(rundate):
        if rundate.day == 29:
            raise ValueError("no data")
"""


@pytest.fixture
def image_folder(work_dir):
    """A folder with code, as a user registers it."""
    return work_dir({"risk/batch.py": CODE}, folder="image")


@pytest.fixture
def open_workspace(tmp_path, image_folder):
    """Opens a workspace under test that has the image; ``with open_workspace("2026-03-28") as ws: ...``."""

    def opened(now="2026-01-29", folder="one"):
        return testing.workspace(tmp_path / folder, now=now)

    return opened


@pytest.fixture
def ws(open_workspace, image_folder):
    """A workspace under test, on Thursday 29 January 2026 at 00:00 UTC."""
    with open_workspace() as place:
        place.image("Risk", image_folder)
        yield place
