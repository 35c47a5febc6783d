"""The workers of one executor: how many there are, and which of them takes the next call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from dtscheduler.executors.machine import Seat
from dtscheduler.executors.process import WorkerProcess
from dtscheduler.executors.quarters import Quarters
from dtscheduler.model.call import Environment, TaskSetup
from dtscheduler.model.job import Isolation

AHEAD_SECONDS = 0.02
AHEAD_MOST = 40
GROW_AFTER_SECONDS = 0.2


class Crew:
    """Workers that are kept and used again.

    More come only while the machine has fewer workers than cores, or when all are busy with calls that last, and CPU and
    memory that the tasks ask for are still free. Calls known to be short are sent ahead.

    Args:
        seat: the executor's place at the machine.
        quarters: what the workers of an account use; None is the account of this process.
        variables: environment variables that workers get beside those of this process.
    """

    def __init__(self, seat: Seat, quarters: Callable[[str | None], Quarters], variables: Mapping[str, str]) -> None:
        self.workers: list[WorkerProcess] = []
        self._seat, self._variables = seat, variables
        self._quarters = quarters
        self._known: dict[str | None, Quarters] = {}
        self._seconds: dict[str, float] = {}

    def quarters(self, environment: Environment) -> Quarters:
        """What workers of an environment use. Raises ``WorkerError`` where they cannot have its account."""
        account = environment.account
        if account not in self._known:
            self._known[account] = self._quarters(account)
        return self._known[account]

    def start(self, environment: Environment) -> WorkerProcess:
        """Start a worker. Raises ``WorkerError``."""
        quarters, slot = self.quarters(environment), self._seat.hire()
        try:
            worker = WorkerProcess(environment, quarters, slot=slot, variables=self._variables)
        except BaseException:
            self._seat.dismiss(slot)
            raise
        self.workers.append(worker)
        return worker

    def start_first(self, environment: Environment, parts: int) -> list[WorkerProcess]:
        """Start workers before there is anything to do: one for each core, or one where others are at work."""
        wanted = 1 if self._seat.others_work else self._seat.capacity.workers
        return [self.start(environment) for _ in range(min(parts, wanted) - len(self.workers))]

    def worker_for(self, setup: TaskSetup) -> WorkerProcess | None:
        """A worker for a call of a task, with what it needs reserved; None where there is no room now."""
        own = [w for w in self.workers if w.environment == setup.environment and not w.recalling]
        own = [w for w in own if not (w.alone and w.calls)]
        alone = setup.isolation is Isolation.PROCESS
        idle = next((w for w in own if not w.calls and not (alone and w.used)), None)
        if idle is not None:
            return self._reserved(idle, setup) if self._seat.take(setup.needs) else None
        if self._may_start():
            if self._seat.take(setup.needs):
                return self._started_for(setup)
            return None if alone else self._ahead(setup, own)
        ahead = None if alone else self._ahead(setup, own)
        if ahead is None:
            self._seat.postpone(setup.needs)
        return ahead

    def free(self, worker: WorkerProcess) -> None:
        """Give back what was reserved for a worker when it has nothing left to do."""
        if worker.reserved is not None and not worker.calls:
            reserved, worker.reserved = worker.reserved, None
            self._seat.give(reserved)

    def forget(self, worker: WorkerProcess) -> None:
        """Give back all that a worker had; it has ended."""
        worker.calls.clear()
        self.free(worker)
        if worker in self.workers:
            self.workers.remove(worker)
            self._seat.dismiss(worker.slot)
        worker.quarters.spools.forget(worker.pid)
        worker.release()

    def clear_up(self, log_dirs: Iterable[str]) -> None:
        """Remove what is left of the logs of runs in the folders of other accounts."""
        for quarters in self._known.values():
            if quarters.account is not None:
                for log_dir in log_dirs:
                    quarters.spools.clear(log_dir)

    def learn(self, setup: TaskSetup, seconds: float) -> None:
        """Remember how long a call of a task took."""
        before = self._seconds.get(setup.entrypoint, seconds)
        self._seconds[setup.entrypoint] = max(seconds, 0.7 * before + 0.3 * seconds)

    def _may_start(self) -> bool:
        if self._seat.may_hire or self._idle() is not None:
            return True
        return all(worker.begun().seconds > GROW_AFTER_SECONDS for worker in self.workers)

    def _idle(self) -> WorkerProcess | None:
        return next((worker for worker in self.workers if not worker.calls), None)

    def _started_for(self, setup: TaskSetup) -> WorkerProcess:
        try:
            if not self._seat.may_hire and (idle := self._idle()) is not None:
                idle.kill()  # of another environment, or used where a fresh process is wanted
                self.forget(idle)
            return self._reserved(self.start(setup.environment), setup)
        except BaseException:
            self._seat.give(setup.needs)
            raise

    def _reserved(self, worker: WorkerProcess, setup: TaskSetup) -> WorkerProcess:
        worker.reserved = setup.needs
        return worker

    def _ahead(self, setup: TaskSetup, own: Sequence[WorkerProcess]) -> WorkerProcess | None:
        """A busy worker to which a call that is known to be short can be sent ahead."""
        expected = self._seconds.get(setup.entrypoint)
        if expected is None or expected > AHEAD_SECONDS / 2 or self._seat.outranked:
            return None
        depth = min(AHEAD_MOST, int(AHEAD_SECONDS / max(expected, 1e-6)))
        fitting = [w for w in own if len(w.calls) < depth and _covers(w, setup)]
        return min(fitting, key=lambda worker: len(worker.calls), default=None)


def _covers(worker: WorkerProcess, setup: TaskSetup) -> bool:
    reserved, needs = worker.reserved, setup.needs
    return reserved is not None and needs.cpu_mhz <= reserved.cpu_mhz and needs.memory_mb <= reserved.memory_mb
