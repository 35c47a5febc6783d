"""What can be set, and where it is read from: the environment first, then ``settings.toml`` in the workspace."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dtscheduler.errors import WorkspaceError

PREFIX = "DTSCHEDULER_"
FILE = "settings.toml"


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
    """

    home: Path
    database: str = ""
    executor: str = "processes"
    cpu_mhz: int = 0
    memory_mb: int = 0
    enforce_memory: bool = False
    stop_grace_seconds: float = 5.0

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
        found[name] = _checked(name, value, str(folder / FILE))
    for name in _KINDS:
        text = environment.get(PREFIX + name.upper())
        if text is not None:
            found[name] = _checked(name, text, PREFIX + name.upper())
    return Settings(home=folder, **found)


_KINDS: dict[str, type] = {
    "database": str,
    "executor": str,
    "cpu_mhz": int,
    "memory_mb": int,
    "enforce_memory": bool,
    "stop_grace_seconds": float,
}
_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _checked(name: str, value: object, where: str) -> object:
    if name not in _KINDS:
        raise WorkspaceError(f"{where}: there is no setting {name!r}; there are: {', '.join(_KINDS)}")
    kind = _KINDS[name]
    try:
        if kind is bool:
            return value if isinstance(value, bool) else _FLAGS[str(value).strip().lower()]
        number = kind(value)
    except (KeyError, TypeError, ValueError):
        raise WorkspaceError(f"{where}: {name} must be a {kind.__name__}, not {value!r}") from None
    if kind in (int, float) and number < 0:
        raise WorkspaceError(f"{where}: {name} must not be negative")
    return number


def _file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}") from error
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceError(f"{path} is not valid TOML: {error}") from error


def _default_home() -> str:
    import platformdirs

    return platformdirs.user_data_dir("dtscheduler", appauthor=False)
