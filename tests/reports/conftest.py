"""Past runs to report on, written into the store of a workspace as a runner would have left them."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from past_runs import NOON, after, spec

from dtscheduler.model.run import RunRecord
from dtscheduler.model.status import RunStatus


@pytest.fixture
def past(workspace):
    """Writes a run that has ended, and returns its number: ``past([part(0), part(1)], status=RunStatus.FAILED)``."""

    def written(parts=(), spec=spec("size"), attempts=(), **changes):  # noqa: B008
        run = RunRecord(
            id=0, uuid=uuid4().hex, job_name="risk", spec_hash="", status=RunStatus.COMPLETED, submitted=NOON,
            rundate=date(2026, 1, 30), owner=workspace.user, started=NOON, ended=after(60), lease_epoch=1,
            lease_holder="here:1", lease_until=after(90), submitted_by=workspace.user, run_as=workspace.user,
        )  # fmt: skip
        run = workspace.store.add_run(replace(run, **changes), spec, parts)
        workspace.store.record(run.id, 1, lease_until=None, attempts=attempts)
        return run.id

    return written
