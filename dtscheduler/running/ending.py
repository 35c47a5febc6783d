"""Whom the end of a run is told to: the rows that go into the outbox in the transaction that ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dtscheduler.model.alert import AlertRecord, alerts_for
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.model.status import FINAL_RUN, RunStatus
from dtscheduler.ports import RunStore

_TELLING = FINAL_RUN - {RunStatus.EXPIRED, RunStatus.STOPPED}


def alerts_at_end(
    store: RunStore, spec: JobSpec, run: RunRecord, status: RunStatus, *, now: datetime, chat: bool
) -> list[AlertRecord]:
    """What there is to tell when a run ends.

    Args:
        store: is asked how the job's run before ended.
        spec: the job.
        run: the run.
        status: how it ends.
        now: the time.
        chat: whether there is a chat that is told of all jobs.
    """
    if not (spec.alerts.email or spec.alerts.sms or chat):
        return []
    of_job = RunQuery(job_id=run.job_id) if run.job_id is not None else RunQuery(job_name=run.job_name, owner=run.owner)
    earlier = store.runs(replace(of_job, statuses=_TELLING, limit=2))
    previous = next((other.status for other in earlier if other.id != run.id), None)
    return [
        AlertRecord(
            id=0,
            kind=kind,
            channel=channel,
            recipient=recipient,
            job_name=run.job_name,
            created=now,
            run_id=run.id,
            next_try=now,
        )
        for kind, channel, recipient in alerts_for(spec.alerts, chat, status, previous)
    ]
