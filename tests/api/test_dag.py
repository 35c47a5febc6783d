"""A DAG as users write it: its edges, what it refuses, what leaving the block does, saving and running."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import dtscheduler
from dtscheduler import DAG, ParallelTask, Priority, Schedule, SchedulerError, Task, batch, jobs, runs
from dtscheduler.errors import ImageError, InvalidJobError, ResultError
from dtscheduler.model.schedule import AfterCondition


@pytest.fixture
def dag():
    """A DAG that nothing runs; its tasks are a, b, c and d."""
    return DAG(Name="Letters", Image="Any image")


def task(dag, name):
    return Task(Name=name, Entrypoint="letters.write", dag=dag)


def waits_for(dag):
    """For every task the tasks it waits for, by name."""
    spec = dag.spec()
    return {
        task.name: [spec.tasks[number].name for number in upstream]
        for task, upstream in zip(spec.tasks, spec.upstream, strict=True)
    }


@batch()
def one():
    return 1


@batch()
def add_one(one):
    return one + 1


# Edges


def test_an_arrow_makes_the_right_task_wait_for_the_left_one(dag):
    a, b = task(dag, "a"), task(dag, "b")
    a >> b
    assert waits_for(dag) == {"a": [], "b": ["a"]}


def test_an_arrow_to_the_left_is_the_same_edge_the_other_way_round(dag):
    a, b = task(dag, "a"), task(dag, "b")
    assert (b << a) is a
    assert waits_for(dag) == {"a": [], "b": ["a"]}


def test_arrows_chain_because_an_arrow_gives_its_right_operand(dag):
    a, b, c = (task(dag, name) for name in "abc")
    assert (a >> b >> c) is c
    assert waits_for(dag) == {"a": [], "b": ["a"], "c": ["b"]}


def test_lists_stand_on_either_side_of_an_arrow(dag):
    a, b, c, d = (task(dag, name) for name in "abcd")
    a >> [b, c] >> d
    assert waits_for(dag) == {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def test_lists_stand_on_either_side_of_an_arrow_to_the_left(dag):
    a, b, c, d = (task(dag, name) for name in "abcd")
    d << [b, c] << a
    assert waits_for(dag) == {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def test_an_empty_list_draws_no_edge(dag):
    a = task(dag, "a")
    [] >> a >> []
    assert waits_for(dag) == {"a": []}


def test_the_same_edge_twice_is_one_edge(dag):
    a, b = task(dag, "a"), task(dag, "b")
    a >> b
    [a, a] >> b
    assert waits_for(dag) == {"a": [], "b": ["a"]}


def test_upstream_tasks_stand_in_the_order_in_which_their_edges_were_declared(dag):
    a, b, c, d = (task(dag, name) for name in "abcd")
    c >> d
    [b, a] >> d
    assert waits_for(dag)["d"] == ["c", "b", "a"]


def test_a_parallel_task_takes_part_in_arrows_like_any_other(dag):
    a, z = task(dag, "a"), task(dag, "z")
    parts = [{"Name": "one", "Description": ""}, {"Name": "two", "Description": ""}]
    a >> ParallelTask(Name="both", Entrypoint="letters.write", ConfigurationJson=parts, dag=dag) >> z
    assert waits_for(dag) == {"a": [], "z": ["both"], "both": ["a"]}


@pytest.mark.parametrize("operand", ["b", None, 3, ["b"], {"b": 1}])
def test_an_arrow_connects_nothing_but_tasks(dag, operand):
    with pytest.raises(InvalidJobError, match=r">> connects tasks and lists of tasks; beside 'a' stands"):
        task(dag, "a") >> operand


# What is refused, at the line that causes it


def test_a_cycle_is_refused_with_its_path(dag):
    load, clean, rank = (task(dag, name) for name in ("load", "clean", "rank"))
    load >> clean >> rank
    with pytest.raises(InvalidJobError, match=r"DAG 'Letters': 'load' would wait for itself: load >> clean >> rank"):
        rank >> load


def test_a_refused_cycle_leaves_the_dag_as_it_was(dag):
    a, b = task(dag, "a"), task(dag, "b")
    a >> b
    with pytest.raises(InvalidJobError):
        b >> a
    assert waits_for(dag) == {"a": [], "b": ["a"]}


def test_a_task_that_waits_for_itself_is_a_cycle(dag):
    a = task(dag, "a")
    with pytest.raises(InvalidJobError, match="'a' would wait for itself: a >> a"):
        a >> a


def test_the_path_of_a_very_long_cycle_is_abridged(dag):
    tasks = [task(dag, f"t{number}") for number in range(5_000)]
    for left, right in zip(tasks, tasks[1:], strict=False):
        left >> right
    with pytest.raises(InvalidJobError, match="would wait for itself") as refused:
        tasks[-1] >> tasks[0]
    assert len(str(refused.value)) < 500


def test_two_tasks_of_one_name_are_refused(dag):
    task(dag, "a")
    with pytest.raises(InvalidJobError, match="DAG 'Letters' has a task 'a' already; names of tasks are unique"):
        task(dag, "a")


def test_a_task_of_another_dag_is_refused(dag):
    stranger = task(DAG(Name="Numbers", Image="Any image"), "one")
    with pytest.raises(InvalidJobError, match="'one' is a task of another DAG, 'Numbers', not of 'Letters'"):
        task(dag, "a") >> stranger


@pytest.mark.parametrize("act", ["save", "run", "spec"])
def test_a_dag_without_tasks_is_refused(dag, act):
    with pytest.raises(InvalidJobError, match="DAG 'Letters' has no tasks; there is nothing to save or run"):
        getattr(dag, act)()


def test_a_task_that_is_in_no_dag_is_refused():
    with pytest.raises(InvalidJobError, match=r"Task 'a' belongs to no DAG; make it inside `with DAG\(...\)`"):
        Task(Name="a", Entrypoint="letters.write", Image="Any image")


def test_what_is_no_dag_cannot_be_joined():
    with pytest.raises(InvalidJobError, match="Task 'a': dag must be a DAG, not str"):
        Task(Name="a", Entrypoint="letters.write", dag="Letters")


def test_a_task_that_is_not_there_is_asked_for_in_vain(dag):
    assert dag["a" if task(dag, "a") else ""].name == "a"
    with pytest.raises(InvalidJobError, match="DAG 'Letters' has no task 'b'"):
        dag["b"]


def test_tasks_without_an_image_are_refused_outside_of_a_dev_run():
    with pytest.raises(InvalidJobError, match=r"Task 'a' has no image: give Image= to it or to DAG 'Letters'"):
        task(DAG(Name="Letters"), "a")


def test_a_task_may_name_its_own_image():
    dag = DAG(Name="Letters", Image="Any image")
    Task(Name="a", Entrypoint="letters.write", Image="My image", dag=dag)
    assert (dag.spec().image, dag.spec().tasks[0].image) == ("Any image", "My image")


# The block


def test_tasks_made_inside_the_block_join_the_dag():
    with DAG(Name="Letters", Image="Any image") as dag:
        Task(Name="a", Entrypoint="letters.write")
    assert [task.name for task in dag.tasks] == ["a"]


def test_dag_wins_over_the_block_around(dag):
    with DAG(Name="Numbers", Image="Any image") as numbers:
        task(dag, "a")
    assert (len(dag.tasks), len(numbers.tasks)) == (1, 0)


def test_the_innermost_of_two_blocks_takes_the_tasks():
    with DAG(Name="Outer", Image="Any image") as outer:
        with DAG(Name="Inner", Image="Any image") as inner:
            Task(Name="in", Entrypoint="letters.write")
        Task(Name="out", Entrypoint="letters.write")
    assert ([t.name for t in outer.tasks], [t.name for t in inner.tasks]) == (["out"], ["in"])


def test_after_a_block_that_failed_no_dag_takes_tasks():
    with pytest.raises(ZeroDivisionError), DAG(Name="Letters", Image="Any image"):
        1 / 0  # noqa: B018
    with pytest.raises(InvalidJobError, match="belongs to no DAG"):
        Task(Name="a", Entrypoint="letters.write", Image="Any image")


def test_blocks_in_two_threads_never_see_each_other(dag):
    errors = []

    def other_thread():
        try:
            Task(Name="b", Entrypoint="letters.write", Image="Any image")
        except InvalidJobError as error:
            errors.append(str(error))

    with dag:
        thread = threading.Thread(target=other_thread)
        thread.start()
        thread.join()
    assert dag.tasks == ()
    assert "belongs to no DAG" in errors[0]


def test_leaving_the_block_of_a_dev_run_runs_it(workspace, tmp_path):
    with DAG(Name="Sums", DevRun=True, WorkDir=tmp_path) as dag:
        add_one(one())
    assert (dag.last_run.status, dag.last_run.result("add_one")) == ("completed", 2)


def test_leaving_the_block_of_any_other_dag_neither_runs_nor_saves_it(image):
    image("Letters", {"letters.py": WRITE})
    with DAG(Name="Letters", Image="Letters") as dag:
        Task(Name="a", Entrypoint="letters.write")
    assert (dag.last_run, jobs(), runs()) == (None, [], [])


def test_a_dev_run_that_was_run_inside_its_block_is_not_run_again(workspace, tmp_path):
    with DAG(Name="Sums", DevRun=True, WorkDir=tmp_path) as dag:
        add_one(one())
        dag.run()
    assert [run.id for run in runs()] == [dag.last_run.id]


def test_an_exception_inside_the_block_runs_nothing(workspace, tmp_path):
    with pytest.raises(ZeroDivisionError), DAG(Name="Sums", DevRun=True, WorkDir=tmp_path) as dag:
        add_one(one())
        1 / 0  # noqa: B018
    assert (dag.last_run, runs()) == (None, [])


# Saving and running

WRITE = """
    from dtscheduler import batch

    @batch()
    def write(text='a'):
        return text
