"""A service that is killed when a mail has gone out: the mail comes again under the same id, and never not at all."""

import email

import pytest
from aiosmtpd.controller import Controller

pytest_plugins = ["services"]
pytestmark = pytest.mark.slow


class Inbox:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"


class OnAnyPort(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def inbox():
    handler = Inbox()
    controller = OnAnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    handler.settings = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": controller.port,
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "dts@bank.example",
    }
    yield handler
    controller.stop()


def test_a_mail_after_which_the_service_was_killed_comes_again_under_the_same_id(
    small, rows, crashed, once, sound, inbox, daily
):
    small(Schedule=daily, AlertEmail="ada@bank.example")
    rows.missed(1)
    crashed("mail-sent:1", **inbox.settings)
    rows("update outbox set next_try = 1")  # the claim of the service that is gone is over
    once(**inbox.settings)
    sound()
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert rows("select count(*) from outbox where sent is null") == [(0,)]


@pytest.mark.parametrize("point", ["result-written:1", "run-closed:1"])
def test_wherever_a_service_is_killed_its_run_is_told_of_once(small, rows, crashed, once, sound, inbox, point, daily):
    small(Schedule=daily, AlertEmail="ada@bank.example")
    rows.missed(1)
    crashed(point, **inbox.settings)
    once(**inbox.settings)
    sound()
    assert [mail["To"] for mail in inbox.mails] == ["ada@bank.example"]
