"""How a runner keeps its lease."""

from dtscheduler import DAG, Task, batch
from dtscheduler.running import ledger


@batch()
def lease_prolonged():
    import time

    from dtscheduler.api.place import workspace
    from dtscheduler.model.run import RunQuery

    (before,) = workspace().runs(RunQuery(job_name="Long"))
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        (now,) = workspace().runs(RunQuery(job_name="Long"))
        if now.lease_until > before.lease_until:
            return True
    return False


def test_the_lease_of_an_inline_run_is_prolonged_while_a_task_executes(workspace, work_dir, monkeypatch):
    monkeypatch.setattr(ledger, "HEARTBEAT_SECONDS", 0.1)
    with DAG(Name="Long", DevRun=True, WorkDir=work_dir({"empty.py": ""})) as dag:
        task = lease_prolonged()
        dag.run(executor="inline")
    assert isinstance(task, Task)
    assert dag.last_run.result("lease_prolonged") is True
