"""The table of a notebook in a real browser: read, chosen from and edited by keyboard and mouse; data stays text."""

import json
from pathlib import Path

import pytest

import dtscheduler.ui
from dtscheduler.ui.notebook.tables import Column, Table

ASSETS = Path(dtscheduler.ui.__file__).parent / "assets"
HOST = "http://table.test"
HTML = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="table.css"><main></main>
<script type="module">
import widget from "./table.js";
window.made = (state) => {
  window.end?.();
  const heard = {};
  window.left = () => Object.values(heard).flat().length;
  window.model = {
    get: (name) => state[name],
    set: (name, value) => {
      state[name] = value;
      (heard[`change:${name}`] ?? []).forEach((act) => act());
    },
    save_changes: () => {},
    on: (name, act) => (heard[name] ??= []).push(act),
    off: (name, act) => (heard[name] = heard[name].filter((one) => one !== act)),
  };
  window.end = widget.render({ model: window.model, el: document.querySelector("main") });
};
</script>"""
CITY = Column("city", "City", "choice", choices=(("ams", "Amsterdam"), ("ber", "<b>Berlin</b>")))
COLUMNS = (Column("name", "Name"), Column("count", "Count", "int"), Column("on", "On", "flag"), CITY)
ROWS = [["a", 1, True, "ams"], ["b", 2, False, None], ["c", 3, None, "ber"]]
HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(2)>", '"><svg onload=alert(3)>', "__proto__"]


@pytest.fixture(scope="module")
def shared(browser):
    """One page for all tests."""
    context = browser.new_context(viewport={"width": 700, "height": 700})
    page, said = context.new_page(), []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.route(f"{HOST}/**", serve)
    page.goto(f"{HOST}/")
    page.wait_for_function("!!window.made")
    yield page
    context.close()
    assert said == []


@pytest.fixture
def opened(shared):
    """Shows a table: ``opened(columns, rows, editable=True)``."""

    def show(columns=COLUMNS, rows=ROWS, **options):
        table = Table(columns, rows, **({"label": "Things"} | options))
        state = {name: value for name, value in table.get_state().items() if not name.startswith("_")}
        shared.evaluate("(text) => made(JSON.parse(text))", json.dumps(state))
        return shared

    return show


def serve(route):
    name = route.request.url.rsplit("/", 1)[1]
    if name in ("table.js", "table.css"):
        route.fulfill(path=ASSETS / name, content_type="text/javascript" if name.endswith(".js") else "text/css")
    else:
        route.fulfill(body=HTML, content_type="text/html")


def value(page, name="value"):
    return page.evaluate("(name) => model.get(name)", name)


def cell(page, row, place):
    return page.locator("tbody tr").nth(row).locator("td").nth(place)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def focused(page):
    return page.evaluate(
        "(() => { const at = document.activeElement; return [at.parentElement.rowIndex, at.cellIndex] })()"
    )


def test_a_cell_is_edited_with_keys_alone(opened):
    page = opened(editable=True)
    cell(page, 0, 0).focus()
    press(page, "ArrowRight", "Enter", "Control+A")
    page.keyboard.type("42")
    press(page, "Enter")
    assert value(page)[0] == ["a", 42, True, "ams"]
    assert focused(page) == [2, 1]


def test_rows_that_are_set_while_a_cell_is_edited_leave_what_was_typed(opened):
    page = opened(editable=True)
    cell(page, 1, 0).dblclick()
    page.keyboard.type("typed")
    page.evaluate("model.set('value', model.get('value').map((row, n) => ['new', n, row[2], row[3]]))")
    assert cell(page, 0, 0).text_content() == "new"
    assert cell(page, 1, 0).locator("input").input_value().endswith("typed")
    press(page, "Control+A")
    page.keyboard.type("kept")
    press(page, "Tab")
    assert value(page)[1] == ["kept", 1, False, None]


def test_escape_leaves_a_cell_as_it_was_and_delete_clears_it(opened):
    page = opened(editable=True)
    cell(page, 0, 1).focus()
    press(page, "F2", "9", "Escape")
    assert value(page) == ROWS
    press(page, "Delete")
    assert value(page)[0] == ["a", None, True, "ams"]


def test_what_is_no_number_stays_as_it_was_typed(opened):
    page = opened(editable=True)
    cell(page, 0, 1).focus()
    page.keyboard.type("many")
    press(page, "Enter")
    assert value(page)[0][1] == "many"


def test_flags_and_choices_are_changed_without_typing(opened):
    page = opened(editable=True)
    cell(page, 0, 2).focus()
    press(page, "Space", "ArrowRight", "Enter", "ArrowDown", "Enter")
    assert value(page)[0] == ["a", 1, False, "ber"]
    assert cell(page, 0, 3).text_content() == "<b>Berlin</b>"


def test_rows_are_added_below_and_removed_by_keys_and_by_buttons(opened):
    page = opened(editable=True)
    cell(page, 0, 0).focus()
    press(page, "Insert")
    assert [row[0] for row in value(page)] == ["a", None, "b", "c"]
    assert focused(page) == [2, 0]
    press(page, "Control+Delete")
    page.get_by_role("button", name="Remove row").click()
    assert [row[0] for row in value(page)] == ["a", "c"]


def test_what_a_spreadsheet_has_copied_fills_cells_and_adds_rows(opened):
    page = opened(editable=True)
    cell(page, 2, 0).focus()
    page.evaluate("""() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "x\\t7\\tyes\\tAmsterdam\\r\\ny\\tseven\\r\\n");
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }""")
    assert value(page)[2:] == [["x", 7, True, "ams"], ["y", "seven", None, None]]


def test_a_row_is_chosen_by_a_click_or_by_enter_and_nothing_else_may_change(opened):
    page = opened(selectable=True)
    cell(page, 1, 0).click()
    assert value(page, "selected") == 1
    press(page, "ArrowDown", "Enter", "Delete", "x")
    assert value(page, "selected") == 2
    assert page.locator("tr[aria-selected=true]").count() == 1
    assert value(page) == ROWS


def test_a_problem_stands_in_its_cell_and_is_tied_to_it(opened):
    page = opened(editable=True, problems=[(1, "count", "2 is too small: it is at least 5")])
    found = cell(page, 1, 1)
    assert found.get_attribute("aria-invalid") == "true"
    described = page.locator(f"#{found.get_attribute('aria-describedby')}")
    assert described.text_content() == "2 is too small: it is at least 5"
    page.evaluate("model.set('problems', [])")
    assert page.locator("[aria-invalid]").count() == 0


def test_a_look_has_its_word_beside_its_colour(opened):
    page = opened(looks=["failed", "", ""], look_column="name")
    assert cell(page, 0, 0).get_by_role("img", name="failed").count() == 1
    assert cell(page, 1, 0).get_by_role("img").count() == 0


def test_markup_in_cells_labels_choices_and_problems_is_text(opened):
    columns = [Column("name", text, "choice", choices=((text, text),), help=text) for text in HOSTILE]
    page = opened(columns, [HOSTILE], problems=[(0, "name", text) for text in HOSTILE], label=HOSTILE[1], editable=True)
    assert page.locator("thead th").all_text_contents() == HOSTILE
    assert [cell(page, 0, place).locator(".text").text_content() for place in range(4)] == HOSTILE
    cell(page, 0, 1).dblclick()
    assert HOSTILE[1] in page.locator("select option").all_text_contents()
    assert page.locator("main img, main script, main svg").count() == 0


def test_very_many_rows_are_drawn_as_they_are_reached(opened):
    page = opened(rows=[[f"row {number}", number, None, None] for number in range(5000)])
    assert page.locator("tbody tr").count() < 500
    assert page.get_by_role("grid").get_attribute("aria-rowcount") == "5001"
    cell(page, 0, 0).focus()
    press(page, "Control+End")
    assert page.evaluate("document.activeElement.parentElement.firstChild.textContent") == "row 4999"


def test_a_notebook_does_not_take_the_keys_of_what_has_the_focus(opened):
    page = opened(editable=True)
    assert page.locator("td:not([data-lm-suppress-shortcuts]), button:not([data-lm-suppress-shortcuts])").count() == 0


def test_it_leaves_nothing_behind_when_it_goes(opened):
    page = opened(editable=True)
    page.evaluate("end(); window.end = undefined")
    assert (page.evaluate("left()"), page.locator("main > *").count()) == (0, 0)
