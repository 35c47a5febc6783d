"""Jobs that run after other jobs, as they are written and saved: by name or uuid, unknown ones, and circles."""

import sys
from itertools import permutations
from uuid import uuid4

import pytest

import dtscheduler
from dtscheduler import DAG, Schedule, Task, testing
from dtscheduler.cli.complete import commands
from dtscheduler.cli.exits import exit_code
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.saved import ImageRecord


@pytest.fixture(autouse=True)
def ws(tmp_path, work_dir):
    """A workspace with an image."""
    with testing.workspace(tmp_path / "ws", now="2026-01-29") as place:
        folder = str(work_dir({"steps.py": CODE}))
        place.place.put_image(
            ImageRecord(
                name="Risk", tag="dev", path=folder, python=sys.executable, added=place.clock.now(), added_by="ada"
            )
        )
        yield place


CODE = """
    from dtscheduler import batch

    @batch()
    def one():
        return 1
"""


def save(name, after=None, **schedule):
    if after is not None:
        schedule["run_after_job_name"] = after
    written = DAG(Name=name, Image="Risk", Schedule=Schedule(**schedule))
    Task(Name="one", Entrypoint="steps.one", dag=written)
    return written.save()


def names_of_runs(ws):
    ws.step()
    return [run.record.job_name for run in ws.runs()]


# -- whom


def test_a_job_runs_after_one_that_is_named(ws):
    first = save("First")
    save("After", after="First")
    first.run()
    assert names_of_runs(ws) == ["First", "After"]


@pytest.mark.parametrize("written", [str, str.upper, lambda uuid: uuid.replace("-", "")])
def test_a_job_runs_after_one_that_is_given_by_uuid(ws, written):
    first = save("First")
    save("After", run_after_job_uuid=written(first.id))
    first.run()
    assert names_of_runs(ws) == ["First", "After"]


def test_name_and_uuid_that_agree_are_one_job(ws):
    first = save("First")
    save("After", after="First", run_after_job_uuid=first.id)
    first.run()
    assert names_of_runs(ws) == ["First", "After"]


def test_name_and_uuid_of_two_jobs_are_refused(ws):
    first, second = save("First"), save("Second")
    with pytest.raises(InvalidJobError) as caught:
        save("After", after="First", run_after_job_uuid=second.id)
    assert str(caught.value) == (
        "DAG 'After': run_after_job_name and run_after_job_uuid are not of one job: "
        f"'First' has uuid {first.id}; 'Second' has uuid {second.id}"
    )
    assert [job.name for job in dtscheduler.jobs()] == ["First", "Second"]


def test_the_uuid_of_a_job_of_another_name_is_refused_also_where_there_is_none_of_the_name_given():
    second = save("Second")
    with pytest.raises(InvalidJobError, match="are not of one job"):
        save("After", after="First", run_after_job_uuid=second.id)


def test_two_spellings_of_a_name_are_one_job(ws):
    first = save("Übersicht")
    save("After", after="U\u0308bersicht")
    first.run()
    assert names_of_runs(ws) == ["Übersicht", "After"]


def test_names_are_not_matched_without_their_case(ws):
    first = save("First")
    save("After", after="first")
    first.run()
    assert names_of_runs(ws) == ["First"]


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("on success", "after 'First' completes"),
        ("on failure", "after 'First' fails"),
        ("always", "after 'First' ends"),
    ],
)
def test_each_condition_is_kept_and_told(condition, sentence):
    job = save("After", after="First", run_after_job_condition=condition)
    assert dtscheduler.job("After").schedule.describe() == job.schedule.describe() == sentence


# -- one that is not there


@pytest.fixture
def waiting(capfd):
    """What ``dtscheduler next`` says of jobs that wait for others."""

    def lines(*arguments):
        capfd.readouterr()
        assert exit_code(commands, ["next", *arguments]) == 0
        return [line for line in capfd.readouterr().out.splitlines() if line.startswith("'")]

    return lines


def test_a_job_after_an_unknown_one_is_saved_and_shown_as_waiting(waiting):
    save("After", after="Frist")
    assert waiting() == ["'After' runs after 'Frist', which does not exist (yet) (on success)"]


def test_a_job_after_one_that_is_there_is_shown_without_a_warning(waiting):
    save("First", at_hours=[18])
    save("After", after="First", run_after_job_condition="always")
    assert waiting() == ["'After' runs after 'First' (always)"]


