"""Mails, sent to real SMTP servers on this machine: good ones, refusing ones, slow ones."""

import email
import email.policy
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import example, given
from hypothesis import strategies as st

from dtscheduler.alerts.email import SmtpServer, mail_of, send_email
from dtscheduler.errors import AlertError
from dtscheduler.model.alert import Message

TO = "anna@bank.example"
MESSAGE = Message(
    subject="[failed] Länderrisiko", text="12 of 40 failed\n", html="<p>12 of 40 failed</p>", sms="", chat=""
)
ID = "<1@bank.example>"


class Inbox:
    """What a server does with mails: it keeps them."""

    def __init__(self):
        self.envelopes, self.users = [], []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        self.users.append(session.auth_data)
        return "250 OK"

    def mail(self):
        (envelope,) = self.envelopes
        return email.message_from_bytes(envelope.content, policy=email.policy.default)


class Refusing(Inbox):
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == TO:
            return "550 no such\x1b[2J mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class OnAnyPort(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving(handler, kind=OnAnyPort, **options):
    """A server that is up meanwhile, as the settings would name it."""
    controller = kind(handler, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield SmtpServer(host="127.0.0.1", port=controller.port, sender="batch@bank.example")
    finally:
        controller.stop()


@contextmanager
def talking(*replies, then=b""):
    """A server that says one thing after the other, then a byte now and then, or nothing, or leaves (None)."""
    left = threading.Event()

    def talk():
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            for reply in replies:
                connection.sendall(reply + b"\r\n")
                while (line := lines.readline()) and reply.startswith(b"354") and line != b".\r\n":
                    pass
            connection.sendall(then or b"")
            while then is not None and not left.wait(0.02):
                connection.sendall(then and b"\0")

    def answer():
        with suppress(OSError):  # the client has left
            talk()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield SmtpServer(
            host="127.0.0.1", port=listener.getsockname()[1], sender="batch@bank.example", timeout_seconds=0.5
        )
        left.set()
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 in one file with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl program makes the certificate, and is not installed")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run(["openssl", *made.split(), *files], check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_name("both.pem.crt").read_text())
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def test_a_mail_arrives_as_it_was_meant():
    with serving(inbox := Inbox()) as server:
        send_email(server, [TO], MESSAGE, ID)
    mail = inbox.mail()
    assert (mail["Subject"], mail["To"], mail["From"]) == (MESSAGE.subject, TO, "batch@bank.example")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == (ID, "auto-generated")
    assert mail.get_body(["plain"]).get_content().splitlines() == MESSAGE.text.splitlines()
    assert mail.get_body(["html"]).get_content().strip() == MESSAGE.html
    assert inbox.envelopes[0].rcpt_tos == [TO]


def test_starttls_encrypts_before_anything_is_said(tls, trusted):
    with serving(inbox := Inbox(), tls_context=tls, require_starttls=True) as server:
        send_email(replace(server, security="starttls"), [TO], MESSAGE, ID)
    assert inbox.mail()["Subject"] == MESSAGE.subject


def test_tls_from_the_start(tls, trusted):
    with serving(inbox := Inbox(), ssl_context=tls) as server:
        send_email(replace(server, security="tls"), [TO], MESSAGE, ID)
    assert inbox.mail()["Subject"] == MESSAGE.subject


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(tls, security):
    options = {"tls_context": tls} if security == "starttls" else {"ssl_context": tls}
    with serving(inbox := Inbox(), **options) as server, pytest.raises(AlertError, match="does not trust: self.signed"):
        send_email(replace(server, security=security), [TO], MESSAGE, ID)
    assert inbox.envelopes == []


def test_a_server_without_starttls_gets_neither_password_nor_mail():
    with (
        serving(inbox := Inbox()) as server,
        pytest.raises(AlertError, match="does not offer what the settings ask for"),
    ):
        send_email(replace(server, security="starttls", user="anna", password="geheim"), [TO], MESSAGE, ID)
    assert inbox.envelopes == []


insecure = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == b"geheim", handled=False, auth_data=data.login)


@insecure
def test_user_and_password_are_given_where_they_are_asked_for():
    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    with serving(inbox := Inbox(), **options) as server:
        send_email(replace(server, user="anna", password="geheim"), [TO], MESSAGE, ID)
    assert inbox.users == [b"anna"]


@insecure
@pytest.mark.parametrize("password", ["falsch", "gehéim"])
def test_a_wrong_password_is_named_but_not_shown(password):
    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    with (
        serving(Inbox(), **options) as server,
        pytest.raises(AlertError, match="user .* password.* correct the settings") as e,
    ):
        send_email(replace(server, user="anna", password=password), [TO], MESSAGE, ID)
    assert password not in str(e.value) and password not in repr(replace(server, password=password))


