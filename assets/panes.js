// The panes below the map: which is in sight, what it shows, and which cell it explains.
(() => {
  "use strict";
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const keep = () => window.dash_clientside.no_update;
  // Two tabs show one pane's data.
  const PANE_OF = { table: "pathways" };

  /** Which pane of the evidence is in sight. */
  functions.showTab = (tab) => {
    const panel = document.getElementById("panes");
    if (panel && tab) panel.dataset.tab = tab;
    return keep();
  };

  /**
   * Everything a pane depends on -> the store of the pane in sight. The others keep what they had,
   * so the server is not asked about what nobody sees.
   */
  functions.feedPanes = (tab, selection, attribution, differential, statistic, theme, choices, config, ...had) => {
    const stores = window.dash_clientside.callback_context.outputs_list;
    if (!theme || !window.scconcepts.belongs(selection, config)) return stores.map(keep);
    const { store, concept } = selection;
    const set = choices?.set ?? "";
    const data = { tab, store, concept, attribution, differential, statistic, theme, set };
    const wanted = `shown-${PANE_OF[tab] ?? tab}`;
    const isNew = (i) => JSON.stringify(had[i]) !== JSON.stringify(data);
    return stores.map(({ id }, i) => (id === wanted && isNew(i) ? data : keep()));
  };

  document.addEventListener("scconcepts:cell", ({ detail }) => {
    if (!document.getElementById("panes")) return;
    window.dash_clientside.set_props("cell-clicked", { data: { ...detail, at: Date.now() } });
  });

  /** A cell of the map was clicked -> the explained cell, while cells are explained. */
  functions.pickCell = (clicked, options, tab) => {
    const value = String(clicked?.cell);
    return tab === "cell" && options?.some((o) => o.value === value) ? value : keep();
  };

  /** The chosen counterfactual -> the grades in the table of concepts. */
  functions.showGrades = (attribution) => {
    window.scconcepts.attribution = attribution;
    window.dash_ag_grid?.getApiAsync("concepts").then((api) => {
      if (!api.getColumn("grade")) return;
      api.refreshClientSideRowModel("sort");
      api.refreshCells({ columns: ["grade"], force: true });
    });
    return keep();
  };
})();
