"""What can be set, and where it is read from: the environment first, then ``settings.toml`` in the workspace."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dtscheduler.errors import WorkspaceError

PREFIX = "DTSCHEDULER_"
FILE = "settings.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebUser:
    """Who somebody is that logs in on the page.

    Args:
        login: as the page's login, or the proxy before it, calls them.
        user: as owners of jobs are called.
        groups: the groups they are in, the primary one first.
        account: account of this machine that their tasks run under; empty: that of the page, or, where that is root,
            the one called like the user.
    """

    login: str
    user: str
    groups: tuple[str, ...] = ()
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a workspace is used.

    Args:
        home: folder of the workspace. ``DTSCHEDULER_HOME``; default: the platform's folder for data of a user.
        database: URL of the database; empty: a SQLite file in ``home``.
        executor: ``processes`` or ``inline``.
        cpu_mhz: CPU that may be reserved at a time, in MHz (4000 = one core); 0: this machine's.
        memory_mb: memory that may be reserved at a time, in MB; 0: this machine's.
        enforce_memory: whether an attempt that uses more memory than its task asks for is killed.
        stop_grace_seconds: how long attempts get to end by themselves when a run is stopped.
        runs_at_a_time: how many runs a service drives at most at a time; 0: as many as tasks of the default size fit.
        admins: accounts that may read and change everything.
        smtp_host: server that takes e-mail; empty: none is sent.
        smtp_port: its port; 0: the usual one.
        smtp_security: ``starttls``, ``tls`` or ``none``.
        smtp_user: account on the server, if it asks for one.
        smtp_password: its password.
        mail_from: address that mails come from; empty: dtscheduler at this host.
        sms_url: apprise URL that sends an SMS, with ``{to}`` for the number.
        chat_urls: apprise URLs of chats that are told how all runs end.
        web_url: address of a page that shows a run, with ``{run}`` for its id; mails link to it.
        web_login: whether visitors of the page log in with OpenID Connect, as ``streamlit.toml`` in ``home`` says.
        web_claim: what of the identity token is the login.
        web_header: header in which a proxy before the page names the login; empty: none is believed.
        web_users: who may visit the page, and who they are: a table for each login, with ``user`` and ``groups``.
    """

    home: Path
    database: str = field(default="", repr=False)
    executor: str = "processes"
    cpu_mhz: int = 0
    memory_mb: int = 0
    enforce_memory: bool = False
    stop_grace_seconds: float = 5.0
    runs_at_a_time: int = 0
    admins: tuple[str, ...] = ("root",)
    smtp_host: str = ""
    smtp_port: int = 0
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    mail_from: str = ""
    sms_url: str = field(default="", repr=False)
    chat_urls: tuple[str, ...] = field(default=(), repr=False)
    web_url: str = ""
    web_login: bool = False
    web_claim: str = "email"
    web_header: str = ""
    web_users: tuple[WebUser, ...] = ()

    @property
    def visitors_named(self) -> bool:
        """Whether the page asks its visitors who they are."""
        return self.web_login or bool(self.web_header)

    @property
    def store_place(self) -> str | Path:
        """Where the store is: a URL, or the path of a SQLite file."""
        return self.database or self.home / "dtscheduler.db"

    def as_variables(self) -> dict[str, str]:
        """The environment variables with which another process finds the same workspace."""
        return {PREFIX + "HOME": str(self.home), PREFIX + "DATABASE": self.database}


def read_settings(environment: Mapping[str, str] = os.environ, *, home: str | Path | None = None) -> Settings:
    """Read the settings of a workspace.

    Args:
        environment: variables ``DTSCHEDULER_HOME``, ``DTSCHEDULER_DATABASE``, ``DTSCHEDULER_CPU_MHZ``, ...
        home: the workspace's folder, if it is chosen in code.

    Raises:
        WorkspaceError: an unknown name, or a value that cannot be read, with the place it stands.
    """
    folder = Path(home or environment.get(PREFIX + "HOME") or _default_home()).expanduser().resolve()
    found: dict[str, Any] = {}
    for name, value in _file(folder / FILE).items():
        found[name] = _checked(name, value, str(folder / FILE), text=False)
    for name in _KINDS:
        text = environment.get(PREFIX + name.upper())
        if text is not None:
            found[name] = _checked(name, text, PREFIX + name.upper(), text=True)
    return Settings(home=folder, **found)


