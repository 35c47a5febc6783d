"""What ``dtscheduler run FILE|JOB`` runs."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dtscheduler.api.dag import DAG
from dtscheduler.api.driving import driven
from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.api.progress import display_for
from dtscheduler.api.saved import job
from dtscheduler.api.when import as_rundate
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.access import Right
from dtscheduler.running.importing import quiet_import

if TYPE_CHECKING:
    from datetime import date

    from dtscheduler.api.plan import Plan


def run_target(target: str, *, rundate: str | None, executor: str | None) -> list[Run]:
    """Run a saved job, or every DAG that stands in a Python file.

    Raises:
        NotFoundError: there is no such file and no such job.
        InvalidJobError: the file makes no DAG, or fails.
    """
    run_date = as_rundate(rundate)
    path = Path(target)
    if path.suffix == ".py" and path.is_file():
        return [dag.run(rundate=run_date, executor=executor) for dag in dags_of(path)]
    return [run_saved(target, run_date, executor)]


def plan_target(target: str, *, rundate: str | None, reuse: str | None) -> list[Plan]:
    """What runs of a saved job, or of every DAG that stands in a Python file, would do."""
    path = Path(target)
    if path.suffix == ".py" and path.is_file():
        return [dag.plan(rundate=rundate, reuse=reuse) for dag in dags_of(path)]
    return [job(target).plan(rundate=rundate, reuse=reuse)]


def submit_target(target: str, *, rundate: str | None) -> list[Run]:
    """Leave a run of a saved job, or of every DAG that stands in a Python file, to the service."""
    path = Path(target)
    if path.suffix == ".py" and path.is_file():
        return [dag.run(rundate=rundate, detach=True) for dag in dags_of(path)]
    return [job(target).run(rundate=rundate)]


def dags_of(path: Path) -> list[DAG]:
    """The DAGs that a file makes at its top level; what the file itself would save or run is left undone."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        with quiet_import():
            found = runpy.run_path(str(path), run_name=path.stem)
    except Exception as error:
        raise InvalidJobError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    dags = list({id(value): value for value in found.values() if isinstance(value, DAG)}.values())
    if not dags:
        raise InvalidJobError(f"{path} makes no DAG at its top level; give it a name: dag = DAG(...)")
    return dags


def run_saved(name: str, rundate: date | None, executor: str | None) -> Run:
    """Run the latest version of a saved job in this process. Raises ``NotFoundError``."""
    place = workspace()
    spec = place.spec(place.job(name, Right.WRITE).spec_hash)
    display = display_for(spec, None)
    return driven(place.begin(spec, {}, rundate=rundate, executor=executor, observe=display), place, display)
