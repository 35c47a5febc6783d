"""A real browser and real servers for the tests of screens."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

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
SERVER = [
    "--server.headless=true",
    "--server.address=127.0.0.1",
    "--browser.gatherUsageStats=false",
    "--server.fileWatcherType=none",
]
PATIENCE = 30_000
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


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


@pytest.fixture
def serve_app(workspace, tmp_path) -> Iterator[Callable[..., str]]:
    """Serves a Streamlit script on the workspace of the test and returns its address: ``serve_app(path, TZ="UTC")``."""
    servers = []

    def served(script: Path | str, **environment: str) -> str:
        port = free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", *SERVER]
        servers.append(start(command, port, workspace.home, tmp_path / f"server {port}.log", environment))
        return f"http://127.0.0.1:{port}"

    yield served
    for server in servers:
        stop(server)


@pytest.fixture
def studio(workspace, tmp_path) -> Iterator[Callable[..., str]]:
    """Starts ``dtscheduler ui`` on the workspace of the test and returns its address."""
    servers = []

    def started(*arguments: str, port: int | None = None, cwd: Path = tmp_path, **environment: str) -> str:
        port = port or free_port()
        command = [sys.executable, "-m", "dtscheduler", "ui", "--no-browser", "--port", str(port), *arguments]
        servers.append(start(command, port, workspace.home, tmp_path / f"studio {port}.log", environment, cwd))
        return f"http://127.0.0.1:{port}"

    yield started
    for server in servers:
        stop(server)


@pytest.fixture
def app(workspace) -> Callable[..., AppTest]:
    """Runs a Streamlit script without a browser: ``app('''import streamlit as st ...''')``."""

    def ran(script: str | Path, **query: str) -> AppTest:
        test = (
            AppTest.from_file(str(script), default_timeout=30)
            if isinstance(script, Path)
            else AppTest.from_string(script, default_timeout=30)
        )
        for name, value in query.items():
            test.query_params[name] = value
        return test.run()

    return ran


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def start(command, port, home, log, environment, cwd=None) -> subprocess.Popen:
    """Start a server and wait until it says that it is well."""
    variables = os.environ | {"DTSCHEDULER_HOME": str(home)} | environment
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=variables, cwd=cwd, start_new_session=True
        )
    for _ in range(600):
        if server.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text(errors='replace')}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return server
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.1)
    stop(server)
    pytest.fail(f"the server did not become ready: {log.read_text(errors='replace')}")


def stop(server: subprocess.Popen) -> None:
    """End a server, politely first."""
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(15)
