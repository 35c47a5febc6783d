"""Removes runs, logs and results that nothing needs any more, or says what it would remove."""

from __future__ import annotations

import os
import pwd
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path

from dtscheduler.caches.folders import ACCOUNTS
from dtscheduler.crash import crash_point
from dtscheduler.errors import ResultError, SchedulerError
from dtscheduler.model.access import Identity, Right, may
from dtscheduler.model.names import name_key
from dtscheduler.model.pruning import PastAlert, PastRun, Pruned
from dtscheduler.model.run import JobQuery
from dtscheduler.model.status import RunStatus
from dtscheduler.ports import ResultCache, Store
from dtscheduler.running.removal import Hand, Looking, Removing
from dtscheduler.running.retention import (
    Keep,
    Marks,
    goes_with_run,
    is_code,
    is_run_uuid,
    place_of,
    removable,
    unneeded,
)

RUNS_AT_ONCE = 300
TASK_RUNS_AT_ONCE = 20_000
KEYS_AT_ONCE = 500
A_DAY = 86_400.0
MOST_PROBLEMS = 20


class Pruning:
    """One pruning, for one identity. A part of it that fails is told, and the others go on.

    Args:
        store: where runs are kept.
        identity: who prunes; only runs that it may write go.
        home: the workspace's folder, with a folder of logs for each run.
        cache_of: the cache with the results of runs under an account; empty for this process's own.
        keep: which runs stay.
        strangers: whether results and logs of runs that the store does not know may go. They may not where another
            store could know them.
    """

    def __init__(
        self,
        *,
        store: Store,
        identity: Identity,
        home: Path,
        cache_of: Callable[[str], ResultCache],
        keep: Keep,
        strangers: bool,
    ) -> None:
        self._store, self._identity, self._home, self._cache_of, self._keep = store, identity, home, cache_of, keep
        self._logs = home / "logs"
        self._strangers = strangers and keep.job is None
        self._jobs = {job.id: job for job in store.jobs(JobQuery())}
        self._by_name = {name_key(job.name): job for job in self._jobs.values()}
        self._to_tell = {alert.run_id for alert in store.alerts(pending=True)}
        self._tally = _Tally()
        self._gone, self._freed = Marks(), Marks()
        self._code: list[str] = []
        self._accounts = {""}
        self._accounts_gone: set[str] = set()
        self._waits_for_service = 0
        self._followed_by_others: dict[int, bool] = {}

    def look(self) -> Pruned:
        """Say what would be removed, and change nothing."""
        hand = Looking(self._store)
        self._go_through(hand)
        self._codes(hand)
        return self._outcome(dry_run=True)

    def prune(self) -> Pruned:
        """Remove it."""
        hand = Removing(self._store, self._logs)
        self._go_through(hand)
        with self._part("specs"):
            self._tally.specs = self._store.remove_unreferred()
        self._codes(hand)
        try:
            self._tally.store_bytes = self._store.compact()
        except SchedulerError as error:
            self._tally.notes.append(str(error))
        return self._outcome(dry_run=False)

    # -- within

    def _go_through(self, hand: Hand) -> None:
        with self._part("runs"):
            self._runs(hand)
        with self._part("outbox"):
            self._alerts(hand)
        with self._part("results"):
            borrowed = Marks(hand.still_borrowed())
            for cache in self._caches():
                self._results(hand, cache, borrowed)
        with self._part("logs"):
            self._folders(hand)

    def _runs(self, hand: Hand) -> None:
        going = removable(self._seen(), self._keep, may_remove=self._may_remove, awaited=self._awaited)
        for chunk in self._chunks(going):
            borrowed = list(self._store.borrowed_results([run.id for run in chunk]))
            done = hand.runs(chunk)
            self._tally.task_runs += done.task_runs
            for run_id, key in borrowed:
                if run_id in done.run_ids:
                    self._freed.add(key)
            for run in chunk:
                if run.id in done.run_ids:
                    self._tally.count(run)
                    self._accounts_gone.add(run.run_as)
                    if run.status is not RunStatus.EXPIRED:  # it has left nothing
                        self._gone.add(run.uuid)
            crash_point("runs-pruned")

    def _seen(self) -> Iterator[PastRun]:
        for run in self._store.past_runs():
            self._accounts.add(run.run_as)
            yield run

    def _chunks(self, runs: Iterator[PastRun]) -> Iterator[list[PastRun]]:
        """Runs in chunks that are removed in one short transaction each."""
        while few := list(islice(runs, RUNS_AT_ONCE)):
            counts = self._store.task_run_counts([run.id for run in few])
            chunk: list[PastRun] = []
            size = 0
            for run in few:
                size += counts.get(run.id, 0)
                if chunk and size > TASK_RUNS_AT_ONCE:
                    yield chunk
                    chunk, size = [], counts.get(run.id, 0)
                chunk.append(run)
            yield chunk

    def _may_remove(self, run: PastRun) -> bool:
        job = self._jobs.get(run.job_id) if run.job_id is not None else None
        return may(self._identity, Right.WRITE, job or run)

    def _awaited(self, run: PastRun) -> bool:
        """Whether somebody is still to be told of a run, or jobs that run after it have not been started."""
        if run.id in self._to_tell:
            return True
        job = self._jobs.get(run.job_id) if run.job_id is not None else None
        if run.followed or job is None:
            return False
        if job.id not in self._followed_by_others:
            self._followed_by_others[job.id] = bool(self._store.run_after_jobs(job))
        self._waits_for_service += self._followed_by_others[job.id]
        return self._followed_by_others[job.id]

    def _alerts(self, hand: Hand) -> None:
        going = (alert.id for alert in self._store.past_alerts(self._keep.since) if self._may_remove_alert(alert))
        while few := list(islice(going, KEYS_AT_ONCE)):
            self._tally.alerts += hand.alerts(few)

    def _may_remove_alert(self, alert: PastAlert) -> bool:
        if self._keep.job is not None and name_key(self._keep.job) != name_key(alert.job_name):
            return False
        if alert.run is not None:
            return self._may_remove(alert.run)
        job = self._by_name.get(name_key(alert.job_name))
        return job is None or may(self._identity, Right.WRITE, job)

    def _caches(self) -> list[ResultCache]:
        """The caches with results of runs, each once, whatever the accounts that share one."""
        opened = [self._opened(account) for account in sorted(self._accounts)]
        return list({id(cache): cache for cache in opened if cache is not None}.values())

    def _results(self, hand: Hand, cache: ResultCache, borrowed: Marks) -> None:
        with self._part("results"):
            failed: set[str] = set()
            for shard, keys in groupby(self._listed(cache), key=_shard):
                while few := list(islice(keys, KEYS_AT_ONCE)):
                    if shard not in failed and not self._results_among(hand, cache, few, borrowed):
                        failed.add(shard)  # else each of its batches would wait as long as the first

    def _listed(self, cache: ResultCache) -> Iterator[str]:
        """The keys of a cache; that some cannot be listed is told, and does not keep the others from being removed."""
        try:
            yield from cache.keys()
        except ResultError as error:
            self._tally.tell(f"results: {error}")

    def _results_among(self, hand: Hand, cache: ResultCache, keys: Sequence[str], borrowed: Marks) -> bool:
        """Remove those of some keys that nothing needs. The store is asked about them after they were listed."""
        self._code += filter(is_code, keys)
        places = {key: place for key in keys if (place := place_of(key))}
        runs = self._store.runs_of({place.run_uuid for place in places.values()})
        stay = {uuid: run for uuid, run in runs.items() if uuid not in self._gone}
        own = [(stay[p.run_uuid].id, p.task, p.part) for p in places.values() if p.run_uuid in stay]
        referred = self._store.own_results(own) | {key for key in places if key in borrowed}
        going = unneeded(
            places,
            runs,
            referred,
            gone=self._gone,
            freed=self._freed,
            strangers=self._strangers,
            superseded=self._superseded,
        )
        strange = [key for key in going if (uuid := places[key].run_uuid) not in runs and uuid not in self._gone]
        unknown = [key for key in strange if key not in self._freed]
        known = sorted(set(going) - set(unknown))
        try:
            self._tally.add_results(hand.results(cache, known, 0.0))
            self._tally.add_results(hand.results(cache, unknown, A_DAY))
        except ResultError as error:
            self._tally.tell(f"results: {error}")
            return False
        return True

    def _superseded(self, run: PastRun) -> bool:
        return self._keep.concerns(run) and self._may_remove(run)

    def _codes(self, hand: Hand) -> None:
        """Remove functions kept by value that no spec names; one that is about to be named was just written."""
        cache, found = self._opened(""), iter(self._code)
        while cache is not None and self._strangers and (few := list(islice(found, KEYS_AT_ONCE))):
            with self._part("code"):
                needed = self._store.code_keys()
                self._tally.add_results(hand.results(cache, [key for key in few if key not in needed], A_DAY))

    def _opened(self, account: str) -> ResultCache | None:
        if _has_results_here(account, self._home):
            try:
                return self._cache_of(account)
            except SchedulerError as error:
                self._tally.tell(f"results: {error}")
        elif account in self._accounts_gone:
            self._tally.notes.append(f"results of runs under {account!r} are not here, or not ours, and are left alone")
        return None

    def _folders(self, hand: Hand) -> None:
        names = (entry for entry in _entries(self._logs) if is_run_uuid(entry.name))
        while few := list(islice(names, KEYS_AT_ONCE)):
            runs = self._store.runs_of([entry.name for entry in few])
            for entry in few:
                run = runs.get(entry.name)
                if goes_with_run(entry.name, run, gone=self._gone, strangers=self._strangers):
                    self._folder(hand, entry, known=entry.name in self._gone)

    def _folder(self, hand: Hand, entry: os.DirEntry[str], *, known: bool) -> None:
        try:
            found = entry.stat(follow_symlinks=False)
            if not entry.is_dir(follow_symlinks=False) or found.st_uid != os.getuid():
                self._tally.left_alone.append(entry.name)
            elif known or time.time() - found.st_mtime > A_DAY:
                self._tally.log_bytes += hand.folder(Path(entry.path))
                self._tally.logs += 1
        except OSError as error:
            self._tally.tell(f"the logs in {entry.path} cannot be removed: {error.strerror or error}")

    @contextmanager
    def _part(self, what: str) -> Iterator[None]:
        try:
            yield
        except (SchedulerError, OSError) as error:
            self._tally.tell(f"{what}: {error}")

    def _outcome(self, *, dry_run: bool) -> Pruned:
        notes = list(self._tally.notes)
        if self._waits_for_service:
            notes.append(
                "runs that stay because jobs that run after them have not been started yet: "
                f"{self._waits_for_service}; a service does that: dtscheduler serve --once"
            )
        if alone := self._tally.left_alone:
            notes.append(f"{len(alone)} entries in {self._logs} belong to others or are no folders: {alone[0]}, ...")
        if self._keep.job is None and not self._strangers:
            notes.append("what belongs to runs that this store does not know is left alone: another one may know them")
        return self._tally.pruned(dry_run=dry_run, notes=notes)


