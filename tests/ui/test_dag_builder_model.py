"""A job composed step by step: edges follow their tasks, faults stand where they belong, and the way back is open."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtscheduler import DAG, Schedule, Task, batch
from dtscheduler.errors import InvalidJobError
from dtscheduler.ui.views.code import Code
from dtscheduler.ui.views.dag_building import DagBuilderModel
from dtscheduler.ui.views.drafts import CELLS, rows_before

STEPS = "from dtscheduler import batch\n" + "".join(
    f"@batch()\ndef {name}(x=1): return x\n" for name in ("load", "clean", "price", "reload")
)


@pytest.fixture
def code(work_dir):
    return Code(folder=str(work_dir({"steps.py": STEPS, "ab/load.py": "def __batch_main__(): ...\n"})))


@pytest.fixture
def model(code):
    """load, then clean, then price."""
    model = DagBuilderModel(code=code)
    model.rename_job("Risk")
    for number, name in enumerate(("load", "clean", "price")):
        model.add(f"steps.{name}", after=number - 1 if number else None)
    return model


def waits(model):
    return {row.name: row.waits_for for row in model.rows}


def faults(model):
    return [(fault.row, fault.column) for fault in model.problems]


def test_tasks_that_are_added_and_connected_make_the_dag_that_python_would(model, code):
    dag = DAG(Name="Risk", DevRun=True, WorkDir=code.folder)
    load, clean, price = (Task(Name=name, Entrypoint=f"steps.{name}", dag=dag) for name in ("load", "clean", "price"))
    load >> clean >> price
    assert model.dag.spec() == dag.spec()


def test_tasks_of_one_function_get_names_of_their_own(model):
    model.add("steps.load")
    model.add("steps.load")
    assert [row.name for row in model.rows][-2:] == ["load-1", "load-2"]


def test_what_waits_for_a_task_follows_its_new_name(model):
    model.edit(0, "name", "read")
    assert waits(model) == {"read": (), "clean": ("read",), "price": ("clean",)}
    assert model.dag["read"]


def test_edges_survive_a_name_that_two_tasks_have_for_a_moment(model):
    model.edit(0, "name", "price")
    assert faults(model) == [(2, "name")]
    model.edit(0, "name", "prices of today")
    assert waits(model) == {"prices of today": (), "clean": ("prices of today",), "price": ("clean",)}
    assert model.problems == ()


def test_nothing_waits_for_a_task_that_was_removed(model):
    model.remove(1)
    assert waits(model) == {"load": (), "price": ()}
    assert len(model.dag.tasks) == 2


def test_a_name_that_was_typed_ahead_is_tied_to_the_task_that_gets_it(model):
    model.edit(0, "waits_for", ["setup"])
    assert faults(model) == [(0, "waits_for")]
    model.edit(model.add("steps.reload"), "name", "setup")
    assert model.problems == ()
    model.edit(3, "name", "set up")
    assert waits(model)["load"] == ("set up",)


def test_connecting_twice_disconnects(model):
    model.connect(0, 2)
    assert waits(model)["price"] == ("clean", "load")
    model.connect(0, 2)
    assert waits(model)["price"] == ("clean",)


def test_a_cycle_is_refused_with_its_way_and_changes_nothing(model):
    with pytest.raises(InvalidJobError, match="'load' would wait for itself: load >> clean >> price >> load"):
        model.connect(2, 0)
    assert model.problems == ()
    assert waits(model)["load"] == ()


def test_a_cycle_that_is_typed_is_named_at_its_cell(model):
    model.edit(0, "waits_for", ["price"])
    (fault,) = model.problems
    assert (fault.column, model.dag) == ("waits_for", None)
    assert "wait for itself" in fault.message


def test_the_dag_that_was_right_last_stays_drawn(model):
    right = model.dag
    model.edit(0, "cpu_mhz", 0)
    assert (model.dag, model.drawn, faults(model)) == (None, right, [(0, "cpu_mhz")])
    with pytest.raises(InvalidJobError, match="not right yet: .*CPU"):
        model.right()
    model.edit(0, "cpu_mhz", 4000)
    assert model.drawn is model.dag is not right


def test_what_was_typed_stays_as_it_was_typed(model):
    model.edit(0, "memory_mb", "much")
    model.edit(1, "configuration", '{"x": ')
    assert (model.rows[0].memory_mb, model.rows[1].configuration) == ("much", '{"x": ')
    assert faults(model) == [(0, "memory_mb"), (1, "configuration")]


def test_a_node_is_found_by_its_drawn_name_while_another_is_typed(model):
    model.edit(0, "name", "clean")
    assert model.row_of_drawn("load") == 0
    assert [model.drawn_name(number) for number in (0, 1, None, 9)] == ["load", "clean", None, None]
    assert model.row_of_drawn("nobody") is None


def test_each_change_can_be_taken_back_and_says_what_it_was(model):
    before = model.table
    model.remove(1)
    assert model.undoes == "remove 'clean'"
    model.undo()
    assert model.table == before
    while model.undoes:
        model.undo()
    assert (model.rows, model.name) == ([], "")


def test_the_letters_of_a_word_are_one_change(model):
    for typed in ("{", '{"x"', '{"x": 5}'):
        model.edit(0, "configuration", typed)
    model.undo()
    assert model.rows[0].configuration == ""


def test_a_change_that_changes_nothing_is_none(model):
    before = model.undoes
    model.edit(0, "name", "load")
    model.put(model.table)
    assert model.undoes == before


def test_a_table_says_which_cells_changed_and_which_rows_went(model):
    table = deepcopy(model.table)
    table[0][CELLS.index("name")] = "read"
    model.put(table)
    assert waits(model)["clean"] == ("read",)
    model.put(model.table[1:])
    assert waits(model) == {"clean": (), "price": ("clean",)}
    model.put([*model.table, ["extra", "steps.load", ["clean"], 400, 400, 0, ""]])
    assert waits(model)["extra"] == ("clean",)
    assert len(model.dag.tasks) == 3


@settings(max_examples=200)
@given(st.lists(st.integers(0, 3)), st.data())
def test_rows_that_are_left_are_told_from_those_that_went(values, data):
    before = [[number, value] for number, value in enumerate(values)]
    kept = [row for row in before if data.draw(st.booleans())]
    came_from = rows_before(before, kept)
    assert [before[number] for number in came_from] == kept


def test_an_empty_cell_is_no_number_and_an_empty_row_is_said_to_lack_what_it_needs(model):
    model.put([*model.table, [None, None, None, "", 400, 0, None]])
    assert faults(model) == [(3, "name"), (3, "entrypoint"), (3, "cpu_mhz")]


def test_without_code_or_tasks_it_says_what_to_do_next():
    model = DagBuilderModel()
    assert [fault.message for fault in model.problems] == ["choose an image, or a folder for a dev run"]
    assert model.dag is None
    with pytest.raises(InvalidJobError, match="choose an image"):
        model.python()


def test_entrypoints_are_found_by_words_first_those_that_begin_so(workspace, model):
    model.entrypoints.look(workspace, model.code)
    assert model.entrypoints.found("load") == ["ab.load", "steps.load", "steps.reload"]
    assert model.entrypoints.found("LOAD ab") == ["ab.load"]
    assert model.entrypoints.found("") == [
        "ab.load",
        *(f"steps.{name}" for name in ("clean", "load", "price", "reload")),
    ]
    assert model.entrypoints.found("nothing of the kind") == []


def test_an_image_that_is_not_registered_is_said_in_words(workspace):
    model = DagBuilderModel(code=Code(image="Nope"))
    model.entrypoints.look(workspace, model.code)
    assert model.entrypoints.names == ()
    assert "Nope" in model.entrypoints.problem


def test_the_tag_and_the_schedule_are_those_of_the_job(workspace, image):
    image("Desk", {"steps.py": STEPS}, tag="prod")
    model = DagBuilderModel(code=Code(image="Desk", tag="dev"))
    model.rename_job("Risk")
    model.take(Code(image="Desk", tag="prod"))
    model.add("steps.load")
    model.plan_for(Schedule(at_hours=[18]))
    assert (model.dag.spec().tag, model.dag.schedule) == ("prod", Schedule(at_hours=[18]))


def test_a_dag_to_start_from_is_the_same_until_it_is_changed(code):
    dag = DAG(Name="Risk", DevRun=True, WorkDir=code.folder, Labels=["eur"], Schedule=Schedule(at_hours=[3]))
    Task(Name="a", Entrypoint="steps.load", Disk=900, dag=dag) >> Task(Name="b", Entrypoint="steps.clean", dag=dag)
    model = DagBuilderModel(dag=dag)
    assert model.dag.spec() == dag.spec()
    model.edit(0, "name", "first")
    assert (model.dag["first"].spec.needs.disk_mb, model.dag.spec().labels) == (900, ("eur",))
    assert model.dag.spec().upstream == ((), (0,))


@batch()
def load(day): ...


@batch()
def bare(): ...


def test_tasks_made_by_calls_keep_their_functions_and_their_edges():
    with DAG(Name="Calls", Image="Desk") as dag:
        load("today")
    model = DagBuilderModel(dag=dag)
    model.edit(0, "memory_mb", 900)
    assert model.dag.tasks[0].function is dag.tasks[0].function is not None
    assert model.dag.tasks[0].spec.needs.memory_mb == 900
    for act in (lambda: model.add("x.y"), lambda: model.remove(0), lambda: model.connect(0, 0), lambda: model.put([])):
        with pytest.raises(InvalidJobError, match="change the calls"):
            act()


def test_a_called_function_goes_where_another_entrypoint_is_typed():
    with DAG(Name="Calls", Image="Desk") as dag:
        bare()
    model = DagBuilderModel(dag=dag)
    assert model.dag.tasks[0].function is dag.tasks[0].function is not None
    model.edit(0, "entrypoint", "steps.load")
    assert (model.dag.tasks[0].function, model.dag.tasks[0].spec.entrypoint) == (None, "steps.load")


def test_a_new_task_of_a_dag_whose_tasks_name_images_has_the_image_of_the_others():
    dag = DAG(Name="Risk")
    Task(Name="a", Entrypoint="steps.load", Image="Desk", dag=dag)
    model = DagBuilderModel(dag=dag)
    model.add("steps.clean", after=0)
    assert model.dag.spec().image == "Desk"


def test_the_text_names_tasks_and_problems_and_carries_no_control_characters(model):
    model.edit(0, "name", "lo\x1bad")
    assert "Risk: 3 tasks" in model.text
    assert "price: steps.price after clean" in model.text
    assert "not right yet" in model.text
    assert "\x1b" not in model.text


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_done_can_be_undone_and_what_is_right_is_what_is_shown(data):
    model = DagBuilderModel(code=Code(image="Desk"))
    model.rename_job("Risk")
    seen = [model.table]
    for _ in range(data.draw(st.integers(1, 12))):
        count = len(model.rows)
        act = data.draw(st.sampled_from(["add", "remove", "connect", "rename"] if count else ["add"]))
        first, second = (data.draw(st.integers(0, max(count - 1, 0))) for _ in range(2))
        steps = len(model._past)
        try:
            if act == "add":
                model.add("steps.load", after=first if count and data.draw(st.booleans()) else None)
            elif act == "remove":
                model.remove(first)
            elif act == "connect":
                model.connect(first, second)
            else:
                model.put(
                    [
                        [data.draw(st.sampled_from("abc")), *row[1:]] if n == first else row
                        for n, row in enumerate(model.table)
                    ]
                )
        except InvalidJobError as error:
            assert "wait for itself" in str(error)
        if len(model._past) > steps:
            seen.append(model.table)
        if model.dag is not None:
            spec = model.dag.spec()
            names = [task.name for task in spec.tasks]
            assert {names[n]: tuple(names[m] for m in edges) for n, edges in enumerate(spec.upstream)} == waits(model)
    for table in reversed(seen[:-1]):
        model.undo()
        assert model.table == table
