
// A run as a notebook's widget. Everything that comes with the data is set as text.

const VIEWS = [["log", "Log"], ["result", "Result"], ["inputs", "Inputs"], ["facts", "Facts"]];
const SCOPES = [["FAILED", "What did not complete, and all after it"], ["CHOSEN", "From here on"], ["FULL", "Everything"]];
const VERSIONS = [["SAME", "As it ran"], ["LATEST", "Latest version"]];

function part(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function pressed(text, act, className = "plain") {
  const element = part("button", className, text);
  element.type = "button";
  element.onclick = act;
  return element;
}

/** Draws the parts of a monitor; each is drawn anew only when what it shows has changed. */
class RunMonitor {
  constructor(model, el) {
    this.model = model;
    this.root = part("div", "run-monitor");
    this.head = part("div", "head");
    this.trouble = part("div", "trouble");
    this.trouble.setAttribute("role", "alert");
    this.failures = part("div", "failures");
    this.graph = part("div", "graph");
    this.panel = part("section", "panel");
    this.again = part("section", "again");
    this.root.append(this.head, this.trouble, this.failures, this.again, this.graph, this.panel);
    el.append(this.root);
    this.heard = {};
    this.#on("head", () => this.#drawHead());
    this.#on("trouble", () => this.#drawTrouble());
    this.#on("failures", () => this.#drawFailures());
    this.#on("panel", () => this.#drawPanel());
    this.#on("again", () => this.#drawAgain());
    this.grown = (message) => message.grown && this.#drawPanel();
    model.on("msg:custom", this.grown);
    const themed = () => (this.root.dataset.theme = hostTheme(el) ?? (dark(el) ? "dark" : "light"));
    this.themes = new MutationObserver(themed);
    this.themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
    this.#colours();
    themed();
    this.leaveGraph = showGraph(model, this.graph);
  }

  destroy() {
    for (const [name, act] of Object.entries(this.heard)) this.model.off(`change:${name}`, act);
    this.model.off("msg:custom", this.grown);
    this.themes.disconnect();
    this.leaveGraph();
    this.root.remove();
  }

  #on(name, act) {
    this.heard[name] = act;
    this.model.on(`change:${name}`, act);
    act();
  }

  #send(message) {
    this.model.send(message);
  }

  #look(key) {
    return this.model.get("looks").looks[key];
  }

  #colours() {
    const rules = [];
    for (const [key, look] of Object.entries(this.model.get("looks").looks)) {
      if (!/^[a-z_]+$/.test(key)) continue;
      for (const theme of ["light", "dark"]) {
        const tones = Object.entries(look[theme]).filter(([, colour]) => /^#[0-9a-f]{3,8}$/i.test(colour));
        const said = tones.map(([name, colour]) => `--${name}: ${colour};`).join(" ");
        rules.push(`.run-monitor[data-theme="${theme}"] [data-look="${key}"] { ${said} }`);
      }
    }
    const style = document.createElement("style");
    style.textContent = rules.join("\n");
    this.root.prepend(style);
  }

  // ---- how it stands

  #drawHead() {
    const head = this.model.get("head");
    if (!head) return this.head.replaceChildren();
    const title = part("div", "row", this.#chip(head.look, head.word), part("strong", "", `Run ${head.run}`), part("span", "job", head.job));
    if (head.again_of) title.append(part("span", "muted", `again of run ${head.again_of}`));
    title.append(part("span", "space"));
    if (head.over) title.append(pressed("Run again", () => this.#send({ do: "again" })));
    else title.append(pressed("Stop", () => this.#send({ do: "stop" })));
    const said = part("div", "muted", [head.progress, head.time].filter(Boolean).join(" · "));
    said.setAttribute("aria-live", "off");
    this.#keepFocus(this.head, () =>
      this.head.replaceChildren(title, said, this.#bar(head), head.reason ? part("div", "reason", head.reason) : ""),
    );
  }

  #chip(look, word) {
    const chip = part("span", "status", sign(this.#look(look)?.path ?? ""), word);
    chip.dataset.look = look;
    return chip;
  }

  /** How many have which status, as lengths; those that have ended come first, so that it fills from the left. */
  #bar(head) {
    const bar = part("div", "shares");
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", head.sentence);
    const waiting = ["running", "ready", "pending", "scheduled"];
    const rank = ([look]) => (look === "completed" || look === "reused" ? 0 : waiting.includes(look) ? 2 + waiting.indexOf(look) : 1);
    for (const [look, count] of [...head.counts].sort((one, other) => rank(one) - rank(other))) {
      const piece = part("span", "");
      piece.dataset.look = look;
      piece.style.flexGrow = count;
      piece.title = `${count.toLocaleString("en")} ${this.#look(look)?.word ?? look}`;
      bar.append(piece);
    }
    bar.hidden = head.counts.length === 0;
    return bar;
  }

  #drawTrouble() {
    const text = this.model.get("trouble");
    this.trouble.textContent = text;
    this.trouble.hidden = !text;
  }

  #drawFailures() {
    const failures = this.model.get("failures") ?? [];
    this.failures.hidden = failures.length === 0;
    const listed = failures.map((failure) => {
      const line = pressed(failure.said, () => this.#send({ do: "show", place: failure.place, view: "log" }), "failure");
      line.title = failure.first ? `Show the log of ${failure.first}, the first of them` : "Show its log";
      return part("li", "", line);
    });
    const more = this.model.get("head")?.more;
    this.#keepFocus(this.failures, () =>
      this.failures.replaceChildren(part("h4", "", "What failed"), part("ul", "", ...listed), more ? part("div", "muted", more) : ""),
    );
  }

  // ---- one task run

  #drawPanel() {
    const panel = this.model.get("panel");
    this.panel.hidden = !panel;
    if (!panel) return this.panel.replaceChildren();
    const title = part("div", "row", panel.look ? this.#chip(panel.look, panel.word) : "", part("strong", "", panel.title));
    title.append(part("span", "space"));
    title.append(pressed("Close", () => this.#send({ do: "show", place: null })));
    const rows = [title];
    if (panel.reason) rows.push(part("div", "reason", panel.reason));
    if (panel.place) rows.push(this.#tabs(panel));
    if (panel.note) rows.push(part("div", "muted", panel.note));
    if (panel.text) rows.push(this.#text(panel.text, panel.view === "log"));
    if (panel.facts) rows.push(facts(panel.facts));
    for (const [heading, text] of panel.blocks ?? []) {
      rows.push(part("div", "muted", heading));
      if (text) rows.push(this.#text(text, false));
    }
    const before = this.panel.querySelector("pre");
    const end = !before || before.scrollTop + before.clientHeight >= before.scrollHeight - 4;
    const top = before?.scrollTop ?? 0;
    const same = this.shown === `${panel.place} ${panel.view} ${panel.attempt}`;
    this.#keepFocus(this.panel, () => this.panel.replaceChildren(...rows));
    this.shown = `${panel.place} ${panel.view} ${panel.attempt}`;
    const after = this.panel.querySelector("pre");
    if (after && panel.view === "log") after.scrollTop = same && !end ? top : after.scrollHeight;
  }

  #tabs(panel) {
    const send = (view, attempt) => this.#send({ do: "show", place: panel.place, view, attempt });
    const tabs = choice("View", VIEWS, panel.view, (view) => send(view, panel.attempt));
    if (panel.attempts < 2 || panel.view !== "log") return part("div", "row", tabs);
    const numbers = Array.from({ length: panel.attempts }, (_, number) => [number + 1, `${number + 1}`]);
    const attempts = choice("Attempt", numbers.slice(-12), panel.attempt, (attempt) => send("log", attempt));
    return part("div", "row", tabs, part("span", "muted", "Attempt"), attempts);
  }

  #text(text, isLog) {
    const block = part("pre", "", text);
    block.tabIndex = 0;
    block.setAttribute("aria-label", isLog ? "Log" : "Text");
    return block;
  }

  // ---- again

  #drawAgain() {
    const again = this.model.get("again");
    this.again.hidden = !again;
    this.submitted = false;
    if (!again) return this.again.replaceChildren();
    const title = part("div", "row", part("strong", "", "Run it again"), part("span", "space"));
    title.append(pressed("Close", () => this.#send({ do: "cancel" })));
    const ask = (changed) => this.#send({ do: "again", scope: again.scope, version: again.version, ...changed });
    const scopes = SCOPES.map(([key, word]) => [key, key === "CHOSEN" && again.from ? `From ${again.from} on` : word]);
    const rows = [title, part("div", "row", choice("What", scopes, again.scope, (scope) => ask({ scope })))];
    if (again.versions) rows.push(part("div", "row", choice("Version", VERSIONS, again.version, (version) => ask({ version }))));
    rows.push(part("div", "muted", again.about));
    if (again.error) rows.push(part("div", "trouble", again.error));
    if (again.plan) rows.push(...this.#plan(again.plan));
    this.#keepFocus(this.again, () => this.again.replaceChildren(...rows));
  }

  #plan(plan) {
    const lines = plan.lines.map(([task, parts, fate, reason]) => [task, parts, fate, reason].map((text) => part("td", "", text)));
    const heads = ["Task", "Parts", "", "Why"].map((text) => {
      const cell = part("th", "", text);
      cell.scope = "col";
      return cell;
    });
    const body = part("tbody", "", ...lines.map((cells) => part("tr", "", ...cells)));
    const table = part("table", "", part("thead", "", part("tr", "", ...heads)), body);
    const submit = pressed("Submit the rerun", () => {
      if (this.submitted) return;
      this.submitted = true;
      submit.disabled = true;
      this.#send({ do: "submit" });
    }, "primary");
    return [
      part("div", "", plan.sentence),
      ...plan.differences.map((text) => part("div", "reason", text)),
      part("div", "scroll", table),
      plan.more ? part("div", "muted", plan.more) : "",
      part("div", "row", submit),
    ].filter(Boolean);
  }

  /** Draw, and give the focus back to the button of the same words. */
  #keepFocus(where, draw) {
    const active = where.getRootNode().activeElement;
    const words = where.contains(active) && active.tagName === "BUTTON" ? active.textContent : null;
    draw();
    if (words === null) return;
    const again = [...where.querySelectorAll("button")].find((button) => button.textContent === words);
    again?.focus({ preventScroll: true });
  }
}

function choice(label, options, chosen, act) {
  const group = part("div", "choice");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  for (const [key, word] of options) {
    const button = pressed(word, () => act(key), "option");
    button.setAttribute("aria-pressed", String(key === chosen));
    group.append(button);
  }
  return group;
}

function facts(pairs) {
  const rows = pairs.map(([label, value]) => {
    const head = part("th", "", label);
    head.scope = "row";
    return part("tr", "", head, part("td", "", value));
  });
  return part("table", "facts", part("tbody", "", ...rows));
}

function dark(el) {
  const numbers = getComputedStyle(el).color.match(/[\d.]+/g);
  if (!numbers || numbers.length < 3) return false;
  const [red, green, blue] = numbers.map(Number);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 140; // light letters stand on dark paper
}

export default {
  initialize({ model }) {
    keepStates(model);
    model.on("msg:custom", (message) => {
      const panel = model.get("panel");
      if (message.grown && panel) Object.assign(panel, { text: (panel.text ?? "") + message.grown, note: message.note });
    });
  },
  render({ model, el }) {
    const monitor = new RunMonitor(model, el);
    return () => monitor.destroy();
  },
};
