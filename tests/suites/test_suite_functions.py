"""A function marked with ``@suite``: it makes DAGs of checked values, and does nothing else."""

import sys
from dataclasses import InitVar, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from pydantic import BaseModel, Field

from dtscheduler import DAG, Suite, Task, batch, suite
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.run import JobQuery, RunQuery


@batch()
def one(n=1):
    return n


@suite
def delays(
    origins: list[Literal["EWR", "JFK", "LGA"]] = ["JFK"],  # noqa: B006
    worst: Annotated[int, Field(ge=1, le=100)] = 10,
) -> DAG:
    """Which airlines are late?

    More about it.

    Args:
        origins: Airports to look at.
    """
    with DAG(Name="Delays", DevRun=True, WorkDir=".") as dag:
        for origin in origins:
            one(worst).alias(origin)
    return dag


def test_a_suite_builds_a_dag_of_its_values():
    assert [task.name for task in delays.build(origins=["EWR", "JFK"]).tasks] == ["EWR", "JFK"]
    assert [task.name for task in delays(["LGA"], worst=3).tasks] == ["LGA"]
    assert delays().name == "Delays"


def test_it_says_what_it_is():
    assert (delays.name, delays.title, delays.doc) == ("delays", "Delays", "Which airlines are late?")
    assert [field.help for field in delays.fields] == ["Airports to look at.", ""]
    assert delays.schema()["properties"]["worst"]["maximum"] == 100
    assert repr(delays) == "<Suite delays(origins, worst)>"
    assert isinstance(delays, Suite)
    assert delays.__doc__.startswith("Which airlines")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: delays.build(origins=["XXX"]), "suite delays: origins[0]: 'XXX' is not one of EWR, JFK, LGA"),
        (lambda: delays(worst=101), "suite delays: worst: 101 is too large: it is at most 100"),
        (lambda: delays(worst="400"), "suite delays: worst: '400' does not fit: it is a whole number"),
        (lambda: delays(wurst=1), "suite delays: wurst: there is no such parameter; there are: origins, worst"),
        (lambda: delays(["JFK"], 3, 4), "suite delays takes 2 values, not 3"),
        (lambda: delays(["JFK"], origins=["JFK"]), "suite delays: origins is given twice"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_their_field(call, said):
    with pytest.raises(InvalidJobError) as caught:
        call()
    assert str(caught.value) == said


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ValueError, match=r"origins\[1\]: 3 is not one of .*; suite delays: worst: 0 is too small"):
        delays(["JFK", 3], 0)


def test_building_saves_and_runs_nothing(workspace):
    @suite
    def eager() -> DAG:
        with DAG(Name="Eager", DevRun=True, WorkDir=".") as dag:
            one()
        dag.save()
        dag.run()
        return dag

    dag = eager()
    assert workspace.runs(RunQuery()) == workspace.jobs(JobQuery()) == []
    assert dag.last_run is None
    assert dag.run().status == "completed"  # the caller may


def test_a_suite_that_is_built_inside_a_dag_leaves_that_alone():
    with DAG(Name="Outer", Image="Risk") as outer:
        Task(Name="mine", Entrypoint="a.b")
        inner = delays()
    assert ([task.name for task in outer.tasks], len(inner.tasks)) == (["mine"], 1)


def test_a_list_of_dags_is_a_list():
    @suite(title="One for each desk")
    def desks(names: list[str]) -> list[DAG]:
        made = []
        for name in names:
            with DAG(Name=name, DevRun=True, WorkDir=".") as dag:
                one()
            made.append(dag)
        return made

    assert [dag.name for dag in desks(["a", "b"])] == ["a", "b"]
    assert desks.title == "One for each desk"
    assert desks.construct({"names": ["a"]}).value[0].name == "a"
    assert said(desks, names=["a", "a"]) == "suite desks returned two DAGs of the name 'a'; give each its own Name"
    assert "returned an empty list" in said(desks, names=[])


def said(made, **plain):
    """What is wrong with the form as a whole."""
    (problem,) = made.construct(plain).problems
    assert problem.path == ()
    return problem.message.removeprefix("InvalidJobError: ").partition(" (test_suite_functions.py")[0]


@pytest.mark.parametrize(
    ("result", "what"),
    [
        (None, "returned NoneType; it returns a DAG, or a list of DAGs; is there a return?"),
        ("DAG", "returned str; it returns"),
        ([None], "returned a list with NoneType; it returns"),
        (DAG(Name="Empty", Image="Risk"), "DAG 'Empty' has no tasks; there is nothing to save or run"),
    ],
)
def test_what_is_no_dag_is_said(result, what):
    @suite
    def wrong() -> DAG:
        return result

    assert what in said(wrong)


