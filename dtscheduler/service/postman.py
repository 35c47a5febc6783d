"""Sends what is in the outbox, from a thread of its own: a server that hangs delays nothing else."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dtscheduler.alerts.message import Told, compose
from dtscheduler.alerts.outbox import BETWEEN_MESSAGES, after_failure, after_success, batches, message_id
from dtscheduler.crash import crash_point
from dtscheduler.errors import AlertError
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.run import RunQuery
from dtscheduler.ports import Alerter, Clock, Store
from dtscheduler.triage.failures import failures_of

CLAIM = timedelta(minutes=2)
LOOK_SECONDS = 1.0

logger = logging.getLogger("dtscheduler")


class Postman:
    """Takes due alerts out of the outbox, writes messages and delivers them.

    Args:
        open_store: where the outbox is.
        alerter: delivers.
        clock: what time it is.
        link: address of a page that shows a run, with ``{run}``; may be empty.
    """

    def __init__(self, open_store: Callable[[], Store], alerter: Alerter, clock: Clock, *, link: str) -> None:
        self._open_store, self._alerter, self._clock, self._link = open_store, alerter, clock, link
        self._tried: dict[tuple[Channel, str], datetime] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, name="dtscheduler-postman", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Send nothing more; what is under way may be tried again by another service."""
        self._over.set()
        self._thread.join(timeout)

    def send_due(self) -> int:
        """Send all that is due now; how many messages went out."""
        store, now = self._open_store(), self._clock.now()
        due = [replace(alert, next_try=now) for alert in store.claim_alerts(now, now + CLAIM)]
        if not due:
            return 0
        told = self._last_told(store, now)
        chosen = batches(
            [alert for alert in due if alert.tries], told, now
        )  # these may have gone out: alone, as before
        told |= {(batch[0].channel, batch[0].recipient): now for batch in chosen}
        chosen += batches([alert for alert in due if not alert.tries], told, now)
        sent = {alert.id for batch in chosen for alert in batch}
        held = [alert for alert in due if alert.id not in sent]
        store.update_alerts(
            [replace(a, next_try=told.get((a.channel, a.recipient), now) + BETWEEN_MESSAGES) for a in held]
        )
        return sum(self._send(store, batch, chosen[place:]) for place, batch in enumerate(chosen))

    def _last_told(self, store: Store, now: datetime) -> dict[tuple[Channel, str], datetime]:
        """When each recipient was last sent something, by anybody, or was tried here."""
        sent = store.last_sent(now - BETWEEN_MESSAGES)
        return {to: max(sent.get(to, tried), tried) for to, tried in self._tried.items()} | {
            to: max(when, self._tried.get(to, when)) for to, when in sent.items()
        }

    def _go(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            try:
                self.send_due()
            except Exception:  # the outbox keeps what could not be sent
                logger.exception("the outbox could not be sent; it is tried again")

    def _send(self, store: Store, batch: Sequence[AlertRecord], left: Sequence[Sequence[AlertRecord]]) -> bool:
        """Send one message; ``left`` are this and the later ones, which nobody else shall send meanwhile."""
        first, now = batch[0], self._clock.now()
        claimed = [replace(alert, next_try=now + CLAIM) for later in left for alert in later]
        store.update_alerts([replace(a, tries=a.tries + 1) if a.id in {b.id for b in batch} else a for a in claimed])
        self._tried[first.channel, first.recipient] = now
        try:
            message = compose([_told(store, alert, alone=len(batch) == 1) for alert in batch], link=self._link)
            self._alerter.deliver(first.channel, first.recipient, message, message_id(batch, socket.gethostname()))
        except AlertError as error:
            logger.warning("an alert could not be sent: %s", error)
            store.update_alerts([after_failure(alert, str(error), self._clock.now()) for alert in batch])
            return False
        except Exception as error:
            logger.exception("an alert could not be written or sent")
            reason = f"{type(error).__name__}: {error}"
            store.update_alerts([after_failure(alert, reason, self._clock.now()) for alert in batch])
            return False
        crash_point("mail-sent")
        store.update_alerts([after_success(alert, self._clock.now()) for alert in batch])
        return True


def _told(store: Store, alert: AlertRecord, *, alone: bool) -> Told:
    """What is known of an alert; its failures are told only where it is the only one in its message."""
    found = store.runs(RunQuery(id=alert.run_id)) if alert.run_id else []
    if not found:
        return Told(alert=alert)
    groups = failures_of(store, found[0]) if alone and alert.kind is AlertKind.FAILED else []
    return Told(alert=alert, run=found[0], groups=groups)
