"""Sending an SMS or a chat message, through the services that apprise knows."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote

from dtscheduler.errors import AlertError
from dtscheduler.model.alert import is_phone

TIMEOUT_SECONDS = 20

# They log addresses with the secrets in them: most at level DEBUG, those that fail or cannot be read as warnings.
_LOGGERS = ("apprise", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")
_said: ContextVar[list[str] | None] = ContextVar("said", default=None)


def send_sms(template: str, number: str, text: str) -> None:
    """Send an SMS.

    Args:
        template: URL of the SMS service as apprise reads it, in which ``{to}`` stands for the number.
        number: as the job has it, ``+33 6 12 34 56 78``; digits and a leading plus are what is passed on.
        text: what is sent.

    Raises:
        AlertError: it was not sent; the text says why and what to do.
    """
    if not is_phone(number):
        raise AlertError(f"{number!r:.40} is not a phone number; correct AlertSMS of the job")
    if "{to}" not in template:
        raise AlertError("the URL for SMS in the settings has no {to}, which stands for the number; add it")
    if number.startswith("+"):
        number = number.replace("(0)", "")  # which is dialled inside the country only
    to = re.sub(r"[^0-9+]", "", number)
    _send(template.replace("{to}", quote(to, safe="")), text, "the URL for SMS")


def send_chat(urls: Sequence[str], text: str) -> None:
    """Send a message to all chats. Where some of them fail, the others have it already.

    Args:
        urls: the chats, as apprise reads them.
        text: what is sent.

    Raises:
        AlertError: it was not sent, or not to all; the text says why and what to do.
    """
    failures = []
    for number, url in enumerate(urls, start=1):
        try:
            _send(url, text, f"chat URL number {number}")
        except AlertError as error:
            failures.append(str(error))
    if failures:
        raise AlertError("; ".join(failures))


def _send(url: str, text: str, name: str) -> None:
    """Send to one URL, which is named and never shown: most of it is secret."""
    try:
        import apprise
    except ImportError as error:
        raise AlertError("SMS and chat need apprise; install it with: pip install 'dtscheduler[alerts]'") from error
    shown = f"{name} ({_scheme(url)})"
    with _unlogged() as said:
        asset = apprise.AppriseAsset(app_id="dtscheduler", async_mode=False, service_timeout=TIMEOUT_SECONDS)
        services = apprise.Apprise(asset=asset)
        if not services.add(url):
            raise AlertError(f"{shown} is not one that apprise can read; correct it in the settings")
        if not services.notify(body=text, body_format=apprise.NotifyFormat.TEXT):
            raise AlertError(
                f"{shown} did not take the message{_code(said)}; see that it is right and the service is up"
            )


def _scheme(url: str) -> str:
    found = re.match(r"[a-z][a-z0-9]{1,20}://", url, re.IGNORECASE)
    return f"{found.group()}…" if found else "no scheme"


def _code(said: Sequence[str]) -> str:
    found = [code for line in said for code in re.findall(r"\berror=([0-9]{3})\b", line)]
    return f": it answered {found[-1]}" if found else ""


@contextmanager
def _unlogged() -> Iterator[list[str]]:
    """Keep what sending makes others log out of all logs, and give it to the caller."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_keep)  # adding it again does nothing
    said: list[str] = []
    token = _said.set(said)
    try:
        yield said
    finally:
        _said.reset(token)


def _keep(record: logging.LogRecord) -> bool:
    said = _said.get()  # apprise copies the context into the threads in which it sends
    if said is not None:
        said.append(record.getMessage())
    return said is None
