// The graph of a job on a page: draws what Python has laid out, and recolours it in place. Texts are only ever text.

const SVG = "http://www.w3.org/2000/svg";
const HEAD = 7, HEAD_HALF = 4;
const CLOSEST = 2.5, FARTHEST = 0.002, LEGIBLE = 0.75, LEAST_AT_FIRST = 0.12;
const LEVELS = [["near", 0.48], ["mid", 0.29], ["low", 0.14], ["far", 0]];
const MARGIN = 36, FOOT = 44, TOOLS = { width: 290, height: 50 };
const MANY = 800;
const EVERYWHERE = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
const CLICK_REACH = 4;
const TIP_DELAY = 280;
const ICONS = {
  search: "M7 2.5 A4.5 4.5 0 1 1 6.99 2.5 Z M10.4 10.4 L13.5 13.5",
  plus: "M8 3.5 V12.5 M3.5 8 H12.5",
  minus: "M3.5 8 H12.5",
  fit: "M2.5 6 V2.5 H6 M10 2.5 H13.5 V6 M13.5 10 V13.5 H10 M6 13.5 H2.5 V10",
  fold: "M4.5 2.5 L8 6 L11.5 2.5 M4.5 13.5 L8 10 L11.5 13.5",
};

/**
 * Shows one graph in an element.
 *
 * options.onSelect(node or null): the user chose a node, as the graph has it.
 * options.onUnfold(names): what the user wants to see unfolded; Python answers with another graph.
 * options.theme: "light" or "dark"; without it the background of the page decides.
 * options.label: what a screen reader calls the graph.
 */
export class DagView {
  constructor(root, options = {}) {
    this.root = root;
    this.options = options;
    this.view = { x: 0, y: 0, k: 1 };
    this.goal = this.view;
    this.items = new Map();
    this.graph = null;
    this.selected = null;
    this.touched = false;
    this.pointers = new Map();
    this.stop = new AbortController();
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.#build();
    this.#listen();
  }

  /** Draw a graph in place of the one before. After the user has unfolded something, what it was stays where it is. */
  draw(graph) {
    const kept = this.#anchor();
    const chosen = this.items.get(this.selected)?.node.label;
    this.graph = graph;
    this.items.clear();
    this.counted = null;
    this.focused = null;
    this.shown = null;
    this.lit = null;
    this.#hideTip();
    this.#colour(graph);
    this.#layers(graph);
    this.#connect(graph);
    this.stage.replaceChildren(this.svg);
    this.svg.classList.toggle("large", graph.nodes.length > MANY);
    this.note.textContent = graph.note ?? "";
    this.foldAll.hidden = graph.unfolded.length === 0;
    this.empty.hidden = graph.nodes.length > 0;
    this.keys.replaceChildren();
    this.viewport.setAttribute("aria-label", this.options.label ?? "Tasks and what they wait for");
    if (chosen !== undefined && (this.items.get(this.selected)?.node.label ?? chosen) !== chosen) this.selected = null;
    this.#place(kept);
    this.#markSelected();
    if (this.query.value) this.#search();
  }

  /** Show how the nodes stand now; nothing moves. */
  recolour(states) {
    this.states = states;
    for (const [id, item] of this.items) this.#recolourOne(item, states.nodes[id]);
    this.#drawCritical(states.critical ?? []);
    if (JSON.stringify(states.counts) !== this.counted) this.#drawKeys(states);
  }

  /** Mark the node with this id as the chosen one, without telling ``onSelect``; null for none. */
  select(id) {
    this.selected = this.items.has(id) ? id : null;
    this.#markSelected();
  }

  /** Follow the colours of the host, which may have changed. */
  follow(theme = this.options.theme) {
    this.options.theme = theme;
    this.root.dataset.theme = theme === "light" || theme === "dark" ? theme : this.#hostTheme();
  }

  /** Show the whole graph. */
  fit(animated = true) {
    const whole = this.#fitted();
    this.touched = whole.k < LEAST_AT_FIRST;
    this.#go(whole, animated);
  }

