"""Who visits a page, and what they may therefore see: an identity, or none."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from dtscheduler.api.people import current_user
from dtscheduler.caches.account import privileged
from dtscheduler.connect import connect
from dtscheduler.errors import AccessError
from dtscheduler.model.access import Identity
from dtscheduler.settings import Settings, WebUser
from dtscheduler.workspace import Workspace


def login_of(settings: Settings, *, claims: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """What the page's login, or the proxy before it, calls a visitor; empty for one who has not logged in.

    Args:
        settings: which of the two is believed.
        claims: of the identity token, with ``is_logged_in``.
        headers: of the visitor's request, by names in any case.
    """
    if settings.web_header:
        wanted = settings.web_header.lower()
        named = [text.strip() for name, text in headers.items() if name.lower() == wanted]
        return named[0] if len(named) == 1 else ""
    if not settings.web_login or claims.get("is_logged_in") is not True:
        return ""
    if settings.web_claim == "email" and claims.get("email_verified") is False:
        return ""
    found = claims.get(settings.web_claim)
    return found if isinstance(found, str) else ""


def web_user(settings: Settings, login: str) -> WebUser | None:
    """The entry of a login in the settings."""
    return next((user for user in settings.web_users if user.login == login), None)


def identity_of_visitor(user: WebUser, settings: Settings) -> Identity:
    """Who a visitor is: user and groups as the settings say, and the account that their tasks run under.

    Raises:
        AccessError: the page runs as root, which lends its account to nobody, and there is no account of that name.
    """
    account = user.account or (user.user if privileged() else current_user())
    if privileged() and not user.account and not _exists(account):
        raise AccessError(
            f"{user.login!r} is {user.user!r} here, and this machine has no account of that name to run tasks under: "
            f"name one in settings.toml: account = '...' under [web_users.{user.login!r}]"
        )
    return Identity(
        user=user.user,
        group=user.groups[0] if user.groups else "",
        groups=frozenset(user.groups),
        admin=user.user in settings.admins,
        account=account,
    )


def _exists(account: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True


class Doors:
    """The workspaces of visitors: one for each who is named in the settings, opened when they first come."""

    def __init__(self, own: Workspace) -> None:
        self._own, self._opening = own, Lock()
        self._open: dict[WebUser, Workspace] = {}

    def of(self, login: str) -> Workspace:
        """The workspace as a visitor may use it.

        Raises:
            AccessError: nobody is logged in, or somebody whom the settings do not name.
        """
        settings = self._own.settings
        user = web_user(settings, login)
        if user is None:
            raise AccessError(
                f"you are logged in as {login!r}, and this workspace knows no such user; whoever runs it can add "
                f"[web_users.{login!r}] to its settings.toml"
                if login
                else "you are not logged in"
            )
        with self._opening:
            if user not in self._open:
                self._open[user] = connect(
                    settings,
                    identity=identity_of_visitor(user, settings),
                    identity_of=self._own.identity_of,
                    process_account=current_user(),
                )
            return self._open[user]
