// The Python of a job: to read, to copy, and to put into a new cell of the notebook where that has a document to ask.

const VIEW = "application/vnd.jupyter.widget-view+json";
const MUTE = "data-lm-suppress-shortcuts"; // JupyterLab would take the keys of a cell that has focus for its own
const LONGEST = 20000;

/** The document of the notebook that a widget is shown in; undefined where a front end has none, or keeps it away. */
export function documentOf(model) {
  const shared = model.widget_manager?.context?.model?.sharedModel;
  return typeof shared?.insertCell === "function" && Array.isArray(shared.cells) ? shared : undefined;
}

function outputsOf(cell) {
  return (typeof cell.getOutputs === "function" ? cell.getOutputs() : cell.outputs) ?? [];
}

/** The number of the cell that shows one of some widgets; -1 where none does. */
export function cellShowing(shared, widgets) {
  const shows = (output) => widgets.includes(output?.data?.[VIEW]?.model_id);
  return shared.cells.findIndex((cell) => cell.cell_type === "code" && outputsOf(cell).some(shows));
}

/** Put a new cell below the one that shows the widgets, else at the end; returns its number. */
export function insertBelow(shared, widgets, source) {
  const found = cellShowing(shared, widgets);
  const place = found < 0 ? shared.cells.length : found + 1;
  shared.insertCell(place, { cell_type: "code", source, metadata: {}, outputs: [], execution_count: null });
  return place;
}

async function copied(text, pre) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // where the clipboard is not given, what is on the page can still be copied
    if (pre.textContent !== text) return false;
    getSelection().selectAllChildren(pre);
    return document.execCommand("copy");
  }
}

class PythonText {
  constructor(model, el) {
    this.model = model;
    this.root = document.createElement("div");
    this.root.className = "dts-python";
    const bar = document.createElement("div");
    bar.className = "bar";
    this.copy = this.button("Copy", () => this.copyAll());
    this.insert = this.button("Insert as a cell", () => this.insertCell());
    this.said = document.createElement("span");
    this.said.setAttribute("role", "status");
    bar.append(this.copy, this.insert, this.said);
    this.note = document.createElement("div");
    this.note.className = "note";
    this.pre = document.createElement("pre");
    this.pre.tabIndex = 0;
    this.pre.setAttribute(MUTE, "true");
    this.pre.setAttribute("aria-label", "The Python that builds the job");
    this.root.append(bar, this.note, this.pre);
    el.append(this.root);
    this.draw = () => this.drawn();
    for (const name of ["text", "note"]) model.on(`change:${name}`, this.draw);
    this.drawn();
  }

  button(text, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute(MUTE, "true");
    button.addEventListener("click", act);
    return button;
  }

  drawn() {
    const text = this.model.get("text");
    const more = text.length > LONGEST;
    this.pre.textContent = more ? `${text.slice(0, LONGEST)}\n…` : text;
    this.pre.hidden = !text;
    const shown = `The first ${LONGEST.toLocaleString("en")} of ${text.length.toLocaleString("en")} characters.`;
    this.note.textContent = [this.model.get("note"), more ? shown : ""].filter(Boolean).join(" ");
    this.copy.disabled = this.insert.disabled = !text;
    this.said.textContent = "";
  }

  async copyAll() {
    const done = await copied(this.model.get("text"), this.pre);
    this.said.textContent = done ? "Copied" : "The browser does not let it be copied from here: select the text";
  }

  insertCell() {
    const shared = documentOf(this.model);
    if (!shared) {
      this.said.textContent = "Cells cannot be added from here in this front end: copy the text into one";
      return;
    }
    this.insert.disabled = true; // two clicks are one cell
    setTimeout(() => (this.insert.disabled = !this.model.get("text")), 800);
    try {
      const place = insertBelow(shared, this.model.get("shown_by"), this.model.get("text"));
      this.said.textContent = `Inserted as cell ${place + 1}`;
    } catch (error) {
      this.said.textContent = `It could not be inserted (${error.message}): copy the text into a cell`;
    }
  }

  destroy() {
    for (const name of ["text", "note"]) this.model.off(`change:${name}`, this.draw);
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const python = new PythonText(model, el);
    return () => python.destroy();
  },
};
