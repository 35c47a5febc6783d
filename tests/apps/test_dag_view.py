"""The graph in a real browser: how it is drawn, recoloured, walked through, unfolded; and that data stays text."""

import re
from pathlib import Path

import pytest

import dtscheduler.ui
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.ui.graph import graph_of, states

ASSETS = Path(dtscheduler.ui.__file__).parent / "assets"
HOST = "http://graph.test"
HTML = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="dagview.css">
<style>body {{ margin: 0; background: {background} }} #graph {{ height: 420px }} main {{ height: 3000px }}</style>
<main><div id="graph"></div></main>
<script type="module">
import {{ DagView }} from "./dagview.js";
window.made = () => {{
  window.view?.destroy();
  window.told = [];
  window.view = new DagView(document.querySelector("#graph"), {{
    onSelect: (node) => told.push(node && node.id),
    onUnfold: (names) => told.push(names),
  }});
}};
made();
</script>"""
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "</style><script>alert(4)</script>",
    "javascript:alert(5)",
    "{{constructor.constructor('alert(6)')()}}",
    "__proto__",
    "**x** :red[z] $y$",
]


def task(name, parts=0, entrypoint="flights.load"):
    names = [f"{name} {number}" for number in range(parts)] or [name]
    return TaskSpec(name=name, entrypoint=entrypoint, parts=tuple(map(PartSpec, names)), parallel=parts > 0)


def job(*tasks, upstream):
    return JobSpec(name="flights", tasks=tasks, upstream=upstream, access=AccessSpec(owner="ana"))


# load leads to cells and to map, both of which lead to mail
FLIGHTS = job(task("load"), task("cells", 6), task("map"), task("mail"), upstream=((), (0,), (0,), (1, 2)))


@pytest.fixture(scope="module")
def shared(browser):
    """One page for all tests that need no page of their own; without motion, so that there is nothing to wait for."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    said = []
    page = loaded(context.new_page(), "white")
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    yield page
    context.close()
    assert said == []


@pytest.fixture
def opened(shared):
    """Shows one graph: ``opened(graph_of(FLIGHTS), states)``."""

    def show(graph=None, written=None):
        shared.mouse.move(0, 890)
        shared.evaluate("window.scrollTo(0, 0); made()")
        draw(shared, graph or graph_of(FLIGHTS), written)
        return shared

    return show


@pytest.fixture
def apart(new_page):
    """Shows the graph of the flights on a page of its own: ``apart(background="black")``."""

    def show(background="white", **options):
        page = loaded(new_page(**options), background)
        draw(page, graph_of(FLIGHTS))
        return page

    return show


def loaded(page, background):
    page.route(f"{HOST}/**", lambda route: serve(route, background))
    page.goto(f"{HOST}/")
    page.wait_for_function("window.view")
    return page


def serve(route, background):
    name = route.request.url.rsplit("/", 1)[1]
    if name in ("dagview.js", "dagview.css"):
        route.fulfill(path=ASSETS / name, content_type="text/javascript" if name.endswith(".js") else "text/css")
    else:
        route.fulfill(body=HTML.format(background=background), content_type="text/html")


def draw(page, graph, written=None):
    page.evaluate("([g, s]) => { view.draw(g); if (s) view.recolour(s); }", [graph.document, written])


def told(page):
    return page.evaluate("told")


def focused(page):
    return page.evaluate("document.activeElement.dataset.id")


def where(page, node):
    box = page.locator(f"[data-id={node}]").bounding_box()
    return round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)


def scale(page):
    return page.evaluate("view.view.k")


def settled(page):
    """Wait until nothing moves any more."""
    page.evaluate("window.was = null")
    page.wait_for_function(
        "() => { const now = JSON.stringify(view.view), was = window.was; window.was = now; return now === was; }",
        polling=120,
    )


def test_a_graph_is_drawn_with_names_and_fits_into_sight(opened):
    page = opened()
    assert page.locator(".node .label").all_text_contents() == ["load", "cells", "map", "mail"]
    frame = page.locator(".viewport").bounding_box()
    for node in ("n0", "n1", "n2", "n3"):
        x, y = where(page, node)
        assert frame["x"] < x < frame["x"] + frame["width"] and frame["y"] < y < frame["y"] + frame["height"]


