"""The form of a suite as a widget: what is typed, what is said, and what a press of a button does."""

import datetime as dt
import enum
import threading
from dataclasses import dataclass
from typing import Annotated, Literal

import ipywidgets
import pandas as pd
import pytest
from pydantic import Field as Limits

import dtscheduler
from dtscheduler import DAG, Choices, Task, suite
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.notebook import SuiteForm

NASTY = '<img src=x onerror="alert(1)">'


class Side(enum.Enum):
    BUY = 1
    SELL = 2


@dataclass
class Costs:
    fee: float = 0.1
    currency: str = "EUR"


def markets(region):
    return {"EU": ["FR", "DE"], "US": ["NY"]}[region]


@suite
def everything(
    top: Annotated[int, Limits(ge=1, le=9)],
    origins: list[Literal["EWR", "JFK"]] = ["JFK"],  # noqa: B006 # a default of a suite
    days: list[dt.date] = [dt.date(2026, 1, 2)],  # noqa: B006, B008
    words: list[str] = ["a"],  # noqa: B006
    side: Side = Side.BUY,
    day: dt.date = dt.date(2026, 1, 2),
    at: dt.time = dt.time(18),
    when: dt.datetime = dt.datetime(2026, 1, 2, 3, 4),
    flag: bool = False,
    ratio: float = 0.5,
    name: str = "x",
    note: str | None = None,
    costs: Costs = Costs(),  # noqa: B008
    more: Costs | None = None,
    many: list[Costs] = [Costs()],  # noqa: B006, B008
    prices: pd.DataFrame = pd.DataFrame({"close": [1.5]}),  # noqa: B008
    region: Literal["EU", "US"] = "EU",
    market: Annotated[str, Choices(markets)] = "FR",
    api_key: str = "hush",
) -> DAG:
    with DAG(Name=f"top {top}", Image="desk") as dag:
        Task(Name="rank", Entrypoint="desk.rank")
    return dag


@suite
def two(top: int = 2) -> list[DAG]:
    made = []
    for number in range(top):
        with DAG(Name=f"dag {number}", Image="desk") as dag:
            Task(Name="rank", Entrypoint="desk.rank")
        made.append(dag)
    return made


@pytest.fixture(autouse=True)
def no_service(monkeypatch):
    """Nobody drives what is submitted here."""
    monkeypatch.setattr("dtscheduler.ui.service_process.ensure_service", lambda *given, **options: None)