"""


def letters(**parameters):
    dag = DAG(Name="Letters", Image="Letters", **parameters)
    Task(Name="a", Entrypoint="letters.write", dag=dag)
    return dag


def test_saving_an_unchanged_dag_changes_nothing(image):
    image("Letters", {"letters.py": WRITE})
    assert [letters().save().version for _ in range(3)] == [1, 1, 1]


def test_saving_a_changed_dag_adds_a_version(image):
    image("Letters", {"letters.py": WRITE})
    letters().save()
    job = letters(Labels=["alphabet"]).save()
    assert [version.version for version in job.versions()] == [1, 2]


def test_saving_what_an_older_version_was_adds_a_version_too(image):
    image("Letters", {"letters.py": WRITE})
    versions = [letters(Labels=labels).save().version for labels in ([], ["alphabet"], [])]
    assert versions == [1, 2, 3]


def test_a_saved_job_keeps_its_id_and_its_schedule(image):
    image("Letters", {"letters.py": WRITE})
    first, second = letters().save(), letters(Schedule=Schedule(at_hours=[18])).save()
    assert first.id == second.id
    assert (first.schedule, second.schedule) == (Schedule(), Schedule(at_hours=[18]))


def test_running_needs_no_save(image):
    image("Letters", {"letters.py": WRITE})
    assert letters().run().result("a") == "a"
    assert jobs() == []


def test_saved_jobs_are_listed_by_label_and_tag(image):
    image("Letters", {"letters.py": WRITE})
    image("Letters", {"letters.py": WRITE}, tag="prod")
    letters(Labels=["alphabet"], Tag="prod").save()
    assert [len(jobs(label="alphabet")), len(jobs(label="numbers"))] == [1, 0]
    assert [len(jobs(tag="prod")), len(jobs(tag="dev"))] == [1, 0]


@pytest.mark.parametrize("act", ["save", "run"])
def test_an_image_that_is_not_registered_is_named_with_the_command_that_registers_it(workspace, act):
    with pytest.raises(ImageError, match='dtscheduler image add "Letters" --path FOLDER --tag dev'):
        getattr(letters(), act)()
    assert (jobs(), runs()) == ([], [])


def test_an_image_is_only_used_under_its_own_tag(image):
    image("Letters", {"letters.py": WRITE}, tag="dev")
    with pytest.raises(ImageError, match=r"not registered under tag 'prod' \(it is registered under dev\)"):
        letters(Tag="prod").save()


@pytest.mark.parametrize("act", ["save", "run"])
def test_what_nothing_fills_is_an_error_before_any_task_starts(image, act):
    image("Letters", {"letters.py": WRITE.replace("text='a'", "text")})
    with pytest.raises(InvalidJobError, match=r"task 'a': nothing fills parameter 'text' of letters.write\(text\)"):
        getattr(letters(), act)()
    assert (jobs(), runs()) == ([], [])


@pytest.mark.parametrize("act", ["save", "run"])
def test_an_entrypoint_that_is_not_there_is_an_error_before_any_task_starts(image, act):
    image("Letters", {"letters.py": "x = 1"})
    with pytest.raises(SchedulerError, match=r"task 'a': letters.write: found neither a function of that name"):
        getattr(letters(), act)()
    assert (jobs(), runs()) == ([], [])


def test_a_file_that_schedules_itself_is_not_scheduled_again_by_the_worker_that_imports_it(workspace, work_dir):
    folder = work_dir({"daily.py": SCHEDULES_ITSELF})
    dag = DAG(Name="Importing", DevRun=True, WorkDir=folder)
    Task(Name="a", Entrypoint="daily.write", dag=dag)
    run = dag.run()
    assert run.result("a") == "written"
    assert ([job.name for job in jobs()], [run.record.job_name for run in runs()]) == ([], ["Importing"])


def test_what_a_script_prints_while_workers_import_it_is_not_in_the_log_of_a_task(workspace, work_dir):
    folder = work_dir({"script.py": SCRIPT})
    environment = {**os.environ, "DTSCHEDULER_HOME": str(workspace.home)}
    subprocess.run([sys.executable, "script.py"], cwd=folder, env=environment, check=True, capture_output=True)
    assert dtscheduler.runs()[0].log("write") == "writing\n"


SCRIPT = """
    from dtscheduler import DAG, batch

    @batch()
    def write():
        print('writing')

    with DAG(Name='Daily', DevRun=True, WorkDir='.') as dag:
        write()
    print(dag.last_run.status)
