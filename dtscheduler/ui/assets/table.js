// A table as a notebook's widget: to read, to choose a row from, to edit; by mouse and by keyboard.
// Everything from data is written with textContent.

const MUTE = "data-lm-suppress-shortcuts"; // JupyterLab would take the keys of a cell that has focus for its own
const BATCH = 200;
const PAGE = 10;
const NATIVE = {
  date: { type: "date", pattern: /^\d{4}-\d\d-\d\d$/ },
  datetime: { type: "datetime-local", pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/ },
  time: { type: "time", pattern: /^\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/ },
};
const YES = ["true", "yes", "1", "x"];
const NO = ["false", "no", "0"];
let tables = 0;

function made(tag, name, facts = {}) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  for (const [key, value] of Object.entries(facts)) element.setAttribute(key, value);
  return element;
}

function same(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

function plainText(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function labelOf(column, value) {
  const found = column.choices.find((choice) => same(choice[0], value));
  return found ? found[1] : plainText(value);
}

function textOf(column, value) {
  if (value === null || value === undefined) return "";
  if (column.kind === "choices" && Array.isArray(value)) return value.map((each) => labelOf(column, each)).join(", ");
  if (column.kind === "choice") return labelOf(column, value);
  return column.kind === "datetime" ? plainText(value).replace("T", " ") : plainText(value);
}

/** What a text that was typed or pasted means in a column; what means nothing stays text, for Python to judge. */
function meant(column, text) {
  if (text === "") return null;
  const bare = text.trim();
  const number = Number(bare);
  if (column.kind === "int" && /^[+-]?\d+$/.test(bare) && Number.isSafeInteger(number)) return number;
  if (column.kind === "float" && bare && Number.isFinite(number)) return number;
  if (column.kind === "flag" && YES.includes(bare.toLowerCase())) return true;
  if (column.kind === "flag" && NO.includes(bare.toLowerCase())) return false;
  if (column.kind === "choice") return chosenBy(column, text);
  if (column.kind === "choices") return bare ? bare.split(/\s*,\s*/).map((each) => chosenBy(column, each)) : [];
  return text;
}

function chosenBy(column, text) {
  const found = column.choices.find(([value, label]) => label === text || plainText(value) === text);
  return found ? found[0] : text;
}

function signOf(look, dark) {
  const tone = dark ? look.dark : look.light;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "sign");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", look.word);
  const circle = document.createElementNS(svg.namespaceURI, "circle");
  for (const [key, value] of [["cx", 8], ["cy", 8], ["r", 8], ["fill", tone.ink]]) circle.setAttribute(key, value);
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", look.path);
  path.setAttribute("stroke", tone.fill);
  svg.append(circle, path);
  return svg;
}

class Table {
  constructor(model, el) {
    this.model = model;
    this.name = `dts-table-${++tables}`;
    this.at = [0, 0];
    this.limit = BATCH;
    this.trs = [];
    this.editing = null;
    this.leaving = new AbortController();
    this.frame(el);
    this.follow();
    this.head();
    this.draw();
  }

  get columns() {
    return this.model.get("columns");
  }

  get rows() {
    return this.model.get("value");
  }

  get editable() {
    return this.model.get("editable") && !this.model.get("disabled");
  }

  frame(el) {
    this.root = made("div", "dts-table");
    this.scroll = made("div", "scroll");
    this.grid = made("table", "", { role: "grid" });
    this.thead = made("thead");
    this.tbody = made("tbody");
    this.grid.append(this.thead, this.tbody);
    this.none = made("div", "none");
    this.scroll.append(this.grid, this.none);
    this.foot = made("div", "foot");
    this.adder = this.button("Add row", "Insert", () => this.add());
    this.remover = this.button("Remove row", "Control+Delete", () => this.remove());
    this.said = made("span", "said", { role: "status" });
    this.foot.append(this.adder, this.remover, this.said);
    this.root.append(this.scroll, this.foot);
    el.append(this.root);
  }

  button(text, keys, act) {
    const button = made("button", "", { type: "button", [MUTE]: "true", "aria-keyshortcuts": keys });
    button.textContent = text;
    button.addEventListener("click", act);
    return button;
  }

  /** Listen to the model, to the user and to the theme. */
  follow() {
    const draws = () => this.draw();
    this.heard = {
      "change:value": draws,
      "change:problems": draws,
      "change:looks": draws,
      "change:disabled": draws,
      "change:editable": draws,
      "change:selected": draws,
      "change:columns": () => (this.head(), this.draw(true)),
      "change:label": () => this.head(),
      "change:empty": draws,
      "change:height": draws,
    };
    for (const [name, act] of Object.entries(this.heard)) this.model.on(name, act);
    const signal = this.leaving.signal;
    this.grid.addEventListener("keydown", (event) => this.key(event), { signal });
    this.grid.addEventListener("mousedown", (event) => this.press(event), { signal });
    this.grid.addEventListener("click", (event) => this.click(event), { signal });
    this.grid.addEventListener("dblclick", (event) => this.doubleClick(event), { signal });
    this.grid.addEventListener("focusin", (event) => this.focused(event), { signal });
    this.grid.addEventListener("paste", (event) => this.paste(event), { signal });
    this.grid.addEventListener("copy", (event) => this.copy(event), { signal });
    this.scroll.addEventListener("scroll", () => this.more(), { signal });
    this.themed = new MutationObserver(() => this.draw(true));
    this.themed.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
    this.preferred = matchMedia("(prefers-color-scheme: dark)");
    this.preferred.addEventListener("change", () => this.draw(true), { signal });
  }

  destroy() {
    this.leave(true);
    for (const [name, act] of Object.entries(this.heard)) this.model.off(name, act);
    this.leaving.abort();
    this.themed.disconnect();
    this.root.remove();
  }

  // ---- drawing

  head() {
    const row = made("tr", "", { role: "row", "aria-rowindex": "1" });
    this.columns.forEach((column, place) => {
      const cell = made("th", column.align, { scope: "col", "aria-colindex": String(place + 1) });
      cell.textContent = column.label;
      if (column.help) cell.title = column.help;
      if (column.width) cell.style.width = `${column.width}px`;
      row.append(cell);
    });
    this.thead.replaceChildren(row);
    this.grid.setAttribute("aria-label", this.model.get("label"));
    this.grid.setAttribute("aria-colcount", String(this.columns.length));
  }

  draw(anew = false) {
    const rows = this.rows;
    const count = Math.min(rows.length, this.limit);
    const hadFocus = this.grid.contains(document.activeElement) && !this.editing;
    this.dark = this.isDark();
    this.root.dataset.theme = this.dark ? "dark" : "light";
    this.scroll.style.maxHeight = `${this.model.get("height")}px`;
    this.grid.setAttribute("aria-rowcount", String(rows.length + 1));
    this.grid.setAttribute("aria-readonly", String(!this.editable));
    this.grid.toggleAttribute("aria-disabled", this.model.get("disabled"));
    this.root.classList.toggle("disabled", this.model.get("disabled"));
    while (this.trs.length > count) this.drop();
    while (this.trs.length < count) this.extend();
    this.problems = this.byCell();
    for (let row = 0; row < count; row++) this.drawRow(row, anew);
    this.none.textContent = rows.length ? "" : this.model.get("empty");
    this.none.hidden = rows.length > 0;
    this.drawFoot();
    this.at = [Math.max(0, Math.min(this.at[0], rows.length - 1)), Math.min(this.at[1], this.columns.length - 1)];
    this.rove();
    if (hadFocus && count) this.cell(...this.at)?.focus({ preventScroll: true });
  }

  drawFoot() {
    this.foot.hidden = !this.model.get("editable");
    this.adder.disabled = !this.editable;
    this.remover.disabled = !this.editable || !this.rows.length;
  }

  extend() {
    const tr = made("tr", "", { role: "row", "aria-rowindex": String(this.trs.length + 2) });
    this.trs.push(tr);
    this.tbody.append(tr);
  }

  drop() {
    if (this.editing && this.editing.row === this.trs.length - 1) this.leave(false);
    this.trs.pop().remove();
  }

  byCell() {
    const found = new Map();
    for (const [row, name, message] of this.model.get("problems")) {
      const place = Math.max(0, this.columns.findIndex((column) => column.name === name));
      const key = `${row} ${place}`;
      found.set(key, found.has(key) ? `${found.get(key)}\n${message}` : message);
    }
    return found;
  }

  drawRow(row, anew) {
    const tr = this.trs[row];
    const selectable = this.model.get("selectable");
    const selected = selectable && this.model.get("selected") === row;
    if (selectable) tr.setAttribute("aria-selected", String(selected));
    tr.classList.toggle("selected", selected);
    tr.classList.toggle("selectable", selectable);
    tr.classList.toggle("listed", selectable && !this.model.get("editable"));
    while (tr.cells.length > this.columns.length) tr.lastChild.remove();
    this.columns.forEach((column, place) => this.drawCell(tr, row, place, column, anew));
  }

  drawCell(tr, row, place, column, anew) {
    let td = tr.cells[place];
    if (!td) {
      td = made("td", "", { role: "gridcell", tabindex: "-1", "aria-colindex": String(place + 1), [MUTE]: "true" });
      tr.append(td);
    }
    if (this.editing?.td === td) return this.drawProblem(td, row, place);
    const look = this.lookOf(row, column);
    const key = JSON.stringify([this.rows[row][place] ?? null, look?.word ?? "", column.kind]);
    if (anew || td.key !== key) {
      td.key = key;
      td.replaceChildren(...this.content(column, this.rows[row][place], look));
    }
    td.className = `${column.align} ${column.kind}`;
    td.setAttribute("aria-readonly", String(!this.mayEdit(column)));
    this.drawProblem(td, row, place);
  }

  content(column, value, look) {
    if (column.kind === "flag" && typeof value === "boolean") {
      const box = made("span", value ? "box ticked" : "box", { role: "img", "aria-label": value ? "yes" : "no" });
      return [box];
    }
    const text = made("span", "text");
    text.textContent = textOf(column, value);
    if (text.textContent.length > 20) text.title = text.textContent;
    if (!look) return [text];
    text.style.color = (this.dark ? look.dark : look.light).ink;
    return [signOf(look, this.dark), text];
  }

  drawProblem(td, row, place) {
    const message = this.problems.get(`${row} ${place}`);
    let said = td.querySelector(":scope > .problem");
    if (!message) {
      said?.remove();
      td.removeAttribute("aria-invalid");
      td.removeAttribute("aria-describedby");
      return;
    }
    if (!said) td.append((said = made("div", "problem", { id: `${this.name}-${row}-${place}` })));
    if (said.textContent !== message) said.textContent = message;
    td.setAttribute("aria-invalid", "true");
    td.setAttribute("aria-describedby", said.id);
  }

  lookOf(row, column) {
    if (column.name !== this.model.get("look_column")) return undefined;
    return this.model.get("palette")[this.model.get("looks")[row]];
  }

  isDark() {
    const named = this.root.closest("[data-jp-theme-light]") ?? document.body;
    const light = named.dataset.jpThemeLight;
    return light === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : light === "false";
  }

  /** Draw further rows when the last ones come into sight. */
  more() {
    const left = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight;
    if (left < 400 && this.limit < this.rows.length) this.reach(this.limit);
  }

  reach(row) {
    if (row < this.limit) return;
    this.limit = row + BATCH;
    this.draw();
  }

  // ---- going about

  cell(row, place) {
    return this.trs[row]?.cells[place];
  }

  rove() {
    this.grid.querySelectorAll('td[tabindex="0"]').forEach((td) => td.setAttribute("tabindex", "-1"));
    this.cell(...this.at)?.setAttribute("tabindex", "0");
  }

  go(row, place) {
    const last = this.rows.length - 1;
    if (last < 0) return;
    this.at = [Math.max(0, Math.min(row, last)), Math.max(0, Math.min(place, this.columns.length - 1))];
    this.reach(this.at[0]);
    this.rove();
    this.cell(...this.at).focus();
  }

  placeOf(target) {
    const td = target.closest?.("td");
    if (!td || !this.tbody.contains(td)) return null;
    return [this.trs.indexOf(td.parentElement), td.cellIndex];
  }

  focused(event) {
    const place = this.placeOf(event.target);
    if (!place) return;
    this.at = place;
    this.rove();
  }

  press(event) {
    if (this.editing && !this.editing.td.contains(event.target)) this.leave(true);
  }

  click(event) {
    const place = this.placeOf(event.target);
    if (!place || this.editing?.td.contains(event.target)) return;
    if (this.model.get("selectable")) this.select(place[0]);
    const isBox = event.target.classList.contains("box");
    if (isBox && this.mayEdit(this.columns[place[1]])) this.toggle(...place);
  }

  doubleClick(event) {
    const place = this.placeOf(event.target);
    if (place && !this.editing && !event.target.classList.contains("box")) this.edit(...place);
  }

  select(row) {
    if (this.model.get("disabled") || this.model.get("selected") === row) return;
    this.model.set("selected", row);
    this.model.save_changes();
  }

  key(event) {
    if (this.editing) return this.keyInside(event);
    const [row, place] = this.at;
    const control = event.ctrlKey || event.metaKey;
    const end = this.columns.length - 1;
    const moves = {
      ArrowUp: [control ? 0 : row - 1, place],
      ArrowDown: [control ? Infinity : row + 1, place],
      ArrowLeft: [row, control ? 0 : place - 1],
      ArrowRight: [row, control ? end : place + 1],
      Home: [control ? 0 : row, 0],
      End: [control ? Infinity : row, end],
      PageUp: [row - PAGE, place],
      PageDown: [row + PAGE, place],
    };
    if (event.altKey || !(moves[event.key] ? (this.go(...moves[event.key]), true) : this.act(event, control))) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Do what a key asks for in a cell that is not edited; whether it asked for anything. */
  act(event, control) {
    const [row, place] = this.at;
    const column = this.columns[place];
    const may = this.mayEdit(column);
    if (event.key === " " && may && column.kind === "flag") return this.toggle(row, place), true;
    if (event.key === "Enter" || event.key === "F2") return this.enter(row, place, may);
    if (event.key === " " && this.model.get("selectable")) return this.select(row), true;
    if (event.key === "Insert" && this.editable) return this.add(), true;
    if (event.key === "Delete" && control && this.editable) return this.remove(), true;
    if ((event.key === "Delete" || event.key === "Backspace") && may) return this.write(row, place, null), true;
    if (event.key.length === 1 && !control && may && column.kind !== "flag") return this.type(row, place, event.key);
    return false;
  }

  enter(row, place, may) {
    if (may) this.edit(row, place);
    else if (this.model.get("selectable")) this.select(row);
    return true;
  }

  // ---- editing

  mayEdit(column) {
    return this.editable && column?.editable && this.rows.length > 0;
  }

  type(row, place, key) {
    this.edit(row, place);
    const input = this.editing?.control;
    if (input instanceof HTMLInputElement && input.type === "text") input.value = key;
    return input?.type === "text";
  }

  toggle(row, place) {
    this.write(row, place, this.rows[row][place] !== true);
    this.go(row, place);
  }

  edit(row, place) {
    const column = this.columns[place];
    if (!this.mayEdit(column)) return;
    if (column.kind === "flag") return this.toggle(row, place);
    this.leave(true);
    const td = this.cell(row, place);
    const value = this.rows[row][place] ?? null;
    const [box, control, read] = this.editor(column, value);
    for (const each of [...td.children]) if (!each.classList.contains("problem")) each.remove();
    td.prepend(box);
    td.classList.add("edited");
    control.setAttribute("aria-label", column.label);
    this.editing = { td, row, place, control, read, before: JSON.stringify(read()) };
    box.addEventListener("focusout", (event) => {
      if (this.editing?.td === td && !td.contains(event.relatedTarget) && document.hasFocus()) this.leave(true);
    });
    control.focus();
    control.select?.();
  }

  /** What a cell is edited with: what goes into the cell, what has the focus, and what reads the value. */
  editor(column, value) {
    if (column.kind === "choice") return this.chooser(column, value);
    if (column.kind === "choices") return this.checklist(column, value);
    const native = NATIVE[column.kind];
    const fits = native && (value === null || native.pattern.test(value));
    const input = made("input", "", { type: fits ? native.type : "text", [MUTE]: "true", autocomplete: "off" });
    if (fits && /:\d\d:\d\d/.test(value ?? "")) input.step = "1";
    if (column.kind === "int" || column.kind === "float") input.inputMode = "decimal";
    input.value = value === null ? "" : plainText(value);
    return [input, input, () => meant(column, input.value)];
  }

  chooser(column, value) {
    const select = made("select", "", { [MUTE]: "true" });
    const known = column.choices.some((choice) => same(choice[0], value));
    const options = [[null, ""], ...column.choices, ...(known || value === null ? [] : [[value, plainText(value)]])];
    for (const [, label] of options) {
      const option = made("option");
      option.textContent = label;
      select.append(option);
    }
    select.selectedIndex = options.findIndex((choice) => same(choice[0], value));
    return [select, select, () => options[select.selectedIndex]?.[0] ?? null];
  }

  checklist(column, value) {
    const list = made("div", "checklist", { role: "group", "aria-label": column.label });
    const values = Array.isArray(value) ? value : [];
    const strange = values.filter((each) => !column.choices.some((choice) => same(choice[0], each)));
    const options = [...column.choices, ...strange.map((each) => [each, plainText(each)])];
    const boxes = options.map(([each, label]) => {
      const line = made("label");
      const box = made("input", "", { type: "checkbox", [MUTE]: "true" });
      box.checked = values.some((one) => same(one, each));
      const text = made("span");
      text.textContent = label;
      line.append(box, text);
      list.append(line);
      return box;
    });
    const read = () => options.filter((_, place) => boxes[place].checked).map(([each]) => each);
    if (boxes.length) return [list, boxes[0], read];
    list.setAttribute("tabindex", "0");
    list.setAttribute(MUTE, "true");
    list.textContent = "Nothing to choose";
    return [list, list, read];
  }

  keyInside(event) {
    event.stopPropagation();
    const { row, place, td } = this.editing;
    const boxes = [...td.querySelectorAll(".checklist input")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.leave(false), this.go(row, place);
    else if (event.key === "Enter") this.leave(true), this.go(row + (event.shiftKey ? -1 : 1), place);
    else if (event.key === "Tab") this.leave(true), this.go(row, place + (event.shiftKey ? -1 : 1));
    else if (step && boxes.length) boxes[boxes.indexOf(document.activeElement) + step]?.focus();
    else return;
    event.preventDefault();
  }

  /** End editing: what was typed is written, or given up. */
  leave(keep) {
    const was = this.editing;
    if (!was) return;
    this.editing = null;
    const value = was.read();
    was.td.key = undefined;
    was.td.classList.remove("edited");
    const there = was.row < this.rows.length;
    if (keep && there && JSON.stringify(value) !== was.before) this.write(was.row, was.place, value);
    else if (there && was.td.isConnected) this.draw();
  }

  write(row, place, value) {
    if (same(this.rows[row][place], value)) return this.draw();
    const rows = this.rows.map((each) => [...each]);
    rows[row][place] = value;
    this.save(rows);
  }

  save(rows) {
    this.model.set("value", rows);
    this.model.save_changes();
    this.draw();
  }

  add() {
    if (!this.editable) return;
    this.leave(true);
    const row = this.rows.length ? this.at[0] + 1 : 0;
    const empty = this.columns.map((column) => column.start ?? null);
    const rows = [...this.rows];
    rows.splice(row, 0, empty);
    this.save(rows);
    this.go(row, 0);
    this.said.textContent = `Row ${row + 1} of ${rows.length} added`;
  }

  remove() {
    if (!this.editable || !this.rows.length) return;
    this.leave(false);
    const [row, place] = this.at;
    const rows = [...this.rows];
    rows.splice(row, 1);
    this.save(rows);
    this.said.textContent = `Row ${row + 1} removed; ${rows.length} left`;
    if (rows.length) this.go(row, place);
    else this.adder.focus();
  }

  /** Write cells that a spreadsheet has copied, from the cell that has the focus on. */
  paste(event) {
    const text = event.clipboardData?.getData("text/plain");
    if (this.editing || !this.editable || !text) return;
    event.preventDefault();
    const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
    const rows = this.rows.map((each) => [...each]);
    const [top, left] = this.at;
    lines.forEach((line, down) => {
      if (!rows[top + down]) rows.push(this.columns.map((column) => column.start ?? null));
      line.split("\t").forEach((cell, right) => {
        const column = this.columns[left + right];
        if (column?.editable) rows[top + down][left + right] = meant(column, cell);
      });
    });
    this.save(rows);
    this.said.textContent = `${lines.length} rows pasted`;
  }

  copy(event) {
    if (this.editing || !document.getSelection().isCollapsed || !this.rows.length) return;
    const [row, place] = this.at;
    event.clipboardData.setData("text/plain", textOf(this.columns[place], this.rows[row][place]));
    event.preventDefault();
  }
}

export default {
  render({ model, el }) {
    const table = new Table(model, el);
    return () => table.destroy();
  },
};
