"""Ten thousand jobs that are due at the same instant."""

from datetime import timedelta

import pytest
from given import HOURLY, NOON

from dtscheduler.firing import Firing

pytestmark = pytest.mark.slow

COUNT = 10_000
HOUR = timedelta(hours=1)


@pytest.fixture
def crowd(save, rows, ws):
    """What follows ten thousand jobs that fire at every full hour: copies of one, of three priorities."""
    save("job 0", Schedule=HOURLY)
    columns = [f'"{name}"' for _, name, *_ in rows("pragma table_info(jobs)") if name != "id"]
    copied = {
        '"uuid"': "uuid || i",
        '"name"': "'job ' || i",
        '"name_key"': "'job ' || i",
        '"priority"': "substr('LOW   NORMALHIGH  ', i % 3 * 6 + 1, 6)",
    }
    values = ", ".join(copied.get(name, name) for name in columns)
    numbers = f"with recursive n(i) as (select 1 union all select i + 1 from n where i < {COUNT - 1})"
    rows(f"insert into jobs ({', '.join(columns)}) {numbers} select {values} from jobs, n where name = 'job 0'")
    rows("update jobs set priority = trim(priority)")
    ws.clock.set(NOON + HOUR)
    return Firing(ws.place.store, ws.clock, ws.place.identity_of)


def test_all_fire_at_their_instant_and_start_by_priority(crowd, ws):
    assert crowd.fire(ws.clock.now()) == COUNT
    assert (crowd.fire(ws.clock.now()), crowd.follow(ws.clock.now()), crowd.admit()) == (0, 0, 0)
    runs = ws.place.store.claimable(COUNT, None)
    assert len({run.job_id for run in runs}) == COUNT
    assert {run.scheduled for run in runs} == {NOON + HOUR}
    assert runs == sorted(runs, key=lambda run: (run.priority.rank, run.id))
    assert ws.place.store.next_due() == NOON + 2 * HOUR
