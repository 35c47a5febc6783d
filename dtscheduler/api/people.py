"""Users, groups, permissions and recipients, as parameters."""

from __future__ import annotations

import os
import re
from functools import cache

from dtscheduler.api import checks
from dtscheduler.errors import InvalidJobError

_ACCOUNT = r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?"
_PERMISSIONS = r"([r-][w-]){3}"
_EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
_PHONE = r"\+?[0-9][0-9 ()./-]{3,24}"


@cache
def current_user() -> str:
    """Name of the user of this process, from the OS's uid and not from the environment."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"


@cache
def current_group() -> str:
    """Name of the primary group of this process."""
    import grp

    try:
        return grp.getgrgid(os.getgid()).gr_name
    except KeyError:
        return f"gid{os.getgid()}"


def user(value: object, where: str, parameter: str) -> str:
    return current_user() if value is None else _account(value, where, parameter)


def group(value: object, where: str, parameter: str) -> str:
    return current_group() if value is None else _account(value, where, parameter)


def permissions(value: object, where: str, parameter: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(_PERMISSIONS, value):
        raise InvalidJobError(
            f"{where}: {parameter} is {value!r:.40}; it is six letters, read and write for owner, group and others: 'rwrwr-'"
        )
    return "rw" + value[2:]  # the owner always may


def emails(value: object, where: str, parameter: str) -> tuple[str, ...]:
    addresses = checks.words(value, where, parameter)
    for address in addresses:
        if not re.fullmatch(_EMAIL, address) or ".." in address:
            raise InvalidJobError(f"{where}: {parameter}: {address!r} is not an e-mail address")
    return addresses


def phones(value: object, where: str, parameter: str) -> tuple[str, ...]:
    numbers = checks.words(value, where, parameter)
    for number in numbers:
        if not re.fullmatch(_PHONE, number) or sum(character.isdigit() for character in number) < 5:
            raise InvalidJobError(
                f"{where}: {parameter}: {number!r} is not a phone number; write it like +33 6 12 34 56 78"
            )
    return numbers


def _account(value: object, where: str, parameter: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(_ACCOUNT, value):
        raise InvalidJobError(f"{where}: {parameter} is {value!r:.60}; it is the name of an account of the system")
    return value
