"""Functions that no file holds, as in a notebook: kept by value, they are the same as long as nobody edits them."""

from dtscheduler import DAG, batch


def job(tmp_path, factor=2):
    """A job whose functions are defined in a function, so that they are sent by value; it is not run yet."""

    @batch()
    def load():
        return 21

    @batch()
    def double(load):
        if factor == 0:
            raise ValueError("nothing to multiply")
        return factor * load

    dag = DAG(Name="by value", DevRun=True, WorkDir=tmp_path)
    dag.call(double, [dag.call(load, [], {})], {})
    return dag


def reasons(plan):
    return {row.task: (str(row.fate), row.reason) for row in plan.rows()}


def test_a_rerun_does_not_take_code_for_changed_that_nobody_edited(workspace, tmp_path):
    failed = job(tmp_path, factor=0).run(executor="inline")
    assert reasons(failed.plan()) == {
        "load": ("reused", f"kept from run {failed.id}"),
        "double": ("to run", f"failed in run {failed.id}"),
    }


def test_what_the_service_would_find_has_the_fingerprint_of_what_the_notebook_sent(workspace, tmp_path):
    first = job(tmp_path).run(executor="inline")
    again = first.rerun(full=True, executor="inline")
    assert [record.fingerprint for record in again.records()] == [record.fingerprint for record in first.records()]


def test_an_edited_function_is_told(workspace, tmp_path):
    job(tmp_path).run(executor="inline")
    fate, reason = reasons(job(tmp_path, 3).plan(reuse="content"))["double"]
    assert (fate, "code changed" in reason) == ("to run", True)
