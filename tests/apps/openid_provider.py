"""An OpenID Connect provider on loopback that logs everybody in as whom the test says."""

import base64
import json
import secrets
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "dtscheduler", "client-secret"


@contextmanager
def openid_provider():
    """Serve until the block ends; gives the server, with its ``address`` and ``claims``, who logs in next."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.address = f"http://127.0.0.1:{server.server_port}"
    server.key = RSAKey.generate_key(2048, parameters={"kid": "one"})
    server.claims, server.codes = {}, {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port():
    """A port that nobody listens on; the address that the provider sends visitors back to has to be known before."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Provider(BaseHTTPRequestHandler):
    def do_GET(self):
        way = urlsplit(self.path)
        asked = {name: texts[0] for name, texts in parse_qs(way.query).items()}
        answers = {"/.well-known/openid-configuration": self.metadata, "/keys": self.keys}
        if way.path == "/authorize":
            self.authorize(asked)
        elif way.path in answers:
            self.send_json(answers[way.path]())
        else:
            self.send_error(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = {name: texts[0] for name, texts in parse_qs(body).items()}
        basic = base64.b64decode(self.headers.get("Authorization", "Basic ").split()[-1] + "==").decode()
        assert SECRET in (asked.get("client_secret"), basic.partition(":")[2])
        given = self.server.codes.pop(asked["code"])
        now = int(time.time())
        claims = {"iss": self.server.address, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": given["nonce"]}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, {**claims, **given["claims"]}, self.server.key)
        self.send_json({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def metadata(self):
        at = self.server.address
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self):
        return {"keys": [self.server.key.as_dict(private=False)]}

    def authorize(self, asked):
        code = secrets.token_urlsafe()
        self.server.codes[code] = {"nonce": asked.get("nonce"), "claims": self.server.claims}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
        self.end_headers()

    def send_json(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass
