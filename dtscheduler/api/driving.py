"""Runs that this process drives, here or in the background, and runs that are left to the service."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from dtscheduler.api.code import settled
from dtscheduler.api.context import writing
from dtscheduler.api.front import front
from dtscheduler.api.handle import NO_SERVICE, Run
from dtscheduler.api.place import workspace
from dtscheduler.api.progress import Display, announce_end, announce_takeover, display_for, shown
from dtscheduler.api.when import as_rundate

if TYPE_CHECKING:
    from dtscheduler.api.dag import DAG
    from dtscheduler.api.plan import Plan
    from dtscheduler.hosting import Drive
    from dtscheduler.model.run import RunRecord
    from dtscheduler.workspace import Workspace


class Driver(threading.Thread):
    """Drives a run in the background; the interpreter waits for it before it exits."""

    def __init__(self, drive: Drive) -> None:
        super().__init__(name=f"dtscheduler-run-{drive.run_id}", daemon=False)
        self._drive = drive
        self._over = threading.Event()  # a join that is interrupted takes the thread for ended
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._drive.drive()
        except BaseException as error:
            self._error = error
        finally:
            self._over.set()

    def stop(self) -> None:
        self._drive.runner.request_stop()

    def wait(self, seconds: float | None) -> None:
        try:
            self._over.wait(seconds)
        except KeyboardInterrupt:
            self.stop()
            self._over.wait()
            raise
        if self._error is not None:
            raise self._error


def start(
    dag: DAG,
    *,
    rundate: date | str | None,
    executor: str | None,
    wait: bool,
    progress: bool | None,
    plan: Plan | None = None,
) -> Run:
    """Run a DAG in this process, or from a notebook that does not wait by the service; see ``DAG.run``."""
    if not wait and executor is None and plan is None and front() is not None:
        return submit(dag, rundate=rundate)
    place = workspace()
    run_date = as_rundate(rundate)
    spec, known = settled(dag, place)
    expected = plan.foresight.plan if plan else None
    if expected:
        spec, run_date = replace(spec, reuse=expected.spec.reuse), expected.rundate
    display = display_for(spec, progress)
    drive = place.begin(spec, known, rundate=run_date, executor=executor, observe=display, plan=expected)
    return driven(drive, place, display, wait=wait, progress=progress)


def submit(dag: DAG, *, rundate: date | str | None = None, token: str = "") -> Run:
    """Leave a run of a DAG to the service; see ``DAG.run``. Under a ``token``, from ``uuid4().hex``, that is done once."""
    place = workspace()
    run_date = as_rundate(rundate)
    spec, known = settled(dag, place)
    run = place.submit(spec, known, rundate=run_date, token=token)
    return left_to_service(place, run)


def left_to_service(place: Workspace, run: RunRecord) -> Run:
    """A run that was submitted; at a notebook a service is started for it where none is alive."""
    left, sitting = Run(run.id, place), front()
    if sitting is not None:
        sitting.left(left)
    elif not place.served():
        logging.getLogger("dtscheduler").warning("run %s waits: %s", run.id, NO_SERVICE)
    return left


def resume(run_id: int, *, progress: bool | None = None) -> Run:
    """Take an interrupted run over and finish it in this process.

    Args:
        run_id: The run.
        progress: Whether to show progress. Default: if there is a terminal to show it on.

    Raises:
        NotFoundError: There is no such run.
        RunError: It has ended, or is being driven.
    """
    place = workspace()
    spec = place.spec(place.run(run_id).spec_hash)
    display = display_for(spec, progress)
    return driven(place.resume(run_id, observe=display), place, display, progress=progress)


def driven(
    drive: Drive, place: Workspace, display: Display | None, *, wait: bool = True, progress: bool | None = None
) -> Run:
    """Drive a run that is ready, here or in the background."""
    if drive.taken_over:
        announce_takeover(drive.run_id, progress)
    if not wait:
        driver = Driver(drive)
        driver.start()
        return Run(drive.run_id, place, driver)
    run = Run(drive.run_id, place)
    outside = writing.set(())  # functions that are executed inline are called, not written into a DAG
    try:
        with shown(run, progress):
            drive.drive()
    finally:
        writing.reset(outside)
        if display is not None:
            display.close()
        announce_end(run, progress)
    return run
