"""Who is told what when a run ends."""

import pytest

from dtscheduler.model.alert import AlertKind, Channel, alerts_for, is_email, is_phone
from dtscheduler.model.job import AlertSpec
from dtscheduler.model.status import RunStatus

ANNA = AlertSpec(email=("anna@bank.example",))
ONLY_FAILURES = AlertSpec(email=("anna@bank.example",), only_failures=True)
FAILURES = [RunStatus.FAILED, RunStatus.FAILED_AFTER, RunStatus.OUT_OF_MEMORY]


def kinds(alerts, status, previous=None):
    return [kind for kind, _, _ in alerts_for(alerts, False, status, previous)]


@pytest.mark.parametrize("status", FAILURES)
@pytest.mark.parametrize("alerts", [ANNA, ONLY_FAILURES])
def test_every_failure_is_told(status, alerts):
    assert kinds(alerts, status) == [AlertKind.FAILED]


@pytest.mark.parametrize("previous", FAILURES)
@pytest.mark.parametrize("alerts", [ANNA, ONLY_FAILURES])
def test_a_completed_run_after_a_failed_one_is_a_recovery(previous, alerts):
    assert kinds(alerts, RunStatus.COMPLETED, previous) == [AlertKind.RECOVERED]


@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.STOPPED])
def test_an_end_that_is_no_failure_is_told_unless_only_failures_are_wanted(status):
    assert kinds(ANNA, status, RunStatus.COMPLETED) == [AlertKind.COMPLETED]
    assert kinds(ONLY_FAILURES, status, RunStatus.COMPLETED) == []


def test_a_stopped_run_is_no_recovery():
    assert kinds(ANNA, RunStatus.STOPPED, RunStatus.FAILED) == [AlertKind.COMPLETED]


def test_a_run_that_expired_tells_nobody():
    assert kinds(ANNA, RunStatus.EXPIRED, RunStatus.FAILED) == []


def test_everybody_is_told_once():
    alerts = AlertSpec(email=("a@x.example", "b@x.example", "a@x.example"), sms=("+33 6 12",))
    told = [(channel, recipient) for _, channel, recipient in alerts_for(alerts, True, RunStatus.FAILED, None)]
    assert told == [
        (Channel.EMAIL, "a@x.example"),
        (Channel.EMAIL, "b@x.example"),
        (Channel.SMS, "+33 6 12"),
        (Channel.CHAT, ""),
    ]


def test_a_job_without_recipients_tells_the_chats_alone():
    assert alerts_for(AlertSpec(), True, RunStatus.FAILED, None) == [(AlertKind.FAILED, Channel.CHAT, "")]
    assert alerts_for(AlertSpec(), False, RunStatus.FAILED, None) == []


@pytest.mark.parametrize(
    "address",
    ["", "anna", "anna@", "a b@x.example", "a@x.example\nBcc: b@x.example", "a@x..example", "ä@x.example",
     "=?utf-8?q?a=0aBcc:b?=@x.example", "a" * 65 + "@x.example", "a@" + "x" * 253]
)  # fmt: skip
def test_what_is_no_address_gets_no_mail(address):
    assert not is_email(address)


def test_addresses_and_numbers_as_people_write_them():
    assert is_email("anna.o'neill+risk@mail.bank.example")
    assert is_phone("+33 6 12 34 56 78") and is_phone("06.12.34.56-78")
    assert not is_phone("+33\n612345678") and not is_phone("1 2 3 4")
