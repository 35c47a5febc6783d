"""What of the outbox is sent when, and how often it is tried."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtscheduler.alerts.outbox import after_failure, after_success, batches, message_id
from dtscheduler.model.alert import Channel

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
EMAIL, CHAT = Channel.EMAIL, Channel.CHAT
SECOND = timedelta(seconds=1)


def ids(found):
    return [[record.id for record in batch] for batch in found]


def test_everything_due_for_a_recipient_is_one_message_the_oldest_first(alert):
    waiting = [
        alert(id=1, recipient="anna"),
        alert(id=2, recipient="bob", created=NOW - SECOND),
        alert(id=3, recipient="anna"),
        alert(id=4, recipient="", channel=CHAT),
        alert(id=5, recipient="anna", next_try=NOW + SECOND),
    ]
    assert ids(batches(waiting, {}, NOW)) == [[2], [1, 3], [4]]


def test_what_is_sent_or_given_up_is_not_sent_again(alert):
    assert batches([alert(next_try=None), alert(sent=NOW)], {}, NOW) == []


def test_a_recipient_is_left_alone_for_30_seconds_after_a_message(alert):
    waiting = [alert(id=1, recipient="anna"), alert(id=2, recipient="bob")]
    told = {(EMAIL, "anna"): NOW - 29 * SECOND, (EMAIL, "bob"): NOW - 30 * SECOND, (CHAT, "anna"): NOW}
    assert ids(batches(waiting, told, NOW)) == [[2]]


def test_a_clock_that_was_set_back_holds_nothing_up(alert):
    assert ids(batches([alert(next_try=NOW + timedelta(days=3650))], {}, NOW)) == [[1]]
    assert ids(batches([alert()], {(EMAIL, "anna@bank.example"): NOW + timedelta(days=3650)}, NOW)) == [[1]]


def test_five_hundred_failures_in_a_minute_are_a_handful_of_messages(alert):
    failures = [alert(id=i, created=NOW + i * SECOND * 60 / 500, next_try=NOW) for i in range(500)]
    last_sent, sent = {}, []
    for second in range(120):
        now = NOW + second * SECOND
        told = {record.id for batch in sent for record in batch}
        waiting = [record for record in failures if record.created <= now and record.id not in told]
        for batch in batches(waiting, last_sent, now):
            last_sent[EMAIL, batch[0].recipient] = now
            sent.append(batch)
    assert len(sent) == 3 and len(sent[0]) == 1
    assert sorted(record.id for batch in sent for record in batch) == list(range(500))


rows = st.lists(
    st.tuples(
        st.sampled_from(Channel),
        st.sampled_from("ab"),
        st.integers(-90, 90) | st.none(),
        st.integers(0, 90),
        st.booleans(),
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, last=st.dictionaries(st.tuples(st.sampled_from(Channel), st.sampled_from("ab")), st.integers(0, 60)))
def test_each_row_that_is_due_is_in_one_message_of_its_recipient(alert, rows, last):
    waiting = [
        alert(id=i, channel=channel, recipient=recipient, created=NOW - age * SECOND, sent=NOW if sent else None,
              next_try=None if wait is None else NOW + wait * SECOND)
        for i, (channel, recipient, wait, age, sent) in enumerate(rows)
    ]  # fmt: skip
    last_sent = {to: NOW - ago * SECOND for to, ago in last.items()}
    found = [{(record.channel, record.recipient) for record in batch} for batch in batches(waiting, last_sent, NOW)]
    assert all(len(to) == 1 for to in found)
    free = [record for record in waiting if last.get((record.channel, record.recipient), 30) >= 30]
    due = [record.id for record in free if record.sent is None and record.next_try and record.next_try <= NOW]
    assert sorted(i for batch in ids(batches(waiting, last_sent, NOW)) for i in batch) == due


def test_what_fails_is_tried_again_after_longer_and_longer_for_three_days(alert):
    record, now, waits = alert(), NOW, []
    while record.next_try is not None:
        now = record.next_try
        record = after_failure(record, "refused", now)
        waits.append((record.next_try or now) - now)
    assert [wait / timedelta(minutes=1) for wait in waits[:9]] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(days=3) <= now - NOW <= timedelta(days=3, hours=1)
    assert record.tries == len(waits) and record.error == "refused"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tries=st.integers(0, 10**6), age=st.integers(-(10**6), 10**6), error=st.text(st.characters(exclude_categories=()))
)
def test_the_next_try_is_never_more_than_an_hour_away(alert, tries, age, error):
    record = after_failure(alert(tries=tries, created=NOW - age * SECOND), error, NOW)
    assert record.next_try is None or 30 * SECOND <= record.next_try - NOW <= timedelta(hours=1)
    assert (record.next_try is None) == (age >= 3 * 86_400) and len(record.error) <= 500


def test_what_was_sent_is_done(alert):
    record = after_success(alert(tries=2, error="refused"), NOW)
    assert (record.sent, record.next_try, record.tries, record.error) == (NOW, None, 3, "")


def test_errors_are_kept_without_secrets(alert):
    assert after_failure(alert(), "smtp://u:geheim@host is down", NOW).error == "smtp://u:***@host is down"


def test_the_same_rows_have_the_same_message_id_and_others_another(alert):
    one, two = alert(id=1), alert(id=2)
    assert message_id([one], "x.example") == message_id([replace(one, tries=5)], "x.example")
    made = [message_id(batch, "x.example") for batch in ([one], [two], [one, two], [replace(one, job_name="\ud800")])]
    assert len(set(made)) == 4 and all(text.startswith("<") and text.endswith("@x.example>") for text in made)