"""

SCHEDULES_ITSELF = """
    from dtscheduler import DAG, batch

    @batch()
    def write():
        return 'written'

    with DAG(Name='Daily', DevRun=True, WorkDir='.') as dag:
        write()
    job = dag.save()
    print(job.version, dag.run().result('write'), dag.last_run.status)
"""


# Parameters


def test_a_dag_has_the_defaults_of_the_reference(dag):
    task(dag, "a")
    spec = dag.spec()
    assert (spec.tag, spec.dev_run, spec.work_dir, spec.labels, spec.fail_after) == ("dev", False, None, (), None)
    assert spec.fail_after_run_children is AfterCondition.SUCCESS
    assert (spec.access.permissions, spec.access.run_as, spec.priority) == ("rwrwr-", None, Priority.NORMAL)
    assert (spec.alerts.email, spec.alerts.sms, spec.alerts.only_failures) == ((), (), False)
    assert dag.schedule == Schedule()


def test_the_owner_is_the_user_of_this_process_whatever_the_environment_says(workspace, work_dir, monkeypatch):
    monkeypatch.setenv("USER", "mallory")
    monkeypatch.setenv("LOGNAME", "mallory")
    folder = work_dir({"steps.py": "from dtscheduler import batch\n\n@batch()\ndef a(): ...\n"})
    with DAG(Name="Letters", DevRun=True, WorkDir=folder) as letters:
        Task(Name="a", Entrypoint="steps.a")
    assert letters.last_run.record.owner == letters.save().record.owner == Path("~").expanduser().owner()


def test_the_home_folder_is_expanded_in_the_work_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "example").mkdir()
    dag = DAG(Name="Letters", DevRun=True, WorkDir="~/example")
    task(dag, "a")
    assert dag.spec().work_dir == str((tmp_path / "example").resolve())


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"DevRun": True}, "DevRun=True needs WorkDir"),
        ({"WorkDir": "."}, "WorkDir is for dev runs; add DevRun=True"),
        ({"DevRun": True, "WorkDir": "/no/such/folder"}, "WorkDir '/no/such/folder' is not a folder"),
        ({"DevRun": True, "WorkDir": ""}, "WorkDir must be a path"),
        ({"DevRun": True, "WorkDir": 3}, "WorkDir must be a path, not 3"),
        ({"DevRun": 1}, "DevRun must be True or False"),
        ({"Schedule": "daily"}, "Schedule must be a Schedule, not str"),
        ({"FailAfterRunChildren": "never"}, "FailAfterRunChildren is 'never'.*'on success', 'on failure', 'always'"),
        ({"Priority": "URGENT"}, "Priority is 'URGENT'.*'LOW', 'NORMAL', 'HIGH'"),
        ({"AlertOnlyFailures": "yes"}, "AlertOnlyFailures must be True or False"),
        ({"RunAs": "a; rm -rf /"}, "RunAs is 'a; rm -rf /'; it is the name of an account"),
        ({"Owner": ""}, "Owner is ''; it is the name of an account"),
        ({"Group": "a\nb"}, "Group is .*; it is the name of an account"),
        ({"Labels": [1]}, r"Labels must be a list of str; it contains 1 \(int\)"),
        ({"Labels": {"a": 1}}, "Labels must be a list"),
        ({"Image": ""}, "Image.*is empty"),
        ({"Reuse": "always"}, "Reuse is 'always'.*'lineage', 'content'"),
    ],
)
def test_what_a_parameter_may_not_be_is_said_with_its_name(parameters, complaint):
    with pytest.raises(InvalidJobError, match=f"(?s)DAG 'Letters'.*{complaint}"):
        DAG(Name="Letters", **parameters)


def test_a_dag_needs_a_name():
    with pytest.raises(InvalidJobError, match="DAG: Name: its name must be a str, not NoneType"):
        DAG()


@pytest.mark.parametrize("labels", [["risk", "daily"], "risk,daily", " risk , daily ,", ("risk", "daily", "risk")])
def test_labels_are_a_list_or_one_text_with_commas(labels):
    assert spec_with(Labels=labels).labels == ("risk", "daily")


@pytest.mark.parametrize("level", [Priority.HIGH, "HIGH", "high"])
def test_a_priority_is_given_as_itself_or_by_its_name(level):
    assert spec_with(Priority=level).priority is Priority.HIGH


def test_the_owner_can_always_read_and_write():
    assert spec_with(Permissions="--r---").access.permissions == "rwr---"


def test_several_people_can_be_told():
    alerts = spec_with(AlertEmail="a@example.com, b@example.com", AlertSMS="+33 6 12 34 56 78").alerts
    assert alerts.email == ("a@example.com", "b@example.com")
    assert alerts.sms == ("+33 6 12 34 56 78",)


@pytest.mark.parametrize(
    "address", ["desk", "desk@", "@example.com", "a b@example.com", "a@example.com\nBcc: b@example.com", "a@b..c"]
)
def test_what_is_no_email_address_is_refused(address):
    with pytest.raises(InvalidJobError, match="AlertEmail"):
        DAG(Name="Letters", AlertEmail=address)


@pytest.mark.parametrize("number", ["call me", "123", "+33 6\n12345", "tel:+3361234"])
def test_what_is_no_phone_number_is_refused(number):
    with pytest.raises(InvalidJobError, match="AlertSMS"):
        DAG(Name="Letters", AlertSMS=number)


def test_a_run_may_be_limited_in_time():
    assert spec_with(FailAfter="1h 30m", FailAfterRunChildren="always").fail_after == timedelta(minutes=90)


def spec_with(**parameters):
    dag = DAG(Name="Letters", Image="Any image", **parameters)
    task(dag, "a")
    return dag.spec()


def test_a_result_of_another_account_is_not_unpickled_here(workspace, work_dir):
    folder = work_dir({"steps.py": "from dtscheduler import batch\n\n@batch()\ndef a(): return 7\n"})
    with DAG(Name="Theirs", DevRun=True, WorkDir=folder) as theirs:
        Task(Name="a", Entrypoint="steps.a")
    with closing(sqlite3.connect(workspace.home / "dtscheduler.db")) as database, database:
        database.execute("UPDATE runs SET run_as = 'nobody'")
    with pytest.raises(ResultError, match="made by account 'nobody', and only that account reads its results"):
        theirs.last_run.result("a")
