"""Graphs of ten thousand tasks are built, planned, saved and run, without deep recursion and without quadratic work."""

import pytest

from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.errors import InvalidJobError

COUNT = 10_000


@pytest.fixture
def folder(code):
    return code("""
        @batch()
        def one():
            return 1

        @batch()
        def f(n):
            return {"n": n}
        """)


def chain(folder, count, entrypoint="steps.one"):
    made = DAG(Name="chain", DevRun=True, WorkDir=folder)
    tasks = [Task(Name=f"t{n}", Entrypoint=entrypoint, dag=made) for n in range(count)]
    for left, right in zip(tasks, tasks[1:], strict=False):
        left >> right
    return made


def layers(folder, depth, width):
    made = DAG(Name="layers", DevRun=True, WorkDir=folder)
    above = []
    for layer in range(depth):
        tasks = [Task(Name=f"{layer}.{n}", Entrypoint="steps.one", dag=made) for n in range(width)]
        for task in tasks if above else ():
            above >> task
        above = tasks
    return made


def fan(folder, count):
    made = DAG(Name="fan", DevRun=True, WorkDir=folder)
    parts = [{"Name": f"p{n}", "Description": "", "n": n} for n in range(count)]
    ParallelTask(Name="fan", Entrypoint="steps.f", ConfigurationJson=parts, dag=made)
    return made


def planned(made):
    """How many task runs a DAG has when its run has been planned and written; it is stopped then."""
    run = made.run(wait=False)
    run.stop()
    run.wait(60)
    return len(run.task_runs())


@pytest.mark.slow
def test_a_chain_of_10_000_is_built_and_planned(place, folder):
    made = chain(folder, COUNT)
    assert planned(made) == COUNT


@pytest.mark.slow
def test_a_chain_written_from_its_end_is_built(place, folder):
    made = DAG(Name="chain", DevRun=True, WorkDir=folder)
    tasks = [Task(Name=f"t{n}", Entrypoint="steps.one", dag=made) for n in range(COUNT)]
    for left, right in reversed(list(zip(tasks, tasks[1:], strict=False))):
        left >> right
    assert planned(made) == COUNT


def test_a_chain_against_the_order_of_making_is_built(place, folder):
    made = DAG(Name="chain", DevRun=True, WorkDir=folder)
    tasks = [Task(Name=f"t{n}", Entrypoint="steps.one", dag=made) for n in range(COUNT)]
    for left, right in zip(tasks, tasks[1:], strict=False):
        left << right
    assert made.spec().upstream[0] == (1,)


def test_a_cycle_over_10_000_tasks_is_refused_with_a_short_path(place, folder):
    made = chain(folder, COUNT)
    with pytest.raises(InvalidJobError) as refused:
        made["t9999"] >> made["t0"]
    assert len(str(refused.value)) < 2000


@pytest.mark.slow
def test_100_layers_of_100_fully_connected_are_built_and_planned(place, folder):
    made = layers(folder, 100, 100)
    assert planned(made) == COUNT
    assert sum(map(len, made.spec().upstream)) == 99 * COUNT


@pytest.mark.slow
def test_a_fan_out_of_10_000_is_built_and_planned(place, folder):
    assert planned(fan(folder, COUNT)) == COUNT


@pytest.mark.slow
def test_10_000_tasks_of_one_upstream_are_built_and_planned(place, folder):
    made = DAG(Name="wide", DevRun=True, WorkDir=folder)
    first = Task(Name="first", Entrypoint="steps.one", dag=made)
    first >> [Task(Name=f"t{n}", Entrypoint="steps.one", dag=made) for n in range(COUNT)]
    assert planned(made) == COUNT + 1


@pytest.mark.slow
@pytest.mark.parametrize(("executor", "count"), [("processes", COUNT), ("inline", 1_000)])
def test_a_wide_fan_out_runs_and_its_results_are_kept_apart(place, folder, executor, count):
    done = fan(folder, count).run(executor=executor)
    assert done.status == "completed"
    assert done.result("fan") == [{"n": n} for n in range(count)]


@pytest.mark.slow
def test_a_chain_of_10_000_whose_first_task_fails_ends_at_once(place, code):
    folder = code("""
        @batch()
        def one():
            raise ValueError
        """)
    done = chain(folder, COUNT).run()
    assert done.status == "failed"
    assert set(done.task_runs()["status"]) == {"failed", "did_not_run"}


@pytest.mark.slow
def test_a_chain_of_1_000_runs_in_order(place, code, marks):
    folder = code(f"""
        @batch()
        def one(sub_job_name):
            with open({marks.path!r}, "a") as file:
                file.write(sub_job_name + "\\n")
        """)
    assert chain(folder, 1000).run().status == "completed"
    assert marks.lines() == [f"t{n}" for n in range(1000)]


@pytest.mark.slow
def test_40_layers_of_40_fully_connected_run(place, folder):
    done = layers(folder, 40, 40).run()
    assert done.status == "completed"
    assert (done.task_runs()["status"] == "completed").sum() == 1600


@pytest.mark.slow
def test_10_000_waiting_tasks_can_be_stopped_at_once(place, code, until):
    folder = code("""
        @batch()
        def one():
            time.sleep(1000)
        """)
    run = chain(folder, COUNT).run(wait=False)
    until(lambda: run.part("t0").status == "running", seconds=30)
    run.stop()
    assert run.wait(30) == "stopped"