def test_states_colour_and_sign_the_cards_where_they_stand(opened):
    graph = graph_of(FLIGHTS, stateful=True)
    page = opened(graph, states(graph, {(0, 0): "running"}))
    before = page.evaluate("[...document.querySelectorAll('.node')].map((n) => n.getAttribute('transform'))")
    colour = page.locator("[data-id=n0] .card").evaluate("(card) => getComputedStyle(card).fill")
    page.evaluate("(s) => view.recolour(s)", states(graph, {(0, 0): "failed", (1, 2): "completed"}))
    page.wait_for_function(
        "(was) => getComputedStyle(document.querySelector('[data-id=n0] .card')).fill !== was", arg=colour
    )
    assert page.locator("[data-id=n0]").get_attribute("data-look") == "failed"
    assert page.locator("[data-id=n0] .detail").text_content() == "failed"
    glyph = page.locator("[data-id=n0] .badge path").get_attribute("d")
    assert glyph == graph.document["looks"]["failed"]["path"]
    assert page.locator("[data-id=n1] .bar rect").count() == 2
    assert before == page.evaluate("[...document.querySelectorAll('.node')].map((n) => n.getAttribute('transform'))")


def test_the_legend_counts_states_in_words_and_leads_to_them(opened):
    graph = graph_of(FLIGHTS, stateful=True)
    page = opened(graph, states(graph, {(3, 0): "failed"}, missing="completed"))
    assert page.locator(".key").all_text_contents() == ["1 failed", "8 completed"]
    page.locator(".key", has_text="failed").click()
    ring = page.locator(".ring.focus")
    assert ring.get_attribute("visibility") == "visible"
    box = graph.layout.boxes["n3"]
    assert float(ring.get_attribute("x")) == box.x - 4


def test_a_click_chooses_a_node_and_a_second_one_lets_go(opened):
    page = opened()
    page.locator("[data-id=n2] .card").click()
    assert page.locator("[data-id=n2]").get_attribute("aria-pressed") == "true"
    page.wait_for_timeout(350)  # else the two clicks are a double click
    page.locator("[data-id=n2] .card").click()
    assert told(page) == ["n2", None]
    assert page.locator("[aria-pressed]").count() == 0


def test_choosing_from_outside_tells_nobody_and_lights_the_lines(opened):
    page = opened()
    page.evaluate("view.select('n1')")
    assert told(page) == []
    assert page.locator(".edges.lit").get_attribute("d").count("M") == 2
    page.evaluate("view.select('gone')")
    assert page.locator(".edges.lit").get_attribute("d") == ""


def test_the_chip_of_a_fan_out_asks_for_its_parts_and_they_appear_where_it_was(opened):
    page = opened()
    before = where(page, "n1")
    page.locator("[data-id=n1] .chip").click()
    assert told(page) == [["cells"]]
    page.evaluate("view.touched = true")
    draw(page, graph_of(FLIGHTS, unfolded=["cells"]))
    middle = [sum(axis) / 6 for axis in zip(*(where(page, f"n1p{part}") for part in range(6)), strict=True)]
    assert abs(middle[0] - before[0]) < 60 and abs(middle[1] - before[1]) < 60


def test_an_unfolded_part_folds_again(opened):
    page = opened(graph_of(FLIGHTS, unfolded=["cells"]))
    page.locator("[data-id=n1p3]").hover()
    page.locator("[data-id=n1p3] .folder").click()
    page.get_by_role("button", name="Fold everything").click()
    assert told(page) == [[], []]


def test_a_double_click_unfolds_and_one_beside_the_nodes_comes_closer(opened):
    page = opened()
    page.locator("[data-id=n1] .label").dblclick()
    assert told(page)[-1] == ["cells"]
    before = page.locator(".zoomed").text_content()
    page.locator(".viewport").dblclick(position={"x": 12, "y": 12})
    page.wait_for_function("before => document.querySelector('.zoomed').textContent !== before", arg=before)


def test_arrows_walk_along_the_edges_and_enter_chooses(opened):
    page = opened()
    page.locator(".viewport").focus()
    walked = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "Home"):
        page.keyboard.press(key)
        walked.append(focused(page))
    assert walked == ["n0", "n1", "n2", "n3", walked[4], walked[5], "n0"]
    assert walked[4] in ("n1", "n2") and walked[5] in ("n1", "n2")
    page.keyboard.press("Enter")
    assert told(page) == ["n0"]
    page.keyboard.press("Escape")
    assert told(page) == ["n0", None]


def test_space_unfolds_and_the_keyboard_stays_there(opened):
    page = opened()
    page.locator("[data-id=n1]").focus()
    page.keyboard.press(" ")
    assert told(page) == [["cells"]]
    draw(page, graph_of(FLIGHTS, unfolded=["cells"]))
    assert focused(page) == "n1p0"


def test_walking_passes_through_junctions(opened):
    spec = job(task("first", 8), task("second", 8), upstream=((), (0,)))
    page = opened(graph_of(spec, unfolded="all"))
    assert page.locator(".dot").count() == 1
    page.locator("[data-id=n0p3]").focus()
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("n1p")


