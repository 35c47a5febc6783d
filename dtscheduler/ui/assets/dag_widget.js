
// The graph as a notebook's widget: Python sets what is drawn, and hears what is chosen and unfolded.

function keepStates(model) {
  model.on("msg:custom", (message) => {
    if (message.states) mergeStates(model.get("states"), message.states);
  });
}

/** Put what has changed into what is known, so that a view that is drawn later knows all of it. */
export function mergeStates(known, changed) {
  if (!known) return;
  Object.assign(known.nodes, changed.nodes);
  for (const key of ["counts", "said", "critical"]) known[key] = changed[key];
}

export function hostTheme(el) {
  const named = el.closest("[data-jp-theme-light]") ?? document.body;
  const light = named.dataset?.jpThemeLight;
  return light === "true" ? "light" : light === "false" ? "dark" : undefined;
}

/** Shows the graph of a model in an element; returns what takes it away again. */
export function showGraph(model, el) {
  const root = document.createElement("div");
  el.append(root);
  const view = new DagView(root, {
    theme: hostTheme(el),
    onSelect: (node) => model.send({ do: "select", node: node && { id: node.id, label: node.label } }),
    onUnfold: (names) => model.send({ do: "unfold", names }),
  });
  let digest = null;
  const size = () => (root.style.height = `${model.get("height")}px`);
  const colour = () => {
    const states = model.get("states");
    if (states && digest !== null) view.recolour(states);
  };
  const draw = () => {
    const graph = model.get("graph");
    if (!graph || graph.digest === digest) return colour();
    view.options.label = model.get("label");
    view.draw(graph);
    digest = graph.digest;
    view.select(model.get("chosen"));
    colour();
  };
  const heard = (message) => {
    if (message.states) colour();
  };
  const choose = () => view.select(model.get("chosen"));
  const themed = new MutationObserver(() => view.follow(hostTheme(el)));
  themed.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  const events = { "change:graph": draw, "change:states": colour, "change:chosen": choose, "change:height": size };
  for (const [name, act] of Object.entries(events)) model.on(name, act);
  model.on("msg:custom", heard);
  size();
  draw();
  return () => {
    for (const [name, act] of Object.entries(events)) model.off(name, act);
    model.off("msg:custom", heard);
    themed.disconnect();
    view.destroy();
    root.remove();
  };
}
