"""A ParallelTask as users write it: its parts, their names, and what may not be a part."""

import pytest

from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import decode


@pytest.fixture
def dag():
    return DAG(Name="Countries", Image="Any image")


def part(name, **config):
    return {"Name": name, "Description": f"for {name}", **config}


def parallel(dag, config, **parameters):
    return ParallelTask(Name="all", Entrypoint="risk.country", ConfigurationJson=config, dag=dag, **parameters)


def test_each_configuration_is_a_part_with_its_name_and_description(dag):
    spec = parallel(dag, [part("FR"), part("DE")]).spec
    assert [(part.name, part.description) for part in spec.parts] == [("FR", "for FR"), ("DE", "for DE")]
    assert spec.parallel


def test_a_part_keeps_its_configuration(dag):
    spec = parallel(dag, [part("FR", tenor=(2, 5))]).spec
    assert decode(spec.parts[0].config)["tenor"] == (2, 5)


def test_each_part_gets_the_resources_of_the_task(dag):
    needs = parallel(dag, [part("FR")], CPU=1000, Memory=1500).spec.needs
    assert (needs.cpu_mhz, needs.memory_mb) == (1000, 1500)


def test_a_generator_of_configurations_is_as_good_as_a_list(dag):
    assert len(parallel(dag, (part(country) for country in ("FR", "DE"))).spec.parts) == 2


def test_the_parts_of_one_task_may_be_named_like_those_of_another(dag):
    parallel(dag, [part("FR")])
    ParallelTask(Name="again", Entrypoint="risk.country", ConfigurationJson=[part("FR")], dag=dag)
    assert [task.parts[0].name for task in dag.spec().tasks] == ["FR", "FR"]


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (None, "ConfigurationJson must be a list of dicts, one a part, not NoneType"),
        ({"Name": "FR"}, "ConfigurationJson must be a list of dicts, one a part, not dict; one dict makes a Task"),
        ("FR", "ConfigurationJson must be a list of dicts, one a part, not str"),
        ([], "ConfigurationJson has no parts; it needs one dict or more"),
        (["FR"], r"ConfigurationJson\[0\] must be a dict, not str"),
        ([part("FR"), {"Name": "DE"}], r"ConfigurationJson\[1\] has no 'Description'"),
        ([{"Description": "for FR"}], r"ConfigurationJson\[0\] has no 'Name'"),
        ([part(7)], r"ConfigurationJson\[0\]\['Name'\]: its name must be a str, not int"),
        ([part("")], r"ConfigurationJson\[0\]\['Name'\]: '' is empty"),
        ([part("FR"), part("FR")], r"ConfigurationJson\[1\]\['Name'\] 'FR' is that of part 0"),
        ([part("FR", cell=object())], r"ConfigurationJson\[0\]\['cell'\] is a builtins.object"),
        (
            [part("FR", arg_translation_table={"a": "x"}), part("DE", arg_translation_table={"a": "y"})],
            r"ConfigurationJson\[0\] and \[1\] disagree about 'arg_translation_table'",
        ),
    ],
)
def test_what_cannot_be_parts_is_refused_with_its_place(dag, config, complaint):
    with pytest.raises(InvalidJobError, match=f"ParallelTask 'all': {complaint}"):
        parallel(dag, config)
    assert dag.tasks == ()


def test_a_list_makes_no_task(dag):
    with pytest.raises(InvalidJobError, match="must be a dict, not list; a list of dicts makes a ParallelTask"):
        Task(Name="one", Entrypoint="risk.country", ConfigurationJson=[part("FR")], dag=dag)


def test_parts_share_the_translation_table(dag):
    table = {"arg_translation_table": {"fetch": "market"}}
    assert parallel(dag, [part("FR", **table), part("DE", **table)]).spec.argument_tasks == (("fetch", "market"),)


def test_a_table_in_one_part_holds_for_all(dag):
    made = parallel(dag, [part("FR"), part("DE", arg_translation_table={"fetch": "market"})])
    assert made.spec.argument_tasks == (("fetch", "market"),)


def test_the_result_of_a_parallel_task_is_the_list_of_its_parts_results_in_their_order(workspace, work_dir):
    dag = DAG(Name="Countries", DevRun=True, WorkDir=work_dir({"risk.py": RISK}))
    cells = [part("FR", tenor=2), part("DE", tenor=5)]
    made = ParallelTask(Name="cells", Entrypoint="risk.country", ConfigurationJson=cells, dag=dag)
    made >> Task(Name="total", Entrypoint="risk.total", dag=dag)
    run = dag.run()
    assert run.result("cells") == ["FR: 0 of 2, 2 years", "DE: 1 of 2, 5 years"]
    assert run.result("total") == "FR: 0 of 2, 2 years | DE: 1 of 2, 5 years"


RISK = """
    from dtscheduler import batch

    @batch()
    def country(sub_job_name, part_num, num_parts, tenor):
        return f"{sub_job_name}: {part_num} of {num_parts}, {tenor} years"

    @batch()
    def total(cells):
        return " | ".join(cells)
"""


def test_one_part_gives_a_list_of_one(workspace, work_dir):
    dag = DAG(Name="Countries", DevRun=True, WorkDir=work_dir({"risk.py": RISK}))
    ParallelTask(Name="cells", Entrypoint="risk.country", ConfigurationJson=[part("FR", tenor=2)], dag=dag)
    assert dag.run().result("cells") == ["FR: 0 of 1, 2 years"]
