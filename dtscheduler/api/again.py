"""Runs that are done again: wholly, in part, or with a result that is given by hand."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dtscheduler.api import checks
from dtscheduler.api.driving import driven, left_to_service
from dtscheduler.api.front import front
from dtscheduler.api.handle import Run
from dtscheduler.api.plan import Plan, check_plan
from dtscheduler.api.progress import display_for
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.shown import printable
from dtscheduler.planning import agreement
from dtscheduler.running.patch import Patch
from dtscheduler.running.rerun import Again

if TYPE_CHECKING:
    from dtscheduler.planning import Rerun
    from dtscheduler.workspace import Workspace

logger = logging.getLogger("dtscheduler")


def decided(
    place: Workspace,
    run_id: int,
    *,
    full: bool = False,
    tasks: Iterable[str | tuple[str, str]] | str | None = None,
    version: int | str | None = None,
    config: Mapping[Any, Mapping[str, object]] | None = None,
    patch: Patch | None = None,
) -> Rerun:
    """What a rerun of a run does; see ``Run.rerun`` for the parameters and errors."""
    where = f"rerun of run {run_id}"
    if not isinstance(tasks, Iterable | None):
        raise InvalidJobError(f"{where}: tasks must be a list of names, not {type(tasks).__name__}")
    chosen = (tasks,) if isinstance(tasks, str) else tuple(tasks or ())
    if checks.flag(full, where, "full") and chosen:
        raise InvalidJobError(f"{where}: give full=True or tasks=, not both")
    if tasks is not None and not chosen:
        raise InvalidJobError(f"{where}: tasks is empty; leave it out to repeat what did not complete")
    if config is not None and not isinstance(config, Mapping):
        raise InvalidJobError(f"{where}: config must be a dict by task, not {type(config).__name__}")
    return place.rerun(run_id, Again(full=full, tasks=chosen), version=version, config=config, patch=patch)


def planned(place: Workspace, rerun: Rerun) -> Plan:
    """The plan of a rerun."""
    return Plan(place.planning.foresee_rerun(rerun), place, rerun)


def start_again(
    place: Workspace,
    rerun: Rerun,
    *,
    plan: Plan | None = None,
    executor: str | None = None,
    wait: bool = True,
    progress: bool | None = None,
) -> Run:
    """Drive a rerun in this process, or from a notebook that does not wait by the service."""
    if not wait and executor is None and front() is not None:
        return submit_again(place, rerun, plan=plan)
    for difference in rerun.differences:
        logger.warning("run %s is run again, but: %s", rerun.before.id, printable(difference))
    display = display_for(rerun.spec, progress)
    drive = place.planning.begin_rerun(
        rerun,
        executor=executor or place.settings.executor,
        observe=display,
        agree=agreement(plan.foresight.plan) if plan else None,
    )
    return driven(drive, place, display, wait=wait, progress=progress)


def submit_again(place: Workspace, rerun: Rerun, *, plan: Plan | None = None, token: str = "") -> Run:
    """Leave a rerun to the service. Under a ``token``, from ``uuid4().hex``, that is done once."""
    agree = agreement(plan.foresight.plan) if plan else None
    return left_to_service(place, place.planning.leave_rerun(rerun, agree=agree, token=token))


def rerun_of_plan(plan: object, run_id: int) -> Rerun:
    """The rerun of a run that was planned. Raises ``InvalidJobError`` where it is no plan of that."""
    where = f"rerun of run {run_id}"
    rerun = check_plan(plan, where).rerun
    if rerun is None:
        raise InvalidJobError(f"{where}: this is the plan of a DAG; give it to dag.run(plan=...)")
    if rerun.before.id != run_id:
        raise InvalidJobError(f"{where}: this is the plan of a rerun of run {rerun.before.id}; give it to that run")
    return rerun
