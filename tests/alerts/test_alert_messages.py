"""What people read: one alert, a digest, and that nothing hostile comes through."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtscheduler.alerts.message import LONGEST_BODY_BYTES, LONGEST_CHAT, LONGEST_SMS, LONGEST_SUBJECT, Told, compose
from dtscheduler.model.alert import AlertKind
from dtscheduler.model.status import RunStatus
from dtscheduler.model.text import last_lines
from dtscheduler.triage.grouping import group_failures

LINK = "http://host/?run={run}"
HOSTILE = (
    "a\r\nBcc: eve@x.example\n=?utf-8?q?x=0aBcc:_eve@x.example?=\0\x1b[2J\u202e<script>alert(1)</script>\"'&"
    + "x" * 10_000
)
FORBIDDEN = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")


def failed_run(told, failed, completed):
    traceback = (
        'Traceback (most recent call last):\n  File "risk.py", line 12, in size\nZeroDivisionError: division by zero'
    )
    records = [*(failed(i, traceback=traceback) for i in range(3)), *completed(range(3, 9))]
    configs = {(0, i): {"tenor": 7 if i < 3 else 3} for i in range(9)}
    return told(groups=group_failures(records, configs))


def test_a_failed_run_is_told_with_what_failed_and_how_to_look(told, failed, completed):
    message = compose([failed_run(told, failed, completed)], link=LINK)
    assert message.subject == "[failed] Country risk, 2026-11-20: 12 of 40 task runs failed"
    for line in [
        "run        41",
        "scheduled  2026-11-20 18:00:00 UTC",
        "took       3m 00s",
        "Size: 3 parts: ZeroDivisionError in size()",
        "- all with tenor=7",
        "- Part 0, EUR 0: ZeroDivisionError: division by zero (size(), risk.py line 12)",
        "    ZeroDivisionError: division by zero",
        "    dtscheduler show 41",
        "http://host/?run=41",
    ]:
        assert line in message.text.split("\n")


def test_sms_and_chat_say_the_most_important(told, failed, completed):
    message = compose([failed_run(told, failed, completed)], link=LINK)
    said = "Size: 3 parts: ZeroDivisionError in size(), all with tenor=7"
    assert message.sms == f"{message.subject}; {said}; dtscheduler show 41"
    assert message.chat.split("\n") == [message.subject, said, "dtscheduler show 41", "http://host/?run=41"]


def test_without_a_web_page_there_is_no_link(told):
    message = compose([told()], link="")
    assert "http" not in message.text and "<a " not in message.html


@pytest.mark.parametrize(
    ("kind", "status", "word"),
    [
        (AlertKind.COMPLETED, RunStatus.COMPLETED, "completed"),
        (AlertKind.RECOVERED, RunStatus.COMPLETED, "recovered"),
        (AlertKind.COMPLETED, RunStatus.STOPPED, "stopped"),
    ],
)
def test_other_ends_are_named_too(told, kind, status, word):
    message = compose([told(kind=kind, status=status, reason="40 task runs: all of them")], link=LINK)
    assert message.subject == f"[{word}] Country risk, 2026-11-20: 40 task runs"


def test_a_broken_schedule_says_what_is_wrong_and_what_to_do(alert):
    broken = alert(kind=AlertKind.BROKEN, run_id=None, text="there is no time zone 'Mars/Olympus'")
    message = compose([Told(alert=broken)], link=LINK)
    assert message.subject == "[broken] Country risk: there is no time zone 'Mars/Olympus'"
    assert "until it is saved with a schedule that can be used" in message.text
    assert "http" not in message.text


def test_a_run_that_has_been_deleted_is_told_by_its_number(alert):
    assert compose([Told(alert=alert())], link=LINK).subject == "[failed] Country risk: run 41"


def test_several_alerts_are_one_digest_by_job(told, alert):
    runs = [told(run_id=i, job_name=f"Job {i % 2}") for i in range(37)]
    runs += [told(run_id=100 + i, kind=AlertKind.RECOVERED, reason="all well") for i in range(2)]
    runs += [Told(alert=alert(kind=AlertKind.BROKEN, run_id=None, text="no such time zone"))]
    message = compose(runs, link=LINK)
    assert message.subject == "37 runs failed, 2 recovered, 1 schedule broken"
    headings = [line for line in message.text.split("\n") if re.match("(Job|Country)", line)]
    assert headings == [
        "Job 0: 19 runs failed",
        "Job 1: 18 runs failed",
        "Country risk: 2 runs recovered, 1 schedule broken",
    ]
    assert "- and 9 more" in message.text and "    dtscheduler runs" in message.text


def test_a_digest_of_one_job_names_it(told):
    later = told(run_id=42)
    later = replace(later, alert=replace(later.alert, created=later.alert.created + timedelta(minutes=1)))
    message = compose([told(run_id=41), later], link=LINK)
    assert message.subject == "Country risk: 2 runs failed"
    assert message.text.index("run 42") < message.text.index("run 41")  # the newest first


def test_chat_calls_nobody(told):
    chat = compose([told(job_name="@everyone <!channel> <@U123>")], link="").chat
    assert not re.search("@everyone|<!|<@", chat)


def everything_hostile(told, failed, completed, text):
    groups = group_failures(
        [failed(0, text, traceback=text, task_name=text, part_name=text), *completed([1, 2])],
        {(0, 0): {text: text}, (0, 1): {text: 1}, (0, 2): {text: 1}},
    )
    facts = told(job_name=text, reason=text, owner=text, tag=text, groups=groups)
    return replace(facts, alert=replace(facts.alert, text=text, recipient=text))


@pytest.mark.parametrize("kind", list(AlertKind))
@pytest.mark.parametrize("count", [1, 2])
def test_hostile_text_in_every_field_does_no_harm(told, failed, completed, kind, count):
    one = everything_hostile(told, failed, completed, HOSTILE)
    one = replace(one, alert=replace(one.alert, kind=kind))
    message = compose([one] * count, link=LINK)
    for text in (message.subject, message.text, message.html, message.sms, message.chat):
        assert not FORBIDDEN.search(text)
    assert "\n" not in message.subject + message.sms and "=?" not in message.subject
    assert tags_of(message.html) <= {"html", "body", "h3", "p", "ul", "li", "table", "tr", "td", "pre", "a"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(exclude_categories=())), count=st.integers(1, 3))
def test_any_text_makes_a_message_within_its_bounds(told, failed, completed, text, count):
    message = compose([everything_hostile(told, failed, completed, text)] * count, link=LINK)
    assert len(message.subject) <= LONGEST_SUBJECT and len(message.sms) <= LONGEST_SMS
    assert not FORBIDDEN.search(message.subject + message.text + message.html + message.sms + message.chat)
    assert message.text.encode() and message.html.encode()


def test_the_longest_digest_is_bounded(told):
    huge = [told(run_id=i, job_name=f"{'é<' * 100}{i % 50}", reason="<" * 5_000) for i in range(2_000)]
    message = compose(huge, link=LINK)
    assert len(message.text.encode()) <= len(message.html.encode()) <= LONGEST_BODY_BYTES + 1_000
    assert len(message.chat) <= LONGEST_CHAT and len(message.sms) <= LONGEST_SMS
    assert "too long" in message.text


@pytest.mark.parametrize("count", [1, 2])
def test_secrets_are_masked_before_anything_is_cut(told, failed, completed, count):
    secret = "geheim" * 100
    text = f"{'x' * 60} password={secret} postgres://anna:{secret}@host/"
    message = compose([everything_hostile(told, failed, completed, text)] * count, link=LINK)
    assert "geheim" not in message.subject + message.text + message.html + message.sms + message.chat


def test_a_line_of_which_only_the_end_was_read_is_not_shown():
    assert last_lines("password=" + "geheim" * 100_000, 5, 100) == "…"
    assert last_lines("password=" + "geheim" * 100_000 + "\nend", 5, 100) == "end"


def tags_of(html):
    found = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.add(tag)
    parser.feed(html)
    return found
