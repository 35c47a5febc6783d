"""Users, groups, permissions and recipients, as parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from functools import cache

from dtscheduler.api import checks
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.access import Identity
from dtscheduler.model.alert import is_email, is_phone

_ACCOUNT = r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?"
_PERMISSIONS = r"([r-][w-]){3}"


@cache
def current_user() -> str:
    """Name of the user of this process, from the OS's uid and not from the environment."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"


def current_identity(admins: Collection[str]) -> Identity:
    """Who this process is: its account and groups, by uid, and whether that account administers the workspace."""
    return _identity(current_user(), [os.getgid(), *os.getgroups()], admins)


def identity_of(account: str, admins: Collection[str]) -> Identity:
    """Who an account of the system is; one that the system does not know is in no group."""
    import pwd

    try:
        groups = os.getgrouplist(account, pwd.getpwnam(account).pw_gid)  # the primary one is the first
    except KeyError:
        groups = []
    return _identity(account, groups, admins)


def _identity(account: str, gids: Iterable[int], admins: Collection[str]) -> Identity:
    groups = [_group_name(gid) for gid in gids]
    return Identity(user=account, group=groups[0] if groups else "", groups=frozenset(groups), admin=account in admins)


def _group_name(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return f"gid{gid}"


def account(value: object, where: str, parameter: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(_ACCOUNT, value):
        raise InvalidJobError(f"{where}: {parameter} is {value!r:.60}; it is the name of an account of the system")
    return value


def permissions(value: object, where: str, parameter: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(_PERMISSIONS, value):
        raise InvalidJobError(
            f"{where}: {parameter} is {value!r:.40}; it is six letters, read and write for owner, group and others: 'rwrwr-'"
        )
    return "rw" + value[2:]  # the owner always may


def emails(value: object, where: str, parameter: str) -> tuple[str, ...]:
    addresses = checks.words(value, where, parameter)
    for address in addresses:
        if not is_email(address):
            raise InvalidJobError(f"{where}: {parameter}: {address!r} is not an e-mail address")
    return addresses


def phones(value: object, where: str, parameter: str) -> tuple[str, ...]:
    numbers = checks.words(value, where, parameter)
    for number in numbers:
        if not is_phone(number):
            raise InvalidJobError(
                f"{where}: {parameter}: {number!r} is not a phone number; write it like +33 6 12 34 56 78"
            )
    return numbers
