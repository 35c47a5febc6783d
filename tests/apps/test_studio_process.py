"""``dtscheduler ui`` as a process: what it refuses, what it starts, and what is left of it."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def ui(workspace):
    """Runs the command to its end: ``ui("--host", "0.0.0.0")``."""

    def run(*arguments):
        command = [sys.executable, "-m", "dtscheduler", "ui", "--no-browser", *arguments]
        environment = os.environ | {"DTSCHEDULER_HOME": str(workspace.home)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    return run


def test_it_listens_to_others_only_where_they_log_in(ui, workspace):
    done = ui("--host", "0.0.0.0")
    assert done.returncode == 2
    assert f"whoever reaches the page would act as '{workspace.user}'" in done.stderr


def test_a_port_that_is_taken_is_said(ui):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = ui("--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "is taken; choose another one with --port" in done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('web_login = true\n[web_users.ada]\nuser = "ada"', "does not say with whom to log in"),
        ('web_header = "X-User"', "nobody may visit the page"),
    ],
)
def test_a_login_that_is_half_configured_is_refused(ui, workspace, settings, said):
    workspace.home.mkdir(mode=0o700, exist_ok=True)
    (workspace.home / "settings.toml").write_text(settings)
    done = ui()
    assert done.returncode == 2
    assert said in done.stderr


def test_it_brings_a_service_and_a_server_which_end_with_it_even_if_it_is_killed(workspace, studio):
    studio()
    _until(workspace.served)
    (page,) = _processes("dtscheduler", "ui", home=workspace.home)
    os.kill(page, signal.SIGKILL)
    _until(lambda: not _processes("dtscheduler", "serve", home=workspace.home))
    assert not workspace.served()  # it has signed off
    _until(lambda: not _processes("dtscheduler.ui.streamlit.server", home=workspace.home))


def test_it_ends_when_its_terminal_is_closed(workspace, studio):
    studio()
    (page,) = _processes("dtscheduler", "ui", home=workspace.home)
    os.kill(page, signal.SIGHUP)
    _until(lambda: not _processes("dtscheduler", home=workspace.home))


def test_a_service_that_is_alive_is_not_doubled(workspace, studio):
    first = subprocess.Popen(
        [sys.executable, "-m", "dtscheduler", "serve"],
        env=os.environ | {"DTSCHEDULER_HOME": str(workspace.home)},
        stderr=subprocess.DEVNULL,
    )
    try:
        _until(workspace.served)
        studio()
        assert len(workspace.services()) == 1
    finally:
        first.terminate()
        first.wait(20)


def _processes(*words, home):
    """The processes whose command has these words, of this workspace."""
    import psutil

    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        line, variables = process.info["cmdline"] or [], process.info["environ"] or {}
        if all(word in line for word in words) and variables.get("DTSCHEDULER_HOME") == str(home):
            found.append(process.pid)
    return found


def _until(true, seconds=30):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
