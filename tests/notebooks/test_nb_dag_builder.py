"""The widget in which a DAG is composed, as its controls are pressed and as a front end would tell of clicks."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("anywidget")

from dtscheduler import DAG, Schedule, Task
from dtscheduler.errors import InvalidJobError, NotFoundError, SchedulerError
from dtscheduler.model.run import RunQuery
from dtscheduler.ui.drawn import Selection
from dtscheduler.ui.notebook import dag_builder_finish, starting
from dtscheduler.ui.notebook.dag_builder import DagBuilder

STEPS = "from dtscheduler import batch\n" + "".join(
    f"@batch()\ndef {name}(x=1): return x\n" for name in ("load", "clean", "price")
)
INSERT = Path(starting.__file__).parent.parent / "assets" / "insert_cell.js"


@pytest.fixture
def folder(work_dir):
    return str(work_dir({"steps.py": STEPS}))


@pytest.fixture
def builder(workspace, folder):
    """A builder with load, and clean that waits for it."""
    builder = DagBuilder(folder=folder)
    builder.name.value = "Risk"
    add(builder, "load")
    builder.tasks.table.selected = 0
    builder.tasks.search.value = "clean"
    builder.tasks.add_after.click()
    yield builder
    builder.close()


def add(builder, text):
    builder.tasks.search.value = text
    builder.tasks.add.click()


def edit(builder, row, place, value):
    """Edit a cell as a front end does: with all rows."""
    rows = [list(each) for each in builder.tasks.table.value]
    rows[row][place] = value
    builder.tasks.table.set_state({"value": rows})


def click_node(builder, task):
    """What the graph says when a node is clicked."""
    builder.tasks.graph.value = None
    builder.tasks.graph.value = Selection(task, task=task)


def waits(builder):
    return {row[0]: row[2] for row in builder.tasks.table.value}


def drawn(builder):
    return sorted(node["label"] for node in builder.tasks.graph.graph["nodes"])


def test_the_table_the_graph_and_the_value_show_the_same(builder):
    assert waits(builder) == {"load": [], "clean": ["load"]}
    assert drawn(builder) == ["clean", "load"]
    assert builder.value.spec().upstream == ((), (0,))


def test_whoever_observes_the_value_hears_of_each_change(builder):
    seen = []
    builder.observe(lambda change: seen.append(change["new"]), "value")
    edit(builder, 0, 3, 0)
    edit(builder, 0, 3, 4000)
    assert seen[0] is None
    assert seen[1].tasks[0].spec.needs.cpu_mhz == 4000


def test_a_new_name_in_the_table_is_followed_everywhere(builder):
    edit(builder, 0, 0, "read")
    assert waits(builder) == {"read": [], "clean": ["read"]}
    assert drawn(builder) == ["clean", "read"]
    assert 'Name="read"' in builder.python_text.text


def test_a_problem_stands_at_its_cell_and_the_graph_stays_and_says_so(builder):
    edit(builder, 1, 6, "{")
    ((row, column, message),) = builder.tasks.table.problems
    assert (row, column) == (1, "configuration")
    assert "not JSON" in message
    assert builder.value is None
    assert "dts-stale" in builder.tasks.graph_box._dom_classes
    assert "right last" in builder.tasks.said_of_graph.value
    assert builder.python_text.text == ""
    assert builder.finish.run.disabled


def test_choosing_a_row_chooses_the_node_and_the_other_way_round(builder):
    builder.tasks.table.selected = 0
    assert builder.tasks.graph.value == "load"
    click_node(builder, "clean")
    assert builder.tasks.table.selected == 1


def test_two_clicks_in_the_graph_connect_two_tasks(builder):
    add(builder, "price")
    builder.tasks.table.selected = 1
    builder.tasks.connect.value = True
    click_node(builder, "price")
    assert waits(builder)["price"] == ["clean"]
    assert builder.tasks.connect.value is False


def test_a_connection_that_closes_a_cycle_is_refused_with_its_way(builder):
    builder.tasks.table.selected = 1
    builder.tasks.connect.value = True
    click_node(builder, "load")
    assert "load &gt;&gt; clean &gt;&gt; load" in builder.tasks.said.value
    assert waits(builder)["load"] == []
    assert builder.value is not None


def test_removing_can_be_undone(builder):
    builder.tasks.table.selected = 0
    builder.tasks.remove.click()
    assert waits(builder) == {"clean": []}
    assert "remove 'load'" in builder.tasks.undo.description
    builder.tasks.undo.click()
    assert waits(builder) == {"load": [], "clean": ["load"]}
    while not builder.tasks.undo.disabled:
        builder.tasks.undo.click()
    assert (builder.name.value, builder.tasks.table.value) == ("", [])


def test_a_configuration_can_be_typed_below_the_table(builder):
    builder.tasks.table.selected = 1
    builder.tasks.configuration.value = "grid(x=[1, 2"
    assert "cannot be read" in builder.tasks.said_of_configuration.value
    builder.tasks.configuration.value = "grid(x=[1, 2])"
    assert len(builder.value.tasks[1].spec.parts) == 2
    assert builder.tasks.table.value[1][6] == "grid(x=[1, 2])"


def test_enter_in_the_search_adds_the_first_that_was_found(builder):
    builder.tasks.search.value = "pri"
    builder.tasks.search._handle_custom_msg({"event": "submit"}, [])
    assert [row[0] for row in builder.tasks.table.value] == ["load", "clean", "price"]


def test_entrypoints_are_listed_without_executing_the_files(workspace, work_dir):
    folder = work_dir({"bad.py": STEPS + "raise SystemExit('executed')\n"})
    builder = DagBuilder(folder=folder)
    assert builder.tasks.found.options == ("bad.clean", "bad.load", "bad.price")
    (folder / "more.py").write_text(STEPS)
    builder.tasks.look.click()
    assert "more.load" in builder.tasks.found.options


def test_an_image_that_is_not_there_is_said_and_another_tag_is_looked_for(workspace, image):
    image("Desk", {"steps.py": STEPS}, tag="prod")
    builder = DagBuilder(image="Desk")
    assert "Desk" in builder.tasks.said_of_code.value
    builder.tag.value = "prod"
    assert builder.tasks.found.options == ("steps.clean", "steps.load", "steps.price")
    builder.name.value = "Risk"
    add(builder, "load")
    assert (builder.value.spec().image, builder.value.spec().tag) == ("Desk", "prod")


def test_without_an_image_the_user_chooses_one_or_types_a_folder(workspace, image, folder):
    image("Desk", {"steps.py": STEPS})
    builder = DagBuilder()
    assert builder.code.options == ("Desk (dev)",)
    builder.code.value = "Desk (dev)"
    assert builder.tasks.found.options == ("steps.clean", "steps.load", "steps.price")
    builder.code.value = folder
    builder.name.value = "Risk"
    add(builder, "load")
    assert builder.value.spec().work_dir == folder


def test_where_the_code_is_and_its_tag_can_be_undone(workspace, image, folder):
    image("Desk", {"steps.py": STEPS})
    image("Desk", {"others.py": STEPS}, tag="prod")
    builder = DagBuilder()
    builder.code.value = "Desk (dev)"
    builder.tag.value = "prod"
    assert builder.code.value == "Desk (prod)"
    assert builder.tasks.found.options[0] == "others.clean"
    builder.tasks.undo.click()
    assert (builder.code.value, builder.tag.value) == ("Desk (dev)", "dev")
    assert builder.tasks.found.options[0] == "steps.clean"
    builder.code.value = folder
    builder.tasks.undo.click()
    assert builder.code.value == "Desk (dev)"


def test_an_image_that_has_no_such_tag_is_still_the_image(workspace, image):
    image("Desk", {"steps.py": STEPS})
    builder = DagBuilder()
    builder.code.value = "Desk (dev)"
    builder.tag.value = "pre"
    assert builder.code.value == "Desk (pre)"
    assert "'Desk'" in builder.tasks.said_of_code.value.replace("&#x27;", "'")
    builder.tag.value = "dev"
    assert builder.tasks.found.options[0] == "steps.clean"


def test_a_schedule_that_is_chosen_is_that_of_the_job_and_can_be_undone(builder):
    builder.schedule.value = Schedule(at_hours=[18])
    assert builder.value.schedule == Schedule(at_hours=[18])
    builder.tasks.undo.click()
    assert builder.value.schedule == builder.schedule.value == Schedule()


def test_a_dag_to_start_from_is_shown_with_its_schedule(workspace, folder):
    dag = DAG(Name="Risk", DevRun=True, WorkDir=folder, Schedule=Schedule(at_hours=[3]))
    Task(Name="a", Entrypoint="steps.load", dag=dag)
    builder = DagBuilder(dag=dag)
    assert builder.value.spec() == dag.spec()
    assert builder.schedule.value == Schedule(at_hours=[3])
    assert builder.code.disabled


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"image": "Desk", "folder": "."}, "image and folder"),
        ({"tag": "production"}, "tag"),
        ({"folder": ""}, "folder must be a path"),
        ({"dag": "Risk"}, "dag must be a DAG"),
        ({"image": 5}, "image"),
    ],
)
def test_arguments_that_cannot_be_are_refused(workspace, given, said):
    with pytest.raises(InvalidJobError, match=said):
        DagBuilder(**given)


def test_saving_says_first_what_it_changes(workspace, builder):
    builder.finish.save.click()
    assert "saving makes version 1" in builder.finish.said_of_changes.value
    with pytest.raises(NotFoundError):
        workspace.job("Risk")
    builder.finish.confirm.click()
    assert "version 1" in builder.finish.said.value
    assert workspace.job("Risk").version == 1
    edit(builder, 0, 3, 4000)
    builder.finish.save.click()
    assert "version 2" in builder.finish.said_of_changes.value
    assert "load" in builder.finish.said_of_changes.value


def test_a_plan_is_shown_and_goes_when_the_job_changes(builder):
    builder.finish.plan.click()
    (box,) = builder.finish._of_plan.children
    assert "2 to run" in box.children[0].value
    assert builder.finish._of_plan.layout.display is None
    edit(builder, 0, 3, 4000)
    assert builder.finish._of_plan.layout.display == "none"


@pytest.fixture
def unattended(monkeypatch):
    """Runs are submitted, and no service is started for them."""
    monkeypatch.setattr(starting, "leave", lambda run: "")


def test_two_clicks_on_run_are_one_run_and_a_later_one_is_another(workspace, builder, unattended, monkeypatch):
    builder.finish.run.click()
    builder.finish.run.click()
    (record,) = workspace.runs(RunQuery())
    assert (builder.run.id, builder.finish.monitor.run.id) == (record.id, record.id)
    monkeypatch.setattr(dag_builder_finish, "LEAST_SECONDS", 0.0)
    builder.finish.run.click()
    assert len(workspace.runs(RunQuery())) == 2
    assert builder.finish.monitor.run.id == builder.run.id != record.id


def test_what_the_core_refuses_is_said_in_words_and_the_widget_goes_on(workspace, builder, unattended):
    edit(builder, 0, 1, "steps.nothing")
    builder.finish.run.click()
    assert "nothing" in builder.finish.said.value
    assert builder.run is None
    edit(builder, 0, 1, "steps.load")
    builder.finish.run.click()
    assert builder.run is not None


def test_secrets_are_not_in_the_python(builder):
    edit(builder, 0, 6, '{"password": "hunter2"}')
    assert "hunter2" not in builder.python_text.text + builder.python()
    assert "***" in builder.python()
    assert "Secrets" in builder.python_text.note


def test_the_python_is_put_into_the_next_cell_where_there_are_cells(builder, monkeypatch):
    cells = []
    shell = type("Shell", (), {"set_next_input": lambda self, text: cells.append(text)})()
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    builder.insert()
    assert cells == [builder.python()]


def test_where_there_are_no_cells_the_error_names_what_gives_the_text(builder, monkeypatch):
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: None)
    with pytest.raises(SchedulerError, match=r"builder\.python\(\)"):
        builder.insert()


def test_python_of_what_is_not_right_is_an_error_that_says_what_is_wrong(builder):
    edit(builder, 0, 0, "")
    with pytest.raises(InvalidJobError, match="not right yet: .*empty"):
        builder.python()


def test_names_that_look_like_markup_are_text(builder):
    hostile = "<img src=x onerror=alert(1)>"
    builder.name.value = hostile
    edit(builder, 0, 0, hostile)
    builder.tasks.table.selected = 0
    edit(builder, 1, 2, [hostile, "<b>nobody</b>"])
    builder.tasks.connect.value = True
    click_node(builder, hostile)
    said = (builder.said, builder.tasks.said, builder.tasks._about_configuration, builder.finish.said)
    assert not any("<img" in each.value or "<b>" in each.value for each in said)
    assert "&lt;img" in builder.tasks._about_configuration.value


def test_without_a_front_end_it_is_told_as_text(builder):
    bundle = builder._repr_mimebundle_()
    assert bundle["text/plain"].splitlines()[0] == "Risk: 2 tasks"
    assert "clean: steps.clean after load" in bundle["text/plain"]


DOCUMENT = """
import { documentOf, cellShowing, insertBelow } from "%s";
const view = (id) => [{ data: { "application/vnd.jupyter.widget-view+json": { model_id: id } } }];
const notebook = (...cells) => ({ cells, insertCell(at, cell) { this.cells.splice(at, 0, cell); } });
const code = (outputs) => ({ cell_type: "code", getOutputs: () => outputs });
const checked = (claim, said) => { if (!claim) throw new Error(said); };
const shared = notebook(code([]), { cell_type: "markdown" }, code(view("other")), code(view("mine")), code([]));
const model = { widget_manager: { context: { model: { sharedModel: shared } } } };
checked(documentOf(model) === shared, "the document of a notebook is found");
for (const none of [{}, { widget_manager: {} }, { widget_manager: { context: { model: { sharedModel: {} } } } }])
  checked(documentOf(none) === undefined, "other front ends have none");
checked(cellShowing(shared, ["mine"]) === 3, "the cell that shows it is found");
checked(insertBelow(shared, ["mine"], "x = 1") === 4 && shared.cells[4].source === "x = 1", "below it");
checked(insertBelow(shared, ["nowhere"], "y = 2") === 6 && shared.cells[6].source === "y = 2", "else at the end");
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_a_cell_goes_below_the_one_that_shows_the_widget(tmp_path):
    (tmp_path / "insert_cell.mjs").write_text(INSERT.read_text())
    (tmp_path / "check.mjs").write_text(DOCUMENT % "./insert_cell.mjs")
    done = subprocess.run(["node", "check.mjs"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