  /** Take everything off the page. */
  destroy() {
    this.stop.abort();
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.tipTimer);
    clearTimeout(this.calmTimer);
    this.root.replaceChildren();
    this.root.classList.remove("dagview");
  }

  // ---- what the page is made of

  #build() {
    this.root.classList.add("dagview");
    this.style = html("style");
    this.stage = html("div", { class: "stage" });
    this.viewport = html(
      "div",
      { class: "viewport", tabindex: "0", role: "application", "aria-roledescription": "graph" },
      this.stage,
    );
    this.tip = html("div", { class: "tip", role: "tooltip", "aria-hidden": "true" });
    this.tip.hidden = true;
    this.empty = html("div", { class: "empty" });
    this.empty.textContent = "no tasks";
    this.empty.hidden = true;
    this.root.replaceChildren(this.style, this.viewport, this.empty, this.#tools(), this.#foot(), this.tip);
    this.sizes = new ResizeObserver(() => this.#resized());
    this.sizes.observe(this.root);
    this.follow();
  }

  #tools() {
    this.query = html("input", { type: "text", placeholder: "Search", "aria-label": "Search tasks by name" });
    this.query.spellcheck = false;
    this.query.autocomplete = "off";
    this.found = html("span", { class: "found", role: "status" });
    this.found.hidden = true;
    this.foldAll = button("Fold everything", ICONS.fold, () => this.#unfold([], null));
    this.foldAll.hidden = true;
    this.zoomed = html("button", { type: "button", class: "zoomed", title: "Actual size", "aria-label": "Actual size" });
    this.zoomed.onclick = () => this.#zoomTo(1);
    const search = html("div", { class: "group search" }, icon(ICONS.search), this.query, this.found);
    const zoom = html(
      "div",
      { class: "group" },
      this.foldAll,
      button("Zoom out", ICONS.minus, () => this.#zoom(1 / 1.3)),
      this.zoomed,
      button("Zoom in", ICONS.plus, () => this.#zoom(1.3)),
      button("Show everything", ICONS.fit, () => this.fit()),
    );
    return html("div", { class: "tools", role: "toolbar", "aria-label": "Graph" }, search, zoom);
  }

  #foot() {
    this.keys = html("div", { class: "group legend" });
    this.note = html("div", { class: "group note" });
    return html("div", { class: "foot" }, this.keys, this.note);
  }

  /** Rules for the looks and papers that came with the data; only what is a name or a colour gets into them. */
  #colour(graph) {
    const rules = [];
    for (const theme of ["light", "dark"]) {
      rules.push(rule(`.dagview[data-theme="${theme}"]`, graph.papers[theme]));
      for (const [key, look] of Object.entries(graph.looks)) {
        if (/^[a-z_]+$/.test(key)) rules.push(rule(`.dagview[data-theme="${theme}"] [data-look="${key}"]`, look[theme]));
      }
    }
    const text = rules.join("\n");
    if (this.style.textContent !== text) this.style.textContent = text;
    this.follow();
  }

  // ---- drawing

  #layers(graph) {
    this.svg = svg("svg", { width: Math.max(1, graph.width), height: Math.max(1, graph.height) });
    this.plain = svg("path", { class: "edges" });
    this.plainHeads = svg("path", { class: "heads" });
    this.critical = svg("path", { class: "edges critical" });
    this.criticalHeads = svg("path", { class: "heads critical" });
    this.litEdges = svg("path", { class: "edges lit" });
    this.litHeads = svg("path", { class: "heads lit" });
    this.nodes = svg("g", {});
    this.ring = svg("rect", { class: "ring" });
    this.focusRing = svg("rect", { class: "ring focus" });
    for (const node of graph.nodes) this.nodes.append(this.#node(node));
    this.svg.append(this.plain, this.plainHeads, this.critical, this.criticalHeads, this.litEdges, this.litHeads);
    this.svg.append(this.nodes, this.ring, this.focusRing);
    mark(this.ring, null);
    mark(this.focusRing, null);
  }

  #node(node) {
    const [x, y, width, height] = node.box;
    const group = svg("g", { transform: `translate(${x} ${y})` });
    const item = { node, group, after: [], before: [], look: null };
    this.items.set(node.id, item);
    if (node.kind === "junction") {
      group.append(svg("circle", { class: "dot", cx: width / 2, cy: height / 2, r: width / 2 }));
      return group;
    }
    set(group, { class: "node", "data-id": node.id, role: "button", tabindex: -1 });
    const stacked = node.chip ? 8 : 0;
    item.width = width - stacked;
    item.height = height - stacked;
    for (const offset of stacked ? [8, 4] : []) group.append(card("stack", item, offset));
    group.append(card("card", item, 0));
    item.middle = node.chip && height > 60 ? 24 : item.height / 2;
    const label = svg("text", { class: "label", x: node.left, y: item.middle - 3 });
    label.textContent = node.label;
    item.detail = svg("text", { class: "detail", x: node.left, y: item.middle + 14 });
    item.detail.textContent = node.detail;
    group.append(label, item.detail);
    const afar = svg("text", { class: "afar", x: node.afar === undefined ? 14 : 52, y: item.middle + 7 });
    afar.textContent = node.afar ?? node.label;
    group.append(afar);
    if (node.chip) group.append(this.#chip(item));
    if (node.folds) group.append(folder(item));
    this.#name(item, null);
    return group;
  }

  #chip(item) {
    const acts = Boolean(item.node.unfolds);
    const width = 7.4 * item.node.chip.length + (acts ? 25 : 12);
    const chip = svg("g", { class: acts ? "chip acts" : "chip", transform: `translate(${item.width - width - 9} 9)` });
    chip.append(svg("rect", { width, height: 19, rx: 9.5 }));
    const words = svg("text", { x: acts ? (width - 12) / 2 : width / 2, y: 13.5 });
    words.textContent = item.node.chip;
    chip.append(words);
    if (acts) {
      chip.dataset.act = "unfold";
      chip.append(svg("path", { d: `M${width - 14} 8.2 L${width - 11.2} 11 L${width - 8.4} 8.2` }));
    }
    return chip;
  }

  #connect(graph) {
    const list = [...this.items.values()];
    this.lines = graph.edges.map(([source, target, points]) => {
      const pointed = list[target].node.kind !== "junction";
      const line = { source: list[source], target: list[target], curve: curve(points, pointed) };
      if (pointed) line.head = head(points);
      line.source.after.push(line);
      line.target.before.push(line);
      return line;
    });
    this.#drawCritical([]);
  }

  #drawCritical(numbers) {
    const key = numbers.join();
    if (this.drawnCritical === key && this.drawnLines === this.lines) return;
    this.drawnCritical = key;
    this.drawnLines = this.lines;
    const chosen = new Set(numbers);
    trace(this.plain, this.plainHeads, this.lines.filter((_, number) => !chosen.has(number)));
    trace(this.critical, this.criticalHeads, this.lines.filter((_, number) => chosen.has(number)));
  }

  // ---- states

  #recolourOne(item, state) {
    if (item.node.kind === "junction" || !state) return;
    const { group, node } = item;
    const before = item.state;
    item.state = state;
    if (before?.look !== state.look) {
      group.dataset.look = state.look;
      item.badge ??= badge(item);
      item.badge.lastChild.setAttribute("d", this.graph.looks[state.look].path);
    }
    if (before?.detail !== state.detail) item.detail.textContent = state.detail;
    if (Boolean(before?.critical) !== Boolean(state.critical)) group.classList.toggle("critical", Boolean(state.critical));
    if (node.chip && String(before?.counts) !== String(state.counts)) this.#bar(item, state.counts ?? []);
    if (before?.look !== state.look || before?.detail !== state.detail) this.#name(item, state);
  }

  /** How many have which look, as lengths; the smallest number is still to be seen. */
  #bar(item, counts) {
    item.bar?.remove();
    item.bar = svg("g", { class: "bar" });
    const gap = 1.5, least = 3;
    const whole = item.width - item.node.left - 13;
    const room = whole - gap * (counts.length - 1) - least * counts.length;
    let x = item.node.left;
    for (const [look, count] of counts) {
      const width = least + (room * count) / item.node.size;
      item.bar.append(svg("rect", { "data-look": look, x, y: item.height - 12, width, height: 4, rx: 2 }));
      x += width + gap;
    }
    item.group.append(item.bar);
  }

  #name(item, state) {
    const words = [item.node.label];
    if (item.node.chip) words.push(item.node.chip.replace("×", ""));
    words.push(state ? state.detail : item.node.detail);
    item.group.setAttribute("aria-label", words.filter(Boolean).join(", "));
    if (item.node.unfolds) item.group.setAttribute("aria-expanded", "false");
    if (item.node.folds && !item.node.chip) item.group.setAttribute("aria-expanded", "true");
  }

  #drawKeys(states) {
    this.counted = JSON.stringify(states.counts);
    const keys = states.counts.map(([look, count]) => {
      const key = html("button", { type: "button", class: "key", "data-look": look });
      const words = html("span");
      words.textContent = `${count.toLocaleString("en")} ${this.graph.looks[look].word}`;
      key.title = `Go to the next one that ${count === 1 ? "is" : "has"} this`;
      key.append(sign(this.graph.looks[look].path), words);
      key.onclick = () => this.#next(look);
      return key;
    });
    if (states.critical?.length) {
      const words = html("span");
      words.textContent = "decided when the run ended";
      keys.push(html("span", { class: "key static" }, html("span", { class: "thick" }), words));
    }
    this.keys.replaceChildren(...keys);
    this.keys.setAttribute("aria-label", states.said ?? "");
  }

  #next(look) {
    const having = [...this.items.values()].filter(
      ({ state }) => state && (state.look === look || state.counts?.some(([other]) => other === look)),
    );
    this.#step(having, 1);
  }

  #step(items, by) {
    if (!items.length) return;
    const at = items.findIndex((item) => item.node.id === this.stepped);
    const item = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : (at + by + items.length) % items.length];
    this.stepped = item.node.id;
    this.#reveal(item, true);
    mark(this.focusRing, item);
    this.#light(item);
    return item;
  }

  // ---- choosing

  #choose(item) {
    const id = item && item.node.id !== this.selected ? item.node.id : null;
    this.select(id);
    this.options.onSelect?.(id === null ? null : this.items.get(id).node);
  }

  #markSelected() {
    for (const item of this.nodes.querySelectorAll(".selected")) {
      item.classList.remove("selected");
      item.removeAttribute("aria-pressed");
    }
    const item = this.items.get(this.selected);
    if (item) {
      item.group.classList.add("selected");
      item.group.setAttribute("aria-pressed", "true");
    }
    mark(this.ring, item ?? null);
    this.#light(item ?? null);
  }

  /** Bring out the lines that lead to a node and away from it; without one, those of the chosen node. */
  #light(item) {
    const shown = item ?? this.items.get(this.selected) ?? null;
    if (this.lit === shown) return;
    this.lit = shown;
    trace(this.litEdges, this.litHeads, shown ? [...shown.before, ...shown.after] : []);
  }

  #unfold(names, item) {
    this.pending = item && { id: item.node.id, task: item.node.task, focus: this.root.getRootNode().activeElement === item.group };
    this.options.onUnfold?.(names);
  }

  #toggleFold(item) {
    const open = this.graph.unfolded;
    if (item.node.unfolds) this.#unfold([...open, item.node.unfolds], item);
    else if (item.node.folds) this.#unfold(open.filter((name) => name !== item.node.folds), item);
  }

  // ---- searching

  #search() {
    const wanted = this.query.value.trim().toLowerCase();
    this.matches = [];
    for (const item of this.items.values()) {
      if (item.node.kind === "junction") continue;
      item.words ??= [item.node.label, ...item.node.about.slice(0, 2), ...(item.node.inside ?? [])].join("\n").toLowerCase();
      const matches = wanted !== "" && item.words.includes(wanted);
      item.group.classList.toggle("dim", wanted !== "" && !matches);
      if (matches) this.matches.push(item);
    }
    this.stepped = null;
    this.found.hidden = wanted === "";
    this.found.classList.toggle("none", this.matches.length === 0);
    this.found.textContent = this.matches.length ? `${this.matches.length} found` : "none";
    mark(this.focusRing, null);
  }

  #nextMatch(by) {
    const item = this.#step(this.matches ?? [], by);
    if (item) this.found.textContent = `${this.matches.indexOf(item) + 1} of ${this.matches.length}`;
  }

  #endSearch() {
    const item = this.items.get(this.stepped);
    this.query.value = "";
    this.#search();
    if (item) this.#focus(item);
    else this.viewport.focus({ preventScroll: true });
  }

  // ---- where one looks

  #fitted() {
    const { width, height } = this.#room();
    const { width: w = 1, height: h = 1 } = this.graph ?? {};
    const k = Math.max(FARTHEST, Math.min(1, (width - 2 * MARGIN) / Math.max(1, w), (height - MARGIN - FOOT - 12) / Math.max(1, h)));
    const y = Math.max(12, (height - FOOT - h * k) / 2 + 6);
    if (y >= TOOLS.height || (width + w * k) / 2 < width - TOOLS.width) return { k, x: (width - w * k) / 2, y };
    const clear = height - TOOLS.height - FOOT; // nothing is to begin behind the tools
    const less = Math.max(FARTHEST, Math.min(k, clear / Math.max(1, h)));
    return { k: less, x: (width - w * less) / 2, y: TOOLS.height + Math.max(0, (clear - h * less) / 2) };
  }

  /** At first the whole graph; of a very long one as much of its beginning as can be told apart. */
  #begin() {
    const whole = this.#fitted();
    if (whole.k >= LEAST_AT_FIRST) return whole;
    const { width, height } = this.#room();
    const k = Math.min(0.6, Math.max(LEAST_AT_FIRST, (height - MARGIN - FOOT) / Math.max(1, this.graph.height)));
    const first = this.#first();
    const wide = this.graph.width * k > width;
    return {
      k,
      x: wide ? MARGIN : (width - this.graph.width * k) / 2,
      y: first ? height / 2 - centre(first).y * k : 0,
    };
  }

  #room() {
    return { width: this.viewport.clientWidth || 1, height: this.viewport.clientHeight || 1 };
  }

  #anchor() {
    const { pending } = this;
    const item = pending && this.items.get(pending.id);
    return item ? { ...pending, ...this.#onScreen(item) } : null;
  }

  #onScreen({ node: { box } }) {
    const { x, y, k } = this.view;
    return { sx: x + (box[0] + box[2] / 2) * k, sy: y + (box[1] + box[3] / 2) * k };
  }

  /** The view on a new graph: what was unfolded or folded stays where it was; else what the user looked at. */
  #place(kept) {
    this.pending = null;
    const same = kept ? [...this.items.values()].filter(({ node }) => node.task === kept.task) : [];
    if (!same.length) {
      if (this.touched) this.#go(this.view, false);
      else this.#go(this.#begin(), false);
      return;
    }
    const { width, height } = this.#room();
    const xs = same.map(({ node: { box } }) => box[0] + box[2] / 2);
    const ys = same.map(({ node: { box } }) => box[1] + box[3] / 2);
    const x = (Math.min(...xs) + Math.max(...xs)) / 2;
    const y = (Math.min(...ys) + Math.max(...ys)) / 2;
    const whole = this.#fitted();
    this.touched = whole.k < this.view.k;
    const k = this.touched ? this.view.k : whole.k;
    const sx = Math.min(width - 60, Math.max(60, kept.sx));
    const sy = Math.min(height - 60, Math.max(60, kept.sy));
    this.#go(this.touched ? { k, x: sx - x * k, y: sy - y * k } : whole, false);
    if (kept.focus) this.#focus(same[0], false);
  }

  #zoom(by, at) {
    this.#zoomTo(this.goal.k * by, at);
  }

  #zoomTo(wanted, at) {
    const { width, height } = this.#room();
    const { x: cx, y: cy } = at ?? { x: width / 2, y: height / 2 };
    const k = Math.min(CLOSEST, Math.max(FARTHEST, wanted));
    const { x, y, k: before } = this.goal;
    this.touched = true;
    this.#go({ k, x: cx - ((cx - x) * k) / before, y: cy - ((cy - y) * k) / before }, !at);
  }

  /** Let a node come into sight; ``closer``: near enough to be read. */
  #reveal(item, closer = false) {
    const { width, height } = this.#room();
    const k = closer ? Math.max(this.view.k, LEGIBLE) : this.view.k;
    const [x, y, w, h] = item.node.box;
    if (k !== this.view.k) {
      this.touched = true;
      return this.#go({ k, x: width / 2 - (x + w / 2) * k, y: height / 2 - (y + h / 2) * k }, true);
    }
    const left = this.view.x + x * k, top = this.view.y + y * k;
    const dx = Math.max(20 - left, Math.min(0, width - 20 - (left + w * k)));
    const dy = Math.max(52 - top, Math.min(0, height - FOOT - 8 - (top + h * k)));
    if (!dx && !dy) return;
    this.touched = true;
    this.#go({ k, x: this.view.x + dx, y: this.view.y + dy }, true);
  }

  #go(view, animated) {
    cancelAnimationFrame(this.frame);
    const to = (this.goal = this.#within(view));
    const few = (this.graph?.nodes.length ?? 0) <= MANY;
    if (!animated || !few || this.calm.matches) return this.#show(to);
    const from = { ...this.view };
    const start = performance.now();
    const next = (now) => {
      const part = Math.min(1, Math.max(0, (now - start) / 200));
      const eased = 1 - (1 - part) ** 3;
      this.#paint({
        k: from.k * (to.k / from.k) ** eased,
        x: from.x + (to.x - from.x) * eased,
        y: from.y + (to.y - from.y) * eased,
      });
      if (part < 1) this.frame = requestAnimationFrame(next);
    };
    this.frame = requestAnimationFrame(next);
  }

  /** Some of the graph stays in sight whatever one does. */
  #within({ x, y, k }) {
    const { width, height } = this.#room();
    const { width: w, height: h } = this.graph ?? { width: 0, height: 0 };
    const reach = 80;
    return {
      k,
      x: Math.min(width - reach, Math.max(reach - w * k, x)),
      y: Math.min(height - reach, Math.max(reach - h * k, y)),
    };
  }

  #show(view) {
    this.goal = view;
    this.#paint(view);
  }

  #paint(view) {
    this.view = view;
    this.stage.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.k})`;
    this.viewport.style.backgroundPosition = `${view.x}px ${view.y}px`;
    [this.level] = LEVELS.find(([, least]) => view.k >= least);
    if (this.svg.dataset.level !== this.level) this.svg.dataset.level = this.level;
    this.#cull();
    this.zoomed.textContent = `${Math.max(1, Math.round(view.k * 100))}%`;
    if (!this.tip.hidden) this.#hideTip();
  }

  /** Of a large graph, leave out what is far out of sight; from afar, where cards are plain, all of it is there. */
  #cull() {
    if (this.items.size <= MANY) return;
    const { x, y, k } = this.view;
    const { width, height } = this.#room();
    const whole = this.level === "far";
    const w = width / k, h = height / k;
    const sight = whole ? EVERYWHERE : { left: -x / k, top: -y / k, right: -x / k + w, bottom: -y / k + h };
    if (this.shown?.whole === whole && inside(sight, this.shown) && k < 2 * this.shown.k) return;
    const reach = 0.6;
    this.shown = {
      whole,
      k: whole ? Infinity : k,
      left: sight.left - reach * w,
      top: sight.top - reach * h,
      right: sight.right + reach * w,
      bottom: sight.bottom + reach * h,
    };
    for (const item of this.items.values()) {
      const [left, top, itemWidth, itemHeight] = item.node.box;
      const box = { left, top, right: left + itemWidth, bottom: top + itemHeight };
      this.#leaveOut(item, item !== this.focused && !touching(box, this.shown));
    }
  }

  #leaveOut(item, out) {
    if (Boolean(item.out) === out) return;
    item.out = out;
    item.group.style.display = out ? "none" : "";
  }

  #resized() {
    if (!this.graph) return;
    if (this.touched) this.#go(this.view, false);
    else this.#go(this.#begin(), false);
  }

  /** While it moves, a large graph is moved as one picture. */
  #moving() {
    if ((this.graph?.nodes.length ?? 0) > MANY) this.stage.classList.add("moving");
    clearTimeout(this.calmTimer);
    this.calmTimer = setTimeout(() => this.stage.classList.remove("moving"), 250);
  }

  // ---- what the user does

  #listen() {
    const { viewport, query } = this;
    const signal = this.stop.signal;
    const on = (target, name, does, more = {}) => target.addEventListener(name, does, { signal, ...more });
    on(viewport, "wheel", (event) => this.#wheel(event), { passive: false });
    on(viewport, "pointerdown", (event) => this.#down(event));
    on(viewport, "pointermove", (event) => this.#move(event));
    on(viewport, "pointerup", (event) => this.#up(event));
    on(viewport, "pointercancel", (event) => this.#up(event));
    on(viewport, "pointerover", (event) => this.#over(event));
    on(viewport, "pointerleave", () => this.#over(null));
    on(viewport, "dblclick", (event) => this.#double(event));
    on(viewport, "keydown", (event) => this.#key(event));
    on(viewport, "focusin", (event) => this.#focusin(event));
    on(viewport, "focusout", () => mark(this.focusRing, null));
    on(query, "input", () => this.#search());
    on(query, "keydown", (event) => this.#queryKey(event));
    // what is typed here is no shortcut of the page
    for (const name of ["keypress", "keyup"]) on(query, name, (event) => event.stopPropagation());
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.follow());
  }

  #at(event) {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    return this.items.get(id) ?? null;
  }

  #point(event) {
    const frame = this.viewport.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  }

  /** With Ctrl, or by pinching a trackpad, closer and farther; else along, until there is no more to see. */
  #wheel(event) {
    if (!this.graph) return;
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? this.#room().height : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.#moving();
      return this.#zoom(Math.exp((-event.deltaY * unit) / (event.deltaMode ? 300 : 250)), this.#point(event));
    }
    const sideways = event.shiftKey && !event.deltaX;
    const dx = (sideways ? event.deltaY : event.deltaX) * unit, dy = (sideways ? 0 : event.deltaY) * unit;
    const { width, height } = this.#room();
    const { x, y, k } = this.view;
    const next = {
      k,
      x: scrolled(x, dx, this.graph.width * k, width, MARGIN),
      y: scrolled(y, dy, this.graph.height * k, height, 52),
    };
    if (next.x === x && next.y === y) return;
    event.preventDefault();
    this.touched = true;
    this.#moving();
    cancelAnimationFrame(this.frame);
    this.#show(next);
  }

  #down(event) {
    if (event.button !== 0) return;
    cancelAnimationFrame(this.frame);
    this.#hideTip();
    const point = this.#point(event);
    this.pointers.set(event.pointerId, point);
    const act = event.target.closest?.("[data-act]");
    this.begun = { item: this.#at(event), act };
    this.press = this.pointers.size === 1 ? { ...this.begun, point, view: { ...this.view }, moved: false } : null;
    this.pinch = this.pointers.size === 2 ? this.#spread() : null;
    try {
      this.viewport.setPointerCapture(event.pointerId);
    } catch {
      // a pointer that is gone already
    }
  }

  #move(event) {
    if (!this.pointers.has(event.pointerId)) return;
    const point = this.#point(event);
    this.pointers.set(event.pointerId, point);
    if (this.pinch && this.pointers.size === 2) return this.#pinched();
    const { press } = this;
    if (!press) return;
    const dx = point.x - press.point.x, dy = point.y - press.point.y;
    if (!press.moved && Math.hypot(dx, dy) < CLICK_REACH) return;
    press.moved = true;
    this.touched = true;
    this.viewport.classList.add("dragged");
    this.#moving();
    this.#show(this.#within({ k: press.view.k, x: press.view.x + dx, y: press.view.y + dy }));
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    this.viewport.classList.remove("dragged");
    if (this.pointers.size < 2) this.pinch = null;
    const { press } = this;
    this.press = null;
    if (!press || press.moved || event.type === "pointercancel") return;
    if (press.act && press.item) return this.#toggleFold(press.item);
    if (press.item) {
      this.#focus(press.item, false);
      this.#choose(press.item);
    } else if (this.selected !== null) this.#choose(null);
  }

  #spread() {
    const [one, other] = [...this.pointers.values()];
    const middle = { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
    return { middle, apart: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)) };
  }

  #pinched() {
    const before = this.pinch;
    this.pinch = this.#spread();
    this.#moving();
    this.#zoom(this.pinch.apart / before.apart, before.middle);
    const { x, y, k } = this.view;
    this.#show(this.#within({ k, x: x + this.pinch.middle.x - before.middle.x, y: y + this.pinch.middle.y - before.middle.y }));
  }

  #double(event) {
    const { item, act } = this.begun ?? {}; // the pointer was captured, so that the event itself comes from the viewport
    if (item && !act) this.#toggleFold(item);
    else if (!item) this.#zoom(1.6, this.#point(event));
  }

  #over(event) {
    if (this.press) return;
    const item = event && this.#at(event);
    if (item === this.hovered) return;
    this.hovered = item;
    this.#light(item);
    this.#hideTip();
    clearTimeout(this.tipTimer);
    if (item) this.tipTimer = setTimeout(() => this.#showTip(item), TIP_DELAY);
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const item = this.#at(event);
    const does = {
      "+": () => this.#zoom(1.3),
      "=": () => this.#zoom(1.3),
      "-": () => this.#zoom(1 / 1.3),
      0: () => this.fit(),
      "/": () => this.query.focus(),
      ArrowRight: () => this.#walk(item, "after"),
      ArrowLeft: () => this.#walk(item, "before"),
      ArrowDown: () => this.#beside(item, 1),
      ArrowUp: () => this.#beside(item, -1),
      Home: () => this.#focus(this.#first()),
      Enter: () => item && this.#choose(item),
      " ": () => item && this.#toggleFold(item),
      Escape: () => this.#escape(),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  }

  #escape() {
    this.#hideTip();
    if (this.query.value) this.#endSearch();
    else if (this.selected !== null) this.#choose(null);
  }

  #queryKey(event) {
    event.stopPropagation();
    if (event.key === "Enter") this.#nextMatch(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.#endSearch();
    else return;
    event.preventDefault();
  }

  /** Along an edge, through junctions, to the nearest node there. */
  #walk(item, way) {
    if (!item) return this.#focus(this.#first());
    const found = [];
    const seen = new Set();
    const ahead = [item];
    while (ahead.length) {
      for (const line of ahead.pop()[way]) {
        const other = way === "after" ? line.target : line.source;
        if (seen.has(other)) continue;
        seen.add(other);
        (other.node.kind === "junction" ? ahead : found).push(other);
      }
    }
    const middle = centre(item);
    this.#focus(nearest(found, (other) => Math.abs(centre(other).y - middle.y)));
  }

  /** Up or down among what stands in the same column. */
  #beside(item, sense) {
    if (!item) return this.#focus(this.#first());
    const { box } = item.node;
    const here = centre(item);
    const column = [...this.items.values()].filter(({ node }) => {
      const overlaps = node.box[0] < box[0] + box[2] && node.box[0] + node.box[2] > box[0];
      return node.kind !== "junction" && overlaps && (node.box[1] - box[1]) * sense > 0;
    });
    this.#focus(nearest(column, (other) => Math.abs(centre(other).y - here.y)));
  }

  #first() {
    return [...this.items.values()].find(({ node }) => node.kind !== "junction") ?? null;
  }

  #focus(item, reveal = true) {
    if (!item) return;
    this.#leaveOut(item, false);
    item.group.focus({ preventScroll: true });
    if (reveal) this.#reveal(item, this.level === "far" || this.level === "low");
  }

  #focusin(event) {
    const item = this.#at(event);
    this.viewport.tabIndex = item ? -1 : 0;
    this.focused?.group.setAttribute("tabindex", "-1");
    this.focused = item;
    item?.group.setAttribute("tabindex", "0");
    this.#light(item);
    const shown = item && item.group.matches(":focus-visible");
    mark(this.focusRing, shown && item.node.id !== this.selected ? item : null);
    if (shown) {
      clearTimeout(this.tipTimer);
      this.tipTimer = setTimeout(() => this.#showTip(item), 2 * TIP_DELAY);
    }
  }

  // ---- what is told of a node

  #showTip(item) {
    if (!this.items.has(item.node.id) || item.node.kind === "junction") return;
    const lines = [...item.node.about, ...(item.state?.about ?? [])];
    this.tip.replaceChildren(
      ...lines.map((line) => {
        const div = html("div");
        div.textContent = line;
        return div;
      }),
    );
    this.tip.hidden = lines.length === 0;
    const { width, height } = this.#room();
    const [x, y, w, h] = item.node.box;
    const { x: left, y: top, k } = this.view;
    const tip = this.tip.getBoundingClientRect();
    const below = top + (y + h) * k + 10;
    const above = top + y * k - tip.height - 10;
    const wanted = below + tip.height <= height - 6 || above < 6 ? below : above;
    const px = Math.min(width - tip.width - 8, Math.max(8, left + (x + w / 2) * k - tip.width / 2));
    const py = Math.min(height - tip.height - 8, Math.max(8, wanted));
    this.tip.style.transform = `translate(${Math.round(px)}px, ${Math.round(py)}px)`;
  }

  #hideTip() {
    clearTimeout(this.tipTimer);
    this.tip.hidden = true;
  }

  /** Dark if what is behind is dark. */
  #hostTheme() {
    const named = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim();
    const probe = html("span");
    probe.hidden = true;
    probe.style.color = named || background(this.root) || "";
    this.root.append(probe);
    const numbers = probe.style.color && getComputedStyle(probe).color.match(/[\d.]+/g);
    probe.remove();
    if (!numbers || numbers.length < 3) return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const [red, green, blue] = numbers.map(Number);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128 ? "dark" : "light";
  }
}

function svg(name, attributes) {
  return set(document.createElementNS(SVG, name), attributes);
}

function html(name, attributes = {}, ...children) {
  const element = set(document.createElement(name), attributes);
  element.append(...children);
  return element;
}

function set(element, attributes) {
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  return element;
}

function icon(path) {
  const drawn = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
  drawn.append(svg("path", { d: path }));
  return drawn;
}

function button(title, path, does) {
  const made = html("button", { type: "button", title, "aria-label": title }, icon(path));
  made.onclick = does;
  return made;
}

function sign(path) {
  const drawn = svg("svg", { viewBox: "-2 -2 20 20", "aria-hidden": "true" });
  drawn.append(svg("circle", { cx: 8, cy: 8, r: 10 }), svg("path", { d: path }));
  return drawn;
}

function card(name, { width, height }, offset) {
  return svg("rect", { class: name, x: offset, y: offset, width, height, rx: 9 });
}

function badge(item) {
  const group = svg("g", { class: "badge", transform: `translate(13 ${item.middle - 8})` });
  group.append(svg("circle", { cx: 8, cy: 8, r: 10 }), svg("path", {}));
  item.group.append(group);
  return group;
}

function folder(item) {
  const group = svg("g", { class: "folder", "data-act": "fold", transform: `translate(${item.width - 8} 0)` });
  group.append(svg("circle", { r: 9 }), svg("path", { d: "M-4 0 H4" }));
  return group;
}

function mark(ring, item) {
  if (!item) return ring.setAttribute("visibility", "hidden");
  const [x, y, width, height] = item.node.box;
  set(ring, { visibility: "visible", x: x - 4, y: y - 4, width: width + 8, height: height + 8, rx: 12 });
}

function trace(path, heads, lines) {
  path.setAttribute("d", lines.map((line) => line.curve).join(""));
  heads.setAttribute("d", [...new Set(lines.map((line) => line.head ?? ""))].join(""));
}

/** Straight where the line runs level, an S-curve from one height to another. */
function curve(points, pointed) {
  const last = points.length - 2;
  let x = points[0], y = points[1];
  let written = `M${x} ${y}`;
  for (let at = 2; at <= last; at += 2) {
    const toX = at === last && pointed ? points[at] - HEAD + 1 : points[at], toY = points[at + 1];
    const bend = (x + toX) / 2;
    written += toY === y ? `L${toX} ${toY}` : `C${bend} ${y} ${bend} ${toY} ${toX} ${toY}`;
    x = toX;
    y = toY;
  }
  return written;
}

function head(points) {
  const x = points[points.length - 2], y = points[points.length - 1];
  return `M${x - HEAD} ${y - HEAD_HALF}L${x} ${y}L${x - HEAD} ${y + HEAD_HALF}Z`;
}

function centre({ node: { box } }) {
  return { x: box[0] + box[2] / 2, y: box[1] + box[3] / 2 };
}

function inside(one, other) {
  return one.left >= other.left && one.top >= other.top && one.right <= other.right && one.bottom <= other.bottom;
}

function touching(one, other) {
  return one.left <= other.right && one.right >= other.left && one.top <= other.bottom && one.bottom >= other.top;
}

function nearest(items, far) {
  let best = null;
  for (const item of items) if (!best || far(item) < far(best)) best = item;
  return best;
}

/** Where an edge of the graph goes when one scrolls; it does not leave the window farther than it has to. */
function scrolled(at, by, size, room, margin) {
  const lowest = Math.min(at, room - size - margin), highest = Math.max(at, margin);
  return Math.min(highest, Math.max(lowest, at - by));
}

function rule(selector, colours) {
  const named = Object.entries(colours).filter(([name, value]) => /^[a-z]+$/.test(name) && /^#[0-9a-f]{6}$/.test(value));
  return `${selector}{${named.map(([name, value]) => `--${name}:${value}`).join(";")}}`;
}

function background(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    const colour = getComputedStyle(at).backgroundColor;
    if (at !== element && !/(, 0\)|\/ 0\)|transparent)$/.test(colour)) return colour;
  }
  return "";
}
