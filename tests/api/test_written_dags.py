"""A DAG made of a spec, and a DAG written as the Python text that builds it."""

import ast
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtscheduler import DAG, ParallelTask, Priority, Schedule, Task, batch, grid
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.names import name_problem
from dtscheduler.running.importing import quiet_import
from dtscheduler.stores.specs import read_spec, write_spec

names = st.text(min_size=1, max_size=12).filter(lambda name: name_problem(name) is None)
hostile = st.sampled_from(
    ['say "hi"', "it's", "a\\b", "{x}", '"""', "'''", "# not a comment", "é ☂ 数", "dag", "class", "9 lives", "=cmd()"]
)
atoms = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    hostile,
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC, ZoneInfo("Europe/Paris"), timezone(timedelta(hours=-3))])),
    st.decimals(allow_nan=False),
)
values = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=6), inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.sets(st.integers() | st.text(max_size=3), max_size=3),
        st.frozensets(st.integers(), max_size=3),
    ),
    max_leaves=12,
)
configs = st.dictionaries(st.text(max_size=6), values, max_size=3)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "CPU": st.integers(1, 9000),
        "Retries": st.integers(0, 3),
        "Priority": st.sampled_from(Priority),
        "Isolation": st.just("process"),
        "Description": st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
        "Image": names,
    },
)


@batch()
def load(year, *origins, scale=1.0, **rest):
    return year


@batch()
def total(loads, /, *, factor=1):
    return loads


def built_by(text):
    """What the text builds; a DevRun in it is not run."""
    made = {}
    with quiet_import():
        exec(compile(text, "written", "exec"), made)
    return made["dag"]


def the_same_again(dag):
    text = dag.python()
    assert built_by(text).spec() == dag.spec(), text
    return text


def waiting_for(dag, *edges):
    for upstream, downstream in edges:
        for left in upstream:
            dag[left] >> dag[downstream]


@pytest.fixture
def dag():
    return DAG(Name="Flights", Image="Flights")


def tasks_of(dag, names):
    return [Task(Name=name, Entrypoint="a.b", dag=dag) for name in names]


# Python


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_text_of_any_dag_builds_an_equal_one(data):
    dag = DAG(Name=data.draw(names | hostile), Image="Any image")
    for name in data.draw(st.lists(names | hostile, min_size=1, max_size=6, unique_by=lambda name: name.casefold())):
        if any(task.name == name for task in dag.tasks):
            continue
        given = data.draw(parameters)
        if data.draw(st.booleans()):
            Task(Name=name, Entrypoint="a.b", dag=dag, ConfigurationJson=data.draw(configs), **given)
        else:
            parts = [{"Name": f"{number}", "Description": "", **data.draw(configs)} for number in range(2)]
            parts = [{**part, "Name": f"{number}", "Description": ""} for number, part in enumerate(parts)]
            ParallelTask(Name=name, Entrypoint="a.b", dag=dag, ConfigurationJson=parts, **given)
    for number, task in enumerate(dag.tasks):
        for other in data.draw(st.lists(st.sampled_from(dag.tasks[:number]), max_size=3) if number else st.just([])):
            other >> task
    the_same_again(dag)


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=8), st.data())
def test_the_text_of_calls_builds_equal_ones(years, data):
    with DAG(Name="Flights", Image="Flights") as dag:
        made = []
        for year in years:
            upstream = data.draw(st.lists(st.sampled_from(made), max_size=2)) if made else []
            if upstream and data.draw(st.booleans()):
                made.append(total([*upstream, year], factor=year))
            elif data.draw(st.booleans()):
                made.append(load(year, *upstream, "JFK", scale=0.5, extra={"of": upstream}))
            else:
                made.append(load(year=year))
            if data.draw(st.booleans()):
                made[-1].alias(f"step {len(made)}")
            if data.draw(st.booleans()):
                made[-1].options(CPU=4000, ConfigurationJson={"month": len(made)})
            if made[:-1] and data.draw(st.booleans()):
                data.draw(st.sampled_from(made[:-1])) >> made[-1]
    the_same_again(dag)


