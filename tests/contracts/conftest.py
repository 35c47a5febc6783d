"""The stores that the contract is checked on. PostgreSQL is one that is named, or one that is started for the tests."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from dtscheduler.caches.memory import MemoryCache
from dtscheduler.executors.inline import InlineExecutor
from dtscheduler.hosting import Host
from dtscheduler.model.access import Identity
from dtscheduler.ports import Store
from dtscheduler.settings import Settings
from dtscheduler.stores.memory import MemoryStore
from dtscheduler.stores.sql import open_store
from dtscheduler.testing import Clock
from dtscheduler.workspace import Workspace

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
_numbers = count()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        opened: Store = MemoryStore()
    elif request.param == "sqlite":
        opened = open_store(request.getfixturevalue("tmp_path") / "store.db")
    else:
        opened = open_store(request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


@pytest.fixture
def door(tmp_path: Path) -> Callable[..., Workspace]:
    """Makes a workspace of somebody over a store: ``door(store, "ada")``; it is always noon."""

    def opened(store: Store, user: str) -> Workspace:
        host = Host(
            home=tmp_path,
            python=sys.executable,
            open_store=lambda: store,
            open_cache=lambda account: MemoryCache(),
            make_executor=lambda name, **urgency: InlineExecutor(cache=MemoryCache()),
            clock=Clock(NOON),
            identity=Identity(user=user),
            grace_seconds=0,
        )
        settings = Settings(home=tmp_path)
        return Workspace(host=host, identity_of=lambda name: Identity(user=name), settings=settings, make_alerter=None)

    return opened


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty schema of its own on the server."""
    with _schema(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def two_places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of the same kind."""
    if request.param == "sqlite":
        yield str(tmp_path / "one.db"), str(tmp_path / "two.db")
        return
    server = request.getfixturevalue("postgres_server")
    with _schema(server) as one, _schema(server) as two:
        yield one, two


@contextmanager
def _schema(server: str) -> Iterator[str]:
    import psycopg

    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        separator = "&" if "?" in server else "?"
        yield f"{server}{separator}options={quote(f'-csearch_path={name}')}"
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server: the one named by DTSCHEDULER_TEST_POSTGRES, else one that lives as long as the tests."""
    if named := os.environ.get("DTSCHEDULER_TEST_POSTGRES"):
        yield named
        return
    binaries = _server_binaries()
    if binaries is None:
        reason = "no PostgreSQL server: set DTSCHEDULER_TEST_POSTGRES, or install one"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="dts-pg-"))
    try:
        yield from _private_server(binaries, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server_binaries() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return installed[-1].parent if installed else None


def _private_server(binaries: Path, folder: Path) -> Iterator[str]:
    as_postgres: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres")
        as_postgres = ["runuser", "-u", "postgres", "--"]
    cluster, port = str(folder / "cluster"), _free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*as_postgres, str(binaries / program), "-D", cluster, *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120)

    run("initdb", "--username=tests", "--auth=trust", "--encoding=UTF8", "--no-sync")
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    run("pg_ctl", "start", "--wait", "--log", str(folder / "log"), "--options", options)
    try:
        yield f"postgresql+psycopg://tests@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "stop", "--mode=immediate")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
