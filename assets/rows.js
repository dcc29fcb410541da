// The marked row of the table of concepts and the concept in the address, kept in step.
//
// The grid repeats selections of its own accord: Dash gives back, some milliseconds later, what it
// was told of, and drops what is selected meanwhile. So Dash is told nothing of marks, and what is
// marked says nothing of what the reader wants; clicks and keys do, and a row that was marked by
// anybody else is marked over.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const keep = () => window.dash_clientside.no_update;

  let shown = null; // the concept of the address, or the one it will have
  let chosen = null; // the one that is on its way there
  let config = null; // of the store whose table it is

  const wanted = () => chosen ?? shown;

  /** Shows a concept on the map, and once that is painted in all that is slower: row and panels. */
  function chooseConcept(id) {
    if (id === wanted()) return;
    chosen = id;
    scconcepts.showAhead(id).then(() => {
      if (id !== chosen) return; // another one was chosen meanwhile, or the reader went elsewhere
      chosen = null;
      if (!scconcepts.belongs(scconcepts.here(), config)) return;
      mark(scconcepts.table(), id);
      if (id === shown) return;
      shown = id; // the address says so itself only a moment later
      scconcepts.navigate({ concept: id });
    });
  }

  /** Whoever goes back, or to a concept by another way, stays there. */
  const dropChoice = () => (chosen = null);
  window.addEventListener("popstate", dropChoice);

  document.addEventListener("click", (event) => {
    const id = event.target.closest?.("#concepts .ag-row")?.getAttribute("row-id");
    if (id && scconcepts.isPlain(event)) chooseConcept(id);
  });

  function mark(api, id) {
    const node = api?.getRowNode(id);
    // Dash would look at the grid a moment later, when the page may have been left.
    api?.setGridOption("onSelectionChanged", null);
    if (!node) return api?.deselectAll();
    if (!node.isSelected()) node.setSelected(true, true);
    if (node.displayed) api.ensureNodeVisible(node);
    return null;
  }

  const watched = new WeakSet(); // tables whose marks are kept in step

  function watch(api) {
    if (watched.has(api)) return;
    watched.add(api);
    api.addEventListener("selectionChanged", ({ source }) => {
      const id = api.getSelectedNodes()[0]?.id;
      if (id === api.getRowNode(wanted())?.id) return;
      if (source === "spaceKey" && id) chooseConcept(id);
      else mark(api, wanted());
    });
  }

  /** The address -> the marked row, scrolled into view. */
  functions.markRow = (selection, ofTable) => {
    if (!scconcepts.belongs(selection, ofTable)) return keep();
    config = ofTable;
    const id = (shown = selection.concept ?? config.first);
    window.dash_ag_grid?.getApiAsync("concepts").then((api) => {
      watch(api);
      if (id !== shown) return;
      if (chosen === null) mark(api, id);
      const label = api.getRowNode(id)?.data.label;
      document.title = [id, label, config.title].filter(Boolean).join(" · ");
    });
    return keep();
  };

  Object.assign(scconcepts, { chooseConcept, dropChoice, wantedConcept: wanted });
})();
