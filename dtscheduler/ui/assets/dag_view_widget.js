
export default {
  initialize: ({ model }) => keepStates(model),
  render: ({ model, el }) => showGraph(model, el),
};
