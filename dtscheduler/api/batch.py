"""The ``batch`` decorator: it marks a function as an entrypoint, and lets a DAG be written as calls."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping

from dtscheduler.api.context import current_dag
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.entrypoint import RESERVED
from dtscheduler.running.importing import MARK

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any, ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")


def batch(translation_table: Mapping[str, str] | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function as a batch entrypoint.

    Outside a DAG the function stays what it was. Called inside ``with DAG(...)`` it adds a task to the DAG and returns
    that task; arguments are literals (what ConfigurationJson may hold) or tasks, also nested in lists, tuples and
    dicts, and each task becomes an upstream whose result is passed at run time.

    Seven argument names are reserved and filled by the scheduler wherever a function has them: ``sub_job_name`` (str),
    ``scheduled_time`` and ``runtime`` (aware datetime), ``part_num`` (int from 0), ``num_parts`` (int), ``job_config``
    (dict) and ``rundate`` (date).

    Args:
        translation_table: For functions that call a reserved argument otherwise: the function's own parameter name
            to the reserved name, e.g. ``{"running_date": "rundate"}``.

    Raises:
        InvalidJobError: The table names a parameter that the function does not have, or a name that is not reserved.
    """
    if callable(translation_table):  # written without brackets: @batch
        return _mark(translation_table, {})
    table = dict(translation_table or {})
    return lambda function: _mark(function, table)


def _mark(function: Callable[P, R], table: Mapping[str, str]) -> Callable[P, R]:
    _check_table(function, table)

    @functools.wraps(function)
    def entrypoint(*args: P.args, **kwargs: P.kwargs) -> R:
        dag = current_dag()
        if dag is None:
            return function(*args, **kwargs)
        return dag.call(entrypoint, args, kwargs)  # type: ignore[no-any-return] # inside a DAG a call gives its task

    setattr(entrypoint, MARK, dict(table))
    return entrypoint


def _check_table(function: Callable[..., Any], table: Mapping[str, str]) -> None:
    named = f"@batch on {getattr(function, '__name__', function)!s}()"
    if not callable(function) or isinstance(function, type):
        raise InvalidJobError(f"{named}: batch marks functions")
    for own, reserved in table.items():
        parameters = inspect.signature(function).parameters
        if own not in parameters and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            raise InvalidJobError(f"{named}: translation_table names {own!r}, which is not a parameter of the function")
        if reserved not in RESERVED:
            raise InvalidJobError(
                f"{named}: translation_table maps {own!r} to {reserved!r}, which is not a reserved argument "
                f"({', '.join(RESERVED)})"
            )
