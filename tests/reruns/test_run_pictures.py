"""Jobs and runs as pictures."""

import xml.etree.ElementTree as ET

import pytest

import dtscheduler
from dtscheduler import DAG
from dtscheduler.errors import InvalidJobError


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter() if element.text]


def test_a_job_shows_itself_in_a_notebook(steps):
    bundle = steps.dag()._repr_mimebundle_()
    assert bundle["text/plain"] == "<DAG 'steps': 3 tasks>"
    assert {"load", "clean", "total"} <= set(texts(bundle["image/svg+xml"]))


def test_an_empty_job_shows_itself_as_text():
    assert DAG(Name="empty", DevRun=True, WorkDir=".")._repr_mimebundle_() == {"text/plain": "<DAG 'empty': 0 tasks>"}


def test_a_run_shows_its_statuses(steps):
    steps.edit("return sorted(load)", "raise ValueError")
    run = steps.run()
    words = " ".join(texts(run._repr_mimebundle_()["image/svg+xml"]))
    assert all(word in words for word in ("completed", "failed", "did not run"))
    assert "n0 -> n1" in run.graph().source
    assert "n0 -->" in run.mermaid() or "n0 ==>" in run.mermaid()


def test_a_run_that_is_gone_shows_that(steps):
    run = steps.run()
    missing = type(run)(99, run._workspace)
    assert missing._repr_mimebundle_()["text/plain"].startswith("<Run 99: there is no run 99")


def test_the_picture_can_be_had_for_a_theme(steps):
    assert "<svg" in steps.dag().svg(theme="dark")
    with pytest.raises(InvalidJobError, match="theme 'pink' is not one of light, dark, auto"):
        steps.dag().svg(theme="pink")


def test_what_is_to_be_unfolded_has_to_be_there(steps):
    with pytest.raises(InvalidJobError, match="unfold: job 'steps' has no task 'laod'"):
        steps.dag().graph(unfold=["laod"])


def test_a_run_has_a_timeline_with_its_table(steps):
    found = steps.run().timeline()
    table = found.frame()
    assert list(table["task"]) == ["load", "clean", "total"]
    assert list(table["critical"]) == [True] * 3
    assert {"load", "clean", "total"} <= set(texts(found._repr_mimebundle_()["image/svg+xml"]))


def test_a_hostile_name_stays_text(workspace, work_dir):
    folder = work_dir({"steps.py": "from dtscheduler import batch\n\n@batch()\ndef f():\n    return 1\n"})
    name = '<script>alert(1)</script>"; evil -> x'
    dag = DAG(Name="x", DevRun=True, WorkDir=folder)
    dtscheduler.Task(Name=name, Entrypoint="steps.f", dag=dag)
    tags = {element.tag.partition("}")[2] for element in ET.fromstring(dag.run().svg()).iter()}
    assert "script" not in tags
    assert "evil -> x" not in dag.graph().source.replace(name.replace('"', '\\"'), "")
