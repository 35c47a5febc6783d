"""Who may do what with a job and its runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Right(Enum):
    """What somebody wants to do: look, change, or say whose it is."""

    READ = "read"
    WRITE = "write"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody who uses a workspace: a name, its groups, and whether it administers the workspace.

    ``group`` is the primary one of the groups. ``account`` is the account of the system that tasks run under; it is
    called like the user, except for those who log in on a page and have no account here.
    """

    user: str
    group: str = ""
    groups: frozenset[str] = frozenset()
    admin: bool = False
    account: str = ""

    @property
    def runs_as(self) -> str:
        """The account of the system that tasks run under."""
        return self.account or self.user


class Owned(Protocol):
    """What belongs to somebody. ``permissions`` are six letters, read and write for owner, group, others: ``rwrwr-``."""

    @property
    def owner(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def permissions(self) -> str: ...


def may(identity: Identity, right: Right, thing: Owned) -> bool:
    """Whether an identity has a right on something.

    As with files the closest class decides alone: the owner, else the members of the group, else others. The owner
    and admins have every right; only they may change owner, group and permissions.
    """
    if identity.admin or identity.user == thing.owner:
        return True
    if right is Right.OWN:
        return False
    start = 2 if thing.group in identity.groups else 4
    letters = thing.permissions[start : start + 2]
    return ("r" if right is Right.READ else "w") in letters
