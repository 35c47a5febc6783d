"""What makes the table of task runs sortable and filterable where scripts may run; without it, it is a plain table."""

# No "<", ">" and "&" stand in it, so that it reads the same escaped and as it is.
SCRIPT = """
"use strict";
(function () {
  var table = document.querySelector("table.sortable");
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (each) { each.open = true; });
  });
  if (!table) { return; }
  var body = table.tBodies[0], rows = Array.from(body.rows), heads = Array.from(table.tHead.rows[0].cells);
  var texts = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  var statusAt = heads.findIndex(function (head) { return head.textContent === "Status"; });
  function make(name, into, attributes) {
    var made = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    into.append(made);
    return made;
  }
  function statusOf(row) { return row.cells[statusAt].querySelector(".st").textContent; }
  var bar = document.createElement("div");
  bar.className = "tools";
  var find = make("input", bar, { type: "search", placeholder: "Filter", "aria-label": "Filter task runs by text" });
  var only = make("select", bar, { "aria-label": "Only task runs in this status" });
  make("option", only, { value: "" }).textContent = "every status";
  Array.from(new Set(rows.map(statusOf))).forEach(function (status) {
    make("option", only, { value: status }).textContent = status;
  });
  var told = make("output", bar, { "aria-live": "polite" });
  table.parentElement.before(bar);
  function filter() {
    var wanted = find.value.trim().toLowerCase(), count = 0;
    rows.forEach(function (row) {
      var fits = only.value ? statusOf(row) === only.value : true;
      if (fits) { fits = row.textContent.toLowerCase().includes(wanted); }
      row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    told.textContent = count === rows.length ? rows.length + " rows" : count + " of " + rows.length + " rows";
  }
  function valueOf(row, at) {
    var cell = row.cells[at];
    return cell.classList.contains("n") ? parseFloat(cell.dataset.v) : cell.textContent;
  }
  function compared(one, other, sign) {
    if (typeof one === "string") { return sign * texts.compare(one, other); }
    if (isNaN(one)) { return isNaN(other) ? 0 : 1; }
    return isNaN(other) ? -1 : sign * Math.sign(one - other);
  }
  function sort(at) {
    var down = heads[at].getAttribute("aria-sort") === "ascending", sign = down ? -1 : 1;
    heads.forEach(function (head) { head.removeAttribute("aria-sort"); });
    heads[at].setAttribute("aria-sort", down ? "descending" : "ascending");
    var keyed = rows.map(function (row) { return [valueOf(row, at), row]; });
    keyed.sort(function (one, other) { return compared(one[0], other[0], sign); });
    rows = keyed.map(function (pair) { return pair[1]; });
    body.append.apply(body, rows);
  }
  heads.forEach(function (head, at) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", function () { sort(at); });
  });
  find.addEventListener("input", filter);
  only.addEventListener("change", filter);
  filter();
}());
"""