def test_what_the_function_raises_is_told_with_the_line_of_the_users_code():
    @suite
    def broken(n: int = 0) -> DAG:
        return DAG(Name=str(1 / n), Image="Risk")

    (problem,) = broken.construct({}).problems
    assert problem.path == ()
    assert problem.message.startswith("ZeroDivisionError: division by zero (test_suite_functions.py line ")
    assert problem.message.endswith(': return DAG(Name=str(1 / n), Image="Risk"))')
    with pytest.raises(ZeroDivisionError):
        broken()


def test_what_our_own_classes_refuse_is_told_with_the_users_line_too():
    @suite
    def broken() -> DAG:
        return DAG(Name="x", Image="Risk", Tag="production")

    (problem,) = broken.construct({}).problems
    assert "Tag is 'production' (str); allowed" in problem.message
    assert 'return DAG(Name="x", Image="Risk", Tag="production")' in problem.message


def test_a_suite_that_exits_does_not_take_the_form_with_it():
    @suite
    def leaves() -> DAG:
        sys.exit("not today")

    assert said(leaves) == "SystemExit: not today"


def test_what_cannot_be_a_suite_is_refused_where_it_is_marked():
    with pytest.raises(InvalidJobError, match="@suite marks functions"):
        suite(3)
    with pytest.raises(InvalidJobError, match=r"suite f: parameter 'a' has no type; allowed: int"):

        @suite
        def f(a): ...

    with pytest.raises(InvalidJobError, match="not a method"):

        class Desk:
            @suite
            def build(self) -> DAG: ...


def test_a_default_that_its_own_limit_does_not_allow_is_said_when_it_is_used():
    @suite
    def f(a: Annotated[int, Field(ge=5)] = 3) -> DAG:
        return DAG(Name=str(a), Image="Risk")

    with pytest.raises(InvalidJobError, match="suite f: a: 3 is too small: it is at least 5"):
        f()


# -- what is given from Python reaches the function as it is


@dataclass
class Fee:
    rate: Annotated[float, Field(ge=0)] = 0.1

    def __post_init__(self):
        self.noted = []


class Told(BaseModel):
    model_config = {"extra": "allow"}
    fee: float = Field(0.1, alias="theFee", ge=0)


def seen_by(annotation):
    """A suite of one parameter of a type, and the list in which it puts what it was called with."""
    seen = []

    def takes(x) -> DAG:
        seen.append(x)
        with DAG(Name="x", DevRun=True, WorkDir=".") as dag:
            one()
        return dag

    takes.__annotations__ = {"x": annotation}
    return suite(takes), seen


def test_a_frame_keeps_its_index_and_an_instant_its_zone():
    made, seen = seen_by(Annotated[pd.DataFrame, {"price": float}])
    frame = pd.DataFrame({"price": [1.0]}, index=pd.to_datetime(["2026-01-29"]))
    made(frame)
    assert seen[0] is frame
    made, seen = seen_by(list[datetime])
    when = datetime(2026, 3, 28, 18, tzinfo=ZoneInfo("Europe/Paris"))
    made([when])
    assert (seen[0][0] + timedelta(days=1)).isoformat() == "2026-03-29T18:00:00+02:00"


def test_an_object_of_a_group_is_the_one_that_was_given_and_is_checked_all_the_same():
    made, seen = seen_by(Fee)
    fee = Fee(0.2)
    made(fee)
    assert seen[0] is fee
    with pytest.raises(InvalidJobError, match=r"x\.rate: -1\.0 is too small"):
        made(Fee(-1.0))


def test_a_model_with_aliases_is_filled_in_by_its_fields():
    made, seen = seen_by(Told)
    made(Told(theFee=5.0, more=1))
    assert (seen[0].fee, seen[0].more) == (5.0, 1)
    assert made.construct({"x": {"fee": 6.0}}).problems == ()
    assert seen[1].fee == 6.0
    assert made.construct({"x": {"fee": -1.0}}).problems[0].field == "x.fee"


def test_what_the_plain_form_could_not_hold_is_refused_where_it_is_marked():
    @dataclass
    class Odd:
        a: int
        c: InitVar[int] = 3

    with pytest.raises(InvalidJobError, match="InitVar 'c' of Odd is no field"):
        seen_by(Odd)
    with pytest.raises(InvalidJobError, match="no place for the index of a table"):

        @suite
        def f(x: pd.DataFrame = pd.DataFrame({"a": [1]}, index=["z"])) -> DAG: ...  # noqa: B008
