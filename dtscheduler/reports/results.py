"""What the parts of a run gave, beside the parameters they were given."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pandas as pd

from dtscheduler.errors import NotFoundError, ResultError, ResultMissingError
from dtscheduler.model.config import decode
from dtscheduler.model.job import JobSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.secrets import masked, masked_text
from dtscheduler.model.status import TaskStatus
from dtscheduler.running import values
from dtscheduler.workspace import Workspace

LARGEST_BYTES = 1_000_000
MOST_FIELDS = 100
REMEMBERED, LONGEST_REMEMBERED = 10_000, 1_000
_BEFORE, _AFTER = ("task", "part_name"), ("status", "duration", "peak_memory_mb")
_SAID_OF_PARTS = ("Name", "Description")
_OURS = frozenset((*_BEFORE, *_AFTER, "result"))
_SCALARS = (str, bool, int, float, Decimal, date, datetime, timedelta)
logger = logging.getLogger("dtscheduler")


def results_frame(workspace: Workspace, run: int, task: str | None = None) -> pd.DataFrame:
    """One row a part: its parameters, how it went, and what it gave.

    Columns: ``task, part_name`` (str); the parameters, each under its name, nested ones as text, or under ``config_`` and
    its name where that is one of ours; ``status`` (category), ``duration`` (timedelta64[us]), ``peak_memory_mb``
    (float64); what it gave: one value as ``result``, the values of a dictionary, a named tuple, a dataclass, a table of
    one row or a Series each as a column of its own, anything else as ``result`` in short.

    Results that are gone are missing, those that cannot be read here are shown in short, with a warning in the log.
    Results of other accounts and of more than 1 MB are not read, but shown in short. Values of parameters whose names
    look secret are masked.

    Args:
        workspace: where the run is.
        run: its number.
        task: only the parts of this task. Default: those of all fan-outs, or of all tasks where there is none.

    Raises:
        NotFoundError: there is no such run or task.
    """
    record = workspace.run(run)
    spec = workspace.spec(record.spec_hash)
    numbers = _chosen(spec, record, task)
    parts = [part for part in workspace.task_runs(run) if part.task in numbers]
    parameters = [_parameters(spec, part) for part in parts]
    given = _results(workspace, record, parts)
    columns: dict[str, Any] = {
        "task": pd.array([part.task_name for part in parts], dtype="str"),
        "part_name": pd.array([part.part_name for part in parts], dtype="str"),
    }
    for name in _names(parameters):
        columns[_free(name, "config_", _OURS)] = _column([row.get(name) for row in parameters])
    columns["status"] = pd.Categorical([part.status.value for part in parts], categories=[s.value for s in TaskStatus])
    columns["duration"] = pd.array(
        [part.ended - part.started if part.ended and part.started else None for part in parts], dtype="m8[us]"
    )
    columns["peak_memory_mb"] = pd.array([part.peak_memory_mb for part in parts], dtype="Float64").to_numpy(
        "float64", na_value=float("nan")
    )
    taken = frozenset(columns)
    for name in _names(given) or ["result"]:
        columns[_free(name, "result_", taken)] = _column([row.get(name) for row in given])
    return pd.DataFrame(columns)


def _chosen(spec: JobSpec, run: RunRecord, task: str | None) -> Sequence[int]:
    """The numbers of the tasks whose parts are shown."""
    everything = range(len(spec.tasks))
    if task is None:
        return [number for number in everything if spec.tasks[number].parallel] or everything
    found = [number for number in everything if name_key(spec.tasks[number].name) == name_key(task)]
    if not found:
        names = ", ".join(repr(known.name) for known in spec.tasks)
        raise NotFoundError(f"run {run.id} has no task {task!r}; it has {names[:500]}")
    return found


def _parameters(spec: JobSpec, part: TaskRunRecord) -> Mapping[str, Any]:
    task = spec.tasks[part.task]
    config = task.parts[part.part].config
    read = _read_once if len(config) <= LONGEST_REMEMBERED else _read_parameters
    said = _SAID_OF_PARTS if task.parallel else ()
    return {name: value for name, value in read(config).items() if name not in said}


def _read_parameters(config: str) -> Mapping[str, Any]:
    return {name: _scalar_or_text(value) for name, value in masked(decode(config)).items()}


_read_once = lru_cache(maxsize=REMEMBERED)(_read_parameters)  # masking is slow, and a page asks every second or two


def _results(workspace: Workspace, run: RunRecord, parts: Sequence[TaskRunRecord]) -> list[dict[str, Any]]:
    """What each part gave, by name of column; nothing where there is nothing."""
    elsewhere = workspace.made_elsewhere(run)
    rows: list[dict[str, Any]] = []
    missing: list[str] = []
    for part in parts:
        if not (part.status.succeeded and part.result_key):
            rows.append({})
        elif elsewhere or (part.result_bytes or 0) > LARGEST_BYTES:
            rows.append({"result": masked_text(part.preview)})
        else:
            try:
                rows.append(_fields(values.load(workspace.results(run).get(part.result_key)), part.preview))
            except ResultError as error:
                gone = isinstance(error, ResultMissingError)
                rows.append({} if gone else {"result": masked_text(part.preview)})
                missing.append(f"{part.task_name}/{part.part_name}: {error}")
    if missing:
        logger.warning("run %s: %d of %d results cannot be read here: %s", run.id, len(missing), len(parts), missing[0])
    return rows


def _fields(value: Any, preview: str) -> dict[str, Any]:
    """A result as columns: one value, or a few that have names."""
    if _is_scalar(value := _python(value)):
        return {"result": value}
    try:
        named = {name: _python(item) for name, item in _named(value).items()}
    except Exception as error:  # what a result does when it is looked at is the user's code
        logger.warning("a result, a %s, cannot be shown as columns: %s", type(value).__name__, type(error).__name__)
        named = {}
    if 0 < len(named) <= MOST_FIELDS and all(isinstance(n, str) and _is_scalar(item) for n, item in named.items()):
        return named
    return {"result": masked_text(preview)}


def _named(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, pd.DataFrame):
        return dict(value.iloc[0]) if len(value) == 1 and value.columns.is_unique else {}
    if isinstance(value, pd.Series):
        return dict(value.items()) if value.index.is_unique else {}
    return {}


def _python(value: Any) -> Any:
    """A value of numpy or pandas as Python's own; what is missing is None."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    module = type(value).__module__.partition(".")[0]
    return value.item() if module == "numpy" and getattr(value, "shape", None) == () else value


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, _SCALARS)


def _scalar_or_text(value: Any) -> Any:
    return value if _is_scalar(value) else str(value)


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names in all rows, in the order in which they come first."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _free(name: str, prefix: str, taken: frozenset[str]) -> str:
    while name in taken:
        name = prefix + name
    return name


def _column(values: Sequence[Any]) -> Any:
    """Values as a column of the narrowest kind that holds them, missing ones included."""
    kinds = {type(value) for value in values if value is not None}
    dtypes: dict[frozenset[type], Any] = {
        frozenset({int}): "Int64",
        frozenset({bool}): "boolean",
        frozenset({str}): "str",
    }
    if kinds and kinds <= {int, float} and float in kinds:
        return pd.array([float("nan") if value is None else float(value) for value in values], dtype="float64")
    try:
        return pd.array(list(values), dtype=dtypes.get(frozenset(kinds), "object"))
    except OverflowError:  # of a whole number beyond 64 bits
        return pd.array(list(values), dtype="object")
