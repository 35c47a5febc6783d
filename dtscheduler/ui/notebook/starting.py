"""Runs that a notebook leaves to a service that outlives the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dtscheduler.api.dag import DAG
    from dtscheduler.api.handle import Run
    from dtscheduler.api.plan import Plan
    from dtscheduler.workspace import Workspace

_left: set[tuple[str, int]] = set()


def submit_from_notebook(dag: DAG, token: str) -> Run:
    """Leave a run of a DAG to the service; under one ``token``, from ``uuid4().hex``, only once.

    Raises:
        SchedulerError: The DAG cannot run as it is, or the store is away.
    """
    from dtscheduler.api import driving

    run = driving.submit(dag, token=token)
    leave(run)
    return run


def rerun_from_notebook(plan: Plan, token: str) -> Run:
    """Leave a rerun to the service, just as it was planned; under one ``token`` only once.

    Raises:
        InvalidJobError: It is no plan of a rerun.
        SchedulerError: The plan no longer holds, or the store is away.
    """
    from dtscheduler.api import again
    from dtscheduler.errors import InvalidJobError

    if plan.rerun is None:
        raise InvalidJobError("this is the plan of a DAG; give it to dag.run(plan=...)")
    run = again.submit_again(plan.workspace, plan.rerun, plan=plan, token=token)
    leave(run)
    return run


def leave(run: Run) -> str | None:
    """See that a service takes a run that was left to it; what is wrong, in words, or None."""
    _left.add((str(run.workspace.home), run.id))
    return _serve(run.workspace)


def still_served(run: Run) -> str | None:
    """The same again while a run of this kernel waits: the service of before may have gone when it came."""
    return _serve(run.workspace) if (str(run.workspace.home), run.id) in _left else None


def _serve(place: Workspace) -> str | None:
    from dtscheduler.ui.service_process import ensure_service

    return ensure_service(place, lasting=True)