@pytest.fixture
def form():
    """Makes forms, and closes them in the end."""
    made = []

    def make(*given, **options):
        made.append(SuiteForm(*given, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def control(form, *path):
    return form._fields._controls[path]


def fill_in(form, name, value):
    control(form, name).input.value = value


def widgets_open():
    return dict(ipywidgets.widgets.widget._instances)


def said(form, *path):
    return form._fields._said[path].value


def test_each_kind_of_parameter_reads_back_what_it_starts_with(workspace, form):
    shown = form(everything, values={"top": 3})
    before = dict(shown.value)
    for path, each in shown._fields._controls.items():
        each._changed()
        assert shown.problems == (), path
    assert shown.value == before
    assert shown.dag.name == "top 3"


def test_problems_stand_below_their_field_as_it_is_typed_in(form):
    shown = form(everything)
    assert (shown.dag, shown._run_button.disabled) == (None, True)
    assert "Still needed: Top" in shown._status.value
    fill_in(shown, "top", "30")
    assert "30 is too large: it is at most 9" in said(shown, "top")
    fill_in(shown, "top", "3")
    assert (said(shown, "top"), shown.dag.name, shown._run_button.disabled) == ("", "top 3", False)


def test_values_and_the_dag_are_observed(form):
    shown, heard = form(everything, values={"top": 3}), []
    shown.observe(lambda change: heard.append(change.new.name), "dag")
    fill_in(shown, "top", 5)
    assert shown.value["top"] == 5
    assert heard == ["top 5"]


def test_setting_the_value_fills_it_anew(form):
    shown = form(everything, values={"top": 3})
    shown.value = {"top": 4, "side": "SELL", "flag": True}
    assert control(shown, "side").input.value == "SELL"
    assert control(shown, "flag").input.value is True
    assert shown.dag.name == "top 4"
    with pytest.raises(InvalidJobError, match="tops: there is no such parameter"):
        shown.value = {"tops": 1}
    assert shown.dag.name == "top 4"


def test_an_optional_value_has_a_switch(form):
    shown = form(everything, values={"top": 3})
    assert shown.value["note"] is None
    assert control(shown, "note").input.disabled
    shown._fields._switches["note",].value = True
    fill_in(shown, "note", "hello")
    assert shown.value["note"] == "hello"
    shown._fields._switches["note",].value = False
    assert shown.value["note"] is None


def test_an_optional_group_appears_with_its_switch(form):
    shown = form(everything, values={"top": 3})
    assert shown.value["more"] is None
    shown._fields._switches["more",].value = True
    assert shown.value["more"] == {"fee": 0.1, "currency": "EUR"}
    control(shown, "more", "currency").input.value = "USD"
    assert shown.value["more"]["currency"] == "USD"
    shown._fields._switches["more",].value = False
    assert (shown.value["more"], shown.problems) == (None, ())


def test_choices_follow_what_they_depend_on(form):
    shown = form(everything, values={"top": 3})
    fill_in(shown, "region", "US")
    assert control(shown, "market").input.options == (("NY", "NY"),)
    assert "Still needed: Market" in shown._status.value
    fill_in(shown, "market", "NY")
    assert shown.dag is not None


def test_a_table_is_edited_in_its_rows(form):
    shown = form(everything, values={"top": 3})
    control(shown, "many").input.value = [[0.5, "USD"], [1, "GBP"], [None, ""]]
    assert shown.value["many"] == [{"fee": 0.5, "currency": "USD"}, {"fee": 1, "currency": "GBP"}]
    control(shown, "many").input.value = [["much", "USD"]]
    assert "item 1, fee" in said(shown, "many")


def test_a_secret_is_typed_unseen_and_never_said(form):
    shown = form(everything, values={"top": 3})
    assert isinstance(control(shown, "api_key").input, ipywidgets.Password)
    assert "hush" not in repr(shown)


def test_a_double_click_makes_one_run_and_the_next_is_another(workspace, form, image):
    image("desk", {"desk.py": "from dtscheduler import batch\n@batch()\ndef rank():\n    return 1\n"})
    shown = form(everything, values={"top": 3})
    shown._run_button.click()
    shown._run_button.click()
    assert [run.id for run in dtscheduler.runs()] == [1]
    assert (shown.run.id, shown._run_button.disabled) == (1, True)
    workspace.stop(1)
    shown._monitors[0]._look()
    assert (shown._monitors[0].value, shown._run_button.disabled) == (RunStatus.STOPPED, False)
    shown._run_button.click()  # so soon, it is still the same double click
    assert shown.run.id == 1
    fill_in(shown, "top", 4)
    shown._run_button.click()
    assert shown.run.id == 2
    workspace.stop(2)


def test_clicks_in_two_threads_make_one_run(workspace, form, image):
    image("desk", {"desk.py": "from dtscheduler import batch\n@batch()\ndef rank():\n    return 1\n"})
    shown = form(everything, values={"top": 3})
    clicks = [threading.Thread(target=shown._run_button.click) for _ in range(2)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert [run.id for run in dtscheduler.runs()] == [1]
    workspace.stop(1)


def test_a_plan_stands_above_the_run_that_goes_on_until_a_value_changes(workspace, form, image):
    image("desk", {"desk.py": "from dtscheduler import batch\n@batch()\ndef rank():\n    return 1\n"})
    shown = form(everything, values={"top": 3})
    shown._run_button.click()
    shown._plan_button.click()
    plan, monitor = shown._below.children
    assert monitor is shown._monitors[0]
    fill_in(shown, "top", 4)
    assert shown._below.children == (monitor,)
    workspace.stop(1)
    monitor._look()
    assert not shown._run_button.disabled


def test_a_plan_is_shown_and_made_anew_when_a_value_changes(workspace, form, image):
    image("desk", {"desk.py": "from dtscheduler import batch\n@batch()\ndef rank():\n    return 1\n"})
    shown = form(everything, values={"top": 3})
    shown._plan_button.click()
    assert "1 to run" in str(shown._below.children[0].children[0].value)
    plan = shown.plan
    assert shown.plan is plan
    fill_in(shown, "top", 4)
    assert shown.plan is not plan


def test_what_the_core_refuses_is_said_and_the_form_works_on(workspace, form):
    shown = form(everything, values={"top": 3})
    shown._run_button.click()
    assert "image" in shown._status.value
    assert shown.run is None
    assert not shown._run_button.disabled


def test_a_suite_of_several_dags_is_planned_and_run_as_a_list(workspace, form, image):
    image("desk", {"desk.py": "from dtscheduler import batch\n@batch()\ndef rank():\n    return 1\n"})
    shown = form(two)
    assert [dag.name for dag in shown.dag] == ["dag 0", "dag 1"]
    assert len(shown.plan) == 2
    shown._run_button.click()
    assert [run.id for run in shown.run] == [1, 2]
    for run in shown.run:
        workspace.stop(run.id)


def test_a_suite_that_raises_says_so_with_its_line(form):
    @suite
    def broken(top: int = 1) -> DAG:
        raise KeyError(NASTY)

    shown = form(broken)
    assert "Nothing can be built from these values" in shown._status.value
    assert "KeyError" in shown._status.value
    assert "<img" not in shown._status.value


def test_what_was_wrong_elsewhere_is_mended_by_building_again(form, tmp_path):
    @suite
    def listed(top: int = 3) -> DAG:
        with DAG(Name=(tmp_path / "names.txt").read_text(), Image="desk") as dag:
            Task(Name=f"rank {top}", Entrypoint="desk.rank")
        return dag

    shown = form(listed)
    assert "FileNotFoundError" in shown._status.value
    (tmp_path / "names.txt").write_text("a")
    shown._again_button.click()
    assert (shown.problems, shown._again_button.layout.display) == ((), "none")
    assert shown.dag.name == "a"


def test_names_full_of_markup_are_text():
    @suite(title=NASTY)
    def hostile(pick: Literal[NASTY, "other"] = NASTY, text: str = NASTY) -> DAG:  # type: ignore[valid-type]
        with DAG(Name=text, Image="desk") as dag:
            Task(Name="rank", Entrypoint="desk.rank")
        return dag

    shown = SuiteForm(hostile)
    drawn = [each.value for each in widgets_open().values() if isinstance(each, ipywidgets.HTML)]
    assert not [text for text in drawn if "<img" in text]
    shown.close()


def test_closing_it_leaves_nothing_behind(form):
    before = set(widgets_open())
    shown = SuiteForm(everything, values={"top": 3})
    shown.value = {"top": 4}
    shown.close()
    left = [type(each).__name__ for key, each in widgets_open().items() if key not in before]
    assert not [name for name in left if name != "Layout" and not name.endswith("Style")]


def test_it_says_what_there_is_to_see_where_there_is_no_javascript(form):
    text = form(everything)._repr_mimebundle_()["text/plain"]
    assert text.startswith("Form of the suite everything(")
    assert "top: a value is needed" in text


@suite
def lists(
    words: list[str] = ["", "b"],  # noqa: B006
    numbers: list[int | None] = [None, 1],  # noqa: B006
    frame: pd.DataFrame = pd.DataFrame({"a": [1.0, None]}),  # noqa: B008
    order: list[Literal["a", "b", "c"]] = ["c", "a"],  # noqa: B006
) -> DAG:
    with DAG(Name="lists", Image="desk") as dag:
        Task(Name="rank", Entrypoint="desk.rank")
    return dag


def test_what_is_empty_or_in_an_order_of_its_own_stays_so(form):
    shown = form(lists)
    before = dict(shown.value)
    for name in before:
        control(shown, name)._changed()
    assert (shown.value, shown.problems) == (before, ())
    second = control(shown, "order").inputs[1]
    second.value = True
    assert shown.value["order"] == ["c", "a", "b"]
    second.value = False
    assert shown.value["order"] == ["c", "a"]


def test_an_empty_row_that_was_added_is_none(form):
    shown = form(lists)
    control(shown, "frame").input.value = [[2.0], [None], [None]]
    assert shown.value["frame"]["rows"] == [[2.0], [None]]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, 2**60])
def test_a_number_that_no_page_can_hold_is_typed_as_text(form, value):
    @suite
    def number(x: float = 0.5, n: int = 1) -> DAG:
        with DAG(Name="n", Image="desk") as dag:
            Task(Name="rank", Entrypoint="desk.rank")
        return dag

    shown = form(number, values={"x": value})
    assert isinstance(control(shown, "x").input, ipywidgets.Text)
    assert isinstance(form(number, values={"n": value})._run_button.disabled, bool)


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, Costs(), dt.date(2026, 1, 1)])
def test_a_value_of_a_type_that_no_form_has_is_refused_in_words(form, value):
    shown = form(two)
    with pytest.raises(InvalidJobError, match=r"suite two: top: a value of type \w+ does not fit"):
        shown.value = {"top": value}
    assert shown.value == {"top": 2}


