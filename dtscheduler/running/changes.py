"""What has changed in the code of a task, in words."""

from __future__ import annotations

from collections.abc import Mapping

from dtscheduler.running.sources.facts import CodeFacts


def code_changes(before: Mapping[str, str], now: CodeFacts) -> list[str]:
    """Say which definitions are others than before."""
    return [f"{d.kind} {d.name}" for d in now.definitions if before.get(d.name) != d.digest]