axes = st.dictionaries(
    st.sampled_from(["origin", "month", "first month", "limit", "{x}", "a.b", "class", "day", "api_key", "π"]),
    st.lists(atoms, min_size=1, max_size=3, unique_by=lambda value: (type(value), str(value))),
    min_size=1,
    max_size=3,
)


@settings(max_examples=80)
@given(axes, st.booleans())
def test_the_text_of_any_grid_builds_an_equal_one(axes, templates):
    dag = DAG(Name="Flights", Image="Flights")
    try:
        cells = list(grid(axes))
        if templates:
            cells = [
                {**cell, "Description": f"{{{number % 2}}} of {list(cell.values())[2:]}"}
                for number, cell in enumerate(cells)
            ]
        ParallelTask(Name="cells", Entrypoint="a.b", ConfigurationJson=cells, dag=dag)
    except InvalidJobError:  # values that give the same name, or text that no description may have
        return
    text = the_same_again(dag)
    assert templates or len(cells) == 1 or "grid(" in text


def test_all_parameters_of_a_dag_stand_in_its_text(tmp_path):
    dag = DAG(
        Name='Flights of "2013"',
        Tag="prod",
        Schedule=Schedule(
            at_hours=[18], weekdays=["Mon"], first_last={"Weekday": "Fri", "Which": "Last"}, timezone="Europe/Paris"
        ),
        DevRun=True,
        WorkDir=tmp_path,
        Labels=["a", "b"],
        FailAfter="1h 30m",
        FailAfterRunChildren="always",
        RunAs="ada",
        Owner="bob",
        Group="staff",
        Permissions="rwr---",
        Priority="HIGH",
        AlertEmail="ada@example.org, bob@example.org",
        AlertOnlyFailures=True,
        AlertSMS="+33 6 12 34 56 78",
        Reuse="content",
        CatchUp="all",
        CatchUpWindow=timedelta(days=2, microseconds=5),
        Overlap="skip",
    )
    tasks_of(dag, ["read"])
    text = the_same_again(dag)
    assert 'FailAfter="1h 30m"' in text and "Priority=Priority.HIGH" in text


def test_only_what_differs_from_the_defaults_stands_in_the_text(dag):
    Task(Name="read", Entrypoint="flights.read", CPU=4000, dag=dag)
    assert dag.python() == (
        "from dtscheduler import DAG, Task\n\n"
        'with DAG(Name="Flights", Image="Flights") as dag:\n'
        '    Task(Name="read", Entrypoint="flights.read", CPU=4000)\n'
    )


def test_a_product_of_parameters_is_written_as_a_grid(dag):
    cells = grid(
        origin=["EWR", "JFK"], month=range(1, 13), day=[date(2013, 1, 1)], arg_translation_table={"read": "tables"}
    )
    ParallelTask(Name="delays", Entrypoint="flights.delays", ConfigurationJson=cells, dag=dag)
    text = the_same_again(dag)
    assert 'origin=["EWR", "JFK"]' in text and "month=range(1, 13)" in text and "day=[date(2013, 1, 1)]" in text


def test_names_with_a_rule_are_written_as_a_template(dag):
    cells = [
        {
            "Name": f"{{{origin}}} {month:03}",
            "Description": f"In {month}: {fast}",
            "origin": origin,
            "month": month,
            "fast": fast,
        }
        for origin in ("EWR", "JFK")
        for month in (1, 10)
        for fast in (True,)
    ]
    ParallelTask(Name="delays", Entrypoint="flights.delays", ConfigurationJson=cells, dag=dag)
    text = the_same_again(dag)
    assert 'name="{{{origin}}} {month:03d}"' in text and 'description="In {month}: {fast!s}"' in text


