"""Services as processes of their own, on a workspace that a test looks into from outside; loaded with ``pytest_plugins``."""

import importlib.util
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, text

from dtscheduler import DAG, ParallelTask, Schedule, Task, use
from dtscheduler.model.run import JobQuery, RunQuery, Trigger
from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.timing.calendar import fires_between

DAY = 24 * 60 * 60 * 1_000_000
STEPS = """
def _mark(path, name):
    with open(path, "a") as file:
        file.write(f"{name}\\n")

@batch()
def load(marks, seconds=0.0):
    _mark(marks, "load")
    time.sleep(seconds)
    return 1

@batch()
def size(n, marks, seconds=0.0):
    _mark(marks, f"size-{n}")
    time.sleep(seconds)
    return n

@batch()
def flaky(marks):
    _mark(marks, "flaky")
    if Path(marks).read_text().split().count("flaky") == 1:
        raise ValueError("the first time always")
"""

_folder = Path(__file__).parent.parent / "contracts" / "conftest.py"
_spec = importlib.util.spec_from_file_location("contract_stores", _folder)
_stores = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_stores)
postgres_server, postgres_url = _stores.postgres_server, _stores.postgres_url


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def any_database(request):
    """Each kind of database; its server is started before a test looks for processes of its own."""
    if request.param == "postgres":
        request.getfixturevalue("postgres_server")
    return request.param


@pytest.fixture
def any_place(any_database, request, home, monkeypatch):
    """A workspace on each kind of database."""
    if any_database == "postgres":
        monkeypatch.setenv("DTSCHEDULER_DATABASE", request.getfixturevalue("postgres_url"))
    workspace = use(home)
    yield workspace
    workspace.close()


HURRIED = """
from datetime import timedelta
from dtscheduler.service import drivers, loop
drivers.AGAIN_SECONDS, loop.BEAT_SECONDS, loop.FINISH = 0.2, 0.5, timedelta(seconds=0.2)
from dtscheduler.cli import main
main()
"""


class ServiceProcess:
    """``dtscheduler serve``, in a process group of its own."""

    def __init__(self, arguments, log, variables, *, hurried=False):
        self._log = log
        begin = ["-c", HURRIED] if hurried else ["-m", "dtscheduler"]
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, *begin, "serve", *arguments],
                stdout=file,
                stderr=file,
                start_new_session=True,
                env=os.environ | variables,
            )

    @property
    def log(self):
        return self._log.read_text()

    @property
    def alive(self):
        return self.process.poll() is None

    def tell(self, number, *, group=False):
        (os.killpg if group else os.kill)(self.process.pid, number)

    def ended(self, seconds=20):
        """The code with which it ends by itself."""
        return self.process.wait(seconds)

    def kill(self):
        if self.alive:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def daily():
    """A schedule that fires at no time near now: only what ``rows.missed`` has made due is due."""
    return Schedule(at_hours=[(datetime.now(UTC).hour + 12) % 24])


@pytest.fixture
def serve(home, tmp_path):
    """Start a service: ``serve("--once", crash="due:1", SMTP_HOST=...)``; what is left of it is killed at the end.

    One that is ``hurried`` beats twice a second, tries what failed again after 0.2 s, and waits 0.2 s for runs that end.
    """
    started = []

    def start(*arguments, crash="", hurried=False, **settings):
        variables = {f"DTSCHEDULER_{name}": str(value) for name, value in settings.items()}
        if crash:
            variables |= {"DTSCHEDULER_TEST_MODE": "1", "DTSCHEDULER_CRASH_AT": crash}
        log = tmp_path / f"service-{len(started)}.log"
        started.append(ServiceProcess(arguments, log, variables, hurried=hurried))
        return started[-1]

    yield start
    for service in started:
        service.kill()


@pytest.fixture
def once(serve):
    """Let a service do what is due, to its end."""

    def run(**settings):
        service = serve("--once", **settings)
        assert service.ended(40) == 0, service.log

    return run


@pytest.fixture
def crashed(serve):
    """Let a service run until it reaches a crash point."""

    def run(point, *arguments, **settings):
        service = serve(*(arguments or ("--once",)), crash=point, **settings)
        assert service.ended(40) == -signal.SIGKILL, f"{point} was not reached:\n{service.log}"

    return run


