"use strict";

const examples = JSON.parse(document.getElementById("examples").textContent);

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: window.location.pathname }),
    defaultTabs: examples.map((query) => ({ query })),
    defaultEditorToolsVisibility: "variables",
    shouldPersistHeaders: false,
  }),
);
