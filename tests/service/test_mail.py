"""Mail servers that refuse, hang or answer late: nothing else waits for them, and everybody is told in the end."""

import email
import email.policy
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from given import CODE, HOURLY, NOON, SETTINGS, save_job

from dtscheduler import testing as dt
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.service.postman import Postman

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ADA = "ada@bank.example"


class Inbox:
    """A mail server's side of things: what it got, and what it says to the next mail."""

    def __init__(self):
        self.mails, self.answer = [], "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer

    @property
    def subjects(self):
        return [mail["Subject"] for mail in self.mails]


class OnAnyPort(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def inbox(mail_port):
    handler = Inbox()
    controller = OnAnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    mail_port(controller.port)
    yield handler
    controller.stop()


@contextmanager
def silent_server():
    """Takes connections and says nothing; gives its port, and an event that is set at the first connection."""
    connected, held = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return
                connected.set()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1], connected
        listener.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


@pytest.fixture
def mail_port(tmp_path):
    """Write the settings of a workspace whose mails go to a port of this machine."""

    def write(port):
        (tmp_path / "workspace").mkdir(mode=0o700, exist_ok=True)
        (tmp_path / "workspace" / "settings.toml").write_text(
            f'{SETTINGS}smtp_host = "127.0.0.1"\nsmtp_port = {port}\nsmtp_security = "none"\n'
            'mail_from = "dts@bank.example"\n'
        )

    return write


@pytest.fixture
def ws(tmp_path):
    with dt.workspace(tmp_path, now=NOON) as found:
        yield found


@pytest.fixture
def postman(ws):
    """Makes the postman of a service."""
    return lambda: Postman(lambda: ws.place.store, ws.place.alerter, ws.clock, link="")


def failed(number, **facts):
    usual = {"kind": AlertKind.FAILED, "channel": Channel.EMAIL, "recipient": ADA, "job_name": f"job {number}",
             "created": NOON, "next_try": NOON}  # fmt: skip
    return AlertRecord(id=0, **(usual | facts))


def test_a_failed_run_is_told_once(inbox, save, ws, once):
    save(task="badly", Schedule=HOURLY, AlertEmail=ADA)
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    ws.clock.step(HOUR / 2)
    once(ws.place)
    (mail,) = inbox.mails
    assert (mail["To"], "risk" in mail["Subject"]) == (ADA, True)
    assert "number 0 cannot be" in mail.get_body(("plain",)).get_content()


def test_a_run_ends_as_ever_when_the_mail_server_refuses_and_the_mail_comes_later(inbox, save, ws, once):
    inbox.answer = "451 not now"
    save(task="badly", Schedule=HOURLY, AlertEmail=ADA)
    ws.clock.set(NOON + HOUR)
    once(ws.place)
    (alert,) = ws.alerts()
    assert ws.runs()[0].status == "failed"
    assert (alert.sent, alert.tries, "451" in alert.error) == (None, 1, True)
    inbox.answer = "250 OK"
    ws.clock.step(MINUTE)
    once(ws.place)
    assert (len(inbox.mails), ws.alerts()[0].tries) == (1, 2)


def test_nothing_waits_for_a_mail_server_that_hangs(mail_port, tmp_path, work_dir, serving):
    with silent_server() as (port, connected):
        mail_port(port)
        with dt.workspace(tmp_path, now=NOON) as ws:
            first = save_job("first", work_dir(CODE), task="badly", AlertEmail=ADA).run()
            with serving(ws.place):
                assert connected.wait(20)
                second = save_job("second", work_dir(CODE)).run()
                assert (first.wait(20), second.wait(20)) == ("failed", "completed")
            assert [alert.sent for alert in ws.alerts()] == [None]


def test_500_failures_in_a_minute_are_a_handful_of_mails_that_tell_of_all(inbox, ws, postman):
    one = postman()
    for second in range(180):
        if second < 60:
            fresh = [failed(f"{second}.{n}", created=ws.clock.now(), next_try=ws.clock.now()) for n in range(9)]
            ws.place.store.add_alerts(fresh[: 8 if second % 3 else 9])
        one.send_due()
        ws.clock.step(SECOND)
    assert len(ws.alerts()) == 500
    assert all(alert.sent for alert in ws.alerts())
    assert len(inbox.mails) <= 5


def test_a_hundred_recipients_get_a_mail_each(inbox, ws, postman):
    ws.place.store.add_alerts([failed(n, recipient=f"{n}@bank.example") for n in range(100)])
    postman().send_due()
    assert sorted(mail["To"] for mail in inbox.mails) == sorted(f"{n}@bank.example" for n in range(100))


def test_two_services_tell_everything_once(inbox, ws, postman):
    ws.place.store.add_alerts([failed(n, recipient=f"{n}@bank.example") for n in range(40)])
    postmen = [postman() for _ in range(3)]
    threads = [threading.Thread(target=one.send_due) for one in postmen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inbox.mails) == 40


def test_a_mail_that_may_have_gone_out_comes_again_under_the_same_id(inbox, ws, postman):
    ws.place.store.add_alerts([failed(1), failed(2)])
    before = ws.place.store.alerts()
    postman().send_due()
    ws.place.store.update_alerts([replace(alert, next_try=NOON) for alert in before])  # it was never told that it had
    ws.clock.step(HOUR)
    postman().send_due()
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_mail_that_may_have_gone_out_has_the_same_id_also_when_there_is_more_to_tell_by_then(inbox, ws, postman):
    ws.place.store.add_alerts([failed(1)])
    before = ws.place.store.alerts()
    postman().send_due()
    ws.place.store.update_alerts([replace(alert, tries=1, next_try=NOON) for alert in before])  # begun, and no more
    ws.clock.step(HOUR)
    ws.place.store.add_alerts([failed(2, created=ws.clock.now(), next_try=ws.clock.now())])
    postman().send_due()
    ws.clock.step(MINUTE)
    postman().send_due()
    assert inbox.mails[0]["Message-ID"] in [mail["Message-ID"] for mail in inbox.mails[1:]]


def test_an_alert_that_cannot_be_written_keeps_no_other_from_being_sent(inbox, ws, rows, postman):
    ws.place.store.add_alerts([failed(1), failed(2, recipient="bob@bank.example")])
    rows("update outbox set kind = 'garbage' where id = 1")
    postman().send_due()
    assert [mail["To"] for mail in inbox.mails] == ["bob@bank.example"]


def test_what_nobody_can_deliver_is_visible_and_given_up_after_days(ws, postman):
    ws.place.store.add_alerts([failed(1)])
    one = postman()
    for _ in range(100):
        one.send_due()
        ws.clock.step(HOUR)
    (alert,) = ws.alerts()
    assert (alert.sent, alert.next_try) == (None, None)
    assert "DTSCHEDULER_SMTP_HOST is not set" in alert.error
