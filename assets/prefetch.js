// Loads the neighbours of the concept on the map in advance: a step to one of them is then drawn at once.
(() => {
  "use strict";
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
  let underway = null;

  // Of the rows as they are filtered and sorted.
  function neighbours(api, id) {
    const node = api.getRowNode(id);
    if (!node?.displayed) return [];
    const rows = [1, -1].map((step) => api.getDisplayedRowAtIndex(node.rowIndex + step));
    return rows.map((row) => row?.data?.id).filter(Boolean);
  }

  function load(signal) {
    if (signal.aborted) return;
    const color = window.scconcepts.map?.specOf("cell-map")?.color;
    const [, base, id] = /^(.*\/activations\/)([^/]+)$/.exec(color?.kind === "sparse" ? color.url : "") ?? [];
    const api = window.scconcepts.table();
    if (!base || !api) return;
    for (const near of neighbours(api, decodeURIComponent(id))) {
      window.scconcepts.map.prefetch(base + encodeURIComponent(near), signal);
    }
  }

  document.addEventListener("scconcepts:painted", ({ target }) => {
    if (target.id !== "cell-map") return;
    underway?.abort(); // what was near the concept before
    const { signal } = (underway = new AbortController());
    idle(() => load(signal));
  });
})();
