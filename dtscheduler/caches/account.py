"""Accounts of this machine under which tasks may run, and how a process is started under one."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dtscheduler.errors import WorkerError

UMASK = 0o022
_KEPT = {"PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"}
_KEPT_BEGINNINGS = ("LC_", "PYTHON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Another account of this machine than the one of this process."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str

    def process_options(self, variables: Mapping[str, str]) -> dict[str, Any]:
        """Arguments of ``Popen`` that start a process as a login of this account would be.

        Of this process's environment it gets what says where code and texts are: the rest may hold secrets.

        Args:
            variables: environment variables that it gets besides.
        """
        kept = {n: text for n, text in os.environ.items() if n in _KEPT or n.startswith(_KEPT_BEGINNINGS)}
        return {
            "user": self.uid,
            "group": self.gid,
            "extra_groups": self.groups,
            "umask": UMASK,
            "cwd": "/",
            "env": {**kept, **variables, "HOME": self.home, "USER": self.name, "LOGNAME": self.name},
        }

    def cannot_reach(self, *paths: str | Path | None) -> str:
        """Say why this account cannot get at files, as far as their modes tell; empty where they let it."""
        for path in paths:
            for place in _way_to(path) if path else ():
                found = place.stat()
                needed = stat.S_IXOTH if stat.S_ISDIR(found.st_mode) else stat.S_IROTH
                if not self._may(needed, found):
                    verb = "enter" if needed == stat.S_IXOTH else "read"
                    return f"the account {self.name!r} cannot {verb} {place}, and needs {path}"
        return ""

    def _may(self, for_others: int, found: os.stat_result) -> bool:
        if found.st_uid == self.uid:
            return bool(found.st_mode & for_others << 6)
        if found.st_gid in (self.gid, *self.groups):
            return bool(found.st_mode & for_others << 3)
        return bool(found.st_mode & for_others)


def privileged() -> bool:
    """Whether this process may run tasks as any account."""
    return os.geteuid() == 0


def other_account(name: str | None) -> Account | None:
    """The account of that name; None where it is that of this process.

    Raises:
        WorkerError: there is none, or this process may not use it.
    """
    if not name:
        return None
    try:
        found = pwd.getpwnam(name)
    except (KeyError, ValueError):
        raise WorkerError(f"RunAs={name!r}: this machine has no such account") from None
    if found.pw_uid == os.getuid():
        return None
    if os.geteuid() != 0:
        raise WorkerError(
            f"RunAs={name!r}: only root can run tasks under another account, and this process runs as "
            f"{_own_name()!r}; run the service as root, or leave RunAs out"
        )
    groups = tuple(os.getgrouplist(found.pw_name, found.pw_gid))
    return Account(name=name, uid=found.pw_uid, gid=found.pw_gid, groups=groups, home=found.pw_dir)


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _way_to(path: str | Path) -> list[Path]:
    """All folders on the way to a file and to what it links to, outermost first, and the file itself."""
    named, real = Path(path).absolute(), Path(path).resolve()
    places = [*reversed(named.parents), *reversed(real.parents), real]
    return [place for place in dict.fromkeys(places) if place.exists()]
