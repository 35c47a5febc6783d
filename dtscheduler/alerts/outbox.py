"""What of the outbox is sent now, in which messages, and what becomes of it afterwards.

A later kind "late" needs nothing here: a row that says so waits, is grouped and is sent like any other. What decides
that a run is late - a scheduled run that has not ended when twice its usual p95 has passed - belongs beside
``alerts_for``; the loop would ask it about the runs that are going on, and write its row once a run.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dtscheduler.model.alert import AlertRecord, Channel
from dtscheduler.model.text import one_line

BETWEEN_MESSAGES = timedelta(seconds=30)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)


def batches(
    pending: Sequence[AlertRecord], last_sent: Mapping[tuple[Channel, str], datetime], now: datetime
) -> list[list[AlertRecord]]:
    """What to send now: all that is due for one recipient is one message, and the oldest waits least.

    The first message goes out at once; after it a recipient gets at most one in 30 seconds, so that 500 failures in
    a minute are a handful of messages.

    Args:
        pending: rows that are neither sent nor given up; others do no harm.
        last_sent: when a message to a recipient was last sent, or tried.
        now: the time.
    """
    due: dict[tuple[Channel, str], list[AlertRecord]] = defaultdict(list)
    for record in sorted(pending, key=lambda record: (record.created, record.id)):
        if _is_due(record, now):
            due[record.channel, record.recipient].append(record)
    return [records for recipient, records in due.items() if not _just_sent(last_sent.get(recipient), now)]


def after_success(record: AlertRecord, now: datetime) -> AlertRecord:
    """The row of what has been sent."""
    return replace(record, tries=record.tries + 1, next_try=None, sent=now, error="")


def after_failure(record: AlertRecord, error: str, now: datetime) -> AlertRecord:
    """The row of what could not be sent: tried again after 30 s, 1, 2, 4 ... minutes up to an hour, for three days."""
    wait = min(FIRST_WAIT * 2 ** min(record.tries, 20), LONGEST_WAIT)
    given_up = now - record.created >= GIVEN_UP_AFTER
    next_try = None if given_up else now + wait
    return replace(record, tries=record.tries + 1, next_try=next_try, error=one_line(error, 500))


def message_id(batch: Sequence[AlertRecord], domain: str) -> str:
    """The Message-ID of a batch: the same for the same rows, so that a mail which arrives twice is seen to be one."""
    told = "\n".join(f"{r.id} {r.created.isoformat()} {r.kind} {r.recipient} {r.job_name} {r.run_id}" for r in batch)
    place = re.sub("[^A-Za-z0-9.-]", "-", domain)[:160].strip(".-") or "localhost"
    return f"<{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:32]}@{place}>"


def _is_due(record: AlertRecord, now: datetime) -> bool:
    if record.sent is not None or record.next_try is None:
        return False
    return record.next_try <= now or record.next_try > now + LONGEST_WAIT  # the clock was set back


def _just_sent(last_sent: datetime | None, now: datetime) -> bool:
    return last_sent is not None and timedelta(0) <= now - last_sent < BETWEEN_MESSAGES
