"""Who may do what: asked by the workspace before it does anything, under every interface."""

from __future__ import annotations

from dtscheduler.caches.account import privileged
from dtscheduler.errors import AccessError, InvalidJobError
from dtscheduler.firing import cycle_of
from dtscheduler.model.access import Identity, Owned, Right, may
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import JobQuery
from dtscheduler.model.saved import ImageRecord, JobRecord
from dtscheduler.model.schedule import AfterSchedule
from dtscheduler.ports import Store


class Gate:
    """The checks for one identity.

    Args:
        store: where jobs and runs are kept.
        identity: who wants to do something.
    """

    def __init__(self, store: Store, identity: Identity) -> None:
        self._store, self._identity = store, identity

    def saved(self, name: str) -> JobRecord | None:
        """The job of a name, also if it may not be read."""
        found = self._store.jobs(JobQuery(name=name))
        return found[0] if found else None

    def require(self, right: Right, thing: Owned, title: str) -> None:
        """Raise ``AccessError`` unless there is this right on something that may be read."""
        if may(self._identity, right, thing):
            return
        who = self._identity.user
        if right is Right.OWN:
            raise AccessError(f"{who} may not change {title}: only {thing.owner}, who owns it, or an admin may")
        raise AccessError(
            f"{who} may not change {title}: it belongs to {thing.owner}, group {thing.group}, with permissions "
            f"{thing.permissions}; ask for write permission"
        )

    def require_own_image(self, image: ImageRecord) -> None:
        """Raise ``AccessError`` unless the image may be replaced: its code runs under the accounts of others."""
        if image.added_by != self._identity.user and not self._identity.admin:
            raise AccessError(
                f"{self._identity.user} may not replace image {image.name!r} ({image.tag}): only {image.added_by}, who "
                "registered it, or an admin may; choose another name"
            )

    def check_run_as(self, spec: JobSpec) -> None:
        """Raise ``AccessError`` unless the job may run under the account it asks for."""
        account = spec.access.run_as
        lent = privileged() and not self._identity.account  # root's power is not that of whoever root's page serves
        if account not in (None, self._identity.runs_as) and not (lent or self._identity.admin):
            raise AccessError(
                f"DAG {spec.name!r}: RunAs={account!r} needs root or an admin of this workspace; leave it out"
            )

    def check_save(self, spec: JobSpec, earlier: JobRecord | None) -> None:
        """Raise ``AccessError`` unless the job may be saved, over the ``earlier`` one of that name if there is one."""
        self.check_run_as(spec)
        if earlier is None:
            return
        if not may(self._identity, Right.READ, earlier):
            raise AccessError(f"DAG {spec.name!r} cannot be saved under this name; choose another Name")
        self.require(Right.WRITE, earlier, f"job {earlier.name!r}")
        access = spec.access
        if (earlier.owner, earlier.group, earlier.permissions) != (access.owner, access.group, access.permissions):
            self.require(Right.OWN, earlier, f"Owner, Group or Permissions of job {earlier.name!r}")

    def check_circle(self, spec: JobSpec, earlier: JobRecord | None) -> None:
        """Raise ``InvalidJobError`` where a job would run after itself, or after two jobs; names only what may be read."""
        after = spec.schedule
        if not isinstance(after, AfterSchedule):
            return
        if after.job_name and after.job_uuid:
            self._check_one_job(f"DAG {spec.name!r}", after.job_name, after.job_uuid)
        job_uuid = earlier.uuid if earlier else ""
        if cycle := cycle_of(self._store, spec.name, job_uuid, after, reader=self._identity):
            raise InvalidJobError(f"DAG {spec.name!r} would run after itself: {cycle}")

    def _check_one_job(self, where: str, name: str, job_uuid: str) -> None:
        by_name = self._store.jobs(JobQuery(name=name, reader=self._identity))
        by_uuid = self._store.jobs(JobQuery(uuid=job_uuid, reader=self._identity))
        if [job.uuid for job in by_name] == [job.uuid for job in by_uuid]:
            return
        found = [f"{job.name!r} has uuid {job.uuid}" for job in (*by_name, *by_uuid)]
        raise InvalidJobError(
            f"{where}: run_after_job_name and run_after_job_uuid are not of one job: {'; '.join(found)}"
        )
