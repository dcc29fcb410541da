// Puts the plotly graphs on the page once the map was painted, or would take too long.
(() => {
  "use strict";
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const PATIENCE_MS = 1500;

  // Once a page: a second time would empty the graphs.
  const want = () => {
    const slot = document.getElementById("genes-figure-slot");
    if (!slot || slot.dataset.wanted) return;
    slot.dataset.wanted = "true";
    window.dash_clientside.set_props("graphs-wanted", { data: true });
  };
  document.addEventListener("scconcepts:painted", want);

  // A name on an axis may be a link to another page: go there without loading everything again.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".js-plotly-plot a");
    const href = link?.getAttribute("href") ?? link?.getAttribute("xlink:href");
    if (!href?.startsWith(window.scconcepts.prefix()) || !window.scconcepts.isPlain(event)) return;
    event.preventDefault();
    window.scconcepts.follow(href);
  });

  /** Whether they are wanted -> the graphs of the page. */
  functions.mountGraphs = (wanted, graphs) => {
    if (wanted) return graphs;
    setTimeout(want, PATIENCE_MS);
    return graphs.map(() => window.dash_clientside.no_update);
  };
})();
