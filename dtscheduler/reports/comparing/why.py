"""Why the results of one task differ in two runs, as far as what was kept of them tells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from dtscheduler.model.config import decode
from dtscheduler.model.job import CallSpec, PartSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.text import one_line
from dtscheduler.reports.comparing.sides import Side
from dtscheduler.running.changes import code_changes
from dtscheduler.running.sources.facts import CodeFacts, Definition

NOTHING_KNOWN = "nothing that is known: the function gives different results for the same inputs"
_MOST_NAMED = 3
_NONE = object()
_TOP_LEVEL, _FILE = " (top level)", " (file)"


def reasons(
    before: Side, after: Side, key: str, pair: tuple[TaskRunRecord, TaskRunRecord], unlike: AbstractSet[str]
) -> str:
    """Say why the results of a part differ.

    Args:
        before: one run.
        after: the other.
        key: the task, by the name as it is compared.
        pair: its task runs.
        unlike: the names, as they are compared, of the tasks whose results differ.
    """
    if by_hand := list(_by_hand(before, after, pair)):
        return "; ".join(by_hand)
    own = list(_changes_of_task(before, after, key, pair))
    found = [*own, *_upstream(before, after, key, unlike)] or _nearly(before, after, key)
    if own or unlike.isdisjoint(map(name_key, after.upstream(key))):
        found += _rundate(before.made_in(pair[0]).rundate, after.made_in(pair[1]).rundate, also=bool(found))
    return "; ".join(found) or _unexplained(before, after, key, pair)


def _by_hand(before: Side, after: Side, pair: tuple[TaskRunRecord, TaskRunRecord]) -> Iterator[str]:
    for side, record in zip((before, after), pair, strict=True):
        if record.patched_by:
            yield f"given by hand in run {side.run.id}, by {one_line(record.patched_by, 80)}"


def _changes_of_task(before: Side, after: Side, key: str, pair: tuple[TaskRunRecord, TaskRunRecord]) -> Iterator[str]:
    old, new = before.task(key), after.task(key)
    if not (old.code or new.code) and old.entrypoint != new.entrypoint:
        yield f"entrypoint changed: {one_line(old.entrypoint, 120)} → {one_line(new.entrypoint, 120)}"
    elif changes := _code_changes(before.code(pair[0]), after.code(pair[1])):
        more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
        yield f"code changed: {changes[0]}{more}"
    if keys := _changed_config(old.parts[pair[0].part], new.parts[pair[1].part]):
        yield f"configuration changed: {_named(keys)}"
    if old.call != new.call or old.argument_tasks != new.argument_tasks:
        names = _changed_arguments(old.call, new.call)
        yield f"arguments changed{': ' if names else ''}{_named(names)}"
    images = tuple(task.image or side.spec.image for task, side in ((old, before), (new, after)))
    if images[0] != images[1]:
        yield f"image changed: {one_line(images[0] or 'none', 80)} → {one_line(images[1] or 'none', 80)}"


def _code_changes(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> list[str]:
    if not before or not after or before == after:
        return []
    return code_changes(before, CodeFacts(tuple(_definition(name, after[name]) for name in sorted(after))))


def _definition(name: str, digest: str) -> Definition:
    """What was kept of a definition is its name and digest; its kind and file follow from how they are written."""
    for kind, ending in (("statements", _TOP_LEVEL), ("file", _FILE)):
        if name.endswith(ending):
            return Definition(name=name, kind=kind, digest=digest, file=_file(name.removesuffix(ending)))
    if len(digest) != 32 or set(digest) - set("0123456789abcdef"):
        return Definition(name=name, kind="distribution", digest=digest)
    module, _, last = name.rpartition(".")
    kind = "constant" if last.isupper() else "class" if last[:1].isupper() else "function"
    return Definition(name=name, kind=kind, digest=digest, file="" if module in ("", "__main__") else _file(module))


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _changed_config(before: PartSpec, after: PartSpec) -> list[str]:
    if before.config == after.config:
        return []
    return _changed_keys(decode(before.config), decode(after.config))


def _changed_arguments(before: CallSpec | None, after: CallSpec | None) -> list[str]:
    if before is None or after is None:
        return []
    return _changed_keys(*(json.loads(call.arguments) for call in (before, after)))


def _changed_keys(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return sorted(key for key in {*before, *after} if repr(before.get(key, _NONE)) != repr(after.get(key, _NONE)))


def _upstream(before: Side, after: Side, key: str, unlike: AbstractSet[str]) -> Iterator[str]:
    old, new = before.upstream(key), after.upstream(key)
    if list(map(name_key, old)) != list(map(name_key, new)):
        yield f"it waits for {_named(new) or 'nothing'}, not {_named(old) or 'nothing'}"
    if differing := [name for name in new if name_key(name) in unlike]:
        yield f"upstream differs: {_named(differing)}"


def _nearly(before: Side, after: Side, key: str) -> list[str]:
    """What comes from upstream may count as equal, and be other bytes all the same."""
    names = [name for name in after.upstream(key) if before.bytes_of(name) != after.bytes_of(name)]
    return [f"upstream is the same within the tolerance, but not in its bytes: {_named(names)}"] if names else []


def _rundate(before: object, after: object, *, also: bool) -> list[str]:
    """Whether a function takes the rundate was not kept, so beside another reason it is only a possible one."""
    if before == after:
        return []
    return [f"rundate {'differs too' if also else 'differs'}: {before} → {after}"]


def _unexplained(before: Side, after: Side, key: str, pair: tuple[TaskRunRecord, TaskRunRecord]) -> str:
    if pair[0].fingerprint == pair[1].fingerprint:
        return NOTHING_KNOWN
    counts = len(before.task(key).parts), len(after.task(key).parts)
    if counts[0] != counts[1]:
        return f"the task has {counts[0]:,} → {counts[1]:,} parts, which the function may be told"
    if pair[0].part != pair[1].part:
        return f"the part is number {pair[0].part} → {pair[1].part}, which the function may be told"
    if before.code(pair[0]) is None or after.code(pair[1]) is None:
        return "not known: what the code was has not been kept for both runs"
    return (
        "nothing that was kept: configuration, code and rundate are the same, and so is what comes from upstream; "
        "a function that takes the time of its run may differ by it"
    )


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(one_line(name, 80) for name in names[:_MOST_NAMED]) + more
