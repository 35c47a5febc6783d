"""What an identity may read, as conditions: the rule of ``model.access.may``."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, not_, or_, select, true

from dtscheduler.model.access import Identity
from dtscheduler.stores.sql.tables import jobs, runs


def readable(identity: Identity, table: FromClause) -> ColumnElement[bool]:
    """What an identity may read, of a table with owner, group and permissions."""
    if identity.admin:
        return true()
    member = table.c.group.in_(sorted(identity.groups))
    letters = table.c.permissions
    of_group, of_others = func.substr(letters, 3, 1) == "r", func.substr(letters, 5, 1) == "r"
    return or_(table.c.owner == identity.user, and_(member, of_group), and_(not_(member), of_others))


def readable_run(identity: Identity) -> ColumnElement[bool]:
    """A run of a saved job is as readable as the job is now; any other run, or that of a deleted job, as it was made."""
    if identity.admin:
        return true()
    of_saved = exists().where(jobs.c.id == runs.c.job_id, jobs.c.deleted.is_(None))
    of_readable = exists().where(jobs.c.id == runs.c.job_id, jobs.c.deleted.is_(None), readable(identity, jobs))
    return or_(of_readable, and_(not_(of_saved), readable(identity, runs)))


def among_readable(identity: Identity) -> ColumnElement[bool]:
    """The same rule for very many runs: the jobs are looked at once."""
    if identity.admin:
        return true()
    open_jobs = select(jobs.c.id).where(jobs.c.deleted.is_(None), readable(identity, jobs))
    gone_jobs = select(jobs.c.id).where(jobs.c.deleted.is_not(None))
    of_none = or_(runs.c.job_id.is_(None), runs.c.job_id.in_(gone_jobs))
    return or_(runs.c.job_id.in_(open_jobs), and_(of_none, readable(identity, runs)))
