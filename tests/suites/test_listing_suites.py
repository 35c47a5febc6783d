"""Which suites are found in work dirs and images, without executing their files."""

import os
import textwrap

import pytest

from dtscheduler.images.listing import LARGEST_SOURCE, find_entrypoints
from dtscheduler.suites.listing import SuitePlace, find_suites, suites_in


def entrypoints(folder):
    return [ref.entrypoint for ref in suites_in(SuitePlace(folder=str(folder)))]


@pytest.mark.parametrize(
    "text",
    [
        "from dtscheduler import suite\n@suite\ndef flights(): ...",
        "from dtscheduler import suite\n@suite()\ndef flights(): ...",
        "from dtscheduler.api import suite\n@suite(title='Flights')\ndef flights(): ...",
        "import dtscheduler\n@dtscheduler.suite\ndef flights(): ...",
        "import dtscheduler.api as dts\n@dts.suite()\ndef flights(): ...",
        "from dtscheduler import suite as marked\n@marked\ndef flights(): ...",
        "from dtscheduler.api.suites import suite as marked\n@other\n@marked()\ndef flights(): ...",
        "try:\n    from dt.scheduler import suite as marked\nexcept ImportError: ...\n@marked\ndef flights(): ...",
        "from dtscheduler import *\n@suite\ndef flights(): ...",
    ],
)
def test_a_suite_is_found_however_its_decorator_is_imported(work_dir, text):
    assert entrypoints(work_dir({"delays.py": textwrap.dedent(text)})) == ["delays:flights"]


@pytest.mark.parametrize(
    "text",
    [
        "def suite(): ...",
        "from dtscheduler import batch\n@batch()\ndef flights(suite): ...",
        "import suite\n@suite.other\ndef flights(): ...",
        "@suite\nclass Flights: ...",
        "def outer():\n    @suite\n    def flights(): ...",
        "@suite\ndef flights(: ...",
        "suite = '\0'",
    ],
)
def test_what_only_looks_like_a_suite_is_passed_over(work_dir, text):
    assert entrypoints(work_dir({"delays.py": text})) == []


def test_nothing_is_executed_when_suites_are_looked_for(work_dir, tmp_path):
    folder = work_dir({"delays.py": f"open({str(tmp_path / 'executed')!r}, 'w')\n@suite\ndef flights(): ..."})
    assert entrypoints(folder) == ["delays:flights"]
    assert not (tmp_path / "executed").exists()


def test_a_suite_has_a_title_and_says_what_it_is_for(work_dir):
    folder = work_dir(
        {
            "flights/delays.py": '''
            @suite
            def flight_delays(origins: list[str]):
                """Delays of flights,
                by carrier.

                Args:
                    origins: airports.
                """

            @suite(title="Ranking of carriers")
            def ranking(): ...
            '''
        }
    )
    first, second = suites_in(SuitePlace(folder=str(folder)))
    assert (first.title, first.doc, first.line) == ("Flight delays", "Delays of flights, by carrier.", 3)
    assert (first.module, first.name, first.file) == (
        "flights.delays",
        "flight_delays",
        str(folder / "flights/delays.py"),
    )
    assert second.title == "Ranking of carriers"


def test_packages_are_looked_into_and_virtual_environments_are_not(work_dir):
    marked = "@suite\ndef made(): ..."
    files = ["a/b/c.py", "a/__init__.py", ".hidden/a.py", "venv/lib/a.py", "build/a.py", "not-a-name.py"]
    folder = work_dir(dict.fromkeys(files, marked) | {"venv/pyvenv.cfg": ""})
    assert entrypoints(folder) == ["a.b.c:made", "a:made"]


def test_suites_of_images_come_before_those_of_work_dirs(workspace, image, work_dir):
    of_image = image("Risk", {"risk/suites.py": "@suite\ndef value_at_risk(): ..."}, tag="prod")
    folder = work_dir({"delays.py": "@suite\ndef flights(): ..."})
    first, second = find_suites(workspace.images(), [folder, folder / ".", folder / "gone"])
    assert (first.place.folder, first.place.title, first.entrypoint) == (
        str(of_image),
        "Risk (prod)",
        "risk.suites:value_at_risk",
    )
    assert (second.place.image, second.place.title, second.entrypoint) == (None, str(folder), "delays:flights")


def test_an_edited_file_is_read_again(work_dir):
    folder = work_dir({"delays.py": "@suite\ndef flights(): ..."})
    assert entrypoints(folder) == ["delays:flights"]
    (folder / "delays.py").write_text("@suite\ndef airlines(): ...")
    os.utime(folder / "delays.py", ns=(1, 1))
    assert entrypoints(folder) == ["delays:airlines"]


def test_what_is_no_source_file_is_passed_over_and_not_waited_for(work_dir):
    folder = work_dir({"suites.py": "from dtscheduler import suite\n@suite\ndef here(): ...\n"})
    os.mkfifo(folder / "pipe.py")
    with (folder / "huge.py").open("wb") as file:
        file.truncate(LARGEST_SOURCE + 1)
    assert [ref.entrypoint for ref in find_suites(work_dirs=[folder])] == ["suites:here"]
    assert find_entrypoints(folder) == []


def test_a_folder_that_may_not_be_entered_is_passed_over(work_dir, monkeypatch):
    folder = work_dir({"suites.py": "from dtscheduler import suite\n@suite\ndef here(): ...\n", "locked/x.py": ""})

    def refused(path, **options):
        if "locked" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return stat_of(path, **options)

    stat_of = os.stat
    monkeypatch.setattr(os, "stat", refused)
    assert [ref.entrypoint for ref in find_suites(work_dirs=[folder])] == ["suites:here"]