def test_axes_that_are_no_keywords_are_written_as_a_dict(dag):
    cells = grid({"first month": [1, 2], "limit": [10, 20]})
    ParallelTask(Name="delays", Entrypoint="flights.delays", ConfigurationJson=cells, dag=dag)
    assert 'grid({"first month": [1, 2], "limit": [10, 20]})' in the_same_again(dag)


@pytest.mark.parametrize("drop", [0, 5, 11])
def test_parts_that_are_no_product_are_written_one_by_one(dag, drop):
    cells = list(grid(origin=["EWR", "JFK"], month=range(1, 7)))
    del cells[drop]
    ParallelTask(Name="delays", Entrypoint="flights.delays", ConfigurationJson=cells, dag=dag)
    assert "grid" not in the_same_again(dag)


def test_parts_in_another_order_are_no_grid(dag):
    cells = list(grid(origin=["EWR", "JFK"], month=[1, 2]))[::-1]
    cells[0], cells[1] = cells[1], cells[0]
    ParallelTask(Name="delays", Entrypoint="flights.delays", ConfigurationJson=cells, dag=dag)
    assert "grid" not in the_same_again(dag)


def test_edges_are_written_with_few_arrows(dag):
    tasks_of(dag, "abcdef")
    waiting_for(dag, ("a", "b"), ("a", "c"), ("bc", "d"), ("d", "e"), ("ad", "f"))
    text = the_same_again(dag)
    assert text.splitlines()[-2:] == ["    a >> [b, c] >> d >> e", "    [a, d] >> f"]


def test_lists_on_both_sides_of_an_edge_are_written_as_a_loop(dag):
    tasks_of(dag, "abcde")
    waiting_for(dag, ("ab", "c"), ("ab", "d"), ("cd", "e"))
    text = the_same_again(dag)
    assert text.splitlines()[-3:] == ["    for task in [c, d]:", "        [a, b] >> task", "    [c, d] >> e"]


def test_a_long_chain_is_written_on_lines_of_readable_length(dag):
    tasks = tasks_of(dag, [f"step {number}" for number in range(300)])
    for before, after in zip(tasks, tasks[1:], strict=False):
        before >> after
    assert max(map(len, the_same_again(dag).splitlines())) <= 120


def test_calls_are_written_as_calls(dag):
    with DAG(Name="Flights", Image="Flights") as dag:
        first = load(2013, scale=2.0)
        total([first, load(2014).alias("next year")])
    text = the_same_again(dag)
    assert f"from {load.__module__} import load, total" in text
    assert "    load_task = load(year=2013, scale=2.0)" in text
    assert 'next_year = load(year=2014).alias("next year")' in text
    assert "total([load_task, next_year])" in text


def test_a_function_that_no_file_holds_is_named_in_a_comment():
    @batch()
    def nearby(x):
        return x

    with DAG(Name="Flights", Image="Flights") as dag:
        nearby(7).alias("line\u00e9 # 'x'")
    text = dag.python()
    assert "define nearby() here, marked with @batch()" in text
    made = {"nearby": nearby}
    exec(text, made)
    assert made["dag"].spec() == dag.spec()


def test_text_from_others_cannot_leave_its_quotes(dag):
    evil = "x\"); raise SystemExit('''\\"
    Task(Name=evil, Entrypoint="a.b", Description='\n"""\r{x}\u2028\u202e', ConfigurationJson={evil: [evil]}, dag=dag)
    tree = ast.parse(the_same_again(dag))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]


def test_a_dev_run_is_written_so_that_building_it_does_not_run_it(tmp_path):
    dag = DAG(Name="Flights", DevRun=True, WorkDir=tmp_path)
    tasks_of(dag, ["read"])
    made = {}
    exec(dag.python(), made)
    assert made["dag"].spec() == dag.spec() and made["dag"].last_run is None


