"""Who is told what when a run has ended, and the outbox in which that waits until it is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dtscheduler.model.job import AlertSpec
from dtscheduler.model.status import RunStatus


class AlertKind(StrEnum):
    """What there is to tell. ``BROKEN``: a saved job whose schedule cannot be used any more.

    ``COMPLETED`` is every end that is no failure, a run that was stopped by hand included; messages name the run's
    own status. A later kind ``late`` (a scheduled run that has not ended when twice its usual p95 has passed) goes
    here; as it is told while the run is going on, the loop that looks at the clock decides it and not ``alerts_for``.
    """

    FAILED = "failed"
    COMPLETED = "completed"
    RECOVERED = "recovered"
    BROKEN = "broken"


class Channel(StrEnum):
    """The way to a recipient."""

    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """One row of the outbox: one thing to tell one recipient.

    ``recipient`` is empty for chat, whose URLs are in the settings. ``text`` says for ``BROKEN`` what is wrong.
    ``next_try`` is None when nothing more is tried: it has been sent or given up. ``error`` is that of the last try.
    """

    id: int
    kind: AlertKind
    channel: Channel
    recipient: str
    job_name: str
    created: datetime
    run_id: int | None = None
    text: str = ""
    tries: int = 0
    next_try: datetime | None = None
    sent: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The same for each channel: subject, text and HTML of a mail; one line for SMS; a few lines for chat.

    Everything is bounded in length, without control characters, and with secrets masked; ``subject`` may stand in a
    header and ``html`` is escaped.
    """

    subject: str
    text: str
    html: str
    sms: str
    chat: str


FAILURES = frozenset({RunStatus.FAILED, RunStatus.FAILED_AFTER, RunStatus.OUT_OF_MEMORY})


def alerts_for(
    alerts: AlertSpec, chat: bool, status: RunStatus, previous: RunStatus | None
) -> list[tuple[AlertKind, Channel, str]]:
    """What is told to whom about a run that ends.

    A run that was stopped by hand is neither failure nor success: those who want to hear of every end are told.
    A run that expired tells nobody.

    Args:
        alerts: what the job asks for.
        chat: whether the settings name chats.
        status: the final status of the run.
        previous: how the latest earlier run of the job that completed or failed ended; None if there is none.

    Returns:
        Kind, channel and recipient, each recipient once.
    """
    kind = _kind(status, previous)
    if kind is None or (alerts.only_failures and kind is AlertKind.COMPLETED):
        return []
    return [(kind, channel, recipient) for channel, recipient in recipients(alerts, chat)]


def recipients(alerts: AlertSpec, chat: bool) -> list[tuple[Channel, str]]:
    """Everybody a job tells, each once."""
    told = [(Channel.EMAIL, address) for address in alerts.email] + [(Channel.SMS, number) for number in alerts.sms]
    return list(dict.fromkeys([*told, *([(Channel.CHAT, "")] if chat else [])]))


def is_email(address: str) -> bool:
    """Whether a mail may be addressed so: plain ASCII, no encoded word (which the e-mail package would decode)."""
    return len(address) <= 254 and bool(_EMAIL.fullmatch(address)) and ".." not in address and "=?" not in address


def is_phone(number: str) -> bool:
    """Whether an SMS may be addressed so: ``+33 6 12 34 56 78``."""
    return bool(_PHONE.fullmatch(number)) and sum(character.isdigit() for character in number) >= 5


_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,24}")


def _kind(status: RunStatus, previous: RunStatus | None) -> AlertKind | None:
    if status in FAILURES:
        return AlertKind.FAILED
    if status is RunStatus.COMPLETED:
        return AlertKind.RECOVERED if previous in FAILURES else AlertKind.COMPLETED
    return AlertKind.COMPLETED if status is RunStatus.STOPPED else None