def test_a_refused_recipient_is_named_with_what_the_server_says():
    with serving(Refusing()) as server, pytest.raises(AlertError) as error:
        send_email(server, [TO], MESSAGE, ID)
    said = f"refuses the recipient {TO}: 550 no such [2J mailbox; correct AlertEmail of the job"
    assert str(error.value).endswith(said)


def test_the_others_get_their_mail_when_one_is_refused():
    with serving(inbox := Refusing()) as server, pytest.raises(AlertError, match=f"refuses the recipient {TO}"):
        send_email(server, [TO, "bob@bank.example"], MESSAGE, ID)
    assert inbox.envelopes[0].rcpt_tos == ["bob@bank.example"]


def test_a_mail_that_is_too_large_is_refused():
    with (
        serving(Inbox(), data_size_limit=10) as server,
        pytest.raises(AlertError, match="552 .*ask its administrator|552"),
    ):
        send_email(server, [TO], MESSAGE, ID)


@pytest.mark.parametrize(
    "replies", [[], [b"220 hello"], [b"220 hello", b"250 hello", b"250 from", b"250 to", b"354 go on"]]
)
def test_a_server_that_leaves_without_a_word(replies):
    with (
        talking(*replies, then=None) as server,
        pytest.raises(AlertError, match="closed the connection; is 'none' the right"),
    ):
        send_email(server, [TO], MESSAGE, ID)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    server = SmtpServer(host="127.0.0.1", port=port, sender="batch@bank.example")
    with pytest.raises(AlertError, match=f"127.0.0.1:{port} cannot be reached: .*correct host and port"):
        send_email(server, [TO], MESSAGE, ID)


@pytest.mark.parametrize("host", ["no such host", "x" * 300 + ".example", "a..b"])
def test_a_host_that_cannot_be(host):
    with pytest.raises(AlertError, match="correct host and port"):
        send_email(SmtpServer(host=host, port=25, sender="batch@bank.example"), [TO], MESSAGE, ID)


TLS_RECORD = b"\x16\x03\x03\x40\x00"  # the head of one of 16 kB that never comes to its end
OFFERS_STARTTLS = (b"220 hello", b"250-hello\r\n250 STARTTLS", b"220 go on")


@pytest.mark.parametrize(
    ("security", "replies", "then"),
    [
        ("none", [b"220 hello"], b""),
        ("none", [b"220 hello", b"250 hello"], b"2"),
        ("none", [], b"2"),
        ("tls", [], TLS_RECORD),
        ("starttls", OFFERS_STARTTLS, TLS_RECORD),
    ],
)
def test_a_server_that_hangs_or_dawdles_is_left_after_the_whole_time(security, replies, then):
    with (
        talking(*replies, then=then) as server,
        pytest.raises(AlertError, match=r"did not take the mail within 0\.5 s"),
    ):
        send_email(replace(server, security=security), [TO], MESSAGE, ID)


def test_a_server_that_has_the_mail_may_leave_without_good_bye():
    with talking(b"220 hello", b"250 hello", b"250 from", b"250 to", b"354 go on", b"250 taken") as server:
        send_email(server, [TO], MESSAGE, ID)


@pytest.mark.parametrize("address", ["anna", "a@x.example\nBcc: b@x.example", "=?utf-8?q?a=0aBcc:b?=@x.example"])
def test_recipients_and_senders_are_validated_before_anything_is_sent(address):
    server = SmtpServer(host="nowhere", port=1, sender=TO)
    with pytest.raises(AlertError, match="not an e-mail address; correct AlertEmail"):
        send_email(server, [TO, address], MESSAGE, ID)
    with pytest.raises(AlertError, match="not an e-mail address; correct the settings"):
        send_email(replace(server, sender=address), [TO], MESSAGE, ID)


@pytest.mark.parametrize("text", ["", "1", "<1>", "<@x>", "< @x>", "<1@x>\nBcc: b@x.example", "<=?utf-8?q?a?=@x>"])
def test_what_is_no_message_id_is_refused(text):
    with pytest.raises(AlertError, match="is no Message-ID"):
        send_email(SmtpServer(host="h", port=25, sender=TO), [TO], MESSAGE, text)


pieces = st.lists(
    st.sampled_from(["=?utf-8?q?", "?=", "=0a", "=0d=0aBcc:", "\n", "\r", "é", "a b", "=", "?", "\0", "\ud800"])
)


@given(pieces.map("".join) | st.text(max_size=300))
@example("=?utf-8?q?a=0ABcc:_eve@x.example?=")
@example("=\0?utf-8?q?a=0ABcc:_eve@x.example?=")
def test_no_subject_makes_a_header_of_its_own(text):
    server = SmtpServer(host="h", port=25, sender=TO)
    mail = mail_of(server, [TO], replace(MESSAGE, subject=text), ID)
    names = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default).keys()
    assert sorted(names) == sorted(
        ["Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    )
