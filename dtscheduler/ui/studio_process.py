"""The studio as a process: a Streamlit server on this workspace, with a service beside it."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dtscheduler.errors import WorkspaceError
from dtscheduler.ui.service_process import ensure_service
from dtscheduler.workspace import Workspace

FIRST_PORT, PORTS = 8501, 50
READY_SECONDS = 60.0
LOGIN_FILE = "streamlit.toml"
_HERE = Path(__file__).resolve().parent
_SCRIPT = _HERE / "streamlit" / "script.py"
_THEME = _HERE / "streamlit" / "studio" / "theme.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    process: subprocess.Popen[bytes]
    address: str


class Studio:
    """Serves the pages until it is told to end.

    Args:
        place: the workspace.
        host: address to listen on; others than loopback need a login.
        port: None for the first free one from 8501 on.
        folders: folders whose suites are offered; none: the current one.

    Raises:
        WorkspaceError: Streamlit is missing, the port is taken, or the page would show everything to everybody.
    """

    def __init__(self, place: Workspace, *, host: str, port: int | None, folders: Sequence[str]) -> None:
        if importlib.util.find_spec("streamlit") is None:
            raise WorkspaceError('the studio needs Streamlit: pip install "dtscheduler[ui]"')
        self._place, self._host = place, host
        self._folders = [str(Path(folder).resolve()) for folder in folders or (".",)]
        self._check_login()
        self._port = port or _free_port(host)
        if port and not _is_free(host, port):
            raise WorkspaceError(f"port {port} of {host} is taken; choose another one with --port")

    def _check_login(self) -> None:
        settings, logins = self._place.settings, self._place.home / LOGIN_FILE
        if settings.web_login and not settings.web_header and not logins.is_file():
            raise WorkspaceError(
                f"web_login is on, and {logins} does not say with whom to log in: write an [auth] section there with "
                "redirect_uri, cookie_secret, client_id, client_secret and server_metadata_url"
            )
        if settings.visitors_named and not settings.web_users:
            raise WorkspaceError(
                f'nobody may visit the page: add a table [web_users."LOGIN"] with user and groups for each to '
                f"{self._place.home / 'settings.toml'}"
            )
        if not settings.visitors_named and not _is_loopback(self._host):
            raise WorkspaceError(
                f"--host {self._host}: whoever reaches the page would act as {self._place.user!r}; let visitors log in "
                "(web_login or web_header, and web_users, in settings.toml), or listen on 127.0.0.1"
            )

    def serve(self, *, open_browser: bool, say: Callable[[str], object]) -> int:
        """Serve until SIGINT or SIGTERM; the exit code."""
        problem = ensure_service(self._place)
        server = self._start()
        ended = [False]

        def end(number: int, frame: object) -> None:
            ended[0] = True
            server.process.terminate()

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            if _ready(server):
                say(f"The studio is at {server.address} (workspace {self._place.home}, as {self._place.user})")
                if problem:
                    say(problem)
                if open_browser:
                    import webbrowser

                    webbrowser.open(server.address)
            code = server.process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0 if ended[0] else code or 1

    def _start(self) -> _Server:
        options = {
            "server.address": self._host,
            "server.port": str(self._port),
            "server.headless": "true",
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": "false",
            "runner.postScriptGC": "false",  # it is most of what a look at a run costs; Python collects by itself
            "client.toolbarMode": "minimal",
            "client.showErrorDetails": "type",
            "client.showErrorLinks": "false",
            "client.disableDataExport": "true",  # its CSV knows no formulas; ours does
            "theme.base": str(_THEME),
            "secrets.files": str(self._place.home / LOGIN_FILE),
            "global.developmentMode": "false",
        }
        command = [sys.executable, "-m", "dtscheduler.ui.streamlit.server", str(_SCRIPT)]
        command += [f"--{name}={value}" for name, value in options.items()]
        command += ["--", *(f"--folder={folder}" for folder in self._folders)]
        variables = os.environ | self._place.settings.as_variables()
        variables.setdefault("STREAMLIT_SERVER_COOKIE_SECRET", secrets.token_hex(32))
        process = subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        shown = f"[{self._host}]" if ":" in self._host else self._host
        return _Server(process=process, address=f"http://{shown}:{self._port}")


def _ready(server: _Server) -> bool:
    """Wait until the server answers; False if it ends first."""
    deadline = time.monotonic() + READY_SECONDS
    address = server.address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):  # noqa: S310 # our own address
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _free_port(host: str) -> int:
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        if _is_free(host, port):
            return port
    raise WorkspaceError(
        f"the ports {FIRST_PORT} to {FIRST_PORT + PORTS - 1} of {host} are taken; choose one with --port"
    )


def _is_free(host: str, port: int) -> bool:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except OSError as error:
        raise WorkspaceError(f"--host {host!r} is no address to listen on: {error.strerror}") from error
    with closing(socket.socket(family, socket.SOCK_STREAM)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True
