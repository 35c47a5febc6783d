"""Sending a mail: one message, one connection, one deadline for all of it."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from threading import Timer
from typing import Any, Literal

from dtscheduler.alerts.message import LONGEST_SUBJECT
from dtscheduler.errors import AlertError
from dtscheduler.model.alert import Message, is_email
from dtscheduler.model.text import header, one_line

Refusals = Mapping[str, tuple[int, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """The server that takes our mails, and as whom we send them.

    Args:
        host: its name, which with TLS must be that on its certificate.
        port: usually 25, 587 (``starttls``) or 465 (``tls``).
        user: empty if the server asks for none.
        password: of ``user``; never shown.
        security: ``starttls`` turns encryption on before anything is said, or fails; ``tls`` starts with it.
        sender: the address in From.
        timeout_seconds: what sending one message may take in all.
    """

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    security: Literal["none", "starttls", "tls"] = "none"
    timeout_seconds: float = 20

    @property
    def place(self) -> str:
        return f"the mail server {self.host}:{self.port}"


def send_email(server: SmtpServer, recipients: Sequence[str], message: Message, message_id: str) -> None:
    """Send a message.

    It is best sent to one recipient at a time: where a server refuses some of several, the others have it already.

    Args:
        server: takes the mail.
        recipients: addresses; they are validated again.
        message: what is sent.
        message_id: as ``outbox.message_id`` makes it, the same when the same message is tried again.

    Raises:
        AlertError: it was not sent, or not to all; the text says why and what to do.
    """
    for address in recipients:
        if not is_email(address):
            raise AlertError(f"{address!r:.80} is not an e-mail address; correct AlertEmail of the job")
    if not (server.user + server.password).isascii():
        raise AlertError("user and password of a mail server can hold ASCII characters only; correct the settings")
    mail = mail_of(server, recipients, message, message_id)
    with _Deadline(server.timeout_seconds) as deadline:
        try:
            refused = _delivered(server, deadline, mail, recipients)
        except (OSError, UnicodeError, OverflowError) as error:  # those of smtplib are OSErrors
            raise AlertError(_explained(error, server, deadline)) from error
    if refused:
        raise AlertError(_refused(refused, server))


def mail_of(server: SmtpServer, recipients: Sequence[str], message: Message, message_id: str) -> EmailMessage:
    """A message as a mail: plain text with HTML as the alternative."""
    if not _MESSAGE_ID.fullmatch(message_id):  # others make the e-mail package of Python 3.11 stumble
        raise AlertError(f"{message_id!r:.80} is no Message-ID")
    mail = EmailMessage()
    mail["Subject"] = header(message.subject, LONGEST_SUBJECT)
    mail["From"] = _sender(server)
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"  # no out-of-office replies, please
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    return mail


_MESSAGE_ID = re.compile(r"<[A-Za-z0-9-]{1,64}@[A-Za-z0-9.-]{1,160}>")


def _sender(server: SmtpServer) -> str:
    if not is_email(server.sender):
        raise AlertError(f"the sender of mails, {server.sender!r:.80}, is not an e-mail address; correct the settings")
    return server.sender


# -- the connection


class _Deadline:
    """Ends a connection when its time is over, however slowly the server talks: timeouts of sockets are per read.

    It shuts down a duplicate of the socket, because the socket itself changes hands while TLS begins.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._end = seconds, time.monotonic() + seconds
        self._timer = Timer(seconds, self._shut)
        self._timer.daemon = True
        self._watched: socket.socket | None = None
        self.over = False

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._watched is not None:
            self._watched.close()

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to the first address of a host that answers; looking the host up has a time limit of its own."""
        failure: OSError = TimeoutError()
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                return self._connected(socket.socket(family, kind, protocol), address)
            except OSError as error:
                failure = error
        raise failure

    def _connected(self, found: socket.socket, address: tuple[Any, ...]) -> socket.socket:
        try:
            found.settimeout(max(self._end - time.monotonic(), 0.001))
            found.connect(address)
            found.settimeout(2 * self._seconds)  # so that it is the deadline that ends it
            self._watched = found.dup()
        except OSError:
            found.close()
            raise
        if self.over:
            self._shut()
        return found

    def _shut(self) -> None:
        self.over = True
        if self._watched is not None:
            with suppress(OSError):
                self._watched.shutdown(socket.SHUT_RDWR)


class _Client(smtplib.SMTP):
    def __init__(self, server: SmtpServer, deadline: _Deadline) -> None:
        self._deadline, self._tls = deadline, server.security == "tls"
        super().__init__(server.host, server.port, timeout=server.timeout_seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._deadline.connect(host, port)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if self._tls else plain


def _delivered(server: SmtpServer, deadline: _Deadline, mail: EmailMessage, recipients: Sequence[str]) -> Refusals:
    client = _Client(server, deadline)
    try:
        if server.security == "starttls":
            client.starttls(context=ssl.create_default_context())
        if server.user:
            client.login(server.user, server.password)
        refused = client.send_message(mail, _sender(server), list(recipients))
        with suppress(OSError):  # it has the mail; how it says good-bye does not matter
            client.quit()
        return refused
    finally:
        client.close()


# -- what went wrong, in words


def _explained(error: Exception, server: SmtpServer, deadline: _Deadline) -> str:
    if deadline.over or isinstance(error, TimeoutError):
        return f"{server.place} did not take the mail within {server.timeout_seconds:g} s; is it up, is the port right?"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refused(error.recipients, server)
    return f"{server.place} {_advised(error, server, one_line(_reply(error), 200))}"


def _advised(error: Exception, server: SmtpServer, said: str) -> str:
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"does not accept user {server.user!r} with this password: {said}; correct the settings"
        case smtplib.SMTPNotSupportedError():
            return f"does not offer what the settings ask for: {said}; correct security or user there"
        case smtplib.SMTPSenderRefused():
            return f"refuses the sender {server.sender!r}: {said}; correct the sender in the settings"
        case smtplib.SMTPServerDisconnected():
            return f"closed the connection; is {server.security!r} the right security for this port?"
        case smtplib.SMTPException():
            return f"refuses the mail: {said}; ask its administrator"
        case ssl.SSLCertVerificationError():
            return f"has a certificate that this machine does not trust: {one_line(error.verify_message, 200)}"
        case ssl.SSLError():
            return f"does not speak TLS: {said}; is {server.security!r} the right security for this port?"
        case _:
            return f"cannot be reached: {said}; correct host and port in the settings, or see that it is up"


def _refused(refused: Refusals, server: SmtpServer) -> str:
    said = "; ".join(f"{address}: {code} {_decoded(text)}" for address, (code, text) in refused.items())
    return f"{server.place} refuses the recipient {one_line(said, 300)}; correct AlertEmail of the job"


def _reply(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
