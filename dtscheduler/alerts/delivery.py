"""The ways out: by e-mail, SMS or chat, as the settings say."""

from __future__ import annotations

from collections.abc import Sequence

from dtscheduler.alerts.email import SmtpServer, send_email
from dtscheduler.alerts.notify import send_chat, send_sms
from dtscheduler.errors import AlertError
from dtscheduler.model.alert import Channel, Message


class Delivery:
    """Delivers messages to recipients.

    Args:
        server: takes e-mail; None where none is set.
        sms_url: the URL that sends an SMS, with ``{to}`` for the number; may be empty.
        chat_urls: the URLs of chats.
    """

    def __init__(self, server: SmtpServer | None, sms_url: str, chat_urls: Sequence[str]) -> None:
        self._server, self._sms_url, self._chat_urls = server, sms_url, chat_urls

    def deliver(self, channel: Channel, recipient: str, message: Message, message_id: str) -> None:
        """Deliver a message. Raises ``AlertError`` with what to do."""
        if channel is Channel.CHAT:
            send_chat(self._chat_urls, message.chat)
        elif channel is Channel.SMS and self._sms_url:
            send_sms(self._sms_url, recipient, message.sms)
        elif channel is Channel.EMAIL and self._server:
            send_email(self._server, [recipient], message, message_id)
        else:
            setting = "DTSCHEDULER_SMTP_HOST" if channel is Channel.EMAIL else "DTSCHEDULER_SMS_URL"
            raise AlertError(f"{setting} is not set; set it for the service, or in settings.toml of the workspace")