def test_a_job_given_by_uuid_is_shown_by_its_name(waiting):
    first = save("First")
    save("After", run_after_job_uuid=first.id)
    assert waiting("After") == ["'After' runs after 'First' (on success)"]


def test_an_unknown_uuid_is_shown_as_waiting(waiting):
    unknown = str(uuid4())
    save("After", run_after_job_uuid=unknown)
    assert waiting() == [f"'After' runs after '{unknown}', which does not exist (yet) (on success)"]


def test_a_job_that_runs_after_another_is_not_told_to_be_given_a_schedule(capfd):
    save("First")
    save("After", after="First")
    exit_code(commands, ["next", "After"])
    assert "Give a DAG a Schedule" not in capfd.readouterr().out


# -- circles


def test_a_job_does_not_run_after_itself():
    with pytest.raises(InvalidJobError, match="^DAG 'A' would run after itself: A after A$"):
        save("A", after="A")
    assert dtscheduler.jobs() == []


def test_a_job_does_not_run_after_itself_by_its_uuid():
    first = save("A")
    with pytest.raises(InvalidJobError, match="^DAG 'A' would run after itself: A after A$"):
        save("A", run_after_job_uuid=first.id)


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_a_circle_of_two_is_refused_whichever_is_saved_first(order):
    after = {"A": "B", "B": "A"}
    first, second = order
    save(first, after=after[first])
    with pytest.raises(InvalidJobError) as caught:
        save(second, after=after[second])
    assert str(caught.value) == f"DAG '{second}' would run after itself: {second} after {first} after {second}"


CIRCLE = {"A": "B", "B": "C", "C": "D", "D": "E", "E": "A"}


@pytest.mark.parametrize("order", list(permutations("ABCDE"))[::13])
def test_a_circle_of_five_is_refused_with_its_path_whichever_closes_it(order):
    *before, last = order
    for name in before:
        save(name, after=CIRCLE[name])
    with pytest.raises(InvalidJobError) as caught:
        save(last, after=CIRCLE[last])
    path = ("ABCDE" * 2)["ABCDE".index(last) :][:6]
    assert str(caught.value) == f"DAG '{last}' would run after itself: {' after '.join(path)}"
    assert sorted(job.name for job in dtscheduler.jobs()) == sorted(before)


def test_a_circle_is_found_through_uuids():
    first = save("A")
    second = save("B", run_after_job_uuid=first.id)
    with pytest.raises(InvalidJobError, match="DAG 'A' would run after itself: A after B after A"):
        save("A", run_after_job_uuid=second.id)


def test_a_circle_is_found_through_two_spellings_of_a_name():
    save("Übersicht", after="B")
    with pytest.raises(InvalidJobError, match="DAG 'B' would run after itself"):
        save("B", after="U\u0308bersicht")


def test_an_edit_that_closes_a_circle_is_refused_and_the_job_stays_as_it_was():
    save("A")
    save("B", after="A")
    with pytest.raises(InvalidJobError, match="DAG 'A' would run after itself: A after B after A"):
        save("A", after="B")
    assert dtscheduler.job("A").version == 1


def test_a_circle_that_is_opened_may_be_closed_elsewhere():
    save("A")
    save("B", after="A")
    save("B")
    assert save("A", after="B").version == 2


def test_a_job_whose_predecessor_was_deleted_waits_for_the_next_of_that_name(ws):
    save("First").delete()
    save("After", after="First")
    save("First").run()
    assert names_of_runs(ws) == ["First", "After"]


def test_a_job_after_a_uuid_is_not_after_the_next_job_of_that_name(ws):
    first = save("First")
    save("After", run_after_job_uuid=first.id)
    first.delete()
    save("First").run()
    assert names_of_runs(ws) == ["First"]


def test_a_circle_in_time_is_none_a_job_of_the_clock_may_be_run_after(ws):
    save("A", at_hours=[18])
    save("B", after="A")
    save("C", after="B")
    ws.step(days=1)
    assert [run.record.job_name for run in ws.runs()] == ["A", "B", "C"]


def test_a_long_chain_is_followed_to_its_end(ws):
    first = save("0")
    for number in range(1, 12):
        save(str(number), after=str(number - 1))
    with pytest.raises(InvalidJobError, match="DAG '0' would run after itself: 0 after 11 after 10"):
        save("0", after="11")
    first.run()
    assert names_of_runs(ws) == [str(number) for number in range(12)]
