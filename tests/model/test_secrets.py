"""Secrets: which keys have them, and that they are gone from mappings and text."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dtscheduler.model.secrets import MASK, looks_secret, masked, masked_text

secrets = st.text("abcXYZ0189!+$", min_size=8, max_size=30)


@pytest.mark.parametrize(
    "key",
    ["password", "DB_PASSWORD", "dbpassword", "PassWord", "passwd", "pwd", "token", "access_token", "accessToken", "tokens",
     "client-secret", "key", "api_key", "apiKey", "APIKEY", "x-api-key", "api_key_1", "private_key_pem", "credentials",
     "aws.secret.access.key", "Authorization"]
)  # fmt: skip
def test_a_key_that_looks_secret(key):
    assert looks_secret(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "tenor",
        "monkey",
        "keyword",
        "key_rate",
        "tokenizer",
        "KeyError",
        "InvalidTokenError",
        "KeyboardInterrupt",
        "ключ",
    ],
)
def test_a_key_that_does_not(key):
    assert not looks_secret(key)


def test_secrets_of_a_configuration_are_masked_at_any_depth():
    config = {"db": {"password": "geheim", "host": "h"}, "urls": ["a://u:geheim@h"], "token": ["geheim"], "tenor": 7}
    assert masked(config) == {
        "db": {"password": MASK, "host": "h"},
        "urls": [f"a://u:{MASK}@h"],
        "token": MASK,
        "tenor": 7,
    }


def test_nothing_true_and_false_say_nothing_and_stay():
    config = {"token": None, "password": "", "use_key": True}
    assert masked(config) == config


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=geheim, user=anna", "password=***, user=anna"),
        ("f(pwd='ge heim', tenor=7)", "f(pwd='***', tenor=7)"),
        ('{"token": "ge\\"heim", "tenor": 7}', '{"token": "***", "tenor": 7}'),
        (r"{\"token\": \"geheim\", \"tenor\": 7}", r"{\"token\": \"***\", \"tenor\": 7}"),
        ("{'keys': ['ge', 'heim'], 'tenor': 7}", "{'keys': ***, 'tenor': 7}"),
        ("Authorization: Bearer geheim", "Authorization: ***"),
        ("mysql --password geheim -v", "mysql --password *** -v"),
        ("['mysql', '--password', 'geheim']", "['mysql', '--password', '***']"),
        ("postgres://anna:ge@heim@host:5432/db", "postgres://anna:***@host:5432/db"),
        ("cut short: postgres://anna:gehe", "cut short: postgres://anna:***"),
        ("https://host/x?api_key=geheim", "https://host/x?api_key=***"),
        ("-----BEGIN RSA PRIVATE KEY-----\ngeheim\n", "***"),
        ("PASSWORD => geheim", "PASSWORD => ***"),
    ],
)
def test_secrets_in_text_are_masked(text, shown):
    assert masked_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'tenor'",
        "http://host:8080/x",
        "at http://host:8080",
        "the key is good",
        "a token",
        "--password --force",
        "",
    ],
)
def test_text_without_secrets_stays(text):
    assert masked_text(text) == text


written = st.sampled_from(
    ["password={}", "x api_key: {} y", '{{"token": "{}"}}', "a://u:{}@h/", "'secret': '{}'", "--token {}", "?pwd={} z"]
)


@given(written, secrets, st.text(), st.text())
def test_a_secret_is_masked_whatever_stands_around_it(form, secret, before, after):
    assume(secret not in before + after)
    assert secret not in masked_text(f"{before} {form.format(secret)} {after}")


@given(
    st.lists(
        st.sampled_from(["password", "=", ":", " ", "'", '"', "\\", "a", "://", "@", "--", "key", "\n", "***", ","])
    )
)
def test_masked_text_is_not_masked_further(pieces):
    once = masked_text("".join(pieces))
    assert re.sub(r"\*+|['\"\\,]", "", masked_text(once)) == re.sub(r"\*+|['\"\\,]", "", once)


@pytest.mark.parametrize(
    "piece", ["a", "://a:", "password=", "--key ", "a=", "password='\\", " ", "-----BEGIN PRIVATE KEY-----"]
)
def test_long_hostile_text_is_read_once(piece):
    assert len(masked_text(piece * 20_000)) <= 20_000 * len(piece)
