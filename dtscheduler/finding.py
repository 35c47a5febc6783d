"""Where the code of jobs is found: images say where it lies, and an executor looks there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from dtscheduler.caches.account import other_account, privileged
from dtscheduler.images.registry import Registry
from dtscheduler.model.call import EntrypointInfo, Environment, Wanted
from dtscheduler.model.job import JobSpec
from dtscheduler.ports import Executor
from dtscheduler.running.lookup import KnownCode, find_code, first_wanted
from dtscheduler.running.plan import TaskCode, bind_all

MakeExecutor = Callable[..., Executor]


class Finding:
    """Finds the code of jobs.

    Args:
        images: where code lies.
        make_executor: makes what looks there, by its name.
        account: the account that tasks run under, where it is another one than that of this process.
        meanwhile: what is worth doing while an executor starts.
    """

    def __init__(
        self,
        images: Registry,
        make_executor: MakeExecutor,
        account: Callable[[str], str | None],
        meanwhile: Callable[[], object],
    ) -> None:
        self.images, self._make_executor, self._account = images, make_executor, account
        self._meanwhile = meanwhile

    def environments(self, spec: JobSpec, run_as: str) -> list[Environment]:
        """For every task of a job, what a worker must be to execute it."""
        return self.images.environments(spec, self._account(run_as))

    def check(self, spec: JobSpec, known: Mapping[int, KnownCode]) -> None:
        """Look up all code of a job and check its account and arguments; see ``Workspace.save`` for what it raises."""
        account = self._account(spec.access.run_as or "")
        environments = self.images.environments(spec, account)
        if account and privileged():
            other_account(account)
        elif account:  # an admin may ask for it; the service that drives the runs has to be root
            environments = self.images.environments(spec, None)
        bind_all(spec, [found.info for found in self._found(spec, known, environments)])

    def code_of(self, spec: JobSpec, known: Mapping[int, KnownCode], run_as: str) -> list[TaskCode]:
        """Find the code of every task of a job, without running anything."""
        return self._found(spec, known, self.environments(spec, run_as))

    def describe(self, environment: Environment, wanted: Sequence[Wanted]) -> list[EntrypointInfo | str]:
        """Look entrypoints up in a process of their own."""
        hands = self._make_executor("processes")
        try:
            return hands.describe(environment, list(wanted))
        finally:
            hands.close()

    @contextmanager
    def hands_for(
        self, spec: JobSpec, known: Mapping[int, KnownCode], run_as: str, executor: str
    ) -> Iterator[tuple[Executor, list[TaskCode]]]:
        """An executor that is ready for a job, and the job's code as found there; it is closed after an error."""
        environments = self.environments(spec, run_as)
        hands = self._make_executor(executor)
        try:
            hands.start(environments[0], spec.part_count, first_wanted(spec, known, environments))
            self._meanwhile()
            yield hands, find_code(spec, known, environments, hands)
        except BaseException:
            hands.close()
            raise

    def _found(
        self, spec: JobSpec, known: Mapping[int, KnownCode], environments: Sequence[Environment]
    ) -> list[TaskCode]:
        hands = self._make_executor("processes")
        try:
            if wanted := first_wanted(spec, known, environments):
                hands.start(environments[0], 1, wanted)
            return find_code(spec, known, environments, hands)
        finally:
            hands.close()
