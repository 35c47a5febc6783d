"""What the tests of the service start from."""

from datetime import UTC, datetime

from dtscheduler import DAG, Schedule, Task

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURLY = Schedule(at_minutes=[0])
SETTINGS = "runs_at_a_time = 1  # tasks execute in the process of the test\n"
CODE = {
    "steps.py": """
        from dtscheduler import batch

        @batch()
        def well():
            return 1

        @batch()
        def badly(n=0):
            raise ValueError(f"number {n} cannot be")
    """
}


def save_job(name, folder, *, task="well", **parameters):
    """Save a job of one task in the workspace in use."""
    dag = DAG(Name=name, DevRun=True, WorkDir=folder, **parameters)
    Task(Name="one", Entrypoint=f"steps.{task}", dag=dag)
    return dag.save()
