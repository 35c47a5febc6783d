"""Tasks that use dtscheduler themselves."""

import pytest

from dtscheduler import DAG, batch, runs, use


@batch()
def outer():
    from dtscheduler import DAG, batch

    @batch()
    def nested():
        return 41

    with DAG(Name="Nested", DevRun=True, WorkDir=".") as dag:
        nested()
    return dag.last_run.result("nested") + 1


@pytest.mark.parametrize("executor", ["processes", "inline"])
def test_a_run_inside_a_task_is_kept_in_the_workspace_of_the_run_around_it(tmp_path, workspace, executor):
    use(tmp_path / "chosen in code")
    dag = DAG(Name="Around", DevRun=True, WorkDir=tmp_path)
    dag.call(outer, (), {})
    assert dag.run(executor=executor).result("outer") == 42
    assert {run.record.job_name for run in runs()} == {"Around", "Nested"}
