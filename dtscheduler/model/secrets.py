"""What may not be shown: values of keys that look secret, and passwords inside text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ANYWHERE = re.compile(
    "password|passwd|passphrase|pwd|secret|credential|(?:api|access|private|auth|ssh|sign|signing|encryption|master)key"
)
_LAST = re.compile(r"keys?|.*(?:token|authorization|creds)s?")
_NAMES_OF_ERRORS = frozenset({"error", "exception", "warning"})


def looks_secret(key: str) -> bool:
    """Whether the value of a key is to be masked: ``DB_PASSWORD``, ``apiKey``, ``client-secret``; not ``KeyError``."""
    words = [word.lower() for word in _WORDS.findall(key)]
    if not words or words[-1] in _NAMES_OF_ERRORS:
        return False
    return bool(_ANYWHERE.search("".join(words)) or _LAST.fullmatch(words[-1])) or "token" in words


def masked(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which secrets are masked, at any depth; nothing, True and False say nothing and stay."""
    return {key: _masked_value(value, looks_secret(str(key))) for key, value in mapping.items()}


def masked_text(text: str) -> str:
    """Text in which secrets are masked: ``key=value``, ``"key": "value"``, ``--key value``, passwords in URLs, keys.

    It rather masks too much: an unquoted value ends at white space only. Mask first and shorten then, because a
    secret that was cut is not recognised any more.
    """
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(MASK, text)
    if "://" in text:
        text = _URL_CUT_SHORT.sub(rf"\1{MASK}", _URL_PASSWORD.sub(rf"\1{MASK}@", text))
    return _masked_pairs(text)


_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_USER = r"(://[^\s/:@\[\]\"'<>]{0,200}:)"
_URL_PASSWORD = re.compile(_USER + r"[^\s\"'<>]{1,1000}@")
_URL_CUT_SHORT = re.compile(_USER + r"(?!\*\*\*@)(?![0-9]*(?:[^\w]|\Z))[^\s@/\"'<>]+")  # digits alone are a port

# Starting only where a word starts keeps this linear on text that is one long word.
_HEAD = re.compile(
    r"""(?<![\w.\-])(?P<key>[\w.\-]++)(?:\\?["'])?(?:[ \t]*(?:=>|:=|[=:])[ \t]*|(?P<option>,?[ \t]+(?=["']?[^\s\-])))"""
)
_VALUE = re.compile(
    r"""\\(?P<q>["']).*?(?:\\(?P=q)|\Z) | [bru]{0,2}"(?:[^"\\]|\\.)*+"? | [bru]{0,2}'(?:[^'\\]|\\.)*+'?
    | \[[^\]]*\]? | \{[^}]*\}? | \([^)]*\)? | (?:(?:Bearer|Basic|Token)[ ]+)?\S+""",
    re.DOTALL | re.VERBOSE,
)


_LONGEST_KEY = 100


def _masked_pairs(text: str) -> str:
    pieces, done, place = [], 0, 0
    while head := _HEAD.search(text, place):
        place = head.end()
        if head["option"] and not head["key"].startswith("--"):
            place = head.end("key")
        elif looks_secret(head["key"]) and (value := _VALUE.match(text, place)):
            if value.end() > done:
                pieces += [text[done:place], _like(value.group())]
            done = max(done, value.end())
            # what stands where a value should may be the key of the next: "password=, 'token': 'abc'"
            is_key = value.end() - place <= _LONGEST_KEY and looks_secret(value.group())
            place = place if is_key else done
    return "".join([*pieces, text[done:]])


def _like(value: str) -> str:
    """The mask with the quotes or the closing punctuation of what it stands for, so that JSON stays JSON."""
    if quoted := re.match(r"""\\?["']""", value):
        return f"{quoted.group()}{MASK}{quoted.group()}"
    return MASK if value[0] in "[{(" else MASK + value[len(value.rstrip(",;)]}'\"")) :]


def _masked_value(value: Any, secret: bool) -> Any:
    if secret:
        return value if value is None or value == "" or isinstance(value, bool) else MASK
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping):
        return masked(value)
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(_masked_value(item, False) for item in value)
    return value
