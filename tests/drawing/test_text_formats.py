"""DOT and Mermaid: generated ids, and labels in which nothing is interpreted."""

import html
import json
import os
import re
import shutil
import subprocess

import pytest

from dtscheduler.drawing.diagram import Diagram, Edge, Node, NodeKind, diagram_of
from dtscheduler.drawing.dot import digraph
from dtscheduler.drawing.mermaid import mermaid
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus

HOSTILE = [
    "<b>bold</b>",
    "<",
    ">",
    "<<table><tr><td>x</td></tr></table>>",
    r"\N \G \L \l \r \n",
    "\\",
    '"; URL="javascript:alert(1)"; x="',
    'a" ] evil [label="b',
    "a\nb\tc",
    "];\nevil -> evil2;",
    "--> evil",
    "end",
    '"]; click n0 "javascript:alert(1)"',
    "`code` %%{init: {}}%%",
    "&lt;script&gt;",
    "#35;quot;",
    "emoji 🚀 é שלום",
    "=cmd()",
    "x" * 300,
]


def one(label, detail="", **facts):
    return Diagram(nodes=(Node(id="n0", kind=NodeKind.TASK, label=label, detail=detail, **facts),))


def parsed(dot):
    if shutil.which("dot") is None:
        assert os.environ.get("CI") != "true", "CI has to install graphviz"
        pytest.skip("the program dot is not installed")
    done = subprocess.run(["dot", "-Tjson0"], input=dot, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_dot_shows_a_name_as_it_is_and_reads_nothing_into_it(text):
    found = parsed(digraph(one(text, text), name=text).source)
    shown = text.replace("\n", " ")
    (node,) = found["objects"]
    assert unescaped(node["label"]) == [shown, shown]
    assert set(node) <= {"_gvid", "name", "label", "color", "fillcolor", "fontcolor", "shape", "style", "fontname",
                         "height", "width", "pos"}  # fmt: skip
    assert "edges" not in found


def unescaped(label):
    """The lines that Graphviz draws for a label."""
    lines, characters = [""], iter(label)
    for character in characters:
        following = next(characters) if character == "\\" else None
        if following in ("n", "l", "r"):
            lines.append("")
        else:
            lines[-1] += following or character
    return [html.unescape(line) for line in lines]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_mermaid_keeps_a_name_inside_its_quotes(text):
    lines = mermaid(one(text)).splitlines()
    assert len(lines) == 2
    (label,) = re.fullmatch(r'    n0\("([^"<>`%\[\]\\&]*)"\)', lines[1]).groups()
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label)
    assert decoded == text.replace("\n", "�").replace("\t", "�")


def run():
    tasks = (
        TaskSpec(name="load", entrypoint="a.load", parts=(PartSpec("load"),)),
        TaskSpec(name="size", entrypoint="a.size", parts=tuple(PartSpec(f"p{n}") for n in range(3)), parallel=True),
    )
    spec = JobSpec(name="job", tasks=tasks, upstream=((), (0,)), access=AccessSpec())
    statuses = [TaskStatus.COMPLETED, TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.COMPLETED]
    keys = [(0, 0), (1, 0), (1, 1), (1, 2)]
    names = ["load", "p0", "p1", "p2"]
    return spec, [
        TaskRunRecord(task=t, part=p, task_name=tasks[t].name, part_name=name, status=status)
        for (t, p), name, status in zip(keys, names, statuses, strict=True)
    ]


def test_a_run_shows_its_statuses_by_colour_and_glyph():
    text = mermaid(diagram_of(*run()))
    assert "class n1 is_failed" in text
    assert "n0 --> n1" in text or "n0 ==> n1" in text


def test_a_drawing_shows_itself_without_the_program(monkeypatch):
    monkeypatch.setenv("PATH", "")
    bundle = digraph(diagram_of(*run()))._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")


def test_edges_join_generated_ids():
    diagram = Diagram(
        nodes=(Node(id="n0", kind=NodeKind.TASK, label="a"), Node(id="n1", kind=NodeKind.TASK, label="b")),
        edges=(Edge(source="n0", target="n1"),),
    )
    assert "\tn0 -> n1\n" in digraph(diagram).source