@pytest.fixture
def suite(place, code, marks, daily):
    """Save a job that runs daily: a task, a fan of three parts, and one that fails at first."""
    folder = code(STEPS)

    def save(name="suite", *, seconds=0.0, parts=3, **parameters):
        dag = DAG(Name=name, DevRun=True, WorkDir=folder, Schedule=daily, **parameters)
        config = {"marks": marks.path, "seconds": seconds}
        load = Task(Name="load", Entrypoint="steps.load", ConfigurationJson=config, dag=dag)
        items = [{**config, "Name": f"p{n}", "Description": "", "n": n} for n in range(parts)]
        fan = ParallelTask(Name="size", Entrypoint="steps.size", ConfigurationJson=items, Retries=1, dag=dag)
        flaky = {"marks": marks.path}
        load >> fan >> Task(Name="flaky", Entrypoint="steps.flaky", ConfigurationJson=flaky, Retries=1, dag=dag)
        return dag.save()

    return save


@pytest.fixture
def small(place, code, marks):
    """Save a job of one task."""
    folder = code(STEPS)

    def save(name="small", *, seconds=0.0, **parameters):
        dag = DAG(Name=name, DevRun=True, WorkDir=folder, **parameters)
        config = {"marks": marks.path, "seconds": seconds}
        Task(Name="load", Entrypoint="steps.load", ConfigurationJson=config, dag=dag)
        return dag.save()

    return save


class Rows:
    """The store as its rows: ``rows("select ...")``."""

    def __init__(self, where):
        self._engine = create_engine(where if "://" in str(where) else f"sqlite:///{where}")
        self.since = {}

    def __call__(self, statement, **values):
        with self._engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    def missed(self, days, name="%"):
        """Let jobs have been without a service for so many days, and so many daily fires."""
        moved = (
            "update jobs set settled = settled - :ago, next_fire = 1 where next_fire is not null and name like :name"
        )
        self(moved, ago=days * DAY, name=name)
        for job_id, settled in self("select id, settled from jobs"):
            self.since[job_id] = min(settled, self.since.get(job_id, settled))

    def runs(self, what="status"):
        """Facts of the runs that have not expired, in their order."""
        found = self(f"select {what} from runs where status <> 'expired' order by id")
        return found if "," in what else [fact for (fact,) in found]

    def close(self):
        self._engine.dispose()


@pytest.fixture
def rows(place):
    place.store.problems()  # opens it
    with closing(Rows(place.settings.store_place)) as found:
        yield found


@pytest.fixture
def sound(place, rows):
    """Check what holds whatever has happened: ``sound()``; with ``ended=False`` while runs still go on."""

    def check(*, ended=True):
        runs = place.store.runs(RunQuery())
        for job in place.store.jobs(JobQuery()):
            if isinstance(job.schedule, TimeSchedule):
                since = min(job.created, moment(rows.since.get(job.id, 2**53)))
                fired = sorted(run.scheduled for run in runs if run.job_id == job.id and run.scheduled)
                assert fired == fires_between(job.schedule, since, job.settled)
        after = [(run.job_id, run.after_run) for run in runs if run.trigger is Trigger.AFTER]
        assert len(set(after)) == len(after)
        for run in runs:
            assert run.status.final or not ended, (run.id, run.status)
            assert run.reason or not run.status.final, run.id
            check_parts(run)
        assert place.store.problems() == []

    def check_parts(run):
        retries = [task.retries for task in place.store.spec(run.spec_hash).tasks]
        failed = [(a.task, a.part) for a in place.store.attempts(run.id) if a.status in ("failed", "out_of_memory")]
        for record in place.store.task_runs(run.id):
            assert failed.count((record.task, record.part)) <= retries[record.task]
            assert record.status.final or not run.status.final, (run.id, record.task_name)
            assert record.reason or record.status == "completed" or not record.status.final

    return check


def moment(micros):
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


@pytest.fixture
def locked(place):
    """Somebody else who writes to the file of the store, and takes long."""
    with closing(sqlite3.connect(place.settings.store_place, isolation_level=None, timeout=30)) as connection:
        yield SimpleNamespace(
            begin=lambda: connection.execute("BEGIN IMMEDIATE"), end=lambda: connection.execute("ROLLBACK")
        )
