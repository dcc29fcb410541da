// The keyboard: one letter, one thing. The list that `?` shows is made from the same table.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});

  // A dropdown takes letters as well, from the moment its button was pressed.
  const isTyping = (element) =>
    element?.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? "") ||
    element?.closest?.(".dash-dropdown") ||
    document.querySelector(".dash-dropdown-content");

  const isWanted = (node) => node.id === scconcepts.wantedConcept();

  /** Goes on in the order of the store, whatever the table is filtered by. */
  function stepAll(by) {
    const nodes = [];
    scconcepts.table()?.forEachNode((node) => nodes.push(node));
    const at = nodes.findIndex(isWanted);
    const to = at < 0 ? 0 : Math.min(nodes.length - 1, Math.max(0, at + by));
    if (nodes[to]) scconcepts.chooseConcept(nodes[to].id);
  }

  /** Goes on in the list as it is filtered and sorted. */
  function stepListed(by) {
    const api = scconcepts.table();
    const n = api?.getDisplayedRowCount() ?? 0;
    if (!n) return;
    const now = api.getRowNode(scconcepts.wantedConcept());
    const at = now?.displayed ? now.rowIndex : by > 0 ? -1 : n;
    scconcepts.chooseConcept(api.getDisplayedRowAtIndex(Math.min(n - 1, Math.max(0, at + by))).id);
  }

  function focus(id) {
    const field = document.getElementById(id);
    field?.focus();
    field?.select?.();
  }

  const KEYS = [
    ["/", "Search genes, concepts, pathways, cell types", () => focus("omnibox-input")],
    ["j", "Next concept", () => stepAll(1)],
    ["k", "Previous concept", () => stepAll(-1)],
    ["]", "Next in the list as it is filtered and sorted", () => stepListed(1)],
    ["[", "Previous in the list as it is filtered and sorted", () => stepListed(-1)],
    ["c", "Pin this concept; pin a second one to compare them", () => scconcepts.pinConcept?.()],
    ["l", "Write a label", () => focus("label-text")],
    ["e", "Export", () => document.getElementById("export-menu")?.click()],
    ["f", "Show the whole map", () => scconcepts.map?.get("cell-map")?.fit()],
    ["?", "Show or hide this list", () => scconcepts.toggleHelp?.()],
  ];

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const filter = document.getElementById("search");
    // Enter leaves the filter and keeps what was found; Escape empties it as well.
    if (["Enter", "Escape"].includes(event.key) && event.target === filter) return filter.blur();
    if (isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") && event.key !== "?") return;
    const found = KEYS.find(([key]) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found[2]();
  });

  scconcepts.keys = KEYS.map(([key, meaning]) => ({ key, meaning }));
})();