def test_a_function_that_is_no_suite_is_refused_in_words():
    with pytest.raises(InvalidJobError, match="a form is that of a function marked with @suite, not of 5"):
        SuiteForm(5)


def test_what_was_submitted_before_another_was_refused_is_shown_and_not_taken_for_other_values(workspace, form, image):
    @suite
    def half(n: int = 1, tag: str = "missing") -> list[DAG]:
        with DAG(Name="first", Image="desk", Labels=[f"n{n}"]) as first:
            Task(Name="rank", Entrypoint="desk.rank")
        with DAG(Name="second", Image=tag) as second:
            Task(Name="rank", Entrypoint="desk.rank")
        return [first, second]

    image("desk", {"desk.py": "from dtscheduler import batch\n@batch()\ndef rank():\n    return 1\n"})
    shown = form(half)
    shown._run_button.click()
    assert [run.id for run in shown.run] == [1]
    assert "missing" in shown._status.value
    workspace.stop(1)
    shown._monitors[0]._look()
    shown.value = {"n": 2, "tag": "desk"}
    shown._run_button.click()
    assert [run.id for run in shown.run] == [2, 3]
    assert [run.record.labels for run in shown.run] == [("n2",), ()]
    for run in shown.run:
        workspace.stop(run.id)


def test_what_a_choices_function_says_of_its_error_is_masked(form):
    def tables(region):
        raise ConnectionError(f"cannot log in to {region} with password=hunter2secret")

    @suite
    def locked(region: str = "EU", table: Annotated[str, Choices(tables)] = "") -> DAG:
        raise KeyError("password=hunter2secret")

    shown = form(locked)
    assert "ConnectionError" in said(shown, "table")
    assert "hunter2secret" not in repr(shown) + said(shown, "table") + shown._status.value


def test_choices_that_no_form_could_name_are_said(form):
    @suite
    def odd(region: Literal["EU", "US"] = "EU", what: Annotated[str, Choices(lambda region: [object()])] = "x") -> DAG:
        raise AssertionError

    shown = form(odd)
    fill_in(shown, "region", "US")
    assert shown.value["region"] == "US"
    assert "its choices: TypeError" in said(shown, "what")


def test_a_secret_is_not_in_the_state_that_a_notebook_may_be_saved_with(form):
    shown = form(everything, values={"top": 3})
    assert "hush" not in str(control(shown, "api_key").input.get_state())
    assert shown.value["api_key"] == "hush"
    fill_in(shown, "api_key", "other")
    assert shown.value["api_key"] == "other"


def test_a_value_that_is_no_list_is_said_and_can_be_mended(form):
    shown = form(everything, values={"top": 3, "origins": "JFK"})
    assert "origins" in str(shown.problems)
    control(shown, "origins").inputs[0].value = True
    assert shown.value["origins"] == ["EWR"]
