"""How a run is submitted once, however often and from wherever it is asked for: by a token that becomes its uuid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from dtscheduler.errors import AccessError, InvalidJobError, WorkspaceError
from dtscheduler.model.run import RunQuery, RunRecord
from dtscheduler.ports import Store


def submitted_once(
    store: Store, token: str, user: str, submit: Callable[[], RunRecord], *, same: Callable[[RunRecord], bool]
) -> RunRecord:
    """The run that was submitted under a token, or else the one that ``submit`` writes now.

    Of several processes that submit under one token at the same moment one writes; the store refuses a second run of
    that uuid, and the others are given the first.

    Args:
        store: where runs are kept.
        token: 32 hexadecimal digits, from ``uuid4().hex``; empty for a run that is submitted each time.
        user: who submits.
        submit: writes the run with the uuid that ``named`` gives it, and returns it.
        same: whether a run is of what is submitted.

    Raises:
        InvalidJobError: the token is none, or something else was submitted under it.
        AccessError: somebody else has submitted a run under this token.
    """
    if not token:
        return submit()
    _check(token)
    if there := _under(store, token, user, same):
        return there
    try:
        return submit()
    except WorkspaceError:
        if there := _under(store, token, user, same):
            return there
        raise


def named(run: RunRecord, token: str) -> RunRecord:
    """A run with its token as uuid, if there is one."""
    return replace(run, uuid=token) if token else run


def _check(token: str) -> None:
    try:
        sound = UUID(hex=token).hex == token
    except (AttributeError, TypeError, ValueError):
        sound = False
    if not sound:
        raise InvalidJobError(f"a token is 32 hexadecimal digits, as uuid4().hex has them; not {token!r:.60}")


def _under(store: Store, token: str, user: str, same: Callable[[RunRecord], bool]) -> RunRecord | None:
    found = store.runs(RunQuery(uuid=token))
    if found and found[0].submitted_by != user:
        raise AccessError(f"{user} may not submit a run under this token: somebody else has; load the page again")
    if found and not same(found[0]):
        raise InvalidJobError(f"this token was used for run {found[0].id} of {found[0].job_name!r}; make another one")
    return found[0] if found else None
