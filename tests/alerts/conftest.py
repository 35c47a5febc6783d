"""Alerts, runs and failures to tell of."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dtscheduler.alerts.message import Told
from dtscheduler.model.alert import AlertKind, AlertRecord, Channel
from dtscheduler.model.run import RunRecord
from dtscheduler.model.status import RunStatus

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
REASON = "12 of 40 task runs failed: Size/EUR 0: ZeroDivisionError: division by zero (size(), risk.py line 12)"
STATUS = {AlertKind.FAILED: RunStatus.FAILED, AlertKind.RECOVERED: RunStatus.COMPLETED}


@pytest.fixture
def alert():
    """Makes a row of the outbox: ``alert(kind=..., created=...)``."""

    def make(**facts):
        usual = {"id": 1, "kind": AlertKind.FAILED, "channel": Channel.EMAIL, "recipient": "anna@bank.example",
                 "job_name": "Country risk", "created": NOW, "run_id": 41, "next_try": NOW}  # fmt: skip
        return AlertRecord(**(usual | facts))

    return make


@pytest.fixture
def told(alert):
    """Makes an alert with its run: ``told(run_id=41, kind=..., reason=..., groups=...)``."""

    def make(*, run_id=41, kind=AlertKind.FAILED, job_name="Country risk", groups=(), **facts):
        usual = {"id": run_id, "uuid": "u", "job_name": job_name, "spec_hash": "", "rundate": date(2026, 11, 20),
                 "status": STATUS.get(kind, RunStatus.COMPLETED), "submitted": NOW, "owner": "anna", "scheduled": NOW,
                 "started": NOW, "ended": NOW + timedelta(minutes=3), "reason": REASON}  # fmt: skip
        record = alert(id=run_id, kind=kind, job_name=job_name, run_id=run_id)
        return Told(alert=record, run=RunRecord(**(usual | facts)), groups=groups)

    return make
