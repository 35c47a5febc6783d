"""Looks of statuses, what a diagram says, and the SVG that carries it."""

from itertools import combinations
from xml.etree import ElementTree

import pytest
from pictured import all_completed, but, job, task

from dtscheduler.drawing.diagram import NodeKind, diagram_of
from dtscheduler.drawing.lettering import fitted, width_of
from dtscheduler.drawing.looks import PAPERS, Theme, contrast, look_of
from dtscheduler.drawing.markup import element
from dtscheduler.drawing.svg import svg
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.model.text import one_line

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    "</title></svg><img src=x onerror=alert(1)>",
    "]]>",
    "&lt;b&gt; &amp; &#0;",
    "'\" onload='x' a=\"",
    "nul \x00 esc \x1b bell \x07",
    "lone \ud800 surrogate",
    "right \u202e left",
    "emoji 🚀 é שלום",
    "x" * 10_000,
]


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
@pytest.mark.parametrize("status", [*TaskStatus, *RunStatus])
def test_every_status_can_be_read_on_its_background(status, theme):
    look = look_of(status)
    tone = look.dark if theme is Theme.DARK else look.light
    assert contrast(tone.ink, tone.fill) >= 4.5
    assert contrast(PAPERS[theme].text, tone.fill) >= 4.5


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
def test_text_without_a_status_can_be_read_too(theme):
    paper = PAPERS[theme]
    assert all(contrast(ink, on) >= 4.5 for ink in (paper.text, paper.muted) for on in (paper.page, paper.card))


def test_statuses_differ_in_glyph_and_word_and_not_by_colour_alone():
    looks = [look_of(status) for status in {status.value: status for status in (*TaskStatus, *RunStatus)}.values()]
    for one, other in combinations(looks, 2):
        assert one.glyph != other.glyph and one.path != other.path and one.word != other.word


def test_contrast_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_fan_out_is_one_node_that_counts_and_unfolds():
    spec = job("load", task("price", 12), edges=["load > price"])
    task_runs = but(all_completed(spec), 1, 3, status=TaskStatus.FAILED)
    folded = diagram_of(spec, task_runs).nodes[1]
    assert (folded.detail, folded.status) == ("×12: 11 completed, 1 failed", TaskStatus.FAILED)
    unfolded = diagram_of(spec, task_runs, unfolded={"price"})
    assert [node.part for node in unfolded.nodes] == [None, *range(12)]
    assert len(unfolded.edges) == 12


def test_of_very_many_parts_the_failed_ones_are_shown_and_the_rest_is_counted():
    spec = job(task("price", 5000))
    nodes = diagram_of(spec, but(all_completed(spec), 0, 4321, status=TaskStatus.FAILED), unfolded="all").nodes
    assert len(nodes) == 201
    assert nodes[-1].label == "and 4,800 more"
    assert 4321 in [node.part for node in nodes]


def test_edges_from_all_parts_to_all_parts_meet_in_a_junction():
    spec = job(task("map", 20), task("reduce", 20), edges=["map > reduce"])
    diagram = diagram_of(spec, unfolded="all")
    assert [node.id for node in diagram.nodes if node.kind is NodeKind.JUNCTION] == ["j0"]
    assert len(diagram.edges) == 40


def test_many_alike_tasks_are_one_node_until_one_of_them_is_asked_for():
    names = [f"load {number}" for number in range(40)]
    spec = job("start", *names, edges=[f"start > {name}" for name in names])
    assert [node.size for node in diagram_of(spec).nodes] == [1, 40]
    assert len(diagram_of(spec, unfolded={"load 7"}).nodes) == 41


def test_layers_of_a_hundred_fully_connected_are_few_nodes():
    layers = [[task(f"{layer} {number}", entrypoint=f"a.f{layer}") for number in range(100)] for layer in range(100)]
    spec = job(*(one for layer in layers for one in layer))
    upstream = [tuple(range(max(0, number // 100 * 100 - 100), number // 100 * 100)) for number in range(10_000)]
    object.__setattr__(spec, "upstream", tuple(upstream))
    assert len(diagram_of(spec).edges) == 99


def test_the_path_that_decided_the_end_is_marked():
    spec = job("slow", "fast", "join", edges=["slow > join", "fast > join"])
    diagram = diagram_of(spec, but(all_completed(spec), 1, ended=all_completed(spec)[0].started))
    assert [(node.label, node.critical) for node in diagram.nodes] == [("slow", True), ("fast", False), ("join", True)]
    assert [edge.critical for edge in diagram.edges] == [True, False]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_is_text_in_the_picture_whatever_it_holds(text):
    spec = job(task(text, 2, entrypoint=text, description=text), "next")
    root = ElementTree.fromstring(svg(diagram_of(spec, all_completed(spec)), title=text).encode())
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "g", "circle", "path", "text"}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on") or "href" in name or name == "style"]
    tips = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert any(tip.splitlines()[0] == one_line(text, 400) for tip in tips[1:])


@pytest.mark.parametrize("theme", list(Theme))
def test_a_picture_loads_nothing_and_runs_nothing(theme):
    spec = job("load", "clean", edges=["load > clean"])
    text = svg(diagram_of(spec, all_completed(spec)), theme=theme)
    assert text.count("http") == 1 and "url(" not in text and "@import" not in text
    assert ("prefers-color-scheme" in text) is (theme is Theme.AUTO)


def test_no_tasks_are_a_picture_too():
    assert "no tasks" in svg(diagram_of(job()))


def test_a_text_that_is_too_long_ends_in_an_ellipsis_and_fits():
    for text in ("W" * 90, "i" * 900, "日本" * 40, "🚀" * 50):
        short = fitted(text, 100, 13)
        assert short.endswith("…") and width_of(short, 13) <= 100
    assert fitted("short", 100, 13) == "short"


def test_markup_escapes_what_is_not_markup_and_refuses_odd_names():
    assert element("p", "<", element("b", "&"), title='"') == '<p title="&quot;">&lt;<b>&amp;</b></p>'
    with pytest.raises(ValueError, match="cannot name"):
        element("p onload=x")
