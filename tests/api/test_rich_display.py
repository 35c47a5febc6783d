"""How objects show themselves in a notebook: as tables of harmless text, whatever they are called, and as text."""

import copy
import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pandas as pd
import pytest

from dtscheduler import DAG, ParallelTask, Schedule, Task, batch, compare, job, suite
from dtscheduler.api.failures import Failures
from dtscheduler.api.part_results import PartResults
from dtscheduler.model.tables import html_table, left_out
from dtscheduler.triage.grouping import group_failures

HOSTILE = '<img onerror="x">]]>\u202e&'
STEPS = """
from dtscheduler import batch

@batch()
def cells(n=0):
    return {"n": n, "password": "hunter2"}

@batch()
def half(n=0):
    return 1 // n

@batch()
def total(cells):
    return sum(cell["n"] for cell in cells)
"""


def read(html):
    """The HTML as elements; it fails where a name has become markup."""
    return ElementTree.fromstring(f"<div>{html}</div>")


def cells_of(html):
    """The texts of the cells, by rows."""
    return [["".join(cell.itertext()) for cell in row.iter("td")] for row in read(html).iter("tr")][1:]


def told(html):
    """All text above and below the table."""
    return ["".join(line.itertext()) for line in read(html).iter("div") if not len(line)]


@pytest.fixture
def fanned(workspace, work_dir):
    """Runs a fan-out of so many parts: ``fanned(3, Entrypoint="steps.half")``."""
    folder = work_dir({"steps.py": STEPS})

    def run(parts, Entrypoint="steps.cells"):
        dag = DAG(Name="risk", DevRun=True, WorkDir=folder)
        config = [{"Name": f"p{n}", "Description": "", "n": n} for n in range(parts)]
        ParallelTask(Name="cells", Entrypoint=Entrypoint, ConfigurationJson=config, dag=dag)
        return dag.run(executor="inline")

    return run


# The one table


def test_a_table_has_heads_for_its_columns_and_keeps_text_as_text():
    found = read(html_table([HOSTILE], [HOSTILE], [[HOSTILE]], more=HOSTILE))
    assert [head.get("scope") for head in found.iter("th")] == ["col"]
    texts = ["".join(one.itertext()) for tag in ("th", "td") for one in found.iter(tag)]
    assert texts == ['<img onerror="x">]]>\\u202e&'] * 2
    assert not list(found.iter("img"))


def test_a_table_fixes_no_colours():
    assert "color" not in html_table(["a"], ["b"], [["c"]])


def test_what_control_characters_would_do_is_written_out():
    assert "\\x1b" in html_table(["\x1b[31m"])
    assert "\\x00" in html_table([], ["a"], [["\x00"]])
    assert cells_of(html_table([], ["a"], [["one\ntwo"]])) == [["one\ntwo"]]


def test_what_is_left_out_is_counted():
    assert left_out(1030, 30) == "and 1,000 more"
    assert left_out(31, 30, "parts") == "and 1 more"
    assert left_out(32, 30, "parts") == "and 2 more parts"
    assert left_out(30, 30) == ""


# Schedules


def test_a_schedule_shows_its_sentence_and_five_fires_and_how_it_is_written():
    bundle = Schedule(at_hours=[18], timezone="Asia/Tokyo")._repr_mimebundle_()
    assert told(bundle["text/html"])[0] == "at 18:00 Asia/Tokyo every day"
    assert len(cells_of(bundle["text/html"])) == 5
    assert bundle["text/plain"].startswith("Schedule(at_hours=[18], timezone='Asia/Tokyo')\nat 18:00")


def test_a_schedule_without_times_shows_only_its_sentence():
    bundle = Schedule(run_after_job_name="<img onerror='x'>]]>")._repr_mimebundle_()
    assert not list(read(bundle["text/html"]).iter("table"))
    assert told(bundle["text/html"]) == ["after \"<img onerror='x'>]]>\" completes"]


# Results of parts


def test_the_results_of_parts_are_a_list_that_knows_the_parts(fanned):
    found = fanned(3).result("cells")
    assert found == [{"n": n, "password": "hunter2"} for n in range(3)]
    assert isinstance(found, list)
    assert found.names == ("p0", "p1", "p2")


def test_results_of_parts_show_their_previews_with_secrets_masked(fanned):
    html = fanned(2).result("cells")._repr_html_()
    assert [row[0] for row in cells_of(html)] == ["p0", "p1"]
    assert "'n': 1" in cells_of(html)[1][1]
    assert "hunter2" not in html


def test_of_many_parts_the_first_thirty_are_shown():
    html = PartResults(range(1_000), [HOSTILE] * 1_000, ["<b>"] * 1_000)._repr_html_()
    assert len(cells_of(html)) == 30
    assert cells_of(html)[0][1] == "<b>"
    assert told(html) == ["1,000 parts", "and 970 more"]


@pytest.mark.parametrize(
    "again",
    [
        lambda found: pickle.loads(pickle.dumps(found)),
        lambda found: json.loads(json.dumps(found)),
        lambda found: pd.Series(found).tolist(),
        copy.copy,
        copy.deepcopy,
        PartResults.copy,
        lambda found: found[:],
        lambda found: found + [],
    ],
)
def test_what_is_made_of_results_of_parts_is_a_plain_list(again):
    found = again(PartResults([1, 2], ["a", "b"], ["1", "2"]))
    assert type(found) is list
    assert found == [1, 2]