def test_slash_searches_enter_goes_on_and_escape_ends_at_the_match(opened):
    page = opened(graph_of(FLIGHTS, unfolded=["cells"]))
    page.locator(".viewport").focus()
    page.keyboard.press("/")
    page.keyboard.type("CELLS 4")
    assert page.locator(".found").text_content() == "1 found"
    assert page.locator(".node.dim").count() == 8
    page.keyboard.press("Enter")
    assert page.locator(".found").text_content() == "1 of 1"
    page.keyboard.press("Escape")
    assert focused(page) == "n1p4"
    assert page.locator(".node.dim").count() == 0


def test_a_search_for_a_part_leads_to_the_fan_out_it_is_folded_in(opened):
    page = opened()
    page.get_by_label("Search tasks by name").fill("cells 4")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert focused(page) == "n1"


def test_a_search_without_a_match_says_so(opened):
    page = opened()
    page.get_by_label("Search tasks by name").fill("zebra")
    assert page.locator(".found").text_content() == "none"


def test_keys_and_buttons_zoom_and_fit_also_while_it_still_moves(apart):
    page = apart()
    start = scale(page)
    page.locator(".viewport").focus()
    page.keyboard.press("+")
    settled(page)
    closer = scale(page)
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Zoom out").click()
    settled(page)
    assert scale(page) < start < closer
    page.locator(".viewport").focus()
    page.keyboard.press("0")
    settled(page)
    assert scale(page) == pytest.approx(start)


def test_the_wheel_zooms_with_ctrl_about_the_pointer(opened):
    page = opened()
    x, y = where(page, "n3")
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function("view.view.k > 1.2")
    assert where(page, "n3") == pytest.approx((x, y), abs=2)


def test_the_wheel_alone_scrolls_the_page_when_all_is_in_sight(opened):
    page = opened()
    page.mouse.move(*where(page, "n0"))
    page.mouse.wheel(0, 200)
    page.wait_for_function("scrollY > 100")


def test_the_wheel_alone_moves_a_graph_that_goes_on_below(opened):
    page = opened(graph_of(FLIGHTS, unfolded=["cells"]))
    page.get_by_role("button", name="Actual size").click()
    settled(page)
    before = where(page, "n1p5")[1]
    page.mouse.move(640, 200)
    page.mouse.wheel(0, 60)
    page.wait_for_function(
        "(y) => document.querySelector('[data-id=n1p5]').getBoundingClientRect().y < y - 40", arg=before - 24
    )
    assert page.evaluate("scrollY") == 0


def test_dragging_moves_the_graph_and_chooses_nothing(opened):
    page = opened()
    x, y = where(page, "n0")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 40, steps=4)
    page.mouse.up()
    assert where(page, "n0") == pytest.approx((x + 90, y + 40), abs=2)
    assert told(page) == []


def test_a_graph_cannot_be_lost_out_of_sight(opened):
    page = opened()
    page.evaluate("view.fit(false)")
    for _ in range(3):
        page.mouse.move(200, 380)
        page.mouse.down()
        page.mouse.move(1270, 20, steps=3)
        page.mouse.up()
    x, y = page.evaluate("[view.view.x, view.view.y]")
    assert x <= 1280 - 80 and y >= -420


def test_a_tooltip_tells_what_is_known_of_a_node(opened):
    graph = graph_of(FLIGHTS, stateful=True)
    page = opened(graph, states(graph, {(0, 0): "failed"}, {(0, 0): "KeyError: 'JFK'"}))
    page.locator("[data-id=n0]").hover()
    page.locator(".tip").wait_for(state="visible")
    lines = page.locator(".tip div").all_text_contents()
    assert lines == ["load", "flights.load", "failed", "KeyError: 'JFK'"]


def test_nodes_are_named_for_screen_readers(opened):
    graph = graph_of(FLIGHTS, stateful=True)
    page = opened(graph, states(graph, {(1, 0): "failed"}, missing="completed"))
    assert page.get_by_role("button", name="cells, 6, 1 failed, 5 completed").get_attribute("aria-expanded") == "false"
    assert page.get_by_role("application").get_attribute("aria-label") == "Tasks and what they wait for"


@pytest.mark.parametrize(("background", "theme"), [("#ffffff", "light"), ("#0e1117", "dark")])
def test_the_theme_is_that_of_what_is_behind(apart, background, theme):
    page = apart(background=background)
    assert page.locator("#graph").get_attribute("data-theme") == theme


