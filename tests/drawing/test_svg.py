"""The picture: whatever a job is called, it is text in it, and nothing runs or is loaded from elsewhere."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictured import all_completed, but, job, task

from dtscheduler.drawing.cards import DETAIL_SIZE, LABEL_SIZE, TEXT_RIGHT
from dtscheduler.drawing.diagram import diagram_of
from dtscheduler.drawing.lettering import width_of
from dtscheduler.drawing.looks import PAPERS, Theme, look_of
from dtscheduler.drawing.svg import svg
from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import one_line

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {
    "svg": {"viewBox", "width", "height", "role", "class"},
    "title": set(),
    "desc": set(),
    "style": set(),
    "g": {"class", "transform"},
    "rect": {"class", "x", "y", "width", "height", "rx"},
    "circle": {"class", "cx", "cy", "r"},
    "path": {"class", "d", "transform"},
    "text": {"class", "x", "y"},
}
SECRETS = ["password=hunter2", "postgres://ana:hunter2@db.example/x", '{"api_key": "hunter2"}', "--token hunter2"]
HOSTILE = [
    "<b>bold</b><script>alert(1)</script>",
    "</text></g></svg><svg onload='alert(1)'>",
    '<a href="javascript:alert(1)">x</a><image href="https://evil.example/x.png"/>',
    '<foreignObject><iframe src="//evil.example"></iframe></foreignObject>',
    "</style><style>*{background:url(https://evil.example)}",
    "<![CDATA[x]]> ]]> <!-- -- --> <?xml-stylesheet href='x'?>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "&lt;script&gt; &amp; &#0; &#x202e; &nbsp;",
    "' onmouseover='alert(1)' \" onclick=\"alert(1)\" `x`",
    "nul \x00 escape \x1b[31m bell \x07 delete \x7f c1 \x9b",
    "lone \ud800 and \udfff surrogates \ufffe \uffff",
    "right \u202e left \u2066 isolate \u200f mark",
    "two\nlines\r\nand\ttabs\u2028separator",
    "emoji 🚀 👩‍👩‍👧 é שלום 日本語",
    "x" * 10_000,
    "<" * 10_000,
    *SECRETS,
]
hostile = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def picture(text, unfolded=(), **how):
    """A failed run in which everything that others write is this text."""
    spec = job(task(text, 3, entrypoint=text, description=text), task(f"{text} 2", entrypoint=text, description=text))
    parts = tuple(replace(part, name=f"{text} {n}", description=text) for n, part in enumerate(spec.tasks[0].parts))
    spec = replace(spec, name=text, tasks=(replace(spec.tasks[0], parts=parts), spec.tasks[1]), upstream=((), (0,)))
    task_runs = [replace(one, status=TaskStatus.FAILED, reason=text) for one in all_completed(spec)]
    return svg(diagram_of(spec, task_runs, unfolded=unfolded), title=text, **how)


def parsed(text):
    return ElementTree.fromstring(text.encode())


def tips(root):
    """The lines of what is told about each node."""
    return [(found.text or "").split("\n") for found in root.iter(f"{SVG}title")][1:]


@hostile
@pytest.mark.parametrize("unfolded", [(), "all"])
def test_only_known_elements_and_attributes_occur_whatever_the_names(text, unfolded):
    for found in parsed(picture(text, unfolded)).iter():
        assert set(found.attrib) <= ALLOWED[found.tag.removeprefix(SVG)]


@hostile
@pytest.mark.parametrize("unfolded", [(), "all"])
def test_classes_and_styles_hold_no_data(text, unfolded):
    root = parsed(picture(text, unfolded))
    classes = {word for found in root.iter() for word in found.get("class", "").split()}
    known = {"dts", "dts-auto", "page", "title", "label", "detail", "card", "badge", "glyph", "edge", "tip", "dot"}
    assert classes <= known | {"key", "note", "critical", "solid"} | set(map(str, TaskStatus))
    (style,) = root.iter(f"{SVG}style")
    assert style.text == parsed(picture("load", unfolded)).find(f"{SVG}style").text


@hostile
def test_a_tooltip_holds_the_whole_text_cleaned(text):
    alone = job(task(text, entrypoint=text, description=text))
    task_runs = but(all_completed(alone), 0, status=TaskStatus.FAILED, reason=text)
    ((*lines,),) = tips(parsed(svg(diagram_of(alone, task_runs))))
    label, line = (carried(one_line(text, limit)) for limit in (400, 600))
    assert lines == [label, line, line, "failed · 1.0 s", line]


def carried(text):
    return re.sub("[\ufffe\uffff]", "\ufffd", text)


@pytest.mark.parametrize("text", SECRETS)
@pytest.mark.parametrize("unfolded", [(), "all"])
def test_secrets_are_nowhere_in_the_picture(text, unfolded):
    assert "hunter2" not in picture(text, unfolded)
    assert "hunter2" not in picture("x" * 190 + " " + text, unfolded)


@pytest.mark.parametrize("theme", list(Theme))
def test_nothing_is_loaded_from_elsewhere(theme):
    written = picture("load", "all", theme=theme)
    assert re.findall(r"\w+://[^\"]*", written) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"url\(|@import|@font-face|href|data:", written)


@settings(deadline=None)
@given(st.text(st.characters(), max_size=80))
def test_any_text_at_all_gives_a_picture_of_known_elements(text):
    root = parsed(picture(text))
    assert {found.tag for found in root.iter()} <= {f"{SVG}{name}" for name in ALLOWED}
    assert len(list(root.iter(f"{SVG}text"))) == len(list(parsed(picture("load")).iter(f"{SVG}text"))) - (
        not one_line(text, 200)
    )


def test_a_screen_reader_is_told_what_it_is_and_how_the_run_went():
    spec = job("load", "clean", edges=["load > clean"])
    root = parsed(svg(diagram_of(spec, but(all_completed(spec), 1, status=TaskStatus.FAILED)), title="Nightly"))
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Nightly"
    assert root.findtext(f"{SVG}desc") == "2 nodes, 1 edge. 1 failed, 1 completed"
    assert parsed(svg(diagram_of(spec))).findtext(f"{SVG}title")


@pytest.mark.parametrize(("theme", "other"), [("light", Theme.DARK), ("dark", Theme.LIGHT)])
def test_a_theme_brings_its_own_colours_alone(theme, other):
    written = picture("load", theme=theme)
    assert PAPERS[Theme(theme)].page in written and PAPERS[other].page not in written
    assert look_of(TaskStatus.FAILED).light.fill in written or theme == "dark"


def test_the_automatic_theme_is_light_and_turns_dark_where_that_is_preferred():
    light, _, dark = picture("load", theme="auto").partition("@media (prefers-color-scheme:dark)")
    assert PAPERS[Theme.LIGHT].page in light and PAPERS[Theme.DARK].page not in light
    assert PAPERS[Theme.DARK].page in dark


def test_an_unknown_theme_is_refused():
    with pytest.raises(ValueError, match="sepia"):
        picture("load", theme="sepia")


@settings(deadline=None)
@given(st.lists(st.sampled_from(TaskStatus), min_size=1, max_size=30))
def test_the_legend_explains_the_statuses_that_occur_and_no_others(statuses):
    spec = job(task("price", len(statuses)))
    task_runs = [replace(one, status=status) for one, status in zip(all_completed(spec), statuses, strict=True)]
    root = parsed(svg(diagram_of(spec, task_runs)))
    keys = {text.text for text in root.iter(f"{SVG}text") if text.get("class") == "key"}
    assert keys == {f"{statuses.count(status)} {look_of(status).word}" for status in statuses}


def test_a_job_that_has_not_run_has_no_legend():
    written = svg(diagram_of(job("load", "clean", edges=["load > clean"])))
    assert 'class="key"' not in written and 'class="badge"' not in written


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=120), st.booleans())
def test_what_is_written_on_a_card_fits_on_it(name, run):
    spec = job(task(name, entrypoint=name), task(name + "2", 5, entrypoint=name))
    root = parsed(svg(diagram_of(spec, all_completed(spec) if run else None)))
    sizes = {"label": LABEL_SIZE, "detail": DETAIL_SIZE}
    for group in root.iter(f"{SVG}g"):
        card = group.find(f"{SVG}rect[@class='card']")
        for text in [] if card is None else group.findall(f"{SVG}text"):
            kind = text.get("class")
            right = float(text.get("x")) + width_of(text.text or "", sizes[kind], bold=kind == "label")
            assert right <= float(card.get("width")) - TEXT_RIGHT + 1


def test_a_long_name_is_cut_on_the_card_and_whole_in_the_tooltip():
    name = "reconcile positions with the books of every desk and every country"
    root = parsed(svg(diagram_of(job(name))))
    (label,) = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "label"]
    assert label.endswith("…") and name.startswith(label[:-1])
    assert tips(root)[0][0] == name


def test_everything_stands_on_the_sheet_also_a_long_title_and_a_long_legend():
    spec = job(task("p", len(TaskStatus)))
    task_runs = [replace(one, status=status) for one, status in zip(all_completed(spec), TaskStatus, strict=True)]
    root = parsed(svg(diagram_of(spec, task_runs), title="A title " * 20))
    width, height = float(root.get("width")), float(root.get("height"))
    for text in root.findall(f".//{SVG}text[@class='key']") + root.findall(f"{SVG}text[@class='title']"):
        size = 15 if text.get("class") == "title" else 11.5
        assert float(text.get("x")) + width_of(text.text, size) <= width and float(text.get("y")) < height


def test_lines_of_the_critical_path_are_marked_and_explained():
    spec = job("slow", "fast", "join", edges=["slow > join", "fast > join"])
    task_runs = but(all_completed(spec), 1, ended=all_completed(spec)[0].started)
    root = parsed(svg(diagram_of(spec, task_runs)))
    marked = root.findall(f".//{SVG}g[@class='critical']/{SVG}path[@class='edge']")
    assert len(marked) == 1
    assert any("decided when the run ended" in (text.text or "") for text in root.iter(f"{SVG}text"))
