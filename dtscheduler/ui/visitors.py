"""Who visits a page, and what they may therefore see: an identity, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

from dtscheduler.api.people import current_user
from dtscheduler.caches.account import privileged
from dtscheduler.connect import connect
from dtscheduler.errors import AccessError
from dtscheduler.model.access import Identity
from dtscheduler.settings import FILE, Settings, WebUser, read_settings
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
    """The workspaces of visitors: one for each who is named in the settings, opened when they first come.

    Who is named, and how they log in, is read anew whenever the file of the settings has changed.
    """

    def __init__(self, own: Workspace) -> None:
        self._own, self._lock = own, Lock()
        self._open: dict[tuple[WebUser, bool], Workspace] = {}
        self._settings, self._stamp = own.settings, self._written()

    @property
    def settings(self) -> Settings:
        """The settings with what they say of visitors by now. Raises ``WorkspaceError`` for a file that is not right."""
        with self._lock:
            stamp = self._written()
            if stamp != self._stamp:
                fresh = read_settings(home=self._own.home)
                said = {name: getattr(fresh, name) for name in _OF_VISITORS}
                self._settings, self._stamp = replace(self._own.settings, **said), stamp
            return self._settings

    def _written(self) -> tuple[int, int] | None:
        try:
            found = (self._own.home / FILE).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    @property
    def guarded(self) -> bool:
        """Whether visitors have to say who they are: they always do where they had to when the page was started."""
        return self._own.settings.visitors_named or self.settings.visitors_named

    def of(self, login: str) -> Workspace:
        """The workspace as a visitor may use it.

        Raises:
            AccessError: nobody is logged in, or somebody whom the settings do not name.
        """
        settings = self.settings
        user = web_user(settings, login)
        if user is None:
            raise AccessError(
                f"you are logged in as {login!r}, and this workspace knows no such user; whoever runs it can add "
                f"[web_users.{login!r}] to its settings.toml"
                if login
                else "you are not logged in"
            )
        identity = identity_of_visitor(user, settings)
        with self._lock:
            if (user, identity.admin) not in self._open:
                self._open[user, identity.admin] = connect(
                    self._own.settings,
                    identity=identity,
                    identity_of=self._own.identity_of,
                    process_account=current_user(),
                )
            return self._open[user, identity.admin]


_OF_VISITORS = ("web_login", "web_claim", "web_header", "web_users", "admins")