def test_calls_that_came_in_a_spec_are_written_as_their_file_takes_them(work_dir, monkeypatch):
    folder = work_dir(
        {"delays_of_a_spec.py": "from dtscheduler import batch\n@batch()\ndef load(y, /, *of, far=1, **rest): ..."}
    )
    monkeypatch.syspath_prepend(folder)
    with quiet_import(), DAG(Name="Flights", DevRun=True, WorkDir=folder) as dag:
        from delays_of_a_spec import load as loaded

        loaded(2013, "EWR", loaded(2014), far=2, near=3)
    text = the_same_again(DAG.from_spec(dag.spec()))
    assert 'load(2013, "EWR", load_task, far=2, near=3)' in text
    assert f"# run this in {str(folder)!r}" in text


# Specs


def test_a_dag_made_of_a_spec_has_that_spec(dag):
    cells = grid(month=[1, 2], day=[Decimal("1.5"), datetime(2013, 1, 1)])
    ParallelTask(Name="delays", Entrypoint="a.b", ConfigurationJson=cells, Retries=3, dag=dag)
    dag["delays"] >> Task(Name="rank", Entrypoint="a.c", dag=dag)
    spec = read_spec(write_spec(dag.spec()))
    assert DAG.from_spec(spec).spec() == dag.spec()
    assert isinstance(DAG.from_spec(spec)["delays"], ParallelTask)


def test_a_dag_made_of_a_spec_can_be_added_to(dag):
    tasks_of(dag, ["read"])
    again = DAG.from_spec(dag.spec())
    with again:
        again["read"] >> Task(Name="rank", Entrypoint="a.c")
    again["rank"].options(CPU=4000)
    assert again.spec().upstream == ((), (0,)) and again.spec().tasks[1].needs.cpu_mhz == 4000


def test_options_of_a_call_that_came_in_a_spec_keep_the_call(dag):
    with DAG(Name="Flights", Image="Flights") as dag:
        load(2013)
    again = DAG.from_spec(dag.spec())
    again["load"].options(CPU=4000)
    assert again.spec().tasks[0].call == dag.spec().tasks[0].call
    with pytest.raises(InvalidJobError, match="Entrypoint is given by the function"):
        again["load"].options(Entrypoint="a.b")


def test_a_spec_that_no_dag_gives_is_refused(dag):
    from dataclasses import replace

    tasks_of(dag, ["read", "rank"])
    spec = dag.spec()
    for wrong, complaint in [
        (replace(spec, upstream=((1,), (0,))), "would wait for itself"),
        (replace(spec, upstream=((),)), "edges for 1"),
        (replace(spec, upstream=((), (7,))), "waits for a task that is not there"),
        (replace(spec, tasks=spec.tasks[:1] * 2), "two tasks 'read'"),
    ]:
        with pytest.raises(InvalidJobError, match=complaint):
            DAG.from_spec(wrong)


def test_a_function_kept_by_value_runs_from_a_spec(workspace, work_dir):
    @batch()
    def answer(of):
        return of + 1

    from dtscheduler.api.code import settled

    dag = DAG(Name="Kept", DevRun=True, WorkDir=work_dir({"empty.py": ""}))
    with quiet_import(), dag:
        answer(41)
    spec, _ = settled(dag, workspace)
    again = DAG.from_spec(read_spec(write_spec(spec)))
    assert [row.fate for row in again.plan().rows()] == ["to run"]
    assert again.save().name == "Kept"
    assert again.run(executor="inline").result("answer") == 42


def test_where_the_function_of_a_call_is_out_of_reach_the_text_says_that_its_arguments_stand_by_name(image):
    folder = image("Risk", {"far_away.py": "from dtscheduler import batch\n@batch()\ndef load(*rest, **more): ...\n"})
    sys.path.insert(0, str(folder))
    try:
        from far_away import load
    finally:
        sys.path.remove(str(folder))
    with DAG(Name="Far", Image="Risk") as dag:
        load(1, 2, k=3)
    assert "load(1, 2, k=3)" in dag.python()
    text = DAG.from_spec(dag.spec()).python()
    assert "# how 'far_away.load' takes its arguments is not known here, so all stand by name:" in text