@pytest.mark.parametrize(
    "change", [lambda found: found.sort(), lambda found: found.pop(), lambda found: found.append(1)]
)
def test_results_that_were_changed_show_themselves_as_a_list(change):
    found = PartResults([3, 2], ["a", "b"], ["3", "2"])
    assert found._repr_html_() is not None
    change(found)
    assert found._repr_html_() is None


def test_a_part_by_itself_is_not_a_list(fanned):
    assert fanned(2).result("cells", part="p1")["n"] == 1


# Plans, failures, comparisons, task runs


def test_a_plan_shows_what_becomes_of_tasks_with_a_sign(fanned):
    plan = fanned(2).plan(full=True)
    assert cells_of(plan._repr_html_()) == [["cells ×2", "▶ to run", "forced"]]
    assert told(plan._repr_html_())[0].startswith(f"risk for {plan.rundate}: 2 to run (forced)")


def test_of_a_long_plan_a_few_dozen_rows_are_shown(workspace, work_dir):
    dag = DAG(Name="wide", DevRun=True, WorkDir=work_dir({"steps.py": STEPS}))
    for n in range(50):
        Task(Name=f"t{n}", Entrypoint="steps.cells", dag=dag)
    html = dag.plan()._repr_html_()
    assert len(cells_of(html)) == 36
    assert told(html)[-1] == "and 14 more rows: see plan.frame()"


def test_failures_show_what_failed_of_how_many_and_what_sets_it_apart(fanned):
    (group,) = fanned(3, Entrypoint="steps.half").failures()
    failures = Failures([replace(group, set_apart="all with n=0")])
    ((task, failed, error, apart),) = cells_of(failures._repr_html_())
    assert (task, failed, apart) == ("cells", "1 of 3 parts", "all with n=0")
    assert error.startswith("ZeroDivisionError")
    assert told(Failures([])._repr_html_()) == ["no failures"]


def test_failures_of_hostile_names_and_messages_stay_text(failed):
    records = [failed(n, reason=f"ValueError: {HOSTILE}{n} password=hunter2", task_name=HOSTILE) for n in range(2)]
    html = Failures(group_failures(records, {}))._repr_html_()
    assert cells_of(html)[0][0] == '<img onerror="x">]]>\\u202e&'
    assert "hunter2" not in html


def test_a_comparison_shows_a_row_a_task(fanned):
    comparison = compare(fanned(2), fanned(3))
    assert [row[:2] for row in cells_of(comparison._repr_html_())] == [["cells", "2"]]
    assert told(comparison._repr_html_())[0] == repr(comparison)


def test_a_task_run_shows_how_it_ended_and_what_it_gave(fanned):
    html = fanned(2).task_run("cells", 1)._repr_html_()
    facts = dict(cells_of(html))
    assert told(html)[1] == "✓ completed"
    assert facts["attempt"] == "1"
    assert "'n': 1" in facts["result"]
    assert "hunter2" not in html


def test_a_task_run_that_failed_shows_why(fanned):
    html = fanned(2, Entrypoint="steps.half").task_run("cells", 0)._repr_html_()
    assert "✕ failed: ZeroDivisionError" in told(html)[1]


# Saved jobs and suites


def test_a_saved_job_shows_its_version_and_when_it_runs(workspace, work_dir):
    dag = DAG(Name="<b>risk", DevRun=True, WorkDir=work_dir({"steps.py": STEPS}), Schedule=Schedule(at_hours=[18]))
    Task(Name="cells", Entrypoint="steps.cells", dag=dag)
    saved = dag.save()
    assert told(saved._repr_html_())[0].startswith("'<b>risk', version 1, dev, saved")
    assert len(cells_of(saved._repr_html_())) == 5
    saved.pause()
    assert "nothing starts it by itself" in job("<b>risk")._repr_html_()


def test_why_shows_the_levels_of_the_rule(workspace, work_dir):
    dag = DAG(Name="risk", DevRun=True, WorkDir=work_dir({"steps.py": STEPS}), Schedule=Schedule(at_hours=[18]))
    Task(Name="cells", Entrypoint="steps.cells", dag=dag)
    html = dag.save().why(datetime(2020, 1, 1, 17, tzinfo=UTC))._repr_html_()
    assert [row[0] for row in cells_of(html)] == ["minute", "hour", "day", "month"]
    assert "the schedule does not have this instant" in told(html)[1]


def test_a_suite_shows_its_parameters():
    @suite
    def risk(region: str, months: int = 3, password: str = "hunter2") -> DAG:
        """Values risk.

        Args:
            region: where <b>
        """
        return DAG(Name=region)

    rows = cells_of(risk._repr_html_())
    assert rows[0] == ["region", "text", "required", "where <b>"]
    assert rows[1][2] == "3"
    assert rows[2][2] == "***"


def test_secrets_in_a_reason_or_a_log_are_masked_where_a_notebook_would_keep_them(workspace, tmp_path):
    @batch()
    def bad():
        raise ValueError("cannot log in with password=hunter2secret")

    dag = DAG(Name="secret", DevRun=True, WorkDir=tmp_path)
    dag.call(bad, [], {})
    run = dag.run(executor="inline")
    assert "hunter2secret" not in repr(run) + str(run._repr_mimebundle_())
