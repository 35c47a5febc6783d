"""How a call of a function inside ``with DAG(...)`` is read: its arguments as text, and the tasks among them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence

from dtscheduler.api.task import Task
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import encode
from dtscheduler.model.entrypoint import RESERVED
from dtscheduler.model.job import CallSpec
from dtscheduler.running.importing import MARK

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any


def read_call(
    dag: object, function: Callable[..., Any], args: Sequence[object], kwargs: Mapping[str, object]
) -> tuple[CallSpec | None, list[Task]]:
    """Read the arguments of a call; the tasks found among them, also in lists, tuples and dicts, become upstream.

    Raises:
        InvalidJobError: too many or unknown arguments, one that is reserved, a task of another DAG, or a value that
            cannot be kept.
    """
    label = f"{function.__name__}()"
    signature = inspect.signature(function)
    try:
        bound = signature.bind_partial(*args, **kwargs)
    except TypeError as error:
        raise InvalidJobError(f"{label} {error}; its signature is {function.__name__}{signature}") from None
    translation = getattr(function, MARK, {})
    for name in bound.arguments:
        if (reserved := translation.get(name, name)) in RESERVED:
            raise InvalidJobError(
                f"{label}: {name!r} is filled by the scheduler ({reserved}); do not pass it, "
                f"and pass the arguments after it by name"
            )
    found: list[Task] = []

    def replace_task(value: object) -> dict[str, int] | None:
        if not isinstance(value, Task):
            return None
        if value.dag is not dag:
            raise InvalidJobError(f"{label}: {value.name!r} is a task of another DAG, {value.dag.name!r}")
        found.append(value)
        return {"$task": value.number}

    texts = [f'"{name}":{encode(value, f"{label}: {name}", replace_task)}' for name, value in bound.arguments.items()]
    return (CallSpec("{" + ",".join(texts) + "}") if texts else None), found
