"""Statuses: which moves are legal, and which are the end."""

import pytest

from dtscheduler.model.status import RunStatus, TaskStatus, may_move

TASK_MOVES = {
    "pending": {"ready", "reused", "did_not_run"},
    "ready": {"running", "completed", "reused", "did_not_run"},
    "running": {"ready", "completed", "failed", "failed_after", "out_of_memory", "stopped"},
    "completed": {"ready"},  # its result was lost while its run went on
    "reused": {"ready"},  # likewise
}
RUN_MOVES = {
    "scheduled": {"ready", "expired", "stopped"},
    "ready": {"running", "expired", "stopped"},
    "running": {"completed", "failed", "failed_after", "out_of_memory", "stopped"},
}


@pytest.mark.parametrize("old", list(TaskStatus))
def test_a_task_run_makes_legal_moves_only(old):
    assert {new.value for new in TaskStatus if may_move(old, new)} == TASK_MOVES.get(old.value, set())


@pytest.mark.parametrize("old", list(RunStatus))
def test_a_run_makes_legal_moves_only(old):
    assert {new.value for new in RunStatus if may_move(old, new)} == RUN_MOVES.get(old.value, set())


def test_a_run_that_has_ended_stays_ended():
    assert not any(may_move(old, new) for old in RunStatus if old.final for new in RunStatus)


@pytest.mark.parametrize("status", list(TaskStatus))
def test_every_task_run_can_reach_an_end(status):
    todo, seen = [status], set()
    while todo:
        seen.add(found := todo.pop())
        todo.extend(new for new in TaskStatus if may_move(found, new) and new not in seen)
    assert any(found.final for found in seen)


def test_the_final_statuses_are_those_that_carry_a_reason():
    assert {status.value for status in TaskStatus if not status.final} == {"pending", "ready", "running"}
    assert {status.value for status in RunStatus if not status.final} == {"scheduled", "ready", "running"}


def test_only_what_has_a_result_has_succeeded():
    assert {status.value for status in TaskStatus if status.succeeded} == {"completed", "reused"}


def test_a_status_is_also_its_word():
    assert (TaskStatus.FAILED_AFTER, f"{RunStatus.COMPLETED}") == ("failed_after", "completed")