class _Tally:
    """What has gone so far."""

    def __init__(self) -> None:
        self.by_job: Counter[str] = Counter()
        self.times: list[datetime] = []
        self.task_runs = self.results = self.result_bytes = self.logs = self.log_bytes = self.alerts = self.specs = 0
        self.store_bytes = self.untold = 0
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.left_alone: list[str] = []

    def count(self, run: PastRun) -> None:
        ended = run.ended or run.submitted
        self.by_job[run.job_name] += 1
        self.times = [min([ended, *self.times]), max([ended, *self.times])]

    def add_results(self, count_and_bytes: tuple[int, int]) -> None:
        self.results += count_and_bytes[0]
        self.result_bytes += count_and_bytes[1]

    def tell(self, problem: str) -> None:
        if problem in self.problems:
            return
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)
        else:
            self.untold += 1

    def pruned(self, *, dry_run: bool, notes: Sequence[str]) -> Pruned:
        more = [f"and {self.untold} more such problems"] if self.untold else []
        return Pruned(
            dry_run=dry_run,
            by_job=dict(self.by_job.most_common()),
            oldest=self.times[0] if self.times else None,
            newest=self.times[-1] if self.times else None,
            task_runs=self.task_runs,
            results=self.results,
            result_bytes=self.result_bytes,
            logs=self.logs,
            log_bytes=self.log_bytes,
            alerts=self.alerts,
            specs=self.specs,
            store_bytes=self.store_bytes,
            problems=(*self.problems, *more),
            notes=tuple(notes),
        )


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    if not folder.is_symlink() and folder.is_dir():
        with os.scandir(folder) as entries:
            yield from entries


def _has_results_here(account: str, home: Path) -> bool:
    """Whether there can be results of an account in a workspace; nothing is made only to look."""
    if not account:
        return True
    try:
        uid = pwd.getpwnam(account).pw_uid
    except (KeyError, ValueError):
        return False
    return uid == os.getuid() or (os.getuid() == 0 and (home / ACCOUNTS / str(uid)).is_dir())


def _shard(key: str) -> str:
    return key.rpartition("@")[2] if "@" in key else ""
