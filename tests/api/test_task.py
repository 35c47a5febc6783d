"""A Task as users write it: the reference's defaults, what each parameter may be, and changing it afterwards."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from dtscheduler import DAG, Priority, Task
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import decode


@pytest.fixture
def dag():
    return DAG(Name="Letters", Image="Any image")


def task(dag, **parameters):
    return Task(**{"Name": "a", "Entrypoint": "letters.write", "dag": dag, **parameters})


def config_of(made):
    return decode(made.spec.parts[0].config)


def test_a_task_has_the_defaults_of_the_reference(dag):
    spec = task(dag).spec
    assert (spec.needs.cpu_mhz, spec.needs.memory_mb, spec.needs.disk_mb) == (400, 400, 300)
    assert (spec.arch, spec.os, spec.retries) == ("amd64", "fedora", 0)
    assert (spec.count_for_prewarming, spec.priority, spec.description) == (False, Priority.NORMAL, "")
    assert config_of(dag["a"]) == {}


def test_a_task_is_one_part_named_like_the_task(dag):
    spec = task(dag, Description="writes a").spec
    assert [(part.name, part.description) for part in spec.parts] == [("a", "writes a")]
    assert not spec.parallel


def test_every_parameter_of_the_reference_is_kept(dag):
    spec = task(
        dag, Arch="arm64", Os="alpine", CPU=1, Memory=2, Disk=3, Retries=4, CountForPrewarming=True, Priority="LOW"
    ).spec
    assert (spec.arch, spec.os, spec.retries, spec.count_for_prewarming) == ("arm64", "alpine", 4, True)
    assert (spec.needs.cpu_mhz, spec.needs.memory_mb, spec.needs.disk_mb) == (1, 2, 3)
    assert spec.priority is Priority.LOW


@pytest.mark.parametrize("entrypoint", ["letters.write", "letters", "alphabet.latin.letters.write", "_a.b1"])
def test_an_entrypoint_is_names_joined_by_dots(dag, entrypoint):
    assert task(dag, Entrypoint=entrypoint).spec.entrypoint == entrypoint


@pytest.mark.parametrize(
    "entrypoint",
    ["", ".", "letters.", ".write", "letters..write", "letters/write", "letters write", "os.system('x')", "a:b", "1.a",
     "letters.write;x", "letters.class", "../letters", "letters.write\n", "letters-1.write"],
)  # fmt: skip
def test_any_other_entrypoint_is_refused(dag, entrypoint):
    with pytest.raises(InvalidJobError, match=r"Task 'a': Entrypoint is .*; it is written 'package.file.function'"):
        task(dag, Entrypoint=entrypoint)


def test_a_task_needs_an_entrypoint_and_a_name(dag):
    with pytest.raises(InvalidJobError, match="Task 'a': Entrypoint must be a str, not NoneType"):
        Task(Name="a", dag=dag)
    with pytest.raises(InvalidJobError, match="Task: Name: its name must be a str, not NoneType"):
        Task(Entrypoint="letters.write", dag=dag)


def test_what_is_refused_does_not_join_the_dag(dag):
    with pytest.raises(InvalidJobError):
        task(dag, CPU=0)
    assert dag.tasks == ()


# ConfigurationJson

KEPT = {
    "text": "naïve",
    "numbers": [1, 1.0, True, None],
    "when": datetime(2026, 1, 31, 12, 30),
    "day": date(2026, 1, 31),
    "price": Decimal("1.10"),
    "pair": (1, (2, 3)),
    "seen": {1, 2},
    "nested": {"deeper": [{"still": "here"}]},
}


def test_a_configuration_comes_back_as_it_went_in(dag):
    assert config_of(task(dag, ConfigurationJson=KEPT)) == KEPT


def test_a_configuration_is_a_copy_that_later_changes_do_not_reach(dag):
    config = {"countries": ["FR"]}
    made = task(dag, ConfigurationJson=config)
    config["countries"].append("DE")
    assert config_of(made) == {"countries": ["FR"]}


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"a": [1, 2, 3, object()]}, r"ConfigurationJson\['a'\]\[3\] is a builtins.object"),
        ({"a": {"b": b"bytes"}}, r"ConfigurationJson\['a'\]\['b'\] is a builtins.bytes"),
        ({"a": (1, 2j)}, r"ConfigurationJson\['a'\]\[1\] is a builtins.complex"),
        ({"a": {1: 2}}, r"ConfigurationJson\['a'\] has the key 1, a int; keys must be str"),
        ({"f": len}, r"ConfigurationJson\['f'\] is a builtins.builtin_function_or_method"),
        ({"c": Decimal}, r"ConfigurationJson\['c'\] is a builtins.type"),
    ],
)
def test_anything_else_is_refused_with_its_path(dag, config, path):
    with pytest.raises(InvalidJobError, match=rf"Task 'a': {path}"):
        task(dag, ConfigurationJson=config)


def test_a_configuration_that_contains_itself_is_refused(dag):
    config = {}
    config["me"] = config
    with pytest.raises(InvalidJobError, match="or contains itself"):
        task(dag, ConfigurationJson=config)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (["foo"], "must be a dict: name of an upstream task → parameter of the function"),
        ({"foo task": 1}, "must be a dict: name of an upstream task → parameter of the function"),
        ({"foo task": "not a name"}, "names 'not a name', which cannot be a parameter"),
        ({"foo task": "foo", "bar task": "foo"}, "gives parameter 'foo' to two upstream tasks"),
    ],
)
def test_a_translation_table_that_cannot_be_meant_is_refused(dag, table, complaint):
    with pytest.raises(InvalidJobError, match=rf"ConfigurationJson\['arg_translation_table'\] {complaint}"):
        task(dag, ConfigurationJson={"arg_translation_table": table})


def test_the_translation_table_is_no_part_of_the_configuration(dag):
    made = task(dag, ConfigurationJson={"country": "FR", "arg_translation_table": {"foo task": "foo"}})
    assert config_of(made) == {"country": "FR"}
    assert made.spec.argument_tasks == (("foo task", "foo"),)


# Changing a task


def test_an_alias_renames_the_task_and_gives_it_back(dag):
    made = task(dag)
    assert made.alias("the letter a") is made
    assert dag["the letter a"] is made


def test_a_name_that_was_given_up_is_free_again(dag):
    task(dag).alias("b")
    assert task(dag).name == "a"


def test_an_alias_that_another_task_has_is_refused(dag):
    task(dag)
    with pytest.raises(InvalidJobError, match="has a task 'a' already"):
        task(dag, Name="b").alias("a")


def test_options_set_any_parameter(dag):
    made = task(dag, CPU=1000)
    assert made.options(Memory=2000, Retries=2, Priority="HIGH", ConfigurationJson={"x": 1}) is made
    assert (made.spec.needs.cpu_mhz, made.spec.needs.memory_mb, made.spec.retries) == (1000, 2000, 2)
    assert (made.spec.priority, config_of(made)) == (Priority.HIGH, {"x": 1})


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"CPU": -1}, "CPU"),
        ({"Memroy": 100}, "Task has no parameter 'Memroy'; did you mean 'Memory'"),
        ({"dag": None}, "'a': a task cannot move to another DAG"),
    ],
)
def test_options_that_are_refused_leave_the_task_as_it_was(dag, parameters, complaint):
    made = task(dag)
    before = made.spec
    with pytest.raises(InvalidJobError, match=complaint):
        made.options(Retries=2, **parameters)
    assert made.spec == before


def test_a_task_says_what_it_is(dag):
    assert repr(task(dag)) == "<Task 'a': letters.write>"
