"""Real servers for the tests of screens."""

import os
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

SERVER = [
    "--server.headless=true",
    "--server.address=127.0.0.1",
    "--browser.gatherUsageStats=false",
    "--server.fileWatcherType=none",
]


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
