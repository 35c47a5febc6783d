"""Whatever happens in whatever order - time, edits, pauses, ends, two services - the promises hold."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from given import NOON
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dtscheduler.firing import Firing
from dtscheduler.hosting import Host
from dtscheduler.model.access import Identity
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import JobQuery, RunChange, RunQuery, Trigger
from dtscheduler.model.schedule import AfterCondition, AfterSchedule, CatchUp, FiringPolicy, Overlap, TimeSchedule
from dtscheduler.model.status import RunStatus
from dtscheduler.settings import Settings
from dtscheduler.stores.memory import MemoryStore
from dtscheduler.testing import Clock
from dtscheduler.timing.calendar import fires_between, next_fire
from dtscheduler.timing.due import follows
from dtscheduler.workspace import Workspace

ADA = Identity(user="ada", admin=True)
FIRES = (Trigger.SCHEDULE, Trigger.AFTER)
WAITING, UNDER_WAY = (RunStatus.SCHEDULED,), (RunStatus.READY, RunStatus.RUNNING)
schedules = st.sampled_from(
    [
        TimeSchedule(at_minutes=(0,)),
        TimeSchedule(every_minute=20),
        TimeSchedule(at_hours=(13, 15), at_minutes=(30,), timezone="Europe/Paris"),
        TimeSchedule(at_hours=(18,)),
    ]
)
policies = st.builds(FiringPolicy, catch_up=st.sampled_from(CatchUp), overlap=st.sampled_from(Overlap))
ends = st.sampled_from([RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.FAILED_AFTER, RunStatus.STOPPED])
minutes = st.integers(0, 400).map(lambda number: timedelta(minutes=number, seconds=number % 61))


def a_spec(name, schedule, firing):
    task = TaskSpec(name="one", entrypoint="steps.one", parts=(PartSpec("one"),))
    access = AccessSpec(owner="ada", group="quants")
    return JobSpec(name=name, tasks=(task,), upstream=((),), access=access, schedule=schedule, firing=firing)


class Services(RuleBasedStateMachine):
    """Two services over one store, two jobs that fire, and jobs that run after the first of them."""

    def __init__(self):
        super().__init__()
        self.clock, self.store = Clock(NOON), MemoryStore()
        host = Host(home=Path("/nowhere"), python="", open_store=lambda: self.store, open_cache=None,
                    make_executor=None, clock=self.clock, identity=ADA, grace_seconds=0)  # fmt: skip
        self.place = Workspace(
            host=host, identity_of=lambda user: ADA, settings=Settings(home=Path("/nowhere")), make_alerter=None
        )
        self.services = [Firing(self.store, self.clock, lambda user: ADA) for _ in range(2)]
        self.since = {}

    @initialize(schedule=schedules, firing=policies)
    def begin(self, schedule, firing):
        self.save("first", schedule, firing)
        self.save("second", TimeSchedule(every_minute=20), FiringPolicy())
        for condition in AfterCondition:
            self.save(condition.value, AfterSchedule(job_name="first", condition=condition), FiringPolicy())
        self.look(self.services[0])

    def save(self, name, schedule, firing):
        """What ``Workspace.save`` does, without looking the code up."""
        now = self.clock.now()
        found = self.store.jobs(JobQuery(name=name))
        for job in found:
            self.place.firing.settle(job, now)
            if isinstance(job.schedule, TimeSchedule):
                self.check_instants(job, now)
        due = next_fire(schedule, now) if isinstance(schedule, TimeSchedule) else None
        saved = self.store.save_job(a_spec(name, schedule, firing), saved_by="ada", now=now, next_fire=due)
        if not found or found[0].version != saved.version:
            self.since[name] = saved.settled

    def look(self, service):
        now = self.clock.now()
        for _ in range(20):
            if not service.fire(now) + service.follow(now) + service.admit():
                return
        raise AssertionError("there is always something to do: it is a busy loop")

    # -- what happens

    @rule(length=minutes, number=st.integers(0, 1))
    def time_passes(self, length, number):
        self.clock.step(length)
        self.look(self.services[number])

    @rule(length=minutes)
    def nobody_looks(self, length):
        self.clock.step(length)

    @rule(length=minutes)
    def the_clock_is_set_back(self, length):
        self.clock.step(-length)
        now = self.clock.now()
        ahead = [job for job in self.store.jobs(JobQuery()) if job.settled > now and job.next_fire]
        self.services[0].after_clock_change(now)
        self.since |= {job.name: now for job in ahead}
        self.look(self.services[0])

    @rule(seconds=st.integers(1, 29), number=st.integers(0, 1))
    def the_clock_falters_and_nobody_notices(self, seconds, number):
        self.clock.step(timedelta(seconds=-seconds))
        self.look(self.services[number])

    @rule(schedule=schedules, firing=policies, name=st.sampled_from(["first", "second"]))
    def somebody_saves(self, schedule, firing, name):
        self.save(name, schedule, firing)

    @rule(name=st.sampled_from(["first", "second", "always"]))
    def somebody_pauses_or_goes_on(self, name):
        self.place.unpause(name) if self.place.job(name).paused else self.place.pause(name)

    @rule(name=st.sampled_from(["first", "second"]))
    def somebody_runs_it_by_hand(self, name):
        self.place.submit_job(name, rundate=None)

    @rule(days=st.integers(1, 5), most=st.integers(1, 3))
    def somebody_fills_a_gap(self, days, most):
        today = self.clock.now().date()
        dates = [today - timedelta(days=number) for number in range(days)]
        self.place.backfill("second", dates, most_active=most)

    @rule()
    def a_driver_begins_what_is_ready(self):
        for run in self.store.claimable(3, None):
            epoch = self.store.take_lease(run.id, holder="here:1:1", until=self.clock.now(), from_epoch=0)
            change = RunChange(status=RunStatus.RUNNING, started=self.clock.now())
            self.store.record(run.id, epoch, lease_until=self.clock.now(), change=change)

    @rule(end=ends)
    def runs_end(self, end):
        for run in self.store.begun()[:2]:
            change = RunChange(status=end, reason="so", ended=self.clock.now())
            self.store.record(run.id, run.lease_epoch, lease_until=None, change=change)
        self.look(self.services[1])

    @rule()
    def somebody_stops_a_run_that_waits(self):
        for run in self.store.runs(RunQuery(statuses=WAITING, limit=1)):
            self.place.stop(run.id)

    # -- what holds

    @invariant()
    def the_promises(self):
        for service in self.services:
            self.look(service)
        self.nothing_is_due()
        self.every_instant_that_is_settled_has_one_run()
        self.a_run_that_has_ended_says_why()
        self.one_fire_is_active_and_one_waits_at_most()
        self.no_more_of_a_backfill_are_active_than_may_be()
        self.what_runs_after_the_first_does_so_once_for_each_of_its_runs()

    def nothing_is_due(self):
        due = self.store.next_due()
        assert due is None or due > self.clock.now()

    def every_instant_that_is_settled_has_one_run(self):
        for job in self.store.jobs(JobQuery()):
            if isinstance(job.schedule, TimeSchedule):
                self.check_instants(job, job.settled)

    def check_instants(self, job, until):
        found = Counter(run.scheduled for run in self.store.runs(RunQuery(job_id=job.id)) if run.scheduled)
        assert set(found.values()) <= {1}, f"{job.name}: an instant has two runs"
        missing = set(fires_between(job.schedule, self.since[job.name], until)) - found.keys()
        assert not missing, f"{job.name}: {missing} have none"

    def a_run_that_has_ended_says_why(self):
        assert all(run.reason and run.ended for run in self.store.runs(RunQuery()) if run.status.final)

    def one_fire_is_active_and_one_waits_at_most(self):
        for job in self.store.jobs(JobQuery()):
            fired = [run for run in self.store.runs(RunQuery(job_id=job.id)) if run.trigger in FIRES]
            waiting = sum(run.status in WAITING for run in fired)
            if job.version == 1:  # what waits under an earlier policy may have to wait for the next look at it
                assert waiting <= 1 or job.firing.catch_up is CatchUp.ALL
                assert waiting == 0 or job.firing.overlap is Overlap.WAIT
                assert sum(run.status in UNDER_WAY for run in fired) <= 1 or job.firing.overlap is Overlap.ALLOW

    def no_more_of_a_backfill_are_active_than_may_be(self):
        active = self.store.runs(RunQuery(trigger=Trigger.BACKFILL, statuses=UNDER_WAY))
        counted = Counter((run.backfill, run.most_active) for run in active)
        assert all(count <= most for (_, most), count in counted.items())

    def what_runs_after_the_first_does_so_once_for_each_of_its_runs(self):
        before = self.store.runs(RunQuery(job_name="first"))
        ended = {run.id: run for run in before if run.ended and run.ended >= NOON}  # since those were saved
        for condition in AfterCondition:
            (job,) = self.store.jobs(JobQuery(name=condition.value))
            found = [run.after_run for run in self.store.runs(RunQuery(job_id=job.id))]
            matching = [run.id for run in ended.values() if follows(condition, run.status, AfterCondition.SUCCESS)]
            assert Counter(number for number in found if number in ended) == Counter(matching)


TestServices = Services.TestCase
TestServices.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