def test_who_wants_less_motion_gets_the_view_at_once(opened):
    page = opened()
    assert page.evaluate("view.fit(), view.root.querySelector('[title=\"Zoom out\"]').click(), view.view.k < 1")


@pytest.mark.parametrize(
    ("k", "words", "sign"), [(1, True, True), (0.35, False, True), (0.2, False, True), (0.05, False, False)]
)
def test_small_print_and_then_signs_are_left_out_from_afar(opened, k, words, sign):
    graph = graph_of(FLIGHTS, stateful=True)
    page = opened(graph, states(graph, {}))
    steps = 0
    while scale(page) > k and steps < 40:
        page.locator(".viewport").press("-")
        steps += 1
    assert page.locator("[data-id=n0] .label").is_visible() is words
    assert page.locator("[data-id=n0] .badge").is_visible() is sign


@pytest.fixture(scope="module")
def long_chain():
    """900 tasks, one after another."""
    tasks = [task(f"t{number}", entrypoint=f"f.g{number}") for number in range(900)]
    return graph_of(job(*tasks, upstream=((), *((number,) for number in range(899)))), stateful=True)


def test_many_nodes_are_recoloured_also_those_out_of_sight(opened, long_chain):
    page = opened(long_chain, states(long_chain, {}))
    assert page.locator(".node:visible").count() < 200
    page.evaluate("(s) => view.recolour(s)", states(long_chain, {}, missing="completed"))
    assert page.locator('.node[data-look="completed"]').count() == 900
    page.get_by_role("button", name="Show everything").click()
    assert page.locator(".node:visible").count() == 900


def test_walking_and_searching_bring_into_sight_what_was_left_out(opened, long_chain):
    page = opened(long_chain)
    page.get_by_label("Search tasks by name").fill("t899")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert focused(page) == "n899"
    assert page.locator("[data-id=n899]").is_visible() and not page.locator("[data-id=n0]").is_visible()
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "n898"


def test_destroying_it_leaves_nothing_behind(opened):
    page = opened()
    page.evaluate("view.destroy()")
    assert page.locator("#graph").evaluate("(root) => root.childNodes.length") == 0
    page.keyboard.press("+")


def test_hostile_names_are_shown_as_they_are_and_nothing_of_them_runs(opened):
    tasks = [task(name, entrypoint=name) for name in HOSTILE] + [task(f"fan {name}", 3) for name in HOSTILE]
    spec = job(*tasks, upstream=tuple((number - 1,) if number else () for number in range(len(tasks))))
    graph = graph_of(spec, unfolded=["fan __proto__"], stateful=True)
    page = opened(graph, states(graph, {}, dict.fromkeys([(number, 0) for number in range(len(tasks))], HOSTILE[1])))
    page.get_by_label("Search tasks by name").fill("<img")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator("[data-id=n1]").hover()
    page.locator(".tip").wait_for(state="visible")
    assert page.locator(".tip div").all_text_contents() == [HOSTILE[1], HOSTILE[1], "pending", HOSTILE[1]]
    assert page.locator("#graph script, #graph img, #graph [onload], #graph [onerror]").count() == 0
    assert page.locator(".node").count() == len(graph.members)


def test_colours_that_are_none_and_looks_that_are_no_names_reach_no_style(opened):
    graph = graph_of(FLIGHTS)
    page = opened(graph)
    bad = {"word": "x", "path": "", "light": {"ink": "red;} * {display:none", "fill": "#ffffff"}, "dark": {}}
    page.evaluate(
        "([g, bad]) => view.draw({...g, looks: {...g.looks, failed: bad, 'a\"] {} *': bad}})", [graph.document, bad]
    )
    style = page.locator("#graph style").text_content()
    assert "display" not in style and "*" not in style and '[data-look="failed"]{--fill:#ffffff}' in style


def test_the_module_writes_text_only_and_asks_nobody_for_anything():
    written = (ASSETS / "dagview.js").read_text(encoding="utf-8")
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|setHTML|document\.write"
    assert not re.search(markup, written)
    assert not re.search(r"\beval\(|new Function|setAttribute\(\"on", written)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|\bimport\b|localStorage|document\.cookie", written)
    assert re.findall(r"https?://[^\"'`\s]+", written) == ["http://www.w3.org/2000/svg"]


def test_the_styles_load_nothing_and_reach_nothing_outside():
    written = re.sub(r"/\*.*?\*/", "", (ASSETS / "dagview.css").read_text(encoding="utf-8"), flags=re.S)
    assert not re.search(r"url\(|@import|@font-face", written)
    selectors = [one.strip() for one in re.findall(r"([^{}]+)\{", written)]
    assert all(one.startswith((".dagview", "@media")) for one in selectors)
