"""What most tests need: a workspace of their own, folders with code in them, registered images, a real browser."""

import asyncio
import compileall
import getpass
import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from textwrap import dedent

import pytest

import dtscheduler
from dtscheduler import use
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.saved import ImageRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.workspace import Workspace

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile and import the package once, where each of the thousand processes to come would have to.

    Python keeps nothing of what it compiles where PYTHONDONTWRITEBYTECODE is set.
    """
    multiprocessing.set_forkserver_preload(["pytest", "dtscheduler.caches.disk", "dtscheduler.stores.sql.store"])
    if not hasattr(session.config, "workerinput"):
        compileall.compile_dir(Path(dtscheduler.__file__).parent, quiet=2)


@pytest.fixture(autouse=True, scope="session")
def _quiet_and_away_from_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No progress lines, and no test writes to the workspace of whoever runs the tests."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DTSCHEDULER_PROGRESS", "0")
        patch.setenv("DTSCHEDULER_HOME", str(home))
        use(home)
        yield home


@pytest.fixture
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of one core, named before ``workspace``: a run starts one worker, where a second would have no work."""
    monkeypatch.setenv("DTSCHEDULER_CPU_MHZ", "4000")


@pytest.fixture
def workspace(tmp_path: Path, _quiet_and_away_from_home: Path) -> Iterator[Workspace]:
    """An empty workspace, used by this test alone."""
    yield use(tmp_path / "workspace")
    use(_quiet_and_away_from_home)


@pytest.fixture
def work_dir(tmp_path: Path) -> Callable[..., Path]:
    """Writes files and returns their folder: ``work_dir({"package/file.py": "..."})``."""

    def write(files: dict[str, str], folder: str = "code") -> Path:
        for name, text in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return tmp_path / folder

    return write


@pytest.fixture
def image(workspace: Workspace, work_dir: Callable[..., Path]) -> Callable[..., Path]:
    """Registers an image that holds files, and returns its folder: ``image("Risk", {"risk/batch.py": "..."})``."""

    number = count(1)

    def register(name: str, files: dict[str, str], tag: str = "dev") -> Path:
        folder = work_dir(files, folder=f"image {next(number)}")
        workspace.put_image(
            ImageRecord(
                name=name,
                tag=tag,
                path=str(folder),
                python=sys.executable,
                added=datetime.now(UTC),
                added_by=getpass.getuser(),
            )
        )
        return folder

    return register


@pytest.fixture
def failed():
    """Makes a failed part: ``failed(3, "KeyError: 'x' (load(), risk.py line 7)")``."""

    def make(part, reason="ZeroDivisionError: division by zero (size(), risk.py line 12)", **facts):
        usual = {"task": 0, "task_name": "Size", "part_name": f"EUR {part}", "status": TaskStatus.FAILED}
        return TaskRunRecord(part=part, reason=reason, **(usual | facts))

    return make


@pytest.fixture
def completed():
    """Makes parts that completed: ``completed(range(5, 10))``."""

    def make(parts, **facts):
        usual = {"task": 0, "task_name": "Size", "status": TaskStatus.COMPLETED}
        return [TaskRunRecord(part=part, part_name=f"EUR {part}", **(usual | facts)) for part in parts]

    return make


@pytest.fixture(autouse=True)
def _no_event_loop_of_the_browser(request: pytest.FixtureRequest) -> Iterator[None]:
    """Playwright keeps a loop running in this thread while the browser is open; tests without it are to have none."""
    loop = None if "browser" in request.fixturenames else asyncio._get_running_loop()
    if loop is None:
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium; without one the tests are skipped, except under CI=true."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium; install Debian's package chromium")
        pytest.skip("there is no Chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def dialogs() -> list[str]:
    """What the pages of the test have tried to say in dialogs: nothing, or data was taken for code."""
    return []


@pytest.fixture
def new_page(browser, dialogs) -> Iterator[Callable[..., object]]:
    """Opens pages in contexts of their own: ``new_page(color_scheme="dark", viewport={...})``."""
    contexts = []

    def opened(**options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert dialogs == []


@pytest.fixture
def page(new_page) -> object:
    """A page of 1,280 x 900 pixels."""
    return new_page()
