"""From settings to a workspace: the one place that names the adapters."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dtscheduler.caches.account import Account, other_account
from dtscheduler.caches.folders import account_folders, workspace_folder
from dtscheduler.clock import SystemClock
from dtscheduler.errors import WorkspaceError
from dtscheduler.hosting import Host
from dtscheduler.model.access import Identity
from dtscheduler.ports import Alerter, Clock, Executor, ResultCache, Store
from dtscheduler.settings import Settings
from dtscheduler.workspace import Workspace

if TYPE_CHECKING:
    from dtscheduler.executors.machine import Machine
    from dtscheduler.executors.quarters import Quarters

EXECUTORS = ("processes", "inline")


def connect(
    settings: Settings,
    *,
    identity: Identity,
    identity_of: Callable[[str], Identity],
    clock: Clock | None = None,
    only_executor: str | None = None,
    process_account: str | None = None,
) -> Workspace:
    """Make the workspace that the settings describe; nothing is opened before it is needed.

    Args:
        settings: where everything is kept, and what may be used.
        identity: who uses it.
        identity_of: who an account is.
        clock: what time it is. Default: this machine's.
        only_executor: used whatever executor is asked for.
        process_account: the account of this process, where it acts for somebody else; None: that of the identity.
    """
    home = settings.home

    @cache
    def folder() -> Path:
        return workspace_folder(home)

    def open_store() -> Store:
        folder()
        from dtscheduler.stores.sql import open_store

        return open_store(settings.store_place)

    @cache
    def results() -> Path:
        return folder() / "results"

    @cache
    def cache_of(account: Account) -> ResultCache:
        from dtscheduler.caches.delegated import DelegatedCache

        return DelegatedCache(account_folders(folder(), account).results, account, sys.executable)

    def open_cache(account: str | None = None) -> ResultCache:
        from dtscheduler.caches.disk import DiskCache

        other = other_account(account)
        return DiskCache(results()) if other is None else cache_of(other)

    def quarters(account: str | None) -> Quarters:
        from dtscheduler.executors.quarters import Quarters
        from dtscheduler.executors.spools import spools_of

        other, spools = other_account(account), spools_of(folder(), account)
        if other is None:
            return Quarters(results(), spools, lambda: host.cache_of(""))
        return Quarters(account_folders(folder(), other).results, spools, lambda: cache_of(other), other)

    @cache
    def machine() -> Machine:
        from dtscheduler.executors.capacity import machine_capacity
        from dtscheduler.executors.machine import Machine

        return Machine(machine_capacity(settings.cpu_mhz, settings.memory_mb))

    def make_executor(name: str, urgency: tuple[int, int] = (1, 0)) -> Executor:
        name = only_executor or name
        if name not in EXECUTORS:
            raise WorkspaceError(f"there is no executor {name!r}; there are: {', '.join(EXECUTORS)}")
        if name == "inline":
            from dtscheduler.executors.inline import InlineExecutor

            return InlineExecutor(cache=host.cache_of(""), clock=host.clock)
        from dtscheduler.executors.processes import ProcessExecutor

        return ProcessExecutor(
            machine=machine(),
            quarters=quarters,
            enforce_memory=settings.enforce_memory,
            variables=settings.as_variables(),
            urgency=urgency,
        )

    host = Host(
        home=home,
        python=sys.executable,
        open_store=open_store,
        open_cache=open_cache,
        make_executor=make_executor,
        clock=clock or SystemClock(),
        identity=identity,
        grace_seconds=settings.stop_grace_seconds,
        chat=bool(settings.chat_urls),
        one_account=only_executor == "inline",
        process_account=process_account,
    )
    return Workspace(host=host, identity_of=identity_of, settings=settings, make_alerter=lambda: _alerter(settings))


def _alerter(settings: Settings) -> Alerter:
    from dtscheduler.alerts.delivery import Delivery
    from dtscheduler.alerts.email import SmtpServer

    server = None
    if settings.smtp_host:
        usual = {"tls": 465, "starttls": 587, "none": 25}[settings.smtp_security]
        server = SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port or usual,
            sender=settings.mail_from or f"dtscheduler@{socket.getfqdn()}",
            user=settings.smtp_user,
            password=settings.smtp_password,
            security=settings.smtp_security,  # type: ignore[arg-type] # checked when the settings were read
        )
    return Delivery(server, settings.sms_url, settings.chat_urls)