_KINDS: dict[str, type] = {
    "database": str,
    "executor": str,
    "cpu_mhz": int,
    "memory_mb": int,
    "enforce_memory": bool,
    "stop_grace_seconds": float,
    "runs_at_a_time": int,
    "admins": tuple,
    "smtp_host": str,
    "smtp_port": int,
    "smtp_security": str,
    "smtp_user": str,
    "smtp_password": str,
    "mail_from": str,
    "sms_url": str,
    "chat_urls": tuple,
    "web_url": str,
    "web_login": bool,
    "web_claim": str,
    "web_header": str,
    "web_users": dict,
}
_CHOICES = {"executor": ("processes", "inline"), "smtp_security": ("starttls", "tls", "none")}
_SECRET = {"database", "smtp_password", "sms_url", "chat_urls"}
_NAMES: dict[type, str] = {
    str: "text",
    int: "an int",
    float: "a number",
    bool: "true or false",
    tuple: "a list of texts",
    dict: 'a table such as {"ada@example.com": {"user": "ada", "groups": ["risk"]}}',
}
_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _checked(name: str, value: object, where: str, *, text: bool) -> object:
    """A value of a setting; only what comes as ``text``, from the environment, is converted."""
    if name not in _KINDS:
        raise WorkspaceError(f"{where}: there is no setting {name!r}; there are: {', '.join(_KINDS)}")
    kind = _KINDS[name]
    shown = type(value).__name__ if name in _SECRET else repr(value)
    try:
        found = _converted(kind, str(value)) if text else _typed(kind, value)
    except (KeyError, TypeError, ValueError):
        raise WorkspaceError(f"{where}: {name} must be {_NAMES[kind]}, not {shown}") from None
    if name in _CHOICES and found not in _CHOICES[name]:
        raise WorkspaceError(f"{where}: {name} is {shown}; allowed: {', '.join(_CHOICES[name])}")
    if isinstance(found, int | float) and found < 0:
        raise WorkspaceError(f"{where}: {name} must not be negative")
    if isinstance(found, int | float) and not found < _LIMITS.get(name, math.inf):
        raise WorkspaceError(f"{where}: {name} is {shown}, which is too much")
    return found


_LIMITS = {"smtp_port": 65_536}


def _converted(kind: type, text: str) -> Any:
    if kind is bool:
        return _FLAGS[text.strip().lower()]
    if kind is dict:
        import json

        return _web_users(json.loads(text))
    return _words(text.split(",")) if kind is tuple else kind(text)


def _typed(kind: type, value: object) -> Any:
    if kind is tuple:
        return _words(value.split(",") if isinstance(value, str) else value)
    if kind is dict:
        return _web_users(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError
    return value


def _words(items: object) -> tuple[str, ...]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError
    return tuple(item.strip() for item in items if item.strip())


def _web_users(table: object) -> tuple[WebUser, ...]:
    if not isinstance(table, dict) or not all(isinstance(entry, dict) for entry in table.values()):
        raise TypeError
    return tuple(_web_user(login, entry) for login, entry in table.items())


def _web_user(login: str, entry: dict[str, object]) -> WebUser:
    user, account = entry.get("user", ""), entry.get("account", "")
    if not (isinstance(user, str) and user and isinstance(account, str)) or entry.keys() - {
        "user",
        "groups",
        "account",
    }:
        raise TypeError
    return WebUser(login=login, user=user, groups=_words(entry.get("groups", [])), account=account)


def misspelt(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like ours and are no setting."""
    known = {PREFIX + name.upper() for name in (*_KINDS, "home", "progress")} | {PREFIX + "TEST_MODE"}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise WorkspaceError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceError(f"{path} is not valid TOML: {error}") from error


def _default_home() -> str:
    import platformdirs

    return platformdirs.user_data_dir("dtscheduler", appauthor=False)
