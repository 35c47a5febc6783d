"""The configuration of a task that is there, said in a line, and whether it may be shown."""

from __future__ import annotations

import json

from dtscheduler.api.source_text import Source
from dtscheduler.api.task import TABLE
from dtscheduler.api.written_grids import as_grid
from dtscheduler.model.config import EMPTY, decode
from dtscheduler.model.job import TaskSpec
from dtscheduler.model.secrets import masked
from dtscheduler.ui.views.configuration import said_call

LONGEST_SHOWN = 2000


def said_configuration(task: TaskSpec) -> str:
    """The configuration as JSON where that says it all and is short, else in words that stand for what is there."""
    if task.call:
        return "by its call"
    if not task.parallel and task.parts[0].config == EMPTY and not task.argument_tasks:
        return ""
    if holds_secrets(task):
        return "as saved, with secrets"
    if task.parallel and (call := as_grid(task.parts, dict(task.argument_tasks), Source())):
        text = said_call(call)
    else:
        text = _as_json(task)
    if text and len(text) <= LONGEST_SHOWN:
        return text
    return f"as saved: {len(task.parts):,} parts" if task.parallel else "as saved"


def holds_secrets(task: TaskSpec) -> bool:
    """Whether there is something in the configuration that may not be shown."""
    configs = (decode(part.config) for part in task.parts)
    return any(masked(config) != config for config in configs)


def _as_json(task: TaskSpec) -> str:
    """The configuration as JSON; empty where JSON does not say it all."""
    table = {TABLE: dict(task.argument_tasks)} if task.argument_tasks else {}
    if sum(len(part.config) for part in task.parts) > LONGEST_SHOWN:
        return ""
    found = [decode(part.config) | table for part in task.parts]
    whole = found if task.parallel else found[0]
    try:
        text = json.dumps(whole, ensure_ascii=False)
    except (TypeError, ValueError):
        return ""
    return text if json.loads(text) == whole else ""
