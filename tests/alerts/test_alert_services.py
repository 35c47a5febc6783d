"""SMS and chat, sent through apprise to a real HTTP server on this machine."""

import json
import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dtscheduler.alerts.notify import send_chat, send_sms
from dtscheduler.errors import AlertError


class Service(BaseHTTPRequestHandler):
    """Keeps what is posted; refuses what is posted to a path with ``refuse`` in it."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, json.loads(body)["message"]))
        self.send_response(503 if "refuse" in self.path else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        server.posted = []
        server.url = f"json://anna:geheim@127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_sms_goes_to_the_number_without_its_ornaments(service):
    send_sms(f"{service.url}/send/{{to}}/x", "+33 (0) 6-12.34/56 78", "12 of 40 failed")
    assert service.posted == [("/send/+33612345678/x", "12 of 40 failed")]


def test_all_chats_get_the_text_as_it_is(service):
    text = "[failed] <b>Länder</b> *risk* {to} \\n\ndtscheduler show 41"
    send_chat([f"{service.url}/one", f"{service.url}/two"], text)
    assert service.posted == [("/one", text), ("/two", text)]


def test_a_service_that_refuses_is_named_without_its_secrets_and_the_others_are_told(service):
    with pytest.raises(AlertError) as error:
        send_chat([f"{service.url}/refuse/geheim", f"{service.url}/two"], "text")
    assert str(error.value).startswith("chat URL number 1 (json://…) did not take the message: it answered 503;")
    assert "geheim" not in str(error.value)
    assert [path for path, _ in service.posted] == ["/refuse/geheim", "/two"]


@pytest.mark.parametrize("url", ["geheim", "geheim://geheim", "json://", "json://127.0.0.1:1/geheim", ""])
def test_an_address_that_is_wrong_is_not_shown(url, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(AlertError, match=r"^the URL for SMS \("):
        send_sms(url + "{to}", "+33 6 12 34 56 78", "text")
    assert "geheim/" not in caplog.text and "33612345678" not in caplog.text


def test_nothing_that_is_secret_is_logged_and_logging_goes_on_afterwards(service, caplog):
    caplog.set_level(logging.DEBUG)
    send_chat([f"{service.url}/geheim"], "text")
    assert "geheim" not in caplog.text
    logging.getLogger("apprise").warning("somebody else")
    assert "somebody else" in caplog.text


@pytest.mark.parametrize("number", ["", "anna", "+33\n612345678", "{to}/../12345", "12345?x=1"])
def test_what_is_no_number_gets_no_sms(number):
    with pytest.raises(AlertError, match="is not a phone number; correct AlertSMS of the job"):
        send_sms("json://127.0.0.1:1/{to}", number, "text")


def test_a_template_without_a_place_for_the_number_is_refused():
    with pytest.raises(AlertError, match="has no {to}"):
        send_sms("json://127.0.0.1:1/", "+33 6 12 34 56 78", "text")


def test_without_apprise_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(AlertError, match=r"pip install 'dtscheduler\[alerts\]'"):
        send_chat(["json://127.0.0.1:1/"], "text")
